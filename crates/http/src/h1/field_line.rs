//! Field lines: names, values and what ends them (RFC 9112 section 5).
//!
//! A line is complete when the byte behind it shows that no continuation line follows. Obsolete line folding is
//! accepted and joined by spaces. Under unsafe leniency a name with invalid characters takes its field away
//! without refusing the message, and NULs may stand in values.

use super::Leniency;
use super::error::{ErrorKind, Stop, bad, byte_at, line_end};
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

/// A complete field line in the form in which it will be written, as nearly all of them are.
pub(crate) struct UsualLine {
    pub(crate) name: Slice,
    pub(crate) value: Slice,
    pub(crate) known: Known,
    pub(crate) next: usize,
}

/// Reads the line that starts at `start` if it is a complete `Name: value` CR LF which no continuation line
/// follows. Everything else, errors included, is left to [`field_line`].
#[inline]
pub(crate) fn usual_line(input: &[u8], start: usize) -> Option<UsualLine> {
    let line = input.get(start..)?;
    let colon = scan::find_colon(line)?;
    let (name, rest) = line.split_at_checked(colon)?;
    let [b':', b' ', rest @ ..] = rest else { return None };
    let len = scan::find_line_stop(rest)?;
    let (value, end) = rest.split_at_checked(len)?;
    let [b'\r', b'\n', next, ..] = end else { return None };
    if chars::is_blank(*next) || *value.first()? <= b' ' || *value.last()? <= b' ' {
        return None;
    }
    // A known name consists of the right characters, so it needs no look at each.
    let known = Known::of(name);
    if known == Known::Other && (colon == 0 || !name.iter().all(|&byte| chars::is_token(byte))) {
        return None;
    }
    let value_start = start + colon + 2;
    Some(UsualLine {
        name: Slice::within(start, start + colon),
        value: Slice::within(value_start, value_start + len),
        known,
        next: value_start + len + 2,
    })
}

/// Reads the field line that starts at `start`, which is not an empty line.
pub(crate) fn field_line(input: &[u8], start: usize, leniency: Leniency) -> Result<FieldLine, Stop> {
    let (colon, fate) = name(input, start, leniency)?;
    let after = colon + 1;
    let (mut stop, mut next) = value_line(input, after, leniency)?;
    let mut folding = Folding::None;
    while matches!(input.get(next), Some(b' ' | b'\t')) {
        folding = Folding::Folded;
        (stop, next) = value_line(input, next, leniency)?;
    }
    let value = trim_range(input, after..stop);
    Ok(FieldLine {
        name: Slice::within(start, colon),
        value: Slice::within(value.start, value.end),
        known: Known::of(input.get(start..colon).unwrap_or_default()),
        form: Form::Loose,
        folding,
        fate,
        next,
    })
}

/// The name that starts at `start`: where its colon is, and whether the field stays.
fn name(input: &[u8], start: usize, leniency: Leniency) -> Result<(usize, Fate), Stop> {
    let rest = input.get(start..).unwrap_or_default();
    let len = scan::find_colon(rest).unwrap_or(rest.len());
    let name = rest.get(..len).unwrap_or_default();
    let wrong = name.iter().position(|&byte| !chars::is_token(byte)).map(|at| start + at);
    let line_feed = memchr::memchr(b'\n', name).map(|at| start + at);
    match (wrong, line_feed, leniency) {
        (Some(at), _, Leniency::Strict) | (_, Some(at), Leniency::AcceptUnsafe) => {
            bad(ErrorKind::FieldName, at)
        }
        _ if len == rest.len() => Err(Stop::Partial),
        _ if len == 0 => bad(ErrorKind::FieldName, start),
        (None, _, _) => Ok((start + len, Fate::Keep)),
        (Some(_), None, Leniency::AcceptUnsafe) => Ok((start + len, Fate::Drop)),
    }
}

/// Where the line that holds part of a value ends (its first CR or LF), and where the next line starts. `Partial`
/// until the first byte of the next line is there, because it tells whether the value goes on.
fn value_line(input: &[u8], start: usize, leniency: Leniency) -> Result<(usize, usize), Stop> {
    let mut stop = start;
    loop {
        let rest = input.get(stop..).unwrap_or_default();
        stop += scan::find_line_stop(rest).ok_or(Stop::Partial)?;
        match (byte_at(input, stop)?, leniency) {
            (0, Leniency::Strict) => return bad(ErrorKind::FieldValue, stop),
            (0, Leniency::AcceptUnsafe) => stop += 1,
            _ => break,
        }
    }
    let next = line_end(input, stop)?;
    byte_at(input, next)?;
    Ok((stop, next))
}
