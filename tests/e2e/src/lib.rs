//! The harness of the end-to-end tests: the real binary between scripted clients and scripted servers.
//!
//! A test writes a configuration with `bind "fd@${name}"`, hands the text to [`Proxy`], talks to the proxy
//! through [`Peer`]s, and looks at what an [`Origin`] or a [`Syslog`] received. What always holds here: traffic
//! stays on loopback; ports are chosen by the kernel and handed over as listening sockets, so that nothing has to
//! be waited for before a connection can be made; every wait has a deadline; every process is stopped by its id.
//!
//! The binary is named by `LOCKGATE_BIN`, otherwise it is built from this workspace. A binary of HAProxy's works
//! as well, which shows where a test expects something that HAProxy does not do.

mod binary;
mod dns;
mod gate;
mod http;
mod load;
mod origin;
mod peer;
mod ports;
mod process;
mod program;
mod proxy;
mod relay;
mod snapshot;
mod syslog;

pub mod differential;
pub mod pki;
pub mod rate;

pub use binary::{is_reference, path as binary_path};
pub use dns::{Nameserver, Said};
pub use gate::Gate;
pub use http::{Request, Response};
pub use load::{Figures, Load, Outcome, Traffic};
pub use origin::{Answer, Origin};
pub use peer::{Ending, Peer};
pub use ports::{RefusedPort, listener, restartable_listener};
pub use process::{Finished, Guard, run};
pub use program::{Fetched, OpensslServer, curl, program, run_program, run_program_for, s_client};
pub use proxy::{Proxy, ProxyBuilder, ask};
pub use relay::{Fate, relay};
pub use snapshot::check_configs;
pub use syslog::{HttpLog, Syslog};

use std::time::Duration;

/// How long any single wait may last. Nothing takes this long unless it is broken.
pub const DEADLINE: Duration = Duration::from_secs(15);

/// `defaults` of most tests: HTTP, and times that only something broken reaches.
pub const HTTP: &str = "defaults
    mode http
    timeout client 20s
    timeout server 20s
    timeout connect 5s
";

/// The same for TCP.
pub const TCP: &str = "defaults
    mode tcp
    timeout client 20s
    timeout server 20s
    timeout connect 5s
";
