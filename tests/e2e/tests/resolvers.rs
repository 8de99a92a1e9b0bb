//! Names that are resolved while the process runs. Configuration manual, chapters 5.3 "Server DNS resolution", 5.2
//! (`resolvers`, `resolve-opts`, `init-addr`), 4.2 `server-template`, 4.4 `do-resolve`; management guide, chapter 9.3
//! ("show resolvers", "set server ... fqdn").

use std::net::{SocketAddr, TcpListener};

use lockgate_e2e::{HTTP, Nameserver, Origin, Proxy, Said, Syslog, TCP, ask};
use tempfile::TempDir;

/// Times of a section that lose none, and hold what is known for a moment only.
const QUICK: &str = "    timeout resolve 50ms\n    timeout retry 500ms\n    hold nx 0\n    hold refused 0\n    hold other 0\n";

struct Lab {
    proxy: Proxy,
    dns: Nameserver,
    log: Syslog,
    directory: TempDir,
}

impl Lab {
    /// A proxy with `resolvers dns`, whose lines `section` ends, and `lines`.
    fn start(dns: Nameserver, defaults: &str, section: &str, lines: &str) -> Lab {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let socket = directory.path().join("admin").display().to_string();
        let log = Syslog::start();
        let text = format!(
            "global\n    stats socket {socket} level admin\n    dns-accept-family ipv4\n{defaults}    log {} local0\n\
             resolvers dns\n    nameserver ns {}\n{QUICK}{section}{lines}",
            log.address(),
            dns.address()
        );
        Lab { proxy: Proxy::start(&text), dns, log, directory }
    }

    fn ask(&self, line: &str) -> String {
        ask(&self.directory.path().join("admin"), &format!("{line}\n"))
    }

    /// A figure of the name server in `show resolvers dns`.
    fn figure(&self, name: &str) -> u64 {
        let text = self.ask("show resolvers dns");
        let line = text.lines().find_map(|line| line.trim_start().strip_prefix(&format!("{name}:")));
        line.unwrap_or_else(|| panic!("{text}")).trim().parse().expect("a number")
    }

    /// Columns of a server in `show servers state`.
    fn state(&self, server: &str, columns: &[&str]) -> Vec<String> {
        let text = self.ask("show servers state");
        let mut lines = text.lines().skip(1);
        let names: Vec<&str> = lines.next().expect("a header").trim_start_matches("# ").split(' ').collect();
        let line: Vec<&str> = lines
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .find(|line| line.get(3) == Some(&server))
            .unwrap_or_else(|| panic!("{server}: {text}"));
        let column = |name: &&str| {
            let at = names.iter().position(|known| known == name).expect("there is such a column");
            line[at].to_owned()
        };
        columns.iter().map(column).collect()
    }

    fn body(&mut self, target: &str) -> (u16, String) {
        let response = self.proxy.get("fe", target);
        (response.status, response.text())
    }
}

/// Servers with one port on two addresses of the loopback, which say who they are.
fn twins() -> (Origin, Origin, u16) {
    for _ in 0..100 {
        let first = TcpListener::bind("127.0.0.2:0").expect("a port");
        let port = first.local_addr().expect("an address").port();
        if let Ok(second) = TcpListener::bind(SocketAddr::from(([127, 0, 0, 3], port))) {
            let named =
                |socket, name: &'static str| Origin::on(socket, move |_| lockgate_e2e::Answer::ok(name));
            return (named(first, "first"), named(second, "second"), port);
        }
    }
    panic!("no port is free on both addresses");
}

#[test]
fn a_server_goes_where_its_name_goes() {
    let (_first, _second, port) = twins();
    let dns = Nameserver::start();
    dns.set("a.test", &[Said::address("127.0.0.2")]);
    let lines = format!(
        "listen fe\n    bind \"fd@${{fe}}\"\n    server s a.test:{port} init-addr none resolvers dns\n"
    );
    let mut lab = Lab::start(dns, HTTP, "", &lines);
    lab.log.wait_for("fe/s: IP changed from '(none)' to '127.0.0.2' by 'dns/ns'.");
    lab.log.wait_for("Server fe/s ('a.test') is UP/READY (resolves again).");
    lab.log.wait_for("Server fe/s administratively READY thanks to valid DNS answer.");
    assert_eq!(lab.body("/"), (200, "first".into()));
    lab.dns.set("a.test", &[Said::address("127.0.0.3")]);
    lab.log.wait_for("fe/s: IP changed from '127.0.0.2' to '127.0.0.3' by 'dns/ns'.");
    assert_eq!(lab.body("/"), (200, "second".into()), "idle connections are not used any more");
    lab.dns.set("a.test", &[]);
    lab.log.wait_for(
        "Server fe/s is going DOWN for maintenance (DNS NX status). 0 active and 0 backup servers left.",
    );
    assert_eq!(lab.body("/").0, 503);
    let columns = ["srv_addr", "srv_admin_state", "srv_fqdn", "srv_port"];
    assert_eq!(lab.state("s", &columns), ["-", "32", "a.test", &port.to_string()]);
    lab.dns.set("a.test", &[Said::address("127.0.0.2")]);
    lab.log.wait_for("fe/s: IP changed from '(none)' to '127.0.0.2' by 'dns/ns'.");
    lab.log.wait_for("administratively READY");
    assert_eq!(lab.body("/"), (200, "first".into()));
    assert!(lab.figure("valid") > 0 && lab.figure("nx") > 0 && lab.figure("sent") > 0);
    assert_eq!((lab.figure("update"), lab.figure("invalid")), (3, 0));
}

#[test]
fn servers_of_one_name_share_its_addresses_out() {
    let dns = Nameserver::start();
    dns.set("a.test", &[Said::address("127.0.0.2"), Said::address("127.0.0.3")]);
    let lines = "backend b\n    server-template s 3 a.test:80 init-addr none resolvers dns\n    \
                 server d a.test:80 init-addr none resolvers dns resolve-opts allow-dup-ip\n    \
                 server n a.test:80 init-addr none resolvers dns resolve-opts allow-dup-ip resolve-net 127.0.0.3/32\n";
    let lab = Lab::start(dns, HTTP, "", lines);
    // The last of the line has the answer when all others have.
    lab.log.wait_for("Server b/n administratively READY");
    let address = |server: &str| lab.state(server, &["srv_addr"]).concat();
    let mut shared = [address("s1"), address("s2"), address("s3")];
    shared.sort();
    assert_eq!(shared, ["-", "127.0.0.2", "127.0.0.3"]);
    assert_ne!(address("d"), "-");
    assert_eq!(address("n"), "127.0.0.3");
    let status = lab.ask("show stat");
    assert!(
        status.lines().any(|line| line.starts_with("b,s3,") && line.contains(",MAINT (resolution),")),
        "{status}"
    );
}

#[test]
fn services_fill_servers() {
    let (_first, _second, port) = twins();
    let dns = Nameserver::start();
    dns.set("_http._tcp.a.test", &[Said::Service("one.test", port, 512)]);
    dns.set("one.test", &[Said::address("127.0.0.2")]);
    dns.set("two.test", &[Said::address("127.0.0.3")]);
    let lines = "listen fe\n    bind \"fd@${fe}\"\n    server-template s 2 _http._tcp.a.test resolvers dns\n";
    let mut lab = Lab::start(dns, HTTP, "", lines);
    lab.log.wait_for("fe/s1 changed its FQDN from (null) to one.test by 'SRV record'");
    lab.log.wait_for("Server fe/s1 administratively READY");
    let columns = ["srv_addr", "srv_port", "srv_uweight", "srv_fqdn", "srvrecord", "srv_admin_state"];
    let port = port.to_string();
    let service = "_http._tcp.a.test";
    assert_eq!(lab.state("s1", &columns), ["127.0.0.2", &port, "2", "one.test", service, "64"]);
    assert_eq!(lab.state("s2", &columns), ["-", "0", "1", "-", service, "32"]);
    assert_eq!(lab.body("/"), (200, "first".into()));
    let address = "127.0.0.3".parse().expect("an address");
    let second = Said::Service("two.test", port.parse().expect("a port"), 1);
    lab.dns.set(service, &[second, Said::Additional("two.test", address)]);
    lab.log.wait_for("Server fe/s2 administratively READY");
    assert_eq!(lab.body("/"), (200, "second".into()));
    assert_eq!(lab.dns.asked("two.test"), 0, "the address came along");
    lab.dns.set(service, &[Said::Service("none.test", 1, 1)]);
    lab.log.wait_for("(entry removed from SRV record)");
    assert_eq!(lab.body("/").0, 503);
}

#[test]
fn services_outlive_a_restart() {
    let (_first, _second, port) = twins();
    let dns = Nameserver::start();
    let service = "_http._tcp.a.test";
    dns.set(service, &[Said::Silence]);
    let state = format!(
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight \
         srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state \
         bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr \
         srv_agent_addr srv_agent_port\n\
         2 fe 1 s1 - 0 32 1 1 1 1 0 0 0 0 0 0 - 0 {service} 0 0 - - 0\n\
         2 fe 2 s2 127.0.0.3 2 64 1 1 1 1 0 0 0 0 0 0 two.test {port} {service} 0 0 - - 0\n"
    );
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("state");
    std::fs::write(&file, state).expect("the file can be written");
    let lines = format!(
        "listen fe\n    bind \"fd@${{fe}}\"\n    load-server-state-from-file local\n    \
         server-state-file-name {}\n    server-template s 2 {service} resolvers dns\n",
        file.display()
    );
    let mut lab = Lab::start(dns, HTTP, "", &lines);
    assert_eq!(lab.body("/"), (200, "second".into()), "before any answer");
    lab.dns.set("two.test", &[Said::address("127.0.0.3")]);
    lab.dns.set(service, &[Said::Service("two.test", port, 1)]);
    lab.dns.wait_asked("two.test", 1);
    assert_eq!(lab.body("/"), (200, "second".into()), "the record goes to the server that had it");
    assert_eq!(lab.state("s2", &["srv_fqdn", "srv_addr"]), ["two.test", "127.0.0.3"]);
    assert_eq!(lab.state("s1", &["srv_fqdn", "srv_admin_state"]), ["-", "32"]);
}

#[test]
fn rules_ask_for_addresses() {
    let (_first, _second, port) = twins();
    let dns = Nameserver::start();
    dns.set("a.test", &[Said::address("127.0.0.2")]);
    dns.set("b.test", &[Said::address("127.0.0.3")]);
    let lines = format!(
        "listen fe\n    bind \"fd@${{fe}}\"\n    http-request do-resolve(txn.ip,dns,ipv4) path,field(2,/)\n    \
         http-request return status 404 content-type text/plain string none if !{{ var(txn.ip) -m found }}\n    \
         http-request set-dst var(txn.ip)\n    server s 0.0.0.0:{port}\n"
    );
    let mut lab = Lab::start(dns, HTTP, "    hold valid 1m\n", &lines);
    assert_eq!(lab.body("/a.test"), (200, "first".into()));
    assert_eq!(lab.body("/b.test"), (200, "second".into()));
    assert_eq!(lab.body("/A.test"), (200, "first".into()));
    assert_eq!(lab.dns.asked("a.test"), 1, "an answer serves all who ask");
    assert_eq!(lab.body("/c.test"), (404, "none".into()));
    assert_eq!(lab.body("/"), (404, "none".into()));
    assert_eq!(lab.body("/a..test"), (404, "none".into()), "that is no name");
}

#[test]
fn streams_ask_for_addresses() {
    let (_first, _second, port) = twins();
    let dns = Nameserver::start();
    dns.set("a.test", &[Said::address("127.0.0.3")]);
    let lines = format!(
        "listen fe\n    bind \"fd@${{fe}}\"\n    tcp-request inspect-delay 10s\n    \
         tcp-request content do-resolve(sess.ip,dns) str(a.test)\n    tcp-request content set-dst var(sess.ip)\n    \
         server s 0.0.0.0:{port}\n"
    );
    let mut lab = Lab::start(dns, TCP, "", &lines);
    assert_eq!(lab.body("/"), (200, "second".into()));
}

#[test]
fn name_servers_are_asked_over_connections_too() {
    let (_first, _second, port) = twins();
    let dns = Nameserver::start();
    dns.set("a.test", &[Said::address("127.0.0.2")]);
    let lines = format!(
        "resolvers stream\n    nameserver t tcp@{}\n    timeout resolve 50ms\n\
         listen fe\n    bind \"fd@${{fe}}\"\n    server s a.test:{port} init-addr none resolvers stream\n",
        dns.address()
    );
    let mut lab = Lab::start(dns, HTTP, "", &lines);
    lab.log.wait_for("fe/s: IP changed from '(none)' to '127.0.0.2' by 'stream/t'.");
    lab.log.wait_for("administratively READY");
    assert_eq!(lab.body("/"), (200, "first".into()));
    lab.dns.set("a.test", &[Said::address("127.0.0.3")]);
    lab.log.wait_for("fe/s: IP changed from '127.0.0.2' to '127.0.0.3' by 'stream/t'.");
    assert_eq!(lab.figure("sent"), 0, "nobody uses the other section");
}

#[test]
fn what_is_no_answer_does_not_count() {
    let dns = Nameserver::start();
    let good = Said::address("127.0.0.2");
    dns.set("a.test", &[good.clone(), Said::WrongNumber]);
    let lines = "backend b\n    server s a.test:80 init-addr none resolvers dns\n";
    let lab = Lab::start(dns, HTTP, "", lines);
    lab.dns.wait_asked("a.test", 3);
    assert_eq!(lab.figure("valid"), 0);
    assert!(lab.figure("outdated") > 0);
    lab.dns.set("a.test", &[good.clone(), Said::CutShort]);
    lab.dns.wait_asked("a.test", 6);
    assert_eq!((lab.figure("valid"), lab.figure("truncated") > 0), (0, true));
    lab.dns.set("a.test", &[Said::Code(5)]);
    lab.dns.wait_asked("a.test", 10);
    assert!(lab.figure("refused") > 0);
    assert_eq!(lab.state("s", &["srv_addr"]), ["-"]);
    lab.dns.set("a.test", &[good]);
    lab.log.wait_for("administratively READY");
}

#[test]
fn operators_rename_hosts() {
    let dns = Nameserver::start();
    dns.set("a.test", &[Said::address("127.0.0.2")]);
    dns.set("b.test", &[Said::address("127.0.0.3")]);
    let lines = "backend b\n    server s a.test:80 init-addr none resolvers dns\n    server plain 127.0.0.1:80\n    \
                 server-template t 1 _x._tcp.a.test resolvers dns\n";
    let lab = Lab::start(dns, HTTP, "", lines);
    lab.log.wait_for("administratively READY");
    let by = "by 'stats socket command'";
    assert_eq!(
        lab.ask("set server b/s fqdn b.test"),
        format!("b/s changed its FQDN from a.test to b.test {by}\n\n")
    );
    lab.log.wait_for("b/s: IP changed from '127.0.0.2' to '127.0.0.3' by 'dns/ns'.");
    assert_eq!(lab.state("s", &["srv_fqdn"]), ["b.test"]);
    assert_eq!(lab.ask("set server b/s fqdn b.test"), format!("no need to change the FDQN {by}\n\n"));
    assert_eq!(lab.ask("set server b/s fqdn b!"), format!("invalid fqdn 'b!' {by}\n\n"));
    for (server, why) in [("plain", "no resolution is configured"), ("t1", "SRV resolution is configured")] {
        let said = lab.ask(&format!("set server b/{server} fqdn b.test"));
        assert_eq!(said, format!("set server <b>/<s> fqdn failed because {why}.\n\n"));
    }
}

#[test]
fn figures_are_told_everywhere() {
    let dns = Nameserver::start();
    dns.set("a.test", &[Said::address("127.0.0.2")]);
    let lines = "backend b\n    server s a.test:80 init-addr none resolvers dns\nfrontend fe\n    bind \"fd@${fe}\"\n    \
                 http-request use-service prometheus-exporter\n";
    let mut lab = Lab::start(dns, HTTP, "    timeout resolve 1h\n", lines);
    lab.log.wait_for("administratively READY");
    let all = lab.ask("show resolvers");
    assert!(
        all.starts_with(
            "Resolvers section dns\n nameserver ns:\n  sent:        1\n  snd_error:   0\n  valid:       1\n"
        ),
        "{all}"
    );
    let stat = lab.ask("show stat domain resolvers");
    assert!(stat.lines().any(|line| line == "ns,dns,1,0,1,1,0,0,0,0,0,0,0,0,0,0,0,"), "{stat}");
    let metrics = lab.body("/metrics").1;
    let line = "haproxy_resolver_update{resolver=\"dns\",nameserver=\"ns\"} 1";
    assert!(metrics.lines().any(|known| known == line), "{metrics}");
}
