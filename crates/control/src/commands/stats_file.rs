//! `dump stats-file`: counters of what has a `guid`, in the form that a start of HAProxy reads (management guide, chapter 9.4).

use state::Server;

use crate::access::Level;
use crate::command::{Answer, Command, Request};
use crate::process::Process;
use crate::stat::{COLUMNS, LineKind, Lines, Side, StatLine, Wanted, guid_of};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["dump", "stats-file"],
    "dump stats-file",
    "show the counters of all that has a guid, as a start reads them",
    run,
)];

fn run(request: &mut Request<'_>) -> Answer {
    let process = request.process;
    let (mut frontends, mut backends) = (head("fe", Side::Client), head("be", Side::Server));
    let mut lines = Lines::new(process, Wanted::all(Level::Admin), |_| true);
    while let Some(line) = lines.next(process) {
        let Some(guid) = guid(process, &line) else { continue };
        match line.kind {
            LineKind::Frontend | LineKind::Listener => push(&guid, &line, Side::Client, &mut frontends),
            LineKind::Backend | LineKind::Server => push(&guid, &line, Side::Server, &mut backends),
        }
    }
    frontends.push(b'\n');
    frontends.extend_from_slice(&backends);
    Answer::Dump(frontends)
}

fn head(kind: &str, side: Side) -> Vec<u8> {
    let kept = COLUMNS.iter().filter(|column| column.is_kept(side));
    let names: Vec<&str> = kept.map(|column| column.name).collect();
    format!("#{kind} guid,{},\n", names.join(",")).into_bytes()
}

/// The name that lasts of what a line is about.
fn guid(process: &Process, line: &StatLine) -> Option<Box<str>> {
    let shared = &process.shared;
    match line.kind {
        LineKind::Frontend | LineKind::Backend => return shared.config.proxy(line.proxy).guid.clone(),
        LineKind::Listener => {
            let is_it = |run: &&std::sync::Arc<engine::shared::ListenerRun>| {
                run.proxy == line.proxy && run.facts.id == line.sid
            };
            return guid_of(shared, shared.listeners.iter().find(is_it)?).map(Into::into);
        }
        LineKind::Server => {}
    }
    let is_it = |server: &Server| server.puid == line.sid;
    let server = shared.runtime.proxy(line.proxy).servers.iter().find(|server| is_it(server))?;
    shared.server(&server).config(&shared.config).guid.clone()
}

fn push(guid: &str, line: &StatLine, side: Side, out: &mut Vec<u8>) {
    out.extend_from_slice(guid.as_bytes());
    out.push(b',');
    for (_, value) in COLUMNS.iter().zip(&line.values).filter(|(column, _)| column.is_kept(side)) {
        match value {
            Some(value) => value.write(out),
            None => out.push(b'0'),
        }
        out.push(b',');
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn what_has_a_guid() {
        let lab = Lab::new(
            "frontend f\n  guid web\n  default_backend b\nbackend b\n  guid shop\n  server s1 127.0.0.1:1 guid one\n  \
             server s2 127.0.0.1:2\n",
        );
        let dump = lab.ask("dump stats-file");
        let starts: Vec<&str> = dump.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(starts, ["#fe guid", "web", "", "#be guid", "one", "shop"]);
        let counts: Vec<usize> =
            dump.lines().filter(|line| !line.is_empty()).map(|line| line.split(',').count()).collect();
        assert_eq!(counts, [42, 42, 42, 42, 42]);
    }
}
