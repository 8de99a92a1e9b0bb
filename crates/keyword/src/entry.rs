//! What lists, the reference and tools are told of a row, whatever its kind.

use crate::built::Built;
use crate::row::{Example, Row, Told};

/// One row among all.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The kind of row: `fetch`, `global`, `bind`, ... The pages of the reference are made by it.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// Other spellings that mean exactly the same.
    pub aliases: Vec<String>,
    /// Where it may stand; empty where its kind says it.
    pub place: String,
    /// Its arguments; empty if it has none, or they are told by its documentation.
    pub arguments: String,
    /// What comes out, for fetches and converters.
    pub result: String,
    /// How far it is carried out.
    pub built: Built,
    /// For words that HAProxy removed: what is written today.
    pub modern: Option<&'static str>,
    /// One line about what it does.
    pub brief: &'static str,
    /// More about it; may be empty.
    pub long: &'static str,
    /// Uses of it.
    pub examples: &'static [Example],
}

impl Entry {
    /// The entry of `row`, as far as every row tells it.
    #[must_use]
    pub fn of(kind: &'static str, row: &(impl Row + ?Sized)) -> Self {
        let Told { name, aliases, doc, built } = row.told();
        Self {
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            built,
            long: doc.long,
            examples: doc.examples,
            ..Self::new(kind, name, doc.brief)
        }
    }

    /// An entry of what has no row type of its own, as a value of an argument.
    #[must_use]
    pub fn new(kind: &'static str, name: impl Into<String>, brief: &'static str) -> Self {
        Self {
            kind,
            name: name.into(),
            aliases: Vec::new(),
            place: String::new(),
            arguments: String::new(),
            result: String::new(),
            built: Built::Working,
            modern: None,
            brief,
            long: "",
            examples: &[],
        }
    }

    /// The same in a place.
    #[must_use]
    pub fn place(self, place: impl Into<String>) -> Self {
        Self { place: place.into(), ..self }
    }

    /// The same with arguments.
    #[must_use]
    pub fn arguments(self, arguments: impl Into<String>) -> Self {
        Self { arguments: arguments.into(), ..self }
    }

    /// The same, carried out as far as `built` says.
    #[must_use]
    pub fn built(self, built: Built) -> Self {
        Self { built, ..self }
    }
}
