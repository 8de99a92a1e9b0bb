//! Servers that come, change and go while requests flow, and what of them outlives a restart. Management guide, chapter 9.3
//! ("add server", "del server", "wait", "show servers state"); configuration manual, chapter 3.1 "server-state-file".

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lockgate_e2e::{Answer, DEADLINE, HTTP, Origin, Proxy, Traffic};
use tempfile::TempDir;

/// What a socket of the runtime API answers to a line.
fn ask(socket: &Path, line: &str) -> String {
    let end = Instant::now() + DEADLINE;
    let mut stream = loop {
        match UnixStream::connect(socket) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < end, "{}: {error}", socket.display()),
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    stream.set_read_timeout(Some(DEADLINE)).expect("a limit can be set");
    stream.write_all(format!("{line}\n").as_bytes()).expect("the command can be sent");
    // A command that waits ends where nobody waits for it.
    if !line.contains("wait ") {
        stream.shutdown(Shutdown::Write).expect("one side can be closed");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer comes in time");
    answer.strip_suffix('\n').unwrap_or_else(|| panic!("{line}: {answer:?}")).to_owned()
}

struct Lab {
    proxy: Proxy,
    directory: TempDir,
}

impl Lab {
    fn start(global: &str, lines: &str) -> Lab {
        Lab::start_in(tempfile::tempdir().expect("a directory can be made"), global, lines)
    }

    /// The same with the files of an earlier one.
    fn start_in(directory: TempDir, global: &str, lines: &str) -> Lab {
        let socket = directory.path().join("admin").display().to_string();
        let text = format!("global\n    stats socket {socket} level admin\n{global}{HTTP}\n{lines}");
        Lab { proxy: Proxy::start(&text), directory }
    }

    fn ask(&self, line: &str) -> String {
        ask(&self.directory.path().join("admin"), line)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A column of a server's line in `show servers state`.
    fn state(&self, server: &str, column: &str) -> String {
        let text = self.ask("show servers state");
        let mut lines = text.lines().skip(1);
        let names = lines.next().expect("there is a header").trim_start_matches("# ");
        let at = names.split(' ').position(|name| name == column).expect("there is such a column");
        let line = lines.find(|line| line.split(' ').nth(3) == Some(server));
        line.and_then(|line| line.split(' ').nth(at)).unwrap_or_else(|| panic!("{server}: {text}")).to_owned()
    }
}

/// A server that answers with the target of the request, as [`Traffic`] wants it.
fn echo() -> Origin {
    Origin::start(|request| Answer::ok(&request.target))
}

#[test]
fn servers_come_and_go_under_load() {
    let (one, two) = (echo(), echo());
    let lab = Lab::start(
        "    nbthread 2\n",
        &format!(
            "listen fe\n    bind \"fd@${{fe}}\"\n    balance roundrobin\n    retries 0\n    server s1 {}\n",
            one.address()
        ),
    );
    let traffic = Traffic::start(lab.proxy.address("fe"), 16);
    traffic.flow(200);
    let line = format!("add server fe/s2 {} check inter 20ms", two.address());
    assert_eq!(lab.ask(&line), "New server registered.\n");
    traffic.flow(200);
    assert_eq!(two.connections(), 0, "a new server is in maintenance, its checks rest");
    assert_eq!(lab.ask("enable server fe/s2;enable health fe/s2"), "\n");
    two.wait_requests(100);
    for round in 0..5 {
        // The first one goes, and comes back under another name.
        let (old, new) = (format!("s1{}", "x".repeat(round)), format!("s1{}", "x".repeat(round + 1)));
        assert_eq!(lab.ask(&format!("set server fe/{old} state drain")), "");
        traffic.flow(50);
        assert_eq!(lab.ask(&format!("set server fe/{old} state maint")), "");
        assert_eq!(lab.ask(&format!("wait 10s srv-removable fe/{old}")), "Done.\n");
        assert_eq!(lab.ask(&format!("del server fe/{old}")), "Server deleted.\n");
        assert_eq!(lab.ask(&format!("set server fe/{old} state ready")), "No such server.\n");
        traffic.flow(100);
        assert_eq!(lab.ask(&format!("add server fe/{new} {}", one.address())), "New server registered.\n");
        let before = one.requests().len();
        assert_eq!(lab.ask(&format!("set server fe/{new} state ready")), "");
        one.wait_requests(before + 50);
    }
    let outcome = traffic.finish();
    assert_eq!((outcome.failed, outcome.closed_between), (0, 0), "{:?}", outcome.failures);
    assert!(outcome.answered > 1_000, "{outcome:?}");
    assert!(lab.ask("show servers conn fe").lines().count() == 3, "a header and two servers");
}

#[test]
fn a_busy_server_is_not_removed() {
    let gate = lockgate_e2e::Gate::new();
    let origin = {
        let gate = gate.clone();
        Origin::start(move |_| Answer::after(&gate).then(Answer::ok("late")))
    };
    let mut lab =
        Lab::start("", &format!("listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n", origin.address()));
    let mut client = lab.proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    origin.wait_requests(1);
    assert_eq!(lab.ask("del server fe/s1"), "Only servers in maintenance mode can be deleted.\n");
    lab.ask("disable server fe/s1");
    let busy = "Server still has connections attached to it, cannot remove it.";
    assert_eq!(lab.ask("del server fe/s1"), format!("{busy}\n"));
    assert_eq!(lab.ask("wait 30ms srv-removable fe/s1"), format!("Wait delay expired. {busy}\n"));
    gate.open();
    assert_eq!(client.response().body, b"late");
    assert_eq!(lab.ask("wait 10s srv-removable fe/s1"), "Done.\n");
    assert_eq!(lab.ask("del server fe/s1"), "Server deleted.\n");
    assert_eq!(lab.proxy.get("fe", "/").status, 503);
}

#[test]
fn states_outlive_a_restart() {
    let origin = echo();
    let directory = tempfile::tempdir().unwrap();
    let lines = format!(
        "    load-server-state-from-file global\nlisten fe\n    bind \"fd@${{fe}}\"\n    balance roundrobin\n    \
         server s1 {0} weight 10\n    server s2 {0} weight 10\n    server s3 {0} weight 10 disabled\n    \
         server s4 {0} weight 10\n    server s5 {0} weight 10 check inter 1h\n",
        origin.address()
    );
    let global =
        format!("    server-state-base {}\n    server-state-file states\n", directory.path().display());
    let lab = Lab::start_in(directory, &global, &lines);
    for order in [
        "set server fe/s1 state maint",
        "set server fe/s2 weight 3",
        "set server fe/s3 state ready",
        "set server fe/s4 state drain",
        "set server fe/s5 health down",
        "disable health fe/s5",
    ] {
        assert_eq!(lab.ask(order), "", "{order}");
    }
    std::fs::write(lab.path("states"), lab.ask("show servers state")).unwrap();
    let Lab { proxy, directory } = lab;
    drop(proxy);

    let mut lab = Lab::start_in(directory, &global, &lines);
    let both = |server: &str, one: &str, other: &str| (lab.state(server, one), lab.state(server, other));
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(both("s1", "srv_admin_state", "srv_op_state"), pair("1", "0"));
    assert_eq!(both("s2", "srv_admin_state", "srv_uweight"), pair("0", "3"));
    assert_eq!(both("s3", "srv_admin_state", "srv_op_state"), pair("4", "2"));
    assert_eq!(both("s4", "srv_admin_state", "srv_uweight"), pair("8", "10"));
    assert_eq!(both("s5", "srv_op_state", "srv_check_health"), pair("0", "0"));
    assert_eq!(lab.state("s5", "srv_check_state"), "2", "configured, and switched off");
    assert_eq!(lab.proxy.get("fe", "/x").body, b"/x");
}
