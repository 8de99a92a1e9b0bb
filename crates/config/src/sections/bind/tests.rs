//! Tests of `bind` lines.

use std::sync::Arc;

use net::listen::V6;
use tls::options::Verify;
use tls::version::Version;

use super::rows::TABLE;
use crate::model::{Bind, BindAddress, BindTls};
use crate::sections::testing::{errors, good, mistakes, warnings};

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
            let errors = mistakes(&frontend(example.text));
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
        "  bind :443,:444 ssl crt site.pem alpn h2 verify optional ca-file site.pem\n  bind :445 crt site.pem",
    );
    let tls = tls_of(&all[0]);
    assert_eq!((tls.entries.len(), tls.options.host.verify), (1, Some(Verify::Optional)));
    assert!(tls.entries[0].is_default && tls.options.host.ca_file.is_some());
    assert!(Arc::ptr_eq(tls.context.as_ref().unwrap(), tls_of(&all[1]).context.as_ref().unwrap()));
    assert!(all[2].tls.is_none(), "without `ssl` the other words have no effect");
    assert_eq!(tls_of(&binds("  bind :443 ssl crt bundle.pem")[0]).entries.len(), 1);
    good("global\n  crt-base certs\nfrontend f\n  timeout client 1s\n  bind :443 ssl crt site.pem\n");
    assert!(
        error("  bind :443 ssl crt nowhere.pem").starts_with("3:21 there is no certificate 'nowhere.pem'")
    );
    assert_eq!(error("  bind :443 ssl"), "3:13 `ssl` needs a certificate: `crt FILE`");
    assert!(error("  bind :443 ssl crt site.pem verify maybe").contains("unexpected word `maybe`"));
    assert!(error("  bind :443 ssl crt site.pem verify required").contains("no `ca-file`"));
    assert!(error("  bind :443 ssl crt site.pem crt-ignore-err X509_NONSENSE").contains("X509_NONSENSE"));
    assert!(
        error("  bind :443 ssl crt certs").contains("plain"),
        "a directory with a file that is no certificate"
    );
    assert!(warnings(&frontend("  bind :443 crt site.pem"))[0].contains("no `ssl`"));
    assert!(warnings(&frontend("  bind :443 ssl strict-sni"))[0].contains("no certificate"));
}

fn tls_of(bind: &Bind) -> &BindTls {
    bind.tls.as_ref().unwrap()
}

#[test]
fn lists_say_how_each_certificate_is_served() {
    let all = binds("  bind :443 ssl crt-list list.txt verify none");
    let entries = &tls_of(&all[0]).entries;
    let filters: Vec<usize> = entries.iter().map(|entry| entry.filters.len()).collect();
    assert_eq!(filters, [1, 2, 0]);
    assert_eq!(entries[0].options.alpn, Some(vec![Box::from(&b"http/1.1"[..])]));
    assert_eq!(entries[0].options.versions.min, Some(Version::Tls13));
    assert_eq!(entries[2].options.versions.min, None);
    assert!(Arc::ptr_eq(&entries[0].options, &entries[1].options), "the same words are read once");
    assert_eq!(
        entries[0].options.verify,
        Some(Verify::None),
        "the line's words hold where the list says nothing"
    );
    let told = error("  bind :443 ssl crt-list bad-list.txt");
    assert!(told.contains("3:26 [bad-list.txt:2]: there is no certificate 'missing.pem'"), "{told}");
    assert!(told.contains("[bad-list.txt:3]: unknown word `ciphrs` for a certificate -> ciphers"), "{told}");
    assert!(told.contains("[bad-list.txt:4]: `verify` checks clients' certificates"), "{told}");
    assert!(error("  bind :443 ssl crt-list nowhere.txt").contains("`nowhere.txt` cannot be read"));
}

#[test]
fn certificates_of_the_frontend_are_served_by_all_its_lines() {
    let lines =
        "  bind :443 ssl\n  bind :80\n  ssl-f-use crt site.pem alpn http/1.1\n  bind :444 ssl crt other.pem";
    let all = binds(lines);
    assert_eq!(tls_of(&all[0]).entries.len(), 1);
    assert!(all[1].tls.is_none());
    let names: Vec<_> = tls_of(&all[2]).entries.iter().map(|entry| &*entry.pair.names[0]).collect();
    assert_eq!(names, ["other.example.com", "www.example.com"]);
    assert!(error("  bind :443 ssl\n  ssl-f-use crt nowhere.pem").starts_with("4:3 there is no certificate"));
    assert!(error("  bind :443 ssl crt site.pem\n  ssl-f-use alpn h2").contains("`crt`"));
}

#[test]
fn defaults_are_those_in_force_at_the_word() {
    let text = "global\n  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256\n  ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets\n\
                frontend a\n  timeout client 1s\n  bind :443 ssl crt site.pem\n  bind :444 ssl crt site.pem ciphersuites TLS_AES_256_GCM_SHA384 ssl-min-ver TLSv1.2\n\
                global\n  ssl-default-bind-ciphersuites TLS_CHACHA20_POLY1305_SHA256\n\
                frontend b\n  timeout client 1s\n  bind :445 ssl crt site.pem\n";
    let config = good(text);
    let options: Vec<_> =
        config.proxies.iter().flat_map(|proxy| &proxy.binds).map(|bind| &tls_of(bind).options).collect();
    let suites: Vec<_> =
        options.iter().map(|one| one.host.algorithms.ciphersuites.as_deref().unwrap()).collect();
    assert_eq!(suites, ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]);
    let versions: Vec<_> = options.iter().map(|one| one.host.versions.min.unwrap()).collect();
    assert_eq!(versions, [Version::Tls13, Version::Tls12, Version::Tls13]);
    assert!(options.iter().all(|one| one.is_stateful));
}

#[test]
fn what_is_not_built_in_is_told() {
    let told = |words: &str| warnings(&frontend(&format!("  bind :443 ssl crt site.pem {words}"))).join("\n");
    assert_eq!(told(""), "");
    assert!(told("ciphers ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA").contains("DHE-RSA-AES128-SHA"));
    assert!(told("ssl-min-ver TLSv1.0").contains("TLSv1.0"));
    assert!(told("ssl-min-ver TLSv1.2 no-sslv3").contains("no effect"));
    let wrong = |words: &str| error(&format!("  bind :443 ssl crt site.pem {words}"));
    assert!(wrong("force-tlsv11").contains("3:13 `bind`: "));
    assert!(wrong("ssl-max-ver TLSv1.2 ciphers AES128-SHA").contains("static RSA"));
    assert!(wrong("curves P-999").contains("P-999"));
}

#[test]
fn ticket_keys_and_signers() {
    let all = binds(
        "  bind :443 ssl crt site.pem tls-ticket-keys tickets.txt ca-sign-file site.pem generate-certificates",
    );
    let options = &tls_of(&all[0]).options;
    assert_eq!(
        options
            .ticket_keys
            .as_ref()
            .unwrap()
            .keys()
            .iter()
            .map(|key| (key[0], key.len()))
            .collect::<Vec<_>>(),
        [(2, 48), (3, 48), (4, 48)]
    );
    assert!(options.signer.is_some());
    assert!(
        error("  bind :443 ssl crt site.pem tls-ticket-keys list.txt")
            .contains("`list.txt`, line 1: this is no base64")
    );
    assert!(error("  bind :443 ssl crt site.pem generate-certificates").contains("needs `ca-sign-file`"));
}

#[test]
fn what_is_not_carried_out_is_noted_for_the_start() {
    assert_eq!(binds("  bind quic4@:443 ssl crt site.pem")[0].unsupported, ["quic".into()]);
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
