//! Addresses that answer in a known way without a race for their port.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

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
