//! Where a logger sends: what the configuration names, and what that becomes at run time (manual, `log <target>`).

use crate::descriptor::Descriptor;
use crate::ring::Ring;
use crate::{datagram, syslog::Format};
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// The length of an abstract name that fills the whole socket address.
const ABSTRACT_BYTES_MAX: usize = 107;

/// Where a logger sends, as the configuration says it, with its address parsed.
#[derive(Debug, Clone)]
pub enum Target {
    /// Datagrams to an IPv4 or IPv6 address and port.
    Udp(SocketAddr),
    /// Datagrams to the UNIX socket at this path, looked up at each message (mind `chroot`).
    Unix(Vec<u8>),
    /// Datagrams to the abstract UNIX socket of exactly this name: what `abnsz@` means. For `abns@` see [`Target::abns`].
    Abstract(Vec<u8>),
    /// Lines to this descriptor of the process: `fd@<n>`.
    Fd(i32),
    /// Lines to standard output.
    Stdout,
    /// Lines to standard error.
    Stderr,
    /// Messages into a ring: `ring@<name>`.
    Ring(Arc<Ring>),
    /// Messages to the servers of a log backend: `backend@<name>`.
    Backend(Arc<dyn Distribute>),
}

/// A log backend: it chooses a server for each message.
pub trait Distribute: fmt::Debug + Send + Sync {
    /// Where `message` goes, which has no header yet; `None`: no server takes messages now, and it is lost.
    fn choose(&self, message: &[u8]) -> Option<Recipient<'_>>;
}

/// A server of a log backend.
#[derive(Debug, Clone, Copy)]
pub enum Recipient<'b> {
    /// One that gets datagrams.
    Udp(SocketAddr),
    /// One that gets, over its connection, what this ring keeps.
    Ring(&'b Ring),
}

impl Target {
    /// The target of `abns@<name>`: HAProxy pads such a name with NULs to the end of the address.
    #[must_use]
    pub fn abns(name: &[u8]) -> Target {
        let mut padded = name.to_vec();
        if padded.len() < ABSTRACT_BYTES_MAX {
            padded.resize(ABSTRACT_BYTES_MAX, 0);
        }
        Target::Abstract(padded)
    }
}

/// Why a target cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// A UNIX socket's path or name does not fit into an address, or a path contains a NUL.
    #[error("the socket's path is longer than an address can hold, or contains a NUL")]
    Path,
    /// The descriptor cannot be taken over, with the system's error number.
    #[error("cannot use file descriptor {fd}: {}", std::io::Error::from_raw_os_error(*errno))]
    Descriptor {
        /// The descriptor's number.
        fd: i32,
        /// The error number.
        errno: i32,
    },
}

/// A target made ready.
#[derive(Debug)]
pub(crate) enum Outlet {
    Udp(SocketAddr),
    Unix(SocketAddrUnix),
    Descriptor(Arc<Descriptor>),
    Ring(Arc<Ring>),
    Backend(Arc<dyn Distribute>),
}

impl Outlet {
    pub(crate) fn open(target: &Target) -> Result<Outlet, TargetError> {
        let unix =
            |address: Result<SocketAddrUnix, Errno>| address.map(Outlet::Unix).map_err(|_| TargetError::Path);
        match target {
            Target::Udp(to) => Ok(Outlet::Udp(*to)),
            Target::Unix(path) => unix(SocketAddrUnix::new(path.as_slice())),
            Target::Abstract(name) => unix(SocketAddrUnix::new_abstract_name(name)),
            Target::Fd(fd) => descriptor(*fd),
            Target::Stdout => descriptor(1),
            Target::Stderr => descriptor(2),
            Target::Ring(ring) => Ok(Outlet::Ring(Arc::clone(ring))),
            Target::Backend(backend) => Ok(Outlet::Backend(Arc::clone(backend))),
        }
    }

    /// The format that the target itself prescribes, which only a ring does.
    pub(crate) fn format(&self) -> Option<Format> {
        match self {
            Outlet::Ring(ring) => ring.format(),
            Outlet::Udp(_) | Outlet::Unix(_) | Outlet::Descriptor(_) | Outlet::Backend(_) => None,
        }
    }

    /// Sends `header` and `message` as one line of at most `bytes_max` bytes, the ending line feed included. Line feeds and
    /// NULs at the end of the message are taken off. `header` is also the buffer in which the line is put together. A
    /// ring stores no line feed, but keeps its place free as HAProxy does.
    pub(crate) fn send(&self, header: &mut Vec<u8>, message: &[u8], bytes_max: usize) -> Result<(), Errno> {
        let text_max = bytes_max.saturating_sub(1);
        let text = without_end(message);
        match self {
            Outlet::Ring(ring) => append(ring, header, text, text_max),
            Outlet::Udp(to) => datagram::send_udp(to, complete_line(header, text, text_max)),
            Outlet::Unix(to) => datagram::send_unix(to, complete_line(header, text, text_max)),
            Outlet::Descriptor(descriptor) => descriptor.write_line(complete_line(header, text, text_max)),
            // What is hashed is the message as it came.
            Outlet::Backend(backend) => match backend.choose(message) {
                Some(Recipient::Udp(to)) => datagram::send_udp(&to, complete_line(header, text, text_max)),
                Some(Recipient::Ring(ring)) => append(ring, header, text, text_max),
                None => Err(Errno::HOSTUNREACH),
            },
        }
    }
}

fn append(ring: &Ring, header: &[u8], text: &[u8], text_max: usize) -> Result<(), Errno> {
    if ring.append(&[header, text], text_max) { Ok(()) } else { Err(Errno::NOBUFS) }
}

fn without_end(message: &[u8]) -> &[u8] {
    let end = message.iter().rposition(|byte| !matches!(byte, b'\n' | 0)).map_or(0, |last| last + 1);
    &message[..end]
}

/// Appends `message` to the header in `line`, cuts both to `text_max` bytes and ends them with a line feed.
fn complete_line<'a>(line: &'a mut Vec<u8>, message: &[u8], text_max: usize) -> &'a [u8] {
    line.truncate(text_max);
    let room = text_max - line.len();
    line.extend_from_slice(&message[..message.len().min(room)]);
    line.push(b'\n');
    line
}

fn descriptor(fd: i32) -> Result<Outlet, TargetError> {
    Descriptor::open(fd)
        .map(Outlet::Descriptor)
        .map_err(|errno| TargetError::Descriptor { fd, errno: errno.raw_os_error() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_targets_are_refused() {
        let open = |target: Target| Outlet::open(&target).err();
        assert_eq!(open(Target::Unix(vec![b'x'; 200])), Some(TargetError::Path));
        assert_eq!(open(Target::Unix(b"a\0b".to_vec())), Some(TargetError::Path));
        assert_eq!(open(Target::abns(&[b'x'; 108])), Some(TargetError::Path));
        assert_eq!(open(Target::abns(b"name")), None);
        let error = open(Target::Fd(999_999)).unwrap();
        assert_eq!(error.to_string(), "cannot use file descriptor 999999: Bad file descriptor (os error 9)");
    }
}
