//! The server side of a proxy.

use http::message::FieldName;
use std::time::Duration;

use base::{ProxyId, ServerId};
use rules::Condition;
use sample::Expr;
use sample::logformat::LogFormat;

/// Where a `use_backend` leads.
#[derive(Debug)]
pub enum SwitchTarget {
    /// A backend known from the start.
    Fixed(ProxyId),
    /// A name computed for each request; an unknown one lets the next rule decide.
    Computed(LogFormat),
}

/// `use_backend`.
#[derive(Debug)]
pub struct SwitchRule {
    /// `None`: always.
    pub condition: Option<Condition>,
    /// Where it leads.
    pub target: SwitchTarget,
    /// Where it stands.
    pub place: rules::Place,
}

/// `use-server`.
#[derive(Debug)]
pub struct UseServer {
    /// `None`: always.
    pub condition: Option<Condition>,
    /// The server, `None` when `name` computes it.
    pub server: Option<ServerId>,
    /// A computed name.
    pub name: Option<LogFormat>,
    /// Where it stands.
    pub place: rules::Place,
}

/// What a hash-based `balance` hashes.
#[derive(Debug)]
pub enum BalanceKey {
    /// The client's address.
    Source,
    /// The URI, `balance uri [len N] [depth N] [whole] [path-only]`.
    Uri {
        /// At most this many bytes; 0: all.
        len: usize,
        /// At most this many directories; 0: all.
        depth: usize,
        /// With the query string.
        is_whole: bool,
        /// Without scheme and authority.
        is_path_only: bool,
    },
    /// A parameter of the query string, or of a form when `check_post`.
    UrlParam {
        /// Its name.
        name: Box<[u8]>,
        /// Look into POST bodies as well.
        check_post: bool,
    },
    /// A request header.
    Header {
        /// Its name.
        name: FieldName,
        /// Only the part before the top-level domain (`use_domain_only`).
        is_domain_only: bool,
    },
    /// The RDP cookie `mstshash` or another.
    RdpCookie(Expr),
    /// Any expression (`balance hash EXPR`).
    Expr(Expr),
    /// What the converters of this expression make of a log message (`balance log-hash CONVERTERS`).
    Log(Expr),
}

/// `balance`, `hash-type`, `hash-balance-factor`, `hash-preserve-affinity`.
#[derive(Debug, Default)]
pub struct Balance {
    /// How.
    pub algorithm: state::balance::Algorithm,
    /// What is hashed, for hash-based algorithms.
    pub key: Option<BalanceKey>,
    /// How it is hashed.
    pub hash_type: state::balance::HashType,
    /// `hash-balance-factor`, in per cent; 0: none.
    pub hash_balance_factor: u32,
    /// `hash-preserve-affinity`.
    pub affinity: state::balance::Affinity,
}

/// How the persistence cookie is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieMode {
    /// No mode word: the server sets it, the proxy only reads it.
    Passive,
    /// `insert`.
    Insert,
    /// `rewrite`.
    Rewrite,
    /// `prefix`.
    Prefix,
}

/// `cookie`.
#[derive(Debug, Clone)]
pub struct Cookie {
    /// Its name.
    pub name: Box<[u8]>,
    /// How it is handled.
    pub mode: CookieMode,
    /// `indirect`.
    pub is_indirect: bool,
    /// `nocache`.
    pub is_nocache: bool,
    /// `postonly`.
    pub is_postonly: bool,
    /// `preserve`.
    pub is_preserve: bool,
    /// `httponly`.
    pub is_httponly: bool,
    /// `secure`.
    pub is_secure: bool,
    /// `dynamic`.
    pub is_dynamic: bool,
    /// `domain`, in order.
    pub domains: Vec<Box<[u8]>>,
    /// `attr`, in order.
    pub attributes: Vec<Box<[u8]>>,
    /// `maxidle`.
    pub maxidle: Option<Duration>,
    /// `maxlife`.
    pub maxlife: Option<Duration>,
}

/// `http-reuse`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpReuse {
    /// `never`.
    Never,
    /// `safe`, the default.
    #[default]
    Safe,
    /// `aggressive`.
    Aggressive,
    /// `always`.
    Always,
}

/// `retry-on`: which failures are tried again; a set of bits and statuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryOn {
    /// `conn-failure`.
    pub conn_failure: bool,
    /// `empty-response`.
    pub empty_response: bool,
    /// `junk-response`.
    pub junk_response: bool,
    /// `response-timeout`.
    pub response_timeout: bool,
    /// `0rtt-rejected`.
    pub rejected_0rtt: bool,
    /// Statuses.
    pub statuses: Vec<u16>,
}

impl Default for RetryOn {
    fn default() -> Self {
        RetryOn {
            conn_failure: true,
            empty_response: false,
            junk_response: false,
            response_timeout: false,
            rejected_0rtt: false,
            statuses: Vec::new(),
        }
    }
}

impl RetryOn {
    /// Whether anything after the connection is tried again, so that the request must be kept.
    #[must_use]
    pub fn is_l7(&self) -> bool {
        self.empty_response
            || self.junk_response
            || self.response_timeout
            || self.rejected_0rtt
            || !self.statuses.is_empty()
    }
}

/// One `stick` line.
#[derive(Debug)]
pub struct StickRule {
    /// The key.
    pub key: Expr,
    /// The proxy whose table is used.
    pub table: ProxyId,
    /// `None`: always.
    pub condition: Option<Condition>,
    /// Looks the key up (`stick match`, `stick on`).
    pub is_match: bool,
    /// Stores on the request's way (`stick store-request`, `stick on`).
    pub is_store_request: bool,
    /// Stores on the response's way.
    pub is_store_response: bool,
    /// Its place in its file.
    pub span: diag::Span,
}

/// What a `force-persist` or `ignore-persist` line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersistKind {
    /// `force-persist`: a server that is down is used all the same.
    Force,
    /// `ignore-persist`: the cookie is not looked at.
    Ignore,
}

/// One `force-persist` or `ignore-persist` line; the first whose condition holds decides.
#[derive(Debug)]
pub struct PersistRule {
    /// What it does.
    pub kind: PersistKind,
    /// When.
    pub condition: Condition,
    /// Where it stands.
    pub place: rules::Place,
}

/// `usesrc`: the address that servers see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UseSrc {
    /// `client`: the client's address and port.
    Client,
    /// `clientip`: the client's address.
    ClientIp,
    /// `hdr_ip(name[,occurrence])`.
    Header {
        /// The header.
        name: FieldName,
        /// Which of its values; negative: from the last one on.
        occurrence: i32,
    },
    /// A fixed address, and port unless 0.
    Addr(std::net::SocketAddr),
}

/// `load-server-state-from-file`: where the states of a proxy's servers are read from at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StateFrom {
    /// From nowhere.
    #[default]
    None,
    /// From `server-state-file`, which all proxies share.
    Global,
    /// From the proxy's `server-state-file-name`.
    Local,
}
