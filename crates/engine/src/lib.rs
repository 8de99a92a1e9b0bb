//! The verbs: workers accept connections, sessions carry streams, streams find servers and forward.
//!
//! ```text
//! build: Config -> Shared (runtime objects, loggers, listeners)
//! worker: one thread each: listeners -> session -> stream -> connect/pool -> forward -> log
//! ```
//! A worker's objects never leave its thread; what workers share is in [`Shared`] and in the `state` crate.

pub mod added;
pub mod added_backend;
pub mod build;
pub mod capture;
pub mod check;
pub mod dynamic_cookie;
pub mod load;
pub mod log_forward;
pub mod renamed;
pub mod resolve;
pub mod service;
pub mod shared;
pub mod state_file;
pub mod streams;
pub mod trace;
pub mod worker;

mod accept;
mod acceptors;
mod balance;
mod client;
mod compress;
mod cookie;
mod failure;
mod forward;
mod forwarded;
mod global_log;
mod h1;
mod http_proxy;
mod identity;
mod log;
mod netscaler;
mod pacer;
mod pool;
mod proxy_header;
mod rdp_cookie;
mod relay;
mod reply;
mod route;
mod rules_run;
mod secure;
mod send_proxy;
mod server_conn;
mod session;
mod socks4;
mod stick;
mod stream;
mod strict_maxconn;
mod tcp;

pub use acceptors::{Listening, set_listening};
pub use build::{Bound, BuildError, Surroundings, build, build_from};
pub use global_log::log_globally;
pub use shared::Shared;
pub use worker::{Assigned, Mailbox, Message, WorkerHandle, spawn_worker};
