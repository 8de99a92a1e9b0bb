//! The servers: several ports, each with a name, that record what they get and answer what an exchange says, or a page
//! that tells the server's name, the method and the target.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::client::chunked_end;
use crate::http::find;

/// Names of the HTTP servers.
const NAMES: [&str; 4] = ["s1", "s2", "s3", "s4"];
/// The name of the server that takes bytes as they come.
const RAW: &str = "raw";

/// What servers recorded and what they shall answer.
#[derive(Debug, Default)]
struct Shared {
    got: Vec<u8>,
    answers: VecDeque<Vec<u8>>,
}

/// All servers of one side.
#[derive(Debug)]
pub(super) struct Origins {
    shared: Arc<Mutex<Shared>>,
    addresses: Vec<(&'static str, SocketAddr)>,
}

impl Origins {
    /// Starts them. Their threads end with the program.
    pub(super) fn start() -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let mut addresses = Vec::new();
        for name in NAMES.into_iter().chain([RAW]) {
            let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
            addresses.push((name, listener.local_addr().expect("a bound socket has an address")));
            let shared = shared.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let shared = shared.clone();
                    std::thread::spawn(move || serve(stream, name, &shared));
                }
            });
        }
        Self { shared, addresses }
    }

    /// Names and addresses.
    pub(super) fn addresses(&self) -> &[(&'static str, SocketAddr)] {
        &self.addresses
    }

    /// Sets what is answered from now on.
    pub(super) fn prepare(&self, answers: &[Vec<u8>]) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.answers = answers.iter().cloned().collect();
        shared.got.clear();
    }

    /// What the servers got since.
    pub(super) fn got(&self) -> Vec<u8> {
        std::mem::take(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner).got)
    }
}

fn serve(mut stream: TcpStream, name: &str, shared: &Mutex<Shared>) {
    // A proxy that keeps connections may keep them long.
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    let _ = stream.set_nodelay(true);
    if name == RAW {
        return serve_raw(stream, shared);
    }
    let mut input = Vec::new();
    while let Some(request) = next_request(&mut stream, &mut input) {
        let answer = {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.got.extend_from_slice(format!("[{name}]\n").as_bytes());
            shared.got.extend_from_slice(&request);
            shared.got.push(b'\n');
            shared.answers.pop_front()
        };
        let answer = answer.unwrap_or_else(|| usual(name, &request));
        if stream.write_all(&answer).is_err() || ends(&answer) {
            return;
        }
    }
}

/// Takes all, then gives it back behind a word.
fn serve_raw(mut stream: TcpStream, shared: &Mutex<Shared>) {
    let mut bytes = Vec::new();
    // What came before an error came.
    let _ = stream.read_to_end(&mut bytes);
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    shared.got.extend_from_slice(b"[raw]\n");
    shared.got.extend_from_slice(&bytes);
    shared.got.push(b'\n');
    let _ = stream.write_all(b"got: ");
    let _ = stream.write_all(&bytes);
}

/// A page that tells who answers what.
fn usual(name: &str, request: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    let start: Vec<&str> = text.lines().next().unwrap_or_default().split(' ').take(2).collect();
    let body = format!("{name} {}\n", start.join(" "));
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n", body.len());
    let is_head_only = text.starts_with("HEAD ");
    [head.as_bytes(), if is_head_only { b"" } else { body.as_bytes() }].concat()
}

/// Whether the connection ends with this answer.
fn ends(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    // Behind 1xx responses stands another head.
    let head = text.split("\r\n\r\n").find(|head| !head.starts_with("http/1.1 1")).unwrap_or_default();
    let is_bodiless = head.contains(" 204 ") || head.contains(" 304 ");
    let has_length = head.contains("\r\ncontent-length:") || head.contains("\r\ntransfer-encoding:");
    head.contains("\r\nconnection: close") || !(is_bodiless || has_length)
}

/// The next request with its body, as it came.
fn next_request(stream: &mut TcpStream, input: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(len) = request_bytes(input) {
            return Some(input.drain(..len).collect());
        }
        let mut buffer = [0; 16384];
        let len = stream.read(&mut buffer).ok().filter(|len| *len > 0)?;
        input.extend_from_slice(&buffer[..len]);
    }
}

/// The length of the first request in `input`, if all of it is there.
fn request_bytes(input: &[u8]) -> Option<usize> {
    // A PROXY header of version 1 is part of what came.
    let before = if input.starts_with(b"PROXY ") { find(input, b"\r\n")? + 2 } else { 0 };
    let head = find(&input[before..], b"\r\n\r\n")? + 4 + before;
    let text = String::from_utf8_lossy(&input[..head]).to_ascii_lowercase();
    if text.contains("\r\ntransfer-encoding: chunked") {
        return chunked_end(&input[head..]).map(|len| head + len);
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|value| value.trim().parse::<usize>().ok()).unwrap_or(0);
    (input.len() >= head + length).then_some(head + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_with_their_bodies() {
        assert_eq!(request_bytes(b"GET / HTTP/1.1\r\nA: b\r\n\r\nGET"), Some(24));
        assert_eq!(request_bytes(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab"), None);
        assert_eq!(request_bytes(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nab"), Some(39));
        assert!(ends(b"HTTP/1.1 200 OK\r\n\r\nto the end"));
        assert!(!ends(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    }
}
