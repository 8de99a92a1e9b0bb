//! The runtime API over its sockets: protocol, figures that traffic moves, orders that traffic follows. Management guide,
//! chapter 9.3.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lockgate_e2e::{Answer, DEADLINE, HTTP, Origin, Proxy};
use tempfile::TempDir;

/// A proxy with a socket that may do everything, and one that may only look.
struct Lab {
    proxy: Proxy,
    directory: TempDir,
}

impl Lab {
    fn start(lines: &str) -> Lab {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let path = |name: &str| directory.path().join(name).display().to_string();
        let (admin, user) = (path("admin"), path("user"));
        let proxy = Proxy::start(&format!(
            "global\n    stats socket {admin} level admin mode 600\n    stats socket {user} level user mode 666\n    \
             stats socket \"fd@${{cli}}\" level operator\n    stats timeout 20s\n    set-var proc.n int(3)\n{HTTP}\n{lines}\n"
        ));
        Lab { proxy, directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What a socket answers to a text when nothing more will come, as with `socat`.
    fn ask_at(&self, socket: &str, text: &str) -> String {
        let mut stream = connect(&self.path(socket));
        stream.write_all(text.as_bytes()).expect("the socket takes the command");
        stream.shutdown(Shutdown::Write).expect("the socket stands");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer is text");
        answer
    }

    /// The answer to one command of an administrator, without the empty line behind it.
    fn ask(&self, command: &str) -> String {
        let answer = self.ask_at("admin", &format!("{command}\n"));
        answer.strip_suffix('\n').unwrap_or_else(|| panic!("{command}: {answer:?}")).to_owned()
    }

    /// A column of `show stat`.
    fn stat(&self, line: &str, column: &str) -> String {
        let text = self.ask("show stat");
        let mut lines = text.lines();
        let header = lines.next().expect("there is a header").trim_start_matches("# ");
        let at = header.split(',').position(|name| name == column).expect("there is such a column");
        let found = lines.find(|l| l.starts_with(&format!("{line},"))).unwrap_or_else(|| panic!("{text}"));
        found.split(',').nth(at).expect("the line is whole").to_owned()
    }

    /// Waits until a column of `show stat` has a value: workers count when an exchange is over, not before its client has
    /// read the answer.
    fn wait_stat(&self, line: &str, column: &str, value: &str) {
        let end = Instant::now() + DEADLINE;
        while self.stat(line, column) != value {
            assert!(Instant::now() < end, "{line} {column} is {}, not {value}", self.stat(line, column));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Connects as soon as the socket is there.
fn connect(path: &Path) -> UnixStream {
    let end = Instant::now() + DEADLINE;
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => {
                stream.set_read_timeout(Some(DEADLINE)).expect("the socket stands");
                return stream;
            }
            Err(error) => assert!(Instant::now() < end, "{}: {error}", path.display()),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A frontend with two servers.
fn farm(one: &Origin, two: &Origin) -> Lab {
    Lab::start(&format!(
        "listen fe\n    bind \"fd@${{fe}}\"\n    balance roundrobin\n    server s1 {}\n    server s2 {} disabled\n",
        one.address(),
        two.address()
    ))
}

#[test]
fn a_line_a_chain_and_a_prompt() {
    let lab = Lab::start("");
    let version = lab.ask("show version");
    assert_eq!(lab.ask_at("admin", "show version;show version\n"), format!("{version}\n{version}\n"));
    assert_eq!(lab.ask_at("admin", "show version\r\n"), format!("{version}\n\n"));
    let mut stream = connect(&lab.path("admin"));
    let read_to = |stream: &mut UnixStream, end: &str| {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(end.as_bytes()) {
            assert_eq!(stream.read(&mut byte).unwrap(), 1, "{:?}", String::from_utf8_lossy(&text));
            text.push(byte[0]);
        }
        String::from_utf8(text).unwrap()
    };
    stream.write_all(b"prompt\n").unwrap();
    assert_eq!(read_to(&mut stream, "> "), "\n> ");
    stream.write_all(b"show version\nget var proc.n\n").unwrap();
    assert_eq!(read_to(&mut stream, "> "), format!("{version}\n> "));
    assert_eq!(read_to(&mut stream, "> "), "proc.n: type=sint value=<3>\n\n> ");
    stream.write_all(b"quit\n").unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

/// With room for one, the next one waits until a silent one is let go.
#[test]
fn silent_clients_make_room() {
    let lab = Lab::start("global\n    stats timeout 300ms\n    stats maxconn 1\n");
    let mut silent = connect(&lab.path("admin"));
    silent.write_all(b"prompt i\nshow cli level\n").unwrap();
    let mut answer = [0; 8];
    silent.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"\nadmin\n\n");
    let began = Instant::now();
    assert_eq!(lab.ask_at("user", "show cli level\n"), "user\n\n");
    assert!(began.elapsed() >= Duration::from_millis(250), "it did not wait: {:?}", began.elapsed());
    assert_eq!(silent.read(&mut answer).unwrap(), 0);
}

#[test]
fn sockets_have_their_modes_and_levels() {
    let mut lab = Lab::start("");
    assert_eq!(lab.ask("show cli level"), "admin\n");
    assert_eq!(lab.ask_at("user", "show cli level;show env\n"), "user\n\nPermission denied\n\n");
    let mode = |name: &str| lab.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("admin"), mode("user")), (0o600, 0o666));
    let mut client = lab.proxy.connect("cli");
    client.send("operator;show cli level\n");
    assert_eq!(client.rest().0, b"\noperator\n\n");
    assert!(lab.ask("show cli sockets").lines().count() >= 4);
}

#[test]
fn figures_follow_the_traffic() {
    let (one, two) = (Origin::fixed("one"), Origin::fixed("two"));
    let mut lab = farm(&one, &two);
    for _ in 0..3 {
        assert_eq!(lab.proxy.get("fe", "/").text(), "one");
    }
    lab.wait_stat("fe,s1", "hrsp_2xx", "3");
    lab.wait_stat("fe,FRONTEND", "req_tot", "3");
    assert_eq!(lab.stat("fe,FRONTEND", "stot"), "3");
    assert_eq!(lab.stat("fe,s1", "stot"), "3");
    assert_eq!(
        (lab.stat("fe,s2", "status"), lab.stat("fe,s1", "status")),
        ("MAINT".into(), "no check".into())
    );
    let info = lab.ask("show info");
    let pid = format!("\nPid: {}\n", lab.proxy.pid());
    assert!(info.starts_with("Name: HAProxy\n") && info.contains(&pid), "{info}");
    assert_eq!(lab.ask("clear counters all"), "");
    assert_eq!(lab.stat("fe,FRONTEND", "req_tot"), "0");
}

#[test]
fn servers_follow_orders() {
    let (one, two) = (Origin::fixed("one"), Origin::fixed("two"));
    let mut lab = farm(&one, &two);
    assert_eq!(lab.ask("enable server fe/s2;disable server fe/s1"), "\n");
    for _ in 0..3 {
        assert_eq!(lab.proxy.get("fe", "/").text(), "two");
    }
    assert_eq!(lab.ask("set server fe/s2 state maint"), "");
    assert_eq!(lab.proxy.get("fe", "/").status, 503);
    assert_eq!(lab.ask("set server fe/s1 state ready"), "");
    assert_eq!(lab.proxy.get("fe", "/").text(), "one");
    let address = two.address();
    let order = format!("set server fe/s1 addr {} port {}", address.ip(), address.port());
    assert!(lab.ask(&order).contains("port changed from "));
    assert_eq!(lab.proxy.get("fe", "/").text(), "two");
    assert_eq!(lab.ask("set weight fe/s1 0;get weight fe/s1"), "\n0 (initial 1)\n");
    assert_eq!(lab.proxy.get("fe", "/").status, 503);
}

/// What goes on with a server ends when an operator says so, and the next session is served.
#[test]
fn sessions_of_a_server_end_on_order() {
    let origin = Origin::raw(|mut peer| {
        peer.send("hello");
        peer.rest();
    });
    let mut lab = Lab::start(&format!(
        "listen fe\n    mode tcp\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        origin.address()
    ));
    let mut client = lab.proxy.connect("fe");
    client.expect("hello");
    assert_eq!(lab.stat("fe,s1", "scur"), "1");
    assert_eq!(lab.ask("shutdown sessions server fe/s1"), "");
    client.expect_end();
    lab.wait_stat("fe,s1", "scur", "0");
    lab.proxy.connect("fe").expect("hello");
}

/// A paused frontend refuses connections, and takes them again afterwards.
#[test]
fn frontends_follow_orders() {
    let one = Origin::fixed("one");
    let free = lockgate_e2e::listener();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut lab = Lab::start(&format!(
        "listen fe\n    bind {address}\n    server s1 {}\nlisten other\n    bind \"fd@${{other}}\"\n    server s1 {}\n",
        one.address(),
        one.address()
    ));
    let get = || {
        let mut peer = lockgate_e2e::Peer::connect(address);
        peer.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        peer.response().text()
    };
    assert_eq!(lab.ask("disable frontend fe"), "");
    let end = Instant::now() + DEADLINE;
    while std::net::TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < end, "still listening");
    }
    assert_eq!(lab.stat("fe,FRONTEND", "status"), "PAUSED");
    assert_eq!(lab.proxy.get("other", "/").text(), "one");
    assert_eq!(lab.ask("enable frontend fe"), "");
    while std::net::TcpStream::connect(address).is_err() {
        assert!(Instant::now() < end, "not listening again");
    }
    assert_eq!(get(), "one");
}

#[test]
fn maps_acls_variables_and_tables_change_under_traffic() {
    let origin = Origin::fixed("x");
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (map, acl) = (file("map", "/a first\n"), file("acl", "/no\n"));
    let mut lab = Lab::start(&format!(
        "listen fe\n    bind \"fd@${{fe}}\"\n    stick-table type string len 20 size 10 expire 1h store gpc0\n    \
         http-request track-sc0 path\n    http-request deny if {{ path -f {acl} }}\n    \
         http-request return status 200 hdr x-map %[path,map({map},none)] hdr x-var %[var(proc.n)]\n    \
         server s {}\n",
        origin.address()
    ));
    let header = |lab: &mut Lab, path: &str, name: &str| {
        let response = lab.proxy.get("fe", path);
        response.header(name).unwrap_or_default().to_owned()
    };
    assert_eq!(header(&mut lab, "/a", "x-map"), "first");
    assert_eq!(lab.ask(&format!("set map {map} /a second;add map {map} /b third")), "\n");
    assert_eq!(
        (header(&mut lab, "/a", "x-map"), header(&mut lab, "/b", "x-map")),
        ("second".into(), "third".into())
    );
    assert_eq!(lab.ask(&format!("prepare map {map}")), "New version created: 1\n");
    assert_eq!(lab.ask_at("admin", &format!("add map @1 {map} <<\n/a fourth\n\n")), "\n");
    assert_eq!(header(&mut lab, "/a", "x-map"), "second", "not in force yet");
    assert_eq!(lab.ask(&format!("commit map @1 {map}")), "");
    assert_eq!(
        (header(&mut lab, "/a", "x-map"), header(&mut lab, "/b", "x-map")),
        ("fourth".into(), "none".into())
    );
    assert_eq!(lab.proxy.get("fe", "/no").status, 403);
    assert_eq!(lab.ask(&format!("del acl {acl} /no;add acl {acl} /a")), "\n");
    assert_eq!((lab.proxy.get("fe", "/no").status, lab.proxy.get("fe", "/a").status), (200, 403));
    assert_eq!(lab.ask("experimental-mode on -;set var proc.n fmt v%[int(7)]"), "");
    assert_eq!(header(&mut lab, "/b", "x-var"), "v7");
    assert_eq!(lab.ask("set table fe key /z data.gpc0 4"), "");
    assert!(lab.ask("show table fe data.gpc0 gt 3").contains(": key=/z use=0 "));
    assert_eq!(lab.ask("clear table fe key /z"), "");
    assert!(!lab.ask("show table fe").contains("key=/z "));
}

#[test]
fn tables_of_peers_sections_count_and_their_holders_are_nowhere() {
    let mut lab = Lab::start(
        "peers mates\n    table visits type string size 1k store gpc0,http_req_cnt\n\
         frontend fe\n    bind \"fd@${fe}\"\n    http-request track-sc0 path table mates/visits\n    \
         http-request sc-inc-gpc0(0)\n    http-request return status 200 hdr x-count \"%[sc0_http_req_cnt(mates/visits)]\"\n",
    );
    lab.proxy.get("fe", "/a");
    assert_eq!(lab.proxy.get("fe", "/a").header("x-count"), Some("2"));
    let shown = lab.ask("show table mates/visits");
    assert!(shown.starts_with("# table: mates/visits, type: string, size:1024, used:1\n"), "{shown}");
    assert!(shown.contains(" gpc0=2 http_req_cnt=2"), "{shown}");
    for list in ["show stat", "show backend", "show servers state", "show servers conn"] {
        assert!(!lab.ask(list).contains("mates"), "{list}");
    }
}

#[test]
fn streams_are_listed_and_ended() {
    let gate = lockgate_e2e::Gate::new();
    let answer_gate = gate.clone();
    let origin = Origin::start(move |_| Answer::after(&answer_gate).then(Answer::ok("late")));
    let lab = Lab::start(&format!(
        "frontend fe\n    bind \"fd@${{fe}}\"\n    default_backend be\nbackend be\n    server s1 {}\n",
        origin.address()
    ));
    assert_eq!(lab.ask("show sess"), "");
    let mut client = std::net::TcpStream::connect(lab.proxy.address("fe")).expect("the proxy listens");
    client.set_read_timeout(Some(DEADLINE)).expect("the socket stands");
    client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").expect("the proxy reads");
    origin.wait_requests(1);
    let text = lab.ask("show sess");
    assert!(text.contains(": proto=tcpv4 src=127.0.0.1:") && text.contains(" fe=fe be=be srv=s1 "), "{text}");
    assert_eq!(lab.ask("show sess server be/s1").lines().count(), 1);
    assert_eq!(lab.ask("show sess older 1h"), "");
    let id = text.split_once(':').expect("it begins with its number").0;
    assert_eq!(lab.ask(&format!("shutdown session {id}")), "");
    let mut answer = Vec::new();
    assert_eq!(client.read_to_end(&mut answer).expect("the proxy closes"), 0);
    let end = Instant::now() + DEADLINE;
    while !lab.ask("show sess").is_empty() {
        assert!(Instant::now() < end, "the stream is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(lab.ask(&format!("shutdown session {id}")), "No such session (use 'show sess').\n");
    gate.open();
}

#[test]
fn what_was_no_http_is_kept() {
    let origin = Origin::start(|_| Answer::raw("HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n"));
    let mut lab = Lab::start(&format!(
        "frontend fe\n    bind \"fd@${{fe}}\"\n    default_backend be\nbackend be\n    server s1 {}\n",
        origin.address()
    ));
    assert_eq!(
        lab.proxy.request("fe", "GET /a\x01 HTTP/1.1\r\nhost: x\r\n\r\n").line(),
        "HTTP/1.1 400 Bad request"
    );
    let text = lab.ask("show errors");
    assert!(
        text.contains("] frontend fe (#2): invalid request\n") && text.contains("error at position 6"),
        "{text}"
    );
    assert!(text.contains("\n  00000  GET /a\\x01 HTTP/1.1\\r\\n\n"), "{text}");
    assert_eq!(lab.proxy.get("fe", "/").line(), "HTTP/1.1 502 Bad Gateway");
    let text = lab.ask("show errors be response");
    assert!(text.contains("] : 2\n") && text.contains("] backend be (#3): invalid response\n"), "{text}");
    assert!(
        text.contains("server s1 (#1), event #1, src 127.0.0.1:") && text.contains("Bad Name: x"),
        "{text}"
    );
    assert_eq!(lab.ask("show errors fe response").lines().count(), 1);
}

#[test]
fn the_process_takes_so_many_connections_a_second() {
    let lab = Lab::start("listen fe\n    bind \"fd@${fe}\"\n    http-request return status 200\n");
    assert_eq!(lab.ask("set rate-limit connections global 1"), "");
    let ask = || {
        let mut client = std::net::TcpStream::connect(lab.proxy.address("fe")).expect("the proxy listens");
        client.set_read_timeout(Some(DEADLINE)).expect("the socket stands");
        client.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("the proxy reads");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("the proxy answers");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    };
    let begin = Instant::now();
    (0..3).for_each(|_| ask());
    assert!(begin.elapsed() >= Duration::from_millis(900), "{:?}", begin.elapsed());
    assert_eq!(lab.ask("set rate-limit connections global 0"), "");
    assert!(lab.ask("show info").contains("\nConnRateLimit: 0\n"));
}
