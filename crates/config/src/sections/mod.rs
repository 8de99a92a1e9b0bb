//! The sections of a configuration, each keyword of each in a file of its own.

pub mod bind;
mod crt_store;
pub mod global;
pub(crate) mod healthcheck;
pub mod http_errors;
pub mod log_forward;
mod log_line;
pub mod log_profile;
mod other;
pub(crate) mod peers;
pub mod proxy;
pub(crate) mod resolvers;
pub mod ring;
pub mod server;
#[cfg(test)]
pub(crate) mod testing;
pub mod userlist;
mod value;
pub(crate) mod words;

pub(crate) use other::check_other;

/// Stands for the proxies that only carry the settings of `ring` and `log-forward` sections: it is nobody's place.
const NO_PROXY: base::ProxyId = base::ProxyId(u32::MAX);
