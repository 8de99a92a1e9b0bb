//! Several gateways on one machine: whose answers leave where.

use lockgate_netns_tests::{Case, Lockgate, Netns, Origin, Seen, cases, get, get_from, veth};

pub(crate) static CASES: &[Case] = cases![a_client_reaches_a_server_through_a_namespace];

/// What the other tests stand on.
fn a_client_reaches_a_server_through_a_namespace() {
    let (client, proxy, server) = (Netns::new("client"), Netns::new("proxy"), Netns::new("server"));
    veth(&client, "eth0", &proxy, "eth1");
    veth(&proxy, "eth2", &server, "eth0");
    client.ip("addr add 10.0.1.9/24 dev eth0");
    client.ip("addr add 10.0.1.10/24 dev eth0");
    proxy.ip("addr add 10.0.1.2/24 dev eth1");
    proxy.ip("addr add 10.0.2.2/24 dev eth2");
    server.ip("addr add 10.0.2.9/24 dev eth0");
    let _origin = Origin::start(&server, "10.0.2.9:80");
    let _lockgate = Lockgate::start(
        &proxy,
        "defaults
            mode http
            timeout client 5s
            timeout server 5s
            timeout connect 5s
        listen web
            bind 10.0.1.2:80
            option forwardfor
            server origin 10.0.2.9:80",
    );
    for (local, expected) in [("10.0.1.9", "10.0.1.9"), ("10.0.1.10", "10.0.1.10")] {
        let answer = get_from(&client, &format!("{local}:0"), "10.0.1.2:80", "/");
        let seen = Seen::of(&answer);
        assert_eq!(answer.status, 200);
        assert_eq!(seen.client.ip().to_string(), "10.0.2.2");
        assert_eq!(seen.local.to_string(), "10.0.2.9:80");
        assert!(seen.head.to_ascii_lowercase().contains(&format!("x-forwarded-for: {expected}\r\n")));
    }
    assert_eq!(get(&client, "10.0.1.2:80", "/").status, 200);
}
