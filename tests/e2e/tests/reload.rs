//! Reloads of a master lose nothing: SIGUSR2, `reload`, `hard-reload`. Management guide: chapters 4 and 9.4.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lockgate_e2e::{
    Answer, DEADLINE, Gate, HTTP, Origin, Outcome, Proxy, Traffic, ask, restartable_listener,
};
use rustix::process::Signal;

/// A proxy below a master, its configuration's text, and the master's socket.
struct Mastered {
    proxy: Proxy,
    socket: PathBuf,
}

impl Mastered {
    fn start(text: &str) -> Self {
        Self::start_with(text, &[])
    }

    fn start_with(text: &str, arguments: &[&str]) -> Self {
        let builder = arguments.iter().fold(Proxy::builder(text), |builder, word| builder.argument(word));
        let socket = builder.directory().join("m.sock");
        let proxy = builder.argument("-W").argument("-S").argument(&socket.to_string_lossy()).start();
        // It is ready once it can be spoken to.
        let started = Instant::now();
        while !ask(&socket, "@1 show info\n").contains("Pid:") {
            assert!(started.elapsed() < DEADLINE, "no worker:\n{}", proxy.output());
            std::thread::sleep(Duration::from_millis(5));
        }
        Mastered { proxy, socket }
    }

    fn write(&self, text: &str) {
        fs::write(self.proxy.directory().join("test.cfg"), text).expect("the directory can be written");
    }

    fn reload(&self) {
        let answer = ask(&self.socket, "reload\n");
        assert!(answer.starts_with("Success=1\n"), "{answer}");
    }

    /// Waits until no worker is leaving.
    fn settle(&self) {
        let started = Instant::now();
        while ask(&self.socket, "show proc\n").contains("# old workers") {
            assert!(started.elapsed() < DEADLINE, "old workers stay:\n{}", ask(&self.socket, "show proc\n"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn echo() -> Origin {
    Origin::start(|request| Answer::ok(&request.target))
}

/// A free port of the loopback that nobody is given by chance.
fn free() -> SocketAddr {
    restartable_listener().local_addr().expect("a bound socket")
}

fn without_loss(outcome: &Outcome) {
    assert!(outcome.failed == 0 && outcome.closed_between == 0 && outcome.answered > 0, "{outcome:?}");
}

/// Waits for an answer with this body from a connection of its own.
fn body(address: SocketAddr) -> String {
    let mut peer = lockgate_e2e::Peer::connect(address);
    peer.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    peer.response().text()
}

#[test]
fn no_request_is_lost_while_sigusr2_reloads() {
    let (origin, address) = (echo(), free());
    let text = |threads: usize| {
        format!(
            "global\n    nbthread {threads}\n{HTTP}listen fe\n    bind {address}\n    server s {}\n",
            origin.address()
        )
    };
    let mut mastered = Mastered::start(&text(2));
    let traffic = Traffic::start(address, 8);
    for (count, threads) in [(1, 2), (2, 1), (3, 3), (4, 2), (5, 2)] {
        traffic.flow(100);
        mastered.write(&text(threads));
        mastered.proxy.signal(Signal::USR2);
        let started = Instant::now();
        while !ask(&mastered.socket, "show proc\n").contains(&format!("{count} [failed: 0]")) {
            assert!(started.elapsed() < DEADLINE);
            std::thread::sleep(Duration::from_millis(5));
        }
        // The answer waits for the end of the load.
        assert!(ask(&mastered.socket, "_loadstatus\n").starts_with("Success=1\n"));
    }
    traffic.flow(100);
    without_loss(&traffic.finish());
    mastered.settle();
}

#[test]
fn no_request_is_lost_on_inherited_and_unix_sockets() {
    let origin = echo();
    let mastered = Mastered::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    server inner unix@inner.sock\n\
         listen inner\n    bind unix@inner.sock\n    server abstract abns@lockgate-reload-{pid}\n\
         listen abstract\n    bind abns@lockgate-reload-{pid}\n    server s {}\n",
        origin.address(),
        pid = std::process::id()
    ));
    let traffic = Traffic::start(mastered.proxy.address("fe"), 6);
    for _ in 0..4 {
        traffic.flow(50);
        mastered.reload();
    }
    traffic.flow(50);
    without_loss(&traffic.finish());
}

/// Sockets that no other process could bind beside them: a reload succeeds only because it gets them, and without that it
/// fails and changes nothing.
#[test]
fn sockets_that_nobody_else_can_bind_are_handed_over() {
    let (origin, address, stream, datagrams) = (echo(), free(), free(), free());
    let text = format!(
        "global\n    noreuseport\n    nbthread 2\n{HTTP}listen fe\n    bind {address}\n    server s {}\n\
         log-forward logs\n    bind {stream}\n    dgram-bind {datagrams}\n    log 127.0.0.1:9 local0\n",
        origin.address()
    );
    let mastered = Mastered::start(&text);
    let traffic = Traffic::start(address, 4);
    for _ in 0..3 {
        traffic.flow(50);
        mastered.reload();
    }
    traffic.flow(50);
    without_loss(&traffic.finish());

    let other = free();
    let text = text.replace(&address.to_string(), &other.to_string());
    let (stream, datagrams) = (stream.to_string(), datagrams.to_string());
    let text = text.replace(&stream, &free().to_string()).replace(&datagrams, &free().to_string());
    let alone = Mastered::start_with(&text, &["-x", "/dev/null"]);
    assert!(ask(&alone.socket, "reload\n").starts_with("Success=0\n"));
    assert_eq!(body(other), "/");
}

#[test]
fn the_new_configuration_serves() {
    let (kept, dropped, added) = (free(), free(), free());
    let text = |word: &str, other: SocketAddr| {
        format!(
            "{HTTP}frontend fe\n    bind {kept}\n    bind {other}\n    http-request return status 200 content-type text/plain string {word}\n"
        )
    };
    let mastered = Mastered::start(&text("one", dropped));
    assert_eq!((body(kept), body(dropped)), ("one".to_owned(), "one".to_owned()));
    mastered.write(&text("two", added));
    mastered.reload();
    mastered.settle();
    assert_eq!((body(kept), body(added)), ("two".to_owned(), "two".to_owned()));
    assert_eq!(TcpStream::connect(dropped).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn what_waits_on_an_address_that_goes_is_served() {
    let (kept, dropped) = (free(), free());
    let text = |binds: &[SocketAddr]| {
        let binds: String = binds.iter().map(|bind| format!("    bind {bind}\n")).collect();
        format!(
            "{HTTP}frontend fe\n{binds}    http-request return status 200 content-type text/plain string x\n"
        )
    };
    let mastered = Mastered::start(&text(&[kept, dropped]));
    // Connected, but silent: the old worker has it, or takes it when it stops listening.
    let mut early: Vec<_> = (0..20).map(|_| lockgate_e2e::Peer::connect(dropped)).collect();
    mastered.write(&text(&[kept]));
    mastered.reload();
    for peer in &mut early {
        peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(peer.response().text(), "x");
    }
    mastered.settle();
}

#[test]
fn a_configuration_that_does_not_check_changes_nothing() {
    let address = free();
    let text = |word: &str| {
        format!(
            "{HTTP}frontend fe\n    bind {address}\n    http-request return status 200 content-type text/plain string {word}\n"
        )
    };
    let mastered = Mastered::start(&text("one"));
    mastered.write(&format!("{}    nonsense here\n", text("two")));
    let answer = ask(&mastered.socket, "reload\n");
    assert!(answer.starts_with("Success=0\n--\n") && answer.contains("test.cfg:9"), "{answer}");
    assert_eq!(body(address), "one");
    assert!(ask(&mastered.socket, "show startup-logs\n").contains("nonsense"));
    assert!(ask(&mastered.socket, "show proc\n").contains("1 [failed: 1]"));
    assert_eq!(ask(&mastered.socket, "prompt\nquit\n"), "master[ReloadFailed]> ");
    // One that checks, but cannot listen.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    mastered.write(&format!("{}listen other\n    bind {}\n", text("two"), taken.local_addr().unwrap()));
    assert!(ask(&mastered.socket, "reload\n").starts_with("Success=0\n"));
    assert_eq!(body(address), "one");
    mastered.write(&text("three"));
    mastered.reload();
    mastered.settle();
    assert_eq!(body(address), "three");
    assert!(ask(&mastered.socket, "show proc\n").contains("3 [failed: 0]"));
}

/// A transfer that waits at a gate, and who reads it.
fn transfer(gate: &Gate) -> (Origin, String) {
    let wait = gate.clone();
    let origin = Origin::start(move |_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc").wait(&wait).send("def")
    });
    let text = format!("{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    server s {}\n", origin.address());
    (origin, text)
}

fn begin(mastered: &Mastered) -> lockgate_e2e::Peer {
    let mut client = lockgate_e2e::Peer::connect(mastered.proxy.address("fe"));
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.response_head();
    client.expect("abc");
    client
}

fn old_worker(socket: &Path) -> Option<String> {
    let table = ask(socket, "show proc\n");
    let old = table.split_once("# old workers\n")?.1;
    old.split_whitespace().next().map(str::to_owned)
}

#[test]
fn a_running_transfer_ends_in_the_old_worker() {
    let gate = Gate::new();
    let (_origin, text) = transfer(&gate);
    let mastered = Mastered::start(&text);
    let mut client = begin(&mastered);
    mastered.reload();
    let old = old_worker(&mastered.socket).expect("the old worker has a transfer");
    let started = Instant::now();
    let info = loop {
        let info = ask(&mastered.socket, &format!("@!{old} show info\n"));
        // Its signal may still be on the way.
        if info.contains("\nStopping: 1\n") {
            break info;
        }
        assert!(started.elapsed() < DEADLINE, "{info}");
    };
    assert!(info.contains(&format!("\nPid: {old}\n")), "{info}");
    gate.open();
    client.expect("def");
    client.expect_end();
    mastered.settle();
}

#[test]
fn a_hard_reload_waits_for_nobody() {
    let gate = Gate::new();
    let (_origin, text) = transfer(&gate);
    let mastered = Mastered::start(&text);
    let mut client = begin(&mastered);
    assert!(ask(&mastered.socket, "hard-reload\n").starts_with("Success=1\n"));
    client.expect_end();
    mastered.settle();
    gate.open();
}

#[test]
fn an_old_worker_outlives_so_many_reloads() {
    let gate = Gate::new();
    let (_origin, text) = transfer(&gate);
    let mastered = Mastered::start(&format!("global\n    mworker-max-reloads 1\n{text}"));
    let mut client = begin(&mastered);
    mastered.reload();
    assert!(old_worker(&mastered.socket).is_some(), "one is allowed");
    mastered.reload();
    client.expect_end();
    mastered.settle();
    gate.open();
}

#[test]
fn hard_stop_after_ends_the_old_worker() {
    let gate = Gate::new();
    let (_origin, text) = transfer(&gate);
    let mastered = Mastered::start(&format!("global\n    hard-stop-after 300ms\n{text}"));
    let mut client = begin(&mastered);
    mastered.reload();
    client.expect_end();
    mastered.settle();
    gate.open();
}

#[test]
fn the_runtime_api_belongs_to_the_new_worker() {
    let address = free();
    let mastered = Mastered::start(&format!(
        "global\n    stats socket unix@api.sock level admin\n{HTTP}frontend fe\n    bind {address}\n    http-request return status 200\n"
    ));
    let api = mastered.proxy.directory().join("api.sock");
    let pid = |text: String| text.lines().find_map(|l| l.strip_prefix("Pid: ").map(str::to_owned)).unwrap();
    let first = pid(ask(&api, "show info\n"));
    // Keeps the old worker there.
    let mut silent = lockgate_e2e::Peer::connect(address);
    silent.send("GET / HTTP/1.1\r\n");
    mastered.reload();
    let second = pid(ask(&mastered.socket, "@1 show info\n"));
    assert_ne!(first, second);
    // The old one stops listening when its signal arrives.
    let started = Instant::now();
    let mut in_a_row = 0;
    while in_a_row < 10 {
        in_a_row = if pid(ask(&api, "show info\n")) == second { in_a_row + 1 } else { 0 };
        assert!(started.elapsed() < DEADLINE, "the old worker still answers");
    }
    silent.send("Host: a\r\n\r\n");
    assert_eq!(silent.response().status, 200);
    mastered.settle();
}
