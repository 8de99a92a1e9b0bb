//! `server` lines, and the backend of a worker that is in no balancer.

use super::Url;
use super::parameters::{self, Worker, is_of_balancer};
use crate::apache::model::{Parameter, Switch};
use crate::apache::pattern::word;
use crate::apache::reader::Source;
use crate::apache::write::frontend::{At, Frontend};
use crate::apache::write::text::Lines;
use crate::apache::write::time;
use crate::apache::write::tls;

/// The name of a server: what `Host` says of it.
pub(super) fn name(url: &Url) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() || "-_.:".contains(char) { char } else { '_' };
    url.authority().trim_matches(['[', ']']).chars().map(plain).collect()
}

/// The words of a `server` line that name it and say how it is reached.
pub(super) fn line(
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    url: &Url,
    name: &str,
    source: &Source,
) -> String {
    let mut line = format!("server {name} {}", word(&url.address()));
    if url.is_tls {
        match &at.host.server.tls.proxy.engine {
            Some((Switch::On, _)) => {}
            _ => front.shared.problem(
                source,
                "SSLProxyEngine is not on: Apache would refuse to connect by TLS; here TLS is used",
            ),
        }
        let (is_kept, _) = front.switched(at, Switch::Off, |scope| scope.preserve_host.as_ref());
        line.push_str(&tls::server(front, at, &url.host, !is_kept.is_never(), source));
    }
    line
}

/// The times of a backend.
pub(super) fn times(lines: &mut Lines, front: &Frontend<'_, '_>, at: &At<'_>, worker: &Worker) {
    let (own, main) = (&at.host.server.seconds, &front.shared.config.main.seconds);
    let differs = |own: &Option<(u64, Source)>, main: &Option<(u64, Source)>| {
        own.clone().filter(|it| main.as_ref() != Some(it))
    };
    let timeout = differs(&own.timeout, &main.timeout);
    let server = worker.server_ms.clone().or_else(|| differs(&own.proxy, &main.proxy));
    let server = server.or_else(|| timeout.clone().filter(|_| own.proxy.is_none()));
    // The time for connecting is that for answers, where it is not told.
    let connect =
        worker.connect_ms.clone().or_else(|| server.clone()).or_else(|| own.proxy.clone()).or(timeout);
    for (keyword, value) in
        [("timeout server", server), ("timeout connect", connect), ("timeout queue", worker.queue_ms.clone())]
    {
        if let Some((ms, source)) = value {
            lines.add(&source, format!("{keyword} {}", time(ms)));
        }
    }
    if let Some(source) = &worker.keeps_alive {
        lines.add(source, "option srvtcpka");
    }
}

/// The backend of one worker.
pub(super) fn single(
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    url: &Url,
    parameters: &[Parameter],
    source: &Source,
) -> Lines {
    let own: Vec<Parameter> = parameters.iter().filter(|it| !is_of_balancer(&it.key)).cloned().collect();
    let worker = parameters::worker(front.shared, &own);
    let mut lines = Lines::default();
    times(&mut lines, front, at, &worker);
    let mut line = line(front, at, url, &name(url), source);
    for word in &worker.words {
        line.push_str(&format!(" {word}"));
    }
    lines.add(source, line);
    lines
}
