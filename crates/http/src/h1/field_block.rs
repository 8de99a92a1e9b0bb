//! The fields of a head or the trailers of a body: field lines up to an empty line (RFC 9112 section 5).

use super::error::{ErrorKind, Stop, bad, byte_at, line_end};
use super::field_line::{Fate, Folding, field_line, usual_line};
use super::{Leniency, Limits};
use crate::message::{Fields, Form};

/// How much of a block has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldBlock {
    /// Where the next line starts, relative to the start of the message (or of the trailers).
    pub(super) next: usize,
    folding: Folding,
}

impl FieldBlock {
    /// A block whose first line starts at `next`.
    #[inline]
    pub(super) fn at(next: usize) -> FieldBlock {
        FieldBlock { next, folding: Folding::None }
    }

    /// Goes on; answers where the block ends, its empty line included.
    ///
    /// `fields` gets the complete lines, also when more is needed. Its text is a copy of `message` up to there, at
    /// the same offsets.
    #[inline]
    pub(super) fn advance(
        &mut self,
        message: &[u8],
        leniency: Leniency,
        limits: Limits,
        fields: &mut Fields,
    ) -> Result<usize, Stop> {
        let end = self.read_lines(message, leniency, limits, fields);
        fields.copy_up_to(message, self.next);
        if self.folding == Folding::Folded {
            unfold(fields);
        }
        end
    }

    #[inline]
    fn read_lines(
        &mut self,
        message: &[u8],
        leniency: Leniency,
        limits: Limits,
        fields: &mut Fields,
    ) -> Result<usize, Stop> {
        loop {
            if matches!(byte_at(message, self.next)?, b'\r' | b'\n') {
                return line_end(message, self.next);
            }
            if let Some(line) = usual_line(message, self.next).filter(|_| fields.len() < limits.fields_max) {
                fields.list_parsed(line.name, line.value, line.known, Form::Wire);
                self.next = line.next;
                continue;
            }
            self.read_any_line(message, leniency, limits, fields)?;
        }
    }

    fn read_any_line(
        &mut self,
        message: &[u8],
        leniency: Leniency,
        limits: Limits,
        fields: &mut Fields,
    ) -> Result<(), Stop> {
        let line = field_line(message, self.next, leniency)?;
        if line.fate == Fate::Keep {
            if fields.len() >= limits.fields_max {
                return bad(ErrorKind::TooManyFields, self.next);
            }
            fields.list_parsed(line.name, line.value, line.known, line.form);
        }
        if line.folding == Folding::Folded {
            self.folding = Folding::Folded;
        }
        self.next = line.next;
        Ok(())
    }
}

/// Rare enough to go over all fields.
#[cold]
fn unfold(fields: &mut Fields) {
    for i in 0..fields.len() {
        fields.unfold_value_at(i);
    }
}
