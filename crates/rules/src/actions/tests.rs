//! Tests over all actions: their examples, their names, where they stand.

use super::testing::{line, try_compile_with};
use super::*;
use sample::testing::TestNames;

fn kind_and_rest(example: &str) -> (Kinds, &str) {
    let kinds = [
        ("tcp-request connection ", Kinds::TCP_CONNECTION),
        ("tcp-request session ", Kinds::TCP_SESSION),
        ("tcp-request content ", Kinds::TCP_CONTENT),
        ("tcp-response content ", Kinds::TCP_RESPONSE),
        ("http-request ", Kinds::HTTP_REQUEST),
        ("http-response ", Kinds::HTTP_RESPONSE),
        ("http-after-response ", Kinds::HTTP_AFTER),
    ];
    let found = kinds.iter().find_map(|(prefix, kind)| Some((*kind, example.strip_prefix(prefix)?)));
    found.unwrap_or_else(|| panic!("`{example}` begins with no ruleset"))
}

#[test]
fn all_examples_compile() {
    for row in rows() {
        assert!(!row.doc.examples.is_empty(), "{} has no example", row.name);
        for example in row.doc.examples {
            let (kind, rest) = kind_and_rest(example.text);
            if let Err(message) = try_compile_with(kind, rest, &TestNames::default()) {
                panic!("`{}`: {message}", example.text);
            }
        }
    }
}

#[test]
fn words_name_rows() {
    let name = |word: &str, kind| lookup(word.as_bytes(), kind).map(|row| row.name);
    assert_eq!(name("set-var(txn.a)", Kinds::HTTP_REQUEST), Some("set-var"));
    assert_eq!(name("track-sc11", Kinds::TCP_CONTENT), Some("track-sc"));
    assert_eq!(name("track-scx", Kinds::TCP_CONTENT), None);
    assert_eq!(name("sc-inc-gpc0(1)", Kinds::HTTP_AFTER), Some("sc-inc-gpc0"));
    assert_eq!(name("set-tos", Kinds::TCP_SESSION), Some("set-fc-tos"));
    assert_eq!(name("deny", Kinds::TCP_CONTENT), None);
    assert!(names(Kinds::TCP_CONNECTION).any(|name| name == "accept"));
}

#[test]
fn what_is_not_there_is_explained() {
    let why =
        |text: &str, kind| find(&line(text).words[0], kind).err().map(|p| (p.message, p.suggestion, p.notes));
    let (message, suggestion, _) = why("set-hedaer", Kinds::HTTP_REQUEST).unwrap();
    assert_eq!(
        (message.as_str(), suggestion.as_deref()),
        ("unknown `http-request` action `set-hedaer`", Some("set-header"))
    );
    let (message, _, _) = why("ot-group", Kinds::HTTP_REQUEST).unwrap();
    assert_eq!(message, "`ot-group` is known, but not built yet");
    let (_, _, notes) = why("tarpit", Kinds::TCP_CONTENT).unwrap();
    assert_eq!(notes, ["it stands in http-request"]);
    assert!(why("accept", Kinds::TCP_CONTENT).is_none());
}
