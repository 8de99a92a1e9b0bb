//! Log formats: text, variables and expressions rendered into a line (configuration manual, chapter 8.2.6).
//!
//! The same notation serves log lines, header values, redirects, variables and identifiers; what differs between
//! them is a [`Style`]. A format is cut into items once, when the configuration is read; rendering goes through the
//! items, writes into a buffer that its caller owns, and allocates nothing of its own for the classic variables.

mod about;
mod date;
mod direct;
mod encode;
mod flags;
pub mod formats;
mod parse;
mod plain;
mod render;
pub(crate) mod request_line;
pub mod timers;
mod variable;

#[cfg(test)]
mod tests;

use base::bytes::Short;

use crate::compile::{Compile, Problem};
use crate::expr::Expr;
use crate::rows::Needs;
use crate::txn::Txn;

use direct::{Hint, Name, Number};
use flags::Flags;
use plain::Around;
use variable::Variable;

pub use date::{push_local, push_local_millis};
pub use formats::{Client, HTTP, HTTP_CLF, HTTPS, STRUCTURED_DATA, TCP, TCP_CLF, default};
pub use variable::names as variable_names;

/// All variables with what they are.
pub(crate) fn documented_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    about::VARIABLES.iter().copied()
}

/// All flags with what they do.
pub(crate) fn flag_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    about::FLAGS.iter().copied()
}

/// Where a format's result goes, which decides about spaces, empty values and characters that may not appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A log line: runs of spaces become one, an empty value is shown as `-`.
    Log,
    /// A header's value, a redirect's target, a URI: control characters of expressions become `%XX`, never quoted.
    Header,
    /// An identifier (`unique-id-format`): as a header, and runs of spaces become one.
    UniqueId,
    /// A variable, a map's key, a body: the values as they are.
    Text,
}

impl Style {
    fn flags(self) -> Flags {
        match self {
            Style::Log => Flags::MANDATORY,
            Style::Header | Style::UniqueId => Flags::HTTP,
            Style::Text => Flags::NONE,
        }
    }

    fn merges_spaces(self) -> bool {
        matches!(self, Style::Log | Style::UniqueId)
    }
}

/// A compiled format.
#[derive(Debug)]
pub struct LogFormat {
    items: Vec<Item>,
    /// Flags common to the whole line: those of every `%{...}o` before the first item that is not text.
    flags: Flags,
    needs: Needs,
}

/// Text, and what follows it.
#[derive(Debug)]
struct Item {
    lead: Lead,
    what: What,
}

/// The text before a variable or an expression.
#[derive(Debug, Default)]
struct Lead {
    text: Box<[u8]>,
    /// The same, unless it is too long.
    short: Option<Short>,
    /// Whether it begins with a space that is left out behind another one.
    is_merging: bool,
    /// Whether it ends with such a space.
    ends_in_space: bool,
}

/// One variable part of a format.
#[derive(Debug)]
enum What {
    /// Nothing: the end of the line.
    Nothing,
    /// A number without flags.
    Number(Number, Hint),
    /// A name that nothing in it has to be escaped in.
    Name(Name, Around),
    /// A classic variable that is written as it is, but for what stands around it.
    Plain(Variable, Around),
    /// Any other classic variable.
    Variable(Variable, Box<Options>),
    /// A sample expression.
    Expr(Box<Expr>, Box<Options>),
}

/// What stands between `%` and the variable or expression.
#[derive(Debug, Default)]
struct Options {
    flags: Flags,
    /// `%(name)`: the key when the line is encoded.
    name: Option<Box<[u8]>>,
    /// `%(name:type)`: how the value is encoded.
    cast: Cast,
}

/// The type that an encoded value is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Cast {
    /// Its own.
    #[default]
    Same,
    Str,
    Int,
    Bool,
    /// Nothing is encoded or quoted.
    Raw,
}

impl Lead {
    fn new(text: &[u8]) -> Lead {
        Lead { text: text.into(), short: Short::of(text), is_merging: false, ends_in_space: false }
    }
}

impl LogFormat {
    /// Compiles `text`.
    ///
    /// # Errors
    /// An unknown variable, an expression that does not compile, a `%` that begins nothing.
    pub fn compile(text: &[u8], style: Style, compile: &mut Compile<'_>) -> Result<LogFormat, Problem> {
        parse::parse(text, style, compile)
    }

    /// A format without variables: `text` as it is, percent signs included.
    #[must_use]
    pub fn constant(text: &[u8]) -> LogFormat {
        let lead = Lead::new(text);
        let items = if text.is_empty() { Vec::new() } else { vec![Item { lead, what: What::Nothing }] };
        LogFormat { items, flags: Flags::NONE, needs: Needs::NOTHING }
    }

    /// Appends what it says of `txn` to `out`.
    pub fn render(&self, txn: &Txn, out: &mut Vec<u8>) {
        render::render(self, txn, out);
    }

    /// The text of a format in which nothing depends on a transaction.
    #[must_use]
    pub fn is_constant(&self) -> Option<&[u8]> {
        match self.items.as_slice() {
            [] => Some(b""),
            [Item { lead, what: What::Nothing }] => Some(&lead.text),
            _ => None,
        }
    }

    /// What must exist for all its parts to have a value. A log line that needs no [`Needs::END`] can be written early.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// Whether nothing at all is rendered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
