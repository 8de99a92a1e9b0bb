//! What would become of a request: the phases of a stream without sockets, with every step told.
//!
//! Nothing here decides anything. The rules, the choice of backend and server, the edits of heads, the answers and the log
//! line come from the functions that serve requests, run in the same order with an [`rules::Observer`] that listens. What
//! only a peer can say is asked for ([`Question`]) or assumed, and the assumption is told in [`Trace::notes`]: clocks stand
//! still, bodies arrive whole, servers are as the configuration starts them, stick tables are empty.

mod entry;
mod exchange;
mod hello;
mod http;
mod recorder;
mod snapshot;
mod tcp;

use std::net::SocketAddr;
use std::sync::Arc;

use config::Config;
use config::model::{InitAddr, ServerAddress};
use rules::{Place, Tri};

use crate::build::{self, Surroundings};

/// How the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP in clear.
    Http,
    /// HTTP under TLS.
    Https,
    /// Bytes.
    Tcp,
    /// Bytes under TLS.
    Tls,
}

impl Scheme {
    /// Whether the client speaks TLS.
    #[must_use]
    pub fn is_tls(self) -> bool {
        matches!(self, Scheme::Https | Scheme::Tls)
    }
}

/// A request to trace.
#[derive(Debug, Clone)]
pub struct Question {
    /// How the client speaks.
    pub scheme: Scheme,
    /// The host that the client wants, for its TLS server name.
    pub host: Option<Box<str>>,
    /// The port that the client connects to.
    pub port: u16,
    /// What the client sends: a head and a body, or the bytes of a connection.
    pub request: Vec<u8>,
    /// The client's address.
    pub src: SocketAddr,
    /// The address that the client connects to; `None`: that of the `bind` line.
    pub dst: Option<SocketAddr>,
    /// The frontend to take; `None`: the one whose `bind` line fits.
    pub frontend: Option<Box<str>>,
    /// The `bind` line to take, by its name or address.
    pub bind: Option<Box<str>>,
    /// What the server answers; empty: nothing in TCP mode, an empty `200 OK` in HTTP mode.
    pub response: Vec<u8>,
    /// Servers that are down: `NAME` or `BACKEND/NAME`.
    pub down: Vec<Box<str>>,
}

/// A name, and where it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: Box<str>,
    /// The line that defines it; `None`: none does.
    pub place: Option<Place>,
}

/// Where the request came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The frontend.
    pub frontend: Named,
    /// The `bind` line: its address, `ssl` and its name.
    pub bind: Option<Named>,
    /// Whether the client's TLS ends here.
    pub is_tls: bool,
}

/// The server that gets the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The server; `<NOSRV>` for that of `dispatch` and `option transparent`.
    pub server: Named,
    /// Its address, or its name and port where only a resolver knows the address.
    pub address: Box<str>,
    /// Whether TLS is spoken to it.
    pub is_tls: bool,
    /// The server name that it is told under TLS.
    pub sni: Option<Box<str>>,
}

/// A value that a condition looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The line of the ACL.
    pub place: Place,
    /// The expression as it is evaluated: `path` for `path_beg`.
    pub expression: Box<str>,
    /// Its value; `None`: it has none.
    pub value: Option<Text>,
    /// The matching method; `None`: HTTP methods, or groups of a user list.
    pub method: Option<&'static str>,
    /// How many patterns it was compared with; `None`: it needs none.
    pub patterns: Option<usize>,
    /// The pattern that matched.
    pub matched: Option<Text>,
    /// File and line of that pattern, where it comes from a file.
    pub matched_in: Option<(Box<str>, u32)>,
    /// What it came to.
    pub result: Tri,
}

/// One term of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The ACL's name; empty for an anonymous one.
    pub acl: Box<str>,
    /// Whether `!` stands before it.
    pub is_negated: bool,
    /// What it was found out from.
    pub looks: Vec<Looked>,
    /// What it came to, the negation taken into account.
    pub result: Tri,
}

/// A value as text, and whether quotes belong around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// Numbers, addresses, booleans.
    Bare(String),
    /// Text.
    Quoted(String),
    /// Bytes, in hexadecimal.
    Hex(String),
}

/// Something that a step changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The start line of the request or the response.
    StartLine {
        /// Which message.
        message: Message,
        /// Before.
        old: String,
        /// Now.
        new: String,
    },
    /// A header, all its fields together.
    Header {
        /// Which message.
        message: Message,
        /// As the first of its fields spells it.
        name: String,
        /// Before; empty: there was none.
        old: Vec<String>,
        /// Now; empty: there is none.
        new: Vec<String>,
    },
    /// Anything else that has a name and a value: variables, captures, addresses, timeouts.
    Value {
        /// What it is: `variable`, `capture`, ...
        kind: &'static str,
        /// Its name.
        name: String,
        /// Before.
        old: Option<String>,
        /// Now.
        new: Option<String>,
    },
}

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// To the server.
    Request,
    /// To the client.
    Response,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it belongs to: `http-request`, `use_backend`, `cookie`, `option forwardfor`, ...
    pub phase: &'static str,
    /// The proxy that it is configured in.
    pub proxy: Box<str>,
    /// The line of the rule; `None`: no rule, but what the proxy does on its own.
    pub place: Option<Place>,
    /// The terms of its condition that were evaluated, in order.
    pub tests: Vec<Tested>,
    /// What its condition came to; `None`: it has none.
    pub holds: Option<Tri>,
    /// What it changed.
    pub effects: Vec<Effect>,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The server's response went to the client.
    Served,
    /// The proxy answered itself.
    Answered,
    /// The connection was closed without an answer.
    Closed,
}

/// The log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The level: `info`, ...
    pub level: &'static str,
    /// What stands behind the header that each log target adds.
    pub message: String,
    /// Whether the frontend has a `log` line at all.
    pub is_written: bool,
}

/// What became of a request.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Where it came in.
    pub entry: Entry,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// The backend, once chosen.
    pub backend: Option<Named>,
    /// The server, once chosen.
    pub target: Option<Target>,
    /// What is sent to the server before anything of the request: a PROXY protocol header.
    pub preamble: Vec<u8>,
    /// The head that the server gets, byte for byte; in TCP mode what the client sent.
    pub to_server: Option<Vec<u8>>,
    /// What the client gets: the head of the server's response, or the whole answer of the proxy.
    pub to_client: Option<Vec<u8>>,
    /// How it ended.
    pub ending: Ending,
    /// The status for the client; 0: none.
    pub status: u16,
    /// The termination state of the log: `----`, `PR--`, ...
    pub termination: String,
    /// What stands in the log; `None`: nothing.
    pub log: Option<LogLine>,
    /// What had to be assumed, and what this version would not carry out.
    pub notes: Vec<String>,
}

/// A request cannot be traced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untraceable {
    /// No frontend of this name.
    #[error("there is no frontend `{0}`")]
    NoFrontend(Box<str>),
    /// No `bind` line of this name or address.
    #[error("there is no bind `{0}`")]
    NoBind(Box<str>),
    /// No frontend at all.
    #[error("no proxy accepts connections in this configuration")]
    NothingAccepts,
    /// No server of this name.
    #[error("there is no server `{0}`")]
    NoServer(Box<str>),
}

/// Traces a request through `config`, which is used up: servers are changed as the question says.
///
/// # Errors
/// [`Untraceable`]: something that the question names does not exist.
pub fn trace(mut config: Config, around: &Surroundings, question: &Question) -> Result<Trace, Untraceable> {
    // One time for all of it.
    base::clock::tick();
    let chosen = entry::choose(&config, question)?;
    let has_log = !config.proxies[chosen.proxy].logs.is_empty();
    detach(&mut config);
    let config = Arc::new(config);
    let (shared, diags) = build::unbound(config, around);
    take_down(&shared, &question.down)?;
    let mut traced = exchange::Traced::new(shared, &chosen, question, has_log);
    traced.run();
    base::clock::stop_ticking();
    Ok(traced.finish(&diags))
}

/// Cuts what would reach out: logs, and names that only a resolver knows. Such servers count as up.
fn detach(config: &mut Config) {
    for proxy in &mut config.proxies {
        proxy.logs.clear();
        for server in &mut proxy.servers {
            if matches!(server.address, ServerAddress::Name { .. }) {
                server.init_addr = vec![InitAddr::None];
            }
        }
    }
}

/// Brings servers without an address up, and takes those down that are to be.
fn take_down(shared: &crate::Shared, down: &[Box<str>]) -> Result<(), Untraceable> {
    use state::queue::Redistribute;
    use state::server::{ADMIN_UNRESOLVED, Health};
    let each = || shared.runtime.proxies.iter().flat_map(|p| p.servers.iter().map(move |s| (p, s)));
    for (proxy, server) in each() {
        if server.admin() & ADMIN_UNRESOLVED != 0 {
            server.change_admin(0, ADMIN_UNRESOLVED);
            proxy.server_changed(&server, Redistribute::Nobody);
        }
    }
    for wanted in down {
        let (backend, name) = wanted.split_once('/').map_or((None, &**wanted), |(b, n)| (Some(b), n));
        let mut is_known = false;
        for (proxy, server) in each() {
            if *server.name == *name && backend.is_none_or(|backend| *proxy.name == *backend) {
                server.set_health(Health::Down);
                proxy.server_changed(&server, Redistribute::Nobody);
                is_known = true;
            }
        }
        if !is_known {
            return Err(Untraceable::NoServer(wanted.clone()));
        }
    }
    Ok(())
}
