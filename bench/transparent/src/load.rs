//! The load: blocking clients and a canned server, a thread each, and the CPU time that a process has used.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use netns::{DEADLINE, Netns, connect_from};

/// Clients at once, each with an address of its own.
const CLIENTS: u8 = 64;
const BODY_BYTES: usize = 1024;

/// How a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clients {
    /// Again and again on one connection.
    Keep,
    /// On a connection for each request.
    Close,
}

/// What one load showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// CPU time of a request, microseconds.
    pub(crate) us: f64,
    /// Requests without a whole answer.
    pub(crate) failed: u64,
}

/// Loads `target` from `inside` while process `pid` is watched.
pub(crate) fn run(inside: &Netns, target: &str, clients: Clients, pid: u32, time: Duration) -> Cost {
    let target: SocketAddr = target.parse().expect("an address with a port");
    let (is_over, asked, failed) = <(Arc<AtomicBool>, Arc<AtomicU64>, Arc<AtomicU64>)>::default();
    let threads: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (is_over, asked, failed) = (is_over.clone(), asked.clone(), failed.clone());
            let local = SocketAddr::from((Ipv4Addr::new(10, 1, 1, n), 0));
            inside.spawn(move || {
                while !is_over.load(Relaxed) {
                    if ask(local, target, clients, &is_over, &asked).is_none() {
                        failed.fetch_add(1, Relaxed);
                    }
                }
            })
        })
        .collect();
    // What begins is not what goes on.
    thread::sleep(time / 5);
    let (requests, cpu) = (asked.load(Relaxed), cpu_ns(pid));
    thread::sleep(time);
    let (requests, cpu) = (asked.load(Relaxed) - requests, cpu_ns(pid) - cpu);
    is_over.store(true, Relaxed);
    threads.into_iter().for_each(|thread| thread.join().expect("a client ends"));
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let us = cpu as f64 / 1000.0 / requests.max(1) as f64;
    Cost { us, failed: failed.load(Relaxed) }
}

/// One connection's requests; `None`: it ended where it should not.
fn ask(
    local: SocketAddr,
    target: SocketAddr,
    clients: Clients,
    is_over: &AtomicBool,
    asked: &AtomicU64,
) -> Option<()> {
    let mut stream = connect_from(local, target).ok()?;
    stream.set_nodelay(true).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).ok()?;
    let close = if clients == Clients::Close { "Connection: close\r\n" } else { "" };
    let request = format!("GET /some/path HTTP/1.1\r\nHost: www.example.test\r\n{close}\r\n");
    let mut buffer = [0; 4 * BODY_BYTES];
    while !is_over.load(Relaxed) {
        stream.write_all(request.as_bytes()).ok()?;
        read_answer(&mut stream, &mut buffer)?;
        asked.fetch_add(1, Relaxed);
        if clients == Clients::Close {
            // The proxy closes first, so that it is not the clients' ports that run out.
            while stream.read(&mut buffer).ok()? > 0 {}
            return Some(());
        }
    }
    Some(())
}

fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Option<()> {
    let mut got = 0;
    loop {
        got += stream.read(&mut buffer[got..]).ok().filter(|length| *length > 0)?;
        let head = buffer[..got].windows(4).position(|window| window == b"\r\n\r\n");
        if head.is_some_and(|head| got >= head + 4 + BODY_BYTES) {
            return buffer.starts_with(b"HTTP/1.1 200 ").then_some(());
        }
    }
}

/// Starts a server that answers every request with the same 1 KiB. Its threads live as long as the process.
pub(crate) fn serve(inside: &Netns, address: &str) {
    let address: SocketAddr = address.parse().expect("an address with a port");
    let listener = inside.enter(|| TcpListener::bind(address)).expect("a free port");
    let body = "x".repeat(BODY_BYTES);
    let answer: Arc<str> = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY_BYTES}\r\n\r\n{body}").into();
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut buffer = [0; 8192];
                // A request comes in one piece: the proxy writes it with one call.
                while let Ok(1..) = stream.read(&mut buffer) {
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

/// CPU time that all threads of a process have used (`/proc/PID/task/TID/schedstat`).
fn cpu_ns(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the proxy runs");
    let used = tasks.flatten().filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_ascii_whitespace().next()?.parse::<u64>().ok()
    });
    used.sum()
}
