//! A head as lines of text, and text as lines of a head.

use http::message::{Known, Version};
use http::{Head, is_token};
use sample::Txn;

use super::side::Side;
use super::start_line;
use crate::scratch::with_scratch;

/// One line of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The request line or the status line.
    Start,
    /// The field with this index.
    Field(usize),
}

/// Runs `look` on a line; `None` where there is no such line, or where `reqpass` took it out.
pub(super) fn with_line<R>(side: Side, txn: &Txn, place: Place, look: impl FnOnce(&[u8]) -> R) -> Option<R> {
    let head = side.head(txn);
    with_scratch(|scratch| {
        let line = match place {
            Place::Start => {
                start_line::write(head, scratch);
                scratch
            }
            Place::Field(i) if i < head.fields.len() => head.fields.line(i, scratch),
            Place::Field(_) => return None,
        };
        let is_passed = side == Side::Request && txn.legacy.passed.iter().any(|passed| **passed == *line);
        (!is_passed).then(|| look(line))
    })
}

/// Splits text at its line ends; an escape in a template may have put some there.
pub(super) fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// `Name: value` in its two parts; `None` for what is no field.
pub(super) fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, value) = line.split_at(colon);
    let is_name = !name.is_empty() && name.iter().copied().all(is_token);
    is_name.then(|| (name, value[1..].trim_ascii()))
}

/// Puts the lines of `text` in the place of field `i`. Answers how many fields stand there now, or `None` if one of
/// the lines was no field; such lines are left out, as nothing that can be sent would say the same.
pub(super) fn replace_field(head: &mut Head, i: usize, text: &[u8]) -> Replaced {
    let mut replaced = Replaced::default();
    let mut lines = split(text).filter(|line| !line.is_empty());
    let mut fields = Vec::new();
    for line in &mut lines {
        match field(line) {
            Some(field) => fields.push(field),
            None => replaced.refused += 1,
        }
    }
    replaced.fields = fields.len();
    match fields.as_slice() {
        [] => head.fields.remove_at(i),
        [(name, value)] => put(head, i, name, value),
        [(name, value), more @ ..] => {
            put(head, i, name, value);
            insert(head, i + 1, more);
        }
    }
    replaced
}

/// What became of a line.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Replaced {
    /// The fields that took its place.
    pub(super) fields: usize,
    /// Lines left out because they are no fields.
    pub(super) refused: usize,
}

fn put(head: &mut Head, i: usize, name: &[u8], value: &[u8]) {
    if head.fields.name(i) != name {
        head.fields.replace_name_at(i, name);
    }
    if head.fields.value(i) != value {
        head.fields.replace_value_at(i, value);
    }
    follow_host(head, i);
}

/// The authority of HTTP/2 and HTTP/3 is what Host was in 1.5: both say the same.
fn follow_host(head: &mut Head, i: usize) {
    let has_authority = matches!(head.version(), Version::Http2 | Version::Http3);
    if has_authority && head.is_request() && head.fields.known(i) == Known::Host {
        let host = head.fields.value(i).to_vec();
        head.set_authority(&host);
    }
}

/// Puts fields in front of field `at`. Only templates with line ends in them need it, so it may cost.
pub(super) fn insert(head: &mut Head, at: usize, more: &[(&[u8], &[u8])]) {
    let owned = |(name, value): (&[u8], &[u8])| (name.to_vec(), value.to_vec());
    let behind: Vec<_> = head.fields.iter().skip(at).map(owned).collect();
    while head.fields.len() > at {
        head.fields.remove_at(head.fields.len() - 1);
    }
    for (name, value) in more {
        head.fields.push(*name, value);
    }
    for (name, value) in &behind {
        head.fields.push(name.as_slice(), value);
    }
}
