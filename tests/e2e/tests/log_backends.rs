//! Log backends: messages of proxies, of the process and of `log-forward` sections that are spread over servers. Manual,
//! chapter 4.2 ("mode", "balance", "log"), chapter 5.2 ("log-bufsize", "log-proto").

use std::net::SocketAddr;
use std::time::Instant;

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{DEADLINE, HTTP, Peer, Proxy, Syslog, is_reference, listener};
use tempfile::TempDir;

/// A section that hands what comes in on a connection to `backend be`, a socket for commands, and that backend.
struct Lab {
    client: Peer,
    directory: TempDir,
    _proxy: Proxy,
}

/// The lines of a backend with these servers: name, address, settings.
fn servers(list: &[(&str, SocketAddr, &str)], prefix: &str) -> String {
    list.iter()
        .map(|(name, address, settings)| format!("    server {name} {prefix}{address} {settings}\n"))
        .collect()
}

impl Lab {
    /// `lines` are those of the backend.
    fn start(lines: &str) -> Lab {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let socket = directory.path().join("admin");
        let mut proxy = Proxy::start(&format!(
            "global\n    stats socket {} level admin\nlog-forward in\n    bind \"fd@${{in}}\"\n    \
             log backend@be format raw local0\nbackend be\n    mode log\n    timeout connect 5s\n    timeout server 5s\n{lines}",
            socket.display()
        ));
        let client = proxy.connect("in");
        Lab { client, directory, _proxy: proxy }
    }

    /// Sends messages, each without a line feed, one after the other.
    fn send(&mut self, messages: &[&str]) {
        for message in messages {
            self.client.send(format!("<134>{message}\n"));
        }
    }

    fn ask(&self, command: &str) -> String {
        lockgate_e2e::ask(&self.directory.path().join("admin"), &format!("{command}\n"))
    }

    /// A figure of a server of `be`, or of the backend itself, as `show stat` has it.
    fn figure(&self, server: &str, name: &str) -> String {
        let table = self.ask("show stat");
        let mut lines = table.lines();
        let names: Vec<&str> = lines.next().expect("a line of names").split(',').collect();
        let at = names.iter().position(|known| *known == name).expect("a known figure");
        let line =
            lines.find(|line| line.starts_with(&format!("be,{server},"))).expect("a line of the server");
        line.split(',').nth(at).expect("as many figures as names").to_owned()
    }

    /// Waits until a figure is `wanted`.
    fn until(&self, server: &str, name: &str, wanted: &str) {
        let began = Instant::now();
        while self.figure(server, name) != wanted {
            assert!(began.elapsed() < DEADLINE, "{name} of {server} is {}", self.figure(server, name));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// The next messages that a server gets.
fn next(log: &Syslog, count: usize) -> Vec<String> {
    (0..count).map(|_| log.datagram().trim_end().to_owned()).collect()
}

#[test]
fn messages_go_round_by_weight() {
    let logs = [Syslog::start(), Syslog::start()];
    let list = [("a", logs[0].address(), "weight 2"), ("b", logs[1].address(), "")];
    let mut lab = Lab::start(&format!("    balance roundrobin\n{}", servers(&list, "udp@")));
    lab.send(&["1", "2", "3", "4", "5", "6"]);
    assert_eq!(next(&logs[0], 4), ["1", "2", "4", "5"]);
    assert_eq!(next(&logs[1], 2), ["3", "6"]);
    // Of datagrams nothing is counted.
    assert_eq!((lab.figure("a", "stot"), lab.figure("BACKEND", "stot")), ("0".to_owned(), "0".to_owned()));
    assert_eq!(lab.figure("a", "mode"), "syslog");
}

#[test]
fn messages_are_drawn_for_all_servers() {
    for line in ["", "    balance random\n", "    balance random(3)\n"] {
        let logs = [Syslog::start(), Syslog::start(), Syslog::start()];
        let list = [
            ("a", logs[0].address(), ""),
            ("b", logs[1].address(), ""),
            ("c", logs[2].address(), "weight 0"),
        ];
        let mut lab = Lab::start(&format!("{line}{}", servers(&list, "udp@")));
        let texts: Vec<String> = (0..60).map(|n| n.to_string()).collect();
        lab.send(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        // That one of two gets none of 60 happens once in 10^18 runs.
        assert_eq!((next(&logs[0], 1).len(), next(&logs[1], 1).len()), (1, 1));
    }
}

#[test]
fn a_server_keeps_all_messages_until_it_is_down() {
    let logs: Vec<Syslog> = (0..4).map(|_| Syslog::start()).collect();
    let at = |n: usize| logs[n].address();
    let list = [("s1", at(0), ""), ("s2", at(1), ""), ("s3", at(2), ""), ("spare", at(3), "backup")];
    let mut lab = Lab::start(&format!("    balance sticky\n{}", servers(&list, "udp@")));
    // What is done before each message, and who gets it.
    let steps: [(&[&str], usize); 7] = [
        (&[], 0),
        (&["disable server be/s1"], 1),
        (&["enable server be/s1"], 1),
        (&["disable server be/s2"], 0),
        (&["disable server be/s1", "disable server be/s3"], 3),
        (&["enable server be/s3"], 2),
        (&["enable server be/s1", "enable server be/s2"], 2),
    ];
    for (step, (commands, server)) in steps.iter().enumerate() {
        for command in *commands {
            lab.ask(command);
        }
        lab.send(&[&format!("step {step}")]);
        assert_eq!(next(&logs[*server], 1), [format!("step {step}")]);
    }
}

/// The server of each key is HAProxy's.
#[test]
fn a_hash_of_the_message_decides() {
    let logs: Vec<Syslog> = (0..3).map(|_| Syslog::start()).collect();
    let list: Vec<_> =
        ["a", "b", "c"].into_iter().zip(&logs).map(|(name, log)| (name, log.address(), "")).collect();
    let messages = [
        "GET /one from 10.0.0.1",
        "GET /two from 10.0.0.2",
        "GET /30 from 10.0.0.1",
        "PUT /41 from 10.0.0.3",
    ];
    let cases = [
        ("field(2,' '),lower", "", [2, 0, 0, 2]),
        ("field(2,' '),lower", "hash-type map-based djb2 avalanche", [2, 0, 0, 0]),
        ("word(2,/),field(1,' ')", "hash-type map-based none", [0, 0, 0, 2]),
        // Addresses and numbers are hashed as bytes.
        ("field(4,' '),ipmask(32)", "", [0, 1, 0, 2]),
        ("length", "hash-type map-based crc32", [1, 1, 2, 2]),
    ];
    for (converters, hash_type, wanted) in cases {
        let lines =
            format!("    balance log-hash \"{converters}\"\n    {hash_type}\n{}", servers(&list, "udp@"));
        let mut lab = Lab::start(&lines);
        for (message, server) in messages.into_iter().zip(wanted) {
            lab.send(&[message]);
            assert_eq!(next(&logs[server], 1), [message], "{converters} {hash_type}");
        }
    }
}

#[test]
fn what_no_server_takes_is_lost_and_counted() {
    let log = Syslog::start();
    let list = [("a", log.address(), "disabled")];
    let lines = format!("    balance log-hash word(2,=),lower\n{}", servers(&list, "udp@"));
    let mut lab = Lab::start(&lines);
    let lost = |lab: &Lab| {
        let info = lab.ask("show info");
        let line = info.lines().find_map(|line| line.strip_prefix("DroppedLogs: ")).expect("the count");
        line.parse::<u32>().expect("a number")
    };
    let before = lost(&lab);
    lab.send(&["k=one"]);
    let began = Instant::now();
    while lost(&lab) == before {
        assert!(began.elapsed() < DEADLINE, "nothing is counted");
    }
    // What has no key goes nowhere either.
    lab.ask("enable server be/a");
    lab.send(&["two", "k=three"]);
    assert_eq!(next(&log, 1), ["k=three"]);
    assert_eq!(lost(&lab), before + 2);
}

#[test]
fn servers_move() {
    let (old, new) = (Syslog::start(), Syslog::start());
    let list = [("a", old.address(), "")];
    let mut lab = Lab::start(&servers(&list, "udp@"));
    lab.send(&["here"]);
    assert_eq!(next(&old, 1), ["here"]);
    lab.ask(&format!("set server be/a addr 127.0.0.1 port {}", new.address().port()));
    lab.send(&["there"]);
    assert_eq!(next(&new, 1), ["there"]);
}

/// Accepts the next connection.
fn accept(socket: &std::net::TcpListener) -> Peer {
    socket.set_nonblocking(true).expect("an open socket");
    let began = Instant::now();
    loop {
        if let Ok((stream, _)) = socket.accept() {
            stream.set_nonblocking(false).expect("an open socket");
            return Peer::new(stream);
        }
        assert!(began.elapsed() < DEADLINE, "nobody connects");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn servers_get_messages_over_connections() {
    let sockets = [listener(), listener()];
    let address = |n: usize| sockets[n].local_addr().expect("a bound socket has an address");
    let list = [("a", address(0), "log-proto octet-count log-bufsize 100000"), ("b", address(1), "")];
    let mut lab = Lab::start(&format!("    balance roundrobin\n{}", servers(&list, "")));
    let mut peers = [accept(&sockets[0]), accept(&sockets[1])];
    lab.send(&["one", "two", "three", "four"]);
    assert_eq!(
        (peers[0].until("three"), peers[1].until("four\n")),
        ("3 one5 three".to_owned(), "two\nfour\n".to_owned())
    );
    let figures = ["scur", "stot", "connect"].map(|name| lab.figure("a", name));
    assert_eq!(figures, ["1", "1", "1"]);
    assert_eq!(lab.figure("BACKEND", "connect"), "2");
    assert!(lab.ask("show events").contains("    be/a "));
}

#[test]
fn a_check_takes_a_server_out() {
    let (checked, log, spare) = (listener(), Syslog::start(), Syslog::start());
    let check =
        format!("check inter 50ms fall 1 rise 1 port {}", checked.local_addr().expect("bound").port());
    let list = [("a", log.address(), check.as_str()), ("spare", spare.address(), "backup")];
    let mut lab = Lab::start(&format!("    balance roundrobin\n{}", servers(&list, "udp@")));
    lab.until("a", "check_status", "L4OK");
    lab.send(&["one"]);
    assert_eq!(next(&log, 1), ["one"]);
    drop(checked);
    lab.until("a", "status", "DOWN");
    lab.send(&["two"]);
    assert_eq!(next(&spare, 1), ["two"]);
}

/// One backend sends over TLS, with and without it, to a section that hands on what comes.
#[test]
fn servers_are_spoken_to_under_tls() {
    let log = Syslog::start();
    let authority = Authority::new("Example CA");
    let inner = Proxy::builder(&format!(
        "log-forward last\n    bind \"fd@${{tls}}\" ssl crt logs.pem\n    bind \"fd@${{plain}}\"\n    \
         log {} format raw local0\n",
        log.address()
    ))
    .file("logs.pem", authority.issue(&Subject::server(&["logs.dom.com"])).pem())
    .start();
    let files = tempfile::tempdir().expect("a directory can be made");
    let ca = files.path().join("ca.crt");
    std::fs::write(&ca, authority.pem()).expect("a file can be written");
    let settings = format!("ssl verify required ca-file {} sni str(logs.dom.com)", ca.display());
    let list = [("a", inner.address("tls"), settings.as_str()), ("b", inner.address("plain"), "")];
    let mut lab = Lab::start(&format!("    balance roundrobin\n{}", servers(&list, "")));
    for n in 0..4 {
        // The first section takes one priority off, the other one more.
        lab.send(&[&format!("<134>message {n}")]);
        assert_eq!(next(&log, 1), [format!("message {n}")]);
    }
}

/// A message goes from frontends, from other backends and from the process.
#[test]
fn proxies_log_to_backends() {
    let (log, other) = (Syslog::start(), Syslog::start());
    let mut proxy = Proxy::start(&format!(
        "global\n    log backend@second len 80 local3 notice\n    log-tag tagged\nlog-profile p\n    on any format \"by profile %HM\"\n\
         {HTTP}\n    option httplog\nfrontend fe\n    bind \"fd@${{fe}}\"\n    log-format \"%HM %HU %ST\"\n    log global\n    \
         log backend@first format rfc5424 local1\n    log backend@first format short profile p local1\n    \
         http-request set-log-level warning if {{ path /long }}\n    http-request return status 200\n\
         backend first\n    mode log\n    balance roundrobin\n    server a udp@{}\n\
         backend second\n    mode log\n    server a udp@{}\n",
        log.address(),
        other.address()
    ));
    proxy.get("fe", "/plain");
    let line = log.datagram();
    assert!(line.starts_with("<142>1 20") && line.ends_with("GET /plain 200\n"), "{line}");
    assert_eq!(log.datagram(), "<6>by profile GET\n");
    proxy.get("fe", &format!("/long?{}", "x".repeat(100)));
    // The first was not grave enough for the other.
    let line = other.datagram();
    assert!(
        line.starts_with("<156>") && line.contains(" tagged[") && line.contains("GET /long?xxx"),
        "{line}"
    );
    assert_eq!((line.len(), line.ends_with("x\n")), (80, true));
}

/// `do-log` does not make the usual line where all targets have another.
#[test]
fn lines_that_nobody_gets_are_not_made() {
    let log = Syslog::start();
    let start = |on: &str| {
        Proxy::start(&format!(
            "log-profile p\n    on {on} format \"own\"\n{HTTP}\nfrontend fe\n    bind \"fd@${{fe}}\"\n    \
             log-format \"usual %[str(yes),set-var(txn.made)]\"\n    log {} profile p local0\n    http-request do-log\n    \
             http-request return status 200 hdr x-made %[var(txn.made)]\n",
            log.address()
        ))
    };
    let mut proxy = start("http-req");
    let response = proxy.get("fe", "/");
    assert_eq!([log.line(), log.line()], ["own", "usual yes"]);
    // HAProxy makes it all the same.
    if !is_reference() {
        assert_eq!(response.header("x-made").unwrap_or_default(), "");
    }
    let mut proxy = start("http-res");
    assert_eq!(proxy.get("fe", "/").header("x-made"), Some("yes"));
    assert_eq!([log.line(), log.line()], ["usual yes", "usual yes"]);
}
