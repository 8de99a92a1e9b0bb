//! `req.ssl_*`, `res.ssl_hello_type`: TLS that passes through, looked at without being decrypted.

use std::borrow::Cow;

use tls::hello::{self, ClientHello, Read};

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
        |txn, _, walk| client(txn, |hello| protocol(hello, walk)),
        "the protocols in a TLS client's hello, each in turn where ACLs ask, else the first",
    ),
    &of(
        "req.ssl_ec_ext",
        &[],
        Type::Bool,
        |txn, _, _| client(txn, |hello| hello.has_curves().then_some(Value::Bool(true))),
        "whether a TLS client's hello says that elliptic curves are understood",
    ),
    &of(
        "req.ssl_st_ext",
        &[],
        Type::Int,
        |txn, _, _| {
            client(txn, |hello| {
                Some(Value::Int(match hello.session_ticket() {
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
        |txn, _, _| client(txn, |hello| Some(Value::bin(hello.ciphers()))),
        "the cipher suites in a TLS client's hello, two bytes each",
    ),
    &of(
        "req.ssl_sigalgs",
        &[],
        Type::Bin,
        |txn, _, _| client(txn, |hello| hello.signature_algorithms().map(Value::bin)),
        "the signature algorithms in a TLS client's hello, two bytes each",
    ),
    &of(
        "req.ssl_supported_groups",
        &[],
        Type::Bin,
        |txn, _, _| client(txn, |hello| hello.groups().map(Value::bin)),
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

/// What `read` finds in the client's hello. One that came in several records was put together, so that nothing can be
/// borrowed from it.
fn client<'a>(txn: &'a Txn, read: impl for<'h> FnOnce(ClientHello<'h>) -> Option<Value<'h>>) -> Fetched<'a> {
    let Some(bytes) = bytes(txn, &txn.req) else { return Fetched::Absent };
    let found = hello::client(bytes).map(|body| match body {
        Cow::Borrowed(body) => ClientHello::parse(body).and_then(read),
        Cow::Owned(body) => ClientHello::parse(&body).and_then(read).map(Value::into_owned),
    });
    answer(&txn.req, found)
}

fn version(hello: ClientHello<'_>) -> Option<Value<'_>> {
    let [major, minor] = hello.version().to_be_bytes();
    Some(Value::Int(i64::from(major) << 16 | i64::from(minor)))
}

fn protocol<'h>(hello: ClientHello<'h>, walk: &mut Walk) -> Option<Value<'h>> {
    let mut protocols = hello.alpn();
    let at = if walk.is_each { walk.at } else { 0 };
    let protocol = protocols.nth(at)?;
    walk.at += 1;
    walk.more = protocols.next().is_some();
    Some(Value::str(protocol))
}

fn shares(hello: ClientHello<'_>) -> Option<Value<'_>> {
    hello.key_shares().map(|groups| Value::binary(groups.flat_map(u16::to_be_bytes).collect()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ask, tcp};

    fn vector(size: usize, contents: &[u8]) -> Vec<u8> {
        let len = u64::try_from(contents.len()).unwrap().to_be_bytes();
        [&len[8 - size..], contents].concat()
    }

    /// The message of a hello for `name`: two cipher suites, ALPN `h2` and `http/1.1`, two groups.
    fn message(name: &str) -> Vec<u8> {
        let extension = |kind: u16, contents: &[u8]| [&kind.to_be_bytes()[..], &vector(2, contents)].concat();
        let names = vector(2, &[&[0][..], &vector(2, name.as_bytes())].concat());
        let extensions = [
            extension(0, &names),
            extension(10, &vector(2, &[0, 29, 0, 23])),
            extension(16, &vector(2, b"\x02h2\x08http/1.1")),
            extension(35, b""),
            extension(51, &vector(2, b"\x00\x1d\x00\x01x\x00\x17\x00\x00")),
        ];
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend(vector(1, &[9; 32]));
        body.extend(vector(2, &[0x13, 0x01, 0xc0, 0x2f]));
        body.extend(vector(1, &[0]));
        body.extend(vector(2, &extensions.concat()));
        [&[1][..], &vector(3, &body)].concat()
    }

    fn record(contents: &[u8]) -> Vec<u8> {
        [&[0x16, 3, 1][..], &vector(2, contents)].concat()
    }

    #[test]
    fn parts_of_a_hello_in_one_record_or_many() {
        let message = message("example.com");
        for bytes in [record(&message), message.chunks(7).flat_map(record).collect()] {
            parts(&tcp(&bytes));
        }
    }

    fn parts(txn: &crate::txn::Txn) {
        for (text, wanted) in [
            ("req.ssl_hello_type", "1"),
            ("req_ssl_sni", "example.com"),
            ("req.ssl_ver", "196611"),
            ("req.ssl_alpn", "h2"),
            ("req.ssl_ec_ext", "1"),
            ("req.ssl_st_ext", "1"),
            ("req.ssl_cipherlist,hex", "1301C02F"),
            ("req.ssl_supported_groups,hex", "001D0017"),
            ("req.ssl_sigalgs", "-"),
            ("req.ssl_keyshare_groups,hex", "001D0017"),
        ] {
            assert_eq!(ask(text, txn), wanted, "{text}");
        }
    }

    #[test]
    fn waits_unless_it_is_something_else() {
        assert_eq!(ask("req.ssl_hello_type", &tcp(b"")), "...");
        assert_eq!(ask("req.ssl_sni", &tcp(&record(&message("a"))[..20])), "...");
        assert_eq!(ask("req.ssl_sni", &tcp(b"SSH-2.0-x")), "-");
        let mut over = tcp(b"\x16\x03");
        over.req.body_is_final = true;
        assert_eq!(ask("req.ssl_hello_type", &over), "-");
    }
}
