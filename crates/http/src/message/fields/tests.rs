//! Tests of fields: look-up, edits, and what is written.

use super::*;

fn sample() -> Fields {
    let mut fields = Fields::new();
    fields.push(b"Host", b"example.com");
    fields.push(b"X-A", b"1");
    fields.push(b"Accept", b"*/*");
    fields.push(b"x-a", b"2");
    fields
}

fn written(fields: &Fields) -> String {
    let mut out = Vec::new();
    fields.write_to(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn finds_without_case_and_in_order() {
    let fields = sample();
    assert_eq!(fields.get(b"HOST"), Some(&b"example.com"[..]));
    assert_eq!(fields.get_known(Known::Host), Some(&b"example.com"[..]));
    assert_eq!(fields.get(b"X-a"), Some(&b"1"[..]));
    assert_eq!(fields.all(b"x-A").collect::<Vec<_>>(), [b"1", b"2"]);
    assert_eq!(fields.get(b"none"), None);
    assert_eq!(fields.get(b"via"), None);
    assert_eq!(fields.iter().len(), 4);
    assert_eq!(fields.iter().next_back(), Some((&b"x-a"[..], &b"2"[..])));
}

#[test]
fn edits_show_in_what_is_written() {
    let mut fields = sample();
    fields.replace_value_at(0, b"other");
    fields.replace_name_at(2, b"Server");
    assert_eq!(fields.known(2), Known::Server);
    assert_eq!(fields.remove(b"X-A"), 2);
    fields.set(b"New", b"v");
    fields.set(b"new", b"w");
    assert_eq!(written(&fields), "Host: other\r\nServer: */*\r\nnew: w\r\n");
    fields.narrow_value_at(0, 1..3);
    assert_eq!(written(&fields), "Host: th\r\nServer: */*\r\nnew: w\r\n");
    assert_eq!(fields.retain(|name, _| name != b"Server"), 1);
    fields.remove_at(0);
    fields.remove_at(7);
    assert_eq!(written(&fields), "new: w\r\n");
    fields.clear();
    assert!(fields.is_empty());
    assert_eq!(written(&fields), "");
    assert_eq!(fields.get(b"host"), None);
}

#[test]
fn lines_are_whole() {
    let mut fields = sample();
    fields.narrow_value_at(0, 1..3);
    let mut scratch = Vec::new();
    assert_eq!(fields.line(0, &mut scratch), b"Host: xa");
    assert_eq!(fields.line(1, &mut scratch), b"X-A: 1");
    assert_eq!(fields.line(9, &mut scratch), b"");
}

#[test]
fn a_value_cannot_end_its_line() {
    let mut fields = Fields::new();
    fields.push(b"X", b"a\r\nInjected: b\0");
    fields.replace_value_at(0, b"c\nd");
    fields.push(b"Y", b"a\r\nb");
    assert_eq!(written(&fields), "X: c d\r\nY: a  b\r\n");
}

#[test]
fn places_out_of_range_are_empty() {
    let fields = sample();
    assert_eq!(fields.name(9), b"");
    assert_eq!(fields.value(9), b"");
    assert_eq!(fields.known(9), Known::Other);
    assert_eq!(fields.slice(Slice::new(1000, 1001)), b"");
}
