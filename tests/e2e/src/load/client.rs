//! One client of the load: connections one after the other, requests one after the other on each.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;

use super::Counters;
use crate::{DEADLINE, http};

/// How an exchange ended other than well.
enum Trouble {
    /// The connection ended before a byte of the answer.
    ClosedBetween,
    Failed(String),
}

/// What the answer said about its connection.
#[derive(PartialEq, Eq)]
enum After {
    Stays,
    Closes,
}

/// Sends requests until the load is over, `limit` on each connection.
pub(super) fn run(
    proxy: SocketAddr,
    index: usize,
    limit: usize,
    counters: &Counters,
    report: &Sender<String>,
) {
    for serial in 0_u64.. {
        if counters.is_over.load(Ordering::Relaxed) {
            return;
        }
        if let Err(failure) = connection(proxy, &format!("/{index}/{serial}"), limit, counters) {
            counters.failed.fetch_add(1, Ordering::Relaxed);
            // Whoever collects the reports does so after the last client; there is always one.
            let _ = report.send(failure);
        }
    }
}

fn connection(proxy: SocketAddr, name: &str, limit: usize, counters: &Counters) -> Result<(), String> {
    let open = || -> io::Result<TcpStream> {
        let stream = TcpStream::connect(proxy)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        Ok(stream)
    };
    let mut stream = open().map_err(|error| format!("connect: {error}"))?;
    for position in 0..limit {
        match exchange(&mut stream, &format!("{name}/{position}"), position + 1 == limit) {
            Ok(after) => {
                counters.answered.fetch_add(1, Ordering::Relaxed);
                if after == After::Closes {
                    return Ok(());
                }
            }
            Err(Trouble::ClosedBetween) if position > 0 => {
                counters.closed_between.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Err(Trouble::ClosedBetween) => return Err(format!("{name}: closed without an answer")),
            Err(Trouble::Failed(failure)) => return Err(format!("{name}/{position}: {failure}")),
        }
    }
    Ok(())
}

/// One request; its answer must be its own target.
fn exchange(stream: &mut TcpStream, target: &str, is_last: bool) -> Result<After, Trouble> {
    let close = if is_last { "Connection: close\r\n" } else { "" };
    let request = format!("GET {target} HTTP/1.1\r\nHost: load\r\n{close}\r\n");
    let mut got = Vec::with_capacity(512);
    let sent = stream.write_all(request.as_bytes());
    if sent.is_err() {
        return Err(Trouble::ClosedBetween);
    }
    let wanted = format!("\r\n\r\n{target}");
    let mut buffer = [0; 2048];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) if got.is_empty() => return Err(Trouble::ClosedBetween),
            Ok(0) => return Err(Trouble::Failed(format!("cut short: {}", String::from_utf8_lossy(&got)))),
            Ok(length) => got.extend_from_slice(&buffer[..length]),
            Err(error) if got.is_empty() && error.kind() == io::ErrorKind::ConnectionReset => {
                return Err(Trouble::ClosedBetween);
            }
            Err(error) => return Err(Trouble::Failed(format!("{error} after {}", got.len()))),
        }
        let Some(head) = http::find(&got, b"\r\n\r\n") else { continue };
        if !got.starts_with(b"HTTP/1.1 200 ") {
            return Err(Trouble::Failed(String::from_utf8_lossy(&got).into_owned()));
        }
        if got.len() >= head + wanted.len() {
            let is_right = got[head..] == *wanted.as_bytes();
            let wrong = || Trouble::Failed(format!("another answer: {}", String::from_utf8_lossy(&got)));
            let closes = got[..head + 2].to_ascii_lowercase();
            let closes = http::find(&closes, b"\r\nconnection: close\r\n").is_some();
            let after = if closes { After::Closes } else { After::Stays };
            return if is_right { Ok(after) } else { Err(wrong()) };
        }
    }
}
