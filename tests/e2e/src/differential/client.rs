//! The client: sends bytes, and reads as many responses as an exchange has.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::case::{Case, Way};
use crate::http::find;

/// A response that does not come is an answer as well.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one waits to see that nothing comes.
const MOMENT: Duration = Duration::from_secs(1);

/// Carries out an exchange; what came back, with a last line that says how it ended.
pub(super) fn run(case: &Case, to: SocketAddr) -> Vec<u8> {
    let mut client = Client {
        stream: TcpStream::connect(to).expect("the proxy listens"),
        input: Vec::new(),
        output: Vec::new(),
        is_over: false,
    };
    let mut parts = case.sent.iter();
    client.send(parts.next());
    if case.way == Way::Raw {
        // The other side may have gone already.
        let _ = client.stream.shutdown(Shutdown::Write);
    }
    match case.way {
        Way::Http => client.responses(case, parts),
        Way::Raw => client.rest(PATIENCE),
        Way::Silent => client.rest(MOMENT),
    }
    client.output
}

struct Client {
    stream: TcpStream,
    /// Read and not looked at yet.
    input: Vec<u8>,
    output: Vec<u8>,
    is_over: bool,
}

impl Client {
    fn send(&mut self, bytes: Option<&Vec<u8>>) {
        if let Some(bytes) = bytes {
            // Who refuses a request may close before all of it is written.
            let _ = self.stream.write_all(bytes);
        }
    }

    fn responses<'c>(&mut self, case: &Case, mut later: impl Iterator<Item = &'c Vec<u8>>) {
        let methods = methods(&case.sent.concat());
        let mut is_last = false;
        for number in 0..case.responses {
            match self.response(methods.get(number).is_some_and(|method| method == "HEAD")) {
                Some(closes) => is_last = closes,
                None => {
                    self.output.extend_from_slice(b"[no more]\n");
                    return;
                }
            }
            self.send(later.next());
        }
        if is_last {
            self.rest(PATIENCE);
        } else {
            let rest = std::mem::take(&mut self.input);
            self.output.extend_from_slice(&rest);
            self.output.extend_from_slice(b"[open]\n");
        }
    }

    /// One final response with those before it that are not; whether the connection ends with it.
    fn response(&mut self, is_head_only: bool) -> Option<bool> {
        loop {
            let end = self.until(|input| find(input, b"\r\n\r\n").map(|at| at + 4))?;
            let head: Vec<u8> = self.take(end);
            let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let status = text.split(' ').nth(1).unwrap_or_default().to_owned();
            if status.starts_with('1') && status != "101" {
                continue;
            }
            let has_none = is_head_only || matches!(status.as_str(), "204" | "304" | "101");
            let field = |name: &str| {
                text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
            };
            let closes = text.contains("\r\nconnection: close")
                || (text.starts_with("http/1.0") && !text.contains("keep-alive"));
            if has_none {
                return Some(closes);
            }
            if field("transfer-encoding:").is_some() {
                let end = self.until(chunked_end)?;
                self.take(end);
            } else if let Some(length) =
                field("content-length:").and_then(|value| value.parse::<usize>().ok())
            {
                self.until(|input| (input.len() >= length).then_some(length))?;
                self.take(length);
            } else {
                return Some(true);
            }
            return Some(closes);
        }
    }

    /// Moves bytes to what is told of.
    fn take(&mut self, len: usize) -> Vec<u8> {
        let taken: Vec<u8> = self.input.drain(..len).collect();
        self.output.extend_from_slice(&taken);
        taken
    }

    /// Reads until `enough` says where.
    fn until(&mut self, enough: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        loop {
            if let Some(end) = enough(&self.input) {
                return Some(end);
            }
            if self.is_over || !self.more(PATIENCE) {
                let rest = std::mem::take(&mut self.input);
                self.output.extend_from_slice(&rest);
                return None;
            }
        }
    }

    /// Reads to the end.
    fn rest(&mut self, patience: Duration) {
        while self.more(patience) {}
        let rest = std::mem::take(&mut self.input);
        self.output.extend_from_slice(&rest);
        self.output.extend_from_slice(if self.is_over { b"[closed]\n" } else { b"[open]\n" });
    }

    /// Whether more came.
    fn more(&mut self, patience: Duration) -> bool {
        self.stream.set_read_timeout(Some(patience)).expect("an open socket");
        let mut buffer = [0; 16384];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.is_over = true,
            Ok(len) => {
                self.input.extend_from_slice(&buffer[..len]);
                return true;
            }
            Err(error) => {
                self.is_over = !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            }
        }
        false
    }
}

/// The methods of the requests in what a client sends, as far as they can be told by their first lines.
fn methods(sent: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(sent);
    let starts = text.lines().filter(|line| line.contains(" HTTP/1."));
    starts.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// Where a body in chunks ends, trailers and all.
pub(super) fn chunked_end(input: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = find(&input[at..], b"\r\n")?;
        let digits: String = input[at..at + line]
            .iter()
            .map(|byte| char::from(*byte))
            .take_while(char::is_ascii_hexdigit)
            .collect();
        let size = usize::from_str_radix(&digits, 16).ok()?;
        at += line + 2;
        if size > 0 {
            at += size + 2;
            if at > input.len() {
                return None;
            }
            continue;
        }
        // The trailer section: lines up to an empty one.
        loop {
            let line = find(&input[at..], b"\r\n")?;
            at += line + 2;
            if line == 0 {
                return Some(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_bodies() {
        assert_eq!(chunked_end(b"3\r\nabc\r\n0\r\n\r\nrest"), Some(13));
        assert_eq!(chunked_end(b"3\r\nabc\r\n0\r\nX: 1\r\n\r\n"), Some(19));
        assert_eq!(chunked_end(b"3\r\nab"), None);
        assert_eq!(methods(b"HEAD / HTTP/1.1\r\n\r\nGET /x HTTP/1.0\r\n"), ["HEAD", "GET"]);
    }
}
