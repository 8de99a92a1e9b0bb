//! Compression of bodies as a content coding (RFC 9110 section 8.4; configuration manual, `compression` in chapter 4.2
//! and chapter 9.2): which coding the two sides agree on, which heads rule it out, what a head says of it, and the coder.
//!
//! - [`choose`]: one of the configured algorithms, as `Accept-Encoding` asks;
//! - [`suits_request`], [`suits_response`]: what a head says against compression;
//! - [`announce`]: the edits of a head whose body will be compressed;
//! - [`Coder`]: bytes in, coded bytes out.

mod accept;
mod coder;
mod head;

pub use accept::{Consent, choose};
pub use coder::{Coder, LEVEL_MAX, More, WINDOW_BITS, coder_bytes};
pub use head::{announce, is_type, suits_request, suits_response};

/// How a body is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Not at all; the rest is done as if it were.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 1950, which is what RFC 9110 calls `deflate`.
    Deflate,
    /// RFC 1951 without the wrapper, which some clients call `deflate`.
    RawDeflate,
}

impl Algorithm {
    /// All of them, in the order in which they are listed to people.
    pub const ALL: [Algorithm; 4] =
        [Algorithm::Identity, Algorithm::Gzip, Algorithm::Deflate, Algorithm::RawDeflate];

    /// Its name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Identity => "identity",
            Algorithm::Gzip => "gzip",
            Algorithm::Deflate => "deflate",
            Algorithm::RawDeflate => "raw-deflate",
        }
    }

    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Algorithm::Identity => "identity",
            Algorithm::Gzip => "gzip",
            Algorithm::Deflate | Algorithm::RawDeflate => "deflate",
        }
    }

    /// The one that configurations call `name`.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name().as_bytes() == name)
    }
}
