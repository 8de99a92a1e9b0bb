//! Every method as conditions use it, and sets that grow.

use super::*;

fn set(method: Method, words: &[&str]) -> PatternSet {
    PatternSet::compile(method, Case::Sensitive, words).unwrap()
}

fn text(value: &str) -> Value<'_> {
    Value::str(value.as_bytes())
}

#[test]
fn methods_without_patterns() {
    assert!(set(Method::Found, &[]).matches(&text("")));
    assert!(set(Method::Bool, &[]).matches(&Value::Bool(true)));
    assert!(set(Method::Bool, &[]).matches(&text("2")));
    assert!(!set(Method::Bool, &[]).matches(&Value::Int(0)));
    assert!(!set(Method::Bool, &[]).matches(&text("yes")), "no number");
}

#[test]
fn integers() {
    let ports = set(Method::Int, &["80", "443", "8000:8999", "ge", "60000"]);
    for (n, yes) in [(80, true), (443, true), (8_500, true), (60_000, true), (81, false), (-1, false)] {
        assert_eq!(ports.matches(&Value::Int(n)), yes, "{n}");
    }
    assert!(ports.matches(&text("80")) && !ports.matches(&text("x80")));
    assert!(set(Method::Int, &["lt", "3"]).matches(&Value::Int(-5)));
    assert!(set(Method::Len, &["ge", "3"]).matches(&text("abc")));
    assert!(!set(Method::Len, &["gt", "3"]).matches(&text("abc")));
    assert!(set(Method::Version, &["gt", "3.0"]).matches(&Value::Int(0x3_0001)));
}

#[test]
fn addresses_and_bytes() {
    let nets = set(Method::Ip, &["10.0.0.0/8", "2001:db8::/32"]);
    assert!(nets.matches(&Value::ip("10.1.2.3".parse().unwrap())));
    assert!(nets.matches(&text("2001:db8::1")));
    assert!(!nets.matches(&text("10.1.2.3.4")) && !nets.matches(&Value::Bool(true)));
    let bytes = set(Method::Bin, &["160301", "160303"]);
    assert!(bytes.matches(&Value::bin(b"\x16\x03\x03")) && !bytes.matches(&Value::bin(b"\x16\x03")));
}

#[test]
fn texts() {
    assert!(set(Method::Str, &["GET", "HEAD"]).matches(&text("HEAD")));
    assert!(!set(Method::Str, &["GET", "HEAD"]).matches(&text("head")));
    assert!(set(Method::Beg, &["/static/", "/img"]).matches(&text("/img.png")));
    assert!(set(Method::End, &[".png", ".gif"]).matches(&text("/a.gif")));
    assert!(set(Method::Sub, &["a", "bb", "sid="]).matches(&text("?sid=1")));
    assert!(set(Method::Dir, &["static"]).matches(&text("/x/static/y")));
    assert!(set(Method::Dom, &["example"]).matches(&text("www.example.com")));
    assert!(set(Method::Reg, &["^/a[0-9]+$"]).matches(&text("/a12")));
    assert!(set(Method::Str, &["127.0.0.1"]).matches(&Value::ip("127.0.0.1".parse().unwrap())));
}

#[test]
fn case_can_be_left_out_of_account() {
    for (method, word) in [
        (Method::Str, "Www.Example.Com"),
        (Method::Beg, "WWW."),
        (Method::End, ".COM"),
        (Method::Sub, "eXample"),
        (Method::Dom, "EXAMPLE.com"),
        (Method::Reg, "^WWW"),
    ] {
        let blind = PatternSet::compile(method, Case::Insensitive, &[word]).unwrap();
        assert!(blind.matches(&text("www.eXAMPLE.com")), "{method:?}");
        assert!(!set(method, &[word]).matches(&text("www.eXAMPLE.cOm")), "{method:?}");
    }
}

#[test]
fn many_expressions_are_searched_together() {
    let words: Vec<String> = (0..50).map(|n| format!("^/{n}/(.*)$")).collect();
    let set = PatternSet::compile(Method::Reg, Case::Sensitive, &words).unwrap();
    let (entry, captures) = set.find_captures(&text("/37/x")).unwrap();
    assert_eq!((entry.id, captures[1].clone()), (37, Some(4..5)));
    assert!(!set.matches(&text("/50/x")));
}

#[test]
fn the_culprit_is_named() {
    let compile = |method, words: &[&str]| PatternSet::compile(method, Case::Sensitive, words).unwrap_err();
    assert_eq!(compile(Method::Int, &["ge", "5", "x"]).index, 2);
    assert_eq!(
        compile(Method::Ip, &["10.0.0.1", "example.com"]).to_string(),
        "'example.com' is not a valid IPv4 or IPv6 address"
    );
    assert_eq!(compile(Method::Reg, &["a", "a(?=b)"]).index, 1);
    assert_eq!(compile(Method::Bin, &["0"]).index, 0);
}

/// The id of the pattern that `value` finds.
fn found(set: &PatternSet, value: &str) -> Option<u64> {
    set.find(&text(value)).map(|entry| entry.id)
}

#[test]
fn layers_agree_on_the_longest_and_on_the_first() {
    let list = |first: u64, patterns: &[&str]| {
        let entries = (first..).zip(patterns).map(|(id, text)| Entry::new(id, text.as_bytes(), None, 0));
        Arc::new(entries.collect::<Vec<_>>())
    };
    let of = |method, patterns: &[&str]| {
        PatternSet::of_entries(method, Case::Sensitive, list(0, patterns)).unwrap()
    };
    let beg = of(Method::Beg, &["/a", "/a/b"]).with(list(2, &["/a/b/c", "/"])).unwrap();
    assert_eq!(found(&beg, "/a/b/c/d"), Some(2));
    assert_eq!(found(&beg, "/a/b/d"), Some(1));
    assert_eq!(found(&beg, "/x"), Some(3));
    let nets = of(Method::Ip, &["10.0.0.0/8"]).with(list(1, &["10.1.0.0/16", "10.0.0.0/8"])).unwrap();
    assert_eq!(found(&nets, "10.1.1.1"), Some(1));
    assert_eq!(found(&nets, "10.2.1.1"), Some(0));
    let sub = of(Method::Sub, &["b"]).with(list(1, &["a"])).unwrap();
    assert_eq!(found(&sub, "ab"), Some(0));
    assert_eq!(of(Method::Int, &["1"]).with(list(1, &["2", "x"])).unwrap_err().index, 1);
}
