//! `option forwarded`: says in a `Forwarded` field where the request came from (RFC 7239, sections 4 to 6).
//!
//! Values that the field cannot hold are left out, or replaced by `unknown`; made-up names get their underscore.

use std::net::{IpAddr, SocketAddr};

use config::model::{Forwarded, ForwardedPart};
use http::message::Known;
use sample::Txn;
use sample::converters::forwarded::{self, NodeName};
use state::Value;

const NAME: &[u8] = b"forwarded";

/// Adds this proxy's part to the request's field. A field that is malformed stays, and this proxy's own stands beside
/// it, so that the server need not trust the other.
pub(crate) fn add(parts: &Forwarded, txn: &mut Txn) {
    let value = build(parts, txn);
    let fields = &mut txn.req.head.fields;
    let is_valid = fields.all(NAME).flat_map(http::lists::elements).all(|e| forwarded::parse(e).is_some());
    let mut last = None;
    while let Some(i) = fields.position(NAME, last.map_or(0, |last| last + 1)) {
        last = Some(i);
    }
    match last.filter(|_| is_valid) {
        Some(last) => {
            let longer = [fields.value(last), b",", &value].concat();
            fields.replace_value_at(last, &longer);
        }
        None => fields.push(NAME, &value),
    }
}

fn build(parts: &Forwarded, txn: &Txn) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    if parts.has_proto {
        begin(&mut out, b"proto=");
        out.extend_from_slice(if txn.session.listener.is_tls { b"https" } else { b"http" });
    }
    if let Some(part) = &parts.host {
        begin(&mut out, b"host=\"");
        push_host(&mut out, part, txn);
        out.push(b'"');
    }
    let nodes = [
        (&b"by="[..], &parts.by, &parts.by_port, txn.session.dst),
        (b"for=", &parts.for_node, &parts.for_port, txn.session.src),
    ];
    for (name, node, port, address) in nodes {
        if let Some(node) = node {
            begin(&mut out, name);
            push_node(&mut out, node, port.as_ref(), address, txn);
        }
    }
    out
}

fn begin(out: &mut Vec<u8>, name: &[u8]) {
    if !out.is_empty() {
        out.push(b';');
    }
    out.extend_from_slice(name);
}

fn push_host(out: &mut Vec<u8>, part: &ForwardedPart, txn: &Txn) {
    let value;
    let host = match part {
        ForwardedPart::Own => txn.req.head.fields.get_known(Known::Host).unwrap_or_default(),
        ForwardedPart::Expr(expr) => {
            value = expr.eval(txn).map(|value| value.to_str().into_owned()).unwrap_or_default();
            &value[..]
        }
    };
    // Whatever the reader of the field would refuse is left out.
    let whole = [b"host=\"", host, b"\""].concat();
    if forwarded::parse(&whole).is_some() {
        out.extend_from_slice(host);
    }
}

fn push_node(
    out: &mut Vec<u8>,
    node: &ForwardedPart,
    port: Option<&ForwardedPart>,
    address: Option<SocketAddr>,
    txn: &Txn,
) {
    let mut name = Vec::new();
    push_name(&mut name, node, address, txn);
    if name.is_empty() {
        name.extend_from_slice(b"unknown");
    }
    let mut number = Vec::new();
    if let Some(port) = port {
        push_port(&mut number, port, address, txn);
    }
    // Brackets and colons are nothing that stands without quotes.
    let is_quoted = port.is_some() || name.first() == Some(&b'[');
    out.extend(is_quoted.then_some(b'"'));
    out.extend_from_slice(&name);
    if !number.is_empty() {
        out.push(b':');
        out.extend_from_slice(&number);
    }
    out.extend(is_quoted.then_some(b'"'));
}

fn push_ip(out: &mut Vec<u8>, ip: IpAddr) {
    match ip {
        IpAddr::V4(_) => base::bytes::push_ip(out, ip),
        IpAddr::V6(_) => {
            out.push(b'[');
            base::bytes::push_ip(out, ip);
            out.push(b']');
        }
    }
}

fn push_name(out: &mut Vec<u8>, node: &ForwardedPart, address: Option<SocketAddr>, txn: &Txn) {
    let expr = match node {
        ForwardedPart::Own => {
            if let Some(address) = address {
                push_ip(out, address.ip());
            }
            return;
        }
        ForwardedPart::Expr(expr) => expr,
    };
    let Some(value) = expr.eval(txn) else { return };
    if let Value::Ipv6(ip) = value {
        return push_ip(out, IpAddr::V6(ip));
    }
    let text = value.to_str();
    match whole_node(&text) {
        Some((NodeName::Ip(ip), Port::Absent)) => push_ip(out, ip),
        Some((NodeName::Unknown | NodeName::Obfuscated(_), Port::Absent)) => out.extend_from_slice(&text),
        Some((_, Port::Here)) | None => push_made_up(out, &text),
    }
}

/// Whether a node has a port.
enum Port {
    Here,
    Absent,
}

/// `text` as a node, if that is what it is from the first byte to the last.
fn whole_node(text: &[u8]) -> Option<(NodeName<'_>, Port)> {
    forwarded::parse(&[b"for=\"", text, b"\""].concat())?;
    let (name, port) = forwarded::node(text)?;
    Some((name, if port.is_some() { Port::Here } else { Port::Absent }))
}

fn push_port(out: &mut Vec<u8>, port: &ForwardedPart, address: Option<SocketAddr>, txn: &Txn) {
    match port {
        ForwardedPart::Own => {
            if let Some(address) = address {
                base::bytes::push_decimal(out, i64::from(address.port()));
            }
        }
        ForwardedPart::Expr(expr) => {
            let Some(value) = expr.eval(txn) else { return };
            let text = value.to_str();
            // As a node's port it must be what a reader understands.
            match forwarded::parse(&[b"for=\"unknown:", &text[..], b"\""].concat()) {
                Some(_) => out.extend_from_slice(&text),
                None => push_made_up(out, &text),
            }
        }
    }
}

fn push_made_up(out: &mut Vec<u8>, text: &[u8]) {
    if forwarded::is_obfuscated_name(text) {
        out.push(b'_');
        out.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_read_as_a_whole() {
        assert!(matches!(whole_node(b"10.0.0.1"), Some((NodeName::Ip(_), Port::Absent))));
        assert!(matches!(whole_node(b"10.0.0.1:80"), Some((NodeName::Ip(_), Port::Here))));
        assert!(matches!(whole_node(b"unknown"), Some((NodeName::Unknown, Port::Absent))));
        assert!(whole_node(b"10.0.0.1x").is_none());
        assert!(whole_node(b"unknowns").is_none());
    }

    #[test]
    fn addresses_of_ipv6_stand_in_brackets() {
        let mut out = Vec::new();
        push_ip(&mut out, "::1".parse().unwrap());
        assert_eq!(out, b"[::1]");
        out.clear();
        push_made_up(&mut out, b"id");
        assert_eq!(out, b"_id");
        out.clear();
        push_made_up(&mut out, b"i d");
        assert!(out.is_empty());
    }
}
