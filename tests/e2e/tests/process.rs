//! The program as a process: arguments, exit statuses, signals, the pid file. Management guide: chapters 3 and 4.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lockgate_e2e::{
    Answer, DEADLINE, Gate, Guard, HTTP, Origin, Peer, Proxy, RefusedPort, binary_path, is_reference, run,
};
use rustix::process::Signal;

fn directory_with(text: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("a.cfg"), text).expect("it can be written");
    directory
}

const GOOD: &str = "listen a\n    mode http\n    bind 127.0.0.1:8080\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n";

#[test]
fn checking_tells_good_from_bad() {
    let directory = directory_with(GOOD);
    let good = run(&["-c", "-f", "a.cfg"], directory.path());
    assert_eq!(good.status.code(), Some(0), "{}", good.stderr);
    let verbose = run(&["-c", "-V", "-f", "a.cfg"], directory.path());
    assert!((verbose.stdout + &verbose.stderr).contains("Configuration file is valid"));
    let directory = directory_with(&GOOD.replace("mode http", "mode htpp\n    blance roundrobin"));
    let bad = run(&["-c", "-f", "a.cfg"], directory.path());
    assert_eq!(bad.status.code(), Some(1));
    // Both mistakes in one run, each with its line.
    assert!(bad.stderr.contains("a.cfg:2") && bad.stderr.contains("a.cfg:3"), "{}", bad.stderr);
    assert!(bad.stderr.contains("blance"), "{}", bad.stderr);
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let finished = run(&["-c", "-f", "missing.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("missing.cfg"), "{}", finished.stderr);
}

#[test]
fn several_files_and_directories_are_read_in_order() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("d")).unwrap();
    fs::write(
        directory.path().join("first.cfg"),
        "defaults\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n",
    )
    .unwrap();
    fs::write(directory.path().join("d/1.cfg"), "listen a\n    bind 127.0.0.1:8080\n").unwrap();
    fs::write(directory.path().join("d/2.cfg"), "    http-request deny\n").unwrap();
    fs::write(directory.path().join("d/not.txt"), "nonsense\n").unwrap();
    let finished = run(&["-c", "-f", "first.cfg", "-f", "d"], directory.path());
    // 2.cfg begins without a section: its line belongs to none.
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    fs::write(directory.path().join("d/2.cfg"), "listen b\n    bind 127.0.0.1:8080\n    http-request deny\n")
        .unwrap();
    let finished = run(&["-c", "-f", "first.cfg", "-f", "d"], directory.path());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
}

#[test]
fn conditions_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    for (condition, wanted) in [
        ("1", 0),
        ("0", 1),
        ("streq(a,a)", 0),
        ("strneq(a,a)", 1),
        ("version_atleast(2.0)", 0),
        ("version_atleast(99.0)", 1),
        ("!0 && (1 || 0)", 0),
        ("feature(THREAD)", 0),
        ("defined(LOCKGATE_SURELY_NOT_SET)", 1),
    ] {
        let finished = run(&["-cc", condition], directory.path());
        assert_eq!(finished.status.code(), Some(wanted), "{condition}: {}", finished.stderr);
    }
    assert!(run(&["-cc", "nonsense(1)"], directory.path()).status.code() > Some(0));
}

#[test]
fn the_version_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    for option in ["-v", "-vv"] {
        let finished = run(&[option], directory.path());
        assert_eq!(finished.status.code(), Some(0));
        // What HAProxy's test program looks for.
        assert!(finished.stdout.contains("HAProxy version "), "{}", finished.stdout);
    }
    assert!(run(&["-vv"], directory.path()).stdout.contains("TARGET "));
}

/// Soft stop: no new connections, and the running transfer is finished.
#[test]
fn sigusr1_lets_a_running_transfer_end() {
    let gate = Gate::new();
    let wait = gate.clone();
    let origin = Origin::start(move |_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc").wait(&wait).send("def")
    });
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.response_head();
    client.expect("abc");
    proxy.signal(Signal::USR1);
    wait_refused(&proxy);
    assert!(proxy.is_running(), "it ended before the transfer");
    gate.open();
    client.expect("def");
    if is_reference() {
        // HAProxy waits for the idle client's own timeout.
        client.half_close();
    }
    client.expect_end();
    let status = proxy.wait();
    assert_eq!(status.code(), Some(0), "{status}: {}", proxy.output());
}

/// An idle kept-alive client is closed at once by a soft stop.
#[test]
fn sigusr1_closes_idle_clients() {
    let origin = Origin::fixed("x");
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "x");
    proxy.signal(Signal::USR1);
    client.expect_end();
    let status = proxy.wait();
    assert_eq!(status.code(), Some(0), "{status}: {}", proxy.output());
}

#[test]
fn hard_stop_after_bounds_the_soft_stop() {
    let origin =
        Origin::start(|_| Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc").then_silence());
    let mut proxy = Proxy::start(&format!(
        "global\n    hard-stop-after 300ms\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.response_head();
    client.expect("abc");
    proxy.signal(Signal::USR1);
    client.expect_end();
    proxy.wait();
}

/// Waits until nobody listens. A connection that merely waits in a queue is not refused.
fn wait_refused(proxy: &Proxy) {
    let started = Instant::now();
    loop {
        let tried = TcpStream::connect_timeout(&proxy.address("fe"), Duration::from_secs(1));
        if tried.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "it still listens");
    }
}

#[test]
fn sigterm_and_sigint_end_it_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let origin = Origin::start(|_| Answer::silence());
        let mut proxy = Proxy::start(&format!(
            "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
            origin.address()
        ));
        let mut client = proxy.connect("fe");
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        origin.wait_requests(1);
        proxy.signal(signal);
        let status = proxy.wait();
        let by_signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert!(status.code() == Some(0) || by_signal == Some(signal.as_raw()), "{status}");
        client.rest();
    }
}

/// In the background: the command returns once the listeners are bound, and the file names the process.
#[test]
fn a_daemon_writes_its_pid() {
    let port = RefusedPort::new();
    let address = port.address();
    drop(port);
    let directory = directory_with(
        &GOOD.replace("127.0.0.1:8080", &format!("{address}\n    http-request return status 200")),
    );
    let mut command = Command::new(binary_path());
    command.args(["-D", "-p", "lb.pid", "-f", "a.cfg"]).current_dir(directory.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut guard = Guard::start(&mut command, &[]);
    let status = guard.wait(DEADLINE).expect("the command returns");
    assert_eq!(status.code(), Some(0));
    let mut client = Peer::connect(address);
    let pid: i32 = fs::read_to_string(directory.path().join("lb.pid")).unwrap().trim().parse().unwrap();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.response().status;
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(answer, 200);
    let started = Instant::now();
    while Path::new(&format!("/proc/{}/stat", pid.as_raw_nonzero())).exists() {
        assert!(started.elapsed() < DEADLINE, "the daemon does not end");
        std::thread::yield_now();
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = lockgate_e2e::listener();
    let address = taken.local_addr().unwrap();
    let directory = directory_with(&GOOD.replace("127.0.0.1:8080", &address.to_string()));
    let finished = run(&["-db", "-f", "a.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains(&address.to_string()), "{}", finished.stderr);
}

#[test]
fn warnings_can_be_errors() {
    let text = GOOD.replace("    timeout client 1s\n", "");
    let directory = directory_with(&text);
    let finished = run(&["-c", "-f", "a.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("WARNING"), "{}", finished.stderr);
    assert_eq!(run(&["-c", "-dW", "-f", "a.cfg"], directory.path()).status.code(), Some(1));
}

/// `-dC` writes what is written, and under a key what tells nobody anything: the same in both programs but that the other
/// one writes it twice.
#[test]
fn a_configuration_is_written_without_its_names() {
    let text = "global\n    stats timeout 5s # a while\n\nbackend app\n    server s1 192.168.0.1:8080 check\n    \
                cookie SRV insert indirect\n    nonsense a b c\n";
    let directory = directory_with(text);
    let plain = run(&["-dC", "-f", "a.cfg"], directory.path());
    assert_eq!(plain.status.code(), Some(0), "{}", plain.stderr);
    let written = "global \n\tstats timeout 5s \n\t\nbackend app \n\tserver s1 192.168.0.1:8080 check \n\tcookie SRV insert indirect \n\tnonsense a b c \n";
    assert!(plain.stdout.starts_with(written), "{}", plain.stdout);
    let hidden = run(&["-dC5,line", "-f", "a.cfg"], directory.path());
    let written = "1\tglobal\n2\t\tstats timeout 5s\n3\t\t\n4\tbackend ID(b49ea2)\n5\t\tserver ID(8e467b) IPV4(dcf75b):8080 [...]\n\
                   6\t\tcookie ID(839fb6) insert [...]\n7\t\tnonsense a b [...]\n";
    assert!(hidden.stdout.starts_with(written), "{}", hidden.stdout);
}
