//! What an address means where it stands: on a `bind` line, as a server, as a log target, as a source.

use std::net::{IpAddr, SocketAddr};

use diag::codes;
use net::Endpoint;
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use super::{Address, Family, Host, Ports, Target, Transport, part_span, resolve, socket_addr};
use crate::model::{BindAddress, LogTarget, ServerAddress};

/// One address of a `bind` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Where to listen; of no use when `needs` says something.
    pub address: BindAddress,
    /// Its place in its file.
    pub span: diag::Span,
    /// What it needs that is not carried out yet.
    pub needs: Option<&'static str>,
    /// Multipath TCP (`mptcp@`).
    pub is_multipath: bool,
    /// Whether it is one end of a pair through which connections come (`sockpair@`).
    pub takes_descriptors: bool,
}

/// Reads the comma-separated list of a `bind` line. UNIX paths get `unix_prefix` (`unix-bind prefix`) in front; a
/// range of ports gives an address for each.
///
/// # Errors
/// The first address that is wrong, without a port, for datagrams, or a name that does not resolve.
pub fn bind_list(word: &Word, unix_prefix: &[u8]) -> Result<Vec<Bound>, Problem> {
    let mut list = Vec::new();
    let mut from = 0;
    for part in word.text.split(|byte| *byte == b',') {
        let to = from + part.len();
        // HAProxy ends the list at an empty part, and so do lists that end in a comma.
        if part.is_empty() && from > 0 && to == word.text.len() {
            break;
        }
        let address = Address::parse_at(part, part_span(word, from, to))?;
        push_bound(address, unix_prefix, &mut list)?;
        from = to + 1;
    }
    Ok(list)
}

/// Reads the comma-separated list of a `dgram-bind` line, as [`bind_list`] does.
///
/// # Errors
/// As [`bind_list`], and an address for streams.
pub fn datagram_list(word: &Word) -> Result<Vec<Bound>, Problem> {
    let mut list = Vec::new();
    let mut from = 0;
    for part in word.text.split(|byte| *byte == b',') {
        let to = from + part.len();
        let mut address = Address::parse_at(part, part_span(word, from, to))?;
        match address.transport.take() {
            None | Some(Transport::Datagram) => {}
            Some(Transport::Stream | Transport::Multipath | Transport::Quic) => {
                return Err(problem_of(
                    codes::ADDRESS,
                    address.span,
                    "a `dgram-bind` line takes datagrams, not streams",
                ));
            }
        }
        push_bound(address, b"", &mut list)?;
        from = to + 1;
    }
    Ok(list)
}

fn push_bound(address: Address, unix_prefix: &[u8], list: &mut Vec<Bound>) -> Result<(), Problem> {
    let span = address.span;
    let needs = match address.transport {
        None | Some(Transport::Stream | Transport::Multipath) => None,
        Some(Transport::Quic) => Some("quic"),
        Some(Transport::Datagram) => {
            return Err(problem_of(codes::ADDRESS, span, "a `bind` line takes streams, not datagrams"));
        }
    };
    let is_multipath = address.transport == Some(Transport::Multipath);
    let takes_descriptors = matches!(address.target, Target::Sockpair(_));
    let mut push = |address: BindAddress, needs| {
        list.push(Bound { address, span, needs, is_multipath, takes_descriptors })
    };
    match address.target {
        Target::Inet { host, family, ports } => {
            let Ports::Range(low, high) = ports else {
                return Err(problem_of(codes::ADDRESS, span, "the port to listen on is missing"));
            };
            if low == 0 {
                return Err(problem_of(codes::ADDRESS, span, "port 0 cannot be listened on"));
            }
            let ip = host_ip(host, family).map_err(|message| problem_of(codes::ADDRESS, span, message))?;
            for port in low..=high {
                push(BindAddress::Endpoint(Endpoint::Inet(socket_addr(ip, port))), needs);
            }
        }
        Target::Unix(path) => {
            let path = [unix_prefix, &path].concat();
            push(BindAddress::Endpoint(Endpoint::Unix(path)), needs);
        }
        Target::Abstract(name) => push(BindAddress::Endpoint(Endpoint::Abstract(name)), needs),
        Target::Fd(fd) => push(BindAddress::Inherited(fd), needs),
        Target::Sockpair(fd) => push(BindAddress::Inherited(fd), needs),
        Target::ReverseHttp(_) => push(BindAddress::Inherited(-1), Some("rhttp@")),
    }
    Ok(())
}

fn host_ip(host: Host, family: Family) -> Result<IpAddr, String> {
    match host {
        Host::Ip(ip) => Ok(ip),
        Host::Name(name) => resolve(&name, family),
    }
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPlace {
    /// Its address; the port is 0 where the client's counts.
    pub address: ServerAddress,
    /// Set where the port is the client's destination port plus this.
    pub port_offset: Option<i32>,
    /// What it needs that is not carried out yet.
    pub needs: Option<&'static str>,
    /// Multipath TCP (`mptcp@`).
    pub is_multipath: bool,
    /// Whether it gets datagrams (`udp@` and the like), which only log backends send.
    pub is_datagram: bool,
    /// Set where the port as written is too large and only its low 16 bits are used, as HAProxy did up to 2.0.
    pub cut_port: Option<u16>,
}

/// Reads the address of a `server` line. Names stay names.
///
/// # Errors
/// An address that is wrong, a range of ports, a descriptor.
pub fn server(word: &Word) -> Result<ServerPlace, Problem> {
    match Address::parse(word) {
        Ok(address) => place_server(address, word),
        Err(problem) => {
            let Some((cut, port)) = with_cut_port(&word.text) else { return Err(problem) };
            let place = place_server(Address::parse_at(&cut, word.span)?, word)?;
            Ok(ServerPlace { cut_port: Some(port), ..place })
        }
    }
}

/// The address with the low 16 bits of a port that has more, and these.
fn with_cut_port(text: &[u8]) -> Option<(Vec<u8>, u16)> {
    let colon = text.iter().rposition(|byte| *byte == b':')?;
    let number = base::bytes::parse_decimal(&text[colon + 1..]).filter(|port| *port > u64::from(u16::MAX))?;
    let port = u16::try_from(number & u64::from(u16::MAX)).ok()?;
    Some(([&text[..=colon], port.to_string().as_bytes()].concat(), port))
}

fn place_server(address: Address, word: &Word) -> Result<ServerPlace, Problem> {
    let needs = match address.transport {
        None | Some(Transport::Stream | Transport::Multipath | Transport::Datagram) => None,
        Some(Transport::Quic) => Some("quic"),
    };
    let is_datagram = address.transport == Some(Transport::Datagram);
    let endpoint = |endpoint| ServerPlace {
        address: ServerAddress::Endpoint(endpoint),
        port_offset: None,
        needs,
        is_multipath: false,
        is_datagram,
        cut_port: None,
    };
    let is_multipath = address.transport == Some(Transport::Multipath);
    match address.target {
        Target::Inet { host, ports, .. } => {
            Ok(ServerPlace { is_multipath, is_datagram, ..inet_server(host, ports, needs, word)? })
        }
        Target::Unix(path) => Ok(endpoint(Endpoint::Unix(path))),
        Target::Abstract(name) => Ok(endpoint(Endpoint::Abstract(name))),
        Target::Fd(_) => {
            Err(problem_of(codes::ADDRESS, word.span, "a descriptor cannot be the address of a server"))
        }
        Target::Sockpair(fd) => Ok(endpoint(Endpoint::Fd(fd))),
        Target::ReverseHttp(_) => Ok(ServerPlace { needs: Some("rhttp@"), ..endpoint(Endpoint::Fd(-1)) }),
    }
}

fn inet_server(
    host: Host,
    ports: Ports,
    needs: Option<&'static str>,
    word: &Word,
) -> Result<ServerPlace, Problem> {
    let (port, port_offset) = match ports {
        Ports::None | Ports::Range(0, 0) => (0, Some(0)),
        Ports::Offset(offset) => (0, Some(offset)),
        Ports::Range(low, high) if low == high => (low, None),
        Ports::Range(..) => {
            return Err(problem_of(codes::ADDRESS, word.span, "a server has one port, not a range of them"));
        }
    };
    let address = match host {
        Host::Ip(ip) => ServerAddress::Endpoint(Endpoint::Inet(socket_addr(ip, port))),
        Host::Name(host) => ServerAddress::Name { host, port },
    };
    Ok(ServerPlace { address, port_offset, needs, is_multipath: false, is_datagram: false, cut_port: None })
}

/// Where logs go, once a name is known to be a log target's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// The target.
    pub target: LogTarget,
    /// Whether it is a stream, which logs are not sent over yet.
    pub is_stream: bool,
}

/// The port of logs where none is given (RFC 5426).
const SYSLOG_PORT: u16 = 514;

/// Reads the first word of a `log` line: an address, `stdout`, `stderr`, `fd@N`, `ring@NAME`, `backend@NAME`.
///
/// # Errors
/// An address that is wrong, or a range of ports.
pub fn log_target(word: &Word) -> Result<LogPlace, Problem> {
    let datagrams = |target| Ok(LogPlace { target, is_stream: false });
    let name_of = |text: &[u8]| String::from_utf8_lossy(text).into_owned().into_boxed_str();
    match word.text.as_slice() {
        b"stdout" => return datagrams(LogTarget::Fd(1)),
        b"stderr" => return datagrams(LogTarget::Fd(2)),
        text => {
            if let Some(name) = text.strip_prefix(b"ring@") {
                return datagrams(LogTarget::Ring(name_of(name)));
            }
            if let Some(name) = text.strip_prefix(b"backend@") {
                return datagrams(LogTarget::Backend(name_of(name)));
            }
        }
    }
    let address = Address::parse(word)?;
    let is_stream =
        matches!(address.transport, Some(Transport::Stream | Transport::Multipath | Transport::Quic));
    let target = match address.target {
        Target::Inet { host, ports, .. } => {
            let port = log_port(&ports, word)?;
            match host {
                Host::Ip(ip) => LogTarget::Udp(socket_addr(ip, port)),
                Host::Name(host) => LogTarget::UdpName { host, port },
            }
        }
        Target::Unix(path) => LogTarget::Unix(path),
        Target::Abstract(name) => LogTarget::Abstract(name),
        Target::Fd(fd) => LogTarget::Fd(fd),
        Target::Sockpair(_) | Target::ReverseHttp(_) => {
            return Err(problem_of(
                codes::ADDRESS,
                word.span,
                format!("`{}` cannot be a log target", word.lossy()),
            ));
        }
    };
    Ok(LogPlace { target, is_stream })
}

fn log_port(ports: &Ports, word: &Word) -> Result<u16, Problem> {
    match *ports {
        Ports::None => Ok(SYSLOG_PORT),
        Ports::Range(low, high) if low == high => Ok(low),
        Ports::Range(..) | Ports::Offset(_) => {
            let text = "a log target has one port, neither a range nor an offset";
            Err(problem_of(codes::ADDRESS, word.span, text))
        }
    }
}

/// Reads an address to connect to that must be known at once (`dispatch`, a check's `addr`); a name is resolved.
/// The port is 0 where none is given.
///
/// # Errors
/// An address that is wrong, a range or an offset of ports, a name that does not resolve.
pub fn fixed(word: &Word) -> Result<Endpoint, Problem> {
    let address = Address::parse(word)?;
    match address.target {
        Target::Inet { host, family, ports } => {
            let port = match ports {
                Ports::None => 0,
                Ports::Range(low, high) if low == high => low,
                Ports::Range(..) => {
                    return Err(problem_of(
                        codes::ADDRESS,
                        word.span,
                        "one port is wanted, not a range of them",
                    ));
                }
                Ports::Offset(_) => {
                    return Err(problem_of(codes::ADDRESS, word.span, "a port is wanted, not an offset"));
                }
            };
            let ip =
                host_ip(host, family).map_err(|message| problem_of(codes::ADDRESS, word.span, message))?;
            Ok(Endpoint::Inet(socket_addr(ip, port)))
        }
        Target::Unix(path) => Ok(Endpoint::Unix(path)),
        Target::Abstract(name) => Ok(Endpoint::Abstract(name)),
        Target::Fd(_) | Target::Sockpair(_) | Target::ReverseHttp(_) => {
            Err(problem_of(codes::ADDRESS, word.span, format!("`{}` cannot be connected to", word.lossy())))
        }
    }
}

/// Reads the address of `source`: an IP address and the ports to connect from; `None`: any.
///
/// # Errors
/// As [`fixed`]; anything but an IP address.
pub fn source(word: &Word) -> Result<(SocketAddr, Option<(u16, u16)>), Problem> {
    let address = Address::parse(word)?;
    let Target::Inet { host, family, ports } = address.target else {
        return Err(problem_of(codes::ADDRESS, word.span, "a source is an IP address"));
    };
    let ip = host_ip(host, family).map_err(|message| problem_of(codes::ADDRESS, word.span, message))?;
    match ports {
        Ports::None | Ports::Range(0, 0) => Ok((socket_addr(ip, 0), None)),
        Ports::Range(low, high) if low == high => Ok((socket_addr(ip, low), None)),
        Ports::Range(low, high) => Ok((socket_addr(ip, low), Some((low, high)))),
        Ports::Offset(_) => Err(problem_of(codes::ADDRESS, word.span, "a source has no offset of ports")),
    }
}
