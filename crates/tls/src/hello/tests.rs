//! Hellos as they come: whole, cut, split over records, bent.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;

fn vector(size: usize, contents: &[u8]) -> Vec<u8> {
    let len = u64::try_from(contents.len()).unwrap().to_be_bytes();
    [&len[8 - size..], contents].concat()
}

/// The message of a hello for `name`: two cipher suites, ALPN `h2` and `http/1.1`, two groups and more.
fn hello(name: &str) -> Vec<u8> {
    let extension = |kind: u16, contents: &[u8]| [&kind.to_be_bytes()[..], &vector(2, contents)].concat();
    let names = vector(2, &[&[0][..], &vector(2, name.as_bytes())].concat());
    let shares = [&[0x6a, 0x6a][..], &vector(2, &[0]), &[0, 29], &vector(2, &[5; 32])].concat();
    let extensions = [
        extension(0x5a5a, b""),
        extension(0, &names),
        extension(10, &vector(2, &[0x3a, 0x3a, 0, 29, 0, 23])),
        extension(11, &vector(1, &[0])),
        extension(13, &vector(2, &[4, 3, 8, 4])),
        extension(16, &vector(2, b"\x02h2\x08http/1.1")),
        extension(35, b""),
        extension(43, &vector(1, &[3, 4, 3, 3])),
        extension(51, &vector(2, &shares)),
    ];
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend(vector(1, &[9; 32]));
    body.extend(vector(2, &[0x2a, 0x2a, 0x13, 0x01, 0xc0, 0x2f]));
    body.extend(vector(1, &[0]));
    body.extend(vector(2, &extensions.concat()));
    [&[1][..], &vector(3, &body)].concat()
}

fn record(contents: &[u8]) -> Vec<u8> {
    [&[0x16, 3, 1][..], &vector(2, contents)].concat()
}

/// The message in records of at most `size` bytes.
fn split(message: &[u8], size: usize) -> Vec<u8> {
    message.chunks(size).flat_map(record).collect()
}

#[test]
fn each_part_of_a_hello() {
    let message = hello("example.com");
    let bytes = record(&message);
    let Read::Got(body) = client(&bytes) else { panic!("not read") };
    assert!(matches!(body, Cow::Borrowed(_)));
    assert_eq!(&body[..], &message[4..]);
    let hello = ClientHello::parse(&body).unwrap();
    assert_eq!((hello.version(), hello.random(), hello.session_id()), (0x0303, &[7; 32], &[9; 32][..]));
    assert_eq!(hello.ciphers(), [0x2a, 0x2a, 0x13, 0x01, 0xc0, 0x2f]);
    assert_eq!(hello.compressions(), [0]);
    assert_eq!(hello.server_name(), Some(&b"example.com"[..]));
    assert_eq!(hello.alpn().collect::<Vec<_>>(), [&b"h2"[..], b"http/1.1"]);
    assert_eq!(hello.groups().map(|list| Pairs::of(list).collect()), Some(vec![0x3a3a, 29, 23]));
    assert_eq!(hello.point_formats(), Some(&[0][..]));
    assert_eq!(hello.signature_algorithms(), Some(&[4, 3, 8, 4][..]));
    assert_eq!(hello.supported_versions(), Some(&[3, 4, 3, 3][..]));
    assert_eq!(hello.key_shares().unwrap().collect::<Vec<_>>(), [0x6a6a, 29]);
    assert_eq!(hello.session_ticket(), Some(&b""[..]));
    assert!(hello.has_curves() && !hello.has_early_data());
    assert_eq!(hello.extensions().count(), 9);
    assert_eq!(hello.extension(99), None);
}

#[test]
fn a_hello_without_extensions() {
    let body = [&[3, 1][..], &[1; 32], &[0], &vector(2, &[0, 5]), &vector(1, &[0])].concat();
    let hello = ClientHello::parse(&body).unwrap();
    assert_eq!((hello.version(), hello.server_name(), hello.groups()), (0x0301, None, None));
    assert!(hello.key_shares().is_none() && hello.alpn().next().is_none());
    assert_eq!(ClientHello::parse(&body[..body.len() - 1]), None);
}

#[test]
fn no_cut_of_it_is_taken_for_the_whole() {
    let message = hello("example.com");
    for bytes in [record(&message), split(&message, 100), split(&message, 1)] {
        for len in 0..bytes.len() {
            assert_eq!(message_of(&bytes[..len]), Read::TooShort, "{len} bytes");
        }
        assert_eq!(message_of(&bytes), Read::Got((1, message[4..].to_vec())));
        assert_eq!(message_of(&[&bytes[..], b"and what follows"].concat()), message_of(&bytes));
    }
}

fn message_of(bytes: &[u8]) -> Read<(u8, Vec<u8>)> {
    message(bytes).map(|message| Some((message.kind, message.body.into_owned())))
}

#[test]
fn what_is_no_hello() {
    for bytes in [
        &b"GET / HTTP/1.1"[..],
        b"\x16\x02",
        // No contents, or more than a record can have.
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\x4f\xff",
        // A message of a megabyte.
        b"\x16\x03\x01\x01\x00\x01\x10\x00\x00",
        // An alert in the middle of a message.
        b"\x16\x03\x01\x00\x02\x01\x00\x15\x03\x01\x00\x02\x02\x28",
    ] {
        assert_eq!(message(bytes), Read::None, "{bytes:x?}");
        assert_eq!(client(bytes), Read::None, "{bytes:x?}");
    }
    let server = record(b"\x02\x00\x00\x01\x03");
    assert_eq!((kind(&server), client(&server)), (Read::Got(2), Read::None));
    assert_eq!(kind(b"\x15\x03\x01\x00\x04\x02\x00\x00\x00"), Read::Got(2));
    assert_eq!(client(b"\x15"), Read::None);
}

#[test]
fn grease_is_known() {
    assert!(is_grease(0x0a0a) && is_grease(0xfafa));
    assert!(!is_grease(0x0a1a) && !is_grease(0x0b0b));
    assert_eq!(without_grease(&[0x2a, 0x2a, 0x13, 1, 0xfa, 0xfa]), [0x13, 1]);
    assert_eq!(without_grease(&[0x2a, 0x2a, 7]), [7]);
}

proptest! {
    #[test]
    fn any_split_over_records_is_put_together(size in 1..600usize, name in "[a-z.]{0,200}") {
        let message = hello(&name);
        prop_assert_eq!(message_of(&split(&message, size)), Read::Got((1, message[4..].to_vec())));
    }

    #[test]
    fn nonsense_panics_nowhere(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        walk(&bytes);
        let _ = kind(&bytes);
        let _ = kind(&record(&bytes));
    }

    #[test]
    fn bent_hellos_panic_nowhere(at in 0..300usize, value in any::<u8>(), cut in 0..300usize) {
        let mut body = hello("a.example")[4..].to_vec();
        if let Some(byte) = body.get_mut(at) {
            *byte = value;
        }
        body.truncate(cut.max(40));
        walk(&body);
    }
}

/// Looks at every part of a hello.
fn walk(body: &[u8]) {
    let Some(hello) = ClientHello::parse(body) else { return };
    let _ = (hello.server_name(), hello.groups(), hello.point_formats(), hello.signature_algorithms());
    let _ = (hello.supported_versions(), hello.session_ticket());
    let counted = hello.alpn().count() + hello.key_shares().map_or(0, Iterator::count);
    assert!(counted + hello.extensions().count() <= body.len());
}
