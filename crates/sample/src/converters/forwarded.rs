//! The value of one `Forwarded` field (RFC 7239, sections 4 and 6), read strictly: what is not understood makes the
//! whole field untrustworthy.
//!
//! Parameters are `for`, `by`, `host` and `proto`, each at most once, in lower case; `proto` is http or https.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A field that was read; what is in it borrows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forwarded<'f> {
    /// The node that made the request, as it is written, without quotes.
    pub for_node: Option<&'f [u8]>,
    /// The node that received it, as it is written, without quotes.
    pub by_node: Option<&'f [u8]>,
    /// The host that it was sent to, without quotes.
    pub host: Option<&'f [u8]>,
    /// `http` or `https`.
    pub proto: Option<&'f [u8]>,
}

impl Forwarded<'_> {
    fn is_complete(&self) -> bool {
        self.for_node.is_some() && self.by_node.is_some() && self.host.is_some() && self.proto.is_some()
    }
}

/// What a node is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeName<'n> {
    /// Its address.
    Ip(IpAddr),
    /// `unknown`.
    Unknown,
    /// A made-up name, with its underscore.
    Obfuscated(&'n [u8]),
}

/// The port of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodePort<'n> {
    /// A number.
    Number(u16),
    /// A made-up name, with its underscore.
    Obfuscated(&'n [u8]),
}

/// Whether a value stands between quotes, which ports and IPv6 addresses need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Open,
    Absent,
}

/// Reads a field's value.
#[must_use]
pub fn parse(field: &[u8]) -> Option<Forwarded<'_>> {
    let mut seen = Forwarded::default();
    let mut rest = field;
    loop {
        let equals = memchr::memchr(b'=', rest)?;
        let (name, value) = (&rest[..equals], &rest[equals + 1..]);
        let place = match name {
            b"for" => &mut seen.for_node,
            b"by" => &mut seen.by_node,
            b"host" => &mut seen.host,
            b"proto" => &mut seen.proto,
            _ => return None,
        };
        let (len, after) = value_len(name, value)?;
        let start = after - len;
        // A closing quote lies between the value and what follows.
        let is_quoted = value.first() == Some(&b'"') && name != b"proto";
        let end = if is_quoted { after + 1 } else { after };
        if place.replace(&value[start..after]).is_some() {
            return None;
        }
        if seen.is_complete() {
            // Nothing that may follow can change it.
            return Some(seen);
        }
        rest = match value.get(end..)? {
            [] => return Some(seen),
            [b';', next @ ..] if !next.is_empty() => next,
            _ => return None,
        };
    }
}

/// How long the value of `name` is and where it ends, its closing quote excluded.
fn value_len(name: &[u8], value: &[u8]) -> Option<(usize, usize)> {
    if name == b"proto" {
        let len = if value.starts_with(b"https") { 5 } else { 4 };
        return value.starts_with(b"http").then_some((len, len));
    }
    let (inner, quotes) = match value.strip_prefix(b"\"") {
        Some(inner) => (inner, Quotes::Open),
        None => (value, Quotes::Absent),
    };
    let len = if name == b"host" { host_len(inner, quotes)? } else { node_len(inner, quotes)? };
    let is_closed = quotes == Quotes::Absent || inner.get(len) == Some(&b'"');
    is_closed.then_some((len, len + value.len() - inner.len()))
}

/// Reads a node: its name, and its port if it has one.
#[must_use]
pub fn node(text: &[u8]) -> Option<(NodeName<'_>, Option<NodePort<'_>>)> {
    let (name, len) = node_name(text, Quotes::Open)?;
    let port = match &text[len..] {
        [b':', port @ ..] => Some(node_port(port)?.0),
        _ => None,
    };
    Some((name, port))
}

fn node_len(text: &[u8], quotes: Quotes) -> Option<usize> {
    let (_, len) = node_name(text, quotes)?;
    match &text[len..] {
        [b':', ..] if quotes == Quotes::Absent => None,
        [b':', port @ ..] => Some(len + 1 + node_port(port)?.1),
        _ => Some(len),
    }
}

fn node_name(text: &[u8], quotes: Quotes) -> Option<(NodeName<'_>, usize)> {
    match text.first()? {
        b'_' => {
            let len = obfuscated_len(text)?;
            Some((NodeName::Obfuscated(&text[..len]), len))
        }
        b'u' => text.starts_with(b"unknown").then_some((NodeName::Unknown, 7)),
        b'[' if quotes == Quotes::Open => {
            let (addr, len) = ipv6(text)?;
            Some((NodeName::Ip(addr.into()), len))
        }
        _ => {
            let len = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
            let addr: Ipv4Addr = std::str::from_utf8(&text[..len]).ok()?.parse().ok()?;
            Some((NodeName::Ip(addr.into()), len))
        }
    }
}

fn node_port(text: &[u8]) -> Option<(NodePort<'_>, usize)> {
    if text.first() == Some(&b'_') {
        let len = obfuscated_len(text)?;
        return Some((NodePort::Obfuscated(&text[..len]), len));
    }
    let len = port_len(text)?;
    let port = std::str::from_utf8(&text[..len]).ok()?.parse().ok()?;
    Some((NodePort::Number(port), len))
}

/// The length of the digits of a port, which are there.
fn port_len(text: &[u8]) -> Option<usize> {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = base::bytes::parse_decimal(&text[..len])?;
    (number <= u64::from(u16::MAX)).then_some(len)
}

/// The length of an underscore and at least one character of those that made-up names consist of.
fn obfuscated_len(text: &[u8]) -> Option<usize> {
    let len = text.get(1..)?.iter().take_while(|byte| is_obfuscated(**byte)).count();
    (len > 0).then_some(len + 1)
}

fn is_obfuscated(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// Whether a text can be a made-up name, its underscore not counted.
#[must_use]
pub fn is_obfuscated_name(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_obfuscated(*byte))
}

/// An IPv6 address in brackets, and its length with them.
fn ipv6(text: &[u8]) -> Option<(Ipv6Addr, usize)> {
    let end = text.iter().position(|byte| *byte == b']')?;
    let inner = text.get(1..end)?;
    let is_plain = inner.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b':');
    let addr = std::str::from_utf8(inner).ok().filter(|_| is_plain)?.parse().ok()?;
    Some((addr, end + 1))
}

fn host_len(text: &[u8], quotes: Quotes) -> Option<usize> {
    let len = match text.first()? {
        b'[' if quotes == Quotes::Open => ipv6(text)?.1,
        _ => text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'.').count(),
    };
    match &text[len..] {
        [b':', ..] if quotes == Quotes::Absent => None,
        [b':', port @ ..] => Some(len + 1 + port_len(port)?),
        _ => Some(len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parameters() {
        let field = br#"for="[2001:db8::1]:_obf";by=192.0.2.1;host="example.com:8080";proto=https"#;
        let got = parse(field).unwrap();
        assert_eq!(got.for_node, Some(&b"[2001:db8::1]:_obf"[..]));
        assert_eq!(got.by_node, Some(&b"192.0.2.1"[..]));
        assert_eq!(got.host, Some(&b"example.com:8080"[..]));
        assert_eq!(got.proto, Some(&b"https"[..]));
    }

    #[test]
    fn nodes() {
        let ip = |text: &str| NodeName::Ip(text.parse().unwrap());
        assert_eq!(node(b"192.0.2.1:80"), Some((ip("192.0.2.1"), Some(NodePort::Number(80)))));
        assert_eq!(node(b"[::1]"), Some((ip("::1"), None)));
        assert_eq!(node(b"_a:_b"), Some((NodeName::Obfuscated(b"_a"), Some(NodePort::Obfuscated(b"_b")))));
        assert_eq!(node(b"unknown"), Some((NodeName::Unknown, None)));
        for wrong in ["", "_", "host", "192.0.2.1:", "192.0.2.1:70000", "[::g]", "[::1"] {
            assert_eq!(node(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_trusted() {
        for wrong in [
            "",
            "for",
            "For=192.0.2.1",
            "for=192.0.2.1;",
            "for=192.0.2.1;for=192.0.2.1",
            "for=192.0.2.1:80",
            "for=[::1]",
            "for=\"192.0.2.1",
            "for=192.0.2.1, for=192.0.2.2",
            "proto=ftp",
            "proto=\"http\"",
            "host=a:80",
            "secret=1",
        ] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
