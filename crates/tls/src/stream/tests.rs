//! [`Stream`] against itself, over real sockets of the loopback.

use std::future::{Future, poll_fn};
use std::io::{IoSlice, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::*;
use crate::client::Target;
use crate::failure::FailureKind;
use crate::options::{ClientOptions, HostOptions, ServerOptions, Verify};
use crate::records::RecordSizes;
use crate::served::OUT_BYTES_MAX;
use crate::server::Settings;
use crate::testing;
use crate::version::Version;

/// Runs `test` as a worker's root, and fails it after ten seconds.
fn run(test: impl Future<Output = ()>) {
    let mut test = std::pin::pin!(test);
    net::worker::run(async {
        let mut limit = net::Timer::new();
        limit.set(base::clock::now().plus(Duration::from_secs(10)));
        poll_fn(|cx| {
            assert!(limit.poll(cx).is_pending(), "the test hangs");
            test.as_mut().poll(cx)
        })
        .await;
    })
    .unwrap();
}

fn sockets() -> (Conn, Conn) {
    let (ours, peer) = socket_and_stream();
    peer.set_nonblocking(true).unwrap();
    (ours, Conn::from_fd(peer.into()))
}

fn socket_and_stream() -> (Conn, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    (Conn::from_fd(ours.into()), peer)
}

const NAMED: Target<'static> =
    Target { sni: Some("a.test"), address: None, alpn: None, with_early_data: false };

/// Both ends of a connection, the server's first.
struct Pair {
    server: Box<Stream>,
    client: Box<Stream>,
}

impl Pair {
    fn new(server: &Arc<server::Context>, client: &Arc<client::Context>, target: &Target<'_>) -> Pair {
        let (ours, peer) = sockets();
        Pair {
            server: Stream::accept(ours, server.clone(), b""),
            client: Stream::connect(peer, client, target).unwrap(),
        }
    }

    /// Both handshakes, one poll each in turn.
    async fn shake(&mut self) -> (Result<(), HandshakeFailure>, Result<(), HandshakeFailure>) {
        let (mut server, mut client) = (None, None);
        poll_fn(|cx| {
            if server.is_none()
                && let Poll::Ready(result) = self.server.poll_handshake(cx)
            {
                server = Some(result);
                // Nor is TLS 1.2's server.
                let _ = self.server.poll_flush(cx);
            }
            if client.is_none()
                && let Poll::Ready(result) = self.client.poll_handshake(cx)
            {
                client = Some(result);
                // TLS 1.3's client is done before its last flight is out.
                let _ = self.client.poll_flush(cx);
            }
            if server.is_some() && client.is_some() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        (server.unwrap(), client.unwrap())
    }
}

async fn send(stream: &mut Stream, bytes: &[u8]) {
    let mut sent = 0;
    while sent < bytes.len() {
        sent += poll_fn(|cx| stream.poll_write(cx, &[IoSlice::new(&bytes[sent..])])).await.unwrap();
    }
}

async fn receive(stream: &mut Stream, len: usize) -> Vec<u8> {
    let mut got = Vec::new();
    let mut buf = vec![0; 20_000];
    while got.len() < len {
        let n = poll_fn(|cx| stream.poll_read(cx, &mut buf)).await.unwrap();
        if n == 0 {
            break;
        }
        got.extend_from_slice(&buf[..n]);
    }
    got
}

fn contexts() -> (Arc<server::Context>, Arc<client::Context>) {
    let server =
        testing::server(HostOptions::default(), &ServerOptions::default(), &[testing::pair(&["a.test"])]);
    (server, testing::client(&ClientOptions { keeps_hello: true, ..ClientOptions::default() }))
}

/// The same, and the server keeps hellos: it is served on rustls's buffered API.
fn contexts_with_hellos() -> (Arc<server::Context>, Arc<client::Context>) {
    let settings = server::Settings { keeps_hello: true, ..server::Settings::default() };
    let pairs = [testing::pair(&["a.test"])];
    let server = testing::server_with(settings, HostOptions::default(), &ServerOptions::default(), &pairs);
    (server, contexts().1)
}

#[test]
fn bytes_pass_both_ways_and_the_end_is_told() {
    run(async {
        let (server, client) = contexts_with_hellos();
        let mut pair = Pair::new(&server, &client, &NAMED);
        let (a, b) = pair.shake().await;
        a.unwrap();
        b.unwrap();
        let facts = pair.server.facts();
        assert_eq!(facts.version, Some(Version::Tls13));
        assert_eq!(facts.sni.as_deref(), Some("a.test"));
        assert!(!facts.is_resumed);
        let hello = facts.hello.unwrap();
        assert_ne!(hello.client_random, [0; 32]);
        assert_ne!(hello.server_random, [0; 32]);
        assert_eq!(hello.client[..2], [3, 3]);
        let theirs = pair.client.facts().hello.unwrap();
        assert_eq!((theirs.client_random, theirs.server_random), (hello.client_random, hello.server_random));
        send(&mut pair.client, b"question").await;
        assert_eq!(receive(&mut pair.server, 8).await, b"question");
        send(&mut pair.server, b"answer").await;
        assert_eq!(receive(&mut pair.client, 6).await, b"answer");
        assert!(pair.client.is_alive_idle(), "tickets are no data");
        drop(pair.server);
        assert_eq!(receive(&mut pair.client, 1).await, b"");
        assert!(!pair.client.is_alive_idle());
    });
}

#[test]
fn a_write_that_does_not_fit_is_not_encrypted_twice() {
    run(async {
        let (server, client) = contexts();
        let mut pair = Pair::new(&server, &client, &NAMED);
        let _ = pair.shake().await;
        let data: Vec<u8> = (0..8_000_000u32).map(|n| (n % 251) as u8).collect();
        let Pair { mut server, mut client } = pair;
        let (mut sent, mut got) = (0, Vec::new());
        let mut buf = vec![0; 50_000];
        poll_fn(|cx| {
            // The writer goes on until the socket is full, then the reader takes some.
            while sent < data.len() {
                match server.poll_write(cx, &[IoSlice::new(&data[sent..])]) {
                    Poll::Ready(n) => sent += n.unwrap(),
                    Poll::Pending => break,
                }
            }
            while let Poll::Ready(n) = client.poll_read(cx, &mut buf) {
                got.extend_from_slice(&buf[..n.unwrap()]);
                if got.len() == data.len() {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
        .await;
        assert!(got == data);
    });
}

#[test]
fn sessions_are_resumed_by_tickets_and_by_the_cache() {
    for is_stateful in [false, true] {
        for version in [Version::Tls12, Version::Tls13] {
            run(async {
                let mut host = HostOptions::default();
                host.versions.force(version);
                let options = ServerOptions { is_stateful, ..ServerOptions::default() };
                let server = testing::server(host, &options, &[testing::pair(&["a.test"])]);
                let client = testing::client(&ClientOptions::default());
                for is_resumed in [false, true, true] {
                    let mut pair = Pair::new(&server, &client, &NAMED);
                    let _ = pair.shake().await;
                    assert_eq!(pair.server.facts().is_resumed, is_resumed, "{version:?} {is_stateful}");
                    assert_eq!(pair.client.facts().is_resumed, is_resumed);
                    send(&mut pair.client, b"x").await;
                    assert_eq!(receive(&mut pair.server, 1).await, b"x");
                    send(&mut pair.server, b"y").await;
                    assert_eq!(receive(&mut pair.client, 1).await, b"y");
                }
            });
        }
    }
}

/// A session that began where no certificate was asked for opens no door behind which one is.
#[test]
fn a_resumed_session_shows_no_less_than_a_new_one() {
    for is_stateful in [false, true] {
        for version in [Version::Tls12, Version::Tls13] {
            run(async {
                let shared = crate::server::SharedTls::new(crate::server::Settings::default()).unwrap();
                let pairs = [testing::pair(&["a.test"])];
                let options = ServerOptions { is_stateful, ..ServerOptions::default() };
                let asking = |verify| {
                    let mut host = HostOptions { verify, ..HostOptions::default() };
                    host.versions.force(version);
                    testing::server_sharing(&shared, host, &options, &pairs)
                };
                let (open, closed) = (asking(None), asking(Some(crate::options::Verify::Required)));
                let client = testing::client(&ClientOptions::default());
                let mut pair = Pair::new(&open, &client, &NAMED);
                let _ = pair.shake().await;
                send(&mut pair.server, b"y").await;
                assert_eq!(receive(&mut pair.client, 1).await, b"y");
                let mut pair = Pair::new(&closed, &client, &NAMED);
                let refused = pair.shake().await.0.unwrap_err();
                assert!(refused.text.ends_with("peer did not return a certificate"), "{}", refused.text);
                assert!(pair.server.facts().is_resumed, "{version:?} {is_stateful}");
            });
        }
    }
}

#[test]
fn early_data_arrives_with_the_hello_and_is_sent_again_where_it_is_refused() {
    run(async {
        let taking = HostOptions { allows_early_data: true, ..HostOptions::default() };
        let pairs = [testing::pair(&["a.test"])];
        let server = testing::server(taking, &ServerOptions::default(), &pairs);
        let client = testing::client(&ClientOptions { allows_early_data: true, ..ClientOptions::default() });
        let early = Target { with_early_data: true, ..NAMED };
        for (round, context) in [&server, &server, &contexts().0].into_iter().enumerate() {
            let mut pair = Pair::new(context, &client, &early);
            assert_eq!(pair.client.takes_early_data(), round > 0);
            if round > 0 {
                send(&mut pair.client, b"x").await;
                poll_fn(|cx| {
                    // A server that refuses needs the client's second flight.
                    let _ = (round == 2).then(|| pair.client.poll_read(cx, &mut [0; 10]));
                    pair.server.poll_handshake(cx)
                })
                .await
                .unwrap();
            } else {
                let _ = pair.shake().await;
                send(&mut pair.client, b"x").await;
            }
            assert_eq!(pair.server.facts().has_early_data, round == 1, "{round}");
            assert_eq!(pair.server.is_handshaking(), round == 1, "{round}");
            if round == 1 {
                let mut buf = [0; 10];
                let n = poll_fn(|cx| pair.server.poll_read(cx, &mut buf)).await.unwrap();
                assert_eq!(
                    (&buf[..n], pair.server.is_handshaking()),
                    (&b"x"[..], true),
                    "ahead of the handshake"
                );
                send(&mut pair.client, b"x").await;
            }
            let (mut got, mut buf) = (false, [0; 10]);
            poll_fn(|cx| {
                let _ = pair.client.poll_read(cx, &mut [0; 10]);
                if !got && let Poll::Ready(n) = pair.server.poll_read(cx, &mut buf) {
                    assert_eq!(&buf[..n.unwrap()], b"x");
                    got = true;
                }
                if got { pair.server.poll_complete(cx) } else { Poll::Pending }
            })
            .await
            .unwrap();
            send(&mut pair.server, b"y").await;
            assert_eq!(receive(&mut pair.client, 1).await, b"y");
        }
    });
}

#[test]
fn failures_are_named_on_both_sides() {
    run(async {
        let mut host = HostOptions::default();
        host.versions.force(Version::Tls13);
        let server = testing::server(host, &ServerOptions::default(), &[testing::pair(&["a.test"])]);
        let mut old = ClientOptions::default();
        old.versions.force(Version::Tls12);
        let mut pair = Pair::new(&server, &testing::client(&old), &NAMED);
        let (ours, theirs) = pair.shake().await;
        assert_eq!(&*ours.unwrap_err().text, "error:0A000102:SSL routines::unsupported protocol");
        assert_eq!(&*theirs.unwrap_err().text, "error:0A00042E:SSL routines::tlsv1 alert protocol version");
    });
}

#[test]
fn keys_sign_as_sigalgs_says_alone() {
    let shared = "error:0A000178:SSL routines::no shared signature algorithms";
    let cases = [
        // The key is on P-256, and the client knows all of these.
        ("RSA-PSS+SHA256:RSA+SHA256", Version::Tls12, "error:0A0000C1:SSL routines::no shared cipher"),
        ("RSA-PSS+SHA256", Version::Tls13, "error:0A000076:SSL routines::no suitable signature algorithm"),
        // And none of these.
        ("ECDSA+SHA512", Version::Tls12, shared),
        ("ECDSA+SHA512", Version::Tls13, shared),
    ];
    for (sigalgs, version, text) in cases {
        run(async {
            let mut host = HostOptions::default();
            host.versions.force(version);
            host.algorithms.sigalgs = Some(sigalgs.into());
            let server = testing::server(host, &ServerOptions::default(), &[testing::pair(&["a.test"])]);
            let mut options = ClientOptions::default();
            options.algorithms.sigalgs = Some("ECDSA+SHA256:RSA-PSS+SHA256".into());
            let mut pair = Pair::new(&server, &testing::client(&options), &NAMED);
            let (ours, theirs) = pair.shake().await;
            assert_eq!(&*ours.unwrap_err().text, text, "{sigalgs} {version:?}");
            assert!(theirs.unwrap_err().text.ends_with("sslv3 alert handshake failure"));
        });
    }
}

#[test]
fn where_one_key_cannot_sign_the_other_one_does() {
    run(async {
        let rsa = crate::load::testing::root("r", &rcgen::PKCS_ECDSA_P256_SHA256);
        let rsa = crate::load::testing::made(&rsa, &["a.test"], &rcgen::PKCS_RSA_SHA256);
        let rsa = Arc::new(crate::load::KeyPair::from_pem("rsa", rsa.both().as_bytes()).unwrap());
        let pairs = [testing::pair(&["a.test"]), rsa];
        let server = |sigalgs: &str| {
            let mut host = HostOptions::default();
            host.algorithms.sigalgs = Some(sigalgs.into());
            testing::server(host, &ServerOptions::default(), &pairs)
        };
        let client = testing::client(&ClientOptions::default());
        for (sigalgs, path) in [
            ("ecdsa_secp256r1_sha256", "a.test"),
            ("rsa_pss_rsae_sha256", "rsa"),
            ("ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256", "a.test"),
        ] {
            let mut pair = Pair::new(&server(sigalgs), &client, &NAMED);
            let (ours, theirs) = pair.shake().await;
            assert!(ours.is_ok() && theirs.is_ok(), "{sigalgs}: {ours:?} {theirs:?}");
            assert_eq!(&*pair.server.facts().own.unwrap().path, path, "{sigalgs}");
        }
    });
}

#[test]
fn certificates_are_replaced_under_connections() {
    run(async {
        let (old, client) = contexts();
        let slot = crate::Slot::new(old);
        let mut before = Pair::new(&slot.current(), &client, &NAMED);
        let _ = before.shake().await;
        let new = testing::pair(&["a.test", "new.test"]);
        let host = HostOptions::default();
        drop(slot.replace(testing::server(host, &ServerOptions::default(), std::slice::from_ref(&new))));
        let mut after = Pair::new(&slot.current(), &testing::client(&ClientOptions::default()), &NAMED);
        let _ = after.shake().await;
        let shown = |pair: &mut Pair| pair.client.facts().peer().unwrap().to_vec();
        assert_eq!(shown(&mut after), new.chain[0].as_ref());
        assert_ne!(shown(&mut before), new.chain[0].as_ref());
        send(&mut before.client, b"x").await;
        assert_eq!(receive(&mut before.server, 1).await, b"x", "the one before goes on");
    });
}

#[test]
fn strict_sni_refuses_strangers() {
    run(async {
        let options = ServerOptions { is_strict_sni: true, ..ServerOptions::default() };
        let server = testing::server(HostOptions::default(), &options, &[testing::pair(&["a.test"])]);
        let client = testing::client(&ClientOptions::default());
        let stranger = Target { sni: Some("b.test"), ..NAMED };
        let mut pair = Pair::new(&server, &client, &stranger);
        let (ours, theirs) = pair.shake().await;
        assert_eq!(&*ours.unwrap_err().text, "error:0A0000EA:SSL routines::callback failed");
        assert_eq!(&*theirs.unwrap_err().text, "error:0A000458:SSL routines::tlsv1 unrecognized name");
        let mut pair = Pair::new(&server, &client, &NAMED);
        assert!(pair.shake().await.0.is_ok());
    });
}

/// What a handshake comes to whose client sends these bytes and closes.
fn fate(bytes: &[u8]) -> HandshakeFailure {
    let (conn, mut peer) = socket_and_stream();
    peer.write_all(bytes).unwrap();
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    let mut stream = Stream::accept(conn, contexts().0, b"");
    let mut fate = None;
    run(async { fate = poll_fn(|cx| stream.poll_handshake(cx)).await.err() });
    fate.expect("no handshake comes of this")
}

#[test]
fn what_is_no_handshake_is_refused() {
    assert_eq!(fate(b"").kind, FailureKind::Empty);
    assert_eq!(fate(&[22, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3]).kind, FailureKind::Empty);
    assert_eq!(&*fate(b"GET / HTTP/1.1\r\n\r\n").text, "error:0A00009C:SSL routines::http request");
    let oversized = [&[22, 3, 1, 0x50, 0][..], &[1; 0x5000]].concat();
    assert_eq!(fate(&oversized).kind, FailureKind::Handshake);
    assert_eq!(fate(&[0xff; 300]).kind, FailureKind::Handshake);
}

#[test]
fn a_client_that_knows_old_versions_alone_is_told_so() {
    let (conn, mut peer) = socket_and_stream();
    let body = [&[3, 2][..], &[7; 32], &[0, 0, 2, 0xc0, 0x14, 1, 0]].concat();
    let len = u8::try_from(body.len()).unwrap();
    peer.write_all(&[&[22, 3, 1, 0, len + 4, 1, 0, 0, len][..], &body].concat()).unwrap();
    run(async {
        let mut stream = Stream::accept(conn, contexts().0, b"");
        let failure = poll_fn(|cx| stream.poll_handshake(cx)).await.unwrap_err();
        assert_eq!(&*failure.text, "error:0A000102:SSL routines::unsupported protocol");
        assert_eq!(stream.facts_of_failure(failure).version, Some(Version::Tls11));
    });
    let mut alert = [0; 7];
    std::io::Read::read_exact(&mut peer, &mut alert).unwrap();
    assert_eq!(alert, [21, 3, 1, 0, 2, 2, 70]);
}

#[test]
fn a_client_s_chain_that_was_refused_is_told_and_no_server_s() {
    run(async {
        let ours = testing::pair(&["a.test"]);
        let host = HostOptions { verify: Some(Verify::Required), ..HostOptions::default() };
        let server = testing::server(host, &ServerOptions::default(), std::slice::from_ref(&ours));
        let options = ClientOptions { certificate: Some(ours.clone()), ..ClientOptions::default() };
        let mut pair = Pair::new(&server, &testing::client(&options), &NAMED);
        let failure = pair.shake().await.0.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Certificate);
        assert_eq!(pair.server.facts_of_failure(failure).peer_chain, ours.chain);

        let server = testing::server(HostOptions::default(), &ServerOptions::default(), &[ours]);
        let options = ClientOptions { verifies: true, ..ClientOptions::default() };
        let mut pair = Pair::new(&server, &testing::client(&options), &NAMED);
        let failure = pair.shake().await.1.unwrap_err();
        assert_eq!(pair.client.facts_of_failure(failure).peer_chain, []);
    });
}

#[test]
fn both_ends_have_the_same_channel_binding() {
    run(async {
        let (server, client) = contexts_with_hellos();
        let mut pair = Pair::new(&server, &client, &NAMED);
        let (a, b) = pair.shake().await;
        a.unwrap();
        b.unwrap();
        let (ours, theirs) = (pair.server.facts().channel_binding, pair.client.facts().channel_binding);
        assert!(ours.is_some() && ours == theirs);
    });
}

/// Sends all pieces together; whether they arrive as they are.
async fn pass(from: &mut Stream, to: &mut Stream, pieces: &[Vec<u8>]) -> bool {
    let whole = pieces.concat();
    let (mut sent, mut got, mut buf) = (0, Vec::new(), vec![0; 10_000]);
    poll_fn(|cx| {
        while sent < whole.len() {
            let mut skip = sent;
            let rest = pieces.iter().map(|piece| {
                let at = skip.min(piece.len());
                skip -= at;
                IoSlice::new(&piece[at..])
            });
            let Poll::Ready(n) = from.poll_write(cx, &rest.collect::<Vec<_>>()) else { break };
            sent += n.unwrap();
        }
        while got.len() < whole.len() {
            let n = ready!(to.poll_read(cx, &mut buf)).unwrap();
            got.extend_from_slice(&buf[..n]);
        }
        Poll::Ready(())
    })
    .await;
    got == whole
}

#[test]
fn pieces_of_all_sizes_arrive_in_order_and_an_idle_connection_holds_no_buffer() {
    run(async {
        let (server, client) = contexts();
        let mut pair = Pair::new(&server, &client, &NAMED);
        let (a, b) = pair.shake().await;
        a.unwrap();
        b.unwrap();
        pair.server.settle();
        let lengths = [3, 16_384, 0, 40_000, 1, 16_383, 7, 200_000];
        let pieces: Vec<Vec<u8>> = (0u8..).zip(lengths).map(|(byte, len)| vec![byte; len]).collect();
        assert!(pass(&mut pair.server, &mut pair.client, &pieces).await);
        assert!(pass(&mut pair.client, &mut pair.server, &pieces).await);
        pair.client.say_goodbye();
        assert_eq!(poll_fn(|cx| pair.server.poll_read(cx, &mut [0; 9])).await.unwrap(), 0);
        let Stage::Served(served) = &pair.server.stage else { panic!("hellos are not kept here") };
        assert_eq!(served.held_bytes() + pair.server.pending.capacity(), 0);
    });
}

/// The lengths of the records in `bytes`, headers left out.
fn record_lengths(mut bytes: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while let [23, 3, 3, high, low, ..] = *bytes {
        let len = usize::from(u16::from_be_bytes([high, low]));
        lengths.push(len);
        bytes = &bytes[5 + len..];
    }
    assert!(bytes.is_empty());
    lengths
}

#[test]
fn records_are_no_larger_than_they_may_be() {
    run(async {
        let records = RecordSizes { first_bytes_max: 1000, bytes_max: 5000, ..RecordSizes::default() };
        let settings = Settings { records, ..Settings::default() };
        let (host, options) = (HostOptions::default(), ServerOptions::default());
        let server = testing::server_with(settings, host, &options, &[testing::pair(&["a.test"])]);
        let client = testing::client(&ClientOptions { records, ..ClientOptions::default() });
        let mut pair = Pair::new(&server, &client, &NAMED);
        let (a, b) = pair.shake().await;
        a.unwrap();
        b.unwrap();
        let lengths = [3, 16_384, 0, 40_000, 1, 16_383, 7, 200_000];
        let pieces: Vec<Vec<u8>> = (0u8..).zip(lengths).map(|(byte, len)| vec![byte; len]).collect();
        assert!(pass(&mut pair.server, &mut pair.client, &pieces).await);
        assert!(pass(&mut pair.client, &mut pair.server, &pieces).await);
        // What a write makes of its bytes, at the beginning of a transfer and behind it.
        let mut limit = RecordLimit::new(&records).unwrap();
        let Stage::Served(served) = &mut pair.server.stage else { panic!("hellos are not kept here") };
        let (data, mut out) = (vec![7; 100_000], vec![0; OUT_BYTES_MAX]);
        let (taken, len) = served.encrypt(&[IoSlice::new(&data)], &mut out, Some(&mut limit)).unwrap();
        let lengths = record_lengths(&out[..len]);
        // 49,152 bytes in small records; each is 17 bytes longer than what it holds.
        assert!(lengths[..50].iter().all(|len| *len == 1017), "{lengths:?}");
        assert!(lengths[50..].iter().all(|len| *len <= 5017), "{lengths:?}");
        assert_eq!(lengths.iter().sum::<usize>(), taken + 17 * lengths.len());
        assert_eq!(taken, 100_000);
        // Records that are too small for all of it leave the rest.
        let mut limit = RecordLimit::new(&RecordSizes { bytes_max: 10, ..records }).unwrap();
        let (taken, len) = served.encrypt(&[IoSlice::new(&data)], &mut out, Some(&mut limit)).unwrap();
        assert!(taken < 100_000 && record_lengths(&out[..len]).len() == taken / 10, "{taken}");
    });
}
