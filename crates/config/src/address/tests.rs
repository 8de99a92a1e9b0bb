//! Tests of the address forms.

use super::*;
use crate::model::{BindAddress, LogTarget, ServerAddress};
use diag::FileId;
use net::Endpoint;

fn word(text: &str) -> Word {
    let len = u32::try_from(text.len()).unwrap();
    let span = Span { file: FileId(0), line: 1, column: 6, len };
    Word { text: text.as_bytes().to_vec(), span, quoting: Quoting::Bare }
}

/// The addresses of a `bind` line, written out.
fn bound(text: &str) -> Result<String, String> {
    let list = bind_list(&word(text), b"").map_err(|problem| problem.message)?;
    let shown: Vec<String> = list
        .iter()
        .map(|bound| match &bound.address {
            BindAddress::Endpoint(endpoint) => endpoint.to_string(),
            BindAddress::Inherited(fd) => format!("inherited {fd}"),
        })
        .collect();
    Ok(shown.join(" "))
}

#[test]
fn binds_of_every_form() {
    for (text, meant) in [
        (":80", "0.0.0.0:80"),
        ("*:80", "0.0.0.0:80"),
        ("0.0.0.0:80", "0.0.0.0:80"),
        ("127.0.0.1:8000-8002", "127.0.0.1:8000 127.0.0.1:8001 127.0.0.1:8002"),
        (":80,:81,[::1]:82", "0.0.0.0:80 0.0.0.0:81 [::1]:82"),
        (":::80", "[::]:80"),
        ("::1:80", "[::1]:80"),
        ("[::]:80", "[::]:80"),
        ("ipv4@:80", "0.0.0.0:80"),
        ("ipv6@:80", "[::]:80"),
        ("ipv6@*:80", "[::]:80"),
        ("tcp4@127.0.0.1:80", "127.0.0.1:80"),
        ("mptcp6@::1:80", "[::1]:80"),
        ("stream+ipv4@127.0.0.1:80", "127.0.0.1:80"),
        ("/run/x.sock", "unix@/run/x.sock"),
        ("unix@x.sock", "unix@x.sock"),
        ("abnsz@x", "abns@x"),
        ("fd@3", "inherited 3"),
        (":80,", "0.0.0.0:80"),
    ] {
        assert_eq!(bound(text).as_deref(), Ok(meant), "{text}");
    }
    let Endpoint::Abstract(name) = (match &bind_list(&word("abns@x"), b"").unwrap()[0].address {
        BindAddress::Endpoint(endpoint) => endpoint.clone(),
        BindAddress::Inherited(_) => panic!("no descriptor"),
    }) else {
        panic!("not abstract");
    };
    assert_eq!((name.len(), name[0], name[1]), (107, b'x', 0));
}

#[test]
fn binds_that_are_wrong() {
    for text in [
        "127.0.0.1",
        ":",
        ":0",
        ":80-79",
        ":65536",
        ":8o",
        "udp@:53",
        "fd@x",
        "abns@",
        "[::1:80",
        "a b:80",
        "",
    ] {
        assert!(bound(text).is_err(), "{text}");
    }
    assert_eq!(bound(":80x").unwrap_err(), "`x` in the port number `80x`");
    assert_eq!(bound("ipv4@::1:80").unwrap_err(), "`::1` is no IPv4 address");
}

#[test]
fn a_bad_address_of_a_list_is_marked_alone() {
    let problem = bind_list(&word(":80,:9x,:81"), b"").unwrap_err();
    let span = problem.span.unwrap();
    assert_eq!((span.column, span.len), (10, 3));
}

#[test]
fn paths_get_the_prefix_and_quic_is_told() {
    let list = bind_list(&word("unix@/a"), b"/var").unwrap();
    assert_eq!(list[0].address, BindAddress::Endpoint(Endpoint::Unix(b"/var/a".to_vec())));
    assert_eq!(bind_list(&word("quic4@:443"), b"").unwrap()[0].needs, Some("quic"));
}

#[test]
fn servers() {
    let at = |text: &str| server(&word(text)).unwrap();
    let inet = |text: &str| ServerAddress::Endpoint(Endpoint::Inet(text.parse().unwrap()));
    assert_eq!(at("10.0.0.1:80").address, inet("10.0.0.1:80"));
    assert_eq!(at("10.0.0.1:80").port_offset, None);
    assert_eq!(at("10.0.0.1").port_offset, Some(0));
    assert_eq!(at("10.0.0.1:").port_offset, Some(0));
    assert_eq!(at("10.0.0.1:+1000").port_offset, Some(1000));
    assert_eq!(at("10.0.0.1:-1000").port_offset, Some(-1000));
    assert_eq!(at("*").address, inet("0.0.0.0:0"));
    assert_eq!(
        at("www.example.com:80").address,
        ServerAddress::Name { host: "www.example.com".into(), port: 80 }
    );
    assert_eq!(at("2001:db8::1:80").address, inet("[2001:db8::1]:80"));
    assert_eq!(at("/run/app").address, ServerAddress::Endpoint(Endpoint::Unix(b"/run/app".to_vec())));
    assert!(at("udp@10.0.0.1:514").is_datagram && !at("tcp@10.0.0.1:514").is_datagram);
    assert!(server(&word("10.0.0.1:80-90")).is_err());
    assert!(server(&word("fd@3")).is_err());
    assert!(server(&word("exa mple:80")).is_err());
}

#[test]
fn log_targets() {
    let to = |text: &str| log_target(&word(text)).unwrap().target;
    assert_eq!(to("127.0.0.1"), LogTarget::Udp("127.0.0.1:514".parse().unwrap()));
    assert_eq!(to("127.0.0.1:1514"), LogTarget::Udp("127.0.0.1:1514".parse().unwrap()));
    assert_eq!(to("loghost"), LogTarget::UdpName { host: "loghost".into(), port: 514 });
    assert_eq!(to("/dev/log"), LogTarget::Unix(b"/dev/log".to_vec()));
    assert_eq!(to("stdout"), LogTarget::Fd(1));
    assert_eq!(to("fd@7"), LogTarget::Fd(7));
    assert_eq!(to("ring@r"), LogTarget::Ring("r".into()));
    assert!(log_target(&word("tcp@127.0.0.1:1514")).unwrap().is_stream);
    assert!(log_target(&word("127.0.0.1:1-2")).is_err());
}

#[test]
fn fixed_addresses_and_sources() {
    assert_eq!(fixed(&word("127.0.0.1:80")).unwrap(), Endpoint::Inet("127.0.0.1:80".parse().unwrap()));
    assert!(fixed(&word("127.0.0.1:+80")).is_err());
    assert_eq!(source(&word("10.0.0.1")).unwrap(), ("10.0.0.1:0".parse().unwrap(), None));
    assert_eq!(source(&word("10.0.0.1:1-9")).unwrap(), ("10.0.0.1:1".parse().unwrap(), Some((1, 9))));
    assert!(source(&word("/run/x")).is_err());
}
