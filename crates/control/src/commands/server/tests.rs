//! Commands about servers, on a backend in memory.

use crate::testing::Lab;

fn lab() -> Lab {
    Lab::new(
        "defaults\n  mode http\n  timeout server 1s\n  timeout connect 1s\n\
         backend b\n  balance roundrobin\n  server s1 127.0.0.1:81 weight 10\n  server s2 127.0.0.1:82 disabled\n\
         backend c\n  balance source\n  server s1 127.0.0.1:83\n",
    )
}

/// One column of a server's line in `show servers state`.
fn state(lab: &Lab, server: &str, column: &str) -> String {
    let text = lab.ask("show servers state b");
    let mut lines = text.lines().skip(1);
    let at = lines.next().unwrap()[2..].split(' ').position(|name| name == column).unwrap();
    lines.find(|line| line.split(' ').nth(3) == Some(server)).unwrap().split(' ').nth(at).unwrap().to_owned()
}

#[test]
fn states() {
    let lab = lab();
    assert_eq!(state(&lab, "s1", "srv_op_state"), "2");
    assert_eq!(
        (state(&lab, "s2", "srv_op_state"), state(&lab, "s2", "srv_admin_state")),
        ("0".into(), "5".into())
    );
    assert_eq!(lab.ask("set server b/s1 state maint"), "");
    assert_eq!(
        (state(&lab, "s1", "srv_op_state"), state(&lab, "s1", "srv_admin_state")),
        ("0".into(), "1".into())
    );
    assert!(!lab.process.shared.runtime.proxies[0].servers.at(base::ServerId(0)).is_usable());
    assert_eq!(lab.ask("set server b/s1 state drain"), "");
    assert_eq!(state(&lab, "s1", "srv_admin_state"), "8");
    assert_eq!(lab.ask("enable server b/s1"), "");
    assert_eq!(
        (state(&lab, "s1", "srv_op_state"), state(&lab, "s1", "srv_admin_state")),
        ("2".into(), "0".into())
    );
    assert_eq!(lab.ask("enable server b/s2;disable server b/s1"), "\n");
    assert_eq!(
        (state(&lab, "s1", "srv_op_state"), state(&lab, "s2", "srv_op_state")),
        ("0".into(), "2".into())
    );
    assert_eq!(lab.process.shared.runtime.proxies[0].balancer.usable(), 1);
}

#[test]
fn health() {
    let lab = lab();
    assert_eq!(lab.ask("set server b/s1 health down"), "");
    assert_eq!(state(&lab, "s1", "srv_op_state"), "0");
    assert_eq!(lab.ask("set server b/s1 health stopping"), "");
    assert_eq!(state(&lab, "s1", "srv_op_state"), "3");
    assert_eq!(lab.ask("set server b/s1 health up"), "");
    assert_eq!(state(&lab, "s1", "srv_op_state"), "2");
    assert_eq!(
        lab.ask("enable health b/s1"),
        "Health check was not configured on this server, cannot enable.\n"
    );
}

#[test]
fn weights() {
    let lab = lab();
    assert_eq!(lab.ask("get weight b/s1"), "10 (initial 10)\n");
    assert_eq!(lab.ask("set weight b/s1 50%;get weight b/s1"), "\n5 (initial 10)\n");
    assert_eq!(lab.ask("set server b/s1 weight 7;get weight #2/#1"), "\n7 (initial 10)\n");
    for (text, answer) in [
        ("", "Require <weight> or <weight%>.\n"),
        ("300", "Absolute weight can only be between 0 and 256 inclusive.\n"),
        ("-1", "Absolute weight can only be between 0 and 256 inclusive.\n"),
        ("-1%", "Relative weight must be positive.\n"),
        ("abc", "Empty weight string empty or preceded by garbage\n"),
        ("7x", "Trailing garbage in weight string\n"),
    ] {
        assert_eq!(lab.ask(&format!("set weight b/s1 {text}")), answer, "{text}");
    }
    let refused = "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n";
    assert_eq!(lab.ask("set weight c/s1 50"), refused);
    assert_eq!(lab.ask("set weight c/s1 0%"), "");
}

#[test]
fn addresses() {
    let lab = lab();
    assert_eq!(
        lab.ask("set server b/s1 addr 127.0.0.2"),
        "IP changed from '127.0.0.1' to '127.0.0.2' by 'stats socket command'\n"
    );
    assert_eq!(
        lab.ask("set server b/s1 addr 127.0.0.2 port 99"),
        "port changed from '81' to '99' by 'stats socket command'\n"
    );
    assert_eq!(lab.ask("set server b/s1 addr 127.0.0.2"), "nothing changed\n");
    assert_eq!(
        (state(&lab, "s1", "srv_addr"), state(&lab, "s1", "srv_port")),
        ("127.0.0.2".into(), "99".into())
    );
    assert_eq!(lab.ask("set server b/s1 addr foo"), "Invalid addr 'foo'\n");
    assert_eq!(lab.ask("set server b/s1 addr 127.0.0.1 port x"), "problem converting port 'x' to an int\n");
}

#[test]
fn limits() {
    let lab = lab();
    assert_eq!(lab.ask("set maxconn server b/s1 6"), "");
    assert_eq!(lab.process.shared.runtime.proxies[0].servers.at(base::ServerId(0)).maxconn(), 6);
    assert_eq!(lab.ask("set maxconn server b/s1"), "Require <maxconn>.\n");
    assert_eq!(lab.ask("set maxconn server b/s1 x"), "maxconn string empty or preceded by garbage\n");
    assert_eq!(lab.ask("set maxconn frontend b 5"), "No such frontend.\n");
    assert_eq!(lab.ask("set maxconn global 50"), "");
    assert!(lab.ask("show info").contains("\nMaxconn: 50\n"));
    assert_eq!(lab.ask("set maxconn global 999999"), "Value out of range.\n");
}

#[test]
fn names_are_checked() {
    let lab = lab();
    assert_eq!(lab.ask("show backend"), "# name\nb\nc\n");
    assert_eq!(lab.ask("get weight b"), "Require 'backend/server'.\n");
    assert_eq!(lab.ask("get weight z/s1"), "No such backend.\n");
    assert_eq!(lab.ask("get weight b/z"), "No such server.\n");
    assert_eq!(lab.ask("show servers conn z"), "Can't find backend.\n");
    assert!(lab.ask("show servers conn b").contains("\nb/s1 2/1 127.0.0.1 81 - "));
    assert_eq!(lab.ask("shutdown sessions server b/s1"), "");
    assert!(lab.ask("set server b/s1").starts_with("usage: set server <backend>/<server> addr"));
}
