//! Old files and what becomes of them.

use super::*;

fn upgraded(text: &str) -> (String, Vec<String>) {
    let done = upgrade(text.as_bytes());
    let told = done.changes.iter().map(|change| {
        let sign = match change.kind {
            Kind::Changed => "->",
            Kind::Kept => "kept:",
        };
        format!("{}: {} {sign} {}", change.line, change.old, change.new)
    });
    let again = upgrade(&done.text);
    assert!(again.changes.iter().all(|change| change.kind == Kind::Kept), "{:?}", again.changes);
    (String::from_utf8(done.text.clone()).unwrap(), told.collect())
}

/// One line of a backend, and what it becomes.
fn line(old: &str) -> String {
    let (text, _) = upgraded(&format!("backend b\n  {old}\n"));
    text.lines().skip(1).map(str::trim).collect::<Vec<_>>().join(" / ")
}

#[test]
fn words_change_and_layout_stays() {
    let text = "\
global
\tnbproc  2 # two
defaults
  # times
  clitimeout   10s  # of clients
  no option forceclose
  redispatch
listen web :80,:443
  mode  http
  bind :81 process 1 name x
  log-format %ci  [%t] # z
  option httpchk GET /alive HTTP/1.1\\r\\nHost:\\ www\\r\\nX-A:\\ 5%
  server a 1.2.3.4:80";
    let expected = "\
global
\t# nbproc  2 # two
defaults
  # times
  timeout client   10s  # of clients
  no option httpclose
  option redispatch
listen web
    bind :80,:443
  mode  http
  bind :81 name x
  log-format \"%ci  [%t]\" # z
  option httpchk
  http-check send meth GET uri /alive ver HTTP/1.1 hdr Host www hdr X-A 5%%
  server a 1.2.3.4:80
";
    let (new, told) = upgraded(text);
    assert_eq!(new, expected);
    assert_eq!(told[1], "5: clitimeout   10s -> timeout client   10s");
    assert_eq!(told.last().unwrap(), "13: (end of the file) -> the last line ends in a line feed now");
}

#[test]
fn rules_on_header_lines_with_an_equivalent() {
    for (old, new) in [
        ("reqadd X-A:\\ b\\ 50% if x", "http-request add-header X-A b\\ 50%% if x"),
        ("rspadd X-A:b", "http-response add-header X-A b"),
        ("reqidel ^X-A:.*", "http-request del-header X-A"),
        ("rspidel ^Server:", "http-response del-header Server"),
        (
            "reqirep ^Host:\\ (.*)\\.a Host:\\ \\1.b if { path /x }",
            "http-request replace-header Host (?i)^(.*)\\.a \\1.b if { path /x }",
        ),
        (
            "rspirep ^Set-Cookie:\\ (appsession.*)   Set-Cookie:\\ \\1;\\ HttpOnly",
            "http-response replace-header Set-Cookie (?i)^(appsession.*) \\1;\\ HttpOnly",
        ),
        (
            "reqirep ^([^ :]*)\\ /mirror/foo/(.*)  \\1\\ /\\2",
            "http-request replace-uri (?i)^/mirror/foo/(.*) /\\1",
        ),
        (
            "reqirep ^([^\\ :]*)\\ /mirror/foo/(.*)     \\1\\ /\\2",
            "http-request replace-uri (?i)^/mirror/foo/(.*) /\\1",
        ),
        (
            "reqrep ^([^\\ :]*)\\ /a/([0-9]*)\\ (.*) \\1\\ /b?n=\\2\\ \\3",
            "http-request replace-uri ^/a/([0-9]*)$ /b?n=\\1",
        ),
        (
            "reqideny ^User-Agent:\\ bad if x",
            "http-request deny if { req.fhdr(User-Agent) -m reg -i ^bad } x",
        ),
        ("reqitarpit ^Cookie:.*evil", "http-request tarpit if { req.fhdr(Cookie) -m reg -i ^.*evil }"),
        ("block if x", "http-request deny if x"),
    ] {
        assert_eq!(line(old), new, "{old}");
    }
}

#[test]
fn what_has_none_stays_with_a_reason() {
    for old in [
        "reqrep ^Host:\\ (.*) Host:\\ x",
        "reqirep ^([^\\ ]*)\\ /a(.*) \\1\\ /b\\2",
        "reqirep ^GET\\ (.*) POST\\ \\1",
        "reqirep ^A:\\ (.*) B:\\ \\1",
        "rspirep ^HTTP/1.1\\ 200 HTTP/1.1\\ 201",
        "reqidel ^X-A:\\ b",
        "reqpass ^X-A:",
        "reqsetbe ^Host:\\ a b",
        "reqideny ^X-A:\\ b if x or y",
        "reqadd \"X-A: $B\"",
        "rspadd X-A:\\ b\\r\\nX-C:\\ d",
        "appsession a len 5",
        "monitor-net 10.0.0.0/8",
    ] {
        let (text, told) = upgraded(&format!("backend b\n  {old}\n"));
        assert_eq!(text, format!("backend b\n  {old}\n"));
        assert!(told[0].contains(" kept: "), "{told:?}");
    }
}

#[test]
fn rules_move_only_where_they_run_at_the_same_point() {
    let kept = |rules: &[&str], index: usize| {
        let text = format!("backend b\n  {}\n", rules.join("\n  "));
        let (new, _) = upgraded(&text);
        new.lines().nth(index + 1).unwrap().trim() == rules[index]
    };
    assert!(kept(&["http-request set-path /x", "block if y"], 1));
    assert!(!kept(&["block if y", "http-request set-path /x"], 0));
    assert!(kept(&["reqadd A:\\ b", "http-request set-path /x"], 0));
    assert!(!kept(&["http-request set-path /x", "reqadd A:\\ b"], 1));
    assert!(kept(&["http-request allow if y", "reqadd A:\\ b"], 1));
    assert!(kept(&["reqadd A:\\ b", "reqidel ^A:"], 0), "lines are added last");
    assert!(!kept(&["reqidel ^A:", "reqadd A:\\ b"], 1));
    assert!(kept(&["reqpass ^A:", "reqidel ^A:"], 1));
    assert!(!kept(&["reqidel ^A:", "reqpass ^A:"], 0));
    assert!(kept(&["reqidel ^A:", "reqpass ^A:", "reqadd A:\\ b"], 2));
    assert!(!kept(&["reqpass ^A:", "rspidel ^A:"], 1), "the other direction has rules of its own");
    let inherited =
        "defaults d\n  http-request allow if x\nbackend b from d\n  block if y\n  reqadd A:\\ b\n";
    assert_eq!(upgraded(inherited).0, inherited, "rules of defaults sections run first");
}
