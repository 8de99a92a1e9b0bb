//! Rings and sections with real sockets on one thread.

use std::cell::RefCell;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64};

use logs::{Cursor, Format, Framing, HostPolicy, LogProto, Logger, LoggerSpec, Ring, RingSpec, Target};
use state::proxy::Timeouts;

use super::feed::Feed;
use super::receive::Kind;
use super::*;

/// Runs `body` as a task of a worker; it fails after ten seconds.
fn worker(body: impl Future<Output = ()> + 'static) {
    let done = Rc::new(RefCell::new(false));
    let seen = done.clone();
    let outcome = net::worker::run(async move {
        net::spawn(async move {
            body.await;
            *done.borrow_mut() = true;
        });
        for _ in 0..2000 {
            if *seen.borrow() {
                return true;
            }
            net::timer::sleep_until(clock::now().plus(Duration::from_millis(5))).await;
        }
        false
    });
    assert!(outcome.unwrap(), "not done in time");
}

fn ring(size: usize) -> Arc<Ring> {
    Arc::new(Ring::new(RingSpec { size, format: None, ..RingSpec::new(b"r") }))
}

fn feed(ring: &Arc<Ring>, to: &TcpListener, proto: LogProto) -> Arc<Feed> {
    Arc::new(Feed {
        ring: ring.clone(),
        to: feed::To::Endpoint(net::Endpoint::Inet(to.local_addr().unwrap())),
        options: net::ConnectOptions::default(),
        proto,
        proxy_header: None,
        tls: None,
        timeouts: Timeouts::default(),
        sent: AtomicU64::new(0),
        is_connected: AtomicBool::new(false),
    })
}

fn append(ring: &Ring, text: &str) {
    assert!(ring.append(&[text.as_bytes()], usize::MAX));
}

/// A socket that this thread's tasks accept on.
fn listener() -> (TcpListener, net::Listener) {
    let std = TcpListener::bind("127.0.0.1:0").unwrap();
    std.set_nonblocking(true).unwrap();
    let ours = net::Listener::from_fd(std.try_clone().unwrap().into()).unwrap();
    (std, ours)
}

async fn accept(listener: &mut net::Listener) -> net::Conn {
    let accepted = std::future::poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
    net::Conn::from_fd(accepted.fd)
}

async fn read(conn: &mut net::Conn, bytes: usize) -> String {
    let mut got = Vec::new();
    while got.len() < bytes {
        let mut buf = [0; 1000];
        let n = std::future::poll_fn(|cx| conn.poll_read(cx, &mut buf)).await.unwrap();
        assert_ne!(n, 0, "closed after {:?}", String::from_utf8_lossy(&got));
        got.extend_from_slice(&buf[..n]);
    }
    String::from_utf8(got).unwrap()
}

#[test]
fn a_server_gets_what_a_ring_has_and_gets() {
    worker(async {
        let (std, mut listener) = listener();
        let ring = ring(1000);
        append(&ring, "one");
        append(&ring, "two");
        let feed = feed(&ring, &std, LogProto::Legacy);
        net::spawn(feed::run(feed.clone()));
        let mut conn = accept(&mut listener).await;
        assert_eq!(read(&mut conn, 8).await, "one\ntwo\n");
        append(&ring, "three");
        assert_eq!(read(&mut conn, 6).await, "three\n");
        while feed.is_behind() {
            net::yield_now().await;
        }
    });
}

#[test]
fn messages_can_stand_behind_their_length() {
    worker(async {
        let (std, mut listener) = listener();
        let ring = ring(1000);
        append(&ring, "a message");
        net::spawn(feed::run(feed(&ring, &std, LogProto::OctetCount)));
        let mut conn = accept(&mut listener).await;
        assert_eq!(read(&mut conn, 11).await, "9 a message");
    });
}

#[test]
fn a_lost_connection_loses_no_message_that_waits() {
    worker(async {
        let (std, mut listener) = listener();
        let ring = ring(1000);
        append(&ring, "one");
        net::spawn(feed::run(feed(&ring, &std, LogProto::Legacy)));
        let mut conn = accept(&mut listener).await;
        assert_eq!(read(&mut conn, 4).await, "one\n");
        drop(conn);
        // Whatever comes before the next connection stands is for that.
        let mut conn = accept(&mut listener).await;
        append(&ring, "two");
        assert_eq!(read(&mut conn, 4).await, "two\n");
    });
}

#[test]
fn places_behind_a_number_of_messages() {
    let ring = ring(1000);
    (0..10).for_each(|n| append(&ring, &n.to_string()));
    let start = Cursor::default();
    assert_eq!(feed::behind(&ring, start, 0), start);
    let third = feed::behind(&ring, start, 3);
    assert_eq!((third.number(), ring.read_from(third, 1).messages().next()), (3, Some(&b"3"[..])));
    assert_eq!(feed::behind(&ring, start, 99).number(), 10);
}

fn forward(ring: &Arc<Ring>, framing: Framing, maxconn: u32) -> Arc<Forward> {
    let mut spec = LoggerSpec::new(Target::Ring(ring.clone()), logs::Facility::Local0);
    spec.format = Some(Format::Rfc3164);
    Arc::new(Forward {
        loggers: vec![Logger::new(spec).unwrap()],
        host: HostPolicy::Fill,
        framing,
        is_parsed: true,
        maxconn,
        timeout: None,
        message_bytes_max: 200,
        received: std::sync::atomic::AtomicU64::new(0),
    })
}

/// The messages of a ring without their dates, once there are `count`.
async fn texts(ring: &Ring, count: usize) -> Vec<String> {
    loop {
        let batch = ring.read_from(ring.oldest(), usize::MAX);
        let texts: Vec<String> =
            batch.messages().map(|text| String::from_utf8_lossy(&text[19..]).into_owned()).collect();
        if texts.len() >= count {
            return texts;
        }
        net::yield_now().await;
    }
}

#[test]
fn datagrams_are_sent_on() {
    worker(async {
        let ring = ring(4000);
        let room = Room::new(&forward(&ring, Framing::Detect, 0));
        let fd = net::listen::bind_datagrams(&([127, 0, 0, 1], 0).into(), &net::ListenOptions::default());
        let fd = std::net::UdpSocket::from(fd.unwrap());
        let to = fd.local_addr().unwrap();
        let socket = Socket { forward: 0, fd: fd.into(), kind: Kind::Datagrams };
        net::spawn(receive::listen(room, socket));
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.send_to(b"<30>Jan  5 04:34:56 web1 app[42]: hello\n", to).unwrap();
        sender.send_to(b"<30>bare", to).unwrap();
        let expected = [" web1 app[42]: hello", " 127.0.0.1 bare"];
        assert_eq!(texts(&ring, 2).await, expected.map(|text| text.to_owned()));
    });
}

fn streams(ring: &Arc<Ring>, framing: Framing, maxconn: u32, accepts_proxy: bool) -> std::net::SocketAddr {
    let std = TcpListener::bind("127.0.0.1:0").unwrap();
    std.set_nonblocking(true).unwrap();
    let addr = std.local_addr().unwrap();
    let room = Room::new(&forward(ring, framing, maxconn));
    let socket = Socket { forward: 0, fd: std.into(), kind: Kind::Streams { tls: None, accepts_proxy } };
    net::spawn(receive::listen(room, socket));
    addr
}

fn send(to: std::net::SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut conn = TcpStream::connect(to).unwrap();
    std::io::Write::write_all(&mut conn, bytes).unwrap();
    conn
}

#[test]
fn streams_carry_messages_of_both_framings() {
    worker(async {
        let ring = ring(4000);
        let to = streams(&ring, Framing::Detect, 0, false);
        let _conn = send(to, b"<30>one\n8 <30>two\n7 <30>six<30>end\r\nnot framed\n<30>never\n");
        let expected = ["one", "two", "six", "end"].map(|text| format!(" 127.0.0.1 {text}"));
        assert_eq!(texts(&ring, 4).await, expected);
        let _conn = send(to, b"<30>next\n");
        assert_eq!(texts(&ring, 5).await[4], " 127.0.0.1 next");
    });
}

#[test]
fn a_proxy_may_introduce_a_stream_and_lines_may_begin_with_anything() {
    worker(async {
        let ring = ring(4000);
        let to = streams(&ring, Framing::Lines, 0, true);
        let _refused = send(to, b"<30>no header\n");
        let _conn = send(to, b"PROXY UNKNOWN\r\n<30>one\n5 <30>two\n");
        assert_eq!(texts(&ring, 2).await[0], " 127.0.0.1 one");
        assert_eq!(ring.newest().number(), 2);
    });
}

#[test]
fn connections_beyond_maxconn_wait() {
    worker(async {
        let ring = ring(4000);
        let to = streams(&ring, Framing::Detect, 1, false);
        let first = send(to, b"<30>one\n");
        let _second = send(to, b"<30>two\n");
        assert_eq!(texts(&ring, 1).await.len(), 1);
        for _ in 0..50 {
            net::yield_now().await;
        }
        assert_eq!(ring.newest().number(), 1);
        drop(first);
        assert_eq!(texts(&ring, 2).await[1], " 127.0.0.1 two");
    });
}
