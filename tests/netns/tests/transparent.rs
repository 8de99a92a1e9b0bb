//! Transparent binding and proxying (job 4) through real rules: addresses that the proxy's machine does not have, and
//! servers that see the client's own address.
//!
//! The machines are those of [`Line`]. 1.1.1.1 and fd11::1 are nobody's: packets for them come by the proxy.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::{Deref, Range};
use std::time::{Duration, Instant};

use lockgate_netns_tests::{
    Case, DEADLINE, Line, Netns, Origin, Peer, Proxy, Seen, cases, connect, connect_from, get, get_from,
    lockgate,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

pub(crate) static CASES: &[Case] = cases![
    an_address_of_nobody_is_bound_to,
    an_address_of_nobody_is_bound_to_over_ipv6,
    every_address_is_taken_by_a_redirecting_rule,
    servers_see_their_clients,
    servers_see_their_clients_over_ipv6,
    servers_see_address_and_port,
    a_header_says_where_from,
    a_fixed_address_is_anothers,
    another_user_keeps_what_setcap_names,
    checks_come_from_the_proxy,
    a_thousand_connections_run,
    four_thousand_clients_are_held,
    a_connection_is_used_again_for_its_client_alone,
    ports_come_out_of_a_range,
    ports_are_counted_for_each_server,
    marks_and_types_of_service_are_on_the_packets,
    a_redirected_connection_knows_where_it_went,
    sockets_are_made_in_namespaces,
    a_proxy_in_front_names_the_namespace,
    signed_segments_pass_between_machines,
    the_first_packet_carries_the_request,
];

const DEFAULTS: &str = "
global
    nbthread 2
    maxconn 5000
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
";

/// The machines, and what tests do with them.
struct Site(Line);

impl Deref for Site {
    type Target = Line;

    fn deref(&self) -> &Line {
        &self.0
    }
}

impl Site {
    fn new() -> Self {
        Site(Line::new())
    }

    fn divert(self) -> Self {
        Site(self.0.divert())
    }

    fn origin(&self) -> Origin {
        Origin::start(&self.server, "10.0.2.9:8000")
    }

    fn start(&self, text: &str) -> Proxy {
        lockgate::start(&self.proxy, &format!("{DEFAULTS}{text}"))
    }

    /// What the server saw of a request from `local`.
    fn seen(&self, local: &str, to: &str) -> Seen {
        Seen::of(&get_from(&self.client, local, to, "/"))
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// The `n`th of the client's many addresses.
fn own(n: u16) -> Ipv4Addr {
    let [high, low] = (n + 256).to_be_bytes();
    Ipv4Addr::new(10, 1, high, low)
}

fn an_address_of_nobody_is_bound_to() {
    let site = Site::new().divert();
    let _origin = site.origin();
    let _proxy = site.start(
        "listen web
            bind 1.1.1.1:80 transparent
            http-request set-header X-Dst %[dst]
            server s 10.0.2.9:8000\n",
    );
    let seen = site.seen("10.1.2.3:0", "1.1.1.1:80");
    assert_eq!(seen.client.ip(), ip("10.0.2.1"));
    assert!(seen.head.to_lowercase().contains("x-dst: 1.1.1.1\r\n"), "{}", seen.head);
}

fn an_address_of_nobody_is_bound_to_over_ipv6() {
    let site = Site::new().divert();
    let _origin = Origin::start(&site.server, "[fd02::9]:8000");
    let _proxy =
        site.start("listen web\n bind [fd11::1]:80 transparent\n server s [fd02::9]:8000 source [::]\n");
    assert_eq!(site.seen("[fd0c::7]:0", "[fd11::1]:80").client.ip(), ip("fd02::1"));
}

/// A wildcard matches no packet of another machine's; a rule leads them all to it. Each is sent on to where it went.
fn every_address_is_taken_by_a_redirecting_rule() {
    let site = Site::new().divert();
    let rule = "-t mangle -A PREROUTING -i eth0 -p tcp --dport 8000 -j TPROXY --tproxy-mark 1 --on-port 8080";
    site.proxy.sh(&format!("iptables {rule}"));
    site.server.ip("addr add 1.1.1.1/32 dev lo");
    site.server.ip("addr add 1.1.1.2/32 dev lo");
    site.proxy.ip("route add 1.1.1.0/24 via 10.0.2.9");
    let _origin = Origin::start(&site.server, "0.0.0.0:8000");
    let _proxy = site.start(
        "listen web
            bind :8080 transparent
            source 0.0.0.0 usesrc clientip
            server any 0.0.0.0:0\n",
    );
    for target in ["1.1.1.1:8000", "1.1.1.2:8000"] {
        let seen = site.seen("10.1.2.3:0", target);
        assert_eq!((seen.client.ip(), seen.local.to_string()), (ip("10.1.2.3"), target.to_owned()));
    }
}

fn servers_see_their_clients() {
    let site = Site::new().divert();
    let _origin = site.origin();
    let _proxy = site.start(
        "listen web
            bind 1.1.1.1:80 transparent
            source 0.0.0.0 usesrc clientip
            server s 10.0.2.9:8000
        listen own
            bind 1.1.1.1:81 transparent
            source 10.0.2.1
            server s 10.0.2.9:8000 source 0.0.0.0 usesrc clientip\n",
    );
    for to in ["1.1.1.1:80", "1.1.1.1:81"] {
        for n in [1, 2, 700] {
            let seen = site.seen(&format!("{}:0", own(n)), to);
            assert_eq!(seen.client.ip(), IpAddr::V4(own(n)));
        }
    }
}

fn servers_see_their_clients_over_ipv6() {
    let site = Site::new().divert();
    let _origin = Origin::start(&site.server, "[fd02::9]:8000");
    let _proxy = site.start(
        "listen web
            bind [fd11::1]:80 transparent
            source [::] usesrc clientip
            server s [fd02::9]:8000\n",
    );
    for own in ["fd0c::1", "fd0c::2:7"] {
        assert_eq!(site.seen(&format!("[{own}]:0"), "[fd11::1]:80").client.ip(), ip(own));
    }
}

fn servers_see_address_and_port() {
    let site = Site::new().divert();
    let _origin = site.origin();
    let _proxy = site.start(
        "listen web
            bind 1.1.1.1:80 transparent
            bind [fd11::1]:80 transparent
            server s 10.0.2.9:8000 source 0.0.0.0 usesrc client\n",
    );
    assert_eq!(site.seen("10.1.2.3:43210", "1.1.1.1:80").client.to_string(), "10.1.2.3:43210");
    // At once again: the proxy leaves no trace of the first connection behind.
    assert_eq!(site.seen("10.1.2.3:43211", "1.1.1.1:80").client.to_string(), "10.1.2.3:43211");
    // An address of another family than the server's is none to connect from.
    let answer = get_from(&site.client, "[fd0c::7]:0", "[fd11::1]:80", "/");
    assert_eq!(answer.status, 500, "{}", answer.head);
}

fn a_header_says_where_from() {
    let site = Site::new().divert();
    let _origin = site.origin();
    let _proxy = site.start(
        "listen web
            bind 1.1.1.1:80 transparent
            http-request set-header X-Forwarded-For 10.1.9.9,%[url_param(from)] if { url_param(from) -m found }
            server s 10.0.2.9:8000 source 0.0.0.0 usesrc hdr_ip(x-forwarded-for,-1)\n",
    );
    let seen = Seen::of(&get(&site.client, "1.1.1.1:80", "/?from=10.1.5.6"));
    assert_eq!(seen.client.ip(), ip("10.1.5.6"));
    let seen = Seen::of(&get(&site.client, "1.1.1.1:80", "/?from=unknown"));
    assert_eq!(seen.client.ip(), ip("10.0.2.1"), "what is no address leaves the choice to the kernel");
    assert_eq!(get(&site.client, "1.1.1.1:80", "/").status, 500, "without the header nothing is connected");
}

fn a_fixed_address_is_anothers() {
    let site = Site::new().divert();
    let _origin = site.origin();
    let _proxy = site.start(
        "listen web
            bind 1.1.1.1:80 transparent
            server s 10.0.2.9:8000 source 0.0.0.0 usesrc 10.1.77.7\n",
    );
    assert_eq!(site.seen("10.1.2.3:0", "1.1.1.1:80").client.ip(), ip("10.1.77.7"));
}

/// A check has no client; it comes from `source` itself, by its interface.
fn another_user_keeps_what_setcap_names() {
    let text = |global: &str| {
        format!(
            "global
                uid 65534
                {global}
            {DEFAULTS}
            listen web
                bind 1.1.1.1:80 transparent
                server s 10.0.2.9:8000 source 0.0.0.0 usesrc clientip\n"
        )
    };
    let site = Site::new().divert();
    let _origin = site.origin();
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("a.cfg"), text("")).expect("a file");
    let refused = lockgate::run(&site.proxy, &["-db", "-f", "a.cfg"], directory.path());
    assert!(!refused.status.success() && refused.stderr.contains("setcap cap_net_raw"), "{}", refused.stderr);

    let proxy = lockgate::start(&site.proxy, &text("setcap cap_net_raw"));
    assert_eq!(site.seen("10.1.2.3:0", "1.1.1.1:80").client.ip(), ip("10.1.2.3"));
    let status = std::fs::read_to_string(format!("/proc/{}/status", proxy.pid())).expect("it runs");
    let line = |name: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap_or_default().split_whitespace().next().unwrap_or_default().to_owned()
    };
    assert_eq!(line("Uid:"), "65534");
    // CAP_NET_RAW is number 13 (capabilities(7)), and no other is left.
    assert_eq!(u64::from_str_radix(&line("CapPrm:"), 16), Ok(1 << 13));
    assert_eq!(u64::from_str_radix(&line("CapEff:"), 16), Ok(1 << 13));
}

fn checks_come_from_the_proxy() {
    let site = Site::new().divert();
    let _origin = site.origin();
    site.proxy.ip("addr add 10.0.2.77/24 dev eth1");
    let _proxy = site.start(
        "listen web
            bind 1.1.1.1:80 transparent
            option httpchk GET /check
            server s 10.0.2.9:8000 check inter 100ms source 10.0.2.77 usesrc clientip interface eth1\n",
    );
    site.proxy.sh("iptables -A OUTPUT -o eth1 -s 10.0.2.77 -p tcp --syn -j ACCEPT");
    let deadline = Instant::now() + DEADLINE;
    while packets(&site.proxy, "filter", "OUTPUT") == 0 {
        assert!(Instant::now() < deadline, "no check comes from 10.0.2.77");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(site.seen("10.1.2.3:0", "1.1.1.1:80").client.ip(), ip("10.1.2.3"), "the checks pass");
}

/// What the first rule of a chain has counted.
fn packets(machine: &Netns, table: &str, chain: &str) -> u64 {
    let listed = machine.sh(&format!("iptables -t {table} -L {chain} 1 -v -n -x"));
    listed.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number of packets")
}

/// Lets this process hold as many connections as the test needs.
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).expect("up to the hard limit");
}

/// Connections from some of the client's addresses.
fn connect_all(site: &Site, numbers: Range<u16>, to: &str) -> Vec<Peer> {
    let to: SocketAddr = to.parse().expect("an address");
    site.client.enter(|| {
        let connect = |n| {
            let stream = connect_from(SocketAddr::from((own(n), 0)), to);
            Peer::new(stream.unwrap_or_else(|error| panic!("client {n}: {error}")))
        };
        numbers.map(connect).collect()
    })
}

/// Every client asks, then every client is answered, with its own address; the first of them is number `first`.
fn ask_all(peers: &mut [Peer], first: u16, round: u32) {
    for peer in peers.iter_mut() {
        peer.send(format!("GET /{round} HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    for (n, peer) in peers.iter_mut().enumerate() {
        let seen = Seen::of(&peer.response());
        let n = first + u16::try_from(n).expect("few clients");
        assert_eq!(seen.client.ip(), IpAddr::V4(own(n)), "round {round}");
    }
}

fn a_thousand_connections_run() {
    raise_descriptors();
    let site = Site::new().divert();
    let _origin = site.origin();
    let _proxy = site.start(
        "listen web
            bind 1.1.1.1:80 transparent backlog 2000
            source 0.0.0.0 usesrc clientip
            server s 10.0.2.9:8000\n",
    );
    let mut peers = connect_all(&site, 0..1000, "1.1.1.1:80");
    for round in 0..4 {
        ask_all(&mut peers, 0, round);
    }
}

fn four_thousand_clients_are_held() {
    const CLIENTS: u16 = 4000;
    raise_descriptors();
    let site = Site::new().divert();
    let origin = site.origin();
    let _proxy = site.start(
        "listen web
            mode tcp
            bind 1.1.1.1:80 transparent backlog 5000
            source 0.0.0.0 usesrc clientip
            server s 10.0.2.9:8000\n",
    );
    let mut peers = Vec::new();
    // The server has one thread that accepts: it shall not drop what it can hold.
    for first in (0..CLIENTS).step_by(100) {
        let mut some = connect_all(&site, first..first + 100, "1.1.1.1:80");
        ask_all(&mut some, first, 0);
        peers.append(&mut some);
    }
    assert_eq!(origin.connections(), usize::from(CLIENTS), "one for each client, all at once");
    ask_all(&mut peers, 0, 1);
}

/// With `http-reuse always` any request may use any idle connection, if it comes from the right address.
fn a_connection_is_used_again_for_its_client_alone() {
    let site = Site::new().divert();
    let _origin = site.origin();
    let _proxy = lockgate::start(
        &site.proxy,
        &format!(
            "{}listen web
            bind 1.1.1.1:80 transparent
            http-reuse always
            source 0.0.0.0 usesrc clientip
            server s 10.0.2.9:8000 pool-low-conn 10\n",
            DEFAULTS.replace("nbthread 2", "nbthread 1")
        ),
    );
    let first = site.seen("10.1.2.3:0", "1.1.1.1:80").client;
    let other = site.seen("10.1.2.4:0", "1.1.1.1:80").client;
    let again = site.seen("10.1.2.3:0", "1.1.1.1:80").client;
    assert_eq!((first.ip(), other.ip()), (ip("10.1.2.3"), ip("10.1.2.4")));
    assert_eq!(again, first, "the same connection");
}

/// Each connection has a port of its own; when all are in use there is none for the next.
fn ports_come_out_of_a_range() {
    let site = Site::new();
    let _origin = site.origin();
    let _proxy = site.start(
        "listen web
            bind 10.0.1.1:80
            mode tcp
            retries 0
            server s 10.0.2.9:8000 source 10.0.2.1:4000-4002\n",
    );
    let ask = |peer: &mut Peer| {
        peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Seen::of(&peer.response()).client
    };
    let mut held = connect_all(&site, 0..3, "10.0.1.1:80");
    let mut ports: Vec<u16> = held.iter_mut().map(|peer| ask(peer).port()).collect();
    ports.sort_unstable();
    assert_eq!(ports, [4000, 4001, 4002]);
    let mut fourth = connect_all(&site, 0..1, "10.0.1.1:80").remove(0);
    fourth.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    fourth.expect_end();
    // A port whose connection is over serves the next one, however it ended. (The proxy learns of the end soon.)
    drop(held);
    let deadline = Instant::now() + DEADLINE;
    let mut served = 0;
    while served < 6 {
        assert!(Instant::now() < deadline, "no port comes free");
        let mut next = connect_all(&site, 0..1, "10.0.1.1:80").remove(0);
        if next.try_send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").is_ok()
            && let Some(answer) = next.rest_or_response()
        {
            assert!((4000..=4002).contains(&Seen::of(&answer).client.port()));
            served += 1;
        }
    }
}

/// The kernel chooses the port when it knows the server, so that one port serves many servers: ten ports are enough for ten
/// connections to each of two. Then there is none left.
fn ports_are_counted_for_each_server() {
    let site = Site::new();
    site.proxy.sysctl("net.ipv4.ip_local_port_range", "40000 40009");
    let _origins = [site.origin(), Origin::start(&site.server, "10.0.2.9:8001")];
    let _proxy = site.start(
        "defaults
            mode tcp
            timeout client 30s
            timeout server 30s
            timeout connect 5s
            retries 0
        listen one
            bind 10.0.1.1:80
            server s 10.0.2.9:8000 source 10.0.2.1
        listen two
            bind 10.0.1.1:81
            server s 10.0.2.9:8001 source 10.0.2.1\n",
    );
    let mut held = Vec::new();
    for to in ["10.0.1.1:80", "10.0.1.1:81"] {
        for mut peer in connect_all(&site, 0..10, to) {
            peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            assert!((40_000..=40_009).contains(&Seen::of(&peer.response()).client.port()), "{to}");
            held.push(peer);
        }
    }
    let mut eleventh = connect_all(&site, 0..1, "10.0.1.1:80").remove(0);
    eleventh.expect_end();
}

fn marks_and_types_of_service_are_on_the_packets() {
    let site = Site::new();
    let _origin = site.origin();
    let _proxy = site.start(
        "listen web
            bind 10.0.1.1:80
            tcp-request connection set-fc-mark 0x11
            http-request set-fc-tos 0x20
            http-request set-bc-mark 0x2a
            http-request set-bc-tos 0x40
            server s 10.0.2.9:8000\n",
    );
    let rules = [
        "-o eth0 -m mark --mark 0x11",
        "-o eth0 -m tos --tos 0x20/0xff",
        "-o eth1 -m mark --mark 0x2a",
        "-o eth1 -m tos --tos 0x40/0xff",
    ];
    for (n, rule) in rules.iter().enumerate() {
        site.proxy
            .sh(&format!("iptables -N SEEN{n}; iptables -A SEEN{n}; iptables -A OUTPUT {rule} -j SEEN{n}"));
    }
    site.seen("10.1.2.3:0", "10.0.1.1:80");
    for (n, rule) in rules.iter().enumerate() {
        assert!(packets(&site.proxy, "filter", &format!("SEEN{n}")) > 0, "no packet has {rule}");
    }
}

/// A rule of NAT leads the connection here; the kernel still knows where it went.
fn a_redirected_connection_knows_where_it_went() {
    let site = Site::new();
    let _origin = site.origin();
    site.proxy.sh("iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 80 -j REDIRECT --to-ports 8080");
    let _proxy = site.start(
        "listen web
            bind 10.0.1.1:8080
            http-request set-header X-Dst %[dst]:%[dst_port]
            server s 10.0.2.9:8000\n",
    );
    let seen = site.seen("10.1.2.3:0", "1.1.1.1:80");
    assert!(seen.head.to_lowercase().contains("x-dst: 1.1.1.1:80\r\n"), "{}", seen.head);
}

/// The proxy runs in a machine without wires, listens in the clients' and connects from the server's.
fn sockets_are_made_in_namespaces() {
    let site = Site::new();
    let _origin = site.origin();
    let alone = Netns::new("alone");
    let text = format!(
        "{DEFAULTS}listen web
            bind 10.0.1.9:80 namespace {}
            option httpchk GET /check
            server s 10.0.2.9:8000 namespace {} check inter 100ms\n",
        site.client.name(),
        site.server.name()
    );
    let _proxy = lockgate::start(&alone, &text);
    assert_eq!(site.seen("10.1.2.3:0", "10.0.1.9:80").client.ip(), ip("10.0.2.9"));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let wrong = format!("{DEFAULTS}listen web\n bind :80\n server s 10.0.2.9:8000 namespace lgt-none\n");
    std::fs::write(directory.path().join("t.cfg"), wrong).expect("the directory can be written");
    let finished = lockgate::run(&alone, &["-db", "-f", "t.cfg"], directory.path());
    assert!(!finished.status.success() && finished.stderr.contains("lgt-none"), "{}", finished.stderr);
}

/// With `namespace *` the field of a PROXY header says where the server is, among the namespaces of the configuration.
fn a_proxy_in_front_names_the_namespace() {
    let site = Site::new();
    let _origin = site.origin();
    let alone = Netns::new("alone");
    let text = format!(
        "{DEFAULTS}listen web
            bind 10.0.1.9:80 namespace {} accept-proxy
            retries 0
            timeout connect 1s
            server s 10.0.2.9:8000 namespace *
            server known 10.0.2.9:8000 namespace {} backup\n",
        site.client.name(),
        site.server.name()
    );
    let _proxy = lockgate::start(&alone, &text);
    let answer = |name: &str| {
        let length = u8::try_from(name.len()).expect("a short name");
        let field = [&[0x30, 0, length][..], name.as_bytes()].concat();
        let all = u8::try_from(field.len()).expect("a short field");
        let mut peer = connect(&site.client, "10.0.1.9:80");
        peer.send([&b"\r\n\r\n\0\r\nQUIT\n\x20\0\0"[..], &[all], &field].concat());
        peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        peer.response()
    };
    assert_eq!(Seen::of(&answer(site.server.name())).client.ip(), ip("10.0.2.9"));
    // From where the process is there is no way to the server.
    assert_ne!(answer("lgt-unknown").status, 200);
}

/// Two proxies, one on each side of a wire: with the same password they talk, without it they do not.
fn signed_segments_pass_between_machines() {
    let site = Site::new();
    let _origin = site.origin();
    let far = format!("{DEFAULTS}listen web\n bind :9000 tcp-md5sig secret\n server s 10.0.2.9:8000\n");
    let _far = lockgate::start(&site.server, &far);
    let near = |key: &str| {
        format!(
            "listen {key}
                bind 10.0.1.1:{}
                timeout connect 300ms
                retries 0
                server s 10.0.2.9:9000 tcp-md5sig {key}\n",
            if key == "secret" { 80 } else { 81 }
        )
    };
    let _near = site.start(&format!("{}{}", near("secret"), near("wrong")));
    assert_eq!(get(&site.client, "10.0.1.1:80", "/").status, 200);
    assert_eq!(get(&site.client, "10.0.1.1:81", "/").status, 503);
}

/// After the first connection, which brings the cookie for it, `tfo` on both sides saves a round trip.
fn the_first_packet_carries_the_request() {
    let site = Site::new();
    let _origin = site.origin();
    for machine in [&site.proxy, &site.server] {
        machine.sysctl("net.ipv4.tcp_fastopen", "3");
    }
    let far = format!("{DEFAULTS}listen web\n bind :9000 tfo\n server s 10.0.2.9:8000\n");
    let _far = lockgate::start(&site.server, &far);
    let _near = site.start("listen web\n bind 10.0.1.1:80\n http-reuse never\n server s 10.0.2.9:9000 tfo\n");
    for _ in 0..4 {
        assert_eq!(get(&site.client, "10.0.1.1:80", "/").status, 200);
    }
    let counted = site.proxy.sh("grep TcpExt /proc/net/netstat");
    let mut rows = counted.lines().map(str::split_whitespace);
    let (names, numbers) = (rows.next().expect("names"), rows.next().expect("numbers"));
    let used = names.zip(numbers).find(|(name, _)| *name == "TCPFastOpenActive");
    assert_eq!(used, Some(("TCPFastOpenActive", "3")));
}
