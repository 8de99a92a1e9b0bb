//! What a configuration says about balancing (configuration manual, 4.2 "balance", "hash-balance-factor",
//! "hash-preserve-affinity", "option allbackups").

use super::{HashKey, HashType};

/// How a backend chooses (`balance`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `roundrobin`: in turns, by weight; weights may change.
    RoundRobin,
    /// `static-rr`: in turns, by the weights of the configuration.
    StaticRr,
    /// `leastconn`: the one with the fewest requests for its weight.
    LeastConn,
    /// `first`: the lowest numeric id that has room.
    First,
    /// `random(draws)`: the less loaded of so many drawn ones.
    Random {
        /// Servers drawn, at least 1.
        draws: u32,
    },
    /// By a key: the hash decides; without a key, in turns.
    Hash(KeySource),
    /// `sticky`: the same one as long as it is usable (log backends).
    Sticky,
}

/// What a hash algorithm hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// `source`.
    Source,
    /// `uri`.
    Uri,
    /// `url_param`.
    UrlParam,
    /// `hdr(name)`.
    Hdr,
    /// `rdp-cookie`.
    RdpCookie,
    /// `hash <expr>`, and `log-hash`.
    Expr,
}

impl KeySource {
    /// Whether a backend with one server in use does not look at the key. It shows: the map of a backend whose first
    /// backup works alone has places of the other backups too.
    pub(super) fn is_idle_for_one(self, key: Option<u32>) -> bool {
        match self {
            KeySource::Hdr | KeySource::Expr => true,
            KeySource::Source | KeySource::Uri | KeySource::RdpCookie => key.is_some(),
            KeySource::UrlParam => false,
        }
    }
}

impl Algorithm {
    /// Its name in `show stat`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::RoundRobin => "roundrobin",
            Algorithm::StaticRr => "static-rr",
            Algorithm::LeastConn => "leastconn",
            Algorithm::First => "first",
            Algorithm::Random { .. } => "random",
            Algorithm::Hash(KeySource::Source) => "source",
            Algorithm::Hash(KeySource::Uri) => "uri",
            Algorithm::Hash(KeySource::UrlParam) => "url_param",
            Algorithm::Hash(KeySource::Hdr) => "hdr",
            Algorithm::Hash(KeySource::RdpCookie) => "rdp-cookie",
            Algorithm::Hash(KeySource::Expr) => "hash",
            Algorithm::Sticky => "sticky",
        }
    }
}

/// Which backup servers work when no active one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backups {
    /// The first usable one.
    #[default]
    First,
    /// All of them (`option allbackups`).
    All,
}

/// What a hash does when its server is saturated (`hash-preserve-affinity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Affinity {
    /// Stays.
    #[default]
    Always,
    /// Goes on along the ring when `maxconn` is reached.
    Maxconn,
    /// Goes on along the ring when `maxqueue` is reached as well.
    Maxqueue,
}

/// What is fixed about a balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalanceSetup {
    /// How it chooses.
    pub algorithm: Algorithm,
    /// How keys become servers.
    pub hash_type: HashType,
    /// `hash-balance-factor`: the load of a server in per cent of the mean that the ring allows, 0 for any.
    pub hash_balance_factor: u32,
    /// `hash-preserve-affinity`.
    pub affinity: Affinity,
    /// `option allbackups`.
    pub backups: Backups,
    /// Each server's `hash-key`, by [`base::ServerId`]; missing ones are [`HashKey::Id`].
    pub hash_keys: Vec<HashKey>,
}

impl Default for Algorithm {
    /// `random(2)`, what HAProxy 3.5 does without a `balance` line.
    fn default() -> Self {
        Algorithm::Random { draws: 2 }
    }
}
