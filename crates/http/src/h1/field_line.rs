//! Field lines: names, values and what ends them (RFC 9112 section 5).
//!
//! A line is complete when the byte behind it shows that no continuation line follows. Obsolete line folding is
//! accepted and joined by spaces. Under unsafe leniency a name with invalid characters takes its field away
//! without refusing the message, and NULs may stand in values.

use super::Leniency;
use super::error::{ErrorKind, Stop, bad, byte_at};
use crate::lists::trim_range;
use crate::message::{Form, Known, Slice};
use crate::{chars, scan};

/// A complete field line, in offsets of the input.
pub(crate) struct FieldLine {
    pub(crate) name: Slice,
    pub(crate) value: Slice,
    pub(crate) known: Known,
    pub(crate) form: Form,
    /// Whether line ends stand in the value.
    pub(crate) folding: Folding,
    /// Whether the field counts, or is passed over because of its name.
    pub(crate) fate: Fate,
    /// Where the next line starts.
    pub(crate) next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folding {
    None,
    Folded,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Keep,
    Drop,
}

/// Reads the field line that starts at `start`, which is not an empty line.
#[inline]
pub(crate) fn field_line(input: &[u8], start: usize, leniency: Leniency) -> Result<FieldLine, Stop> {
    let (colon, known, fate) = name(input, start, leniency)?;
    let after = colon + 1;
    let (stop, next) = value_line(input, after, leniency)?;
    let name = Slice::new(start, colon);
    if matches!(input.get(next), Some(b' ' | b'\t')) {
        return folded(input, FoldStart { name, known, fate, after, next }, leniency);
    }
    // The common case: one space, no blanks at the end, CR LF.
    let usual = input.get(after) == Some(&b' ')
        && stop > after + 1
        && next == stop + 2
        && !chars::is_blank(input[after + 1])
        && !chars::is_blank(input[stop - 1]);
    let (value, form) = if usual {
        (Slice::new(after + 1, stop), Form::Wire)
    } else {
        let value = trim_range(input, after..stop);
        (Slice::new(value.start, value.end), Form::Loose)
    };
    Ok(FieldLine { name, value, known, form, folding: Folding::None, fate, next })
}

/// The name that starts at `start`: where its colon is, which name it is, and whether the field stays.
#[inline]
fn name(input: &[u8], start: usize, leniency: Leniency) -> Result<(usize, Known, Fate), Stop> {
    let colon = scan::find_colon(input, start).unwrap_or(input.len());
    let name = input.get(start..colon).unwrap_or_default();
    // A known name consists of the right characters, so it needs no look at each.
    let known = Known::of(name);
    if known != Known::Other && colon < input.len() {
        return Ok((colon, known, Fate::Keep));
    }
    unknown_name(input, start, colon, leniency)
}

fn unknown_name(
    input: &[u8],
    start: usize,
    colon: usize,
    leniency: Leniency,
) -> Result<(usize, Known, Fate), Stop> {
    let name = input.get(start..colon).unwrap_or_default();
    let wrong = name.iter().position(|&byte| !chars::is_token(byte)).map(|at| start + at);
    let line_feed = memchr::memchr(b'\n', name).map(|at| start + at);
    match (wrong, line_feed, leniency) {
        (Some(at), _, Leniency::Strict) | (_, Some(at), Leniency::AcceptUnsafe) => {
            bad(ErrorKind::FieldName, at)
        }
        _ if colon == input.len() => Err(Stop::Partial),
        _ if colon == start => bad(ErrorKind::FieldName, start),
        (None, _, _) => Ok((colon, Known::Other, Fate::Keep)),
        (Some(_), None, Leniency::AcceptUnsafe) => Ok((colon, Known::Other, Fate::Drop)),
    }
}

/// Where the line that holds part of a value ends (its first CR or LF), and where the next line starts. `Partial`
/// until the first byte of the next line is there, because it tells whether the value goes on.
#[inline]
fn value_line(input: &[u8], start: usize, leniency: Leniency) -> Result<(usize, usize), Stop> {
    let mut stop = scan::find_line_stop(input, start);
    while input.get(stop) == Some(&0) {
        if leniency == Leniency::Strict {
            return bad(ErrorKind::FieldValue, stop);
        }
        stop = scan::find_line_stop(input, stop + 1);
    }
    let next = super::error::line_end(input, stop)?;
    byte_at(input, next)?;
    Ok((stop, next))
}

/// A field whose first line is read and which goes on at `next`.
struct FoldStart {
    name: Slice,
    known: Known,
    fate: Fate,
    after: usize,
    next: usize,
}

#[cold]
fn folded(input: &[u8], field: FoldStart, leniency: Leniency) -> Result<FieldLine, Stop> {
    let (mut stop, mut next) = (field.after, field.next);
    while matches!(input.get(next), Some(b' ' | b'\t')) {
        (stop, next) = value_line(input, next, leniency)?;
    }
    let value = trim_range(input, field.after..stop);
    Ok(FieldLine {
        name: field.name,
        value: Slice::new(value.start, value.end),
        known: field.known,
        form: Form::Loose,
        folding: Folding::Folded,
        fate: field.fate,
        next,
    })
}
