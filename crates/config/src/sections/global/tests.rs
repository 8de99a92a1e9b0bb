//! Tests of `global` sections.

use std::time::Duration;

use super::rows::TABLE;
use crate::model::{BindAddress, Global, LogTarget, ServerVerify};
use crate::sections::testing::{errors, good, warnings};

fn text(lines: &str) -> String {
    format!("global\n{lines}\n")
}

fn global(lines: &str) -> Global {
    good(&text(lines)).global
}

fn error(lines: &str) -> String {
    errors(&text(lines)).join("\n")
}

#[test]
fn every_row_is_documented_and_its_examples_load() {
    for row in TABLE.iter() {
        assert!(!row.doc.brief.is_empty() && !row.doc.brief.ends_with('.'), "{}", row.name);
        for example in row.doc.examples {
            let errors = errors(&text(&format!("  {}", example.text)));
            assert!(errors.is_empty(), "{}\n{}", example.text, errors.join("\n"));
        }
    }
}

#[test]
fn the_process() {
    let global = global(
        "  daemon\n  user web\n  group web\n  chroot /var/empty\n  pidfile /run/x.pid\n  maxconn 4000\n  \
         nbthread 3\n  ulimit-n 9000\n  hard-stop-after 30s\n  node lb1\n  description a  b\n  quiet\n  nosplice",
    );
    assert!(global.is_daemon && global.is_quiet && global.is_nosplice);
    assert_eq!((global.uid, global.gid, global.nbthread), (Some(99), Some(98), Some(3)));
    assert_eq!((global.maxconn, global.ulimit_n), (Some(4000), Some(9000)));
    assert_eq!(global.chroot.as_deref(), Some(&b"/var/empty"[..]));
    assert_eq!(global.hard_stop_after, Some(Duration::from_secs(30)));
    assert_eq!((global.node.as_deref(), global.description.as_deref()), (Some("lb1"), Some("a b")));
}

#[test]
fn statuses_that_count() {
    let global =
        global("  http-err-codes 220 +300-499 -300-399\n  http-fail-codes -550-580 +555,599,556-566");
    let all =
        |set: &crate::model::Statuses, among: std::ops::Range<u16>| among.filter(|s| set.has(*s)).count();
    assert_eq!((all(&global.statuses.errors, 0..600), global.statuses.errors.has(220)), (101, true));
    assert_eq!((all(&global.statuses.failures, 550..581), global.statuses.failures.has(501)), (12, false));
    for wrong in ["99", "400-399", "+600", "x", "400,,401", "-"] {
        assert_eq!(errors(&text(&format!("  http-err-codes {wrong}"))).len(), 1, "{wrong}");
    }
}

#[test]
fn of_repeated_lines_the_first_counts() {
    let lines = "  maxconn 10\n  maxconn 20\n  user web\n  uid 5";
    assert_eq!((global(lines).maxconn, global(lines).uid), (Some(10), Some(99)));
    assert_eq!(warnings(&text(lines)).len(), 2);
}

#[test]
fn users_and_groups_must_exist() {
    assert_eq!(error("  user wbe"), "2:8 no user is called `wbe` -> web");
    assert_eq!(error("  group nobody"), "2:9 no group is called `nobody`");
}

#[test]
fn stats_sockets_take_the_words_of_bind() {
    let lines = "  unix-bind prefix /run mode 600\n  stats socket /x.sock mode 660 level admin user web expose-fd listeners\n  \
                 stats socket 127.0.0.1:9999\n  stats timeout 2m\n  stats maxconn 3";
    let global = global(lines);
    let sockets = &global.stats_sockets;
    assert_eq!(sockets[0].address, BindAddress::Endpoint(net::Endpoint::Unix(b"/x.sock".to_vec())));
    assert_eq!((&*sockets[0].level, &*sockets[1].level), ("admin", "operator"));
    assert_eq!((sockets[0].permissions.mode, sockets[0].permissions.uid), (Some(0o660), Some(99)));
    assert_eq!((global.stats_timeout, global.stats_maxconn), (Some(Duration::from_secs(120)), Some(3)));
    assert_eq!(error("  stats socket /x levle admin"), "2:19 unknown word `levle` on a `bind` line -> level");
    assert_eq!(error("  stats sokcet /x"), "2:9 unexpected word `sokcet` -> socket");
    assert!(error("  stats socket /x level root").contains("unexpected word `root`"));
}

#[test]
fn logs() {
    let global = global(
        "  log 127.0.0.1 local0 notice\n  log stdout len 2048 format raw sample 1:2 daemon\n  log /dev/log local1 info err\n  \
         log-tag lb\n  log-send-hostname h1",
    );
    assert_eq!(global.logs[0].target, LogTarget::Udp("127.0.0.1:514".parse().unwrap()));
    assert_eq!(
        (global.logs[0].level_max, global.logs[0].level_min),
        (logs::Level::Notice, logs::Level::Emerg)
    );
    assert_eq!((global.logs[1].bytes_max, global.logs[1].format), (2048, Some(logs::Format::Raw)));
    assert!(global.logs[1].sample.is_some());
    assert_eq!(global.logs[2].level_min, logs::Level::Err);
    assert_eq!(global.log_send_hostname, Some(Some((*b"h1").into())));
    assert!(super::tests::global("  log stdout local0\n  no log").logs.is_empty());
    assert_eq!(error("  log 127.0.0.1 locla0"), "2:17 `locla0` is no syslog facility -> local0");
    assert_eq!(error("  log ring@r local0"), "2:7 no ring is called `r`");
    assert!(error("  log 127.0.0.1 len 10 local0").contains("80 at least"));
    assert!(error("  log 127.0.0.1").contains("the facility"));
}

#[test]
fn tuning() {
    let tune = global("  tune.bufsize 32k\n  tune.maxrewrite 2048\n  tune.http.maxhdr 200\n  tune.maxaccept -1\n  tune.idletimer 2s").tune;
    assert_eq!((tune.bufsize, tune.maxrewrite, tune.http_maxhdr, tune.maxaccept), (32_768, 2_048, 200, -1));
    assert_eq!(tune.idletimer, Duration::from_secs(2));
    global(
        "  tune.ssl.default-dh-param 2048\n  tune.h2.max-concurrent-streams 100\n  tune.quic.fe.stream.rxbuf 1m",
    );
    assert!(error("  tune.bufsize big").contains("no size"));
    assert_eq!(
        error("  tune.bufsise 16384"),
        "2:3 unknown keyword `tune.bufsise` in a global section -> tune.bufsize"
    );
    assert_eq!(error("  daemon now"), "2:10 unexpected word `now`");
}

#[test]
fn negation_is_for_some_keywords() {
    global("  no busy-polling\n  no strict-limits\n  no set-dumpable");
    assert_eq!(error("  no daemon"), "2:6 `daemon` cannot be negated");
}

#[test]
fn variables_of_the_process_have_their_values() {
    let text = "global\n  set-var proc.a int(3),add(4)\n  set-var proc.b var(proc.a),mul(2)\n  set-var-fmt proc.c x-%[var(proc.b)]\n\
                backend be\n  timeout connect 1s\n  timeout server 1s\n  server s 127.0.0.1:1\n";
    let vars = good(text).global.vars;
    let value = |name: &str| {
        let var = state::VarRef::parse(name.as_bytes()).unwrap();
        vars.iter().find(|(known, _)| *known == var).map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(value("proc.a"), state::Value::Int(7));
    assert_eq!(value("proc.b"), state::Value::Int(14));
    assert_eq!(value("proc.c"), state::Value::str(b"x-14"));
    good(&format!("{text}global\n  set-var proc.n nbsrv(be)\n  set-var proc.m srv_conn(be/s)\n"));
    assert!(error("  set-var txn.a int(3)").contains("scope `proc`"));
    assert!(error("  set-var proc.a src").contains("src"));
}

#[test]
fn tls_and_old_words() {
    let global = global(
        "  crt-base /certs\n  ca-base /ca\n  ssl-server-verify none\n  ssl-default-bind-options no-sslv3 ssl-min-ver TLSv1.2",
    );
    assert_eq!(global.crt_base.as_deref(), Some(&b"/certs"[..]));
    assert_eq!(global.server_verify, ServerVerify::None);
    assert_eq!(super::tests::global("  nbproc 4").nbthread, Some(4));
    assert!(warnings(&text("  nbproc 2"))[0].contains("not known to HAProxy any more"));
    assert!(error("  ssl-default-bind-options no-sslv4").ends_with("-> no-sslv3"));
    assert!(error("  lua-load nowhere.lua").contains("cannot be read"));
    assert!(error("  lua-load a.lua").ends_with("`lua-load` is known, but not built yet"));
}

#[test]
fn tls_defaults_and_sizes() {
    let global = global(
        "  ssl-default-bind-ciphers HIGH\n  ssl-default-server-sigalgs RSA+SHA256\n  ssl-default-bind-options strict-sni no-tlsv12\n  \
         ssl-default-server-options no-tls-tickets\n  ssl-load-extra-files key ocsp\n  ssl-load-extra-del-ext\n  \
         ssl-skip-self-issued-ca\n  issuers-chain-path certs\n  tune.ssl.cachesize 10\n  tune.ssl.lifetime 1m\n  \
         tune.ssl.keylog on\n  tune.ssl.capture-buffer-size 96\n  tune.ssl.ssl-ctx-cache-size 5\n  maxsslconn 7\n  maxsslrate 8",
    );
    let tls = &global.tls;
    assert_eq!(tls.bind.algorithms.ciphers.as_deref(), Some("HIGH"));
    assert_eq!(tls.server.algorithms.sigalgs.as_deref(), Some("RSA+SHA256"));
    assert!(tls.bind.is_strict_sni && !tls.bind.versions.allows(tls::version::Version::Tls12));
    assert!(tls.server.refuses_tickets && tls.load.extra.key && !tls.load.extra.bundle);
    let settings = tls.settings;
    assert_eq!((settings.cache_size, settings.lifetime_s, settings.generated_max), (10, 60, 5));
    assert!(settings.logs_secrets);
    assert_eq!((tls.capture_bytes_max, tls.connections_max, tls.rate_max), (96, Some(7), Some(8)));
    assert!(error("  issuers-chain-path nowhere").starts_with("2:22 "));
    assert!(error("  ssl-load-extra-files none key").contains("stand alone"));
}

#[test]
fn idle_connections_are_shared_unless_the_line_says_no() {
    use crate::model::IdleSharing;
    for (line, wanted) in [
        ("", IdleSharing::On),
        ("  tune.idle-pool.shared full", IdleSharing::On),
        ("  tune.idle-pool.shared on", IdleSharing::On),
        ("  tune.idle-pool.shared off", IdleSharing::Off),
    ] {
        assert_eq!(global(line).tune.idle_sharing, wanted, "{line}");
    }
}

#[test]
fn spellings_of_headers() {
    let lines =
        "  h1-case-adjust x-a X-A\n  h1-case-adjust-file missing.txt\n  h1-case-adjust-file cases.txt";
    let mut head = b"GET / HTTP/1.1\r\nx-a: 1\r\nx-b: 1\r\n\r\n".to_vec();
    global(lines).http1.header_cases.respell(&mut head);
    assert_eq!(head, b"GET / HTTP/1.1\r\nX-A: 1\r\nX-B: 1\r\n\r\n", "the last file counts");
    assert!(error("  h1-case-adjust x-a X-B").starts_with("2:22 "));
    assert!(error("  h1-case-adjust x-a X-A\n  h1-case-adjust x-a x-A").starts_with("3:"));
    assert!(error("  h1-case-adjust-file missing.txt").contains("cannot be read"));
    assert!(error("  h1-case-adjust-file bad-cases.txt").contains("line 2"));
    assert!(error("  h1-case-adjust x-b X-b\n  h1-case-adjust-file cases.txt").contains("line 2"));
    assert_eq!(warnings(&text("  h1-case-adjust X-A X-a")).len(), 1);
}

#[test]
fn a_stop_is_spread_over_a_time() {
    use crate::model::CloseSpread;
    for (line, wanted) in [
        ("", CloseSpread::AtOnce),
        ("  close-spread-time 5s", CloseSpread::Over(Duration::from_secs(5))),
        ("  close-spread-time infinite", CloseSpread::Never),
    ] {
        assert_eq!(global(line).close_spread, wanted, "{line}");
    }
}
