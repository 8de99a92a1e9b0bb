//! The tree of a configuration checked into plain data.
//!
//! [`load`] reads files into lines, splits them into sections, collects all names, and then gives every line to the row
//! of its keyword. A `defaults` section is kept as its lines and replayed into each proxy that inherits it, so that a
//! keyword means the same wherever it stands. All problems are found in one run.

pub mod address;
pub mod context;
pub mod dynamic;
pub mod dynamic_backend;
mod lint;
pub mod load;
pub mod model;
pub mod names;
mod reader;
pub mod reference;
pub mod row;
pub mod sections;
mod tls_files;

pub use context::Context;
pub use lint::Lints;
pub use load::{Loaded, load};
pub use model::{Config, Global, ProxyConfig};
pub use sections::bind::certificate_words;
pub use sections::global::vars::{Form, evaluate};
