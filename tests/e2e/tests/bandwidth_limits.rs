//! How fast bodies pass. Manual, chapter 9.7 (`filter bwlim-in`, `filter bwlim-out`) and 4.4 (`set-bandwidth-limit`).
//!
//! A limit is a time that a transfer takes at least; at most it takes what a busy machine adds, which is tested loosely.

use std::time::{Duration, Instant};

use lockgate_e2e::{Answer, HTTP, Origin, Peer, Proxy, TCP};

/// Bytes of the bodies here.
const BODY: usize = 60_000;
/// What passes at once before the first wait.
const PIECE: usize = 16_384;

/// The time that `BODY` takes at least, at so many bytes a second.
fn least(bytes_per_second: usize) -> Duration {
    let millis = (BODY - PIECE) * 1_000 / bytes_per_second;
    Duration::from_millis(u64::try_from(millis).expect("a few seconds"))
}

fn listen(global: &str, lines: &str, origin: &Origin) -> Proxy {
    Proxy::start(&format!(
        "{global}{HTTP}    option splice-auto\nlisten fe\n    bind \"fd@${{fe}}\"\n{lines}    server s1 {}\n",
        origin.address()
    ))
}

fn plain() -> Origin {
    Origin::start(|_| Answer::ok(&"x".repeat(BODY)))
}

/// Whether `took` is what a limit of so many bytes a second makes of it.
#[track_caller]
fn assert_paced(took: Duration, bytes_per_second: usize) {
    let least = least(bytes_per_second);
    assert!(took >= least, "{took:?}, too fast for {bytes_per_second} bytes a second: {least:?}");
    assert!(took < least * 3 + Duration::from_secs(2), "{took:?}, too slow: {least:?}");
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed())
}

const OUT: &str = "    filter bwlim-out slow default-limit 100k default-period 1s\n";

#[test]
fn downloads_take_their_time() {
    let origin = plain();
    let lines = format!(
        "{OUT}    http-request set-bandwidth-limit slow if {{ path /slow }}\n    \
         http-request set-bandwidth-limit slow limit 200k if {{ path /faster }}\n    \
         http-response set-bandwidth-limit slow period int(500) if {{ res.hdr(content-length) -m found }} {{ var(txn.half) -m found }}\n"
    );
    let lines = format!("    http-request set-var(txn.half) int(1) if {{ path /half }}\n{lines}");
    let mut proxy = listen("", &lines, &origin);
    for (path, bytes_per_second) in [("/slow", 102_400), ("/faster", 204_800), ("/half", 204_800)] {
        let (answer, took) = timed(|| proxy.get("fe", path));
        assert_eq!(answer.body.len(), BODY);
        assert_paced(took, bytes_per_second);
    }
    let (answer, took) = timed(|| proxy.get("fe", "/"));
    assert_eq!(answer.body.len(), BODY);
    assert!(took < least(102_400), "nobody limits it: {took:?}");
}

/// In chunks, in both directions at once; the connection goes on afterwards.
#[test]
fn uploads_take_their_time() {
    let origin = Origin::start(|request| Answer::ok(&request.body.len().to_string()));
    let lines = "    filter bwlim-in slow default-limit 100k default-period 1s min-size 2k\n    \
                 http-request set-bandwidth-limit slow\n";
    let mut proxy = listen("", lines, &origin);
    let mut client = proxy.connect("fe");
    let body = "y".repeat(BODY);
    let chunk = format!("{BODY:x}\r\n{body}\r\n0\r\n\r\n");
    for head in [
        format!("Content-Length: {BODY}\r\n\r\n{body}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{chunk}"),
    ] {
        let (answer, took) = timed(|| {
            client.send(format!("POST / HTTP/1.1\r\nHost: a\r\n{head}"));
            client.response()
        });
        assert_eq!(answer.text(), BODY.to_string());
        assert_paced(took, 102_400);
    }
}

/// A body that came with its head, and one that rules have waited for, are paid for as well.
#[test]
fn small_bodies_count_too() {
    let origin = Origin::start(|_| {
        Answer::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n")
            .then(Answer::raw(format!("{}\r\n0\r\n\r\n", "z".repeat(2_000))))
    });
    for wait in ["", "    http-response wait-for-body time 5s at-least 1000\n"] {
        let lines = format!(
            "{wait}    filter bwlim-out slow default-limit 1000 default-period 250ms\n    http-response set-bandwidth-limit slow\n"
        );
        let mut proxy = listen("", &lines, &origin);
        let (answer, took) = timed(|| proxy.get("fe", "/"));
        assert_eq!(answer.body.len(), 2_000);
        let least = if wait.is_empty() { Duration::from_millis(240) } else { Duration::ZERO };
        assert!(took >= least && took < Duration::from_secs(5), "{wait}{took:?}");
    }
}

/// Nobody is to blame for a wait that a limit asks for.
#[test]
fn waiting_for_a_limit_is_no_timeout() {
    let origin = plain();
    let lines = "    timeout client 400ms\n    timeout server 400ms\n    \
                 filter bwlim-out slow default-limit 30000 default-period 1s min-size 30000\n    http-request set-bandwidth-limit slow\n";
    let mut proxy = listen("", lines, &origin);
    let (answer, took) = timed(|| proxy.get("fe", "/"));
    assert_eq!(answer.body.len(), BODY);
    assert!(took >= Duration::from_millis(900), "{took:?}");
}

#[test]
fn tcp_streams_take_their_time() {
    let origin = Origin::raw(|mut peer: Peer| {
        peer.send(vec![b'x'; BODY]);
        peer.half_close();
        let (bytes, _) = peer.rest();
        assert_eq!(bytes.len(), BODY);
    });
    let mut proxy = Proxy::start(&format!(
        "{TCP}    option splice-auto\nlisten fe\n    bind \"fd@${{fe}}\"\n    filter bwlim-in up default-limit 100k default-period 1s\n    \
         filter bwlim-out down default-limit 50k default-period 1s\n    tcp-request content set-bandwidth-limit up\n    \
         tcp-response content set-bandwidth-limit down limit 100k\n    server s1 {}\n",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    let ((), took) = timed(|| {
        client.send(vec![b'y'; BODY]);
        client.half_close();
        assert_eq!(client.rest().0.len(), BODY);
    });
    assert_paced(took, 102_400);
}

/// Two streams of one address share what one of another address has alone.
#[test]
fn streams_share_by_their_key() {
    let origin = plain();
    let lines = "    stick-table type string size 10 expire 1m store bytes_out_rate(1s)\n    \
                 filter bwlim-out shared limit 200k key req.hdr(x-key)\n    http-request set-bandwidth-limit shared\n";
    let mut proxy = listen("", lines, &origin);
    let mut ask = |key: &str| {
        let mut client = proxy.connect("fe");
        client.send(format!("GET / HTTP/1.1\r\nHost: a\r\nX-Key: {key}\r\n\r\n"));
        client
    };
    let began = Instant::now();
    let all = [ask("a"), ask("a"), ask("b")];
    let took: Vec<Duration> = all
        .map(|mut client| {
            std::thread::spawn(move || {
                assert_eq!(client.response().body.len(), BODY);
                began.elapsed()
            })
        })
        .into_iter()
        .map(|done| done.join().expect("the whole body comes"))
        .collect();
    let both = took[0].max(took[1]);
    let least = Duration::from_millis(u64::try_from((2 * BODY - 2 * PIECE) * 1_000 / 204_800).unwrap());
    assert!(both >= least, "{both:?} is less than {least:?}");
    assert!(took[2] < both, "who shares with nobody is faster: {took:?}");
    // The entry is gone from nobody's mind: what comes next waits as well, as long as the rate is that high.
    let (answer, _) = timed(|| proxy.request("fe", "GET / HTTP/1.1\r\nHost: a\r\nX-Key: a\r\n\r\n"));
    assert_eq!(answer.body.len(), BODY);
}

/// Where there is nothing to share by, nothing is limited.
#[test]
fn streams_without_a_key_are_not_limited() {
    let origin = plain();
    let lines = "    stick-table type string size 10 store bytes_out_rate(1s)\n    \
                 filter bwlim-out shared limit 1k key req.hdr(x-key)\n    http-request set-bandwidth-limit shared\n";
    let mut proxy = listen("", lines, &origin);
    let (answer, took) = timed(|| proxy.get("fe", "/"));
    assert!(answer.body.len() == BODY && took < Duration::from_secs(10), "{took:?}");
}

/// What is compressed counts as it comes from its server.
#[test]
fn compressed_bodies_take_their_time() {
    let origin = Origin::start(|_| Answer::status(200, &["Content-Type: text/plain"], &"x".repeat(BODY)));
    let lines = format!(
        "    compression algo gzip\n    compression type text/plain\n    filter comp-res\n{OUT}    http-request set-bandwidth-limit slow\n"
    );
    let mut proxy = listen("", &lines, &origin);
    let mut client = proxy.connect("fe");
    for _ in 0..2 {
        let (answer, took) = timed(|| {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
            client.response()
        });
        assert_eq!(answer.header("content-encoding"), Some("gzip"));
        assert!(!answer.body.is_empty() && answer.body.len() < BODY / 2, "{}", answer.body.len());
        assert_paced(took, 102_400);
    }
}
