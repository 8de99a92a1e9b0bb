//! Listening sockets from a process to the one that takes its place (management guide, chapter 3, `-x`; configuration
//! manual, `expose-fd listeners`).
//!
//! ```text
//!   new: `_getsocks` + LF -->            <-- old: how many, 4 bytes of the machine's order
//!                                        <-- old: up to 252 descriptors, and a record for each
//!   new: 4 bytes, whatever they are -->  ... until all have come
//!   record: length, namespace | length, interface | 4 bytes of zeroes
//! ```
//! These are the bytes that HAProxy sends and expects, so either program can take over from the other. What always
//! holds: an address that stays in use is never closed while connections wait on it, because both processes hold the
//! same socket; [`OldSockets`] gives out duplicates and keeps its own until the new process is sure of its start.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::net::{SocketType, ipproto, sockopt};

use crate::addr::Endpoint;
use crate::fdpass;
use crate::listen::{ListenOptions, V6};

/// Descriptors that one message carries.
pub const BATCH_MAX: usize = 252;
/// The command that asks for them.
pub const COMMAND: &[u8] = b"_getsocks\n";
/// Bytes that answer each batch.
pub const ACK_BYTES: usize = 4;
/// How long the old process may be silent.
const PATIENCE: Duration = Duration::from_secs(5);
/// More sockets than any process has.
const COUNT_MAX: usize = 1 << 20;
/// A record with both names as long as they can be.
const RECORD_BYTES_MAX: usize = 1 + 255 + 1 + 255 + 4;

/// A listening socket that the next process may have.
#[derive(Debug)]
pub struct Exported {
    /// The socket.
    pub fd: OwnedFd,
    /// The network namespace that it was made in, by name; `None`: that of the process.
    pub namespace: Option<String>,
    /// The interface that it listens on alone.
    pub interface: Option<String>,
}

/// What announces so many sockets.
#[must_use]
pub fn announcement(count: usize) -> [u8; 4] {
    i32::try_from(count).unwrap_or(i32::MAX).to_ne_bytes()
}

/// The records of one batch.
#[must_use]
pub fn records(batch: &[Exported]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for one in batch {
        push_name(one.namespace.as_deref(), &mut bytes);
        push_name(one.interface.as_deref(), &mut bytes);
        bytes.extend_from_slice(&[0; 4]);
    }
    bytes
}

/// A name too long for its length to be told is left out: no namespace or interface has one.
fn push_name(name: Option<&str>, bytes: &mut Vec<u8>) {
    let name = name.unwrap_or_default();
    match u8::try_from(name.len()) {
        Ok(length) => {
            bytes.push(length);
            bytes.extend_from_slice(name.as_bytes());
        }
        Err(_) => bytes.push(0),
    }
}

/// Whether a socket takes connections or datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Connections.
    Stream,
    /// Datagrams.
    Datagrams,
}

/// One socket of the old process.
#[derive(Debug)]
struct Old {
    fd: OwnedFd,
    address: Endpoint,
    kind: Kind,
    is_v6_only: bool,
    is_multipath: bool,
    namespace: String,
    interface: String,
    is_taken: Cell<bool>,
}

/// The sockets of an old process, by what they listen on.
#[derive(Debug, Default)]
pub struct OldSockets(Vec<Old>);

impl OldSockets {
    /// Connects to a UNIX socket of the old process and asks for its sockets.
    ///
    /// # Errors
    /// When nobody listens there, or as [`OldSockets::receive`].
    pub fn ask(path: &std::path::Path) -> io::Result<OldSockets> {
        OldSockets::receive(&UnixStream::connect(path)?)
    }

    /// Asks for the sockets over a connection to the old process.
    ///
    /// # Errors
    /// The old process does not answer, does not want to, or sends what cannot be understood.
    pub fn receive(stream: &UnixStream) -> io::Result<OldSockets> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut writing = stream;
        writing.write_all(COMMAND)?;
        let mut count = [0; 4];
        (&*stream).read_exact(&mut count)?;
        let count = usize::try_from(i32::from_ne_bytes(count)).ok().filter(|count| *count <= COUNT_MAX);
        let count = count.ok_or_else(|| invalid("no number of sockets"))?;
        let (mut fds, mut bytes) = (Vec::new(), Vec::new());
        let mut chunk = vec![0; BATCH_MAX * RECORD_BYTES_MAX];
        while fds.len() < count {
            let got = fdpass::recv_fds(stream.as_fd(), &mut chunk, &mut fds)?;
            if got == 0 {
                return Err(invalid("fewer sockets than were announced"));
            }
            bytes.extend_from_slice(&chunk[..got]);
            if bytes.len() > count * RECORD_BYTES_MAX {
                return Err(invalid("more than was announced"));
            }
            let acknowledged = writing.write_all(&[0; ACK_BYTES]);
            if fds.len() < count {
                acknowledged?;
            }
            // With all there, an old process that did not wait for the last answer has done its part.
        }
        OldSockets::of(fds, &bytes)
    }

    /// The sockets with their records.
    fn of(fds: Vec<OwnedFd>, mut records: &[u8]) -> io::Result<OldSockets> {
        let mut list = Vec::new();
        for fd in fds {
            let namespace = take_name(&mut records)?;
            let interface = take_name(&mut records)?;
            records = records.get(4..).ok_or_else(|| invalid("a record that ends early"))?;
            // What is no socket, or of a family that is not spoken here, is of no use.
            list.extend(Old::new(fd, namespace, interface).ok().flatten());
        }
        Ok(OldSockets(list))
    }

    /// Begins anew: whatever was taken can be taken again.
    pub fn give_back(&self) {
        self.0.iter().for_each(|old| old.is_taken.set(false));
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Duplicates of all sockets, not taken yet, that listen on `endpoint` and could have been made with these options: as
    /// for address, kind, namespace, interface and whatever cannot be changed once a socket is bound.
    pub fn take(&self, endpoint: &Endpoint, kind: Kind, options: &ListenOptions) -> Vec<OwnedFd> {
        let fitting = self.0.iter().filter(|old| !old.is_taken.get() && old.fits(endpoint, kind, options));
        let duplicate = |old: &Old| {
            let fd = rustix::io::fcntl_dupfd_cloexec(&old.fd, 3).ok()?;
            old.is_taken.set(true);
            Some(fd)
        };
        fitting.filter_map(duplicate).collect()
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the old process sent {what}"))
}

fn take_name(bytes: &mut &[u8]) -> io::Result<String> {
    let early = || invalid("a record that ends early");
    let (length, rest) = bytes.split_first().ok_or_else(early)?;
    let (name, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(early)?;
    *bytes = rest;
    Ok(String::from_utf8_lossy(name).into_owned())
}

impl Old {
    fn new(fd: OwnedFd, namespace: String, interface: String) -> io::Result<Option<Old>> {
        let Some(address) = Endpoint::from_any(rustix::net::getsockname(&fd)?) else { return Ok(None) };
        let kind = match sockopt::socket_type(&fd)? {
            SocketType::STREAM => Kind::Stream,
            SocketType::DGRAM => Kind::Datagrams,
            _ => return Ok(None),
        };
        let is_v6 = address.inet().is_some_and(|addr| addr.is_ipv6());
        let is_v6_only = is_v6 && sockopt::ipv6_v6only(&fd)?;
        let is_multipath = sockopt::socket_protocol(&fd)? == Some(ipproto::MPTCP);
        let is_taken = Cell::new(false);
        Ok(Some(Old { fd, address, kind, is_v6_only, is_multipath, namespace, interface, is_taken }))
    }

    fn fits(&self, endpoint: &Endpoint, kind: Kind, options: &ListenOptions) -> bool {
        self.kind == kind
            && is_same(&self.address, endpoint)
            && self.namespace == options.namespace.as_deref().unwrap_or_default()
            && self.interface == options.interface.as_deref().unwrap_or_default()
            && self.is_multipath == options.multipath
            && (!matches!(endpoint, Endpoint::Inet(SocketAddr::V6(_)))
                || self.is_v6_only == wants_v6_only(options.v6))
    }
}

fn wants_v6_only(v6: V6) -> bool {
    match v6 {
        V6::Only => true,
        V6::Both => false,
        V6::System => std::fs::read("/proc/sys/net/ipv6/bindv6only").is_ok_and(|text| text.starts_with(b"1")),
    }
}

/// Whether a socket bound to `bound` is what listens on `wanted`. A UNIX socket was bound under a temporary name, and the
/// kernel knows no other.
fn is_same(bound: &Endpoint, wanted: &Endpoint) -> bool {
    match (bound, wanted) {
        (Endpoint::Unix(bound), Endpoint::Unix(wanted)) => {
            is_name_of(bound, wanted) && std::path::Path::new(&*String::from_utf8_lossy(wanted)).exists()
        }
        (Endpoint::Inet(bound), Endpoint::Inet(wanted)) => bound == wanted,
        (Endpoint::Abstract(bound), Endpoint::Abstract(wanted)) => bound == wanted,
        _ => false,
    }
}

/// `bound` is `wanted`, or `wanted.PID.tmp`.
fn is_name_of(bound: &[u8], wanted: &[u8]) -> bool {
    let Some(rest) = bound.strip_prefix(wanted) else { return false };
    let pid = rest.strip_prefix(b".").and_then(|rest| rest.strip_suffix(b".tmp"));
    rest.is_empty() || pid.is_some_and(|pid| !pid.is_empty() && pid.iter().all(u8::is_ascii_digit))
}

/// Sends one batch and its records over a blocking or non-blocking socket; returns how many bytes of `bytes` went.
///
/// # Errors
/// As [`fdpass::send_fds`].
pub fn send_batch(to: BorrowedFd<'_>, batch: &[Exported], bytes: &[u8]) -> io::Result<usize> {
    let fds: Vec<BorrowedFd<'_>> = batch.iter().map(|one| one.fd.as_fd()).collect();
    fdpass::send_fds(to, bytes, &fds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::listen;
    use std::os::unix::ffi::OsStrExt;

    fn exported(on: &Endpoint, options: &ListenOptions) -> Exported {
        let fd = listen(on, options).unwrap();
        Exported { fd, namespace: options.namespace.clone(), interface: options.interface.clone() }
    }

    /// The old process: answers one request with these sockets.
    fn old(sockets: Vec<Exported>, stream: UnixStream) -> std::thread::JoinHandle<()> {
        std::thread::spawn(move || {
            let mut stream = stream;
            let mut asked = [0; COMMAND.len()];
            stream.read_exact(&mut asked).unwrap();
            assert_eq!(asked, COMMAND);
            stream.write_all(&announcement(sockets.len())).unwrap();
            for batch in sockets.chunks(BATCH_MAX) {
                let bytes = records(batch);
                assert_eq!(send_batch(stream.as_fd(), batch, &bytes).unwrap(), bytes.len());
                stream.read_exact(&mut [0; ACK_BYTES]).unwrap();
            }
        })
    }

    fn handed_over(sockets: Vec<Exported>) -> OldSockets {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let thread = old(sockets, theirs);
        let received = OldSockets::receive(&ours).unwrap();
        thread.join().unwrap();
        received
    }

    fn address(one: &Exported) -> Endpoint {
        Endpoint::from_any(rustix::net::getsockname(&one.fd).unwrap()).unwrap()
    }

    #[test]
    fn a_socket_is_found_by_its_address_and_only_once() {
        let shared = ListenOptions { reuse_port: true, ..ListenOptions::default() };
        let first = exported(&Endpoint::Inet("127.0.0.1:0".parse().unwrap()), &shared);
        let on = address(&first);
        let second = exported(&on, &shared);
        let received = handed_over(vec![first, second]);
        assert_eq!(received.count(), 2);
        let multipath = ListenOptions { multipath: true, ..ListenOptions::default() };
        assert!(received.take(&on, Kind::Stream, &multipath).is_empty());
        assert!(received.take(&on, Kind::Datagrams, &shared).is_empty());
        let elsewhere = ListenOptions { interface: Some("eth0".to_owned()), ..ListenOptions::default() };
        assert!(received.take(&on, Kind::Stream, &elsewhere).is_empty());
        assert_eq!(received.take(&on, Kind::Stream, &shared).len(), 2);
        assert!(received.take(&on, Kind::Stream, &shared).is_empty());
        received.give_back();
        assert_eq!(received.take(&on, Kind::Stream, &shared).len(), 2);
    }

    #[test]
    fn more_than_one_message_carries() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let on = Endpoint::Unix(path.as_os_str().as_bytes().to_vec());
        let one = exported(&on, &ListenOptions::default());
        let copies = (0..300).map(|_| Exported {
            fd: one.fd.try_clone().unwrap(),
            namespace: Some("blue".to_owned()),
            interface: Some("lo".to_owned()),
        });
        let received = handed_over(copies.collect());
        assert_eq!(received.count(), 300);
        assert!(received.take(&on, Kind::Stream, &ListenOptions::default()).is_empty());
        let same = ListenOptions {
            namespace: Some("blue".to_owned()),
            interface: Some("lo".to_owned()),
            ..ListenOptions::default()
        };
        assert_eq!(received.take(&on, Kind::Stream, &same).len(), 300);
    }

    #[test]
    fn temporary_names_are_understood() {
        assert!(is_name_of(b"/run/a", b"/run/a") && is_name_of(b"/run/a.123.tmp", b"/run/a"));
        for bound in [&b"/run/ab"[..], b"/run/a.tmp", b"/run/a..tmp", b"/run/a.1x.tmp", b"/run/a.1.tmp2"] {
            assert!(!is_name_of(bound, b"/run/a"));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for answer in [&b"\xff\xff\xff\xff"[..], b"\x02\0\0\0", b"\x02\0\0\0abc", b"no"] {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            theirs.write_all(answer).unwrap();
            theirs.shutdown(std::net::Shutdown::Write).unwrap();
            assert!(OldSockets::receive(&ours).is_err(), "{answer:?}");
        }
        let (end, _other) = UnixStream::pair().unwrap();
        assert!(OldSockets::of(vec![end.into()], b"\x05ab").is_err());
    }

    #[test]
    fn ipv6_sockets_keep_what_they_are() {
        let only = ListenOptions { v6: V6::Only, ..ListenOptions::default() };
        let one = exported(&Endpoint::Inet("[::1]:0".parse().unwrap()), &only);
        let on = address(&one);
        let received = handed_over(vec![one]);
        let both = ListenOptions { v6: V6::Both, ..ListenOptions::default() };
        assert!(received.take(&on, Kind::Stream, &both).is_empty());
        assert_eq!(received.take(&on, Kind::Stream, &only).len(), 1);
    }
}
