//! What a keyword row is: name, place, documentation; look-up and suggestions.
//!
//! Every keyword, fetch, converter, action and command is one `static` row of a type that its own crate
//! defines; here is only what all rows share ([`Row`], [`Doc`], [`Sections`]) and the [`Table`] that finds
//! one by name. From the rows alone come the parser's look-up, its "did you mean", `help`, and the reference
//! manual.

pub mod built;
mod entry;
mod row;
mod sections;
mod table;
mod unbuilt;

pub use built::Built;
pub use entry::Entry;
pub use row::{Doc, Example, Row, Told};
pub use sections::Sections;
pub use table::Table;
pub use unbuilt::Unbuilt;
