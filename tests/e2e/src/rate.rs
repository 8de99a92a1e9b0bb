//! A steady load on one configuration, to see what a request costs the proxy.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::load::resident_kib;
use crate::{DEADLINE, Proxy, http, listener};

const BODY_BYTES: usize = 1024;
/// The kernel counts CPU time in ticks of 10 ms towards programs (`sysconf(_SC_CLK_TCK)` is 100 on Linux).
const TICK_US: u64 = 10_000;
const REQUEST: &[u8] =
    b"GET /some/path?with=arguments HTTP/1.1\r\nHost: www.example.test\r\nAccept: */*\r\n\r\n";

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Requests with a whole answer.
    pub requests: u64,
    /// Connections that ended where they should not, or answers that were not 200.
    pub failed: u64,
    /// CPU time of the proxy, user and system.
    pub cpu_us: u64,
    /// Resident memory of the proxy at the end.
    pub resident_kib: u64,
}

impl Rate {
    /// CPU time of one request.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people, with one decimal place")]
    pub fn cpu_us_per_request(&self) -> f64 {
        self.cpu_us as f64 / self.requests.max(1) as f64
    }
}

/// Runs a configuration with `fd@${fe}` and `${ORIGIN}` under load from `connections` clients.
///
/// # Panics
/// If the proxy does not start.
pub fn measure(text: &str, duration: Duration, connections: u64) -> Rate {
    let origin = listener();
    let text = text.replace("${ORIGIN}", &origin.local_addr().expect("a bound socket").to_string());
    thread::spawn(move || serve(&origin));
    let mut proxy = Proxy::start(&text);
    assert_eq!(proxy.get("fe", "/").status, 200, "{}", proxy.output());
    let address = proxy.address("fe");
    let (is_over, requests, failed) = <(Arc<AtomicBool>, Arc<AtomicU64>, Arc<AtomicU64>)>::default();
    let before = cpu_us(proxy.pid());
    let client = |_| {
        let (is_over, requests, failed) = (Arc::clone(&is_over), Arc::clone(&requests), Arc::clone(&failed));
        thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                if connection(address, &is_over, &requests).is_none() {
                    failed.fetch_add(1, Ordering::Relaxed);
                }
            }
        })
    };
    let clients: Vec<_> = (0..connections).map(client).collect();
    thread::sleep(duration);
    is_over.store(true, Ordering::Relaxed);
    let cpu_us = cpu_us(proxy.pid()) - before;
    let resident_kib = resident_kib(proxy.pid());
    for client in clients {
        client.join().expect("a client ends");
    }
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Rate { requests: count(&requests), failed: count(&failed), cpu_us, resident_kib }
}

/// Requests on one connection until the proxy closes it after an answer, or the load is over.
fn connection(proxy: SocketAddr, is_over: &AtomicBool, requests: &AtomicU64) -> Option<()> {
    let mut stream = TcpStream::connect(proxy).ok()?;
    stream.set_nodelay(true).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).ok()?;
    while !is_over.load(Ordering::Relaxed) {
        stream.write_all(REQUEST).ok()?;
        let head = answer(&mut stream)?;
        requests.fetch_add(1, Ordering::Relaxed);
        if head.contains("connection: close") {
            return Some(());
        }
    }
    Some(())
}

/// One whole answer; its head in small letters.
fn answer(stream: &mut TcpStream) -> Option<String> {
    let mut got = Vec::with_capacity(2 * BODY_BYTES);
    let mut buffer = [0; 4 * BODY_BYTES];
    loop {
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        got.extend_from_slice(&buffer[..length]);
        let Some(head) = http::find(&got, b"\r\n\r\n") else { continue };
        if got.len() >= head + 4 + BODY_BYTES {
            let head = String::from_utf8_lossy(&got[..head]).to_ascii_lowercase();
            return head.starts_with("http/1.1 200 ").then_some(head);
        }
    }
}

/// A server that costs as little as a blocking one can.
fn serve(origin: &TcpListener) {
    let body = "x".repeat(BODY_BYTES);
    let kept: Arc<str> = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY_BYTES}\r\n\r\n{body}").into();
    while let Ok((mut stream, _)) = origin.accept() {
        let kept = Arc::clone(&kept);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            let mut pending = Vec::new();
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                pending.extend_from_slice(&buffer[..length]);
                while let Some(end) = http::find(&pending, b"\r\n\r\n") {
                    let head = String::from_utf8_lossy(&pending[..end]).to_ascii_lowercase();
                    pending.drain(..end + 4);
                    if stream.write_all(kept.as_bytes()).is_err() || head.contains("connection: close") {
                        return;
                    }
                }
            }
        });
    }
}

/// CPU time of a process so far.
fn cpu_us(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the proxy runs");
    let fields = stat.rsplit_once(')').expect("the name stands in parentheses").1;
    let ticks =
        |field: usize| fields.split_ascii_whitespace().nth(field).and_then(|text| text.parse::<u64>().ok());
    (ticks(11).expect("user time") + ticks(12).expect("system time")) * TICK_US
}
