//! `be-unpublished` and `force-be-switch`: backends that switching rules pass over, and who gets there all the same.
//! Manual: chapter 4.2, "be-unpublished", "force-be-switch", "disabled"; management guide, "publish backend".

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
