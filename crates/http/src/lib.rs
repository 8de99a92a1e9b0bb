//! HTTP without sockets: messages, the HTTP/1 parser and encoder, URIs, cookies, dates.
//!
//! The types here are fed with bytes and hand out bytes. Nothing in this crate does I/O, reads a clock or knows a
//! configuration; what a peer sends ends in a message or in a small `Copy` error, never in a panic. A message that
//! is parsed again and again into the same [`message::Head`] allocates nothing once its buffers have grown.
//!
//! - [`message`]: the head of a message, the same for every version of HTTP;
//! - [`h1`]: HTTP/1 heads, framing and bodies (RFC 9112);
//! - [`compress`]: content codings: agreeing on one, and the coder;
//! - [`connection_header`], [`lists`], [`cookie`], [`uri`], [`date`], [`status`]: the parts of RFC 9110, 3986 and
//!   6265 that a proxy looks into.

pub mod compress;
pub mod connection_header;
pub mod cookie;
pub mod date;
pub mod h1;
pub mod lists;
pub mod message;
pub mod status;
pub mod uri;

pub use chars::is_token;
pub use message::{Head, Method};

mod chars;
mod scan;
