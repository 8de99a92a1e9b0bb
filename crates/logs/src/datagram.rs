//! Syslog over datagrams: one unconnected socket per address family for the whole process, opened when first used.
//!
//! Sending never waits: a full socket is an error that the caller counts.

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SendFlags, Shutdown, SocketAddrUnix, SocketFlags, SocketType, sendto, shutdown,
    socket_with, sockopt,
};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

static IPV4: OnceLock<OwnedFd> = OnceLock::new();
static IPV6: OnceLock<OwnedFd> = OnceLock::new();
static UNIX: OnceLock<OwnedFd> = OnceLock::new();

static SEND_BUFFER_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Sets the kernel's send buffer of log sockets, as `tune.sndbuf.backend` asks; 0 leaves it to the system. Holds for
/// sockets that are opened later, so it is called before the first message.
pub fn set_send_buffer_bytes(bytes: usize) {
    SEND_BUFFER_BYTES.store(bytes, Ordering::Relaxed);
}

/// Sends one datagram to an IPv4 or IPv6 address.
pub(crate) fn send_udp(to: &SocketAddr, line: &[u8]) -> Result<(), Errno> {
    let fd = match to {
        SocketAddr::V4(_) => opened(&IPV4, AddressFamily::INET)?,
        SocketAddr::V6(_) => opened(&IPV6, AddressFamily::INET6)?,
    };
    sendto(fd, line, SendFlags::DONTWAIT | SendFlags::NOSIGNAL, to).map(drop)
}

/// Sends one datagram to a UNIX socket, by path or abstract name.
pub(crate) fn send_unix(to: &SocketAddrUnix, line: &[u8]) -> Result<(), Errno> {
    let fd = opened(&UNIX, AddressFamily::UNIX)?;
    sendto(fd, line, SendFlags::DONTWAIT | SendFlags::NOSIGNAL, to).map(drop)
}

/// The socket in `slot`, opened if it was not. A failure is not remembered: the next message tries again.
fn opened(slot: &'static OnceLock<OwnedFd>, family: AddressFamily) -> Result<&'static OwnedFd, Errno> {
    if let Some(fd) = slot.get() {
        return Ok(fd);
    }
    let fd = socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    // Nothing is ever read here, and these three only save memory: they may fail.
    let _ = sockopt::set_socket_recv_buffer_size(&fd, 0);
    let _ = shutdown(&fd, Shutdown::Read);
    let send_bytes = SEND_BUFFER_BYTES.load(Ordering::Relaxed);
    if send_bytes > 0 {
        let _ = sockopt::set_socket_send_buffer_size(&fd, send_bytes);
    }
    Ok(slot.get_or_init(|| fd))
}
