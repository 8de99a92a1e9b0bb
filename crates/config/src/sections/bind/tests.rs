//! Tests of `bind` lines.

use super::rows::TABLE;
use crate::model::{Bind, BindAddress};
use crate::sections::testing::{errors, good, warnings};
use net::listen::V6;

fn frontend(lines: &str) -> String {
    format!("frontend f\n  timeout client 1s\n{lines}\n")
}

fn binds(lines: &str) -> Vec<Bind> {
    good(&frontend(lines)).proxies.remove(0).binds
}

fn error(line: &str) -> String {
    errors(&frontend(line)).join("\n")
}

#[test]
fn every_row_is_documented_and_its_examples_load() {
    for row in TABLE.iter() {
        assert!(!row.doc.brief.is_empty() && !row.doc.brief.ends_with('.'), "{}", row.name);
        for example in row.doc.examples {
            let errors = errors(&frontend(example.text));
            assert!(errors.is_empty(), "{}\n{}", example.text, errors.join("\n"));
        }
    }
}

#[test]
fn words_hold_for_all_addresses_of_their_line() {
    let all = binds("  bind :80,:81 name web accept-proxy maxconn 10 backlog 20 tcp-ut 5s\n  bind :82");
    assert_eq!(all.len(), 3);
    for bind in &all[..2] {
        assert_eq!(bind.name.as_deref(), Some("web"));
        assert!(bind.accepts_proxy);
        assert_eq!((bind.maxconn, bind.backlog), (10, Some(20)));
        assert_eq!(bind.options.user_timeout, Some(std::time::Duration::from_secs(5)));
    }
    assert!(all[2].name.is_none() && !all[2].accepts_proxy);
}

#[test]
fn socket_options() {
    let all = binds(
        "  bind :::80 v4v6 transparent interface eth0 mss 1400 tfo defer-accept cc cubic\n  bind :::81 v6only",
    );
    let options = &all[0].options;
    assert_eq!((options.v6, options.transparent, options.mss), (V6::Both, true, Some(1400)));
    assert_eq!((options.interface.as_deref(), options.congestion.as_deref()), (Some("eth0"), Some("cubic")));
    assert!(options.defer_accept && options.fast_open.is_some());
    assert_eq!(all[1].options.v6, V6::Only);
}

#[test]
fn ids_are_given_around_those_that_are_set() {
    let ids: Vec<u32> = binds("  bind :80\n  bind :81 id 1\n  bind :82,:83\n  bind :84 id 3")
        .iter()
        .map(|bind| bind.id)
        .collect();
    assert_eq!(ids, [2, 1, 4, 5, 3]);
    assert!(error("  bind :80,:81 id 5").contains("one socket"));
    assert!(error("  bind :80 id 5\n  bind :81 id 5").contains("in line 3 already"));
    assert!(error("  bind :80 id 0").contains("1 at least"));
}

#[test]
fn unix_sockets_take_prefix_and_permissions() {
    let text = "global\n  unix-bind prefix /run mode 600 user web\nfrontend f\n  timeout client 1s\n  \
                bind unix@/x.sock group root\n  bind :80\n";
    let binds = &good(text).proxies[0].binds;
    assert_eq!(binds[0].address, BindAddress::Endpoint(net::Endpoint::Unix(b"/run/x.sock".to_vec())));
    let permissions = &binds[0].permissions;
    assert_eq!((permissions.uid, permissions.gid, permissions.mode), (Some(99), Some(0), Some(0o600)));
    assert_eq!(binds[1].permissions.mode, None);
    assert!(error("  bind /x user wbe").ends_with("-> web"));
    assert!(error("  bind /x mode 9").contains("octal"));
}

#[test]
fn tls_is_checked_with_its_files() {
    let all = binds(
        "  bind :443 ssl crt site.pem alpn h2 verify optional ca-file site.pem\n  bind :444 crt site.pem",
    );
    assert_eq!(all[0].unsupported, ["ssl".into()]);
    assert!(all[1].unsupported.is_empty(), "without `ssl` the other words have no effect");
    binds("  bind :443 ssl crt bundle.pem");
    binds("  bind :443 ssl crt-list list.txt");
    good("global\n  crt-base /certs\nfrontend f\n  timeout client 1s\n  bind :443 ssl crt site.pem\n");
    assert!(error("  bind :443 ssl crt nowhere.pem").contains("`nowhere.pem` cannot be read"));
    assert!(error("  bind :443 ssl crt-list bad-list.txt").contains("`missing.pem` cannot be read"));
    assert!(error("  bind :443 ssl").contains("needs a certificate"));
    assert!(error("  bind :443 ssl crt site.pem verify maybe").contains("unexpected word `maybe`"));
}

#[test]
fn what_is_not_carried_out_is_noted_for_the_start() {
    assert_eq!(binds("  bind quic4@:443 ssl crt site.pem")[0].unsupported, ["ssl".into(), "quic".into()]);
    assert_eq!(binds("  bind :80 proto h2")[0].unsupported, ["proto h2".into()]);
    assert!(binds("  bind :80 proto h1")[0].unsupported.is_empty());
}

#[test]
fn mistakes_are_placed_and_corrected() {
    assert_eq!(error("  bind :80 nmae web"), "3:12 unknown word `nmae` on a `bind` line -> name");
    assert_eq!(error("  bind"), "3:3 an address and port to listen on is missing");
    assert_eq!(error("  bind :80 name"), "3:12 the name is missing");
    assert!(error("  bind 127.0.0.1").contains("port to listen on is missing"));
    let told = warnings(&frontend("  bind :80 process 1"));
    assert!(told[0].contains("not known to HAProxy any more"), "{told:?}");
    assert!(error("  bind :80 thread some").contains("no set of threads"));
}
