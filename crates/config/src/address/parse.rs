//! The text of an address: prefixes, host, ports.

use std::net::{IpAddr, Ipv6Addr};

use base::Lossy;

use super::{Family, Host, Ports, Target, Transport};

/// What a prefix says: which kind of address follows, and over which transport.
#[derive(Clone, Copy)]
enum Kind {
    Inet(Family),
    Unix,
    Padded,
    Exact,
    Fd,
    Sockpair,
    ReverseHttp,
}

/// Prefixes, the longer of two that begin alike first.
const PREFIXES: &[(&str, Kind, Option<Transport>)] = &[
    ("unix@", Kind::Unix, None),
    ("uxdg@", Kind::Unix, Some(Transport::Datagram)),
    ("uxst@", Kind::Unix, Some(Transport::Stream)),
    ("abns@", Kind::Padded, None),
    ("abnsz@", Kind::Exact, None),
    ("ip@", Kind::Inet(Family::Any), None),
    ("ipv4@", Kind::Inet(Family::V4), None),
    ("ipv6@", Kind::Inet(Family::V6), None),
    ("tcp@", Kind::Inet(Family::Any), Some(Transport::Stream)),
    ("tcp4@", Kind::Inet(Family::V4), Some(Transport::Stream)),
    ("tcp6@", Kind::Inet(Family::V6), Some(Transport::Stream)),
    ("mptcp@", Kind::Inet(Family::Any), Some(Transport::Multipath)),
    ("mptcp4@", Kind::Inet(Family::V4), Some(Transport::Multipath)),
    ("mptcp6@", Kind::Inet(Family::V6), Some(Transport::Multipath)),
    ("udp@", Kind::Inet(Family::Any), Some(Transport::Datagram)),
    ("udp4@", Kind::Inet(Family::V4), Some(Transport::Datagram)),
    ("udp6@", Kind::Inet(Family::V6), Some(Transport::Datagram)),
    ("quic4@", Kind::Inet(Family::V4), Some(Transport::Quic)),
    ("quic6@", Kind::Inet(Family::V6), Some(Transport::Quic)),
    ("fd@", Kind::Fd, None),
    ("sockpair@", Kind::Sockpair, None),
    ("rhttp@", Kind::ReverseHttp, None),
];

/// The longest path: what an address holds, less what is appended while a socket is replaced.
const PATH_BYTES_MAX: usize = 97;
/// What an abstract name can have.
const ABSTRACT_BYTES_MAX: usize = 107;
/// The longest name of a host.
const HOST_BYTES_MAX: usize = 255;

/// Reads a whole address; the error is one sentence.
pub(super) fn address(text: &[u8]) -> Result<(Target, Option<Transport>), String> {
    if text.is_empty() {
        return Err("the address is empty; perhaps an environment variable is missing".to_owned());
    }
    let (outer, text) = outer_transport(text);
    let found = PREFIXES.iter().find_map(|(prefix, kind, transport)| {
        Some((text.strip_prefix(prefix.as_bytes())?, *kind, *transport))
    });
    let is_path = text.first() == Some(&b'/');
    let (rest, kind, inner) =
        found.unwrap_or((text, if is_path { Kind::Unix } else { Kind::Inet(Family::Any) }, None));
    Ok((target(rest, kind)?, inner.or(outer)))
}

fn outer_transport(text: &[u8]) -> (Option<Transport>, &[u8]) {
    for (prefix, transport) in
        [("stream+", Transport::Stream), ("dgram+", Transport::Datagram), ("quic+", Transport::Quic)]
    {
        if let Some(rest) = text.strip_prefix(prefix.as_bytes()) {
            return (Some(transport), rest);
        }
    }
    (None, text)
}

fn target(text: &[u8], kind: Kind) -> Result<Target, String> {
    match kind {
        Kind::Inet(family) => inet(text, family),
        Kind::Unix => {
            fits(text, PATH_BYTES_MAX, "path")?;
            Ok(Target::Unix(text.to_vec()))
        }
        Kind::Padded => {
            fits(text, ABSTRACT_BYTES_MAX, "name")?;
            let mut name = text.to_vec();
            name.resize(ABSTRACT_BYTES_MAX, 0);
            Ok(Target::Abstract(name))
        }
        Kind::Exact => {
            fits(text, ABSTRACT_BYTES_MAX, "name")?;
            Ok(Target::Abstract(text.to_vec()))
        }
        Kind::Fd => descriptor(text).map(Target::Fd),
        Kind::Sockpair => descriptor(text).map(Target::Sockpair),
        Kind::ReverseHttp => Ok(Target::ReverseHttp(text.to_vec())),
    }
}

fn fits(text: &[u8], bytes_max: usize, what: &str) -> Result<(), String> {
    match text.len() {
        0 => Err(format!("the socket's {what} is missing")),
        len if len > bytes_max => {
            Err(format!("the socket's {what} has {len} bytes; {bytes_max} is the limit"))
        }
        _ => Ok(()),
    }
}

fn descriptor(text: &[u8]) -> Result<i32, String> {
    base::bytes::parse_decimal(text)
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| format!("`{}` is no file descriptor", Lossy(text)))
}

/// The last colon behind the last bracket separates the ports, so that `::1:80` is port 80 of `::1`.
fn inet(text: &[u8], family: Family) -> Result<Target, String> {
    let at = text.iter().rposition(|byte| matches!(byte, b':' | b']'));
    let (host, ports) = match at {
        Some(at) if text[at] == b':' => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    };
    let ports = ports.map_or(Ok(Ports::None), read_ports)?;
    Ok(Target::Inet { host: read_host(host, family)?, family, ports })
}

fn read_ports(text: &[u8]) -> Result<Ports, String> {
    match text.first() {
        None => Ok(Ports::None),
        Some(b'+') => Ok(Ports::Offset(port(&text[1..])?.into())),
        Some(b'-') => Ok(Ports::Offset(-i32::from(port(&text[1..])?))),
        Some(_) => {
            let mut ends = text.splitn(2, |byte| *byte == b'-');
            let low = port(ends.next().unwrap_or_default())?;
            let high = ends.next().map_or(Ok(low), port)?;
            if low > high {
                return Err(format!("the range of ports `{low}-{high}` goes backwards"));
            }
            Ok(Ports::Range(low, high))
        }
    }
}

fn port(text: &[u8]) -> Result<u16, String> {
    if let Some(bad) = text.iter().find(|byte| !byte.is_ascii_digit()) {
        return Err(format!("`{}` in the port number `{}`", Lossy(&[*bad]), Lossy(text)));
    }
    base::bytes::parse_decimal(text)
        .and_then(|number| u16::try_from(number).ok())
        .ok_or_else(|| format!("`{}` is no port: 65535 is the largest", Lossy(text)))
}

fn read_host(text: &[u8], family: Family) -> Result<Host, String> {
    let wrong = || format!("`{}` is no address", Lossy(text));
    let bare = match text {
        [b'[', inner @ .., b']'] => inner,
        [b'[', ..] | [.., b']'] => return Err(wrong()),
        _ => text,
    };
    if bare.is_empty() || bare == b"*" {
        return Ok(Host::Ip(family.unspecified()));
    }
    let name = std::str::from_utf8(bare).map_err(|_| wrong())?;
    if let Ok(ip) = name.parse::<IpAddr>() {
        return if family.fits(ip) { Ok(Host::Ip(ip)) } else { Err(wrong_family(name, family)) };
    }
    if bare.contains(&b':') {
        return scoped(name).map(Host::Ip).ok_or_else(wrong);
    }
    if is_hostname(bare) { Ok(Host::Name(name.into())) } else { Err(wrong()) }
}

fn wrong_family(name: &str, family: Family) -> String {
    format!("`{name}` is no {} address", if family == Family::V4 { "IPv4" } else { "IPv6" })
}

/// An IPv6 address with an interface behind `%`; the interface is `interface`'s business.
fn scoped(name: &str) -> Option<IpAddr> {
    let (ip, _) = name.split_once('%')?;
    ip.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

/// Letters, digits, `-`, `_` (for service records) and dots between labels of at most 63 bytes.
fn is_hostname(name: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let name = name.strip_suffix(b".").unwrap_or(name);
    name.len() <= HOST_BYTES_MAX
        && name
            .split(|byte| *byte == b'.')
            .all(|label| !label.is_empty() && label.len() <= 63 && label.iter().all(is_allowed))
}
