//! `req.rdp_cookie`, `req.rdp_cookie_cnt`: the cookie in the first packet of a Remote Desktop connection
//! (MS-RDPBCGR section 2.2.1.1: TPKT header, X.224 connection request, `Cookie: name=value`).

use super::{bytes, too_short};
use crate::fetches::prelude::*;

/// TPKT and X.224 headers come before the cookie.
const HEADERS_BYTES: usize = 11;
const COOKIE: &[u8] = b"Cookie:";

const NAME: &[Param] = &[Param::optional("name", Kind::Str)];

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["rdp_cookie"],
        params: NAME,
        ..row(
            "req.rdp_cookie",
            Type::Str,
            Needs::REQUEST_BYTES,
            |txn, args, _| match find(txn, args) {
                Found::Value(value) => Value::str(value).into(),
                Found::TooShort => too_short(&txn.req),
                Found::None => Fetched::Absent,
            },
            doc(
                "value of the cookie that a Remote Desktop client sends, any or the one named",
                &[Example::usage("req.rdp_cookie(mstshash)")],
            ),
        )
    },
    &Fetch {
        aliases: &["rdp_cookie_cnt"],
        params: NAME,
        ..row(
            "req.rdp_cookie_cnt",
            Type::Int,
            Needs::REQUEST_BYTES,
            |txn, args, walk| match find(txn, args) {
                Found::Value(_) => Value::Int(1).into(),
                Found::TooShort => {
                    walk.may_change = true;
                    too_short(&txn.req)
                }
                Found::None => Value::Int(0).into(),
            },
            doc("1 when a Remote Desktop client sends such a cookie, else 0", &[]),
        )
    },
];

enum Found<'a> {
    Value(&'a [u8]),
    TooShort,
    None,
}

fn find<'a>(txn: &'a Txn, args: &Args) -> Found<'a> {
    let Some(bytes) = bytes(txn, &txn.req) else { return Found::None };
    let Some(text) = bytes.get(HEADERS_BYTES..).filter(|text| text.len() > COOKIE.len()) else {
        return Found::TooShort;
    };
    let (start, rest) = text.split_at(COOKIE.len());
    if !start.eq_ignore_ascii_case(COOKIE) {
        return Found::None;
    }
    let rest = rest.trim_ascii_start();
    let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
        return Found::TooShort;
    };
    if !rest[end..].starts_with(b"\r\n") {
        return if rest.len() == end + 1 { Found::TooShort } else { Found::None };
    }
    let Some(mark) = rest[..end].iter().position(|byte| *byte == b'=') else { return Found::None };
    let (name, value) = (&rest[..mark], &rest[mark + 1..end]);
    match args.str(0) {
        Some(wanted) if !wanted.eq_ignore_ascii_case(name) => Found::None,
        Some(_) | None => Found::Value(value),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ask, tcp};

    const PACKET: &[u8] = b"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=alice\r\n\x01\x00\x08\x00\x03\x00\x00\x00";

    #[test]
    fn found_by_name_and_without() {
        let txn = tcp(PACKET);
        assert_eq!(ask("req.rdp_cookie(mstshash)", &txn), "alice");
        assert_eq!(ask("rdp_cookie", &txn), "alice");
        assert_eq!(ask("req.rdp_cookie(msts)", &txn), "-");
        assert_eq!(ask("rdp_cookie_cnt(mstshash)", &txn), "1");
        assert_eq!(ask("rdp_cookie_cnt(other)", &txn), "0");
    }

    #[test]
    fn waits_for_its_end() {
        for len in 0..=34 {
            assert_eq!(ask("req.rdp_cookie", &tcp(&PACKET[..len])), "...", "{len} bytes");
        }
        assert_eq!(ask("req.rdp_cookie", &tcp(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")), "-");
    }
}
