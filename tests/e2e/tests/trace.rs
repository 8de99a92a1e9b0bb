//! `lockgate trace` as a command: what people see, which frontend is taken, exit codes, and the rule that decided last.

use std::path::Path;

use lockgate_e2e::{Origin, Proxy, Syslog, is_reference, run};
use serde_json::Value;

/// Asks for a trace of the configuration in `directory`.
fn trace(directory: &Path, words: &[String]) -> Value {
    let mut all = vec!["trace", "-f", "trace.cfg", "--format", "json"];
    all.extend(words.iter().map(String::as_str));
    let finished = run(&all, directory);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

/// The directory of a configuration alone.
fn alone(config: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("trace.cfg"), config).expect("the directory can be written");
    directory
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

const TLS: &str = "defaults
    mode tcp
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend pass
    bind :443
    tcp-request inspect-delay 5s
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend named if { req.ssl_sni -i www.test }
    default_backend other
backend named
    server n1 named.internal.test:443
backend other
    server o1 10.0.0.1:443
";

#[test]
fn tls_that_goes_through_is_told_by_its_name() {
    if is_reference() {
        return;
    }
    let directory = alone(TLS);
    let told = trace(directory.path(), &strings(&["https://WWW.test/"]));
    assert_eq!(
        (told["backend"]["name"].as_str(), told["server"]["name"].as_str()),
        (Some("named"), Some("n1"))
    );
    // Nobody asked a resolver.
    assert_eq!(told["server"]["address"], "named.internal.test:443");
    let told = trace(directory.path(), &strings(&["https://other.test/"]));
    assert_eq!(told["backend"]["name"], "other");
}

#[test]
fn people_see_where_and_why() {
    if is_reference() {
        return;
    }
    let directory = alone(
        "frontend www
    mode http
    bind :80
    acl api path_beg /api/
    http-request set-header X-A 1 if !api { src 10.0.0.0/8 }
    use_backend be if api
    default_backend be
backend be
    mode http
    server s1 10.0.0.1:80
",
    );
    let words = ["trace", "-f", "trace.cfg", "http://a.test/x", "--src", "10.1.2.3"];
    let finished = run(&words, directory.path());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    let expected = "frontend www (trace.cfg:1), bind :80 (trace.cfg:3)

  1  trace.cfg:5  http-request set-header X-A 1 if !api { src 10.0.0.0/8 }
       !api (trace.cfg:4): path = \"/x\", matches none of 1 pattern (beg)
       src = 10.1.2.3, matches ip \"10.0.0.0/8\"
       header X-A: 1 (new)

  2  trace.cfg:6  use_backend be if api
       api (trace.cfg:4): path = \"/x\", matches none of 1 pattern (beg)
       -> passed over

  3  trace.cfg:7  default_backend be
       -> backend be

  4  trace.cfg:10  server s1 10.0.0.1:80
       -> server s1: balance random, drawn among 1 of 1 servers usable

backend be (trace.cfg:8)
server s1 (trace.cfg:10), 10.0.0.1:80

to the server:
    GET /x HTTP/1.1
    Host: a.test
    X-A: 1

to the client:
    HTTP/1.1 200 OK
    Content-Length: 0

log, info (no `log` line in the frontend: it is not written):
    Connect from 10.1.2.3:50000 to 127.0.0.1:80 (www/HTTP)
";
    assert_eq!(finished.stdout, expected);
}

#[test]
fn the_frontend_is_found_by_scheme_port_and_name() {
    if is_reference() {
        return;
    }
    let directory = alone(
        "defaults
    mode http
frontend one
    bind 10.0.0.1:80 name inside
    bind 10.0.0.2:80
frontend two
    bind :80
    bind :8080 name other
frontend three
    bind :8080
",
    );
    let found = |words: &[&str]| {
        let told = trace(directory.path(), &strings(words));
        let bind = told["bind"]["name"].as_str().unwrap_or_default().to_owned();
        (told["frontend"]["name"].as_str().unwrap().to_owned(), bind, told["notes"].as_array().unwrap().len())
    };
    let is = |frontend: &str, bind: &str, notes| (frontend.to_owned(), bind.to_owned(), notes);
    assert_eq!(found(&["http://10.0.0.2/"]), is("one", "bind 10.0.0.2:80", 0));
    assert_eq!(found(&["http://a.test/", "--dst", "10.0.0.1"]), is("one", "bind 10.0.0.1:80 name inside", 0));
    assert_eq!(found(&["http://10.9.9.9/"]), is("two", "bind :80", 0));
    // Two listen there: the first is taken, and that is said.
    assert_eq!(found(&["http://a.test:8080/"]), is("two", "bind :8080 name other", 1));
    assert_eq!(found(&["http://a.test:8080/", "--frontend", "three"]), is("three", "bind :8080", 0));
    assert_eq!(found(&["http://a.test/", "--bind", "inside"]).0, "one");
    // Nothing listens on this port.
    assert_eq!(found(&["http://a.test:1234/"]).2, 2);
}

#[test]
fn exit_codes() {
    if is_reference() {
        return;
    }
    let directory =
        alone("listen l\n    mode http\n    bind :80\n    http-request deny\n    server s 10.0.0.1:80\n");
    std::fs::write(directory.path().join("bad.cfg"), "frontend f\n    bnid :80\n").unwrap();
    let code = |words: &[&str]| {
        let finished = run(&[&["trace"], words].concat(), directory.path());
        (finished.status.code().unwrap(), finished.stderr)
    };
    assert_eq!(code(&["-f", "trace.cfg", "http://a/"]).0, 0, "denied is traced all the same");
    let (bad, told) = code(&["-f", "bad.cfg", "http://a/"]);
    assert!(bad == 1 && told.contains("bad.cfg:2"), "{told}");
    assert_eq!(code(&["-f", "trace.cfg", "http://a/", "--down", "t"]).0, 1);
    assert_eq!(code(&["-f", "trace.cfg", "http://a/", "--frontend", "g"]).0, 1);
    assert_eq!(code(&["-f", "trace.cfg"]).0, 2);
    assert_eq!(code(&["-f", "trace.cfg", "gopher://a/"]).0, 2);
    assert_eq!(code(&["http://a/"]).0, 2);
}

/// What a trace shows by `file:line` is what `last_rule_file` and `last_rule_line` say in the log.
#[test]
fn the_rule_that_decided_last_is_in_the_log() {
    let (origin, log) = (Origin::fixed("hello"), Syslog::start());
    let text = format!(
        "defaults
    mode http
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend fe
    log {} local0
    log-format \"%[last_rule_file]:%[last_rule_line]\"
    bind \"fd@${{fe}}\"
    http-request set-header X-A 1
    http-request allow if {{ path /allow }}
    http-request deny if {{ path /deny }}
    default_backend be
backend be
    http-request set-header X-B 1
    http-response allow if {{ status 201 }}
    server s1 {}
",
        log.address(),
        origin.address()
    );
    let mut proxy = Proxy::start(&text);
    for (path, place) in [("/allow", "test.cfg:11"), ("/deny", "test.cfg:12"), ("/", "-:-")] {
        proxy.get("fe", path);
        let line = log.line();
        assert!(line.ends_with(place), "{path}: {line}");
    }
}
