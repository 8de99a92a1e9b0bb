//! Field values that are lists: elements separated by commas outside of quotes (RFC 9110 section 5.6.1).
//!
//! `req.hdr` and its kind look at elements over all fields of a name, `req.fhdr` at whole values. Both number them
//! from 1, and from -1 backwards (configuration manual, chapter 7.3.6).

use std::ops::Range;

use crate::chars;
use crate::message::{Fields, Name};

/// How far back a negative occurrence may reach.
pub const OCCURRENCES_BACK_MAX: i32 = 10;

/// The elements of one field value, blanks around them removed. Empty elements count, and an empty value has one
/// empty element.
pub fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    ranges(value).map(|range| value.get(range).unwrap_or_default())
}

/// Where the elements of `value` lie; see [`elements`].
pub fn ranges(value: &[u8]) -> Ranges<'_> {
    Ranges { value, next: Some(0) }
}

/// Iterates over the places of list elements.
#[derive(Clone, Debug)]
pub struct Ranges<'a> {
    value: &'a [u8],
    next: Option<usize>,
}

impl Iterator for Ranges<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.next?;
        let rest = self.value.get(start..)?;
        let len = element_len(rest);
        self.next = (len < rest.len()).then_some(start + len + 1);
        Some(trim_range(self.value, start..start + len))
    }
}

/// `range` of `value` without spaces, tabs and line ends around it.
pub(crate) fn trim_range(value: &[u8], range: Range<usize>) -> Range<usize> {
    let part = value.get(range.clone()).unwrap_or_default();
    let start = part.iter().position(|&byte| !chars::is_space(byte)).unwrap_or(part.len());
    let end = part.iter().rposition(|&byte| !chars::is_space(byte)).map_or(start, |last| last + 1);
    range.start + start..range.start + end
}

/// How long the first element of `text` is: up to a comma outside of quotes.
#[inline]
fn element_len(text: &[u8]) -> usize {
    match memchr::memchr2(b',', b'"', text) {
        None => text.len(),
        Some(found) if text.get(found) == Some(&b',') => found,
        Some(found) => found + unquoted_len(text.get(found..).unwrap_or_default(), |byte| byte == b','),
    }
}

/// How much of `text` comes before the first byte outside of quotes that `is_end` accepts.
pub(crate) fn unquoted_len(text: &[u8], is_end: impl Fn(u8) -> bool) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, &byte) in text.iter().enumerate() {
        if escaped {
            escaped = false;
        } else if quoted {
            escaped = byte == b'\\';
            quoted = byte != b'"';
        } else if byte == b'"' {
            quoted = true;
        } else if is_end(byte) {
            return at;
        }
    }
    text.len()
}

/// Whether one element of `value` is `token`, in any case.
pub fn has_token(value: &[u8], token: &[u8]) -> bool {
    elements(value).any(|element| element.eq_ignore_ascii_case(token))
}

/// The elements of all fields called `name`, in order.
#[inline]
pub fn all<'a>(fields: &'a Fields, name: impl Into<Name<'a>>) -> impl Iterator<Item = &'a [u8]> + 'a {
    fields.all(name).flat_map(elements)
}

/// Whether `accept` takes one of the elements of all fields called `name`, in order: what [`all`] gives, told for less.
#[inline]
pub fn any(fields: &Fields, name: Name<'_>, mut accept: impl FnMut(&[u8]) -> bool) -> bool {
    // Most values are no lists.
    fields.all(name).any(|value| match memchr::memchr2(b',', b'"', value) {
        None => accept(value.get(trim_range(value, 0..value.len())).unwrap_or_default()),
        Some(_) => elements(value).any(&mut accept),
    })
}

/// Occurrence `number` of the elements of `name`: 1 (or 0) is the first, -1 the last, down to
/// -[`OCCURRENCES_BACK_MAX`]. What `req.hdr(name,number)` sees.
pub fn element<'a>(fields: &'a Fields, name: impl Into<Name<'a>>, number: i32) -> Option<&'a [u8]> {
    occurrence(all(fields, name), number)
}

/// Occurrence `number` of the whole values of `name`; numbered as in [`element`]. What `req.fhdr(name,number)` sees.
pub fn value<'a>(fields: &'a Fields, name: impl Into<Name<'a>>, number: i32) -> Option<&'a [u8]> {
    occurrence(fields.all(name), number)
}

/// How many elements the fields called `name` have: `req.hdr_cnt`.
pub fn element_count<'a>(fields: &'a Fields, name: impl Into<Name<'a>>) -> usize {
    all(fields, name).count()
}

/// How many fields are called `name`: `req.fhdr_cnt`.
pub fn value_count<'a>(fields: &'a Fields, name: impl Into<Name<'a>>) -> usize {
    fields.all(name).count()
}

fn occurrence<'a>(mut items: impl Iterator<Item = &'a [u8]>, number: i32) -> Option<&'a [u8]> {
    if number >= 0 {
        return items.nth(usize::try_from(number).ok()?.saturating_sub(1));
    }
    if number < -OCCURRENCES_BACK_MAX {
        return None;
    }
    let back = usize::try_from(number.unsigned_abs()).ok()?;
    let mut last: [&[u8]; OCCURRENCES_BACK_MAX as usize] = [&[]; OCCURRENCES_BACK_MAX as usize];
    let mut count = 0;
    for item in items {
        last[count % last.len()] = item;
        count += 1;
    }
    (back <= count).then(|| last[(count - back) % last.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(value: &str) -> Vec<&str> {
        elements(value.as_bytes()).map(|element| std::str::from_utf8(element).unwrap()).collect()
    }

    #[test]
    fn commas_separate_outside_of_quotes() {
        assert_eq!(split("a, b ,c"), ["a", "b", "c"]);
        assert_eq!(split("a,"), ["a", ""]);
        assert_eq!(split(",a"), ["", "a"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("\"a,b\", c"), ["\"a,b\"", "c"]);
        assert_eq!(split("x=\"\\\",\",y"), ["x=\"\\\",\"", "y"]);
        assert_eq!(split("\"open,a"), ["\"open,a"]);
    }

    #[test]
    fn occurrences_count_from_both_ends() {
        let mut fields = Fields::new();
        fields.push(b"X-Forwarded-For", b"1, 2");
        fields.push(b"Other", b"o");
        fields.push(b"x-forwarded-for", b"3");
        let name = b"X-FORWARDED-FOR";
        let at = |number| element(&fields, name, number).map(|e| std::str::from_utf8(e).unwrap());
        assert_eq!([at(0), at(1), at(2), at(3), at(4)], [Some("1"), Some("1"), Some("2"), Some("3"), None]);
        assert_eq!([at(-1), at(-2), at(-3), at(-4), at(-11)], [Some("3"), Some("2"), Some("1"), None, None]);
        assert_eq!(value(&fields, name, 1), Some(&b"1, 2"[..]));
        assert_eq!(value(&fields, name, -1), Some(&b"3"[..]));
        assert_eq!(element_count(&fields, name), 3);
        assert_eq!(value_count(&fields, name), 2);
        assert_eq!(element(&fields, name, i32::MIN), None);
    }

    #[test]
    fn more_than_the_history_still_counts_back() {
        let mut fields = Fields::new();
        fields.push(b"A", (1..=25).map(|n| n.to_string()).collect::<Vec<_>>().join(",").as_bytes());
        assert_eq!(element(&fields, b"a", -10), Some(&b"16"[..]));
        assert_eq!(element(&fields, b"a", -1), Some(&b"25"[..]));
    }

    #[test]
    fn tokens_compare_without_case() {
        assert!(has_token(b"Keep-Alive, Upgrade", b"upgrade"));
        assert!(!has_token(b"upgraded", b"upgrade"));
    }
}
