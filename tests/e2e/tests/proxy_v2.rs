//! The PROXY protocol, version 2: what servers are told beside addresses, what is taken from clients, and that HAProxy
//! understands the one and makes the other. Manual, chapters 5.1 ("accept-proxy"), 5.2 ("send-proxy-v2",
//! "proxy-v2-options", "set-proxy-v2-tlv-fmt") and 7.3.3 ("fc_pp_tlv"); the protocol's specification, section 2.2.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{HTTP, Origin, Peer, Proxy, Response, TCP, curl, is_reference, program};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// What a header of version 2 says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Header {
    /// Version and command.
    command: u8,
    family: u8,
    addresses: Vec<u8>,
    fields: Vec<(u8, Vec<u8>)>,
    bytes: Vec<u8>,
}

impl Header {
    /// Takes the header off a connection.
    fn take(peer: &mut Peer) -> Self {
        let bytes = peer.take("a PROXY header", |pending| {
            let length = pending.get(14..16)?;
            let end = 16 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            (pending.len() >= end).then_some(end)
        });
        assert_eq!(&bytes[..12], SIGNATURE);
        let (command, family) = (bytes[12], bytes[13]);
        let end = 16 + [0, 12, 36][usize::from(family >> 4)];
        let (addresses, fields) = (bytes[16..end].to_vec(), fields(&bytes[end..]));
        Header { command, family, addresses, fields, bytes }
    }

    fn field(&self, kind: u8) -> Option<String> {
        let value = &self.fields.iter().find(|(other, _)| *other == kind)?.1;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    fn kinds(&self) -> Vec<u8> {
        self.fields.iter().map(|(kind, _)| *kind).collect()
    }
}

fn fields(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let length = usize::from(u16::from_be_bytes([bytes[1], bytes[2]]));
        fields.push((bytes[0], bytes[3..3 + length].to_vec()));
        bytes = &bytes[3 + length..];
    }
    fields
}

/// A server that reads a header and answers one line; the headers come out of the channel.
fn server() -> (Origin, Receiver<Header>) {
    let (sender, headers) = channel();
    let origin = Origin::raw(move |mut peer| {
        let header = Header::take(&mut peer);
        peer.expect("hello\n");
        peer.send("seen\n");
        let _ = sender.send(header);
    });
    (origin, headers)
}

/// One connection through a TCP proxy to a server with these words.
fn sent(frontend: &str, words: &str) -> (Header, SocketAddr, SocketAddr) {
    let (origin, headers) = server();
    let mut proxy = Proxy::start(&format!(
        "{TCP}
frontend fe
    bind \"fd@${{fe}}\"
{frontend}
    default_backend be
backend be
    server s {} {words}
",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    client.send("hello\n");
    client.expect("seen\n");
    (headers.recv().expect("the server has read a header"), client.local_address(), proxy.address("fe"))
}

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 0 { 0 } else { 0x82f6_3b78 })
    })
}

#[test]
fn a_server_is_told_addresses_and_what_is_asked_for() {
    // Without a format, at the end of the line, a field is empty.
    let words = "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority set-proxy-v2-tlv-fmt(0xE1) %[src] \
                 set-proxy-v2-tlv-fmt(0xE2)";
    let (header, client, front) = sent("    unique-id-format id-%[fe_name]\n", words);
    assert_eq!((header.command, header.family), (0x21, 0x11));
    let ports = [client.port().to_be_bytes(), front.port().to_be_bytes()].concat();
    assert_eq!(header.addresses, [&[127, 0, 0, 1, 127, 0, 0, 1][..], &ports].concat());
    assert_eq!(header.kinds(), [0xE1, 0xE2, 0x03, 0x05]);
    assert_eq!(header.field(0xE1).as_deref(), Some("127.0.0.1"));
    assert_eq!(header.field(0xE2).as_deref(), Some(""));
    assert_eq!(header.field(0x05).as_deref(), Some("id-fe"));
    let checksum = &header.fields[2].1;
    let at = header.bytes.len() - "id-fe".len() - 3 - 4;
    assert_eq!(header.bytes[at..at + 4], checksum[..]);
    let mut zeroed = header.bytes.clone();
    zeroed[at..at + 4].fill(0);
    assert_eq!(crc32c(&zeroed).to_be_bytes(), checksum[..]);
}

#[test]
fn a_client_without_tls_is_told_as_such() {
    let (header, ..) = sent("", "send-proxy-v2-ssl-cn");
    assert_eq!(header.fields, [(0x20, vec![0; 5])]);
}

#[test]
fn version_1_is_still_a_line() {
    let origin = Origin::raw(move |mut peer| {
        let line = peer.until("\r\n");
        peer.send(line);
    });
    let mut proxy = Proxy::start(&format!(
        "{TCP}
listen fe
    bind \"fd@${{fe}}\"
    server s {} send-proxy
",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    let (from, to) = (client.local_address().port(), proxy.address("fe").port());
    client.send("x");
    assert_eq!(client.until("\r\n"), format!("PROXY TCP4 127.0.0.1 127.0.0.1 {from} {to}\r\n"));
}

/// A check introduces itself as the proxy's own connection, wherever a session to the same address would be introduced.
#[test]
fn checks_begin_with_a_header_as_well() {
    let (sender, begins) = channel();
    let origin = Origin::raw(move |mut peer| {
        let begin = peer.take("a header", |pending| (pending.len() >= 16).then_some(16));
        let _ = sender.send((begin, peer.until("\r\n")));
    });
    let begin = |words: &str| {
        let _proxy = Proxy::start(&format!(
            "{HTTP}
frontend fe
    bind \"fd@${{fe}}\"
    default_backend be
backend be
    option httpchk GET /check
    server s {} check inter 20ms {words}
",
            origin.address()
        ));
        begins.recv().unwrap()
    };
    let line = b"PROXY TCP4 127.0";
    assert_eq!(begin("send-proxy").0, line);
    assert_eq!(begin("check-send-proxy").0, line);
    let (header, rest) = begin("send-proxy-v2");
    assert_eq!(
        (&header[..], &rest[..]),
        (&[SIGNATURE, b"\x20\0\0\0"].concat()[..], "GET /check HTTP/1.0\r\n")
    );
}

/// A frontend that says what it was told.
const ECHO: &str = "frontend fe
    bind \"fd@${fe}\" accept-proxy
    http-after-response set-header x-src %[src]:%[src_port]
    http-after-response set-header x-dst %[dst]:%[dst_port]
    http-after-response set-header x-authority %[fc_pp_authority]
    http-after-response set-header x-id %[fc_pp_unique_id]
";

/// A field that HAProxy can show since 2.9.
const ECHO_TLV: &str = "    http-after-response set-header x-tlv %[fc_pp_tlv(0xE1)]\n";

const DONE: &str = "    http-request return status 200\n";

fn header(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("a header's length").to_be_bytes();
    [SIGNATURE, &[command, family], &length, body].concat()
}

/// 127.0.0.1:42 to 127.0.0.2:1337.
const IPV4: &[u8] = b"\x7F\0\0\x01\x7F\0\0\x02\0\x2A\x05\x39";

fn echoed(proxy: &mut Proxy, header: &[u8]) -> Option<Response> {
    let mut client = proxy.connect("fe");
    // One that is refused may be cut before the request has gone.
    let _ = client.try_send(header);
    let _ = client.try_send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client.rest_or_response()
}

#[test]
fn fields_of_a_header_can_be_asked_for() {
    let mut proxy = Proxy::start(&format!("{HTTP}{ECHO}{ECHO_TLV}{DONE}"));
    let fields = b"\x02\0\x05a.exa\xE1\0\x03foo\x05\0\x02id";
    let response = echoed(&mut proxy, &header(0x21, 0x11, &[IPV4, fields].concat())).unwrap();
    assert_eq!(response.header("x-src"), Some("127.0.0.1:42"));
    assert_eq!(response.header("x-dst"), Some("127.0.0.2:1337"));
    assert_eq!(response.header("x-authority"), Some("a.exa"));
    assert_eq!(response.header("x-id"), Some("id"));
    assert_eq!(response.header("x-tlv"), Some("foo"));
    let mut ipv6 = [0; 36];
    (ipv6[15], ipv6[31], ipv6[33], ipv6[35]) = (1, 2, 3, 4);
    let response = echoed(&mut proxy, &header(0x21, 0x21, &ipv6)).unwrap();
    assert_eq!(response.header("x-src"), Some("::1:3"));
    assert!(response.header("x-authority").unwrap_or_default().is_empty());
    // Of a connection of the proxy's own nothing is said but its fields.
    let response = echoed(&mut proxy, &header(0x20, 0, b"\x05\0\x02me")).unwrap();
    assert_ne!(response.header("x-src"), Some("127.0.0.1:42"));
    assert_eq!(response.header("x-id"), Some("me"));
}

/// Only connections that a rule chooses begin with a header.
#[test]
fn a_rule_can_expect_the_header() {
    let frontend = ECHO
        .replace(" accept-proxy", "\n    tcp-request connection expect-proxy layer4 if { dst_port gt 0 }");
    let plain = ECHO
        .replace(" accept-proxy", "\n    tcp-request connection expect-proxy layer4 if { src 10.0.0.0/8 }");
    let session = "    tcp-request session reject if { src 10.1.2.3 }\n";
    let mut proxy = Proxy::start(&format!("{HTTP}{frontend}{session}{DONE}"));
    let response = echoed(&mut proxy, &header(0x21, 0x11, IPV4)).unwrap();
    assert_eq!(response.header("x-src"), Some("127.0.0.1:42"));
    assert!(echoed(&mut proxy, b"").is_none());
    assert!(echoed(&mut proxy, &header(0x21, 0x11, b"\x0A\x01\x02\x03\x7F\0\0\x02\0\x2A\x05\x39")).is_none());
    let mut proxy = Proxy::start(&format!("{HTTP}{plain}{DONE}"));
    assert!(echoed(&mut proxy, b"").is_some());
}

#[test]
fn a_checksum_is_checked() {
    let mut proxy = Proxy::start(&format!("{HTTP}{ECHO}{DONE}"));
    let mut good = header(0x21, 0x11, &[IPV4, b"\x03\0\x04\0\0\0\0\x02\0\x01a"].concat());
    let sum = crc32c(&good).to_be_bytes();
    good[31..35].copy_from_slice(&sum);
    assert_eq!(echoed(&mut proxy, &good).unwrap().header("x-authority"), Some("a"));
    good[34] ^= 1;
    assert!(echoed(&mut proxy, &good).is_none());
}

#[test]
fn headers_that_are_wrong_end_the_connection() {
    let mut proxy = Proxy::start(&format!("{HTTP}{ECHO}{DONE}"));
    let with = |fields: &[u8]| header(0x21, 0x11, &[IPV4, fields].concat());
    let long = |kind: u8, bytes: usize| {
        let length = u16::try_from(bytes).unwrap().to_be_bytes();
        with(&[&[kind][..], &length, &vec![b'x'; bytes]].concat())
    };
    let wrong = [
        // A field longer than what is left, one that ends before the header, half a field.
        with(b"\x02\0\x0a12345"),
        with(b"\x02\0\x0412345"),
        with(b"\x02\0"),
        // Too long for what they are.
        long(0x02, 256),
        long(0x05, 129),
        long(0xE0, 1025),
        // No room for the addresses, an unknown version, an unknown command.
        header(0x21, 0x11, b"\x7F\0\0\x01"),
        header(0x31, 0x11, IPV4),
        header(0x22, 0x11, IPV4),
        b"PROXY TCP4 1.2.3.4 ::1 1 2\r\n".to_vec(),
    ];
    for bytes in &wrong {
        assert!(echoed(&mut proxy, bytes).is_none(), "{bytes:02x?}");
    }
    let right = [long(0x02, 255), long(0x05, 128), long(0xE0, 1024)];
    for bytes in &right {
        assert!(echoed(&mut proxy, bytes).is_some(), "{bytes:02x?}");
    }
}

/// `front` sends to `back`, both read the same configuration language.
fn through(front: Option<&Path>, back: Option<&Path>, tlv: &str, echo: &str) -> Response {
    let start = |text: String, program: Option<&Path>| {
        let builder = Proxy::builder(&text);
        match program {
            Some(program) => builder.program(program.to_owned()).start(),
            None => builder.start(),
        }
    };
    let receiver = start(format!("{HTTP}{ECHO}{echo}{DONE}"), back);
    let mut sender = start(
        format!(
            "{HTTP}
frontend fe
    bind \"fd@${{fe}}\" accept-proxy
    unique-id-format id-%[req.hdr(x)]
    default_backend be
backend be
    server s {} send-proxy-v2 proxy-v2-options crc32c,unique-id,authority {tlv}
",
            receiver.address("fe")
        ),
        front,
    );
    let mut client = sender.connect("fe");
    client.send(header(0x21, 0x11, &[IPV4, b"\x02\0\x04host"].concat()));
    client.send("GET / HTTP/1.1\r\nHost: h\r\nx: y\r\n\r\n");
    let response = client.response();
    assert_eq!(response.header("x-src"), Some("127.0.0.1:42"));
    assert_eq!(response.header("x-dst"), Some("127.0.0.2:1337"));
    assert_eq!(response.header("x-authority"), Some("host"));
    assert_eq!(response.header("x-id"), Some("id-y"));
    response
}

#[test]
fn one_proxy_tells_the_next() {
    let response = through(None, None, "set-proxy-v2-tlv-fmt(0xE1) %[src]", ECHO_TLV);
    assert_eq!(response.header("x-tlv"), Some("127.0.0.1"));
}

#[test]
fn haproxy_and_lockgate_understand_each_other() {
    if is_reference() {
        return;
    }
    let haproxy = program("haproxy");
    through(None, Some(&haproxy), "", "");
    through(Some(&haproxy), None, "", "");
}

#[test]
fn what_is_known_of_the_clients_tls_is_told() {
    let authority = Authority::new("Example CA");
    let (origin, headers) = server();
    let mut proxy = Proxy::builder(&format!(
        "{TCP}
frontend fe
    bind \"fd@${{fe}}\" ssl crt front.pem ca-file ca.crt verify optional alpn http/1.1 ssl-min-ver TLSv1.3
    default_backend be
backend be
    server s {} send-proxy-v2-ssl-cn proxy-v2-options cert-key,cert-sig,ssl-cipher,authority
",
        origin.address()
    ))
    .file("front.pem", authority.issue(&Subject::server(&["www.dom.com"])).pem())
    .file("ca.crt", authority.pem())
    .file("client.pem", authority.issue(&Subject::client("the client")).pem())
    .start();
    let directory = proxy.directory().to_owned();
    let connect = proxy.address("fe").to_string();
    let mut hello = |arguments: &[&str]| {
        assert!(proxy.is_running());
        let all = [
            &["s_client", "-connect", &connect, "-quiet", "-servername", "www.dom.com", "-CAfile", "ca.crt"],
            arguments,
        ]
        .concat();
        lockgate_e2e::run_program("openssl", &all, "hello\n", &directory);
        headers.recv().unwrap()
    };
    let with = hello(&["-cert", "client.pem", "-key", "client.pem", "-alpn", "http/1.1"]);
    assert_eq!(with.kinds(), [0x01, 0x02, 0x20]);
    assert_eq!((with.field(1).as_deref(), with.field(2).as_deref()), (Some("http/1.1"), Some("www.dom.com")));
    let ssl = &with.fields[2].1;
    assert_eq!(ssl[..5], [7, 0, 0, 0, 0]);
    let parts = fields(&ssl[5..]);
    let text = |at: usize| (parts[at].0, String::from_utf8_lossy(&parts[at].1).into_owned());
    assert_eq!(text(0), (0x21, "TLSv1.3".to_owned()));
    assert_eq!(text(1), (0x22, "the client".to_owned()));
    assert_eq!(text(2), (0x25, "EC256".to_owned()));
    assert_eq!(text(3), (0x24, "ecdsa-with-SHA256".to_owned()));
    assert_eq!(text(4).0, 0x23);
    assert!(text(4).1.starts_with("TLS_"), "{}", text(4).1);
    let without = hello(&[]);
    assert_eq!(without.kinds(), [0x02, 0x20]);
    let ssl = &without.fields[1].1;
    assert_eq!(ssl[..5], [1, 0, 0, 0, 0]);
    assert_eq!(fields(&ssl[5..]).iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [0x21, 0x25, 0x24, 0x23]);
}

#[test]
fn the_header_comes_before_tls_on_both_sides() {
    let authority = Authority::new("Example CA");
    let identity = authority.issue(&Subject::server(&["www.dom.com"])).pem();
    let echo = ECHO.replace("accept-proxy", "ssl crt front.pem accept-proxy");
    let receiver = Proxy::builder(&format!("{HTTP}{echo}{DONE}")).file("front.pem", &identity).start();
    let sender = Proxy::builder(&format!(
        "{HTTP}
frontend fe
    bind \"fd@${{fe}}\" ssl crt front.pem
    unique-id-format id-%[req.hdr(x)]
    default_backend be
backend be
    server s {} send-proxy-v2 proxy-v2-options unique-id,authority ssl verify none
",
        receiver.address("fe")
    ))
    .file("front.pem", &identity)
    .file("ca.crt", authority.pem())
    .start();
    let arguments = ["--cacert", "ca.crt", "-H", "x: y"];
    let response = curl(sender.address("fe"), "www.dom.com", "/", &arguments, sender.directory()).response();
    assert_eq!(response.header("x-id"), Some("id-y"));
    assert_eq!(response.header("x-authority"), Some("www.dom.com"));
    assert!(response.header("x-src").is_some_and(|src| src.starts_with("127.0.0.1:")));
    assert_eq!(response.header("x-dst"), Some(sender.address("fe").to_string().as_str()));
}
