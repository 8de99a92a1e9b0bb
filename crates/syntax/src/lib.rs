//! Configuration text to lines of words; knows no keyword.
//!
//! A [`Reader`] goes through one file (chapter 2 of the manual): it removes comments, quotes and escapes,
//! puts environment variables in, follows `.if` blocks and carries out `.notice` and its like. What it hands
//! out is a [`Line`] of [`Word`]s, each with the exact place it was read from. Nothing is lost: [`raw_tail`]
//! gives back the bytes that a line was made of.
//!
//! The reader is driven line by line because what a line does may change how the next is read: `setenv`
//! changes the [`Environment`], a section's name is what `$.SECTION` means. Every problem becomes a
//! diagnostic, and reading goes on with the next line.

mod condition;
mod environment;
mod facts;
mod lexer;
mod pieces;
mod reader;
mod version;
mod word;

pub use condition::{ConditionError, PREDICATES, evaluate};
pub use diag::codes;
pub use environment::Environment;
pub use facts::{Facts, NoFacts};
pub use lexer::{LexError, LexErrorKind};
pub use pieces::{Pieces, escaped, pieces, plain_word};
pub use reader::{DIRECTIVES, Reader};
pub use version::{OpensslVersion, Version};
pub use word::{Line, Quoting, Word, quoted, raw_tail};
