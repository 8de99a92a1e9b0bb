//! Addresses as `bind`, `server`, `log`, `source` and their relatives write them (configuration manual, chapter 11).
//!
//! [`Address::parse`] reads every form without asking anybody; [`bind_list`], [`server`], [`log_target`] and
//! [`fixed`] turn what was read into what the model holds and refuse what cannot stand there. Environment variables
//! are put in before a word gets here. A host name that must be known at once is resolved by the system; a server's
//! and a log target's are left to the start.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use diag::{Span, codes};
use sample::Problem;
use sample::compile::problem_of;
use syntax::{Quoting, Word};

mod parse;
mod place;

pub use place::{Bound, LogPlace, ServerPlace, bind_list, datagram_list, fixed, log_target, server, source};

/// What a socket carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A stream: TCP, a UNIX stream socket.
    Stream,
    /// Multipath TCP, a stream as well.
    Multipath,
    /// Datagrams: UDP, a UNIX datagram socket.
    Datagram,
    /// Streams over UDP.
    Quic,
}

/// Which IP addresses a host may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Either; where none is named IPv4 is meant.
    Any,
    /// `ipv4@` and its relatives.
    V4,
    /// `ipv6@` and its relatives.
    V6,
}

impl Family {
    fn fits(self, ip: IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::V4 => ip.is_ipv4(),
            Family::V6 => ip.is_ipv6(),
        }
    }

    /// The address that stands for all of a machine's own.
    fn unspecified(self) -> IpAddr {
        match self {
            Family::Any | Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        }
    }
}

/// A host of the Internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A literal address; nothing and `*` are the unspecified one.
    Ip(IpAddr),
    /// A name.
    Name(Box<str>),
}

/// What follows the last colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// Nothing.
    None,
    /// One port, or all from the first to the last.
    Range(u16, u16),
    /// `+N`, `-N`: relative to the port that the client asked for.
    Offset(i32),
}

/// What an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A host and its ports.
    Inet {
        /// The host.
        host: Host,
        /// Which addresses a name may resolve to.
        family: Family,
        /// Its ports.
        ports: Ports,
    },
    /// The path of a UNIX socket.
    Unix(Vec<u8>),
    /// A name of the abstract namespace, complete: that of `abns@` is padded with NULs to fill the address.
    Abstract(Vec<u8>),
    /// A descriptor of this process (`fd@`).
    Fd(i32),
    /// One end of a pair of sockets (`sockpair@`).
    Sockpair(i32),
    /// Connections opened by the other side (`rhttp@`): a backend and a server.
    ReverseHttp(Vec<u8>),
}

/// An address as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What is named.
    pub target: Target,
    /// How it is spoken to; `None` where the address does not say.
    pub transport: Option<Transport>,
    /// Where it stands.
    pub span: Span,
}

impl Address {
    /// Reads a whole word.
    ///
    /// # Errors
    /// What is wrong with it, placed at the word.
    pub fn parse(word: &Word) -> Result<Address, Problem> {
        Address::parse_at(&word.text, word.span)
    }

    /// Reads `text`, which stands at `span`.
    ///
    /// # Errors
    /// What is wrong with it, placed at `span`.
    pub fn parse_at(text: &[u8], span: Span) -> Result<Address, Problem> {
        let (target, transport) =
            parse::address(text).map_err(|message| problem_of(codes::ADDRESS, span, message))?;
        Ok(Address { target, transport, span })
    }
}

/// Resolves a name by the system's means; the first address that fits the family, IPv4 before IPv6.
///
/// # Errors
/// The sentence to show when there is none.
pub fn resolve(name: &str, family: Family) -> Result<IpAddr, String> {
    let found: Vec<IpAddr> = (name, 0)
        .to_socket_addrs()
        .map_err(|error| format!("`{name}` cannot be resolved: {error}"))?
        .map(|addr| addr.ip())
        .filter(|ip| family.fits(*ip))
        .collect();
    let first = found.iter().find(|ip| ip.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| format!("`{name}` has no address of the family that is wanted"))
}

/// The place of bytes `from..to` of a word, where they can be told; else that of the whole word.
fn part_span(word: &Word, from: usize, to: usize) -> Span {
    let is_plain = word.quoting == Quoting::Bare && usize::try_from(word.span.len) == Ok(word.text.len());
    match (is_plain && word.span.column > 0, u32::try_from(from), u32::try_from(to - from)) {
        (true, Ok(from), Ok(len)) => Span { column: word.span.column + from, len: len.max(1), ..word.span },
        _ => word.span,
    }
}

/// Host and port as the standard library holds them.
fn socket_addr(ip: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(ip, port)
}

#[cfg(test)]
mod tests;
