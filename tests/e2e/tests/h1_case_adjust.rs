//! How names of headers are spelt for old peers. Manual, chapters 3.1 (`h1-case-adjust`, `h1-case-adjust-file`) and 4.2
//! (`option h1-case-adjust-bogus-client`, `option h1-case-adjust-bogus-server`).

use lockgate_e2e::{Answer, HTTP, Origin, Peer, Proxy, TCP};

const NAMES: &str = "global\n    h1-case-adjust x-one X-oNE\n    h1-case-adjust-file names\n";
const FILE: &str = "# by the file\n\nx-two X-tWO\n   content-length\tContent-LENGTH  \n";

/// Answers with the fields of the request that begin with `x-`, and with trailers.
fn origin() -> Origin {
    Origin::start(|_| {
        Answer::raw(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx-one: 1\r\nX-TWO: 2\r\nX-Three: 3\r\n\r\n\
             2\r\nok\r\n0\r\nX-One: x-one: t\r\n\r\n",
        )
    })
}

fn proxy(options: &str, origin: &Origin) -> Proxy {
    Proxy::builder(&format!(
        "{NAMES}{HTTP}frontend fe\n    bind \"fd@${{fe}}\"\n    {}\n    default_backend be\nbackend be\n    {}\n    server s1 {}\n",
        if options.contains("client") { "option h1-case-adjust-bogus-client" } else { "" },
        if options.contains("server") { "option h1-case-adjust-bogus-server" } else { "" },
        origin.address()
    ))
    .file("names", FILE)
    .start()
}

const REQUEST: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nx-one: 1\r\nX-TWO: 2\r\nX-Three: 3\r\n\r\n\
                       2\r\nok\r\n0\r\nx-ONE: t\r\n\r\n";

/// The names that begin with an X, in the order of the head.
fn names(head: &str) -> Vec<&str> {
    let names = head.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name);
    names.filter(|name| name.starts_with(['x', 'X'])).collect()
}

#[test]
fn servers_get_the_spelling_that_they_need() {
    let origin = origin();
    let mut proxy = proxy("server", &origin);
    let answer = proxy.request("fe", REQUEST);
    let request = origin.last();
    assert_eq!(names(&request.head)[..2], ["X-oNE", "X-tWO"]);
    assert_eq!(request.header("x-one"), Some("1"));
    assert_eq!(request.trailers, ["X-oNE: t"]);
    assert_ne!(names(&answer.head)[..2], ["X-oNE", "X-tWO"], "the client is none of them");
}

#[test]
fn clients_get_the_spelling_that_they_need() {
    let origin = origin();
    let mut proxy = proxy("client", &origin);
    let answer = proxy.request("fe", REQUEST);
    assert_eq!(names(&answer.head)[..2], ["X-oNE", "X-tWO"]);
    assert_eq!(answer.trailers, ["X-oNE: x-one: t"], "values stay");
    assert_ne!(names(&origin.last().head)[..2], ["X-oNE", "X-tWO"], "the server is none of them");
}

#[test]
fn without_an_option_the_names_say_nothing() {
    let origin = origin();
    let mut proxy = proxy("", &origin);
    let answer = proxy.request("fe", REQUEST);
    assert!(!answer.head.contains("oNE") && !origin.last().head.contains("oNE"), "{}", answer.head);
}

/// Answers made here, and checks.
#[test]
fn what_is_made_here_is_spelt_so_too() {
    let checked = Origin::fixed("up");
    let mut proxy = Proxy::builder(&format!(
        "{NAMES}{HTTP}    option h1-case-adjust-bogus-client\n    option h1-case-adjust-bogus-server\nlisten fe\n    bind \"fd@${{fe}}\"\n    \
         http-request return status 200 content-type a/b string ab hdr x-two b\n    option httpchk\n    \
         http-check send meth GET uri / ver HTTP/1.0 hdr x-one c\n    server s1 {} check inter 100ms\n",
        checked.address()
    ))
    .file("names", FILE)
    .start();
    let answer = proxy.get("fe", "/");
    assert!(
        answer.head.contains("Content-LENGTH: 2\r\n") && answer.head.contains("X-tWO: b\r\n"),
        "{}",
        answer.head
    );
    assert!(checked.wait_requests(1)[0].head.contains("X-oNE: c\r\n"));
}

/// A tunnel's bytes are nobody's headers.
#[test]
fn bytes_behind_an_upgrade_are_left_alone() {
    let origin = Origin::raw(|mut peer: Peer| {
        peer.request_head();
        peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\nx-one: 1\r\n\r\na\r\nx-one: 2\r\n\r\n");
        peer.rest();
    });
    let mut proxy = proxy("client", &origin);
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    assert!(client.until("\r\n\r\n").contains("X-oNE: 1\r\n"));
    client.expect("a\r\nx-one: 2\r\n\r\n");
}

#[test]
fn in_tcp_mode_there_are_no_names() {
    let origin = Origin::raw(|mut peer: Peer| peer.send("a\r\nx-one: 1\r\n\r\n"));
    let mut proxy = Proxy::builder(&format!(
        "{NAMES}{TCP}listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        origin.address()
    ))
    .file("names", FILE)
    .start();
    proxy.connect("fe").expect("a\r\nx-one: 1\r\n\r\n");
}
