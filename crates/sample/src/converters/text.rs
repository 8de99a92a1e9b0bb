//! Cutting text without copying what is still borrowed.

use std::borrow::Cow;
use std::ops::Range;

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
