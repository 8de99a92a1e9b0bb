//! The smallest shared words: durations and sizes in HAProxy's notation, the clock, the calendar, ids and byte strings.
//!
//! Everything here is used by several crates above; nothing here knows what a proxy is.

pub mod bytes;
pub mod civil;
pub mod clock;
pub mod ids;
pub mod localtime;
pub mod units;

pub use bytes::Lossy;
pub use ids::{ProxyId, ServerId, VarId};
