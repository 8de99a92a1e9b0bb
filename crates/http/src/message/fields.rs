//! The fields of a message: one text and a list of places in it (RFC 9110 section 5).
//!
//! Names keep their sender's case and compare without it; order is kept, and repeated names stay apart. A field
//! that lies in the text exactly as it will be written (`Name: value` CR LF) is marked so, which lets neighbours be
//! written in one copy. Edits always append in that form. A message stays far below 4 GiB, so places are 32 bits.

use std::ops::Range;

use super::{Known, Name};
use crate::scan;

/// A place in the text of a message. It means nothing without the [`Fields`] that handed it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    off: u32,
    len: u32,
}

impl Slice {
    /// `start..end` of a text; both below 4 GiB, `start` not above `end`.
    #[inline]
    pub(crate) fn new(start: usize, end: usize) -> Slice {
        Slice { off: narrow(start), len: narrow(end.saturating_sub(start)) }
    }

    /// As [`Slice::new`], for offsets that the caller knows to be below 4 GiB.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the parser looks at less than 4 GiB")]
    pub(crate) fn within(start: usize, end: usize) -> Slice {
        Slice { off: start as u32, len: (end - start) as u32 }
    }

    /// The place as one number, below `u64::MAX - 1`: a text is shorter than its offset can be.
    #[inline]
    pub(super) fn to_bits(self) -> u64 {
        u64::from(self.off) << 32 | u64::from(self.len)
    }

    /// As [`Slice::to_bits`] made it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "each half is meant alone")]
    pub(super) fn from_bits(bits: u64) -> Slice {
        Slice { off: (bits >> 32) as u32, len: bits as u32 }
    }

    #[inline]
    pub(crate) fn start(self) -> usize {
        self.off as usize
    }

    #[inline]
    pub(crate) fn end(self) -> usize {
        self.off as usize + self.len as usize
    }

    #[inline]
    fn len(self) -> usize {
        self.len as usize
    }

    #[inline]
    fn range(self) -> Range<usize> {
        self.start()..self.end()
    }
}

/// Lengths are bounded by the parser's limits; a text that rules blew up beyond 4 GiB ends here.
#[inline]
fn narrow(at: usize) -> u32 {
    u32::try_from(at).expect("the text of a message stays below 4 GiB")
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: Slice,
    pub(super) value: Slice,
    known: Known,
    form: Form,
}

/// How a field lies in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `Name: value` CR LF, byte for byte as it is written.
    Wire,
    /// Name and value only; the rest is supplied when it is written.
    Loose,
}

/// The fields of a message, in their order.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    text: Vec<u8>,
    list: Vec<Field>,
    /// A superset of the known names present; bits are not taken back by removals.
    seen: u64,
}

/// Iterates over names and values.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    text: &'a [u8],
    list: std::slice::Iter<'a, Field>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let field = self.list.next()?;
        Some((at(self.text, field.name), at(self.text, field.value)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.list.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let field = self.list.next_back()?;
        Some((at(self.text, field.name), at(self.text, field.value)))
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = (&'a [u8], &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

#[inline]
fn at(text: &[u8], slice: Slice) -> &[u8] {
    text.get(slice.range()).unwrap_or_default()
}

/// Reading.
impl Fields {
    /// No field and no text.
    pub fn new() -> Fields {
        Fields::default()
    }

    /// How many fields there are; a name that is repeated counts each time.
    #[inline]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no field.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Names and values, in order.
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        Iter { text: &self.text, list: self.list.iter() }
    }

    /// The name of field `i` as it was sent; empty when there is no such field.
    #[inline]
    pub fn name(&self, i: usize) -> &[u8] {
        self.list.get(i).map_or(&[], |field| self.slice(field.name))
    }

    /// The value of field `i`, without blanks around it; empty when there is no such field.
    #[inline]
    pub fn value(&self, i: usize) -> &[u8] {
        self.list.get(i).map_or(&[], |field| self.slice(field.value))
    }

    /// Field `i` as the line that is written, `Name: value` without the line end; empty when there is no such field.
    /// `scratch` is overwritten where the text does not hold the line in one piece.
    pub fn line<'a>(&'a self, i: usize, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let Some(field) = self.list.get(i) else { return &[] };
        if field.form == Form::Wire {
            return self.text.get(field.name.start()..field.value.end()).unwrap_or_default();
        }
        scratch.clear();
        scratch.extend_from_slice(self.slice(field.name));
        scratch.extend_from_slice(b": ");
        scratch.extend_from_slice(self.slice(field.value));
        scratch
    }

    /// Which known name field `i` has.
    #[inline]
    pub fn known(&self, i: usize) -> Known {
        self.list.get(i).map_or(Known::Other, |field| field.known)
    }

    /// The value of the first field called `name`, in any case.
    pub fn get<'n>(&self, name: impl Into<Name<'n>>) -> Option<&[u8]> {
        self.position(name, 0).map(|i| self.value(i))
    }

    /// The value of the first field with this known name.
    #[inline]
    pub fn get_known(&self, known: Known) -> Option<&[u8]> {
        self.position_known(known, 0).map(|i| self.value(i))
    }

    /// The values of all fields called `name`, in order.
    #[inline]
    pub fn all<'a>(&'a self, name: impl Into<Name<'a>>) -> impl Iterator<Item = &'a [u8]> + 'a {
        let name = name.into();
        // Nothing to go through where a known name was never seen.
        let list =
            if name.known() == Known::Other || self.may_have(name.known()) { &self.list[..] } else { &[] };
        let is_meant = move |field: &&Field| self.is_called(field, name);
        list.iter().filter(is_meant).map(|field| self.slice(field.value))
    }

    #[inline]
    fn is_called(&self, field: &Field, name: Name<'_>) -> bool {
        field.known == name.known()
            && (name.known() != Known::Other
                || field.name.len() == name.text().len()
                    && self.slice(field.name).eq_ignore_ascii_case(name.text()))
    }

    /// The index of the first field called `name`, at `from` or after it.
    #[inline]
    pub fn position<'n>(&self, name: impl Into<Name<'n>>, from: usize) -> Option<usize> {
        let name = name.into();
        if name.known() != Known::Other {
            return self.position_known(name.known(), from);
        }
        let rest = self.list.get(from..)?;
        rest.iter().position(|field| self.is_called(field, name)).map(|i| from + i)
    }

    /// The index of the first field with this known name, at `from` or after it.
    #[inline]
    pub fn position_known(&self, known: Known, from: usize) -> Option<usize> {
        if !self.may_have(known) {
            return None;
        }
        let rest = self.list.get(from..)?;
        rest.iter().position(|field| field.known == known).map(|i| from + i)
    }

    /// False only when no field with this known name is there; costs one instruction.
    #[inline]
    pub fn may_have(&self, known: Known) -> bool {
        self.seen & known.bit() != 0
    }

    /// False only when none of the names in `bits` is there.
    #[inline]
    pub(crate) fn may_have_any(&self, bits: u64) -> bool {
        self.seen & bits != 0
    }

    #[inline]
    pub(crate) fn slice(&self, slice: Slice) -> &[u8] {
        at(&self.text, slice)
    }

    /// Where the value of field `i` lies.
    #[inline]
    pub(crate) fn value_slice(&self, i: usize) -> Slice {
        self.list.get(i).map_or(Slice::default(), |field| field.value)
    }

    /// Bytes of text held, replaced ones included; what a pool looks at before it keeps a head.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }
}

/// Editing.
impl Fields {
    /// Adds a field behind the others. CR, LF and NUL in `value` become spaces, so that no value ends its line.
    #[inline]
    pub fn push<'n>(&mut self, name: impl Into<Name<'n>>, value: &[u8]) {
        let name = name.into();
        let known = name.known();
        let (name, value) = self.append_wire(name.text(), value);
        self.list.push(Field { name, value, known, form: Form::Wire });
        self.seen |= known.bit();
    }

    /// Removes all fields called `name` and adds one behind the others.
    #[inline]
    pub fn set<'n>(&mut self, name: impl Into<Name<'n>>, value: &[u8]) {
        let name = name.into();
        self.remove(name);
        self.push(name, value);
    }

    /// Removes all fields called `name`; answers how many there were.
    #[inline]
    pub fn remove<'n>(&mut self, name: impl Into<Name<'n>>) -> usize {
        let name = name.into();
        if name.known() != Known::Other {
            return self.remove_known(name.known());
        }
        // Most rules set what no client sent.
        if self.position(name, 0).is_none() {
            return 0;
        }
        self.retain(|other, _| !other.eq_ignore_ascii_case(name.text()))
    }

    /// Removes all fields with this known name; answers how many there were.
    pub fn remove_known(&mut self, known: Known) -> usize {
        if !self.may_have(known) {
            return 0;
        }
        let before = self.list.len();
        self.list.retain(|field| field.known != known);
        before - self.list.len()
    }

    /// Removes field `i`, if it is there; those behind it move up.
    pub fn remove_at(&mut self, i: usize) {
        if i < self.list.len() {
            self.list.remove(i);
        }
    }

    /// Keeps the fields whose name and value `keep` accepts; answers how many were removed.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8], &[u8]) -> bool) -> usize {
        let before = self.list.len();
        let text = &self.text;
        self.list.retain(|field| keep(at(text, field.name), at(text, field.value)));
        before - self.list.len()
    }

    /// Gives field `i` another value, if it is there; see [`Fields::push`] for what a value may hold.
    pub fn replace_value_at(&mut self, i: usize, value: &[u8]) {
        let Some(&field) = self.list.get(i) else { return };
        let name = self.append_copy(field.name);
        let value = self.append_value(value);
        self.put(i, Field { name, value, form: Form::Wire, ..field });
    }

    /// Gives field `i` another name, if it is there.
    pub fn replace_name_at(&mut self, i: usize, name: &[u8]) {
        let Some(&field) = self.list.get(i) else { return };
        let known = Known::of(name);
        let name = self.append(name);
        self.text.extend_from_slice(b": ");
        let value = self.append_copy(field.value);
        self.text.extend_from_slice(b"\r\n");
        self.seen |= known.bit();
        self.put(i, Field { name, value, known, form: Form::Wire });
    }

    /// Narrows the value of field `i` to the part `part` of it, without copying.
    pub(crate) fn narrow_value_at(&mut self, i: usize, part: Range<usize>) {
        let Some(field) = self.list.get_mut(i) else { return };
        let start = field.value.start() + part.start;
        let narrowed = Slice::new(start, (field.value.start() + part.end).min(field.value.end()));
        if narrowed != field.value {
            field.value = narrowed;
            field.form = Form::Loose;
        }
    }

    /// Removes all fields and leaves the text, in which a start line may lie.
    pub fn remove_all(&mut self) {
        self.list.clear();
        self.seen = 0;
    }

    /// Removes all fields and all text, and keeps the memory for the next message.
    pub fn clear(&mut self) {
        self.remove_all();
        self.text.clear();
    }

    fn put(&mut self, i: usize, field: Field) {
        if let Some(place) = self.list.get_mut(i) {
            *place = field;
        }
    }

    fn append_wire(&mut self, name: &[u8], value: &[u8]) -> (Slice, Slice) {
        self.text.reserve(name.len() + value.len() + 4);
        let name = self.append(name);
        (name, self.append_value(value))
    }

    /// Appends `": " value CR LF` behind a name; answers where the value lies.
    fn append_value(&mut self, value: &[u8]) -> Slice {
        self.text.extend_from_slice(b": ");
        let placed = self.append(value);
        if scan::find_line_stop(value).is_some() {
            blank_out(self.text.get_mut(placed.range()).unwrap_or_default());
        }
        self.text.extend_from_slice(b"\r\n");
        placed
    }

    fn append_copy(&mut self, slice: Slice) -> Slice {
        let start = self.text.len();
        if slice.end() <= start {
            self.text.extend_from_within(slice.range());
        }
        Slice::new(start, self.text.len())
    }

    /// Appends `text` to the text of the message; answers where it lies.
    pub(crate) fn append(&mut self, text: &[u8]) -> Slice {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        Slice::new(start, self.text.len())
    }
}

/// What the parser does.
impl Fields {
    /// Lists a field whose text is to be appended at the same offsets as in the parser's input.
    #[inline]
    pub(crate) fn list_parsed(&mut self, name: Slice, value: Slice, known: Known, form: Form) {
        self.list.push(Field { name, value, known, form });
        self.seen |= known.bit();
    }

    /// Appends what `input` holds beyond the text so far, up to `end`.
    #[inline]
    pub(crate) fn copy_up_to(&mut self, input: &[u8], end: usize) {
        if let Some(more) = input.get(self.text.len()..end) {
            self.text.extend_from_slice(more);
        }
    }

    /// Turns the line ends in the value of field `i` into spaces (RFC 9112 section 5.2).
    pub(crate) fn unfold_value_at(&mut self, i: usize) {
        let range = self.value_slice(i).range();
        blank_out_line_ends(self.text.get_mut(range).unwrap_or_default());
    }
}

fn blank_out(value: &mut [u8]) {
    for byte in value.iter_mut().filter(|byte| matches!(**byte, b'\r' | b'\n' | 0)) {
        *byte = b' ';
    }
}

fn blank_out_line_ends(value: &mut [u8]) {
    for byte in value.iter_mut().filter(|byte| matches!(**byte, b'\r' | b'\n')) {
        *byte = b' ';
    }
}

/// Writing.
impl Fields {
    /// Appends all fields to `out` as HTTP/1 lines, without the empty line that ends a head.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        self.write_after(Slice::default(), out);
    }

    /// Appends the text at `before`, which lies as it is written, and all fields behind it.
    #[inline]
    pub(crate) fn write_after(&self, before: Slice, out: &mut Vec<u8>) {
        out.reserve(self.text.len() + 2);
        let mut run = before.range();
        for field in &self.list {
            if field.form == Form::Wire {
                if field.name.start() != run.end {
                    self.flush(&run, out);
                    run.start = field.name.start();
                }
                run.end = field.value.end() + 2;
            } else {
                self.flush(&run, out);
                run = 0..0;
                out.extend_from_slice(self.slice(field.name));
                out.extend_from_slice(b": ");
                out.extend_from_slice(self.slice(field.value));
                out.extend_from_slice(b"\r\n");
            }
        }
        self.flush(&run, out);
    }

    #[inline]
    fn flush(&self, run: &Range<usize>, out: &mut Vec<u8>) {
        if run.end > run.start {
            out.extend_from_slice(self.text.get(run.clone()).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests;
