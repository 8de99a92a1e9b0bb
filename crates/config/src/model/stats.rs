//! The statistics page of a proxy (chapter 4.2, `stats ...`).

use rules::{Condition, Ruleset};

/// The path of the page without `stats uri`.
pub const STATS_URI: &[u8] = b"/haproxy?stats";
/// What browsers ask a password for without `stats realm`.
pub const STATS_REALM: &str = "HAProxy Statistics";

/// Everything that the `stats` lines of a proxy say.
#[derive(Debug)]
pub struct StatsPage {
    /// How the URIs of the page begin.
    pub uri: Box<[u8]>,
    /// `stats realm`.
    pub realm: Option<Box<[u8]>>,
    /// `stats auth`: names and passwords.
    pub users: Option<state::userlist::Userlist>,
    /// How often browsers load it again, in seconds; 0: they do not.
    pub refresh_s: u64,
    /// The proxies that it shows; empty: all.
    pub scopes: Vec<StatsScope>,
    /// `stats show-version`.
    pub shows_version: bool,
    /// `stats show-legends`.
    pub shows_legends: bool,
    /// `stats show-modules`.
    pub shows_modules: bool,
    /// `stats show-node`: the node's name, the process's own where none was given.
    pub node: Option<Option<Box<str>>>,
    /// `stats show-desc`: the description, the process's own where none was given.
    pub description: Option<Option<Box<str>>>,
    /// `stats admin`: any that matches lets the client change servers.
    pub admin: Vec<Condition>,
    /// `stats http-request`, or what `stats auth` stands for.
    pub rules: Ruleset,
    /// Whether it was begun by a `defaults` section: the proxy's own first line begins a new one.
    pub is_inherited: bool,
}

/// One `stats scope`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatsScope {
    /// `.`: the proxy that has the page.
    Own,
    /// A proxy by name.
    Named(Box<[u8]>),
}

impl Default for StatsPage {
    fn default() -> Self {
        StatsPage {
            uri: STATS_URI.into(),
            realm: None,
            users: None,
            refresh_s: 0,
            scopes: Vec::new(),
            shows_version: false,
            shows_legends: false,
            shows_modules: false,
            node: None,
            description: None,
            admin: Vec::new(),
            rules: Ruleset::default(),
            is_inherited: false,
        }
    }
}
