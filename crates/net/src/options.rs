//! Options of a TCP socket, as functions of any descriptor, so that listeners (whose accepted sockets inherit most
//! of them), connections and servers share them.
//!
//! Source: tcp(7), socket(7), ip(7).

use std::io;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::net::sockopt;

use crate::sys;

/// TCP keep-alive, where `None` leaves the system's value (`clitcpka-idle` and its family).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keepalive {
    /// Silence before the first probe, whole seconds.
    pub idle: Option<Duration>,
    /// Time between probes, whole seconds.
    pub interval: Option<Duration>,
    /// Unanswered probes before the connection is given up.
    pub count: Option<u32>,
}

/// Turns TCP keep-alive on with these values.
///
/// # Errors
/// What the kernel refuses, such as a time of 0 or more than 32,767 seconds.
pub fn set_keepalive(fd: BorrowedFd<'_>, keepalive: &Keepalive) -> io::Result<()> {
    sockopt::set_socket_keepalive(fd, true)?;
    if let Some(idle) = keepalive.idle {
        sockopt::set_tcp_keepidle(fd, idle)?;
    }
    if let Some(interval) = keepalive.interval {
        sockopt::set_tcp_keepintvl(fd, interval)?;
    }
    if let Some(count) = keepalive.count {
        sockopt::set_tcp_keepcnt(fd, count)?;
    }
    Ok(())
}

/// Advertises at most `mss` bytes per segment; negative values mean "what the path allows, less this".
///
/// # Errors
/// `EINVAL` when out of the kernel's range; before the connection is made only.
pub fn set_mss(fd: BorrowedFd<'_>, mss: i32) -> io::Result<()> {
    sys::set_int(fd, libc::IPPROTO_TCP, libc::TCP_MAXSEG, mss)
}

/// Gives a connection up when sent data stays unacknowledged for this long (`tcp-ut`).
///
/// # Errors
/// What the kernel refuses.
pub fn set_user_timeout(fd: BorrowedFd<'_>, timeout: Duration) -> io::Result<()> {
    let ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    Ok(sockopt::set_tcp_user_timeout(fd, ms)?)
}

/// Chooses the congestion control algorithm by name (`cc`).
///
/// # Errors
/// `ENOENT` for an algorithm that the kernel does not have.
pub fn set_congestion(fd: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    Ok(sockopt::set_tcp_congestion(fd, name)?)
}

/// Uses one network interface only.
///
/// # Errors
/// `ENODEV` for an unknown name, `EPERM` without the privilege.
pub fn set_interface(fd: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    sys::set_bytes(fd, libc::SOL_SOCKET, libc::SO_BINDTODEVICE, name.as_bytes())
}

/// Allows addresses that this machine does not own, as source or to listen on (TPROXY). Without the privilege for it
/// such an address can still be bound to, though packets that are diverted here do not reach the socket.
///
/// # Errors
/// `EPERM` when neither is allowed.
pub fn set_transparent(fd: BorrowedFd<'_>, addr: &SocketAddr) -> io::Result<()> {
    let set = match addr {
        SocketAddr::V4(_) => sys::set_int(fd, libc::SOL_IP, libc::IP_TRANSPARENT, 1),
        SocketAddr::V6(_) => sys::set_int(fd, libc::SOL_IPV6, libc::IPV6_TRANSPARENT, 1),
    };
    // IP_FREEBIND counts for both families.
    set.or_else(|error| sys::set_int(fd, libc::SOL_IP, libc::IP_FREEBIND, 1).map_err(|_| error))
}

/// Signs what goes to `peer`, and takes from it only what is signed, with this password (`tcp-md5sig`, RFC 2385).
///
/// # Errors
/// `ENOPROTOOPT` where the kernel cannot sign, `EINVAL` for a password of more than 80 bytes or of none.
pub fn set_md5sig(fd: BorrowedFd<'_>, peer: &SocketAddr, key: &[u8]) -> io::Result<()> {
    sys::set_bytes(fd, libc::IPPROTO_TCP, libc::TCP_MD5SIG, &md5sig(peer, None, key)?)
}

/// The same for every peer of a listening socket, whose address is `local`.
///
/// # Errors
/// As [`set_md5sig`]; `ENOPROTOOPT` as well before Linux 4.13.
pub fn set_md5sig_for_all(fd: BorrowedFd<'_>, local: &SocketAddr, key: &[u8]) -> io::Result<()> {
    let mut any = vec![unspecified(local)];
    if local.is_ipv6() {
        // Clients of IPv4 on a socket of IPv6; the kernel counts their bits as IPv4's.
        let mapped = std::net::Ipv4Addr::UNSPECIFIED.to_ipv6_mapped();
        any.push(SocketAddr::new(mapped.into(), 0));
    }
    for peer in &any {
        sys::set_bytes(fd, libc::IPPROTO_TCP, libc::TCP_MD5SIG_EXT, &md5sig(peer, Some(0), key)?)?;
    }
    Ok(())
}

fn unspecified(like: &SocketAddr) -> SocketAddr {
    match like {
        SocketAddr::V4(_) => SocketAddr::from(([0; 4], 0)),
        SocketAddr::V6(_) => SocketAddr::from(([0; 16], 0)),
    }
}

/// `struct tcp_md5sig` of <linux/tcp.h>: a `sockaddr_storage`, flags, bits of the prefix, length of the key, interface,
/// key.
fn md5sig(peer: &SocketAddr, prefix_bits: Option<u8>, key: &[u8]) -> io::Result<[u8; 216]> {
    const FLAGS_AT: usize = 128;
    const KEY_AT: usize = 136;
    /// `TCP_MD5SIG_FLAG_PREFIX`.
    const PREFIX: u8 = 1;
    if key.is_empty() || key.len() > libc::TCP_MD5SIG_MAXKEYLEN {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = [0; 216];
    let family = if peer.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let family = u16::try_from(family).unwrap_or_default();
    bytes[..2].copy_from_slice(&family.to_ne_bytes());
    match peer {
        SocketAddr::V4(v4) => bytes[4..8].copy_from_slice(&v4.ip().octets()),
        SocketAddr::V6(v6) => bytes[8..24].copy_from_slice(&v6.ip().octets()),
    }
    if let Some(bits) = prefix_bits {
        (bytes[FLAGS_AT], bytes[FLAGS_AT + 1]) = (PREFIX, bits);
    }
    let len = u16::try_from(key.len()).unwrap_or_default();
    bytes[FLAGS_AT + 2..FLAGS_AT + 4].copy_from_slice(&len.to_ne_bytes());
    bytes[KEY_AT..KEY_AT + key.len()].copy_from_slice(key);
    Ok(bytes)
}

/// Marks the packets of this socket for routing and filtering (`set-mark`).
///
/// # Errors
/// `EPERM` without `CAP_NET_ADMIN`.
pub fn set_mark(fd: BorrowedFd<'_>, mark: u32) -> io::Result<()> {
    sys::set_bytes(fd, libc::SOL_SOCKET, libc::SO_MARK, &mark.to_ne_bytes())
}

/// Sets the type of service, respectively the traffic class (`set-tos`), for packets of the family of `addr`.
///
/// # Errors
/// What the kernel refuses.
pub fn set_tos(fd: BorrowedFd<'_>, addr: &SocketAddr, tos: u8) -> io::Result<()> {
    match addr {
        SocketAddr::V4(_) => Ok(sockopt::set_ip_tos(fd, tos)?),
        SocketAddr::V6(v6) => {
            if v6.ip().to_ipv4_mapped().is_some() {
                sockopt::set_ip_tos(fd, tos)?;
            }
            Ok(sockopt::set_ipv6_tclass(fd, u32::from(tos))?)
        }
    }
}

/// Prepares a connection for a close that its peer at `addr` does not learn of: without a packet where the process may
/// do that, else with one that dies after `hops` hops. What the kernel refuses makes the close an ordinary one.
pub fn drop_silently(fd: BorrowedFd<'_>, addr: &SocketAddr, hops: u8) {
    if sys::set_int(fd, libc::IPPROTO_TCP, libc::TCP_REPAIR, 1).is_ok() {
        return;
    }
    let (level, name) = match addr {
        SocketAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_TTL),
        SocketAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS),
    };
    let _ = sys::set_int(fd, level, name, i32::from(hops));
}

/// Where a redirected connection was going before the firewall changed its destination.
///
/// # Errors
/// `ENOENT` or `ENOPROTOOPT` when nothing redirected it.
pub fn original_dst(fd: BorrowedFd<'_>, local: &SocketAddr) -> io::Result<SocketAddr> {
    match local {
        SocketAddr::V4(_) => Ok(SocketAddr::V4(sockopt::ip_original_dst(fd)?)),
        SocketAddr::V6(_) => Ok(SocketAddr::V6(sockopt::ipv6_original_dst(fd)?)),
    }
}

/// What the kernel knows of a TCP connection: the values behind `fc_rtt` and its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcpInfo {
    /// Smoothed round-trip time, microseconds.
    pub rtt_us: u32,
    /// Its mean deviation, microseconds.
    pub rttvar_us: u32,
    /// Segments sent and not acknowledged.
    pub unacked: u32,
    /// Segments acknowledged selectively.
    pub sacked: u32,
    /// Segments taken for lost.
    pub lost: u32,
    /// Segments sent again and not acknowledged since.
    pub retrans: u32,
    /// Forward acknowledged segments.
    pub fackets: u32,
    /// Reordering that the kernel allows for, in segments.
    pub reordering: u32,
}

/// Reads [`TcpInfo`].
///
/// # Errors
/// `EOPNOTSUPP` when the socket is not TCP.
pub fn tcp_info(fd: BorrowedFd<'_>) -> io::Result<TcpInfo> {
    let info = sys::tcp_info(fd)?;
    Ok(TcpInfo {
        rtt_us: info.tcpi_rtt,
        rttvar_us: info.tcpi_rttvar,
        unacked: info.tcpi_unacked,
        sacked: info.tcpi_sacked,
        lost: info.tcpi_lost,
        retrans: info.tcpi_retrans,
        fackets: info.tcpi_fackets,
        reordering: info.tcpi_reordering,
    })
}
