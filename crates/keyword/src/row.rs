//! What every row has, whatever its kind.

use crate::built::Built;

/// The documentation of a row, in our own words; the manual's page of it is made from nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// One line, without a final stop: what it does.
    pub brief: &'static str,
    /// Paragraphs separated by empty lines; may be empty when `brief` says all.
    pub long: &'static str,
    /// Uses of it, run as tests where its kind allows that.
    pub examples: &'static [Example],
}

impl Doc {
    /// Documentation of one line.
    #[must_use]
    pub const fn brief(brief: &'static str) -> Self {
        Self { brief, long: "", examples: &[] }
    }
}

/// One example of a row's use. What the three mean depends on the kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What is written: a configuration line, an expression, a command.
    pub text: &'static str,
    /// What it is applied to, as for a converter; empty where nothing is.
    pub input: &'static str,
    /// What comes out; empty where the example only shows a use.
    pub output: &'static str,
}

impl Example {
    /// An example that only shows how it is written.
    #[must_use]
    pub const fn usage(text: &'static str) -> Self {
        Self { text, input: "", output: "" }
    }
}

/// What every row tells, whatever its kind.
#[derive(Clone, Copy, Debug)]
pub struct Told<'r> {
    /// The name that documentation and suggestions use.
    pub name: &'static str,
    /// Other spellings that mean exactly the same.
    pub aliases: &'static [&'static str],
    /// What it does.
    pub doc: &'r Doc,
    /// How far it is carried out.
    pub built: Built,
}

impl<'r> Told<'r> {
    /// Of what is carried out.
    #[must_use]
    pub const fn working(name: &'static str, aliases: &'static [&'static str], doc: &'r Doc) -> Told<'r> {
        Told { name, aliases, doc, built: Built::Working }
    }
}

/// A row of any kind. Names and aliases are unique within one [`Table`](crate::Table).
pub trait Row {
    /// What it tells as every row does.
    fn told(&self) -> Told<'_>;

    /// The name that documentation and suggestions use.
    fn name(&self) -> &'static str {
        self.told().name
    }

    /// Other spellings that mean exactly the same.
    fn aliases(&self) -> &'static [&'static str] {
        self.told().aliases
    }
}
