//! What the runtime API does to a reference, as its uses see it.

use proptest::prelude::*;

use super::super::file;
use super::*;
use crate::value::Value;

fn loaded(content: &str, columns: Columns) -> Arc<PatternRef> {
    let reference = PatternRef::new("test", columns);
    reference.load(file::lines(content.as_bytes(), columns));
    reference
}

fn has(expr: &PatternExpr, value: &str) -> bool {
    expr.set().matches(&Value::str(value.as_bytes()))
}

#[test]
fn every_use_sees_every_change() {
    let reference = loaded("a\nb\n", Columns::One);
    let exact = reference.attach(Method::Str, Case::Sensitive, Output::Str).unwrap();
    let prefix = reference.attach(Method::Beg, Case::Insensitive, Output::Str).unwrap();
    assert!(Arc::ptr_eq(&exact, &reference.attach(Method::Str, Case::Sensitive, Output::Str).unwrap()));
    reference.add(b"cd", None).unwrap();
    assert!(has(&exact, "cd") && has(&prefix, "CDE") && !has(&exact, "CD"));
    reference.delete(b"a").unwrap();
    assert!(!has(&exact, "a") && !has(&prefix, "a") && has(&exact, "b"));
    assert_eq!(reference.delete(b"a"), Err(RefError::NotFound));
    assert_eq!(reference.len(), 2);
    reference.add_once(b"cd", None).unwrap();
    assert_eq!(reference.len(), 2);
    reference.clear(None);
    assert!(!has(&exact, "b") && reference.is_empty());
    reference.add(b"z", None).unwrap();
    assert!(has(&exact, "z"));
}

#[test]
fn what_does_not_suit_is_refused_as_a_whole() {
    let reference = loaded("1 10\n5 50\n", Columns::Two);
    let int = reference.attach(Method::Int, Case::Sensitive, Output::Int).unwrap();
    let exact = reference.attach(Method::Str, Case::Sensitive, Output::Str).unwrap();
    assert!(matches!(reference.add(b"x", Some(b"1")), Err(RefError::Pattern(PatternWhy::Number(_)))));
    assert!(matches!(reference.add(b"2", Some(b"x")), Err(RefError::Output(_))));
    assert!(matches!(reference.set(b"1", b"x"), Err(RefError::Output(_))));
    assert!(!has(&exact, "x") && !has(&exact, "2") && reference.len() == 2);
    assert_eq!(int.set().find(&Value::Int(1)).unwrap().value(Output::Int), Some(Value::Int(10)));
}

#[test]
fn an_attachment_names_the_line_that_does_not_suit() {
    let reference = loaded("# ports\n80 a\n\nx b\n", Columns::Two);
    let error = reference.attach(Method::Int, Case::Sensitive, Output::Str).unwrap_err();
    assert_eq!(error, AttachError { line: 4, why: PatternWhy::Number("x".into()) });
    let error = reference.attach(Method::Str, Case::Sensitive, Output::Int).unwrap_err();
    assert_eq!((error.line, error.to_string().as_str()), (2, "unable to parse 'a' as an integer"));
}

#[test]
fn values_change_in_place() {
    let reference = loaded("a 1\nb 2\na 3\n", Columns::Two);
    let map = super::super::Map::new(reference.attach(Method::Str, Case::Sensitive, Output::Str).unwrap());
    let find = |key: &str| map.lookup(&Value::str(key.as_bytes())).map(|v| v.to_str().into_owned());
    reference.set(b"a", b"9").unwrap();
    assert_eq!(find("a"), Some(b"9".to_vec()));
    let ids: Vec<u64> = reference.entries(None).map(|entry| entry.id).collect();
    reference.delete_by_id(ids[0]).unwrap();
    reference.set_by_id(ids[2], b"7").unwrap();
    assert_eq!(find("a"), Some(b"7".to_vec()), "the second entry of the same text");
    assert_eq!(reference.set_by_id(ids[0], b"7"), Err(RefError::NotFound));
    reference.set_or_add(b"new", b"n").unwrap();
    reference.set_or_add(b"new", b"m").unwrap();
    assert_eq!(find("new"), Some(b"m".to_vec()));
    assert_eq!(reference.len(), 3);
}

#[test]
fn generations() {
    let reference = loaded("a\n", Columns::One);
    let exact = reference.attach(Method::Str, Case::Sensitive, Output::Str).unwrap();
    let (one, two) = (reference.prepare(), reference.prepare());
    reference.add_to(one, b"b", None).unwrap();
    reference.add_to(two, b"c", None).unwrap();
    assert!(has(&exact, "a") && !has(&exact, "b"));
    assert_eq!(reference.entries(Some(one)).count(), 1);
    assert_eq!(reference.commit(two + 1), Err(RefError::Generation));
    assert_eq!(reference.add_to(two + 1, b"x", None), Err(RefError::Generation));
    reference.commit(one).unwrap();
    assert!(has(&exact, "b") && !has(&exact, "a") && !has(&exact, "c"));
    assert_eq!((reference.current(), reference.newest()), (one, two));
    reference.commit(two).unwrap();
    assert!(has(&exact, "c") && !has(&exact, "b"));
    assert_eq!(reference.commit(one), Err(RefError::Generation));
    reference.add(b"d", None).unwrap();
    assert!(has(&exact, "c") && has(&exact, "d"));
}

#[test]
fn much_adding_and_removing_keeps_the_order_and_little_else() {
    let reference = PatternRef::new("many", Columns::One);
    let exact = reference.attach(Method::Str, Case::Sensitive, Output::Str).unwrap();
    for n in 0..2_000 {
        reference.add(format!("k{n}").as_bytes(), None).unwrap();
        if n >= 10 {
            reference.delete(format!("k{}", n - 10).as_bytes()).unwrap();
        }
    }
    let left: Vec<_> =
        reference.entries(None).map(|e| String::from_utf8_lossy(e.pattern()).into_owned()).collect();
    assert_eq!(left, (1_990..2_000).map(|n| format!("k{n}")).collect::<Vec<_>>());
    assert!(has(&exact, "k1995") && !has(&exact, "k1989"));
    let (kept, texts) = reference.inner.lock().current().kept();
    assert!(kept < 200, "what was removed is not kept for ever");
    assert_eq!(texts, Some(10));
}

proptest! {
    #[test]
    fn a_reference_that_changes_is_the_same_as_one_made_at_once(
        texts in prop::collection::vec("[ab/]{0,4}", 1..150),
        gone in prop::collection::vec(0usize..150, 0..40),
        values in prop::collection::vec("[ab/]{0,6}", 10),
        method in prop::sample::select(&[Method::Str, Method::Beg, Method::End, Method::Sub, Method::Dir][..]),
        late in any::<bool>(),
    ) {
        let id = |reference: &PatternRef, expr: &PatternExpr, value: &str| {
            let id = expr.set().find(&Value::str(value.as_bytes())).map(|entry| entry.id)?;
            reference.entries(None).position(|entry| entry.id == id)
        };
        let grown = PatternRef::new("grown", Columns::One);
        let early = grown.attach(method, Case::Sensitive, Output::Str).unwrap();
        for (at, text) in texts.iter().enumerate() {
            grown.add(text.as_bytes(), None).unwrap();
            if gone.contains(&at) {
                let last = grown.entries(None).last().unwrap().id;
                grown.delete_by_id(last).unwrap();
            }
        }
        let blind = late.then(|| grown.attach(method, Case::Insensitive, Output::Str).unwrap());
        let whole = PatternRef::new("whole", Columns::One);
        let alive = texts.iter().enumerate().filter(|(at, _)| !gone.contains(at));
        whole.load(alive.map(|(_, text)| file::Line { number: 1, pattern: text.as_bytes(), value: None }));
        let made = whole.attach(method, Case::Sensitive, Output::Str).unwrap();
        prop_assert_eq!((grown.len(), grown.entries(None).count()), (whole.len(), whole.len()));
        prop_assert_eq!(early.set().entries().count(), whole.len());
        for value in values {
            let want = id(&whole, &made, &value);
            prop_assert_eq!(id(&grown, &early, &value), want);
            prop_assert_eq!(has(&early, &value), want.is_some());
            if let Some(blind) = &blind {
                prop_assert_eq!(id(&grown, blind, &value.to_uppercase()), want);
            }
        }
    }
}
