//! `req.ssl_*`, `res.ssl_hello_type`: TLS that passes through, looked at without being decrypted.

use super::hello::{self, Hello, Read, counted};
use super::{bytes, too_short};
use crate::fetches::prelude::*;

const fn of(
    name: &'static str,
    aliases: &'static [&'static str],
    out: Type,
    run: FetchFn,
    brief: &'static str,
) -> Fetch {
    Fetch { aliases, ..row(name, out, Needs::REQUEST_BYTES, run, Doc::brief(brief)) }
}

const ALPN: u16 = 16;
const GROUPS: u16 = 10;
const FORMATS: u16 = 11;
const SIGNATURES: u16 = 13;
const TICKET: u16 = 35;
const KEY_SHARE: u16 = 51;

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "req.ssl_hello_type",
        &["req_ssl_hello_type"],
        Type::Int,
        |txn, _, _| kind(txn, &txn.req),
        "type of the first TLS message from the client, 1 for its hello",
    ),
    &Fetch {
        aliases: &["rep_ssl_hello_type"],
        ..row(
            "res.ssl_hello_type",
            Type::Int,
            Needs::RESPONSE_BYTES,
            |txn, _, _| kind(txn, &txn.res),
            Doc::brief("type of the first TLS message from the server, 2 for its hello"),
        )
    },
    &of(
        "req.ssl_sni",
        &["req_ssl_sni"],
        Type::Str,
        |txn, _, _| client(txn, |hello| hello.server_name().map(Value::str)),
        "the server name in a TLS client's hello",
    ),
    &of(
        "req.ssl_ver",
        &["req_ssl_ver"],
        Type::Int,
        |txn, _, _| client(txn, version),
        "the highest version in a TLS client's hello as of TLS 1.2: major times 65536 plus minor",
    ),
    &of(
        "req.ssl_alpn",
        &[],
        Type::Str,
        |txn, _, _| client(txn, protocols),
        "the protocols in a TLS client's hello, separated by commas",
    ),
    &of(
        "req.ssl_ec_ext",
        &[],
        Type::Bool,
        |txn, _, _| {
            client(txn, |hello| {
                hello.extension(GROUPS).or(hello.extension(FORMATS)).map(|_| Value::Bool(true))
            })
        },
        "whether a TLS client's hello says that elliptic curves are understood",
    ),
    &of(
        "req.ssl_st_ext",
        &[],
        Type::Int,
        |txn, _, _| {
            client(txn, |hello| {
                Some(Value::Int(match hello.extension(TICKET) {
                    None => 0,
                    Some([]) => 1,
                    Some(_) => 2,
                }))
            })
        },
        "session ticket in a TLS client's hello: 0 not known, 1 known but none, 2 one is there",
    ),
    &of(
        "req.ssl_cipherlist",
        &[],
        Type::Bin,
        |txn, _, _| client(txn, |hello| Some(Value::bin(hello.ciphers))),
        "the cipher suites in a TLS client's hello, two bytes each",
    ),
    &of(
        "req.ssl_sigalgs",
        &[],
        Type::Bin,
        |txn, _, _| client(txn, |hello| list(&hello, SIGNATURES)),
        "the signature algorithms in a TLS client's hello, two bytes each",
    ),
    &of(
        "req.ssl_supported_groups",
        &[],
        Type::Bin,
        |txn, _, _| client(txn, |hello| list(&hello, GROUPS)),
        "the groups in a TLS client's hello, two bytes each",
    ),
    &of(
        "req.ssl_keyshare_groups",
        &[],
        Type::Bin,
        |txn, _, _| client(txn, shares),
        "the groups that a TLS client sends key shares for, two bytes each",
    ),
];

fn answer<'a>(message: &Message, read: Read<Value<'a>>) -> Fetched<'a> {
    match read {
        Read::Got(value) => value.into(),
        Read::TooShort => too_short(message),
        Read::None => Fetched::Absent,
    }
}

fn kind<'a>(txn: &Txn, message: &Message) -> Fetched<'a> {
    let Some(bytes) = bytes(txn, message) else { return Fetched::Absent };
    answer(message, hello::kind(bytes).map(|kind| Some(Value::Int(i64::from(kind)))))
}

fn client<'a>(txn: &'a Txn, read: impl FnOnce(Hello<'a>) -> Option<Value<'a>>) -> Fetched<'a> {
    let Some(bytes) = bytes(txn, &txn.req) else { return Fetched::Absent };
    answer(&txn.req, hello::client(bytes).map(read))
}

fn version<'a>(hello: Hello<'a>) -> Option<Value<'a>> {
    let (major, minor) = hello.version;
    Some(Value::Int(i64::from(major) << 16 | i64::from(minor)))
}

fn protocols<'a>(hello: Hello<'a>) -> Option<Value<'a>> {
    let (mut rest, _) = counted(hello.extension(ALPN)?, 2)?;
    let mut out = Vec::new();
    while let Some((protocol, next)) = counted(rest, 1) {
        if !out.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(protocol);
        rest = next;
    }
    (!out.is_empty()).then(|| Value::string(out))
}

fn list<'a>(hello: &Hello<'a>, extension: u16) -> Option<Value<'a>> {
    counted(hello.extension(extension)?, 2).map(|(list, _)| Value::bin(list))
}

fn shares<'a>(hello: Hello<'a>) -> Option<Value<'a>> {
    let (mut rest, _) = counted(hello.extension(KEY_SHARE)?, 2)?;
    let mut out = Vec::new();
    while let Some((group, after)) = rest.split_at_checked(2) {
        out.extend_from_slice(group);
        rest = counted(after, 2)?.1;
    }
    Some(Value::binary(out))
}

#[cfg(test)]
mod tests {
    use super::super::hello::tests::record;
    use super::super::testing::{ask, tcp};

    #[test]
    fn parts_of_a_hello() {
        let txn = tcp(&record("example.com"));
        for (text, wanted) in [
            ("req.ssl_hello_type", "1"),
            ("req_ssl_sni", "example.com"),
            ("req.ssl_ver", "196611"),
            ("req.ssl_alpn", "h2,http/1.1"),
            ("req.ssl_ec_ext", "1"),
            ("req.ssl_st_ext", "1"),
            ("req.ssl_cipherlist,hex", "1301C02F"),
            ("req.ssl_supported_groups,hex", "001D0017"),
            ("req.ssl_sigalgs", "-"),
            ("req.ssl_keyshare_groups", "-"),
        ] {
            assert_eq!(ask(text, &txn), wanted, "{text}");
        }
    }

    #[test]
    fn waits_unless_it_is_something_else() {
        assert_eq!(ask("req.ssl_hello_type", &tcp(b"")), "...");
        assert_eq!(ask("req.ssl_sni", &tcp(&record("a")[..20])), "...");
        assert_eq!(ask("req.ssl_sni", &tcp(b"SSH-2.0-x")), "-");
        let mut over = tcp(b"\x16\x03");
        over.req.body_is_final = true;
        assert_eq!(ask("req.ssl_hello_type", &over), "-");
    }
}
