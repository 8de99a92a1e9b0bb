//! `lockgate demo`, the first thing that somebody tries.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Instant;

use lockgate_e2e::{DEADLINE, Guard, Peer, RefusedPort, Response, binary_path, is_reference};
use rustix::process::Signal;

fn get(address: SocketAddr, target: &str, headers: &str) -> Response {
    let mut client = Peer::connect(address);
    client.send(format!("GET {target} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n{headers}\r\n"));
    client.response()
}

#[test]
fn the_demonstration_does_what_it_says() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("output");
    let port = RefusedPort::new();
    let address = port.address();
    drop(port);
    let mut command = Command::new(binary_path());
    command.args(["demo", "--port", &address.port().to_string()]).current_dir(directory.path());
    let file = fs::File::create(&output).unwrap();
    command.stdin(Stdio::null()).stderr(file.try_clone().unwrap()).stdout(file);
    let mut guard = Guard::start(&mut command, &[]);
    let shown = || fs::read_to_string(&output).unwrap_or_default();
    let started = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(started.elapsed() < DEADLINE && guard.poll().is_none(), "it does not listen: {}", shown());
        std::thread::yield_now();
    }
    // It shows its configuration and what to try.
    assert!(
        shown().contains("frontend www") && shown().contains(&format!("http://{address}")),
        "{}",
        shown()
    );
    // Without the cookie the servers take turns, with it one stays.
    let bodies = [get(address, "/", "").text(), get(address, "/", "").text()];
    assert!(bodies.iter().any(|body| body.contains("blue")), "{bodies:?}");
    assert!(bodies.iter().any(|body| body.contains("green")), "{bodies:?}");
    for _ in 0..3 {
        assert!(get(address, "/", "Cookie: LB=green\r\n").text().contains("green"));
    }
    assert_eq!(get(address, "/private", "").status, 403);
    let headers = get(address, "/headers.json", "").text();
    assert!(headers.to_ascii_lowercase().contains("x-forwarded-for"), "{headers}");
    // Each request has its line.
    while !shown().contains("GET /headers.json HTTP/1.1") {
        assert!(started.elapsed() < DEADLINE, "no line for the request: {}", shown());
        std::thread::yield_now();
    }
    guard.signal(Signal::INT);
    assert!(guard.wait(DEADLINE).is_some(), "it does not end");
}
