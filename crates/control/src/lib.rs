//! The runtime API: what operators and tools ask of a running process, and order it to do, over the sockets of `stats
//! socket` (management guide, chapter 9.3).
//!
//! ```text
//! socket --bytes--> Input: lines, `;`, payloads --> Session: words --> the row of the command --> Answer --> bytes
//! ```
//! Every command is one row in one file below `commands/`; look-up, `help` and the answer to unknown commands come from the
//! rows alone. A command runs at once and never waits for a peer: it reads or changes shared state and says what came of
//! it. All of this happens on the control thread, never on a worker; only the statistics page ([`page`]) and the figures for
//! Prometheus are made where they are asked for, part by part.

pub mod access;
pub mod anonymous;
pub mod command;
pub mod listen;
pub mod machine;
pub mod master;
pub mod page;
pub mod process;
mod promex;
pub mod reference;
pub mod serve;
pub mod session;
pub mod stat;

mod commands;
mod help;
pub mod info;
mod input;
mod names;
mod ocsp;
pub mod typed;

#[cfg(test)]
mod testing;

pub use access::{Access, Level, SeverityOutput};
pub use listen::{StatsListener, bind, bind_from};
pub use ocsp::update_answers;
pub use page::Statistics;
pub use process::{About, Process};
pub use serve::{Doors, serve, serve_one};
pub use session::Talk;
