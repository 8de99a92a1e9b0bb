//! What is told, and, as much, what is not.

use diag::Code;

use crate::lint::Lints;
use crate::sections::testing;

/// The codes and lines of the advice about a text; it must have no errors.
fn advice(text: &str) -> Vec<(&'static str, u32)> {
    let loaded = testing::loaded_with(text, Lints::Run);
    let errors: Vec<_> = loaded.diags.iter().filter(|d| d.severity == diag::Severity::Error).collect();
    assert!(errors.is_empty(), "{text}\n{errors:?}");
    let of_lints = |code: Option<Code>| code.map(|code| code.0).filter(|code| code.starts_with("E06"));
    let told = loaded.diags.iter().filter(|d| of_lints(d.code).is_some());
    told.map(|d| {
        assert!(d.is_advice, "{d:?}");
        (of_lints(d.code).unwrap(), d.span.unwrap().line)
    })
    .collect()
}

/// A frontend with `lines`, and a backend that it uses.
fn frontend(lines: &str) -> Vec<(&'static str, u32)> {
    advice(&format!(
        "frontend f\nmode http\nbind :80\ndefault_backend b\n{lines}\nbackend b\nmode http\nserver s 1.2.3.4:80\n"
    ))
}

#[test]
fn acls() {
    assert_eq!(
        frontend("acl a path /a\nacl b path /b\nacl a path /c\nhttp-request deny if b"),
        [("E0603", 5)]
    );
    for used in [
        "http-request deny if !a",
        "http-request deny if { acl(a) }",
        "http-request deny if { path /x } or a",
        "http-request set-header x %[acl(a)]",
        ".if 0\nhttp-request deny if a\n.endif",
        "use_backend b if a",
        "acl b acl(a)\nhttp-request deny if b",
    ] {
        assert_eq!(frontend(&format!("acl a path /a\n{used}")), [], "{used}");
    }
    assert_eq!(frontend("acl a path /a # a\n# http-request deny if a"), [("E0603", 5)]);
    assert_eq!(frontend("acl METH_GET method GET\nhttp-request deny if METH_GET"), [("E0606", 5)]);
    assert_eq!(
        frontend("acl path path_beg /a\nacl path path_beg /b\nhttp-request deny if path"),
        [("E0608", 5)]
    );
}

#[test]
fn patterns_of_the_other_case() {
    assert_eq!(frontend("http-request deny if { path,lower /A /B }"), [("E0607", 5)]);
    assert_eq!(frontend("http-request deny if { path,upper -m beg /a }"), [("E0607", 5)]);
    for fine in ["path,lower /a /B", "path,lower -i /A", "path,lower -m len 5", "path,lower -m reg /A"] {
        assert_eq!(frontend(&format!("http-request deny if {{ {fine} }}")), [], "{fine}");
    }
}

#[test]
fn rules_that_never_run() {
    assert_eq!(frontend("http-request deny\nhttp-request set-header a b"), [("E0601", 6)]);
    assert_eq!(frontend("http-request deny if { path /a }\nhttp-request set-header a b"), []);
    assert_eq!(frontend("use_backend b\nuse_backend b if { path /a }"), [("E0602", 6)]);
    assert_eq!(frontend("use_backend b if { path /a }\nuse_backend b"), []);
    assert_eq!(frontend("use_backend %[path]\nuse_backend b"), []);
}

#[test]
fn backends() {
    let server = "\nmode http\nserver s 1.2.3.4:80\n";
    assert_eq!(frontend(&format!("backend c{server}")), [("E0604", 5)]);
    assert_eq!(frontend("backend c\nmode http"), [], "nothing is lost");
    assert_eq!(frontend(&format!("use_backend %[path]\nbackend c{server}")), [], "names are computed");
    assert_eq!(frontend(&format!("http-request deny if {{ nbsrv(c) lt 1 }}\nbackend c{server}")), []);
    assert_eq!(frontend(&format!(".if 0\nuse_backend c\n.endif\nbackend c{server}")), []);
    assert_eq!(frontend(&format!("backend f{server}")), [("E0604", 5)], "the frontend's own name is no use");
}

#[test]
fn frontends_that_lead_nowhere() {
    let lone = |lines: &str| advice(&format!("frontend f\nmode http\nbind :80\n{lines}\n"));
    assert_eq!(lone(""), [("E0605", 1)]);
    for fine in [
        "http-request return status 200",
        "redirect scheme https",
        "stats enable",
        "errorfile 503 sorry.http",
        "monitor-uri /up",
        "disabled",
    ] {
        assert_eq!(lone(fine), [], "{fine}");
    }
}
