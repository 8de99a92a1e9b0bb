//! Listening sockets: made from an address and its `bind` options, or taken over from the parent process
//! (configuration manual, chapter 5.1 "Bind options").
//!
//! A UNIX socket is bound under a temporary name and renamed into place when it listens already: whoever connects
//! meets the old socket or the new one, never none.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, ipproto, sockopt};

use crate::addr::Endpoint;
use crate::namespace::Namespace;
use crate::options::{self, Keepalive};
use crate::sys;

/// Whether an IPv6 socket takes IPv4 clients too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum V6 {
    /// As `/proc/sys/net/ipv6/bindv6only` says.
    #[default]
    System,
    /// IPv6 alone (`v6only`).
    Only,
    /// Both (`v4v6`).
    Both,
}

/// How to listen; the fields bear the names of the `bind` keywords. The default: a backlog of 1024, no shared port,
/// `TCP_NODELAY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenOptions {
    /// Connections that may wait to be accepted; the system's `somaxconn` bounds it.
    pub backlog: u32,
    /// Whether other sockets may listen on the same port: those of the other workers, those of the next process.
    pub reuse_port: bool,
    /// Whether accepted connections send small segments at once.
    pub nodelay: bool,
    /// Whether the kernel acknowledges at once what clients send first; else together with the answer.
    pub quick_ack: bool,
    /// Accept only when the client has sent something.
    pub defer_accept: bool,
    /// Whether IPv4 clients are taken on an IPv6 address.
    pub v6: V6,
    /// Whether the address may belong to another machine.
    pub transparent: bool,
    /// Whether the address may be missing at the time of binding.
    pub freebind: bool,
    /// Network interface to listen on.
    pub interface: Option<String>,
    /// Largest segment to ask of clients, as in [`options::set_mss`].
    pub mss: Option<i32>,
    /// TCP keep-alive of accepted connections, off when `None`.
    pub keepalive: Option<Keepalive>,
    /// Longest time for a client to acknowledge data.
    pub user_timeout: Option<Duration>,
    /// Data in the first packet; the number of such handshakes that may be pending (`tfo`).
    pub fast_open: Option<u32>,
    /// Congestion control algorithm.
    pub congestion: Option<String>,
    /// Whether clients must sign their segments, and the password for it (RFC 2385).
    pub md5sig: Option<Box<[u8]>>,
    /// Whether the first packet of each connection is kept (`tcp-ss`): 1 from its IP header on, 2 from the link's.
    pub save_syn: Option<u8>,
    /// Multipath TCP.
    pub multipath: bool,
    /// The network namespace to listen in, by name; `None`: that of the process.
    pub namespace: Option<String>,
    /// Whether connections come as descriptors through [`Endpoint::Fd`], which is one end of a pair (`sockpair@`).
    pub takes_descriptors: bool,
    /// Whether accepted connections are reset rather than closed in order (`nolinger`).
    pub nolinger: bool,
    /// Permissions of a UNIX socket, as in chmod(2).
    pub unix_mode: Option<u32>,
    /// Owner of a UNIX socket.
    pub unix_uid: Option<u32>,
    /// Group of a UNIX socket.
    pub unix_gid: Option<u32>,
}

impl Default for ListenOptions {
    fn default() -> Self {
        ListenOptions {
            backlog: 1024,
            reuse_port: false,
            nodelay: true,
            quick_ack: true,
            defer_accept: false,
            v6: V6::System,
            transparent: false,
            freebind: false,
            interface: None,
            mss: None,
            keepalive: None,
            user_timeout: None,
            fast_open: None,
            congestion: None,
            md5sig: None,
            save_syn: None,
            multipath: false,
            namespace: None,
            takes_descriptors: false,
            nolinger: false,
            unix_mode: None,
            unix_uid: None,
            unix_gid: None,
        }
    }
}

impl ListenOptions {
    fn backlog(&self) -> i32 {
        i32::try_from(self.backlog).unwrap_or(i32::MAX)
    }
}

/// An option that the kernel refused for a socket that listens all the same.
#[derive(Debug)]
pub struct Refused {
    /// Its keyword on the `bind` line.
    pub option: &'static str,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` has no effect: {}", self.option, self.error)
    }
}

/// A socket that listens on `on`, non-blocking and close-on-exec.
///
/// # Errors
/// As [`listen_noting`].
pub fn listen(on: &Endpoint, options: &ListenOptions) -> io::Result<OwnedFd> {
    listen_noting(on, options, &mut Vec::new())
}

/// As [`listen`]; options without which the socket serves its clients as well, but not as well as was asked for, are
/// added to `refused` where the kernel does not take them.
///
/// # Errors
/// What the kernel refuses: `AddrInUse`, `AddrNotAvailable`, `PermissionDenied` and so on, an interface or a namespace
/// that does not exist, with its name; for [`Endpoint::Fd`] a number that is not open, or not a stream socket that can
/// listen (`InvalidInput`).
pub fn listen_noting(
    on: &Endpoint,
    options: &ListenOptions,
    refused: &mut Vec<Refused>,
) -> io::Result<OwnedFd> {
    match on {
        Endpoint::Inet(addr) => listen_inet(addr, options, refused),
        Endpoint::Unix(path) => listen_unix(path, options),
        Endpoint::Abstract(name) => {
            let fd = unix_socket()?;
            rustix::net::bind(&fd, &SocketAddrUnix::new_abstract_name(name)?)?;
            rustix::net::listen(&fd, options.backlog())?;
            Ok(fd)
        }
        Endpoint::Fd(raw) if options.takes_descriptors => inherited_pair(*raw),
        Endpoint::Fd(raw) => listen_inherited(*raw, options, refused),
    }
}

fn listen_inet(
    addr: &SocketAddr,
    options: &ListenOptions,
    refused: &mut Vec<Refused>,
) -> io::Result<OwnedFd> {
    let protocol = if options.multipath { ipproto::MPTCP } else { ipproto::TCP };
    let fd = inet_socket(addr, SocketType::STREAM, protocol, options)?;
    sockopt::set_socket_reuseaddr(&fd, true)?;
    if options.reuse_port {
        sockopt::set_socket_reuseport(&fd, true)?;
    }
    set_bind_options(&fd, addr, options)?;
    rustix::net::bind(&fd, addr)?;
    set_tcp_options(&fd, addr, options, refused)?;
    rustix::net::listen(&fd, options.backlog())?;
    set_acks(&fd, options);
    Ok(fd)
}

/// A socket of the family of `addr`, in the namespace that the options name.
fn inet_socket(
    addr: &SocketAddr,
    kind: SocketType,
    protocol: rustix::net::Protocol,
    options: &ListenOptions,
) -> io::Result<OwnedFd> {
    let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let make = || Ok(rustix::net::socket_with(family, kind, flags, Some(protocol))?);
    match &options.namespace {
        None => make(),
        Some(name) => Namespace::open(name)
            .and_then(|namespace| namespace.within(make))
            .map_err(|error| naming(&format!("namespace `{name}`"), &error)),
    }
}

/// The error with what it is about.
fn naming(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

/// A UDP socket that receives on `addr`, non-blocking and close-on-exec. Of the options those count that decide which
/// address can be bound.
///
/// # Errors
/// What the kernel refuses: `AddrInUse`, `AddrNotAvailable`, `PermissionDenied` and so on.
pub fn bind_datagrams(addr: &SocketAddr, options: &ListenOptions) -> io::Result<OwnedFd> {
    let fd = inet_socket(addr, SocketType::DGRAM, ipproto::UDP, options)?;
    if options.reuse_port {
        sockopt::set_socket_reuseport(&fd, true)?;
    }
    set_bind_options(&fd, addr, options)?;
    rustix::net::bind(&fd, addr)?;
    Ok(fd)
}

/// What decides which address can be bound, and so comes before.
fn set_bind_options(fd: &OwnedFd, addr: &SocketAddr, options: &ListenOptions) -> io::Result<()> {
    set_foreign(fd, addr, options)?;
    if addr.is_ipv6() {
        match options.v6 {
            V6::System => {}
            V6::Only => sockopt::set_ipv6_v6only(fd, true)?,
            V6::Both => sockopt::set_ipv6_v6only(fd, false)?,
        }
    }
    if let Some(interface) = &options.interface {
        options::set_interface(fd.as_fd(), interface)
            .map_err(|error| naming(&format!("interface `{interface}`"), &error))?;
    }
    Ok(())
}

/// Whether the address may be another machine's, or nobody's yet.
fn set_foreign(fd: &OwnedFd, addr: &SocketAddr, options: &ListenOptions) -> io::Result<()> {
    if options.transparent {
        options::set_transparent(fd.as_fd(), addr)?;
    }
    if options.freebind {
        match addr {
            SocketAddr::V4(_) => sockopt::set_ip_freebind(fd, true)?,
            SocketAddr::V6(_) => sockopt::set_ipv6_freebind(fd, true)?,
        }
    }
    Ok(())
}

/// What accepted sockets inherit, and how they come to be accepted; `addr` is where the socket is bound to.
fn set_tcp_options(
    fd: &OwnedFd,
    addr: &SocketAddr,
    options: &ListenOptions,
    refused: &mut Vec<Refused>,
) -> io::Result<()> {
    let fd = fd.as_fd();
    if options.nodelay {
        sockopt::set_tcp_nodelay(fd, true)?;
    }
    if options.nolinger {
        sockopt::set_socket_linger(fd, Some(Duration::ZERO))?;
    }
    if let Some(keepalive) = &options.keepalive {
        options::set_keepalive(fd, keepalive)?;
    }
    if let Some(key) = &options.md5sig {
        options::set_md5sig_for_all(fd, addr, key).map_err(|error| naming("`tcp-md5sig`", &error))?;
    }
    try_tcp_options(fd, options, refused);
    Ok(())
}

/// What not every system has; sockets do without it.
fn try_tcp_options(fd: BorrowedFd<'_>, options: &ListenOptions, refused: &mut Vec<Refused>) {
    let mut note = |option: &'static str, result: io::Result<()>| {
        if let Err(error) = result {
            refused.push(Refused { option, error });
        }
    };
    let set = |name, value: u32| {
        sys::set_int(fd, libc::IPPROTO_TCP, name, i32::try_from(value).unwrap_or(i32::MAX))
    };
    if let Some(mss) = options.mss {
        note("mss", options::set_mss(fd, mss));
    }
    if let Some(timeout) = options.user_timeout {
        note("tcp-ut", options::set_user_timeout(fd, timeout));
    }
    if let Some(congestion) = &options.congestion {
        note("cc", options::set_congestion(fd, congestion));
    }
    if options.defer_accept {
        note("defer-accept", set(libc::TCP_DEFER_ACCEPT, 1));
    }
    if let Some(pending) = options.fast_open {
        note("tfo", set(libc::TCP_FASTOPEN, pending));
    }
    if let Some(mode) = options.save_syn {
        note("tcp-ss", set(libc::TCP_SAVE_SYN, mode.into()));
    }
}

/// How accepted sockets acknowledge what comes first; `listen` forgets what was set before. What it saves is a segment,
/// so a kind of socket that does not know it (MPTCP) does without.
fn set_acks(fd: &OwnedFd, options: &ListenOptions) {
    let _ = sockopt::set_tcp_quickack(fd, options.quick_ack);
}

fn unix_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

fn listen_unix(path: &[u8], options: &ListenOptions) -> io::Result<OwnedFd> {
    let mut temporary = path.to_vec();
    temporary.extend_from_slice(format!(".{}.tmp", std::process::id()).as_bytes());
    let temporary_addr = SocketAddrUnix::new(temporary.as_slice())?;
    let temporary = Path::new(OsStr::from_bytes(&temporary));
    // Left by a process of the same id that did not get to its end.
    let _ = std::fs::remove_file(temporary);
    let fd = unix_socket()?;
    rustix::net::bind(&fd, &temporary_addr)?;
    let placed = place_unix(&fd, temporary, Path::new(OsStr::from_bytes(path)), options);
    if placed.is_err() {
        let _ = std::fs::remove_file(temporary);
    }
    placed.map(|()| fd)
}

/// Makes the socket bound at `temporary` ready for clients and then visible to them.
fn place_unix(fd: &OwnedFd, temporary: &Path, path: &Path, options: &ListenOptions) -> io::Result<()> {
    set_permissions(temporary, options)?;
    rustix::net::listen(fd, options.backlog())?;
    std::fs::rename(temporary, path)
}

fn set_permissions(path: &Path, options: &ListenOptions) -> io::Result<()> {
    if options.unix_uid.is_some() || options.unix_gid.is_some() {
        std::os::unix::fs::chown(path, options.unix_uid, options.unix_gid)?;
    }
    if let Some(mode) = options.unix_mode {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Closes the original of an inherited socket once [`listen`] has taken its duplicate: otherwise it would go on
/// listening when the duplicate is closed. Standard streams stay.
pub fn close_inherited(raw: i32) {
    sys::close_inherited(raw);
}

/// Goes on listening on `endpoint` with a socket that an old process had there, with the options of now.
///
/// # Errors
/// What the kernel refuses; the socket is of no use then, and another one has to be made.
pub fn listen_again(
    fd: OwnedFd,
    endpoint: &Endpoint,
    options: &ListenOptions,
    refused: &mut Vec<Refused>,
) -> io::Result<OwnedFd> {
    rustix::io::ioctl_fionbio(&fd, true)?;
    match endpoint {
        Endpoint::Inet(addr) => {
            set_foreign(&fd, addr, options)?;
            set_tcp_options(&fd, addr, options, refused)?;
        }
        Endpoint::Unix(path) => set_permissions(Path::new(OsStr::from_bytes(path)), options)?,
        Endpoint::Abstract(_) | Endpoint::Fd(_) => {}
    }
    // Listening already, it takes on the backlog; paused, it listens again.
    rustix::net::listen(&fd, options.backlog())?;
    if matches!(endpoint, Endpoint::Inet(_)) {
        set_acks(&fd, options);
    }
    Ok(fd)
}

/// A duplicate of the inherited socket, listening. The original stays open until [`close_inherited`].
fn listen_inherited(raw: i32, options: &ListenOptions, refused: &mut Vec<Refused>) -> io::Result<OwnedFd> {
    let fd = inherited_stream(raw)?;
    // What is inherited is bound; the options that come before that are up to whoever did it.
    let addr = SocketAddr::try_from(rustix::net::getsockname(&fd)?).ok();
    if let Some(addr) = &addr {
        set_tcp_options(&fd, addr, options, refused)?;
    }
    // A socket that was handed over bound but not listening yet is accepted as well.
    if !sockopt::socket_acceptconn(&fd)? {
        rustix::net::listen(&fd, options.backlog())?;
    }
    if addr.is_some() {
        set_acks(&fd, options);
    }
    Ok(fd)
}

/// A duplicate of one end of a pair of UNIX sockets.
fn inherited_pair(raw: i32) -> io::Result<OwnedFd> {
    let fd = inherited_stream(raw)?;
    // It is connected, or nothing will ever come through it.
    rustix::net::getpeername(&fd)?;
    if sockopt::socket_domain(&fd)? != AddressFamily::UNIX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not one of a pair of UNIX sockets"));
    }
    Ok(fd)
}

fn inherited_stream(raw: i32) -> io::Result<OwnedFd> {
    let fd = sys::dup_inherited(raw)?;
    if sockopt::socket_type(&fd)? != SocketType::STREAM {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a stream socket"));
    }
    rustix::io::ioctl_fionbio(&fd, true)?;
    Ok(fd)
}

#[cfg(test)]
mod tests;
