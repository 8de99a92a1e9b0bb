//! `persist rdp-cookie`: a Remote Desktop client that brings a cookie is led to the server that the cookie names. Manual:
//! chapter 4.2, "persist rdp-cookie".

use std::net::{IpAddr, SocketAddr};

use lockgate_e2e::{Origin, Proxy, TCP};

/// A server that says its name once it was spoken to.
fn named(name: &'static str) -> Origin {
    Origin::raw(move |mut peer| {
        peer.until("\r\n");
        peer.send(name);
    })
}

/// The first packet of a client with this cookie.
fn packet(cookie: &str) -> Vec<u8> {
    let mut bytes = b"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00".to_vec();
    bytes.extend_from_slice(format!("Cookie: {cookie}\r\n").as_bytes());
    bytes.extend_from_slice(b"\x01\x00\x08\x00\x03\x00\x00\x00");
    bytes
}

/// How a session broker writes a server's address.
fn written(address: SocketAddr) -> String {
    let IpAddr::V4(ip) = address.ip() else { panic!("the test listens on IPv4") };
    format!("msts={}.{}.0000", u32::from_ne_bytes(ip.octets()), address.port().to_be())
}

#[test]
fn a_client_comes_back_to_the_server_of_its_cookie() {
    let (one, two) = (named("one"), named("two"));
    let mut proxy = Proxy::start(&format!(
        "{TCP}listen fe
    bind \"fd@${{fe}}\"
    tcp-request inspect-delay 5s
    tcp-request content accept if RDP_COOKIE
    balance roundrobin
    persist rdp-cookie
    server s1 {}
    server s2 {}
",
        one.address(),
        two.address()
    ));
    for _ in 0..3 {
        let mut client = proxy.connect("fe");
        client.send(packet(&written(two.address())));
        client.expect("two");
    }
    // A cookie that names no server here leaves the choice to the algorithm.
    let mut others = Vec::new();
    for _ in 0..2 {
        let mut client = proxy.connect("fe");
        client.send(packet("msts=16777343.1.0000"));
        others.push(String::from_utf8(client.rest().0).unwrap());
    }
    others.sort();
    assert_eq!(others, ["one", "two"]);
}
