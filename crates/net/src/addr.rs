//! Where sockets listen and connect to: the address families that HAProxy's `bind` and `server` lines can name
//! (configuration manual, chapter 11 "Address formats"), already parsed.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;

use base::Lossy;
use rustix::net::{SocketAddrAny, SocketAddrUnix};

/// The address of a stream socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// TCP over IPv4 or IPv6.
    Inet(SocketAddr),
    /// A UNIX socket's path.
    Unix(Vec<u8>),
    /// A name in Linux's abstract namespace, without the leading NUL.
    Abstract(Vec<u8>),
    /// A listening socket that this process inherited under this number (`fd@3`).
    Fd(RawFd),
}

impl Endpoint {
    /// The IP address and port, if it has one.
    #[must_use]
    pub fn inet(&self) -> Option<SocketAddr> {
        match self {
            Endpoint::Inet(addr) => Some(*addr),
            Endpoint::Unix(_) | Endpoint::Abstract(_) | Endpoint::Fd(_) => None,
        }
    }

    /// What the kernel calls a UNIX endpoint; `None` for the other families.
    ///
    /// # Errors
    /// `InvalidInput`-like errors for names that do not fit (108 bytes, no NUL in a path).
    pub(crate) fn unix(&self) -> io::Result<Option<SocketAddrUnix>> {
        match self {
            Endpoint::Unix(path) => Ok(Some(SocketAddrUnix::new(path.as_slice())?)),
            Endpoint::Abstract(name) => Ok(Some(SocketAddrUnix::new_abstract_name(name)?)),
            Endpoint::Inet(_) | Endpoint::Fd(_) => Ok(None),
        }
    }

    /// The endpoint that an address from the kernel means; `None` for families that are not spoken here. An unnamed
    /// UNIX socket (the client's end, usually) is an empty path.
    pub(crate) fn from_any(any: SocketAddrAny) -> Option<Endpoint> {
        if let Ok(addr) = SocketAddr::try_from(any.clone()) {
            return Some(Endpoint::Inet(addr));
        }
        let unix = SocketAddrUnix::try_from(any).ok()?;
        // rustix shows an unnamed socket as an abstract one without a name.
        if let Some(name) = unix.abstract_name().filter(|name| !name.is_empty()) {
            return Some(Endpoint::Abstract(name.to_vec()));
        }
        Some(Endpoint::Unix(unix.path_bytes().unwrap_or_default().to_vec()))
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(addr: SocketAddr) -> Self {
        Endpoint::Inet(addr)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Inet(addr) => write!(f, "{addr}"),
            Endpoint::Unix(path) => write!(f, "unix@{}", Lossy(path)),
            Endpoint::Abstract(name) => write!(f, "abns@{}", Lossy(name)),
            Endpoint::Fd(raw) => write!(f, "fd@{raw}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_has_its_prefix() {
        assert_eq!(Endpoint::Inet("[::1]:80".parse().unwrap()).to_string(), "[::1]:80");
        assert_eq!(Endpoint::Unix(b"/run/x".to_vec()).to_string(), "unix@/run/x");
        assert_eq!(Endpoint::Abstract(b"x\0".to_vec()).to_string(), "abns@x\\x00");
        assert_eq!(Endpoint::Fd(3).to_string(), "fd@3");
    }

    #[test]
    fn names_that_do_not_fit_are_errors() {
        assert!(Endpoint::Unix(vec![b'a'; 200]).unix().is_err());
        assert!(Endpoint::Abstract(vec![b'a'; 108]).unix().is_err());
        assert!(Endpoint::Fd(3).unix().unwrap().is_none());
    }
}
