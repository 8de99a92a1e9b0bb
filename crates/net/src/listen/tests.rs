//! Tests of listening sockets: their options, and paths and descriptors that change hands.

use super::*;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

fn local(fd: &OwnedFd) -> SocketAddr {
    SocketAddr::try_from(rustix::net::getsockname(fd).unwrap()).unwrap()
}

fn any_port() -> Endpoint {
    Endpoint::Inet("127.0.0.1:0".parse().unwrap())
}

#[test]
fn a_port_is_shared_only_when_all_agree() {
    let shared = ListenOptions { reuse_port: true, ..ListenOptions::default() };
    let first = listen(&any_port(), &shared).unwrap();
    let same = Endpoint::Inet(local(&first));
    listen(&same, &shared).unwrap();
    let error = listen(&same, &ListenOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn accepted_sockets_inherit() {
    let options = ListenOptions {
        keepalive: Some(Keepalive { count: Some(3), ..Keepalive::default() }),
        ..ListenOptions::default()
    };
    let fd = listen(&any_port(), &options).unwrap();
    let _client = TcpStream::connect(local(&fd)).unwrap();
    let accepted = rustix::net::accept(&fd).unwrap();
    assert!(sockopt::tcp_nodelay(&accepted).unwrap());
    assert!(sockopt::socket_keepalive(&accepted).unwrap());
    assert_eq!(sockopt::tcp_keepcnt(&accepted).unwrap(), 3);
}

#[test]
fn a_unix_path_changes_hands_without_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let on = Endpoint::Unix(path.as_os_str().as_bytes().to_vec());
    let options = ListenOptions { unix_mode: Some(0o600), ..ListenOptions::default() };
    let old = listen(&on, &options).unwrap();
    let _first = UnixStream::connect(&path).unwrap();
    let new = listen(&on, &options).unwrap();
    let _second = UnixStream::connect(&path).unwrap();
    rustix::net::accept(&old).unwrap();
    rustix::net::accept(&new).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary name stays");
}

#[test]
fn a_unix_path_that_cannot_be_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("directory");
    std::fs::create_dir(&path).unwrap();
    let on = Endpoint::Unix(path.as_os_str().as_bytes().to_vec());
    assert!(listen(&on, &ListenOptions::default()).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert!(listen(&Endpoint::Unix(vec![b'a'; 107]), &ListenOptions::default()).is_err());
}

#[test]
fn inherited_sockets_are_checked() {
    let original = listen(&any_port(), &ListenOptions::default()).unwrap();
    let taken = listen(&Endpoint::Fd(original.as_raw_fd()), &ListenOptions::default()).unwrap();
    assert_eq!(local(&taken), local(&original));
    drop(taken);
    TcpStream::connect(local(&original)).unwrap();

    let (pipe, _other) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    assert!(listen(&Endpoint::Fd(pipe.as_raw_fd()), &ListenOptions::default()).is_err());
    let connected = TcpStream::connect(local(&original)).unwrap();
    assert!(listen(&Endpoint::Fd(connected.as_raw_fd()), &ListenOptions::default()).is_err());
    assert!(listen(&Endpoint::Fd(-1), &ListenOptions::default()).is_err());
    assert!(listen(&Endpoint::Fd(9_999_999), &ListenOptions::default()).is_err());
}

#[test]
fn options_reach_inherited_sockets_too() {
    let original = listen(&any_port(), &ListenOptions::default()).unwrap();
    let options = ListenOptions {
        user_timeout: Some(Duration::from_millis(4321)),
        defer_accept: true,
        save_syn: Some(1),
        ..ListenOptions::default()
    };
    let mut refused = Vec::new();
    let taken = listen_noting(&Endpoint::Fd(original.as_raw_fd()), &options, &mut refused).unwrap();
    assert_eq!(sockopt::tcp_user_timeout(&taken).unwrap(), 4321);
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn what_only_makes_it_better_is_noted() {
    let options = ListenOptions {
        congestion: Some("there-is-none".to_owned()),
        mss: Some(1),
        ..ListenOptions::default()
    };
    let mut refused = Vec::new();
    listen_noting(&any_port(), &options, &mut refused).unwrap();
    let names: Vec<&str> = refused.iter().map(|refused| refused.option).collect();
    assert_eq!(names, ["mss", "cc"]);
    assert!(refused[1].to_string().starts_with("`cc` has no effect: No such file"), "{}", refused[1]);
}

#[test]
fn an_interface_or_namespace_that_is_not_there_is_named() {
    let told = |options: &ListenOptions| listen(&any_port(), options).unwrap_err().to_string();
    let interface = Some("lockgate-none".to_owned());
    let error = told(&ListenOptions { interface, ..ListenOptions::default() });
    assert!(error.starts_with("interface `lockgate-none`: No such device"), "{error}");
    let namespace = Some("lockgate-none".to_owned());
    let error = told(&ListenOptions { namespace, ..ListenOptions::default() });
    assert!(error.starts_with("namespace `lockgate-none`: No such file"), "{error}");
}

#[test]
fn a_pair_is_known_by_its_other_end() {
    let options = ListenOptions { takes_descriptors: true, ..ListenOptions::default() };
    let (ours, _theirs) = UnixStream::pair().unwrap();
    listen(&Endpoint::Fd(ours.as_raw_fd()), &options).unwrap();
    let listening = listen(&any_port(), &ListenOptions::default()).unwrap();
    assert!(listen(&Endpoint::Fd(listening.as_raw_fd()), &options).is_err());
}

#[test]
fn both_families_or_one() {
    let on = |addr: &str, v6| {
        let options = ListenOptions { v6, ..ListenOptions::default() };
        let fd = listen(&Endpoint::Inet(addr.parse().unwrap()), &options).unwrap();
        let v4 = SocketAddr::from(([127, 0, 0, 1], local(&fd).port()));
        TcpStream::connect(v4).is_ok()
    };
    assert!(on("[::]:0", V6::Both));
    assert!(!on("[::]:0", V6::Only));
}
