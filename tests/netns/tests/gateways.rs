//! Several default gateways on one machine (job 3): clients behind each, and whose answers leave where.
//!
//! ```text
//!    behind0 --- router0 ---.
//!    behind1 --- router1 --- proxy    eth0 10.0.0.3/24, eth1 10.0.1.2/24, eth2 10.0.2.2/24 and 10.0.2.3
//!    behind2 --- router2 ---'
//! ```
//! A client behind router N is 172.16.N.9. The proxy knows none of these networks: it has default routes only, one by
//! each router, with metrics that `lockgate network apply` set. Routers forward; the proxy does not.

use std::net::SocketAddr;

use lockgate_netns_tests::{Case, Netns, Origin, Seen, cases, connect_from, get, get_from, lockgate, veth};

pub(crate) static CASES: &[Case] = cases![
    a_client_reaches_a_server_through_a_namespace,
    answers_leave_by_the_named_interface,
    answers_leave_by_the_named_interface_over_ipv6,
    without_an_interface_the_best_metric_takes_all,
    one_address_on_two_interfaces,
    an_interface_that_is_not_there_is_an_error,
];

/// The proxy between its routers, and a client behind each.
struct Site {
    proxy: Netns,
    routers: Vec<Netns>,
    clients: Vec<Netns>,
}

impl Site {
    fn new() -> Self {
        let proxy = Netns::new("proxy");
        let (mut routers, mut clients) = (Vec::new(), Vec::new());
        for n in 0..3 {
            let (router, client) = (Netns::new(&format!("router{n}")), Netns::new(&format!("behind{n}")));
            veth(&proxy, &format!("eth{n}"), &router, "inner");
            veth(&router, "outer", &client, "eth0");
            router.ip(&format!("addr add 10.0.{n}.1/24 dev inner"));
            router.ip(&format!("addr add 172.16.{n}.1/24 dev outer"));
            client.ip(&format!("addr add 172.16.{n}.9/24 dev eth0"));
            client.ip(&format!("route add default via 172.16.{n}.1"));
            router.ip(&format!("addr add fd00:{n}::1/64 dev inner"));
            router.ip(&format!("addr add fd10:{n}::1/64 dev outer"));
            client.ip(&format!("addr add fd10:{n}::9/64 dev eth0"));
            client.ip(&format!("-6 route add default via fd10:{n}::1"));
            router.sysctl("net.ipv4.ip_forward", "1");
            router.sysctl("net.ipv6.conf.all.forwarding", "1");
            routers.push(router);
            clients.push(client);
        }
        Self { proxy, routers, clients }
    }

    /// What a router sent on to its client, in packets.
    fn sent_on(&self, router: usize) -> u64 {
        let text = self.routers[router].ip("-s -o link show dev outer");
        let sent = text.split("TX:").nth(1).expect("what was sent");
        let numbers: Vec<u64> = sent.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        numbers[1]
    }

    fn apply(&self, file: &str) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("net.cfg"), file).expect("the directory can be written");
        let finished = lockgate::run(&self.proxy, &["network", "apply", "net.cfg"], directory.path());
        assert!(finished.status.success(), "{}", finished.stderr);
    }
}

/// eth0 has the best metric.
const NETWORK: &str = "
service network eth0
    ip address 10.0.0.3/24
    ip route default 10.0.0.1
service network eth1
    ip address 10.0.1.2/24
    ip route default 10.0.1.1 metric 1
service network eth2
    ip address 10.0.2.2/24
    ip address 10.0.2.3/24
    ip route default 10.0.2.1 metric 2
";

const DEFAULTS: &str = "
    defaults
        mode http
        timeout client 5s
        timeout server 5s
        timeout connect 5s
";

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
    let text =
        format!("{DEFAULTS} listen web\n bind 10.0.1.2:80\n option forwardfor\n server origin 10.0.2.9:80");
    let _lockgate = lockgate::start(&proxy, &text);
    for local in ["10.0.1.9", "10.0.1.10"] {
        let answer = get_from(&client, &format!("{local}:0"), "10.0.1.2:80", "/");
        let seen = Seen::of(&answer);
        assert_eq!(answer.status, 200);
        assert_eq!(seen.client.ip().to_string(), "10.0.2.2");
        assert_eq!(seen.local.to_string(), "10.0.2.9:80");
        assert!(seen.head.to_ascii_lowercase().contains(&format!("x-forwarded-for: {local}\r\n")));
    }
    assert_eq!(get(&client, "10.0.1.2:80", "/").status, 200);
}

/// A client behind each router asks the address of that router's network, and the answer comes back the same way.
fn answers_leave_by_the_named_interface() {
    let site = Site::new();
    site.apply(NETWORK);
    assert_eq!(site.proxy.read_sysctl("net.ipv4.ip_forward"), "0");
    let text = format!(
        "{DEFAULTS}
         frontend web
            bind 10.0.0.3:443
            bind 10.0.1.2:443 interface eth1
            bind 10.0.2.3:443 interface eth2
            http-request return status 200 content-type text/plain lf-string %[dst]"
    );
    let _lockgate = lockgate::start(&site.proxy, &text);
    for (n, address) in ["10.0.0.3", "10.0.1.2", "10.0.2.3"].into_iter().enumerate() {
        let before: Vec<u64> = (0..3).map(|router| site.sent_on(router)).collect();
        let answer = get(&site.clients[n], &format!("{address}:443"), "/");
        assert_eq!((answer.status, String::from_utf8_lossy(&answer.body).as_ref()), (200, address));
        let after: Vec<u64> = (0..3).map(|router| site.sent_on(router)).collect();
        for router in 0..3 {
            // A handful of packets made the exchange; what else there is, is a router's own neighbour discovery.
            let sent = after[router] - before[router];
            assert!(if router == n { sent >= 4 } else { sent < 4 }, "by {router} of {n}: {sent}");
        }
    }
    // The best route may change to any of them: nothing of that moves.
    site.apply(&NETWORK.replace("10.0.0.1\n", "10.0.0.1 metric 9\n"));
    for (n, address) in [(1, "10.0.1.2"), (2, "10.0.2.3")] {
        assert_eq!(get(&site.clients[n], &format!("{address}:443"), "/").status, 200);
    }
}

fn answers_leave_by_the_named_interface_over_ipv6() {
    let site = Site::new();
    site.apply(
        "service network eth1\nip address fd00:1::2/64\nip route default fd00:1::1 metric 1\n
         service network eth2\nip address fd00:2::2/64\nip route default fd00:2::1 metric 2\n",
    );
    let text = format!(
        "{DEFAULTS}
         frontend web
            bind [fd00:1::2]:443
            bind [fd00:2::2]:443 interface eth2
            http-request return status 200 content-type text/plain lf-string %[dst]"
    );
    let _lockgate = lockgate::start(&site.proxy, &text);
    for (n, address) in [(1, "fd00:1::2"), (2, "fd00:2::2")] {
        let answer = get(&site.clients[n], &format!("[{address}]:443"), "/");
        assert_eq!((answer.status, String::from_utf8_lossy(&answer.body).as_ref()), (200, address));
    }
}

/// The trouble that `interface` is for: the answer to a client behind another router goes by the best route. Here that
/// router drops it, since it knows no such client.
fn without_an_interface_the_best_metric_takes_all() {
    let site = Site::new();
    site.apply(NETWORK);
    let text = format!(
        "{DEFAULTS}
         frontend web
            bind 10.0.2.3:80
            bind 10.0.2.3:443 interface eth2
            http-request return status 200"
    );
    let _lockgate = lockgate::start(&site.proxy, &text);
    let stray = "10.0.2.3:80".parse().expect("an address");
    let outcome = site.clients[2]
        .enter(|| std::net::TcpStream::connect_timeout(&stray, std::time::Duration::from_millis(500)));
    assert!(outcome.is_err(), "the answer found its way by the wrong router");
    assert_eq!(get(&site.clients[2], "10.0.2.3:443", "/").status, 200);
}

/// Two binds of one address and port, told apart by where connections come in.
fn one_address_on_two_interfaces() {
    let site = Site::new();
    site.apply(NETWORK);
    site.proxy.ip("addr add 192.0.2.80/32 dev lo");
    for (n, proxy) in ["10.0.0.3", "10.0.1.2", "10.0.2.2"].into_iter().enumerate() {
        site.routers[n].ip(&format!("route add 192.0.2.80/32 via {proxy}"));
    }
    let text = format!(
        "{DEFAULTS}
         frontend one
            bind 192.0.2.80:443 interface eth1
            http-request return status 200 content-type text/plain string one
         frontend two
            bind 192.0.2.80:443 interface eth2
            http-request return status 200 content-type text/plain string two"
    );
    let _lockgate = lockgate::start(&site.proxy, &text);
    for (client, expected) in [(1, "one"), (2, "two")] {
        for _ in 0..20 {
            let answer = get(&site.clients[client], "192.0.2.80:443", "/");
            assert_eq!(String::from_utf8_lossy(&answer.body), expected);
        }
    }
    // Who comes in elsewhere finds nobody.
    let (local, stray): (SocketAddr, SocketAddr) =
        ("127.0.0.1:0".parse().expect("an address"), "192.0.2.80:443".parse().expect("an address"));
    let outcome = site.proxy.enter(|| connect_from(local, stray));
    assert!(outcome.is_err(), "{outcome:?}");
}

fn an_interface_that_is_not_there_is_an_error() {
    let inside = Netns::new("absent");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let text = format!(
        "{DEFAULTS}\nfrontend web\n bind 127.0.0.1:80 interface eth7\n http-request return status 200\n"
    );
    std::fs::write(directory.path().join("a.cfg"), text).expect("the directory can be written");
    let finished = lockgate::run(&inside, &["-db", "-f", "a.cfg"], directory.path());
    assert!(!finished.status.success());
    assert!(finished.stderr.contains("eth7"), "{}", finished.stderr);
}
