//! The sections of a configuration, each keyword of each in a file of its own.

pub mod bind;
pub mod global;
pub mod http_errors;
mod log_line;
mod other;
pub mod proxy;
pub mod ring;
pub mod server;
#[cfg(test)]
mod testing;
pub mod userlist;
mod value;

pub(crate) use other::check_other;
