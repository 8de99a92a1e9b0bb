//! The head of a message: start line and fields, the same for every version of HTTP (RFC 9110 sections 3 to 6).
//!
//! All text of a head lies in one buffer, copied once from where it was read; edits are appended to it, and what
//! they replace is left behind until the head is cleared. Places in the text are [`Slice`]s, not references, so a
//! head moves freely and is reused without allocating.

mod fields;
mod head;
mod known;
mod method;
mod name;
mod target_edit;
mod version;

pub(crate) use fields::Form;
pub use fields::{Fields, Iter, Slice};
pub use head::Head;
pub(crate) use head::{RequestLine, StatusLine};
pub use known::Known;
pub use method::Method;
pub use name::{FieldName, Name};
pub use version::Version;
