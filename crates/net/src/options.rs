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

/// Allows addresses that this machine does not own, as source or to listen on (TPROXY).
///
/// # Errors
/// `EPERM` without `CAP_NET_ADMIN`.
pub fn set_transparent(fd: BorrowedFd<'_>, addr: &SocketAddr) -> io::Result<()> {
    match addr {
        SocketAddr::V4(_) => sys::set_int(fd, libc::SOL_IP, libc::IP_TRANSPARENT, 1),
        SocketAddr::V6(_) => sys::set_int(fd, libc::SOL_IPV6, libc::IPV6_TRANSPARENT, 1),
    }
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
