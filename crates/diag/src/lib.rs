//! Diagnostics: places in files, codes, and three ways to print them.
//!
//! Whoever reads a file puts its bytes into [`Sources`], pushes what is wrong into [`Diagnostics`], and goes
//! on; [`render`] writes everything at the end. A diagnostic never carries text of the file itself, only its
//! place. Words that a message speaks about stand between backticks; the renderers turn them into what their
//! readers expect.

pub mod codes;
mod diagnostic;
mod nearest;
mod place;
mod render;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use nearest::nearest;
pub use place::{FileId, Sources, Span};
pub use render::{Format, render};
