//! Configurations rewritten: [`format()`] indents and aligns, [`upgrade()`] puts modern words in the place of removed ones.
//!
//! Both work on the text line by line, on words in their raw form: what they do not mean to change stays byte for byte.

mod fmt;
mod layout;
mod upgrade;

pub use fmt::format;
pub use upgrade::{Change, Kind, Upgraded, upgrade};
