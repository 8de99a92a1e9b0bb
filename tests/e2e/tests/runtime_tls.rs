//! Certificates, lists of certificates and authorities that the runtime API replaces while clients come and go. Management
//! guide, chapter 9.3 ("set ssl cert", "add ssl crt-list", "set ssl ca-file", "set ssl tls-key" and their relatives).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use lockgate_e2e::pki::{Authority, Key, Subject};
use lockgate_e2e::{HTTP, Origin, Proxy, ProxyBuilder, s_client};

/// A proxy with a socket for its operator.
fn builder(lines: &str) -> ProxyBuilder {
    Proxy::builder(&format!(
        "global\n    stats socket \"fd@${{cli}}\" level admin\n    nbthread 2\n{HTTP}{lines}\n"
    ))
}

/// The answer to one command.
fn ask(proxy: &mut Proxy, command: &str) -> String {
    let mut operator = proxy.connect("cli");
    operator.send(format!("{command}\n"));
    String::from_utf8(operator.rest().0).expect("answers are text")
}

/// Gives a command with a payload.
fn give(proxy: &mut Proxy, command: &str, payload: &str) -> String {
    ask(proxy, &format!("{command} <<\n{}\n", payload.trim_end()))
}

/// Sets a file and takes it into use.
fn replace(proxy: &mut Proxy, kind: &str, name: &str, payload: &str) {
    let set = give(proxy, &format!("set ssl {kind} {name}"), payload);
    assert!(set.contains("ransaction created"), "{set}");
    let done = ask(proxy, &format!("commit ssl {kind} {name}"));
    assert!(done.contains("Committing") && done.contains("Success!"), "{done}");
}

/// The common name of the certificate that a client gets who asks for `host`; `None` without a handshake.
fn served(proxy: &Proxy, host: &str, words: &[&str]) -> Option<String> {
    let words = [&["-servername", host], words].concat();
    let finished = s_client(proxy.address("https"), &words, "GET / HTTP/1.0\r\n\r\n", proxy.directory());
    if !finished.stdout.contains("HTTP/1.") {
        return None;
    }
    let line = finished.stdout.lines().find(|line| line.starts_with("subject="))?;
    let (_, rest) = line.split_once("CN = ")?;
    Some(rest.split(',').next().unwrap_or_default().to_owned())
}

const ANSWER: &str = "    http-request return status 200\n";

/// Every request is a handshake of its own, through two hops of this proxy: none fails while the certificate changes
/// again and again, and new connections get the new one.
#[test]
fn a_certificate_is_replaced_under_load() {
    const CLIENTS: usize = 3;
    const COMMITS: usize = 20;
    let authority = Authority::new("Example CA");
    let site = |name: &str, key| authority.issue(&Subject::server(&[name]).key(key)).pem();
    let origin = Origin::fixed("ok");
    let mut proxy = builder(&format!(
        "listen clear\n    bind \"fd@${{clear}}\"\n    http-reuse never\n    no option redispatch\n    retries 0\n    \
         server s unix@./hop.sock ssl verify none no-ssl-reuse sni str(a.test)\n\
         listen secure\n    bind unix@./hop.sock ssl crt ./site.pem\n    bind \"fd@${{https}}\" ssl crt ./site.pem\n    \
         server s {}\n",
        origin.address()
    ))
    .file("site.pem", site("first.test", Key::Ecdsa))
    .start();
    let (answered, failed, is_over) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let clear = proxy.address("clear");
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let mut peer = lockgate_e2e::Peer::connect(clear);
                    peer.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
                    let is_good = String::from_utf8_lossy(&peer.rest().0).starts_with("HTTP/1.1 200");
                    let counter = if is_good { &answered } else { &failed };
                    counter.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for number in 0..COMMITS {
            let key = if number % 2 == 0 { Key::Rsa } else { Key::Ecdsa };
            let before = answered.load(Ordering::SeqCst);
            replace(&mut proxy, "cert", "./site.pem", &site(&format!("n{number}.test"), key));
            // Requests go on before the next change.
            while answered.load(Ordering::SeqCst) < before + CLIENTS && failed.load(Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
        }
        is_over.store(true, Ordering::SeqCst);
    });
    assert_eq!(failed.load(Ordering::SeqCst), 0, "of {}", answered.load(Ordering::SeqCst));
    assert_eq!(served(&proxy, "a.test", &[]).as_deref(), Some("n19.test"));
    let shown = ask(&mut proxy, "show ssl cert ./site.pem");
    assert!(shown.contains("Status: Used") && shown.contains("DNS:n19.test"), "{shown}");
}

#[test]
fn a_connection_keeps_the_certificate_that_it_began_with() {
    let authority = Authority::new("Example CA");
    let site = |name: &str| authority.issue(&Subject::server(&[name])).pem();
    let lines = "frontend fe\n    bind \"fd@${https}\" ssl crt ./site.pem\n    \
         http-request return status 200 content-type text/plain lf-string \"%[ssl_f_s_dn(CN)]\"\n"
        .to_string();
    let mut proxy = builder(&lines).file("site.pem", site("first.test")).start();
    replace(&mut proxy, "cert", "./site.pem", &site("second.test"));
    assert_eq!(served(&proxy, "x.test", &[]).as_deref(), Some("second.test"));
    // What is given up changes nothing; what does not fit is refused.
    give(&mut proxy, "set ssl cert ./site.pem", &site("third.test"));
    assert!(ask(&mut proxy, "abort ssl cert ./site.pem").contains("Transaction aborted"));
    let alone = authority.issue(&Subject::server(&["fourth.test"])).certificate;
    give(&mut proxy, "set ssl cert ./site.pem", &alone);
    let refused = ask(&mut proxy, "commit ssl cert ./site.pem");
    assert!(refused.contains("inconsistencies") && refused.contains("Can't commit"), "{refused}");
    assert_eq!(served(&proxy, "x.test", &[]).as_deref(), Some("second.test"));
}

#[test]
fn entries_of_a_list_come_and_go() {
    let authority = Authority::new("Example CA");
    let site = |name: &str| authority.issue(&Subject::server(&[name])).pem();
    let lines =
        format!("frontend fe\n    bind \"fd@${{https}}\" ssl strict-sni crt-list ./sites.list\n{ANSWER}");
    let mut proxy = builder(&lines)
        .file("first.pem", site("first.test"))
        .file("sites.list", "./first.pem [ssl-min-ver TLSv1.2] first.test\n")
        .start();
    assert_eq!(served(&proxy, "second.test", &[]), None);
    assert!(ask(&mut proxy, "new ssl cert second").contains("New empty certificate store 'second'!"));
    replace(&mut proxy, "cert", "second", &site("second.test"));
    let line = "second [alpn http/1.1 ssl-max-ver TLSv1.2] *.second.test !no.second.test";
    let added = give(&mut proxy, "add ssl crt-list ./sites.list/", line);
    assert!(
        added.contains("Inserting certificate 'second' in crt-list './sites.list'.\nSuccess!"),
        "{added}"
    );
    assert_eq!(served(&proxy, "www.second.test", &[]).as_deref(), Some("second.test"));
    assert_eq!(served(&proxy, "www.second.test", &["-tls1_3"]), None, "its line ends with TLS 1.2");
    assert_eq!(served(&proxy, "no.second.test", &[]), None);
    let shown = ask(&mut proxy, "show ssl crt-list -n ./sites.list");
    assert_eq!(
        shown.trim_end(),
        "# ./sites.list\n./first.pem:1 [ssl-min-ver TLSv1.2] first.test\n\
         second:2 [alpn http/1.1 ssl-max-ver TLSv1.2] *.second.test !no.second.test"
    );
    let names = ask(&mut proxy, "show ssl sni -f fe");
    assert!(names.contains("\t*.second.test\t!no.second.test \tecdsa\tsecond\t"), "{names}");
    let refused = give(&mut proxy, "add ssl crt-list ./sites.list", "second [ca-file /none.crt] x.test");
    assert!(refused.contains("Can't edit the crt-list") && refused.contains("/none.crt"), "{refused}");
    assert!(ask(&mut proxy, "del ssl cert second").contains("in use"));
    let deleted = ask(&mut proxy, "del ssl crt-list ./sites.list second:2");
    assert!(deleted.contains("Entry 'second' deleted in crtlist './sites.list'!"), "{deleted}");
    assert_eq!(served(&proxy, "www.second.test", &[]), None);
    assert!(ask(&mut proxy, "del ssl cert second").contains("Certificate 'second' deleted!"));
    assert_eq!(served(&proxy, "first.test", &[]).as_deref(), Some("first.test"));
}

#[test]
fn authorities_and_revocations_are_replaced() {
    let (old, new) = (Authority::new("Old CA"), Authority::new("New CA"));
    let client =
        |authority: &Authority, serial| authority.issue(&Subject::client("joe").serial(serial)).pem();
    let lines = format!(
        "frontend fe\n    bind \"fd@${{https}}\" ssl crt ./site.pem verify required ca-file ./ca.crt crl-file ./crl.pem\n{ANSWER}"
    );
    let mut proxy = builder(&lines)
        .file("site.pem", old.issue(&Subject::server(&["a.test"])).pem())
        .file("ca.crt", old.pem())
        .file("crl.pem", old.revocations(&[]))
        .file("old.pem", client(&old, 7))
        .file("new.pem", client(&new, 8))
        .start();
    let admitted = |proxy: &Proxy, name: &str| served(proxy, "a.test", &["-cert", name]).is_some();
    assert_eq!((admitted(&proxy, "old.pem"), admitted(&proxy, "new.pem")), (true, false));
    // Both, from the next commit on; lists of both, as every certificate must be in the scope of one.
    replace(&mut proxy, "crl-file", "./crl.pem", &(old.revocations(&[]) + &new.revocations(&[])));
    let added = give(&mut proxy, "add ssl ca-file ./ca.crt", &new.pem());
    assert!(added.contains("transaction created for CA ./ca.crt!"), "{added}");
    assert_eq!((admitted(&proxy, "old.pem"), admitted(&proxy, "new.pem")), (true, false));
    let listed = ask(&mut proxy, "show ssl ca-file");
    assert!(listed.contains("*./ca.crt - 2 certificate(s)\n# filename\n./ca.crt - 1 cert"), "{listed}");
    assert!(ask(&mut proxy, "commit ssl ca-file ./ca.crt").contains("Success!"));
    assert_eq!((admitted(&proxy, "old.pem"), admitted(&proxy, "new.pem")), (true, true));
    replace(&mut proxy, "crl-file", "./crl.pem", &(old.revocations(&[7]) + &new.revocations(&[])));
    assert_eq!((admitted(&proxy, "old.pem"), admitted(&proxy, "new.pem")), (false, true));
    let shown = ask(&mut proxy, "show ssl crl-file ./crl.pem:1");
    assert!(shown.contains("CN=Old CA") && shown.contains("Serial Number: 07"), "{shown}");
    assert!(ask(&mut proxy, "del ssl ca-file ./ca.crt").contains("in use, can't be deleted!"));
}

/// As with HAProxy: connections that stand keep what they were made with, new ones get the new certificate; and what a server
/// that is gone used counts as used no more.
#[test]
fn certificates_of_servers_follow_them() {
    let authority = Authority::new("Example CA");
    let client = |name: &str| authority.issue(&Subject::client(name)).pem();
    let mut proxy = builder(
        "frontend inner\n    bind unix@./inner.sock ssl crt ./site.pem verify required ca-file ./ca.crt\n    \
         http-request return status 200 content-type text/plain lf-string %[ssl_c_s_dn(cn)]\n\
         frontend fe\n    bind \"fd@${fe}\"\n    use_backend %[path,field(2,/)]\n\
         backend be\n    http-reuse always\n    \
         default-server ssl verify required sni str(a.test) ca-file ./ca.crt crt ./client.pem\n    \
         server s unix@./inner.sock pool-purge-delay 1h\n",
    )
    .file("site.pem", authority.issue(&Subject::server(&["a.test"])).pem())
    .file("client.pem", client("first"))
    .file("ca.crt", authority.pem())
    .start();
    assert_eq!(proxy.get("fe", "/be").text(), "first");
    replace(&mut proxy, "cert", "./client.pem", &client("second"));
    assert_eq!(proxy.get("fe", "/be").text(), "first", "the connection stands");
    let status = |proxy: &mut Proxy| {
        let shown =
            ["cert ./client.pem", "ca-file ./ca.crt"].map(|file| ask(proxy, &format!("show ssl {file}")));
        shown.map(|shown| shown.contains("Status: Used"))
    };
    assert_eq!(ask(&mut proxy, "disable server be/s").trim(), "");
    assert_eq!(ask(&mut proxy, "enable server be/s").trim(), "");
    assert_eq!(proxy.get("fe", "/be").text(), "second", "maintenance has closed it");
    assert_eq!(status(&mut proxy), [true, true]);
    assert!(ask(&mut proxy, "del ssl cert ./client.pem").contains("in use"));
    assert_eq!(ask(&mut proxy, "disable server be/s").trim(), "");
    assert!(ask(&mut proxy, "wait 5s srv-removable be/s").contains("Done."));
    assert!(ask(&mut proxy, "del server be/s").contains("Server deleted."));
    // The authorities are used by the frontend as well.
    assert_eq!(status(&mut proxy), [false, true]);
    assert!(ask(&mut proxy, "unpublish backend be").contains("unpublished"));
    assert!(ask(&mut proxy, "wait 5s be-removable be").contains("Done."));
    assert!(ask(&mut proxy, "del backend be").contains("Backend deleted."));
    assert!(ask(&mut proxy, "del ssl cert ./client.pem").contains("deleted!"));
}
