//! Any bytes as the beginning of a TLS connection: nothing panics, the cut of the input does not matter, and a message
//! is the same in one record as in many.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tls::hello::{self, ClientHello, Read};

/// The message in records of at most `size` bytes.
fn split(message: &[u8], size: usize) -> Vec<u8> {
    let record = |part: &[u8]| {
        let len = u16::try_from(part.len()).expect("records are short").to_be_bytes();
        [&[0x16, 3, 1, len[0], len[1]], part].concat()
    };
    message.chunks(size).flat_map(record).collect()
}

/// Looks at every part of a hello; what is counted in it cannot be more than its bytes.
fn walk(body: &[u8]) {
    let Some(hello) = ClientHello::parse(body) else { return };
    let lists = [
        Some(hello.ciphers()),
        hello.groups(),
        hello.point_formats(),
        hello.signature_algorithms(),
        hello.supported_versions(),
        hello.server_name(),
        hello.session_ticket(),
    ];
    for list in lists.into_iter().flatten() {
        assert!(hello::without_grease(list).len() <= list.len() && list.len() <= body.len());
    }
    let counted = hello.alpn().count() + hello.key_shares().map_or(0, Iterator::count);
    assert!(counted + hello.extensions().count() <= body.len());
}

fuzz_target!(|data: &[u8]| {
    let [cut, size, input @ ..] = data else { return };
    walk(input);
    let whole = hello::message(input);
    if let Read::Got(_) | Read::None = hello::message(&input[..usize::from(*cut).min(input.len())]) {
        assert_eq!(hello::message(&input[..usize::from(*cut).min(input.len())]), whole);
    }
    let Read::Got(message) = whole else { return };
    assert!(message.body.len() <= hello::MESSAGE_BYTES_MAX);
    walk(&message.body);
    let len = u32::try_from(message.body.len()).expect("it has a bound").to_be_bytes();
    let bytes = [&[message.kind, len[1], len[2], len[3]], &*message.body].concat();
    assert_eq!(hello::message(&split(&bytes, usize::from(*size) + 1)), Read::Got(message));
});
