//! Tests of `server` lines.

use std::time::Duration;

use ::state::server::Role;
use base::ServerId;
use net::Endpoint;
use tls::version::Version;

use super::names_of;
use super::rows::TABLE;
use crate::model::{InitAddr, OnMarkedDown, ServerAddress, ServerConfig, UseSrc};
use crate::sections::testing::{errors, good, notices, warnings};

fn backend(lines: &str) -> String {
    format!(
        "backend be\n  mode http\n  timeout connect 1s\n  timeout server 1s\n  server s1 127.0.0.1:1\n{lines}\n"
    )
}

fn servers(lines: &str) -> Vec<ServerConfig> {
    good(&backend(lines)).proxies.remove(0).servers
}

fn last(line: &str) -> ServerConfig {
    servers(line).pop().unwrap()
}

fn error(line: &str) -> String {
    errors(&backend(line)).join("\n")
}

#[test]
fn every_row_is_documented_and_its_examples_load() {
    for row in TABLE.iter() {
        assert!(!row.doc.brief.is_empty() && !row.doc.brief.ends_with('.'), "{}", row.name);
        for example in row.doc.examples {
            let errors = errors(&backend(example.text));
            assert!(errors.is_empty(), "{}\n{}", example.text, errors.join("\n"));
        }
    }
}

#[test]
fn a_plain_server() {
    let server = last("  server web 10.0.0.1:80 weight 5 maxconn 7 minconn 3 maxqueue 9 cookie w1 id 44");
    assert_eq!(server.address, ServerAddress::Endpoint(Endpoint::Inet("10.0.0.1:80".parse().unwrap())));
    assert_eq!((&*server.name, server.id, server.puid), ("web", ServerId(1), 44));
    assert_eq!((server.weight, server.maxconn, server.minconn, server.maxqueue), (5, 7, 3, 9));
    assert_eq!(server.cookie.as_deref(), Some(&b"w1"[..]));
    assert!(server.check.is_none() && server.unsupported.is_empty() && !server.is_disabled);
}

#[test]
fn checks_take_parameters_from_before_and_behind() {
    let server = last(
        "  server web 10.0.0.1:80 inter 3s check rise 4 fall 5 fastinter 1s downinter 9s port 81 addr 10.0.0.2",
    );
    let check = server.check.unwrap();
    assert_eq!((check.inter, check.rise, check.fall, check.port), (Duration::from_secs(3), 4, 5, Some(81)));
    assert_eq!(
        (check.fastinter, check.downinter),
        (Some(Duration::from_secs(1)), Some(Duration::from_secs(9)))
    );
    assert_eq!(check.addr, Some(Endpoint::Inet("10.0.0.2:0".parse().unwrap())));
    assert!(last("  server web 10.0.0.1:80 check no-check").check.is_none());
    assert!(error("  server web 10.0.0.1:80 check inter 0").contains("duration of 0"));
    assert!(warnings(&backend("  server web 10.0.0.1:80 check inter 5"))[0].contains("5 milliseconds"));
}

#[test]
fn default_server_is_where_servers_start() {
    let all = servers(
        "  default-server inter 7s rise 9 check backup\n  server a 10.0.0.1:80\n  default-server weight 3\n  \
         server b 10.0.0.1:81 no-check no-backup",
    );
    assert!(all[0].check.is_none(), "the line above is not touched");
    assert_eq!(all[1].check.as_ref().unwrap().inter, Duration::from_secs(7));
    assert_eq!((all[1].role, all[1].weight), (Role::Backup, 1));
    assert_eq!((all[2].role, all[2].weight), (Role::Active, 3));
    assert!(all[2].check.is_none());
    assert!(error("  default-server id 3").contains("for one server"));
}

#[test]
fn defaults_sections_hand_it_down() {
    let text = "defaults\n  timeout connect 1s\n  timeout server 1s\n  default-server check fall 8\n\
                backend a\n  server s 10.0.0.1:80\nbackend b\n  default-server fall 2\n  server s 10.0.0.1:80\n";
    let proxies = good(text).proxies;
    assert_eq!(proxies[0].servers[0].check.as_ref().unwrap().fall, 8);
    assert_eq!(proxies[1].servers[0].check.as_ref().unwrap().fall, 2);
}

#[test]
fn servers_take_over_from_others() {
    let all = servers(
        "  default-server weight 3\n  default-server name big weight 100\n  server a 10.0.0.1:80 from srv:big\n  \
         server b 10.0.0.1:81 from none\n  server c 10.0.0.1:82 from srv:a maxconn 5\n  server d 10.0.0.1:83",
    );
    let weights: Vec<u32> = all[1..].iter().map(|server| server.weight).collect();
    assert_eq!(weights, [100, 1, 100, 3]);
    assert_eq!((&*all[3].name, all[3].maxconn), ("c", 5));
    assert!(error("  server a 10.0.0.1:80 from srv:nobody").contains("no server above"));
}

#[test]
fn templates_make_servers_that_names_know() {
    let all = servers("  server-template t 2-4 10.0.0.1:80 check\n  server-template u 2 10.0.0.1:80");
    let names: Vec<&str> = all.iter().map(|server| &*server.name).collect();
    assert_eq!(names, ["s1", "t2", "t3", "t4", "u1", "u2"]);
    for (index, server) in all.iter().enumerate() {
        assert_eq!(server.id, ServerId::from_index(index));
    }
    for bad in ["x", "4-2", "0", "1-99999999"] {
        assert!(!error(&format!("  server-template t {bad} 10.0.0.1:80")).is_empty(), "{bad}");
    }
}

#[test]
fn names_and_servers_stand_in_the_same_order_even_when_lines_are_wrong() {
    let text =
        backend("  server bad nowhere: check bogus\n  server-template t 2 10.0.0.1\n  server z 10.0.0.1:80");
    let loaded = crate::sections::testing::loaded(&text);
    assert!(loaded.diags.has_errors());
    let names: Vec<&str> = loaded.config.proxies[0].servers.iter().map(|server| &*server.name).collect();
    assert_eq!(names, ["s1", "bad", "t1", "t2", "z"]);
}

#[test]
fn names_of_a_line() {
    use diag::{FileId, Span};
    use syntax::{Line, Quoting, Word};
    let span = Span::line(FileId(0), 1);
    let line = |text: &str| {
        let word = |text: &str| Word { text: text.into(), span, quoting: Quoting::Bare };
        Line { words: text.split(' ').map(word).collect(), span }
    };
    let names = |text: &str| names_of(&line(text)).collect::<Vec<_>>();
    assert_eq!(names("server a 1.2.3.4"), [b"a".to_vec()]);
    assert_eq!(names("server-template a 2 1.2.3.4"), [b"a1".to_vec(), b"a2".to_vec()]);
    assert!(
        names("server").is_empty()
            && names("server-template a x b").is_empty()
            && names("bind :80").is_empty()
    );
}

#[test]
fn sources_reach_the_socket() {
    let server =
        last("  server a 10.0.0.1:80 source 10.0.0.9:0 usesrc clientip interface eth1 tcp-ut 5s cc bbr");
    assert_eq!(server.connect.source, Some("10.0.0.9:0".parse().unwrap()));
    assert_eq!(server.usesrc, Some(UseSrc::ClientIp));
    assert_eq!(server.connect.interface.as_deref(), Some("eth1"));
    assert_eq!(server.connect.user_timeout, Some(Duration::from_secs(5)));
    assert_eq!(server.connect.congestion.as_deref(), Some("bbr"));
    assert!(error("  server a 10.0.0.1:80 usesrc client").contains("behind `source`"));
}

#[test]
fn the_rest_of_the_effects() {
    let server = last(
        "  server a www.example.com:80 init-addr last,none,10.0.0.1 disabled non-stick redir http://b \
         slowstart 1500 on-marked-down shutdown-sessions pool-max-conn 4 pool-low-conn 2 pool-purge-delay 1s \
         send-proxy-v2",
    );
    assert_eq!(server.address, ServerAddress::Name { host: "www.example.com".into(), port: 80 });
    assert_eq!(server.init_addr, [InitAddr::Last, InitAddr::None, InitAddr::Ip("10.0.0.1".parse().unwrap())]);
    assert!(server.is_disabled && server.is_non_stick);
    assert_eq!(server.redir.as_deref(), Some(&b"http://b"[..]));
    assert_eq!(server.slowstart, Some(Duration::from_secs(2)));
    assert_eq!(server.on_marked_down, OnMarkedDown::ShutdownSessions);
    assert_eq!((server.pool_max_conn, server.pool_low_conn), (4, 2));
    assert_eq!((server.pool_purge_delay, server.send_proxy.is_v2), (Duration::from_secs(1), true));
}

#[test]
fn tls_needs_something_to_check_with() {
    let server = last("  server a 10.0.0.1:443 ssl verify none sni req.hdr(host) alpn http/1.1 crt site.pem");
    let tls = &server.tls;
    assert!(tls.is_on && !tls.options.verifies && tls.sni.is_some() && !tls.sni_auto);
    assert!(tls.context.is_some() && tls.options.certificate.is_some() && server.unsupported.is_empty());
    assert!(last("  server a 10.0.0.1:443 ssl ca-file site.pem").tls.options.verifies);
    assert!(last("  server a 10.0.0.1:80 alpn h2 verify required").unsupported.is_empty());
    assert!(error("  server a 10.0.0.1:443 ssl").contains("no `ca-file`"));
    assert!(
        error("  server a 10.0.0.1:443 ssl ca-file nowhere.pem").contains("authorities of `nowhere.pem`")
    );
    good(
        "global\n  ssl-server-verify none\nbackend b\n  timeout connect 1s\n  timeout server 1s\n  server a 10.0.0.1:443 ssl\n",
    );
    assert!(error("  server a 10.0.0.1:443 ssl verify none sni no_such_fetch").contains("no_such_fetch"));
}

#[test]
fn a_check_needs_a_port_in_the_end() {
    assert!(error("  server a 10.0.0.1 check").contains("needs a port"));
    for fine in ["check port 80", "check addr 10.0.0.2:80", ""] {
        last(&format!("  server a 10.0.0.1 {fine}"));
    }
    last("  server a 10.0.0.1 check\n  option tcp-check\n  tcp-check connect port 80");
}

#[test]
fn other_sections_must_exist() {
    assert!(error("  server a h:80 resolvers dsn").contains("no `resolvers` section"));
    let text =
        format!("resolvers dns\n  nameserver n 127.0.0.1:53\n{}", backend("  server a h:80 resolvers dns"));
    assert_eq!(notices(&text), [""; 0]);
    assert!(error("  server a 10.0.0.1:80 track s9").contains("no server `s9`"));
    let server = last("  server a 10.0.0.1:80 track be/s1");
    assert_eq!(server.track, Some((base::ProxyId(0), ServerId(0))));
    assert!(error("  server a 10.0.0.1:80 check track s1").contains("not both"));
    assert!(error("  server a 10.0.0.1:80 agent-check").contains("agent-port"));
}

#[test]
fn mistakes_are_placed_and_corrected() {
    assert_eq!(
        error("  server a 10.0.0.1:80 wieght 3"),
        "6:24 unknown word `wieght` on a `server` line -> weight"
    );
    assert!(
        warnings(&backend("  server s1 10.0.0.1:80"))[0].starts_with("6:10 a server `s1` exists already")
    );
    assert!(warnings(&backend("  server a 10.0.0.1:80801"))[0].contains("port 15265"));
    assert_eq!(error("  server a"), "6:10 the server's address is missing");
    assert_eq!(error("  server a/b 10.0.0.1:80").split(':').nth(1), Some("10 `/` in a name"));
    assert!(error("  server a 10.0.0.1:80 weight 257").contains("256 at most"));
    assert!(error("  default-server").contains("missing"));
}

#[test]
fn tls_words_are_inherited_and_taken_back() {
    let server = last(
        "  default-server ssl verify none crt site.pem no-ssl-reuse ssl-min-ver TLSv1.2 no-tls-tickets\n  \
         server a 10.0.0.1:443 crt other.pem ssl-reuse ssl-max-ver TLSv1.2 tls-tickets verifyhost x check-sni y",
    );
    let (tls, options) = (&server.tls, &server.tls.options);
    assert_eq!(&*options.certificate.as_ref().unwrap().names[0], "other.example.com");
    assert!(!options.is_never_resumed && !options.refuses_tickets && tls.context.is_some());
    assert_eq!((options.versions.min, options.versions.max), (Some(Version::Tls12), Some(Version::Tls12)));
    assert_eq!((options.verify_host.as_deref(), tls.check_sni.as_deref()), (Some("x"), Some("y")));
    // What was taken back may be switched on at run time, so all that it needs is read.
    let plain = last("  default-server ssl verify none crt site.pem\n  server a 10.0.0.1:80 no-ssl");
    assert!(!plain.tls.is_on && plain.tls.context.is_some() && plain.tls.options.certificate.is_some());
    let told = error("  default-server ssl verify none crt nowhere.pem\n  server a 10.0.0.1:80 no-ssl");
    assert!(told.contains("there is no certificate"), "{told}");
    let told = error(
        "  default-server ssl verify none crt nowhere.pem\n  server a 10.0.0.1:80\n  server b 10.0.0.1:81",
    );
    assert_eq!(told.matches("there is no certificate").count(), 1, "{told}");
}

#[test]
fn servers_of_http_are_told_the_host() {
    let http = |words: &str| {
        let text = format!(
            "backend b\n  mode http\n  timeout connect 1s\n  timeout server 1s\n  server a 10.0.0.1:443 {words}\n"
        );
        good(&text).proxies.remove(0).servers.remove(0).tls
    };
    let tls = http("ssl verify none");
    assert!(tls.sni_auto && tls.sni.is_some());
    assert!(http("ssl verify none no-sni-auto").sni.is_none());
    assert!(http("").sni.is_none());
    let said = http("ssl verify none sni str(x)");
    assert!(!said.sni_auto && format!("{:?}", said.sni).contains("str(x)"));
    assert!(
        last("  mode tcp\n  server a 10.0.0.1:443 ssl verify none").tls.sni.is_none(),
        "TCP has no hosts"
    );
}

#[test]
fn defaults_of_global_come_with_ssl() {
    let text = "global\n  ssl-default-server-curves P-384\n  ssl-default-server-options force-tlsv13\nbackend b\n  timeout connect 1s\n  \
                timeout server 1s\n  server a 10.0.0.1:443 ssl verify none\n  server b 10.0.0.1:443 ssl verify none curves P-256\n  \
                server c 10.0.0.1:443\n";
    let servers = good(text).proxies.remove(0).servers;
    let curves: Vec<_> =
        servers.iter().map(|server| server.tls.options.algorithms.curves.as_deref()).collect();
    assert_eq!(curves, [Some("P-384"), Some("P-256"), None]);
    assert_eq!(servers[0].tls.options.versions.min, Some(Version::Tls13));
    assert!(
        error("  server a 10.0.0.1:443 ssl verify none ciphers RC4-SHA force-tlsv12")
            .contains("`server`: none of the ciphers")
    );
}

#[test]
fn the_agent_is_where_checks_go() {
    let agent = |words: &str| last(&format!("  server a 10.0.0.1:80 {words}")).agent;
    let place = |words: &str| {
        let agent = agent(words);
        (agent.addr.and_then(|addr| addr.inet()).map(|addr| addr.ip().to_string()), agent.port)
    };
    let at = |ip: &str, port| (Some(ip.to_owned()), Some(port));
    assert_eq!(place("check addr 10.0.0.2 port 81 agent-check"), at("10.0.0.2", 81));
    assert_eq!(
        place("agent-addr 10.0.0.3 agent-port 82 addr 10.0.0.2 port 81 agent-check"),
        at("10.0.0.3", 82)
    );
    assert_eq!(place("agent-check agent-port 82"), (None, Some(82)));
}
