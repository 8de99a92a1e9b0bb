//! `show sess`, `shutdown session`: the streams of the process, and the end of one.

use std::io::Write;

use base::clock;
use engine::service::Left;
use engine::streams::{self, StreamFacts};

use crate::access::Level;
use crate::anonymous;
use crate::command::{Answer, Command, Producer, Request, settle};
use crate::names::{self, Side};
use crate::process::Process;
use crate::stat::PART_BYTES;
use crate::typed::age;

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["show", "sess"],
        "show sess [help|<id>|all] [opts...]",
        "list the streams that are under way, or those that options choose",
        |request| settle(show(request)),
    )
    .level(Level::Operator),
    Command::new(&["shutdown", "session"], "shutdown session [id]", "end a stream", |request| {
        settle(shut_down(request))
    })
    .level(Level::Admin),
];

const USAGE: &str = "Usage: show sess [<id> | all | susp | help] [<options>*]
Lists streams: requests and connections under way. Which ones:
   <id>         the one of this number (0x...)
   all          all of them (the default)
   susp         those older than ten minutes
   help         this text
Options, all of which must hold:
   older <age>  older than so long; seconds without a unit
   server <b/s> at this server
   backend <b>  at this backend
   frontend <f> from this frontend
";

/// `susp`: streams are rarely this old for good reasons.
const SUSPICIOUS_MS: u64 = 600_000;

/// Which streams are wanted.
#[derive(Debug, Default)]
struct Filter {
    id: Option<u64>,
    older_ms: u64,
    frontend: Option<base::ProxyId>,
    backend: Option<base::ProxyId>,
    server: Option<base::ServerId>,
}

impl Filter {
    fn matches(&self, stream: &StreamFacts) -> bool {
        self.id.is_none_or(|id| id == stream.id)
            && stream.age_ms >= self.older_ms
            && self.frontend.is_none_or(|id| id == stream.frontend)
            && (self.backend.is_none() || self.backend == stream.backend)
            && (self.server.is_none() || self.server == stream.server)
    }
}

fn show(request: &Request<'_>) -> Result<Answer, Answer> {
    let mut filter = Filter::default();
    let mut at = 2;
    match request.word(2) {
        b"help" => return Ok(Answer::info(USAGE)),
        b"all" => at = 3,
        b"susp" => (filter.older_ms, at) = (SUSPICIOUS_MS, 3),
        word if word.starts_with(b"0x") => (filter.id, at) = (Some(number(&request.text(2))?), 3),
        _ => {}
    }
    while !request.word(at).is_empty() {
        at += option(request, at, &mut filter)?;
    }
    let found = streams::list(&request.process.shared).into_iter().filter(|stream| filter.matches(stream));
    let mut streams: Vec<StreamFacts> = found.collect();
    if filter.id.is_some() && streams.is_empty() {
        return Err(Answer::error("Session not found.\n"));
    }
    streams.reverse();
    Ok(Answer::Stream(Box::new(Listing(streams, request.client.anon_key))))
}

/// Reads an option at word `at`; how many words it took.
fn option(request: &Request<'_>, at: usize, filter: &mut Filter) -> Result<usize, Answer> {
    let process = request.process;
    let value = request.text(at + 1);
    match request.word(at) {
        // There is nothing about a stream's URI to be had from another thread.
        b"show-uri" => return Ok(1),
        b"older" if value.is_empty() => {
            return Err(Answer::error("Expects a minimum age (in seconds by default).\n"));
        }
        b"older" => {
            let time = base::units::parse_duration(value.as_bytes(), base::units::TimeUnit::Seconds)
                .map_err(|_| Answer::error("Invalid age.\n"))?;
            filter.older_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        }
        b"server" => {
            let (proxy, server) = names::server(process, &value)?;
            (filter.backend, filter.server) = (Some(proxy.id), Some(server.id));
        }
        b"backend" => {
            let found = names::proxy(process, &value, Side::Backend);
            filter.backend = Some(found.ok_or_else(|| Answer::error("No such backend.\n"))?.id);
        }
        b"frontend" => {
            let found = names::proxy(process, &value, Side::Frontend);
            filter.frontend = Some(found.ok_or_else(|| Answer::error("No such frontend.\n"))?.id);
        }
        _ => {
            let text = format!("Unsupported option '{}', try 'help' for more info.\n", request.text(at));
            return Err(Answer::error(text));
        }
    }
    Ok(2)
}

/// The number of a stream, as it is shown.
fn number(text: &str) -> Result<u64, Answer> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16).map_err(|_| Answer::error("Session not found.\n"))
}

/// Streams still to be shown, the first one last.
#[derive(Debug)]
struct Listing(Vec<StreamFacts>, Option<u32>);

impl Producer for Listing {
    fn fill(&mut self, process: &Process, out: &mut Vec<u8>) -> Left {
        let end = out.len() + PART_BYTES;
        while out.len() < end {
            let Some(stream) = self.0.pop() else { return Left::Nothing };
            line(process, &stream, self.1, out);
        }
        Left::More
    }
}

fn line(process: &Process, stream: &StreamFacts, anon: Option<u32>, out: &mut Vec<u8>) {
    let shown = |name| anonymous::name(anon, name);
    let runtime = &process.shared.runtime;
    let protocol = match stream.src {
        Some(src) if src.is_ipv4() => "tcpv4",
        Some(_) => "tcpv6",
        None => "unix_stream",
    };
    let source = match stream.src {
        Some(src) => format!("{}:{}", anonymous::name(anon, &src.ip().to_string()), src.port()),
        None => "unix:1".to_owned(),
    };
    let backend = stream.backend.map(|id| runtime.proxy(id));
    let server = backend.and_then(|backend| backend.servers.get(stream.server?.index()));
    // Writing to a Vec cannot fail.
    let _ = writeln!(
        out,
        "{:#x}: proto={protocol} src={source} fe={} be={} srv={} ts={:02x} epoch={} age={} calls={}",
        stream.id,
        shown(&runtime.proxy(stream.frontend).name),
        backend.map_or("<NONE>".into(), |backend| shown(&backend.name)),
        server.as_ref().map_or("<none>".into(), |server| shown(&server.name)),
        stream.worker,
        clock::wall().as_secs().saturating_sub(stream.age_ms / 1_000),
        age(stream.age_ms / 1_000),
        stream.request,
    );
}

fn shut_down(request: &Request<'_>) -> Result<Answer, Answer> {
    let word = request.text(2);
    if word.is_empty() {
        return Err(Answer::error("Session pointer expected (use 'show sess').\n"));
    }
    let is_found = number(&word).is_ok_and(|id| streams::shut_down(&request.process.shared, id));
    if is_found { Ok(Answer::Done) } else { Err(Answer::error("No such session (use 'show sess').\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Lab;

    #[test]
    fn without_streams() {
        let lab = Lab::new("backend b\n  server s 127.0.0.1:80\n");
        assert_eq!(lab.ask("show sess"), "");
        assert_eq!(lab.ask("show sess all older 5m server b/s"), "");
        assert_eq!(lab.ask("show sess 0x5"), "Session not found.\n");
        assert_eq!(lab.ask("show sess backend z"), "No such backend.\n");
        assert!(lab.ask("show sess help").starts_with("Usage: show sess "));
        assert_eq!(lab.ask("shutdown session"), "Session pointer expected (use 'show sess').\n");
        assert_eq!(lab.ask("shutdown session 0x1"), "No such session (use 'show sess').\n");
    }

    #[test]
    fn lines() {
        let lab = Lab::new("frontend f\n  default_backend b\nbackend b\n  server s 127.0.0.1:80\n");
        let proxies = &lab.process.shared.runtime.proxies;
        let stream = StreamFacts {
            id: 26,
            worker: 1,
            src: "1.2.3.4:5".parse().ok(),
            frontend: proxies[0].id,
            backend: Some(proxies[1].id),
            server: Some(proxies[1].servers.at(base::ServerId(0)).id),
            age_ms: 65_000,
            request: 3,
        };
        let mut out = Vec::new();
        line(&lab.process, &stream, None, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("0x1a: proto=tcpv4 src=1.2.3.4:5 fe=f be=b srv=s ts=01 epoch="), "{text}");
        assert!(text.ends_with(" age=1m5s calls=3\n"), "{text}");
        let mut out = Vec::new();
        line(&lab.process, &stream, Some(5), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains(" fe=f ") && !text.contains("1.2.3.4") && text.contains(":5 fe="), "{text}");
        let of = |backend| Filter { backend, ..Filter::default() };
        assert!(of(Some(proxies[1].id)).matches(&stream) && !of(Some(proxies[0].id)).matches(&stream));
        assert!(!Filter { older_ms: 66_000, ..Filter::default() }.matches(&stream));
    }
}
