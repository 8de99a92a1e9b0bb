//! `show errors`: the last invalid request of each frontend and the last invalid response of each backend, with their bytes.

use std::io::Write;
use std::sync::atomic::Ordering::Relaxed;

use base::{ProxyId, clock};
use engine::capture::Captured;
use engine::service::Left;
use sample::logformat::push_local_millis;
use state::Proxy;

use crate::access::Level;
use crate::command::{Answer, Command, Producer, Request, settle};
use crate::process::Process;
use crate::stat::PART_BYTES;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "errors"],
    "show errors [<px>] [request|response]",
    "show the last message of each proxy that was not valid, with its bytes",
    |request| settle(run(request)),
)
.level(Level::Operator)];

/// Bytes of a line of the dump, with what stands before them.
const LINE_BYTES_MAX: usize = 79;

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let process = request.process;
    let mut at = 2;
    let proxy = match request.word(2) {
        b"" | b"request" | b"response" => None,
        _ => {
            at = 3;
            named(process, &request.text(2))?
        }
    };
    let (wants_requests, wants_responses) = match request.word(at) {
        b"request" => (true, false),
        b"response" => (false, true),
        _ => (true, true),
    };
    let mut head = b"Total events captured on [".to_vec();
    push_local_millis(&mut head, clock::wall());
    // Writing to a Vec cannot fail.
    let _ = writeln!(head, "] : {}", process.shared.captured.load(Relaxed));
    let is_wanted = |id: &ProxyId| proxy.is_none_or(|wanted| wanted.id == *id);
    let proxies = process.shared.proxies.iter().rev().map(|run| run.state.id).filter(is_wanted).collect();
    Ok(Answer::Stream(Box::new(Listing { head, proxies, wants_requests, wants_responses })))
}

/// Events on their way out, a proxy's at a time: each may be as long as a buffer.
#[derive(Debug)]
struct Listing {
    /// What stands before them, until it was sent.
    head: Vec<u8>,
    /// The proxies still to come, the next one last.
    proxies: Vec<ProxyId>,
    wants_requests: bool,
    wants_responses: bool,
}

impl Producer for Listing {
    fn fill(&mut self, process: &Process, out: &mut Vec<u8>) -> Left {
        let end = out.len() + PART_BYTES;
        out.append(&mut self.head);
        while out.len() < end {
            let Some(id) = self.proxies.pop() else { return Left::Nothing };
            let run = process.shared.proxy(id);
            let request = run.captures.request.lock().clone().filter(|_| self.wants_requests);
            if let Some(captured) = request {
                event(process, &captured, &run.state, Kind::Request, out);
            }
            let response = run.captures.response.lock().clone().filter(|_| self.wants_responses);
            if let Some(captured) = response {
                event(process, &captured, &run.state, Kind::Response, out);
            }
        }
        Left::More
    }
}

/// The proxy that a word names; `None`: all of them.
fn named<'a>(process: &'a Process, name: &str) -> Result<Option<&'a Proxy>, Answer> {
    let mut proxies = process.shared.runtime.proxies.iter();
    let number = name.strip_prefix('#').unwrap_or(name).parse::<i64>().ok();
    if number == Some(-1) {
        return Ok(None);
    }
    let found = proxies.find(|proxy| &*proxy.name == name || number == Some(i64::from(proxy.uuid)));
    found.map(|proxy| Some(&**proxy)).ok_or_else(|| Answer::error("No such proxy.\n"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    Response,
}

/// What happened, to whom, and the bytes.
fn event(process: &Process, captured: &Captured, proxy: &Proxy, kind: Kind, out: &mut Vec<u8>) {
    let runtime = &process.shared.runtime;
    out.extend_from_slice(b" \n[");
    push_local_millis(out, captured.wall);
    let frontend = runtime.proxy(captured.frontend);
    let backend = captured.backend.map(|id| runtime.proxy(id));
    let (backend_name, backend_id) =
        backend.map_or(("<NONE>", -1), |backend| (&*backend.name, i64::from(backend.uuid)));
    let _ = match kind {
        Kind::Request => {
            write!(
                out,
                "] frontend {} (#{}): invalid request\n  backend {backend_name} (#{backend_id})",
                proxy.name, proxy.uuid
            )
        }
        Kind::Response => write!(
            out,
            "] backend {} (#{}): invalid response\n  frontend {} (#{})",
            proxy.name, proxy.uuid, frontend.name, frontend.uuid
        ),
    };
    let server = backend.and_then(|backend| backend.servers.get(captured.server?.index()));
    let (server_name, server_id) =
        server.as_ref().map_or(("<NONE>", -1), |server| (&*server.name, i64::from(server.puid)));
    let source = captured.src.map_or_else(|| "unix:1".to_owned(), |src| src.to_string());
    let _ = write!(
        out,
        ", server {server_name} (#{server_id}), event #{}, src {source}\n  len {}, ",
        captured.number,
        captured.bytes.len()
    );
    let _ = match captured.offset {
        Some(offset) => writeln!(out, "error at position {offset}:\n  "),
        None => writeln!(out, "error in the message as a whole:\n  "),
    };
    dump(&captured.bytes, out);
}

/// The bytes, a line of theirs on each line, or several where it is too long; `+` marks where one goes on.
fn dump(bytes: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    let mut is_continued = false;
    while at < bytes.len() {
        let begin = out.len();
        let _ = write!(out, "  {at:05}{} ", if is_continued { '+' } else { ' ' });
        let mut has_ended = false;
        while let Some(byte) = bytes.get(at).filter(|_| !has_ended) {
            let mut shown = Vec::new();
            push_byte(*byte, &mut shown);
            if out.len() - begin + shown.len() > LINE_BYTES_MAX {
                break;
            }
            out.extend(shown);
            at += 1;
            has_ended = *byte == b'\n';
        }
        is_continued = !has_ended;
        out.push(b'\n');
    }
}

fn push_byte(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\\' => out.extend_from_slice(b"\\\\"),
        0x1b => out.extend_from_slice(b"\\e"),
        0x20..=0x7e => out.push(byte),
        byte => {
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::Lab;

    #[test]
    fn what_was_captured() {
        let lab = Lab::new("frontend f\n  default_backend b\nbackend b\n  server s 127.0.0.1:80\n");
        assert!(lab.ask("show errors").ends_with("] : 0\n"));
        assert_eq!(lab.ask("show errors zz"), "No such proxy.\n");
        let shared = &lab.process.shared;
        let captured = Captured {
            number: 4,
            wall: clock::wall(),
            src: "1.2.3.4:5".parse().ok(),
            frontend: shared.runtime.proxies[0].id,
            backend: None,
            server: None,
            bytes: b"GET /a\x01 HTTP/1.1\r\n\\".to_vec(),
            offset: Some(6),
        };
        *shared.proxies[0].captures.request.lock() = Some(Arc::new(captured.clone()));
        let text = lab.ask("show errors f");
        let end = "] frontend f (#2): invalid request\n  backend <NONE> (#-1), server <NONE> (#-1), event #4, src \
                   1.2.3.4:5\n  len 19, error at position 6:\n  \n  00000  GET /a\\x01 HTTP/1.1\\r\\n\n  00018  \\\\\n";
        assert!(text.ends_with(end), "{text}");
        assert!(!lab.ask("show errors response").contains("invalid"));
        let response = Captured { backend: Some(shared.runtime.proxies[1].id), offset: None, ..captured };
        *shared.proxies[1].captures.response.lock() = Some(Arc::new(response));
        let text = lab.ask("show errors -1 response");
        assert!(
            text.contains("] backend b (#3): invalid response\n  frontend f (#2), server <NONE> (#-1)"),
            "{text}"
        );
    }

    #[test]
    fn long_lines_go_on() {
        let mut out = Vec::new();
        dump(&[b"a".repeat(75), b"\r\nb".to_vec()].concat(), &mut out);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, [&*format!("  00000  {}", "a".repeat(70)), "  00070+ aaaaa\\r\\n", "  00077  b"]);
    }
}
