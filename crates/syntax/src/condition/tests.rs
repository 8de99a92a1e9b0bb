//! What conditions answer; the answers are those of HAProxy 3.5's `-cc`.

use super::*;
use crate::facts::TestFacts;

fn ask(condition: &str) -> Result<bool, ConditionError> {
    let mut env = Environment::new();
    env.set("SET", "a b");
    env.set("EMPTY", "");
    evaluate(condition.as_bytes(), &env, &TestFacts)
}

#[track_caller]
fn yes(conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(ask(condition), Ok(true), "{condition}");
    }
}

#[track_caller]
fn no(conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(ask(condition), Ok(false), "{condition}");
    }
}

#[track_caller]
fn fails(condition: &str) -> ConditionError {
    ask(condition).unwrap_err()
}

#[test]
fn integers() {
    yes(&["1", "-1", "+5", "0x10", "017", " 2 ", "99999999999999999999"]);
    no(&["", " ", "0", "-0", "0x0", "000"]);
    assert_eq!(fails("08"), ConditionError::Trailing { at: 1 });
    assert_eq!(fails("0x"), ConditionError::Trailing { at: 1 });
    assert_eq!(fails("1#2"), ConditionError::Trailing { at: 1 });
}

#[test]
fn operators_bind_as_usual() {
    yes(&["1 && 0 || 1", "1||0&&0", "!0", "!!1", "! ! 1", "!(1 && 0)", "((1))", "0 || ( 1 && !0 )"]);
    no(&["0 && 1 || 0", "!1", "(1||1) && 0", "!!!1"]);
}

#[test]
fn every_part_is_read_even_when_the_answer_is_known() {
    let error = ConditionError::UnknownPredicate { at: 5, name: "foo".into(), nearest: None };
    assert_eq!(fails("1 || foo"), error);
    assert_eq!(ask("1 || openssl_version_atleast(x)"), Ok(true));
}

#[test]
fn the_environment() {
    yes(&[
        "defined(SET)",
        "defined(EMPTY)",
        "!defined(NO)",
        "!defined()",
        "!defined( SET )",
        "!defined(.LINE)",
    ]);
    yes(&[r#"streq("$SET","a b")"#, r#"streq("$EMPTY",)"#, r#"strstr("$SET"," ")"#]);
    no(&[r#""$EMPTY""#]);
}

#[test]
fn strings() {
    yes(&[
        "streq(,)",
        "streq(a b,a   b)",
        "strneq(a,b)",
        "strstr(abc,bc)",
        "strstr(abc,)",
        r#""streq(a,a)""#,
    ]);
    yes(&[r#"streq(\"a,b\",'"a,b"')"#, r"streq('a\\b',a\\b)", r"streq('\t',\x09)"]);
    no(&["streq(a,b)", "streq(a, a)", "strstr(a,abc)"]);
}

#[test]
fn versions() {
    yes(&["version_atleast(2.4)", "version_atleast(3.5-dev5)", "version_atleast(v3.5-dev4)"]);
    yes(&["version_before(3.5)", "version_before(3.5-dev6)", "version_before(4)"]);
    no(&["version_before(3.5-dev5)", "version_atleast(3.5)", "version_before(2.0-dev0)"]);
    yes(&["version_atleast(zzz)", "version_atleast()"]);
    yes(&[
        "openssl_version_atleast(1.1.1)",
        "openssl_version_before(3.5.0)",
        "openssl_version_atleast(3.0.11)",
    ]);
    yes(&["ssllib_name_startswith(OpenSSL)", "ssllib_name_startswith()"]);
    no(&["ssllib_name_startswith(wolfSSL)", "openssl_version_atleast(3.0.12)"]);
}

#[test]
fn the_program() {
    yes(&["feature(OPENSSL)", "enabled(EPOLL)", "!fips_mode", "!fips_mode()"]);
    no(&["feature(OPEN)", "enabled(POLL)", r"feature(\xff)"]);
}

#[test]
fn what_cannot_be_judged() {
    for condition in ["openssl_version_atleast(x)", "!openssl_version_before()", "awslc_api_atleast(3)"] {
        assert!(matches!(fails(condition), ConditionError::Argument { .. }), "{condition}");
    }
}

#[test]
fn what_is_no_condition() {
    assert_eq!(fails("1 && "), ConditionError::Missing { at: 4 });
    assert_eq!(fails("1 && || 1"), ConditionError::Missing { at: 5 });
    assert_eq!(fails("!"), ConditionError::Missing { at: 1 });
    assert_eq!(fails("()"), ConditionError::Missing { at: 1 });
    assert_eq!(fails("(1"), ConditionError::Unclosed { at: 2 });
    assert_eq!(fails("1)"), ConditionError::Trailing { at: 1 });
    assert_eq!(fails("(1) (1)"), ConditionError::Trailing { at: 4 });
    assert_eq!(fails("1 & 1"), ConditionError::Trailing { at: 2 });
    assert_eq!(fails("\"a"), ask("\"a").unwrap_err());
    assert!(matches!(fails("\"a"), ConditionError::Words(_)));
}

#[test]
fn arguments_are_counted() {
    use ArgumentsProblem::{LastBackslash, NoEnd, TooFew};
    let problem = |condition| {
        let error = fails(condition);
        let ConditionError::Arguments { problem, at, .. } = error else { panic!("{condition}: {error}") };
        (problem, at)
    };
    assert_eq!(problem("streq(a"), (TooFew { given: 1, wanted: 2 }, 7));
    assert_eq!(problem("streq(a,b"), (NoEnd, 9));
    assert_eq!(problem("streq(a,b,c)"), (NoEnd, 9));
    assert_eq!(problem("defined"), (TooFew { given: 0, wanted: 1 }, 7));
    assert_eq!(problem("defined (X)"), (TooFew { given: 0, wanted: 1 }, 7));
    assert_eq!(problem("fips_mode(x)"), (NoEnd, 10));
    assert_eq!(problem(r"streq(a,\\"), (LastBackslash, 8));
}

#[test]
fn mistyped_predicates_are_recognised() {
    let error = fails("version_atlest(2.4)");
    let ConditionError::UnknownPredicate { nearest, .. } = error else { panic!("{error}") };
    assert_eq!(nearest, Some("version_atleast"));
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(ask(&nested(100)), Ok(true));
    assert!(matches!(fails(&nested(100_000)), ConditionError::TooDeep { .. }));
    assert_eq!(ask(&format!("{}1", "1 && ".repeat(100_000))), Ok(true));
}
