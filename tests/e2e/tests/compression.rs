//! Bodies that are compressed on their way. Manual, chapter 4.2: `compression`; 9.2: its filters; 3.2: `maxcomprate`,
//! `maxzlibmem`, `tune.comp.maxlevel`; 7.3.6: `res.comp`, `res.comp_algo`.

use std::io::Read as _;
use std::time::{Duration, Instant};

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use lockgate_e2e::{Answer, DEADLINE, Gate, HTTP, Origin, Peer, Proxy, Response, ask, is_reference, run};

/// Many times the same, as text is.
const TEXT: &str = "All work and no play makes Jack a dull boy. All work and no play makes Jack a dull boy. ";

/// A proxy before `origin` with these lines in its backend, and others in its frontend.
fn proxy(origin: &Origin, frontend: &str, backend: &str) -> Proxy {
    let address = origin.address();
    Proxy::start(&format!(
        "{HTTP}frontend fe\n    bind \"fd@${{fe}}\"\n{frontend}\n    default_backend be\nbackend be\n{backend}\n    \
         server s {address}\n"
    ))
}

fn request(accept: &str, more: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {accept}\r\n{more}\r\n")
}

/// The body as a client understands it that knows the codings of `Content-Encoding`.
fn decoded(response: &Response) -> String {
    let mut text = String::new();
    let body = &response.body[..];
    match response.header("content-encoding") {
        Some("gzip") => GzDecoder::new(body).read_to_string(&mut text).expect("a gzip body"),
        Some("deflate") => ZlibDecoder::new(body).read_to_string(&mut text).expect("a zlib body"),
        None => (&response.body[..]).read_to_string(&mut text).expect("plain text"),
        Some(other) => panic!("nobody asked for {other}"),
    };
    text
}

/// A response of `status` with these fields and [`TEXT`].
fn text(status: u16, fields: &[&str]) -> Answer {
    Answer::status(status, fields, TEXT)
}

#[test]
fn which_coding_is_chosen() {
    let origin = Origin::start(|_| text(200, &["Content-Type: text/plain", "ETag: \"1\""]));
    let lines = "    compression algo gzip deflate\n    compression type text/plain text/html";
    let mut proxy = proxy(&origin, "", lines);
    for (accept, coding) in [
        ("gzip", Some("gzip")),
        ("GZIP", Some("gzip")),
        ("deflate", Some("deflate")),
        ("gzip, deflate", Some("gzip")),
        ("gzip;q=0.5, deflate;q=0.7", Some("deflate")),
        ("*;q=0, gzip;q=0.750, deflate;q=0.500", Some("gzip")),
        ("*", Some("deflate")),
        ("br;q=1, gzip;q=0.1", Some("gzip")),
        ("gzip;q=0", None),
        ("br", None),
        ("identity", None),
        ("", None),
    ] {
        let response = proxy.request("fe", &request(accept, ""));
        assert_eq!(response.header("content-encoding"), coding, "{accept}");
        assert_eq!(decoded(&response), TEXT, "{accept}");
        let chunked = coding.map(|_| "chunked");
        assert_eq!(response.header("transfer-encoding"), chunked, "{accept}");
        assert_eq!(response.header("content-length").is_none(), coding.is_some(), "{accept}");
        assert_eq!(response.header("vary"), coding.map(|_| "Accept-Encoding"), "{accept}");
        assert_eq!(
            response.header("etag"),
            Some(if coding.is_some() { "W/\"1\"" } else { "\"1\"" }),
            "{accept}"
        );
        assert!(coding.is_none() || response.body.len() < TEXT.len());
    }
}

#[test]
fn which_responses_are_compressed() {
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n";
    let cases: &[(&str, Answer, bool)] = &[
        ("plain", text(200, &["Content-Type: text/plain"]), true),
        ("with a charset", text(200, &["Content-Type: TEXT/Plain; charset=utf-8"]), true),
        ("203", text(203, &["Content-Type: text/plain"]), true),
        ("chunks", Answer::raw(format!("{chunked}\r\n4\r\nAll \r\n4\r\nwork\r\n0\r\n\r\n")), true),
        ("no chunk", Answer::raw(format!("{chunked}\r\n0\r\n\r\n")), true),
        ("weak tag", text(200, &["Content-Type: text/plain", "ETag: W/\"1\""]), true),
        ("any vary", text(200, &["Content-Type: text/plain", "Vary: *"]), true),
        ("another type", text(200, &["Content-Type: image/png"]), false),
        ("no type", text(200, &[]), false),
        ("empty", Answer::status(200, &["Content-Type: text/plain"], ""), false),
        ("204", Answer::status(204, &["Content-Type: text/plain"], ""), false),
        ("206", text(206, &["Content-Type: text/plain", "Content-Range: bytes 0-1/4"]), false),
        ("404", text(404, &["Content-Type: text/plain"]), false),
        ("coded", text(200, &["Content-Type: text/plain", "Content-Encoding: br"]), false),
        (
            "no-transform",
            text(200, &["Content-Type: text/plain", "Cache-Control: private, no-transform"]),
            false,
        ),
        ("malformed tag", text(200, &["Content-Type: text/plain", "ETag: 1"]), false),
        ("two tags", text(200, &["Content-Type: text/plain", "ETag: \"1\"", "ETag: \"1\""]), false),
        (
            "HTTP/1.0",
            Answer::raw("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nwork"),
            false,
        ),
        (
            "until the end",
            Answer::raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nwork").then_close(),
            false,
        ),
    ];
    for (name, answer, wanted) in cases {
        let answer = answer.clone();
        let origin = Origin::start(move |_| answer.clone());
        let mut proxy = proxy(&origin, "    compression algo gzip\n    compression type text/plain", "");
        let response = proxy.request("fe", &request("gzip", ""));
        assert_eq!(response.header("content-encoding") == Some("gzip"), *wanted, "{name}: {}", response.head);
        // 2.6 adds nothing behind an asterisk, 3.x does.
        let varies = response.header("vary").is_some_and(|value| value.contains("Accept-Encoding"));
        assert!(varies == *wanted || (is_reference() && *name == "any vary"), "{name}: {}", response.head);
    }
}

#[test]
fn which_requests_get_compressed_responses() {
    let origin = Origin::start(|request| match &*request.method {
        "HEAD" => Answer::raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 88\r\n\r\n"),
        _ => text(200, &["Content-Type: text/plain"]),
    });
    let mut proxy = proxy(&origin, "", "    compression algo gzip");
    let old = "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)";
    for (request, wanted) in [
        (request("gzip", ""), true),
        (request("gzip", "User-Agent: curl/8\r\n"), true),
        (request("gzip", "User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)\r\n"), true),
        (request("gzip", &format!("User-Agent: {old}\r\n")), false),
        ("GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n".to_owned(), false),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), false),
    ] {
        let response = proxy.request("fe", &request);
        assert_eq!(response.header("content-encoding").is_some(), wanted, "{request}");
        assert_eq!(decoded(&response), TEXT);
    }
    let mut client = proxy.connect("fe");
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    let head = client.until("\r\n\r\n");
    assert!(head.contains("88") && !head.to_lowercase().contains("content-encoding"), "{head}");
}

#[test]
fn servers_learn_what_clients_accept_unless_told_otherwise() {
    let origin = Origin::start(|_| text(200, &["Content-Type: text/plain"]));
    for (line, seen) in [("", Some("gzip, br")), ("compression offload", None)] {
        let mut proxy = proxy(&origin, "", &format!("    compression algo gzip\n    {line}"));
        let response = proxy.request("fe", &request("gzip, br", ""));
        assert_eq!(decoded(&response), TEXT);
        assert_eq!(response.header("content-encoding"), Some("gzip"));
        assert_eq!(origin.last().header("accept-encoding"), seen, "{line}");
    }
}

#[test]
fn the_backend_has_the_first_word() {
    let origin = Origin::start(|_| text(200, &["Content-Type: text/plain"]));
    for (frontend, backend, accept, coding) in [
        ("compression algo gzip", "compression type text/html", "gzip", None),
        ("compression algo gzip", "compression type text/", "gzip", Some("gzip")),
        ("compression algo gzip", "compression algo deflate", "gzip", None),
        ("compression algo gzip", "compression algo deflate", "deflate", Some("deflate")),
        ("compression algo gzip", "", "gzip", Some("gzip")),
        ("", "", "gzip", None),
    ] {
        let mut proxy = proxy(&origin, &format!("    {frontend}"), &format!("    {backend}"));
        let response = proxy.request("fe", &request(accept, ""));
        assert_eq!(response.header("content-encoding"), coding, "{frontend}, {backend}");
        assert_eq!(decoded(&response), TEXT);
    }
}

#[test]
fn identity_changes_the_framing_alone() {
    let origin = Origin::start(|_| text(200, &["Content-Type: text/plain"]));
    let mut proxy = proxy(&origin, "", "    compression algo identity");
    let response = proxy.get("fe", "/");
    assert_eq!(response.header("content-encoding"), None);
    assert_eq!(response.header("transfer-encoding"), Some("chunked"));
    assert_eq!(response.text(), TEXT);
}

#[test]
fn deflate_without_its_wrapper() {
    let origin = Origin::start(|_| text(200, &["Content-Type: text/plain"]));
    let mut proxy = proxy(&origin, "", "    compression algo raw-deflate");
    let response = proxy.request("fe", &request("deflate", ""));
    assert_eq!(response.header("content-encoding"), Some("deflate"));
    let mut text = String::new();
    DeflateDecoder::new(&response.body[..]).read_to_string(&mut text).expect("a raw body");
    assert_eq!(text, TEXT);
}

#[test]
fn long_bodies_and_many_on_one_connection() {
    let body: &'static str = TEXT.repeat(20_000).leak();
    let origin = Origin::start(move |request| {
        let length = request.target.trim_start_matches('/').parse().unwrap_or(0);
        Answer::status(200, &["Content-Type: text/plain"], &body[..length])
    });
    let mut proxy = proxy(&origin, "", "    compression algo gzip");
    let mut client = proxy.connect("fe");
    for length in [1, 16_384, 100_000, 1_700_000, 5] {
        client.send(format!("GET /{length} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"));
        let response = client.response();
        assert_eq!(response.header("content-encoding"), Some("gzip"));
        assert!(decoded(&response) == body[..length], "{length} bytes come through");
    }
}

#[test]
fn slow_bodies_are_not_withheld() {
    let gate = Gate::new();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    let slow = Answer::raw(format!("{head}9\r\nfirst one\r\n")).wait(&gate).send("6\r\nsecond\r\n0\r\n\r\n");
    let origin = Origin::start(move |_| slow.clone());
    let mut proxy = proxy(&origin, "", "    compression algo gzip");
    let mut client = proxy.connect("fe");
    client.send(request("gzip", ""));
    client.until("\r\n\r\n");
    let size = client.until("\r\n");
    let size = usize::from_str_radix(size.trim_end(), 16).expect("the length of a chunk");
    let first = client.take("a chunk", |bytes| (bytes.len() >= size).then_some(size));
    let mut seen = *b"first one";
    // 2.6 keeps the last bits until more comes, 3.x does not.
    if !is_reference() {
        seen = [0; 9];
        GzDecoder::new(&first[..]).read_exact(&mut seen).expect("all that was sent can be decoded");
    }
    assert_eq!(&seen, b"first one");
    gate.open();
    let (rest, _) = {
        client.half_close();
        client.rest()
    };
    assert!(rest.ends_with(b"\r\n0\r\n\r\n"), "{rest:?}");
}

#[test]
fn rules_know_and_bodies_they_wait_for_are_compressed() {
    let origin = Origin::start(|_| text(200, &["Content-Type: text/plain"]));
    let lines = "    compression algo gzip\n    http-response wait-for-body time 5s\n    \
                 http-response set-header X-Comp \"%[res.comp] %[res.comp_algo] %[res.body_size]\"";
    let mut proxy = proxy(&origin, "", lines);
    let response = proxy.request("fe", &request("gzip", ""));
    let size =
        if is_reference() { response.header("x-comp").map(str::to_owned) } else { Some("1 gzip 88".into()) };
    assert_eq!(response.header("x-comp").map(str::to_owned), size);
    assert_eq!((response.header("content-encoding"), decoded(&response)), (Some("gzip"), TEXT.to_owned()));
    let response = proxy.get("fe", "/");
    assert!(response.header("x-comp").is_some_and(|told| told.starts_with("0 ")), "{}", response.head);
    assert_eq!(response.text(), TEXT);
}

#[test]
fn trailers_pass_behind_a_compressed_body() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    let origin = Origin::start(move |_| Answer::raw(format!("{head}4\r\nwork\r\n0\r\nX-Sum: 1\r\n\r\n")));
    let mut proxy = proxy(&origin, "", "    compression algo gzip");
    let response = proxy.request("fe", &request("gzip", ""));
    assert_eq!(decoded(&response), "work");
    assert_eq!(response.trailers.iter().map(|t| t.to_lowercase()).collect::<Vec<_>>(), ["x-sum: 1"]);
}

#[test]
fn a_body_that_is_cut_short_is_not_finished() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n";
    let origin = Origin::start(move |_| Answer::raw(format!("{head}work")).then_close());
    let mut proxy = proxy(&origin, "", "    compression algo gzip");
    let mut client = proxy.connect("fe");
    client.send(request("gzip", ""));
    let (all, _) = client.rest();
    assert!(!all.ends_with(b"\r\n0\r\n\r\n"), "the client can tell: {all:?}");
}

/// What 3.x has beyond 2.6, which Debian has.
const REQUESTS: &str = "    compression direction both
    compression algo-req gzip
    compression type-req text/plain
    compression minsize-req 20
    compression algo-res gzip
    compression minsize-res 20";

#[test]
fn requests_are_compressed_where_asked() {
    if is_reference() {
        return;
    }
    let origin = Origin::start(|request| Answer::ok(if request.target == "/short" { "short" } else { TEXT }));
    let mut proxy = proxy(&origin, "", REQUESTS);
    let post = |fields: &str, body: &str| {
        format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let plain = "Content-Type: text/plain\r\n";
    for (request, wanted) in [
        (post(plain, TEXT), true),
        (post(plain, "short"), false),
        (post("Content-Type: image/png\r\n", TEXT), false),
        (post("Content-Type: text/plain\r\nContent-Encoding: br\r\n", TEXT), false),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), false),
    ] {
        proxy.request("fe", &request);
        let seen = origin.last();
        let coded = seen.header("content-encoding") == Some("gzip");
        assert_eq!(coded, wanted, "{request}");
        if coded {
            let mut text = String::new();
            GzDecoder::new(&seen.body[..]).read_to_string(&mut text).expect("a gzip body");
            assert_eq!((text.as_str(), seen.header("content-length")), (TEXT, None));
        }
    }
    let short = "GET /short HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n";
    assert_eq!(proxy.request("fe", short).header("content-encoding"), None);
    assert_eq!(proxy.request("fe", &request("gzip", "")).header("content-encoding"), Some("gzip"));
}

#[test]
fn a_request_is_compressed_anew_for_each_attempt() {
    if is_reference() {
        return;
    }
    let origin =
        Origin::start(|request| if request.connection == 0 { Answer::close() } else { Answer::ok("ok") });
    let lines = format!("{REQUESTS}\n    retry-on empty-response\n    retries 2");
    let mut proxy = proxy(&origin, "", &lines);
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length";
    assert_eq!(proxy.request("fe", &format!("{head}: {}\r\n\r\n{TEXT}", TEXT.len())).text(), "ok");
    let seen = origin.requests();
    assert_eq!(seen.len(), 2);
    for request in seen {
        let mut text = String::new();
        GzDecoder::new(&request.body[..]).read_to_string(&mut text).expect("a gzip body");
        assert_eq!(text, TEXT);
    }
}

/// The proxy of [`limits`] and [`what_is_counted`].
fn counted(origin: &Origin, global: &str) -> (Proxy, std::path::PathBuf) {
    let address = origin.address();
    let builder = Proxy::builder(&format!(
        "global\n    stats socket unix@api.sock level admin\n{global}\n{HTTP}frontend fe\n    bind \"fd@${{fe}}\"\n    \
         default_backend be\nbackend be\n    compression algo gzip\n    server s {address}\n"
    ));
    let socket = builder.directory().join("api.sock");
    (builder.start(), socket)
}

/// One column of `show stat` for a proxy's own line.
fn column(socket: &std::path::Path, proxy: &str, side: &str, name: &str) -> u64 {
    let all = ask(socket, "show stat\n");
    let mut lines = all.lines();
    let names: Vec<&str> = lines.next().expect("a header").trim_start_matches("# ").split(',').collect();
    let at = names.iter().position(|known| *known == name).expect("a column");
    let line = lines.find(|line| line.starts_with(&format!("{proxy},{side},"))).expect("the proxy");
    line.split(',').nth(at).and_then(|value| value.parse().ok()).expect("a number")
}

/// Waits until `is_there`: counters may be written just after the response.
fn eventually(what: &str, mut is_there: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_there() {
        assert!(started.elapsed() < DEADLINE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_counted() {
    let origin = Origin::start(|_| text(200, &["Content-Type: text/plain"]));
    let (mut proxy, socket) = counted(&origin, "");
    let mut coded = 0;
    for accept in ["gzip", "br", "gzip"] {
        let response = proxy.request("fe", &request(accept, ""));
        coded += if accept == "gzip" { response.body.len() as u64 } else { 0 };
    }
    for (name, side) in [("fe", "FRONTEND"), ("be", "BACKEND")] {
        eventually("two responses were compressed", || column(&socket, name, side, "comp_rsp") == 2);
        assert_eq!(column(&socket, name, side, "comp_in"), 2 * TEXT.len() as u64);
        assert_eq!(column(&socket, name, side, "comp_out"), coded);
        assert_eq!(column(&socket, name, side, "comp_byp"), 0);
    }
}

#[test]
fn beyond_the_rate_nothing_is_compressed() {
    let body: &'static str = TEXT.repeat(3_000).leak();
    let origin = Origin::start(move |_| Answer::status(200, &["Content-Type: text/plain"], body));
    let (mut proxy, socket) = counted(&origin, "    maxcomprate 1000000");
    assert_eq!(proxy.request("fe", &request("gzip", "")).header("content-encoding"), Some("gzip"));
    let info = ask(&socket, "show info\n");
    assert!(info.contains("\nCompressBpsRateLim: 1024000000\n"), "{info}");
    ask(&socket, "set rate-limit http-compression global 1\n");
    // The body above counts for a second; where that is over, one more is compressed first.
    eventually("there is a limit", || {
        let response = proxy.request("fe", &request("gzip", ""));
        assert!(decoded(&response) == body);
        response.header("content-encoding").is_none()
    });
}

#[test]
fn beyond_its_memory_nothing_is_compressed() {
    if is_reference() {
        // It is built with a coder that takes next to none.
        return;
    }
    let gate = Gate::new();
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwork\r\n";
    let slow = Answer::raw(head).wait(&gate).send("0\r\n\r\n");
    let origin = Origin::start(move |_| slow.clone());
    let (mut proxy, _) = counted(&origin, "    maxzlibmem 1");
    let ask_for = |proxy: &mut Proxy| -> (Peer, bool) {
        let mut client = proxy.connect("fe");
        client.send(request("gzip", ""));
        let head = client.until("\r\n\r\n");
        (client, head.contains("Content-Encoding: gzip"))
    };
    let under_way: Vec<(Peer, bool)> = (0..5).map(|_| ask_for(&mut proxy)).collect();
    let compressed: Vec<bool> = under_way.iter().map(|(_, is)| *is).collect();
    assert_eq!(compressed, [true, true, false, false, false], "a megabyte is enough for two");
    gate.open();
    for (mut client, _) in under_way {
        client.take("the end", |bytes| bytes.ends_with(b"\r\n0\r\n\r\n").then_some(bytes.len()));
    }
    eventually("memory is free again", || ask_for(&mut proxy).1);
}

#[test]
fn a_busy_process_compresses_nothing_new() {
    let origin = Origin::start(|_| text(200, &["Content-Type: text/plain"]));
    let (mut proxy, _) = counted(&origin, "    maxcompcpuusage 0");
    // Answering is work enough, once somebody has looked.
    eventually("there is a limit", || {
        let response = proxy.request("fe", &request("gzip", ""));
        assert_eq!(decoded(&response), TEXT);
        response.header("content-encoding").is_none()
    });
}

#[test]
fn the_statistics_page_is_compressed_and_replies_are_not() {
    let mut proxy = Proxy::start(&format!(
        "{HTTP}frontend fe\n    bind \"fd@${{fe}}\"\n    compression algo gzip\n    stats enable\n    stats uri /stats\n    \
         http-request return status 200 content-type text/plain string \"{TEXT}\" if {{ path /reply }}\n    \
         http-after-response set-header X-Comp %[res.comp]\n"
    ));
    let mut client = proxy.connect("fe");
    for (target, line, coding) in [
        ("/stats;csv", "HTTP/1.1", Some("gzip")),
        ("/stats", "HTTP/1.1", Some("gzip")),
        ("/reply", "HTTP/1.1", None),
        ("/stats;csv", "HTTP/1.0", None),
    ] {
        client.send(format!("GET {target} {line}\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"));
        let response = client.response();
        assert_eq!(response.header("content-encoding"), coding, "{target} {line}");
        assert_eq!(response.header("x-comp"), Some(if coding.is_some() { "1" } else { "0" }), "{target}");
        assert!(decoded(&response).len() >= TEXT.len(), "{target} {line}");
    }
}

#[test]
fn levels() {
    let body: &'static str = (0..20_000_u32).map(|n| (n * n % 1_009).to_string()).collect::<String>().leak();
    let length = |level: u8| {
        let origin = Origin::start(move |_| Answer::status(200, &["Content-Type: text/plain"], body));
        let (mut proxy, _) = counted(&origin, &format!("    tune.comp.maxlevel {level}"));
        let response = proxy.request("fe", &request("gzip", ""));
        assert!(decoded(&response) == body);
        response.body.len()
    };
    if !is_reference() {
        assert!(length(9) < length(1), "more work makes it shorter");
    }
}

#[test]
fn which_configurations_are_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let check = |lines: &str| {
        let text = format!("{HTTP}frontend fe\n    bind 127.0.0.1:1\n{lines}\n");
        std::fs::write(directory.path().join("test.cfg"), text).expect("the directory can be written");
        run(&["-c", "-f", "test.cfg"], directory.path())
    };
    for (lines, wanted) in [
        ("    compression algo gzip", true),
        ("    filter compression\n    compression algo gzip", true),
        ("    filter trace\n    filter compression\n    compression algo gzip", true),
        ("    compression algo", false),
        ("    compression algo brotli", false),
        ("    compression type", false),
        ("    compression level 3", false),
        ("    filter compression\n    filter compression", false),
        ("    filter trace\n    compression algo gzip", false),
    ] {
        let finished = check(lines);
        assert_eq!(finished.status.success(), wanted, "{lines}: {}", finished.stderr);
    }
}
