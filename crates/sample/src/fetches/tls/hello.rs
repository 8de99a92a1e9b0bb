//! What the client's hello said: `ssl_fc_cipherlist_bin`, `_hex`, `_str`, `_xxh`, `ssl_fc_protocol_hello_id`,
//! `ssl_fc_extlist_bin`, `ssl_fc_eclist_bin`, `ssl_fc_ecformats_bin`, `ssl_fc_sigalgs_bin`,
//! `ssl_fc_supported_versions_bin`. Hellos are kept where one of these stands in the configuration; HAProxy needs
//! `tune.ssl.capture-buffer-size` as well.
//!
//! HAProxy declares some of the binary ones as text; their values are bytes there as well.

use ::tls::hello::{ClientHello, Pairs, without_grease};
use ::tls::suites;
use twox_hash::XxHash64;

use super::{check_hello, client, fc};
use crate::fetches::prelude::*;

/// Whether numbers without meaning (RFC 8701) are left out.
const FILTERED: &[Param] = &[Param::optional("filter", Kind::Int)];

const PLAIN: &str =
    "HAProxy knows the hello under `tune.ssl.capture-buffer-size` only, and no more of it than that.";

const LONG: &str = "With the argument 1, the numbers that browsers put in to keep servers tolerant (RFC 8701) are left \
                    out. HAProxy knows the hello under `tune.ssl.capture-buffer-size` only, and no more of it than \
                    that.";

const fn plain(name: &'static str, out: Type, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch {
        check: Some(check_hello),
        doc: Doc { brief, long: PLAIN, examples: &[] },
        ..fc(name, out, run, "")
    }
}

const fn list(name: &'static str, out: Type, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch { params: FILTERED, doc: Doc { brief, long: LONG, examples: &[] }, ..plain(name, out, run, "") }
}

pub(super) static ROWS: &[&Fetch] = &[
    &list(
        "ssl_fc_cipherlist_bin",
        Type::Bin,
        |txn, args, _| of(txn, |hello| listed(hello.ciphers(), args)),
        "the cipher suites in the client's hello, two bytes each",
    ),
    &list(
        "ssl_fc_cipherlist_hex",
        Type::Bin,
        |txn, args, _| of(txn, |hello| hex(hello.ciphers(), args)),
        "the cipher suites in the client's hello, four hexadecimal digits each",
    ),
    &list(
        "ssl_fc_cipherlist_str",
        Type::Str,
        |txn, args, _| of(txn, |hello| names(hello.ciphers(), args)),
        "the cipher suites in the client's hello by OpenSSL's names, separated by commas",
    ),
    &plain(
        "ssl_fc_cipherlist_xxh",
        Type::Int,
        |txn, _, _| of(txn, |hello| Value::Int(XxHash64::oneshot(0, hello.ciphers()).cast_signed())),
        "XXH64 of the cipher suites in the client's hello",
    ),
    &plain(
        "ssl_fc_ecformats_bin",
        Type::Bin,
        |txn, _, _| of(txn, |hello| Value::bin(hello.point_formats().unwrap_or_default())),
        "the formats of points on elliptic curves in the client's hello, one byte each",
    ),
    &list(
        "ssl_fc_eclist_bin",
        Type::Bin,
        |txn, args, _| of(txn, |hello| listed(hello.groups().unwrap_or_default(), args)),
        "the groups in the client's hello, two bytes each",
    ),
    &list(
        "ssl_fc_extlist_bin",
        Type::Bin,
        |txn, args, _| of(txn, |hello| extensions(hello, args)),
        "the types of extensions in the client's hello, two bytes each",
    ),
    &plain(
        "ssl_fc_protocol_hello_id",
        Type::Int,
        |txn, _, _| of(txn, |hello| Value::Int(i64::from(hello.version()))),
        "the version in the client's hello as a number, 771 for TLS 1.2 and later",
    ),
    &list(
        "ssl_fc_sigalgs_bin",
        Type::Bin,
        |txn, args, _| of(txn, |hello| listed(hello.signature_algorithms().unwrap_or_default(), args)),
        "the signature algorithms in the client's hello, two bytes each",
    ),
    &list(
        "ssl_fc_supported_versions_bin",
        Type::Bin,
        |txn, args, _| of(txn, |hello| listed(hello.supported_versions().unwrap_or_default(), args)),
        "the versions from TLS 1.3 on in the client's hello, two bytes each",
    ),
];

/// What `read` makes of the client's hello, if it was kept.
fn of<'a>(txn: &'a Txn, read: impl FnOnce(ClientHello<'a>) -> Value<'a>) -> Fetched<'a> {
    let kept = client(txn).and_then(|facts| facts.hello.as_deref());
    kept.and_then(|hello| ClientHello::parse(&hello.client)).map(read).into()
}

fn is_filtered(args: &Args) -> bool {
    args.int(0).is_some_and(|filter| filter != 0)
}

fn listed<'a>(list: &'a [u8], args: &Args) -> Value<'a> {
    if is_filtered(args) { Value::binary(without_grease(list)) } else { Value::bin(list) }
}

fn extensions<'a>(hello: ClientHello<'a>, args: &Args) -> Value<'a> {
    let list: Vec<u8> = hello.extensions().flat_map(|(kind, _)| kind.to_be_bytes()).collect();
    Value::binary(if is_filtered(args) { without_grease(&list) } else { list })
}

fn hex<'a>(list: &'a [u8], args: &Args) -> Value<'a> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let list = listed(list, args);
    let digits = list.as_bytes().unwrap_or_default().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Value::binary(digits.map(|digit| DIGITS[usize::from(digit)]).collect())
}

fn names<'a>(list: &'a [u8], args: &Args) -> Value<'a> {
    let list = listed(list, args);
    let names: Vec<String> = Pairs::of(list.as_bytes().unwrap_or_default()).map(name).collect();
    Value::string(names.join(",").into_bytes())
}

/// OpenSSL's name of a suite, or of one of the two numbers that are signals instead.
fn name(number: u16) -> String {
    match (suites::by_number(number), number) {
        (Some(suite), _) => suite.openssl_name.to_owned(),
        (None, 0x00ff) => "TLS_EMPTY_RENEGOTIATION_INFO_SCSV".to_owned(),
        (None, 0x5600) => "TLS_FALLBACK_SCSV".to_owned(),
        (None, _) => format!("UNKNOWN({number:04x})"),
    }
}

#[cfg(test)]
mod tests {
    use ::tls::facts::{Facts, Hello};

    use super::super::testing::{ask, client, plain};

    /// The body of a hello: GREASE before three suites, an empty server name, groups, formats, signatures, versions.
    fn hello() -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend(b"\0\0\x0a\x2a\x2a\x13\x02\xc0\x2f\x00\xff\x12\x34\x01\0");
        // The length of the suites just written.
        body[36] = 10;
        let extensions = [
            &b"\x3a\x3a\0\0"[..],
            b"\0\x0a\0\x08\0\x06\x4a\x4a\0\x1d\0\x17",
            b"\0\x0b\0\x02\x01\0",
            b"\0\x0d\0\x06\0\x04\x04\x03\x08\x04",
            b"\0\x2b\0\x07\x06\x5a\x5a\x03\x04\x03\x03",
        ]
        .concat();
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
        body
    }

    #[test]
    fn lists_with_and_without_grease() {
        let kept = Hello { client: hello().into(), ..Hello::default() };
        let txn = client(Facts { hello: Some(Box::new(kept)), ..Facts::default() });
        for (text, wanted) in [
            ("ssl_fc_cipherlist_bin,hex", "2A2A1302C02F00FF1234"),
            ("ssl_fc_cipherlist_bin(1),hex", "1302C02F00FF1234"),
            ("ssl_fc_cipherlist_hex", "2A2A1302C02F00FF1234"),
            ("ssl_fc_cipherlist_hex(1),lower", "1302c02f00ff1234"),
            (
                "ssl_fc_cipherlist_str(1)",
                "TLS_AES_256_GCM_SHA384,ECDHE-RSA-AES128-GCM-SHA256,TLS_EMPTY_RENEGOTIATION_INFO_SCSV,UNKNOWN(1234)",
            ),
            ("ssl_fc_protocol_hello_id", "771"),
            ("ssl_fc_extlist_bin,be2hex(-,2)", "3A3A-000A-000B-000D-002B"),
            ("ssl_fc_extlist_bin(1),be2hex(-,2)", "000A-000B-000D-002B"),
            ("ssl_fc_eclist_bin(1),be2dec(-,2)", "29-23"),
            ("ssl_fc_ecformats_bin,hex", "00"),
            ("ssl_fc_sigalgs_bin,hex", "04030804"),
            ("ssl_fc_supported_versions_bin(0),hex", "5A5A03040303"),
            ("ssl_fc_supported_versions_bin(1),hex", "03040303"),
        ] {
            assert_eq!(ask(text, &txn).as_deref(), Some(wanted), "{text}");
            assert_eq!(ask(text, &client(Facts::default())), None, "{text}");
            assert_eq!(ask(text, &plain()), None, "{text}");
        }
        let hashed = ask("ssl_fc_cipherlist_bin,xxh64", &txn);
        assert!(hashed.is_some() && ask("ssl_fc_cipherlist_xxh", &txn) == hashed);
    }
}
