//! What converters of text share: cutting it without copying what is still borrowed, and a kind of row.

use std::borrow::Cow;
use std::ops::Range;

use keyword::{Doc, Example};
use state::value::Type;

use crate::rows::{Convert, ConvertFn};

/// A row of `eth.*`, `ip.*` and `tcp.*`, which take bytes of a network's packet and no arguments.
pub(super) const fn header_part(
    name: &'static str,
    out: Type,
    run: ConvertFn,
    brief: &'static str,
    examples: &'static [Example],
) -> Convert {
    let doc = Doc { brief, long: "", examples };
    Convert { name, aliases: &[], params: &[], input: Type::Bin, out, check: None, run, doc }
}

/// The bytes of `range`, which must lie within `text`.
pub(super) fn cut(text: Cow<'_, [u8]>, range: Range<usize>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[range]),
        Cow::Owned(mut bytes) => {
            bytes.truncate(range.end);
            bytes.drain(..range.start);
            Cow::Owned(bytes)
        }
    }
}
