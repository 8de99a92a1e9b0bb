//! Lines of state files, and what servers get of them.

use base::{ProxyId, ServerId};
use diag::{FileId, Span};
use net::Endpoint;
use state::proxy::Sides;
use state::server::ServerSetup;

use super::*;

fn line_of(fields: &str) -> StateLine {
    parse(format!("1\n# {COLUMNS}\n{fields}\n").as_bytes()).unwrap().into_values().next().unwrap()
}

/// A server whose weight is 10, as `line` leaves it.
fn restored(fields: &str, config: ServerConfig) -> (Server, Option<Restored>, usize) {
    let endpoint = Endpoint::Inet("127.0.0.1:80".parse().unwrap());
    let setup = ServerSetup {
        weight: 10,
        admin: if config.is_disabled { ADMIN_MAINT } else { 0 },
        ..ServerSetup::plain(ProxyId(0), ServerId(0), "s", endpoint)
    };
    let server = Server::new(setup, 1);
    let span = Span::line(FileId(0), 1);
    let proxy = ProxyConfig::new(ProxyId(0), "b".into(), Sides::Backend, span);
    let mut diags = Diagnostics::default();
    let restored = line_of(fields).restore(&proxy, &config, &server, &mut diags);
    (server, restored, diags.iter().count())
}

fn disabled() -> ServerConfig {
    ServerConfig { is_disabled: true, ..ServerConfig::default() }
}

#[test]
fn files_are_read_whole_or_not_at_all() {
    let good = "1 b 1 s 127.0.0.1 2 0 5 10 60 6 3 4 6 0 0 0 - 81 - 0 0 - - 0";
    let text = |lines: &str| format!("1\n# {COLUMNS}\n\n{lines}");
    assert_eq!(parse(text(&format!("{good}\n")).as_bytes()).unwrap().len(), 1);
    assert_eq!(parse(text(&format!("{good}\n1 b 2\n")).as_bytes()).unwrap_err(), 4);
    assert_eq!(parse(text(good).as_bytes()).unwrap_err(), 3, "cut off");
    assert_eq!(parse(b"2\n").unwrap_err(), 0);
    assert_eq!(parse(b"1").unwrap_err(), 0);
}

#[test]
fn what_an_operator_had_set_is_set_again() {
    let (server, _, told) =
        restored("1 b 1 s 127.0.0.1 0 1 5 10 60 6 3 4 6 0 0 0 - 81 - 0 0 - - 0", ServerConfig::default());
    assert_eq!((server.admin(), server.weight(), told), (ADMIN_MAINT, 5, 0));
    assert_eq!(server.endpoint().inet().unwrap().port(), 81);
    assert_eq!(server.health(), Health::Up, "maintenance is no failure");
    let now = clock::now();
    assert!((60..=61).contains(&server.uptime.since_change_s(now)) || now.0 < 60_000);

    let drained = restored("1 b 1 s - 2 8 5 20 0 6 3 4 6 0 0 0 - 0 - 0 0 - - 0", ServerConfig::default()).0;
    assert_eq!((drained.admin(), drained.weight()), (ADMIN_DRAIN, 10), "its weight was changed since");
}

#[test]
fn the_configuration_goes_first_where_it_changed() {
    let ready = "1 b 1 s - 2 0 10 10 0 6 3 4 6 0 0 0 - 0 - 0";
    assert_eq!(restored(ready, disabled()).0.admin(), ADMIN_MAINT);
    let was_disabled = "1 b 1 s - 0 5 10 10 0 6 3 4 6 0 0 0 - 0 - 0";
    assert_eq!(restored(was_disabled, ServerConfig::default()).0.admin(), 0);
    let was_enabled = "1 b 1 s - 2 4 10 10 0 6 3 4 6 0 0 0 - 0 - 0";
    assert_eq!(restored(was_enabled, disabled()).0.admin(), 0, "an operator had let it work");
}

#[test]
fn checks_go_on_where_they_were() {
    let health = |operation: u32, steps: u32| {
        let line = format!("1 b 1 s - {operation} 0 10 10 0 6 3 {steps} 6 0 0 0 - 0 - 0");
        let (server, restored, _) = restored(&line, ServerConfig::default());
        server.check.configure(2, 3);
        restored.unwrap().restore_checks(&server);
        (server.health(), server.check.health().now)
    };
    assert_eq!(health(0, 1), (Health::Down, 0));
    assert_eq!(health(1, 7), (Health::Up, 1));
    assert_eq!(health(2, 2), (Health::Up, 4));
    assert_eq!(health(3, 9), (Health::Stopping, 3));
    let line = "1 b 1 s - 2 0 10 10 0 6 3 4 2 2 0 0 - 0 - 0 81 127.0.0.2 - 9";
    let (server, restored, _) = restored(line, ServerConfig::default());
    server.check.configure(2, 3);
    server.agent.configure(1, 1);
    let restored = restored.unwrap();
    restored.restore_checks(&server);
    restored.restore_agent(&server);
    assert!(!server.check.is_enabled() && !server.agent.is_enabled());
    let (check, agent) = (server.check.place().unwrap(), server.agent.place().unwrap());
    assert_eq!((check.port, check.addr), (Some(81), "127.0.0.2".parse().ok()));
    assert_eq!((agent.port, agent.addr), (Some(9), None));
}

#[test]
fn nonsense_is_told_and_left_out() {
    for fields in [
        "1 b 1 s - 9 0 5 10 0 6 3 4 6 0 0 0 - 0 - 0",
        "1 b 1 s - 2 3000 5 10 0 6 3 4 6 0 0 0 - 0 - 0",
        "1 b 1 s - 2 0 300 10 0 6 3 4 6 0 0 0 - 0 - 0",
        "1 b 1 s - 2 0 5 10 0 6 3 4 6 0 0 0 - 99999 - 0",
    ] {
        let (server, restored, told) = restored(fields, ServerConfig::default());
        assert!(restored.is_none() && told == 1 && server.weight() == 10, "{fields}");
    }
}
