//! What nearly every fetch needs.

pub(super) use keyword::{Doc, Example};
pub(super) use state::value::{Type, Value};

pub(super) use crate::args::{Arg, Args, Kind, Param};
pub(super) use crate::compile::{Compile, Problem};
pub(super) use crate::rows::{Fetch, FetchFn, Fetched, Needs, Texts, Walk};
pub(super) use crate::subject::Subject;
pub(super) use crate::txn::{Message, Presence, Txn};

/// A row without aliases, parameters and check; a row that has them says so and takes the rest from here.
pub(super) const fn row(name: &'static str, out: Type, needs: Needs, run: FetchFn, doc: Doc) -> Fetch {
    Fetch { name, aliases: &[], params: &[], out, needs, check: None, run, texts: None, subject: None, doc }
}

/// The row of a fetch whose value is `subject`.
pub(super) const fn of_subject(row: Fetch, subject: Subject) -> Fetch {
    Fetch { texts: Some(Texts::One(subject)), ..row }
}

/// Documentation of one line with examples.
pub(super) const fn doc(brief: &'static str, examples: &'static [Example]) -> Doc {
    Doc { brief, long: "", examples }
}

/// One example: an expression, a head that it is applied to, its result.
pub(super) const fn example(text: &'static str, input: &'static str, output: &'static str) -> Example {
    Example { text, input, output }
}

/// The number that `text` begins with, sign included; 0 without one, as numbers in headers and cookies are read.
pub(super) fn leading_int(text: &[u8]) -> i64 {
    let (sign, digits) = match text.split_first() {
        Some((b'-', rest)) => (-1, rest),
        Some((b'+', rest)) => (1, rest),
        _ => (1, text),
    };
    digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0i64, |n, digit| n.wrapping_mul(10).wrapping_add(i64::from(digit - b'0') * sign))
}

/// A count as a fetch's answer.
pub(super) fn count<'a>(n: impl TryInto<i64>) -> Fetched<'a> {
    Value::Int(n.try_into().unwrap_or(i64::MAX)).into()
}
