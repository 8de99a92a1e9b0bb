//! A syslog receiver on a UDP port, and the fields of HAProxy's HTTP log line.

use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use crate::DEADLINE;

/// Receives datagrams; each is one line.
#[derive(Debug)]
pub struct Syslog {
    socket: UdpSocket,
}

impl Syslog {
    /// Binds a port of 127.0.0.1.
    ///
    /// # Panics
    /// If there is no port left.
    pub fn start() -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a free port");
        socket.set_read_timeout(Some(DEADLINE)).expect("an open socket");
        Self { socket }
    }

    /// `127.0.0.1:PORT`.
    ///
    /// # Panics
    /// Never: the socket is bound.
    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("a bound socket has an address")
    }

    /// The next datagram as it came.
    ///
    /// # Panics
    /// If none comes before [`DEADLINE`].
    pub fn datagram(&self) -> String {
        let mut buffer = [0; 65536];
        let (length, _) = self.socket.recv_from(&mut buffer).expect("a log line comes");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// The next line without its syslog header; lines about the start and end of proxies and about the health of
    /// servers are left out.
    ///
    /// # Panics
    /// If none comes before [`DEADLINE`].
    pub fn line(&self) -> String {
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            let line = message(&self.datagram());
            let first = line.split(' ').next().unwrap_or_default();
            if !matches!(first, "Proxy" | "Stopping" | "Server" | "Health" | "backend" | "Starting") {
                return line;
            }
        }
        panic!("no log line comes");
    }

    /// The next line of `option httplog`.
    ///
    /// # Panics
    /// If none comes before [`DEADLINE`], or it has fewer fields.
    pub fn http(&self) -> HttpLog {
        HttpLog::parse(&self.line())
    }

    /// The next line that holds `wanted`, of whatever kind.
    ///
    /// # Panics
    /// If none comes before [`DEADLINE`].
    pub fn wait_for(&self, wanted: &str) -> String {
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            let line = message(&self.datagram());
            if line.contains(wanted) {
                return line;
            }
        }
        panic!("no line with {wanted:?} comes");
    }
}

/// What stands behind `haproxy[123]: ` in a datagram of RFC 3164.
fn message(datagram: &str) -> String {
    let text = datagram.split_once("]: ").map_or(datagram, |(_, text)| text);
    text.trim_end_matches('\n').to_owned()
}

/// The fields of a line of `option httplog`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpLog {
    /// The whole line without its header.
    pub line: String,
    /// `127.0.0.1:40000`.
    pub client: String,
    /// The frontend's name.
    pub frontend: String,
    /// `backend/server`.
    pub server: String,
    /// The five times in ms.
    pub timers: Vec<i64>,
    /// The status; -1 if there was none.
    pub status: i32,
    /// Bytes sent to the client.
    pub bytes: u64,
    /// The captured request and response cookie.
    pub cookies: (String, String),
    /// The four characters of the ending.
    pub ending: String,
    /// `actconn/feconn/beconn/srv_conn/retries`.
    pub connections: String,
    /// `srv_queue/backend_queue`.
    pub queues: String,
    /// What stands behind the queues: captured headers in braces and the request line in quotes.
    pub rest: String,
}

impl HttpLog {
    /// Reads a line.
    ///
    /// # Panics
    /// If it has fewer fields.
    pub fn parse(line: &str) -> Self {
        let fields: Vec<&str> = line.splitn(13, ' ').collect();
        assert!(fields.len() == 13, "not a line of httplog: {line:?}");
        let number =
            |text: &str| text.trim_start_matches('+').parse().unwrap_or_else(|_| panic!("{text:?}: {line}"));
        Self {
            line: line.to_owned(),
            client: fields[0].to_owned(),
            frontend: fields[2].to_owned(),
            server: fields[3].to_owned(),
            timers: fields[4].split('/').map(number).collect(),
            status: fields[5].parse().unwrap_or_else(|_| panic!("no status: {line}")),
            bytes: fields[6].trim_start_matches('+').parse().unwrap_or_else(|_| panic!("no bytes: {line}")),
            cookies: (fields[7].to_owned(), fields[8].to_owned()),
            ending: fields[9].to_owned(),
            connections: fields[10].to_owned(),
            queues: fields[11].to_owned(),
            rest: fields[12].to_owned(),
        }
    }

    /// How many connections were tried again: the fifth connection counter, `+` left in.
    pub fn retries(&self) -> &str {
        self.connections.rsplit('/').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_fields() {
        let line = "127.0.0.1:1 [22/Nov/2026:14:00:00.000] fe be/s1 0/0/0/1/1 200 67 - - ---- 1/1/0/0/+1 0/2 {a|b} \"GET / HTTP/1.1\"";
        let log = HttpLog::parse(&message(&format!("<134>Nov 22 14:00:00 haproxy[77]: {line}\n")));
        assert_eq!((log.server.as_str(), log.status, log.retries()), ("be/s1", 200, "+1"));
        assert_eq!((log.queues.as_str(), log.rest.as_str()), ("0/2", "{a|b} \"GET / HTTP/1.1\""));
    }
}
