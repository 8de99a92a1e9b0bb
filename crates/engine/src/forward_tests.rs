//! A [`Pump`] between real sockets.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use net::Conn;

use super::*;

/// One end as a transport, the other as std's, blocking.
fn pair() -> (Transport, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    (Transport::Plain(Conn::from_fd(ours.into())), peer)
}

/// Sends `bytes` through a pump: what came out, whether it ended well, and how much went through a pipe.
fn pumped(bytes: Vec<u8>, body: BodyLength, outgoing: Outgoing) -> (Vec<u8>, bool, u64) {
    let (mut from, mut source) = pair();
    let (mut to, mut sink) = pair();
    let sender = std::thread::spawn(move || source.write_all(&bytes));
    let receiver = std::thread::spawn(move || {
        let mut got = Vec::new();
        sink.read_to_end(&mut got).unwrap();
        got
    });
    let mut pump = Pump::new();
    pump.begin(body, outgoing, Splicing::Allowed, Limits::default());
    let mut input = Buf::none();
    let result =
        net::worker::run(poll_fn(|cx| pump.poll(&mut input, &mut from, &mut to, cx))).unwrap().is_ok();
    drop(to);
    drop(from);
    let _ = sender.join().unwrap();
    (receiver.join().unwrap(), result, pump.spliced)
}

fn payload(len: usize) -> Vec<u8> {
    (0..=250u8).cycle().take(len).collect()
}

/// A body in chunks of these sizes, up to its end, and its payload.
fn chunked(sizes: &[usize]) -> (Vec<u8>, Vec<u8>) {
    let all = payload(sizes.iter().sum());
    let (mut framed, mut at) = (Vec::new(), 0);
    for size in sizes {
        framed.extend_from_slice(format!("{size:x};ext=1\r\n").as_bytes());
        framed.extend_from_slice(&all[at..at + size]);
        framed.extend_from_slice(b"\r\n");
        at += size;
    }
    framed.extend_from_slice(b"0\r\n\r\n");
    (framed, all)
}

fn unchunked(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut decoder = BodyDecoder::new(BodyLength::Chunked, Limits::default());
    let decoded = decoder.decode_in_place(&mut bytes).unwrap();
    assert!(decoded.end && decoded.consumed == bytes.len());
    bytes[decoded.data].to_vec()
}

const SIZES: [usize; 6] = [10, 500_000, 1, 70_000, 300_000, 20];

#[test]
fn large_chunks_go_through_a_pipe_as_chunks() {
    let (framed, all) = chunked(&SIZES);
    let (got, is_whole, spliced) = pumped(framed, BodyLength::Chunked, Outgoing::Chunked);
    assert!(is_whole && unchunked(got) == all);
    assert!(spliced > 600_000, "{spliced}");
}

#[test]
fn chunks_for_a_receiver_that_knows_none_go_through_a_pipe_up_to_the_last() {
    let (framed, all) = chunked(&SIZES);
    let (got, is_whole, spliced) = pumped(framed, BodyLength::Chunked, Outgoing::Plain);
    assert!(is_whole && got == all, "{} of {}", got.len(), all.len());
    assert!(spliced > 600_000, "{spliced}");
}

#[test]
fn a_chunk_that_is_cut_is_not_made_whole() {
    let (mut framed, all) = chunked(&[400_000]);
    framed.truncate(300_000);
    let (got, is_whole, spliced) = pumped(framed, BodyLength::Chunked, Outgoing::Chunked);
    assert!(!is_whole && spliced > 0);
    let mut got = got;
    let mut decoder = BodyDecoder::new(BodyLength::Chunked, Limits::default());
    let decoded = decoder.decode_in_place(&mut got).unwrap();
    assert!(!decoded.end && all.starts_with(&got[decoded.data]));
}

#[test]
fn a_body_of_known_length_goes_through_a_pipe_and_no_further() {
    let all = payload(1_000_000);
    let mut sent = all.clone();
    sent.extend_from_slice(b"behind it");
    let (got, is_whole, spliced) = pumped(sent, BodyLength::Length(1_000_000), Outgoing::Plain);
    assert!(is_whole && got == all);
    assert!(spliced > 900_000, "{spliced}");
}

#[test]
fn small_bodies_are_copied() {
    let (framed, all) = chunked(&[60_000, 60_000]);
    let (got, is_whole, spliced) = pumped(framed, BodyLength::Chunked, Outgoing::Chunked);
    assert!(is_whole && unchunked(got) == all);
    assert_eq!(spliced, 0);
}
