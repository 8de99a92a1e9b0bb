//! `fc_pp_authority`, `fc_pp_tlv`, `fc_pp_unique_id`: what the PROXY protocol header said besides addresses.

use crate::fetches::prelude::*;
use crate::proxy_tlvs::types;

/// Names that `fc_pp_tlv` takes instead of numbers.
const NAMES: [(&str, u8); 12] = [
    ("ALPN", types::ALPN),
    ("AUTHORITY", types::AUTHORITY),
    ("CRC32C", types::CRC32C),
    ("NETNS", types::NETNS),
    ("NOOP", types::NOOP),
    ("SSL", types::SSL),
    ("SSL_CIPHER", types::SSL_CIPHER),
    ("SSL_CN", types::SSL_CN),
    ("SSL_KEY_ALG", types::SSL_KEY_ALG),
    ("SSL_SIG_ALG", types::SSL_SIG_ALG),
    ("SSL_VERSION", types::SSL_VERSION),
    ("UNIQUE_ID", types::UNIQUE_ID),
];

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "fc_pp_authority",
        Type::Str,
        Needs::CLIENT,
        |txn, _, _| first(txn, types::AUTHORITY),
        Doc::brief("the host name in the PROXY protocol header, if it has one"),
    ),
    &Fetch {
        params: &[Param::required("type", Kind::Str)],
        check: Some(check),
        ..row(
            "fc_pp_tlv",
            Type::Str,
            Needs::CLIENT,
            |txn, args, walk| any(txn, args.prepared::<u8>().copied(), walk),
            Doc {
                brief: "the value of a field of the PROXY protocol header",
                long: "The type is a number of at most 255 or its name in the protocol's specification: `ALPN`, \
                       `AUTHORITY`, `CRC32C`, `NETNS`, `NOOP`, `SSL`, `SSL_CIPHER`, `SSL_CN`, `SSL_KEY_ALG`, \
                       `SSL_SIG_ALG`, `SSL_VERSION`, `UNIQUE_ID`. Of several fields of that type the first; an ACL \
                       tries all.",
                examples: &[],
            },
        )
    },
    &row(
        "fc_pp_unique_id",
        Type::Str,
        Needs::CLIENT,
        |txn, _, _| first(txn, types::UNIQUE_ID),
        Doc::brief("the connection's identifier in the PROXY protocol header, if it has one"),
    ),
];

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let text = args.str(0).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    let named = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, kind)| *kind);
    match named.or_else(|| byte(text)) {
        Some(kind) => args.prepared = Some(Box::new(kind)),
        None => {
            let text = format!("`{text}` is neither the name nor the number of a PROXY protocol field");
            return Err(compile.problem(text));
        }
    }
    Ok(())
}

/// A byte in decimal, in hexadecimal behind `0x`, or in octal behind `0`.
fn byte(text: &str) -> Option<u8> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    u8::from_str_radix(digits, radix).ok()
}

fn first(txn: &Txn, kind: u8) -> Fetched<'_> {
    let tlvs = txn.session.proxy_tlvs.as_deref();
    tlvs.and_then(|tlvs| tlvs.all(kind).next()).map(Value::str).into()
}

fn any<'a>(txn: &'a Txn, kind: Option<u8>, walk: &mut Walk) -> Fetched<'a> {
    let (Some(kind), Some(tlvs)) = (kind, txn.session.proxy_tlvs.as_deref()) else { return Fetched::Absent };
    let mut values = tlvs.all(kind).skip(walk.at);
    let value = values.next();
    walk.at += 1;
    walk.more = walk.is_each && values.next().is_some();
    value.map(Value::str).into()
}

#[cfg(test)]
mod tests {
    use crate::proxy_tlvs::ProxyTlvs;
    use crate::testing::{eval, txn};
    use crate::txn::Txn;

    fn told() -> Txn {
        let mut txn = txn();
        let wire = b"\x02\0\x03a.b\x05\0\x01i\xE0\0\0\xE1\0\x01x\xE1\0\x01y";
        txn.session.proxy_tlvs = Some(Box::new(ProxyTlvs::new(wire).unwrap()));
        txn
    }

    #[test]
    fn fields_by_name_and_number() {
        let txn = told();
        let rows = [
            ("fc_pp_authority", Some("a.b")),
            ("fc_pp_unique_id", Some("i")),
            ("fc_pp_tlv(authority)", Some("a.b")),
            ("fc_pp_tlv(2)", Some("a.b")),
            ("fc_pp_tlv(0xE0)", Some("")),
            ("fc_pp_tlv(0xe1)", Some("x")),
            ("fc_pp_tlv(0341)", Some("x")),
            ("fc_pp_tlv(ALPN)", None),
        ];
        for (text, expected) in rows {
            assert_eq!(eval(text, &txn).as_deref(), expected, "{text}");
        }
        assert_eq!(eval("fc_pp_authority", &crate::testing::txn()), None);
    }

    #[test]
    fn types_end_at_255() {
        assert_eq!(super::byte("255"), Some(255));
        for text in ["256", "0x100", "-1", "", "0x", "x", "09"] {
            assert_eq!(super::byte(text), None, "{text}");
        }
    }

    #[test]
    fn a_test_sees_each_of_several() {
        use crate::rows::Walk;
        let txn = told();
        let mut walk = Walk::each();
        let mut seen = Vec::new();
        loop {
            seen.push(format!("{:?}", super::any(&txn, Some(0xE1), &mut walk)));
            if !walk.more {
                break;
            }
            walk.more = false;
        }
        assert_eq!(seen.len(), 2);
        assert_ne!(seen[0], seen[1]);
    }
}
