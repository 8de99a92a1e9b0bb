//! Master-worker mode: `-W`, `-Ws`, `-S`, signals, exit statuses, and the master's own commands. Management guide: chapters
//! 3, 4 and 9.4.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lockgate_e2e::{DEADLINE, Guard, HTTP, Proxy, ProxyBuilder, ask, binary_path, run};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// A configuration that answers without a server.
fn answering(text: &str) -> String {
    format!(
        "{HTTP}frontend fe\n    bind \"fd@${{fe}}\"\n    http-request return status 200 content-type text/plain string \"{text}\"\n"
    )
}

fn with_socket(builder: ProxyBuilder) -> (ProxyBuilder, PathBuf) {
    let socket = builder.directory().join("m.sock");
    let path = socket.to_string_lossy().into_owned();
    (builder.argument("-W").argument("-S").argument(&path), socket)
}

fn master(text: &str) -> (Proxy, PathBuf) {
    let (builder, socket) = with_socket(Proxy::builder(text));
    let mut proxy = builder.start();
    // The socket is there before the worker is, and its users wait for that.
    assert_eq!(proxy.get("fe", "/").status, 200);
    assert!(ask(&socket, "@1 show info\n").contains("Pid:"));
    (proxy, socket)
}

/// The process ids of the workers in the table of `show proc`.
fn workers(socket: &Path) -> Vec<i32> {
    let table = ask(socket, "show proc\n");
    let rows = table.lines().filter(|line| line.contains(" worker "));
    rows.map(|row| row.split_whitespace().next().expect("a process id").parse().expect("a number")).collect()
}

/// Waits for the end of a process that is no child.
fn wait_for_end_of(pid: i32) {
    let Ok(handle) = pidfd_open(Pid::from_raw(pid).expect("a process id"), PidfdFlags::empty()) else {
        return;
    };
    let mut wanted = [PollFd::new(&handle, PollFlags::IN)];
    let limit = Timespec::try_from(DEADLINE).expect("a short time");
    assert_eq!(
        poll(&mut wanted, Some(&limit)).expect("a process can be waited for"),
        1,
        "process {pid} does not end"
    );
}

#[test]
fn systemd_hears_of_a_worker_that_accepts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let pidfile = directory.path().join("pid");
    let mut proxy = Proxy::builder(&answering("x"))
        .argument("-Ws")
        .argument("-p")
        .argument(&pidfile.to_string_lossy())
        .environment("NOTIFY_SOCKET", &path)
        .start();
    let next = || {
        let mut bytes = [0; 512];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let first = next();
    assert!(first.contains("READY=1\n") && first.contains(&format!("MAINPID={}\n", proxy.pid())), "{first}");
    assert_eq!(fs::read_to_string(&pidfile).unwrap().trim(), proxy.pid().to_string());
    assert_eq!(proxy.get("fe", "/").text(), "x");
    proxy.signal(Signal::USR2);
    let (second, third) = (next(), next());
    assert!(second.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{second}");
    assert!(third.starts_with("READY=1\n"), "{third}");
    proxy.signal(Signal::INT);
    assert_eq!(proxy.wait().code(), Some(130), "{}", proxy.output());
    assert!(next().contains("STOPPING=1"));
}

#[test]
fn exit_statuses_tell_how_it_ended() {
    for (signal, wanted) in [(Signal::INT, 130), (Signal::TERM, 0), (Signal::USR1, 0)] {
        let (mut proxy, _) = master(&answering("x"));
        proxy.signal(signal);
        assert_eq!(proxy.wait().code(), Some(wanted), "{signal:?}: {}", proxy.output());
    }
}

#[test]
fn a_worker_that_crashes_takes_the_master_along() {
    let (mut proxy, socket) = master(&answering("x"));
    let worker = Pid::from_raw(workers(&socket)[0]).unwrap();
    kill_process(worker, Signal::KILL).unwrap();
    assert_eq!(proxy.wait().code(), Some(137), "{}", proxy.output());
    assert!(proxy.output().contains("nobody told it to"), "{}", proxy.output());
}

#[test]
fn a_worker_does_not_outlive_its_master() {
    let (mut proxy, socket) = master(&answering("x"));
    let worker = workers(&socket)[0];
    proxy.signal(Signal::KILL);
    proxy.wait();
    wait_for_end_of(worker);
}

#[test]
fn a_start_that_fails_is_the_masters_failure() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a.cfg"), "frontend f\n    nonsense\n").unwrap();
    let finished = run(&["-W", "-f", "a.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    // What only the worker can find out.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!("{HTTP}listen a\n    bind {}\n", taken.local_addr().unwrap());
    fs::write(directory.path().join("a.cfg"), text).unwrap();
    let finished = run(&["-W", "-f", "a.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("cannot listen"), "{}", finished.stderr);
}

#[test]
fn in_the_background_the_master_is_the_daemon() {
    let directory = tempfile::tempdir().unwrap();
    let port = lockgate_e2e::restartable_listener().local_addr().unwrap();
    let text = format!("{HTTP}frontend f\n    bind {port}\n    http-request return status 200\n");
    fs::write(directory.path().join("a.cfg"), text).unwrap();
    let socket = directory.path().join("m.sock");
    let mut command = Command::new(binary_path());
    command.args(["-W", "-D", "-f", "a.cfg", "-p", "pid", "-S"]).arg(&socket).current_dir(directory.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut guard = Guard::start(&mut command, &[]);
    let status = guard.wait(DEADLINE).expect("the parent goes away once the worker is ready");
    assert_eq!(status.code(), Some(0));
    let master: i32 = fs::read_to_string(directory.path().join("pid")).unwrap().trim().parse().unwrap();
    // It accepts as soon as the parent is gone.
    std::net::TcpStream::connect(port).unwrap();
    assert!(ask(&socket, "show proc\n").contains(&format!("{master:<15} master ")));
    assert_eq!(ask(&socket, "reload\n").lines().next(), Some("Success=1"));
    let worker = workers(&socket)[0];
    kill_process(Pid::from_raw(master).unwrap(), Signal::TERM).unwrap();
    wait_for_end_of(master);
    wait_for_end_of(worker);
}

#[test]
fn the_master_shows_its_processes() {
    let (proxy, socket) = master(&answering("x"));
    let table = ask(&socket, "show proc\n");
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("#<PID>          <type>          <reloads>       <uptime>        <version>")
    );
    assert!(
        lines[1].starts_with(&format!("{:<15} master          0 [failed: 0]   0d00h", proxy.pid())),
        "{table}"
    );
    assert_eq!(lines[2], "# workers");
    assert!(lines[3].contains(" worker          0 "), "{table}");
    assert!(ask(&socket, "show proc debug\n").contains("<ipc_fd[0]>"));
}

#[test]
fn commands_reach_the_worker() {
    let (_proxy, socket) = master(&answering("x"));
    let worker = workers(&socket)[0];
    let info = ask(&socket, "@1 show info\n");
    assert!(info.contains("\nProcess_num: 1\n") && info.contains(&format!("\nPid: {worker}\n")), "{info}");
    let both = ask(&socket, &format!("@!{worker} show version; show version\n"));
    let versions: Vec<&str> = both.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!((versions.len(), versions[0]), (2, versions[1]));
    assert_eq!(ask(&socket, "@1; show cli level\n"), "admin\n\n");
    assert_eq!(ask(&socket, "@@1 set timeout cli 5s; show cli level\n"), "\nadmin\n\n");
    assert!(ask(&socket, "@2 show info\n").starts_with("Can't find the target PID"));
    // A payload arrives whole.
    assert!(ask(&socket, "@1 show env HOME <<\nx\n\n").contains("HOME="));
}

#[test]
fn prompts_tell_where_one_is() {
    let (_proxy, socket) = master(&answering("x"));
    let worker = workers(&socket)[0];
    let talk = ask(&socket, "prompt\n@1\nexpert-mode on\n@\nquit\n");
    assert_eq!(talk, format!("master> {worker}> {worker}(e)> master(e)> "));
}

#[test]
fn levels_hold_on_both_sides() {
    let builder = Proxy::builder(&answering("x"));
    let socket = builder.directory().join("m.sock");
    let words = format!("{},level,operator,mode,600", socket.display());
    let mut proxy = builder.argument("-W").argument("-S").argument(&words).start();
    assert_eq!(proxy.get("fe", "/").status, 200);
    assert_eq!(ask(&socket, "@1 show cli level\n"), "operator\n\n");
    assert_eq!(ask(&socket, "@1 disable frontend fe\n"), "Permission denied\n\n");
    assert_eq!(ask(&socket, "user; reload\n"), "Permission denied\n\n");
    assert_eq!(ask(&socket, "expert-mode on\n"), "Permission denied!\n");
    assert!(ask(&socket, "reload\n").starts_with("Success=1\n"));
}

#[test]
fn the_keyword_asks_for_a_master_too() {
    let text = format!("global\n    master-worker no-exit-on-failure\n{}", answering("x"));
    let builder = Proxy::builder(&text);
    let socket = builder.directory().join("m.sock");
    let mut proxy = builder.argument("-S").argument(&socket.to_string_lossy()).start();
    assert_eq!(proxy.get("fe", "/").status, 200);
    assert!(ask(&socket, "@1 show info\n").contains("\nProcess_num: 1\n"));
    assert_eq!(workers(&socket).len(), 1);
    proxy.signal(Signal::TERM);
    assert_eq!(proxy.wait().code(), Some(0));
}

#[test]
fn variables_tell_of_the_master() {
    let text = format!(
        "{HTTP}frontend fe\n    bind \"fd@${{fe}}\"\n    http-request return status 200 content-type text/plain string \"${{HAPROXY_MWORKER}}\"\n"
    );
    let (mut proxy, socket) = master(&text);
    assert_eq!(proxy.get("fe", "/").text(), "1");
    let shown = ask(&socket, "show env HAPROXY_MASTER_CLI\n");
    assert_eq!(shown, format!("HAPROXY_MASTER_CLI=unix@{}\n\n", socket.display()));
}

#[test]
fn a_start_takes_no_longer_than_needed() {
    let started = Instant::now();
    let (_proxy, _) = master(&answering("x"));
    assert!(started.elapsed() < Duration::from_secs(10));
}
