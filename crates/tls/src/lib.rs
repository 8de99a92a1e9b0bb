//! TLS by rustls and aws-lc-rs, under the names that OpenSSL gave to everything (configuration manual, chapters 5.1,
//! 5.2 and 7.3.4).
//!
//! ```text
//! bind line --> ServerOptions + Entry list --> server::Context --\
//!                                                                 > Stream (a rustls connection over net::Conn) --> Facts
//! server line --> ClientOptions ----------> client::Context ----/
//! ```
//! Contexts are made once, while the configuration is checked, and hold everything that was read from files; a
//! connection shares its context and opens nothing.

pub mod client;
pub mod facts;
pub mod failure;
pub mod files;
mod handshake;
pub mod hello;
pub mod jwe;
pub mod jws;
pub mod load;
pub mod names;
pub mod ocsp;
pub mod options;
mod profile;
pub mod records;
mod restricted;
mod served;
pub mod server;
mod session;
pub mod slot;
pub mod store;
pub mod stream;
#[cfg(test)]
mod testing;
pub mod tickets;
pub mod transport;
pub mod verify;
pub mod version;
pub mod x509;

pub use names::{Choice, groups, sigalgs, suites};
pub use profile::Built;
pub use slot::Slot;
pub use stream::Stream;
pub use transport::Transport;
