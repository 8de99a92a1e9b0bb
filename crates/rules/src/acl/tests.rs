//! Tests of definitions and conditions.

use std::sync::Arc;

use diag::Diagnostics;
use sample::compile::{AclTest, ProxyName, Uses};
use sample::testing::{self, TestNames};
use sample::txn::Presence;
use sample::{Compile, Names, Place, Txn};
use state::proxy::{Mode, Sides};

use super::*;
use crate::actions::testing::{line, request, response};
use crate::words::Words;

/// A proxy under test: its ACLs are names that expressions can use.
#[derive(Default)]
struct Bench {
    names: TestNames,
    acls: AclTable,
}

impl Names for Bench {
    fn proxy(&self, name: &[u8], side: Sides) -> Option<ProxyName> {
        self.names.proxy(name, side)
    }
    fn server(&self, proxy: base::ProxyId, name: &[u8]) -> Option<base::ServerId> {
        self.names.server(proxy, name)
    }
    fn userlist(&self, name: &[u8]) -> Option<usize> {
        (name == b"users").then_some(0)
    }
    fn file(&self, path: &[u8]) -> Result<Arc<[u8]>, String> {
        self.names.file(path)
    }
    fn acl(&self, name: &[u8]) -> Option<Arc<dyn AclTest>> {
        self.acls.get(name).map(|acl| acl as Arc<dyn AclTest>)
    }
    fn proxy_names(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Bench {
    fn compile<T>(
        &self,
        place: Place,
        work: impl FnOnce(&mut Compile<'_>) -> Result<T, sample::Problem>,
    ) -> Result<(T, Vec<String>), sample::Problem> {
        let (mut diags, mut uses) = (Diagnostics::new(), Uses::default());
        let result = work(&mut Compile {
            place,
            proxy: Some(base::ProxyId(0)),
            mode: Mode::Http,
            names: self,
            diags: &mut diags,
            uses: &mut uses,
            span: diag::Span::line(diag::FileId(0), 1),
        })?;
        Ok((result, diags.iter().map(|d| d.message.clone()).collect()))
    }

    /// Defines an ACL; gives back the warnings.
    fn define(&self, text: &str) -> Result<Vec<String>, sample::Problem> {
        let line = line(text);
        let mut words = Words::new(&line, 1);
        self.compile(Place::Request, |compile| self.acls.define(&mut words, compile)).map(|(_, w)| w)
    }

    fn condition(&self, place: Place, text: &str) -> Result<(Condition, Vec<String>), sample::Problem> {
        let line = line(text);
        let mut words = Words::new(&line, 0);
        self.compile(place, |compile| Condition::compile(&mut words, compile, &self.acls))
    }

    fn test(&self, text: &str, txn: &Txn) -> Tri {
        match self.condition(Place::Request, text) {
            Ok((condition, _)) => condition.test(txn),
            Err(problem) => panic!("`{text}`: {}", problem.message),
        }
    }
}

fn holds(text: &str, txn: &Txn) -> Tri {
    Bench::default().test(text, txn)
}

fn refusal(text: &str) -> sample::Problem {
    Bench::default().condition(Place::Request, text).err().unwrap_or_else(|| panic!("`{text}` compiles"))
}

#[test]
fn logic() {
    let txn = request("GET / HTTP/1.1", &[]);
    for (text, want) in [
        ("if TRUE", Tri::Yes),
        ("unless TRUE", Tri::No),
        ("if FALSE || TRUE", Tri::Yes),
        ("if TRUE FALSE or TRUE !FALSE", Tri::Yes),
        ("if TRUE FALSE", Tri::No),
        ("if ! TRUE", Tri::No),
        ("if !!TRUE", Tri::Yes),
        ("if TRUE !{ path /x }", Tri::Yes),
        ("if { path / } { method GET }", Tri::Yes),
        ("if", Tri::No),
        ("unless", Tri::Yes),
        ("if OR TRUE", Tri::Yes),
    ] {
        assert_eq!(holds(text, &txn), want, "{text}");
    }
}

#[test]
fn undecided() {
    let mut txn = testing::txn();
    for (text, want) in [
        ("if { path / }", Tri::NotYet),
        ("unless { path / }", Tri::NotYet),
        ("if { path / } FALSE", Tri::NotYet),
        ("if FALSE { path / }", Tri::No),
        ("if { path / } or TRUE", Tri::Yes),
        ("if TRUE or { path / }", Tri::Yes),
        ("if FALSE or { path / }", Tri::NotYet),
    ] {
        assert_eq!(holds(text, &txn), want, "{text}");
    }
    let bench = Bench::default();
    let decide = |text: &str| bench.condition(Place::Request, text).unwrap().0.decide(&txn);
    assert!(!decide("if { path / }"));
    assert!(decide("unless { path / }"));
    assert!(decide("if !{ path / }"));
    txn.req.presence = Presence::Never;
    assert_eq!(holds("if { path / }", &txn), Tri::No);
}

#[test]
fn matching_methods() {
    let txn = request(
        "GET /Static/img.png?q=1 HTTP/1.1",
        &[("Host", "www.Example.com:80"), ("X", "a"), ("X", "b,c")],
    );
    for (text, want) in [
        ("path_beg /Static", true),
        ("path_beg -i /static", true),
        ("path_beg /static", false),
        ("path_end .jpg .png", true),
        ("path_dir Static", true),
        ("path_sub img", true),
        ("path_reg ^/Static/.*\\.png$", true),
        ("path_len 15", true),
        ("path_len gt 15", false),
        ("path -m len ge 15", true),
        ("path -m str -i /static/IMG.png", true),
        ("path -m reg -i png$", true),
        ("path,lower /static/img.png", true),
        ("path_beg,lower /static/img.png", true),
        ("path -m found", true),
        ("hdr(nothing) -m found", false),
        ("hdr_cnt(X) 3", true),
        ("hdr(X) c", true),
        ("hdr(X) d", false),
        ("hdr_dom(host) -i example.com", true),
        ("hdr_beg(host) www.", true),
        ("req.hdr_end(host) :80", true),
        ("src 192.0.2.0/24", true),
        ("src 10.0.0.0/8 2001:db8::/32", false),
        ("src_port 1000:2000", true),
        ("src_port gt 1000 lt 10", true),
        ("src_port lt 1000", false),
        ("method GET", true),
        ("method POST PUT", false),
        ("always_true", true),
        ("src_port -m bool", true),
        ("path -- -x", false),
        ("always_false, not", true),
        ("always_false,not", true),
        ("str(A) lower a", true),
        ("str(A), lower lower", false),
    ] {
        let want = if want { Tri::Yes } else { Tri::No };
        assert_eq!(holds(&format!("if {{ {text} }}"), &txn), want, "{text}");
    }
}

#[test]
fn predefined_ones() {
    let txn = request("GET /a HTTP/1.1", &[]);
    for (name, want) in [
        ("METH_GET", Tri::Yes),
        ("METH_POST", Tri::No),
        ("HTTP_URL_SLASH", Tri::Yes),
        ("HTTP_URL_STAR", Tri::No),
        ("HTTP_URL_ABS", Tri::No),
        ("HTTP_1.1", Tri::Yes),
        ("HTTP_1.0", Tri::No),
        ("HTTP_CONTENT", Tri::No),
        ("LOCALHOST", Tri::No),
        ("HTTP", Tri::Yes),
        ("WAIT_END", Tri::Yes),
    ] {
        assert_eq!(holds(&format!("if {name}"), &txn), want, "{name}");
    }
    for name in predefined::names() {
        assert!(Bench::default().acls.get(name.as_bytes()).is_some(), "{name}");
    }
}

#[test]
fn names_add_up_and_replace_predefined_ones() {
    let bench = Bench::default();
    bench.define("acl a path /x").unwrap();
    let (condition, _) = bench.condition(Place::Request, "if a").unwrap();
    let txn = request("GET /y HTTP/1.1", &[]);
    assert_eq!(condition.test(&txn), Tri::No);
    bench.define("acl a path /y").unwrap();
    assert_eq!(condition.test(&txn), Tri::Yes, "a later line counts for conditions before it");
    bench.define("acl TRUE path /z").unwrap();
    assert_eq!(bench.test("if TRUE", &txn), Tri::No);
    assert_eq!(bench.acls.names().len(), 2);
}

#[test]
fn the_acl_fetch() {
    let bench = Bench::default();
    bench.define("acl a path /y").unwrap();
    bench.define("acl b acl(a)").unwrap();
    bench.define("acl c acl(!b)").unwrap();
    let txn = request("GET /y HTTP/1.1", &[]);
    assert_eq!(bench.test("if { acl(a,b,TRUE) } !c", &txn), Tri::Yes);
    let problem = bench.define("acl a acl(c)").unwrap_err();
    assert!(problem.message.contains("itself"), "{}", problem.message);
    assert!(bench.define("acl d acl(e)").is_err());
}

#[test]
fn files() {
    let mut bench = Bench::default();
    bench.names.files = vec![("/hosts", b"# hosts\na.example\nB.example\n"), ("/map", b"/k v w\n")];
    let txn = request("GET /k HTTP/1.1", &[("Host", "b.EXAMPLE")]);
    assert_eq!(bench.test("if { hdr(host) -f /hosts }", &txn), Tri::No);
    assert_eq!(bench.test("if { hdr(host) -i -f /hosts }", &txn), Tri::Yes);
    assert_eq!(bench.test("if { hdr(host) -f /hosts -- b.EXAMPLE }", &txn), Tri::Yes);
    assert_eq!(bench.test("if { path -M -f /map }", &txn), Tri::Yes);
    assert_eq!(bench.test("if { path -m beg -f opt@/none -f /map }", &txn), Tri::No);
    assert!(bench.condition(Place::Request, "if { path -f /none }").is_err());
    assert!(bench.condition(Place::Request, "if { src -f /hosts }").is_err());
}

#[test]
fn groups() {
    use state::userlist::{Password, Userlist};
    let mut users = Userlist::new("users");
    users.add_user("u", Password::Plain(b"p".as_slice().into()), ["g1"]);
    let mut txn = request("GET / HTTP/1.1", &[("Authorization", "Basic dTpw")]);
    Arc::get_mut(&mut txn.runtime).unwrap().userlists.push(users);
    assert_eq!(holds("if { http_auth_group(users) g0 g1 }", &txn), Tri::Yes);
    assert_eq!(holds("if { http_auth_group(users) g2 }", &txn), Tri::No);
    assert!(Bench::default().condition(Place::Request, "if { http_auth_group(users) }").is_err());
}

#[test]
fn problems() {
    assert_eq!(refusal("if TRUEE").suggestion.as_deref(), Some("TRUE"));
    assert!(!refusal("if TRUE && FALSE").notes.is_empty());
    assert!(refusal("if { path / ").message.contains("closing"));
    assert!(refusal("when TRUE").message.contains("if"));
    assert!(refusal("if { }").message.contains("nothing"));
    assert_eq!(refusal("if { path_bge / }").suggestion.as_deref(), Some("path_beg"));
    for wrong in [
        "if { path -m nope / }",
        "if { path -x / }",
        "if { path -f }",
        "if { path -m beg -m end / }",
        "if { path -u x / }",
        "if { src_port x }",
        "if { src 1.2.3.400 }",
        "if { src -n localhost }",
        "if { path_reg ( }",
        "if { var(txn.a) x }",
        "if { always_true -m ip 1.2.3.4 }",
    ] {
        refusal(wrong);
    }
    let bench = Bench::default();
    assert!(bench.define("acl or path /").is_err());
    assert!(bench.define("acl a/b path /").is_err());
    assert!(bench.define("acl a").is_err());
    assert!(bench.define("acl").is_err());
    assert!(bench.condition(Place::Request, "if a").is_err());
}

#[test]
fn warnings() {
    let bench = Bench::default();
    assert_eq!(bench.define("acl a path").unwrap().len(), 1, "no pattern");
    assert!(bench.define("acl b path --").unwrap().is_empty());
    assert!(bench.define("acl c src_port -m bool").unwrap().is_empty());
    assert_eq!(bench.define("acl d hdr_beg(host) -m end x").unwrap().len(), 1, "method replaced");
    assert_eq!(bench.define("acl e src (x)").err().map(|p| p.message.is_empty()), Some(false));
    assert_eq!(bench.define("acl f path (x)").unwrap().len(), 1, "parenthesis");
    bench.define("acl s res.hdr(x) y").unwrap();
    bench.define("acl t res.hdr(x) y").unwrap();
    bench.define("acl t path y").unwrap();
    let warnings = |place, text: &str| bench.condition(place, text).unwrap().1;
    assert!(warnings(Place::Request, "if TRUE s")[0].contains("never matches"));
    assert!(warnings(Place::Request, "if t")[0].contains("uses `res.hdr`"));
    assert!(warnings(Place::Response, "if s").is_empty());
}

#[test]
fn responses() {
    let txn = response(404, &[("Set-Cookie", "a=1; path=/"), ("X", "y")]);
    assert_eq!(holds("if { status 400:499 }", &txn), Tri::Yes);
    assert_eq!(holds("if { res.hdr(x) y }", &txn), Tri::Yes);
    assert_eq!(holds("if { shdr_sub(x) z }", &txn), Tri::No);
}

/// What an observer of a condition was told, one line each.
#[derive(Default)]
struct Heard(Vec<String>);

impl crate::observe::Observer for Heard {
    fn condition_begins(&mut self) {
        self.0.push("begins".to_owned());
    }
    fn looked(&mut self, look: crate::observe::Look<'_>) {
        let value = look.value.map_or("absent".to_owned(), |v| base::Lossy(&v.to_str()).to_string());
        let matched = look.matched.map(|m| base::Lossy(&m.pattern).to_string());
        let source = base::Lossy(look.source);
        self.0.push(format!("{source} = {value}, of {:?} {matched:?}: {:?}", look.patterns, look.result));
    }
    fn term(&mut self, term: crate::observe::Term<'_>) {
        let sign = if term.is_negated { "!" } else { "" };
        self.0.push(format!("{sign}{}: {:?}", base::Lossy(term.name), term.result));
    }
    fn condition(&mut self, result: Tri) {
        self.0.push(format!("{result:?}"));
    }
}

#[test]
fn an_observer_hears_how_it_came_to_that() {
    let bench = Bench::default();
    bench.define("acl api path_beg /a/ /b/").unwrap();
    let txn = request("GET /b/x?y=1 HTTP/1.1", &[("X", "1,2")]);
    let heard = |text: &str| {
        let mut heard = Heard::default();
        let (condition, _) = bench.condition(Place::Request, text).unwrap();
        let result = condition.test_watched(&txn, &mut heard);
        assert_eq!(result, condition.test(&txn), "{text}");
        heard.0
    };
    assert_eq!(
        heard("unless api"),
        ["begins", "path = /b/x, of Some(2) Some(\"/b/\"): Yes", "api: Yes", "No"]
    );
    // Every value is looked at, and nothing behind what decides.
    assert_eq!(
        heard("if { req.hdr(x) 2 } or api"),
        [
            "begins",
            "req.hdr(x) = 1, of Some(1) None: No",
            "req.hdr(x) = 2, of Some(1) Some(\"2\"): Yes",
            ": Yes",
            "Yes"
        ]
    );
    assert_eq!(
        heard("if !{ req.hdr(none) -m found } METH_GET"),
        [
            "begins",
            "req.hdr(none) = absent, of None None: No",
            "!: Yes",
            "method = GET, of Some(2) Some(\"GET\"): Yes",
            "METH_GET: Yes",
            "Yes"
        ]
    );
}

/// What a condition says as one of several.
fn among(condition: &Condition, txn: &Txn) -> Tri {
    condition.test_among(txn, &mut Subjects::default(), &mut crate::observe::NoTrace)
}

#[test]
fn a_guard_changes_nothing_that_a_condition_says() {
    let bench = Bench::default();
    for line in [
        "acl admin path_beg /admin /adm",
        "acl css path_end -i .css .js",
        "acl long path_beg /a/long/beginning",
        "acl host hdr(host) -i a.example",
        "acl domain hdr_end(host) -i .example b.test",
        "acl both path /one",
        "acl both hdr(host) two",
        "acl part path_sub dm",
        "acl mixed path_beg /m",
        "acl mixed method POST",
        "acl other hdr(x) 1",
        "acl none path_beg",
    ] {
        bench.define(line).unwrap();
    }
    let names =
        ["admin", "css", "long", "host", "domain", "both", "part", "mixed", "other", "none", "METH_GET"];
    let mut conditions = vec!["if admin or part or !host".to_owned(), "unless domain !part".to_owned()];
    for one in names {
        conditions.extend([format!("if {one}"), format!("if !{one}"), format!("unless {one}")]);
        conditions.extend(names.map(|two| format!("if {one} {two}")));
        conditions.extend(names.map(|two| format!("if {one} or {two}")));
        conditions.extend(names.map(|two| format!("if !{one} {two} or other {two}")));
    }
    let hosts: [&[(&str, &str)]; 7] = [
        &[],
        &[("Host", "A.Example")],
        &[("Host", "x, a.example")],
        &[("Host", "x"), ("host", "two")],
        &[("Host", "two"), ("X", "1")],
        &[("Host", "a.test\"")],
        &[("Host", "b.test")],
    ];
    let mut holding = 0;
    for text in &conditions {
        let (condition, _) = bench.condition(Place::Request, text).unwrap();
        for uri in
            ["/admin/x", "/adm", "/ad", "/x.CSS", "/a/long/beginning", "/a/long/end", "/one", "*", "/m"]
        {
            for fields in hosts {
                let txn = request(&format!("GET {uri} HTTP/1.1"), fields);
                assert_eq!(among(&condition, &txn), condition.test(&txn), "{text} for {uri} {fields:?}");
                holding += usize::from(condition.test(&txn) == Tri::Yes);
            }
        }
        let (mut waiting, mut never) = (testing::txn(), testing::txn());
        (waiting.req.presence, never.req.presence) = (Presence::Waiting, Presence::Never);
        for txn in [&waiting, &never] {
            assert_eq!(among(&condition, txn), condition.test(txn), "{text}");
        }
    }
    assert!(holding > 1000, "{holding}");
}

#[test]
fn a_guard_knows_what_was_added_to_its_acl() {
    let bench = Bench::default();
    bench.define("acl a path_beg /a").unwrap();
    let (condition, _) = bench.condition(Place::Request, "if a").unwrap();
    bench.define("acl a path_beg /later").unwrap();
    let [first, later, added] =
        ["/a", "/later", "/x"].map(|uri| request(&format!("GET {uri} HTTP/1.1"), &[]));
    assert_eq!([&first, &later, &added].map(|txn| among(&condition, txn)), [Tri::Yes, Tri::Yes, Tri::No]);
    let acl = bench.acls.get(b"a").unwrap();
    let (_, patterns) = acl.text_criteria().unwrap()[0].unwrap();
    patterns[0].reference().add(b"/x", None).unwrap();
    assert_eq!([&first, &later, &added].map(|txn| among(&condition, txn)), [Tri::Yes; 3]);
}

#[test]
fn what_a_rule_changed_is_looked_at_anew() {
    let bench = Bench::default();
    bench.define("acl a path_beg /a").unwrap();
    let place = crate::observe::Place { file: diag::FileId(0), line: 1 };
    let rule = |text: &str| {
        let condition = bench.condition(Place::Request, "if a").unwrap().0;
        let action =
            crate::actions::testing::try_compile(crate::action::Kinds::HTTP_REQUEST, text).unwrap().action;
        crate::ruleset::Rule { condition: Some(condition), action, place }
    };
    let rules = vec![rule("set-path /b"), rule("deny"), rule("set-header X 1")];
    let mut txn = request("GET /a HTTP/1.1", &[]);
    let verdict = crate::ruleset::Ruleset { rules }.run(&mut txn, 0, crate::ruleset::Undecided::IsFalse);
    assert!(matches!(verdict, crate::ruleset::Verdict::Pass), "{verdict:?}");
    assert_eq!(txn.req.head.path(), Some(&b"/b"[..]));
    assert!(txn.req.head.fields.is_empty());
}
