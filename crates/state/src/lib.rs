//! What runs, without rules and without I/O: proxies, servers, counters, queues, balancing, stick tables,
//! patterns and maps, variables.
//!
//! Names were resolved when the configuration was checked: everything here is reached by id. Workers share these
//! objects; what changes is atomic, per worker, or behind a lock that is held for a few instructions.

pub mod balance;
pub mod bandwidth;
pub mod check;
pub mod counters;
pub mod grown;
pub mod label;
pub mod pattern;
pub mod proxy;
pub mod queue;
pub mod rates;
pub mod regexp;
pub mod runtime;
pub mod server;
pub mod servers;
pub mod settled;
pub mod ssl_counters;
pub mod table;
pub mod uptime;
pub mod userlist;
pub mod value;
pub mod var_limits;
pub mod vars;

pub use proxy::Proxy;
pub use runtime::Runtime;
pub use server::Server;
pub use servers::Servers;
pub use value::{Type, Value};
pub use var_limits::VarLimits;
pub use vars::{Scope, VarRef, Vars};
