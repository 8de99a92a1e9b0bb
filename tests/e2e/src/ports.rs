//! Addresses that answer in a known way without a race for their port.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU16, Ordering};

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};

/// A port that refuses every connection for as long as this lives: it is bound, so nobody else gets it, and
/// nobody listens there.
#[derive(Debug)]
pub struct RefusedPort {
    address: SocketAddr,
    _bound: OwnedFd,
}

impl RefusedPort {
    /// Reserves a port of 127.0.0.1.
    ///
    /// # Panics
    /// If the kernel has no port left.
    pub fn new() -> Self {
        let bound = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        bind(&bound, &SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let address = getsockname(&bound).expect("a bound socket has a name");
        Self { address: address.try_into().expect("an IPv4 address"), _bound: bound }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Default for RefusedPort {
    fn default() -> Self {
        Self::new()
    }
}

/// A listening socket on a port of 127.0.0.1 that the kernel chooses; connections wait in its queue.
///
/// # Panics
/// If the kernel has no port left.
pub fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).expect("a free port")
}

/// A listening socket on a port of 127.0.0.1 that the kernel gives to no outgoing connection, so that whoever closes
/// it can listen there again: between the two, a client that connects to one of the ephemeral ports may be given just
/// that port and find itself at the other end.
///
/// # Panics
/// If all these ports are taken.
pub fn restartable_listener() -> TcpListener {
    /// Above what services use, below what the kernel gives out (net.ipv4.ip_local_port_range begins at 32,768).
    const PORTS: std::ops::Range<u16> = 20_000..32_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes begin at different places, so that they seldom try the same port at the same time.
    let count = PORTS.end - PORTS.start;
    let first = u16::try_from(std::process::id() % u32::from(count)).unwrap_or(0);
    let free = (0..count).find_map(|_| {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + first.wrapping_mul(17).wrapping_add(step) % count;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
    });
    free.expect("a free port below the ephemeral ones")
}
