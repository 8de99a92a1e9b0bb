//! Workers and their sockets: listeners, connections, buffers, timers, splice.
//!
//! Holds everywhere here: descriptors are non-blocking and close-on-exec from their first moment; nothing is shared
//! between threads (wheel, buffers and pipes are thread-local); a system call is made only when it can tell
//! something new. Each worker is one thread with its own epoll instance and its own tasks (`worker`). This is the only
//! crate of the workspace where `unsafe` may stand; nearly all of it is in `sys`.

pub mod addr;
pub mod buffer;
pub mod conn;
pub mod connect;
pub mod fdpass;
pub mod handover;
pub mod listen;
pub mod listener;
pub mod namespace;
pub mod options;
pub mod polled;
pub mod ports;
pub mod process;
mod reactor;
mod slab;
pub mod splice;
mod sys;
pub mod timer;
mod wheel;
pub mod worker;

pub use addr::Endpoint;
pub use buffer::{Buf, Size, set_bufsize, take};
pub use conn::Conn;
pub use connect::{
    ConnectOptions, Connecting, Particulars, Stage, StartError, start_connect, start_connect_as,
};
pub use listen::{ListenOptions, Refused, listen, listen_noting};
pub use listener::{Accepted, Listener};
pub use namespace::Namespace;
pub use options::{Keepalive, TcpInfo};
pub use polled::Polled;
pub use ports::{PortLease, PortRange};
pub use splice::{Pipe, poll_splice_in, poll_splice_out};
pub use timer::{Timer, sleep_until};
pub use worker::{Task, spawn, yield_now};
