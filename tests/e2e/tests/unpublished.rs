//! `be-unpublished` and `force-be-switch`: backends that switching rules pass over, and who gets there all the same.
//! Backends that came after the start are not published either. Manual: chapter 4.2, "be-unpublished", "force-be-switch",
//! "disabled"; management guide, chapter 9.3, "publish backend", "add backend", "set server".

use lockgate_e2e::{HTTP, Origin, Proxy};

/// Answers as the name of the backend that a request reaches.
fn reached(proxy: &mut Proxy, request: &str) -> String {
    proxy.request("fe", &format!("GET {request} HTTP/1.1\r\nHost: a\r\n\r\n")).text()
}

#[test]
fn rules_pass_over_what_is_not_published() {
    let (one, two, three) = (Origin::fixed("one"), Origin::fixed("two"), Origin::fixed("three"));
    let mut proxy = Proxy::start(&format!(
        "global\n    stats socket \"fd@${{cli}}\" level admin\n{HTTP}frontend fe
    bind \"fd@${{fe}}\"
    force-be-switch if {{ path_beg /t }}
    use_backend one if {{ path_end /1 }}
    use_backend %[path,field(-1,/)] if {{ path_end off }}
    use_backend two if {{ path_end /1 /off }}
    default_backend three
backend one
    be-unpublished
    server s {}
backend two
    server s {}
backend three
    server s {}
backend off
    disabled
    server s {}
",
        one.address(),
        two.address(),
        three.address(),
        one.address()
    ));
    assert_eq!(reached(&mut proxy, "/1"), "two");
    assert_eq!(reached(&mut proxy, "/t/1"), "one");
    assert_eq!(reached(&mut proxy, "/off"), "two");
    assert_eq!(reached(&mut proxy, "/x"), "three");
    let mut ask = |command: &str| {
        let mut operator = proxy.connect("cli");
        operator.send(format!("{command}\n"));
        String::from_utf8(operator.rest().0).unwrap()
    };
    assert!(ask("publish backend one").contains("Backend published"));
    assert!(ask("unpublish backend three").contains("Backend unpublished"));
    assert_eq!(reached(&mut proxy, "/1"), "one");
    // Nothing is left for it: neither a backend nor a server of the frontend's own.
    assert_eq!(proxy.get("fe", "/x").status, 503);
}

#[test]
fn a_backend_that_came_later_is_reached() {
    let (one, two) = (Origin::fixed("one"), Origin::fixed("two"));
    let mut proxy = Proxy::start(&format!(
        "global\n    stats socket \"fd@${{cli}}\" level admin\n{HTTP}defaults plain
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
defaults web from plain
    mode http
    http-request set-header x-from later
    http-response set-header x-name %[be_name]/%[srv_name]
frontend fe from plain
    bind \"fd@${{fe}}\"
    use_backend %[path,field(-1,/)]
"
    ));
    let ask = |proxy: &mut Proxy, command: &str| {
        let mut operator = proxy.connect("cli");
        operator.send(format!("{command}\n"));
        String::from_utf8(operator.rest().0).unwrap()
    };
    assert_eq!(proxy.get("fe", "/be").status, 503);
    assert!(ask(&mut proxy, "add backend be from web").contains("New backend registered."));
    for (name, origin) in [("s1", &one), ("s2", &two)] {
        let added = ask(&mut proxy, &format!("add server be/{name} {}", origin.address()));
        assert!(added.contains("New server registered."), "{added}");
    }
    ask(&mut proxy, "enable server be/s1");
    assert_eq!(proxy.get("fe", "/be").status, 503, "not published");
    ask(&mut proxy, "publish backend be");
    let answer = proxy.get("fe", "/be");
    assert_eq!((answer.text().as_str(), answer.header("x-name")), ("one", Some("be/s1")));
    assert_eq!(one.last().header("x-from"), Some("later"));

    // The server that is not used gets another name, and the one that serves keeps serving meanwhile.
    assert!(ask(&mut proxy, "set server be/s1 name x").contains("must be in maintenance"));
    assert!(ask(&mut proxy, "set server be/s2 name blue").contains("Server name updated."));
    ask(&mut proxy, "enable server be/blue; disable server be/s1");
    let answer = proxy.get("fe", "/be");
    assert_eq!((answer.text().as_str(), answer.header("x-name")), ("two", Some("be/blue")));

    // It goes, and another one takes its name.
    ask(&mut proxy, "unpublish backend be; disable server be/blue");
    ask(&mut proxy, "wait 5s srv-removable be/blue; del server be/blue; del server be/s1");
    let deleted = ask(&mut proxy, "wait 5s be-removable be; del backend be");
    assert!(deleted.contains("Backend deleted."), "{deleted}");
    assert_eq!(proxy.get("fe", "/be").status, 503);
    ask(&mut proxy, "add backend be from plain; publish backend be");
    let added = ask(&mut proxy, &format!("add server be/again {}; enable server be/again", two.address()));
    assert!(added.contains("New server registered."), "{added}");
    let answer = proxy.get("fe", "/be");
    assert_eq!((answer.text().as_str(), answer.header("x-name")), ("two", None));
}

/// What a `defaults` section read from files at the start serves the backends that come later: the files may be gone, and lists
/// of patterns are one with those that the runtime API changes.
#[test]
fn files_of_a_defaults_section_are_not_read_again() {
    let files = tempfile::tempdir().expect("a directory can be made");
    let (error, list) = (files.path().join("503.http"), files.path().join("bad.lst"));
    std::fs::write(&error, "HTTP/1.0 503 Custom\r\n\r\nmine").expect("it can be written");
    std::fs::write(&list, "/bad\n").expect("it can be written");
    let mut proxy = Proxy::start(&format!(
        "global\n    stats socket \"fd@${{cli}}\" level admin\n{HTTP}defaults web
    mode http
    timeout connect 5s
    timeout server 5s
    errorfile 503 {}
    http-request deny deny_status 403 if {{ path -f {} }}
defaults plain
    mode http
    timeout client 5s
frontend fe from plain
    bind \"fd@${{fe}}\"
    use_backend be
    use_backend %[str(later)]
backend be from web
    be-unpublished
",
        error.display(),
        list.display()
    ));
    // Who answers has read them.
    assert_eq!(proxy.get("fe", "/x").status, 503);
    drop(files);
    let mut ask = |command: &str| {
        let mut operator = proxy.connect("cli");
        operator.send(format!("{command}\n"));
        String::from_utf8(operator.rest().0).unwrap()
    };
    let added = ask("add backend later from web; publish backend later");
    assert!(added.contains("New backend registered.") && added.contains("Backend published."), "{added}");
    ask(&format!("add acl {} /late", list.display()));
    assert_eq!(proxy.get("fe", "/x").text(), "mine");
    assert_eq!(["/bad", "/late"].map(|path| proxy.get("fe", path).status), [403, 403]);
}
