//! OCSP answers that are fetched and stapled. Manual: "ocsp-update.mode" and its relatives, "ocsp-update"; management guide:
//! "show ssl ocsp-updates", "update ssl ocsp-response".

use std::path::Path;

use lockgate_e2e::pki::{Authority, Identity, Subject};
use lockgate_e2e::{Answer, HTTP, Origin, Proxy, Syslog, run_program, s_client};

const KIND: &str = "Content-Type: application/ocsp-response";

/// Certificates, and what is said of them.
struct Lab {
    authority: Authority,
    site: Identity,
    directory: tempfile::TempDir,
}

/// Who signs an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signer {
    /// The issuer itself.
    Issuer,
    /// One whom the issuer has named for it.
    Delegate,
    /// One whom the issuer knows, for something else.
    Server,
    /// One whom nobody knows.
    Stranger,
}

impl Lab {
    /// A certificate whose responder has this address.
    fn new(responder: &str) -> Lab {
        let authority = Authority::new("Example CA");
        let site = authority.issue(&Subject::server(&["a.test"]).ocsp(responder));
        Lab { authority, site, directory: tempfile::tempdir().expect("a temporary directory") }
    }

    /// What `bind` lines load: the certificate, its issuer, its key.
    fn pem(&self) -> String {
        format!("{}{}{}", self.site.certificate, self.authority.pem(), self.site.key)
    }

    /// An answer that the certificate is good, DER.
    fn answer(&self, signer: Signer) -> Vec<u8> {
        let stranger = Authority::new("Example CA");
        let issued = |subject: Subject| {
            let Identity { certificate, key } = self.authority.issue(&subject);
            (certificate, key)
        };
        let (certificate, key) = match signer {
            Signer::Issuer => (self.authority.pem(), self.authority.key_pem()),
            Signer::Stranger => (stranger.pem(), stranger.key_pem()),
            Signer::Delegate => issued(Subject::responder("ocsp.test").serial(7)),
            Signer::Server => issued(Subject::server(&["ocsp.test"]).serial(8)),
        };
        let directory = self.directory.path();
        let files = [
            ("index.txt", "V\t491231235959Z\t\t64\tunknown\t/CN=a.test\n".to_owned()),
            ("ca.pem", self.authority.pem()),
            ("site.pem", self.site.certificate.clone()),
            ("signer.pem", certificate),
            ("signer.key", key),
        ];
        files
            .iter()
            .for_each(|(name, text)| std::fs::write(directory.join(name), text).expect("it can be written"));
        let words = "ocsp -index index.txt -CA ca.pem -issuer ca.pem -cert site.pem -rsigner signer.pem -rkey \
                     signer.key -ndays 1 -noverify -respout answer.der";
        let made = run_program("openssl", &words.split_whitespace().collect::<Vec<_>>(), "", directory);
        assert!(made.status.success(), "{}", made.stderr);
        std::fs::read(directory.join("answer.der")).expect("openssl has written it")
    }
}

/// The answer as a responder sends it.
fn sent(answer: &[u8]) -> Answer {
    let head = format!("HTTP/1.1 200 OK\r\n{KIND}\r\nContent-Length: {}\r\n\r\n", answer.len());
    Answer::raw([head.as_bytes(), answer].concat())
}

fn proxy(log: &Syslog, global: &str, pem: &str) -> Proxy {
    Proxy::builder(&format!(
        "global\n    log {} local0 notice\n    stats socket \"fd@${{cli}}\" level admin\n    {global}\n{HTTP}\n\
         frontend fe\n    bind \"fd@${{https}}\" ssl crt ./site.pem\n    http-request return status 200\n",
        log.address()
    ))
    .file("site.pem", pem)
    .start()
}

fn ask(proxy: &mut Proxy, command: &str) -> String {
    let mut operator = proxy.connect("cli");
    operator.send(format!("{command}\n"));
    String::from_utf8(operator.rest().0).expect("answers are text")
}

fn is_stapled(proxy: &Proxy, directory: &Path) -> bool {
    let seen = s_client(proxy.address("https"), &["-status"], "GET / HTTP/1.0\r\n\r\n", directory).stdout;
    assert!(seen.contains("HTTP/1.") && seen.contains("OCSP response:"), "{seen}");
    seen.contains("OCSP Response Status: successful")
}

#[test]
fn a_certificate_without_an_answer_gets_one_at_once() {
    for signer in [Signer::Issuer, Signer::Delegate] {
        let gate = std::sync::Arc::new(std::sync::OnceLock::<Vec<u8>>::new());
        let answer = gate.clone();
        let responder = Origin::start(move |_| sent(answer.wait()));
        let lab = Lab::new(&format!("http://{}", responder.address()));
        gate.set(lab.answer(signer)).unwrap();
        let log = Syslog::start();
        let mut proxy = proxy(&log, "ocsp-update.mode on", &lab.pem());
        let line = log.wait_for("<OCSP-UPDATE>");
        assert!(line.ends_with("<OCSP-UPDATE> ./site.pem 1 \"Update successful\" 0 1"), "{signer:?}: {line}");
        assert!(is_stapled(&proxy, lab.directory.path()));
        let request = responder.last();
        assert!(
            request.line().starts_with("GET /M") && request.line().ends_with(" HTTP/1.1"),
            "{}",
            request.line()
        );
        let shown = ask(&mut proxy, "show ssl ocsp-updates");
        assert!(
            shown.starts_with("OCSP Certid | Path | Next Update | Last Update | Successes | "),
            "{shown}"
        );
        assert!(shown.trim_end().ends_with(" | 1 | 0 | 1 | Update successful"), "{shown}");
        assert!(shown.contains(" | ./site.pem | "), "{shown}");
    }
}

#[test]
fn what_is_no_answer_is_not_stapled() {
    let cases: [(&str, &str); 4] = [
        ("status", "2 \"HTTP error\" 1 0"),
        ("kind", "3 \"Missing \"ocsp-response\" header\" 1 0"),
        ("server", "4 \"OCSP response check failure (the answer is not signed for the issuer)\" 1 0"),
        ("stranger", "4 \"OCSP response check failure (the answer is not signed for the issuer)\" 1 0"),
    ];
    for (what, told) in cases {
        let shared = std::sync::Arc::new(std::sync::OnceLock::<Vec<u8>>::new());
        let answer = shared.clone();
        let responder = Origin::start(move |_| match what {
            "status" => Answer::status(404, &[KIND], "x"),
            "kind" => Answer::ok("x"),
            _ => sent(answer.wait()),
        });
        let lab = Lab::new(&format!("http://{}/ask", responder.address()));
        let signer = if what == "server" { Signer::Server } else { Signer::Stranger };
        shared.set(lab.answer(signer)).unwrap();
        let log = Syslog::start();
        let mut proxy = proxy(&log, "ocsp-update.mode on", &lab.pem());
        let line = log.wait_for("<OCSP-UPDATE>");
        assert!(line.ends_with(told), "{what}: {line}");
        assert!(!is_stapled(&proxy, lab.directory.path()), "{what}");
        let shown = ask(&mut proxy, "show ssl ocsp-updates");
        assert!(shown.contains(" | - | 0 | 1 | "), "{shown}");
        assert_eq!(responder.requests().len(), 1, "it is not asked again so soon");
    }
}

#[test]
fn an_operator_asks_for_a_new_answer() {
    let shared = std::sync::Arc::new(std::sync::OnceLock::<Vec<u8>>::new());
    let answer = shared.clone();
    let responder = Origin::start(move |_| sent(answer.wait()));
    let lab = Lab::new(&format!("http://{}", responder.address()));
    let log = Syslog::start();
    let mut proxy = proxy(&log, "", &lab.pem());
    let told = ask(&mut proxy, "update ssl ocsp-response ./site.pem");
    assert!(told.contains("only works on certificates that already have a known OCSP response"), "{told}");
    let told = ask(&mut proxy, "update ssl ocsp-response ./other.pem");
    assert!(told.contains("Unknown certificate!"), "{told}");
    shared.set(lab.answer(Signer::Issuer)).unwrap();
    let words = ["base64", "-w", "0", "answer.der"];
    let text = run_program(words[0], &words[1..], "", lab.directory.path()).stdout;
    let told = ask(&mut proxy, &format!("set ssl ocsp-response {text}"));
    assert!(told.contains("OCSP Response updated!"), "{told}");
    assert!(responder.requests().is_empty(), "nothing asks for it");
    assert_eq!(ask(&mut proxy, "update ssl ocsp-response ./site.pem").trim(), "");
    let line = log.wait_for("<OCSP-UPDATE>");
    assert!(line.ends_with("./site.pem 1 \"Update successful\" 0 1"), "{line}");
    assert_eq!(responder.requests().len(), 1);
    let shown = ask(&mut proxy, "show ssl ocsp-updates");
    assert_eq!(shown.trim().lines().count(), 1, "it was wanted once: {shown}");
}

#[test]
fn answers_come_through_a_proxy_and_not_at_all_where_that_is_said() {
    let shared = std::sync::Arc::new(std::sync::OnceLock::<Vec<u8>>::new());
    let answer = shared.clone();
    let responder = Origin::start(move |_| sent(answer.wait()));
    let lab = Lab::new("http://ocsp.invalid/ask");
    shared.set(lab.answer(Signer::Issuer)).unwrap();
    let log = Syslog::start();
    let global = format!("ocsp-update.mode on\n    ocsp-update.httpproxy {}", responder.address());
    let _proxy = proxy(&log, &global, &lab.pem());
    assert!(log.wait_for("<OCSP-UPDATE>").ends_with("\"Update successful\" 0 1"));
    let request = responder.last();
    assert!(request.line().starts_with("GET http://ocsp.invalid/ask/M"), "{}", request.line());
    assert_eq!(request.header("host"), Some("ocsp.invalid"));
    let mut silent = proxy(&log, &format!("{global}\n    ocsp-update.disable on"), &lab.pem());
    let told = ask(&mut silent, "update ssl ocsp-response ./site.pem");
    assert!(told.contains("'ocsp-update.disable' is on"), "{told}");
    assert_eq!(ask(&mut silent, "show ssl ocsp-updates").trim().lines().count(), 1);
    assert_eq!(responder.requests().len(), 1);
}
