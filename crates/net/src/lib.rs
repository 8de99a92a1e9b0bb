//! Sockets on one tokio `current_thread` runtime per worker: listeners, connections, buffers, timers, splice.
//!
//! Holds everywhere here: descriptors are non-blocking and close-on-exec from their first moment; nothing is shared
//! between threads (wheel, buffers and pipes are thread-local); a system call is made only when it can tell
//! something new. The types wrap tokio's, so that the driver below them can change. This is the only crate of the
//! workspace where `unsafe` may stand; nearly all of it is in `sys`.

pub mod addr;
pub mod buffer;
pub mod conn;
pub mod connect;
pub mod listen;
pub mod listener;
pub mod options;
pub mod process;
pub mod splice;
mod sys;
pub mod timer;
mod wheel;

pub use addr::Endpoint;
pub use buffer::{Buf, Size, set_bufsize, take};
pub use conn::Conn;
pub use connect::{ConnectOptions, Connecting, start_connect};
pub use listen::{ListenOptions, listen};
pub use listener::{Accepted, Listener};
pub use options::{Keepalive, TcpInfo};
pub use splice::{Pipe, poll_splice_in, poll_splice_out};
pub use timer::{Timer, drive, sleep_until};
