//! One process takes the listening sockets over from another: `-x`, `-sf`, `expose-fd listeners`, `_getsocks`. Management
//! guide: chapter 3; HAProxy may stand on either side.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use lockgate_e2e::{
    Answer, HTTP, Origin, Proxy, ProxyBuilder, Traffic, ask, is_reference, program, restartable_listener,
};

/// A proxy that hands its sockets over at `socket`.
fn handing_over(address: SocketAddr, origin: &Origin, socket: &Path) -> ProxyBuilder {
    Proxy::builder(&format!(
        "global\n    nbthread 2\n    stats socket {} level admin expose-fd listeners\n\
         {HTTP}listen fe\n    bind {address}\n    server s {}\n",
        socket.display(),
        origin.address()
    ))
}

fn replacing(builder: ProxyBuilder, old: &Proxy, socket: &Path) -> ProxyBuilder {
    let pid = old.pid().to_string();
    builder.argument("-x").argument(&socket.to_string_lossy()).argument("-sf").argument(&pid)
}

struct Place {
    _directory: tempfile::TempDir,
    socket: PathBuf,
    origin: Origin,
    address: SocketAddr,
}

fn place() -> Place {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let socket = directory.path().join("api.sock");
    let origin = Origin::start(|request| Answer::ok(&request.target));
    let address = restartable_listener().local_addr().expect("a bound socket");
    Place { _directory: directory, socket, origin, address }
}

#[test]
fn no_request_is_lost_between_two_processes() {
    let place = place();
    let mut current = handing_over(place.address, &place.origin, &place.socket).start();
    ask(&place.socket, "show version\n");
    let traffic = Traffic::start(place.address, 8);
    for _ in 0..3 {
        traffic.flow(100);
        let next = handing_over(place.address, &place.origin, &place.socket);
        let next = replacing(next, &current, &place.socket).start();
        // It ends because the next one told it to, and when its clients have gone.
        let status = current.wait();
        assert_eq!(status.code(), Some(0), "{}", current.output());
        current = next;
    }
    traffic.flow(100);
    let outcome = traffic.finish();
    assert!(outcome.failed == 0 && outcome.closed_between == 0, "{outcome:?}");
}

/// Whoever takes over, new connections notice nothing. HAProxy closes idle ones in its own way.
fn between_programs(
    first: impl Fn(ProxyBuilder) -> ProxyBuilder,
    second: impl Fn(ProxyBuilder) -> ProxyBuilder,
) {
    let place = place();
    let mut old = first(handing_over(place.address, &place.origin, &place.socket)).start();
    ask(&place.socket, "show version\n");
    let traffic = Traffic::start(place.address, 8);
    traffic.flow(100);
    let next = handing_over(place.address, &place.origin, &place.socket);
    let next = second(replacing(next, &old, &place.socket)).start();
    let status = old.wait();
    assert_eq!(status.code(), Some(0), "{}\n{}", old.output(), next.output());
    traffic.flow(100);
    let outcome = traffic.finish();
    assert_eq!(outcome.failed, 0, "{outcome:?}\n{}", next.output());
}

#[test]
fn from_haproxy() {
    between_programs(|builder| builder.program(program("haproxy")), |builder| builder);
}

#[test]
fn to_haproxy() {
    between_programs(|builder| builder, |builder| builder.program(program("haproxy")));
}

#[test]
fn an_old_process_that_is_not_there_is_an_error() {
    let place = place();
    let builder = handing_over(place.address, &place.origin, &place.socket);
    let mut proxy = builder.argument("-x").argument("/nonexistent/api.sock").start();
    assert_eq!(proxy.wait().code(), Some(1), "{}", proxy.output());
    let words = if is_reference() { "Failed to get the sockets" } else { "cannot take over the sockets" };
    assert!(proxy.output().contains(words), "{}", proxy.output());
}

#[test]
fn sockets_are_handed_over_only_where_that_is_allowed() {
    let place = place();
    let text = format!(
        "global\n    stats socket {} level admin\n{HTTP}listen fe\n    bind {}\n    server s {}\n",
        place.socket.display(),
        place.address,
        place.origin.address()
    );
    let _proxy = Proxy::start(&text);
    assert_eq!(ask(&place.socket, "_getsocks\n").trim_end(), "");
}
