//! Samples: values found in connections and messages, converted, tested, logged (configuration manual, chapter 7).
//!
//! An expression is a fetch followed by converters. It is compiled once, against the rows of [`fetches`] and
//! [`converters`], with its types and its place checked; it then runs against a [`Txn`] without looking anything
//! up by name. A fetch answers a value, "absent", or "not yet".

pub mod args;
pub mod compile;
pub mod conn_error;
pub mod converters;
pub mod expr;
pub mod fetches;
pub mod logformat;
mod message;
pub mod patterns;
pub mod problem;
pub mod proxy_tlvs;
pub mod reference;
pub mod rows;
mod session;
pub mod subject;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod txn;

pub use args::{Arg, Args};
pub use compile::{Compile, Names, Place, Problem};
pub use expr::Expr;
pub use rows::{Convert, Fetch, Fetched, Needs, Texts, Walk};
pub use state::value::{Type, Value};
pub use subject::Subject;
pub use txn::{Message, Session, Txn};
