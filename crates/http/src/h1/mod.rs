//! HTTP/1: heads, framing and bodies (RFC 9112), as strict as HAProxy 3.5 where requests could be smuggled.
//!
//! A message goes through three steps, none of which knows a socket:
//!
//! ```text
//! bytes -> Parser -> Head -> request_framing / response_framing -> Framing -> BodyDecoder -> payload
//! ```
//!
//! [`Parser`] judges characters and lines, [`request_framing`] and [`response_framing`] judge what the fields say
//! about the message (and tidy them for forwarding), [`BodyDecoder`] takes the body out of its framing. The result
//! of each is the same however the input was cut into pieces.

mod body;
mod chunk;
mod content_length;
mod error;
mod field_block;
mod field_line;
mod framing;
mod header_cases;
mod parser;
mod start_line;
mod target;
mod transfer_encoding;

pub use body::{BodyDecoder, BodyError, Decoded};
pub use chunk::{CHUNK_END, CHUNK_HEADER_BYTES_MAX, LAST_CHUNK, chunk_header, write_last_chunk};
pub use content_length::{ContentLengths, Verdict};
pub use error::{ErrorKind, ParseError};
pub use framing::{
    BodyLength, Connection, Framing, FramingPolicy, PayloadMethods, TransferEncodingClose, Upgrade,
    request_framing, response_framing,
};
pub use header_cases::{HeaderCaseError, HeaderCases};
pub use parser::{Leniency, Limits, Parser, Progress, Role};
