//! Which lines count: the nest of `.if` blocks.
//!
//! ```text
//!   .if true  ----> Taken --.elif/.else--> Over          Waiting --.elif true/.else--> Taken
//!   .if false ----> Waiting                              Over    --.elif/.else-------> Over
//!   .if in a block that is not taken, or with a bad condition ----> Over
//! ```

use crate::codes;
use crate::lexer::LinePlace;
use diag::{Diagnostic, Diagnostics, Span};

/// The blocks that are open, the innermost last.
#[derive(Default)]
pub(super) struct Blocks(Vec<Block>);

struct Block {
    branch: Branch,
    /// `.else` was read: only `.endif` may follow.
    has_else: bool,
    /// Its `.if`.
    opened: Span,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Branch {
    /// These lines count.
    Taken,
    /// No condition was true so far.
    Waiting,
    /// No line of it counts any more.
    Over,
}

/// A directive that has no business here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misplaced {
    OutsideOfBlocks,
    AfterElse,
}

impl Branch {
    fn chosen(answer: Option<bool>) -> Self {
        match answer {
            Some(true) => Self::Taken,
            Some(false) => Self::Waiting,
            None => Self::Over,
        }
    }
}

impl Blocks {
    /// Whether lines count here.
    pub(super) fn is_taken(&self) -> bool {
        self.0.last().is_none_or(|block| block.branch == Branch::Taken)
    }

    /// `.if`. The condition is asked only when its answer matters; `None` says that it has none.
    pub(super) fn open(&mut self, opened: Span, answer: impl FnOnce() -> Option<bool>) {
        let branch = if self.is_taken() { Branch::chosen(answer()) } else { Branch::Over };
        self.0.push(Block { branch, has_else: false, opened });
    }

    /// `.elif`.
    pub(super) fn alternative(&mut self, answer: impl FnOnce() -> Option<bool>) -> Result<(), Misplaced> {
        let block = self.innermost()?;
        block.branch = match block.branch {
            Branch::Waiting => Branch::chosen(answer()),
            Branch::Taken | Branch::Over => Branch::Over,
        };
        Ok(())
    }

    /// `.else`.
    pub(super) fn last_alternative(&mut self) -> Result<(), Misplaced> {
        let block = self.innermost()?;
        block.has_else = true;
        block.branch = match block.branch {
            Branch::Waiting => Branch::Taken,
            Branch::Taken | Branch::Over => Branch::Over,
        };
        Ok(())
    }

    /// `.endif`.
    pub(super) fn close(&mut self) -> Result<(), Misplaced> {
        self.0.pop().map(|_| ()).ok_or(Misplaced::OutsideOfBlocks)
    }

    /// Follows a line that cannot be read, so that one bad `.if` does not make its `.endif` an error too.
    pub(super) fn pass_over(&mut self, raw: &[u8], place: LinePlace) {
        let start = raw.len() - raw.trim_ascii_start().len();
        let directive = raw.trim_ascii_start().split(u8::is_ascii_whitespace).next().unwrap_or(raw);
        match directive {
            b".if" => self.open(place.span(&(start..start + directive.len())), || None),
            b".elif" => drop(self.alternative(|| None)),
            b".else" => drop(self.last_alternative()),
            b".endif" => drop(self.close()),
            _ => {}
        }
    }

    /// The end of the file: nothing may be open.
    pub(super) fn finish(&mut self, diags: &mut Diagnostics) {
        diags.extend(self.0.drain(..).map(|block| {
            Diagnostic::error("this `.if` has no `.endif`").at(block.opened).code(codes::BLOCK_OPEN)
        }));
    }

    fn innermost(&mut self) -> Result<&mut Block, Misplaced> {
        let block = self.0.last_mut().ok_or(Misplaced::OutsideOfBlocks)?;
        if block.has_else { Err(Misplaced::AfterElse) } else { Ok(block) }
    }
}
