//! Log targets: syslog over UDP and UNIX datagrams, descriptors, rings; and the messages of others that are sent on.
//!
//! A [`Logger`] is one `log` line of the configuration. It takes a finished message, puts the header of its
//! [`Format`] in front, cuts the line to its length and hands it to its [`Target`]. What always holds: sending never
//! waits. A target that does not keep up loses lines, and every lost line is counted, per logger and for the process.

mod datagram;
mod descriptor;
mod framing;
mod header;
mod logger;
mod received;
mod ring;
mod sample;
mod syslog;
mod target;

pub use datagram::set_send_buffer_bytes;
pub use framing::{Frame, Framing, LogProto};
pub use header::{Header, Origin};
pub use logger::{LEN_DEFAULT, LEN_MAX, LEN_MIN, Logger, LoggerSpec, count_dropped, dropped_total};
pub use received::{HostPolicy, Received};
pub use ring::{Batch, Cursor, READERS_MAX, RING_BYTES_DEFAULT, Ring, RingSpec};
pub use sample::{Sample, SampleError};
pub use syslog::{Facility, Format, Level};
pub use target::{Distribute, Recipient, Target, TargetError};
