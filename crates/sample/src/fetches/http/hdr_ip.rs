//! `req.hdr_ip`, `res.hdr_ip`: an address in a header.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::hdr::{PARAMS, check, element};
use super::{REQUEST, RESPONSE};
use crate::fetches::prelude::*;

const LONG: &str = "As for `req.hdr`. A port may follow an IPv4 address, and brackets stand around an IPv6 address; an \
                    element that is no address gives no value.";

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["hdr_ip"],
        params: PARAMS,
        check: Some(check),
        ..row(
            "req.hdr_ip",
            Type::Addr,
            Needs::REQUEST,
            |txn, args, walk| element(txn, REQUEST, args, walk, value),
            Doc {
                brief: "an element of a request header as an address",
                long: LONG,
                examples: &[
                    example(
                        "req.hdr_ip(x-forwarded-for,1)",
                        "GET / HTTP/1.1\nX-Forwarded-For: 192.0.2.9, ::1",
                        "192.0.2.9",
                    ),
                    example(
                        "hdr_ip(x-forwarded-for)",
                        "GET / HTTP/1.1\nX-Forwarded-For: 192.0.2.9, [::1]",
                        "::1",
                    ),
                    example("hdr_ip(x)", "GET / HTTP/1.1\nX: 192.0.2.9:99", "192.0.2.9"),
                ],
            },
        )
    },
    &Fetch {
        aliases: &["shdr_ip"],
        params: PARAMS,
        check: Some(check),
        ..row(
            "res.hdr_ip",
            Type::Addr,
            Needs::RESPONSE,
            |txn, args, walk| element(txn, RESPONSE, args, walk, value),
            Doc {
                brief: "an element of a response header as an address",
                long: LONG,
                examples: &[example("res.hdr_ip(x)", "HTTP/1.1 200 OK\nX: 2001:db8::5", "2001:db8::5")],
            },
        )
    },
];

fn value<'a>(text: &'a [u8]) -> Option<Value<'a>> {
    address(std::str::from_utf8(text).ok()?).map(Value::ip)
}

fn address(text: &str) -> Option<IpAddr> {
    if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    if let Ok(addr) = text.parse() {
        return Some(addr);
    }
    let (host, port) = text.split_once(':')?;
    port.parse::<u16>().ok()?;
    host.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            "a",
            "1.2.3",
            "1.2.3.4:",
            "1.2.3.4:x",
            "1.2.3.4:65536",
            "[1.2.3.4]",
            "[::1]:80",
            "::1:x",
            "1.2.3.4 ",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
