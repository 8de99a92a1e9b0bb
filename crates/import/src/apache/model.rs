//! What an Apache configuration means to a proxy, as plain data: servers (the main one and virtual hosts), what holds in
//! each of them, and what holds in its `<Location>` sections.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::pattern::Matcher;
use super::reader::Source;

/// The whole configuration.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) main: Server,
    pub(super) hosts: Vec<Server>,
    pub(super) listens: Vec<Listen>,
    /// `LogFormat` by name.
    pub(super) log_formats: BTreeMap<String, String>,
    pub(super) server_root: String,
}

/// `Listen`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listen {
    pub(super) source: Source,
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

/// An address of a `<VirtualHost>`; `None` means any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostAddress {
    pub(super) address: Option<IpAddr>,
    pub(super) port: Option<u16>,
}

/// The main server, or a virtual host.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    /// The section's first line; none for the main server.
    pub(super) source: Option<Source>,
    pub(super) addresses: Vec<HostAddress>,
    pub(super) name: Option<(String, Source)>,
    pub(super) aliases: Vec<(String, Source)>,
    pub(super) scope: Scope,
    pub(super) locations: Vec<Location>,
    pub(super) passes: Vec<Pass>,
    pub(super) balancers: Vec<Balancer>,
    /// Parameters of `<Proxy URL>` and `ProxySet URL`, by the URL that the worker's begins with.
    pub(super) workers: Vec<(String, Vec<Parameter>)>,
    /// Who may use workers, by the URL that theirs begins with.
    pub(super) guarded: Vec<(String, Access)>,
    pub(super) rewrite: Rewrite,
    pub(super) environment: Vec<EnvRule>,
    pub(super) tls: Tls,
    pub(super) logs: Vec<CustomLog>,
    pub(super) error_log: Option<(String, Source)>,
    pub(super) document_root: Option<(String, Source)>,
    pub(super) seconds: Seconds,
    pub(super) keep_alive: Option<(Switch, Source)>,
    pub(super) canonical_name: Option<Switch>,
    pub(super) encoded_slashes: Option<Slashes>,
}

/// Times, milliseconds with their lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Seconds {
    /// `Timeout`.
    pub(super) timeout: Option<(u64, Source)>,
    /// `ProxyTimeout`.
    pub(super) proxy: Option<(u64, Source)>,
    /// `KeepAliveTimeout`.
    pub(super) keep_alive: Option<(u64, Source)>,
    /// `RequestReadTimeout header=`.
    pub(super) head: Option<(u64, Source)>,
}

/// `On` or `Off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    On,
    Off,
}

/// `AllowEncodedSlashes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slashes {
    /// `Off`: such paths are refused.
    Refused,
    /// `On`: they become slashes.
    Decoded,
    /// `NoDecode`.
    Kept,
}

/// What may stand in a `<Location>` as well as outside.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) request_headers: Vec<HeaderEdit>,
    pub(super) headers: Vec<HeaderEdit>,
    pub(super) reverses: Vec<Mapping>,
    pub(super) cookie_domains: Vec<Mapping>,
    pub(super) cookie_paths: Vec<Mapping>,
    pub(super) preserve_host: Option<(Switch, Source)>,
    pub(super) add_headers: Option<(Switch, Source)>,
    pub(super) error_override: Option<(Switch, Source)>,
    pub(super) access: Option<Access>,
    /// What has to hold as well, whatever `access` of this or of another section says.
    pub(super) closed: Vec<Access>,
    pub(super) error_documents: Vec<ErrorDocument>,
    pub(super) redirects: Vec<Redirect>,
    pub(super) tls_only: Option<Source>,
    pub(super) environment: Vec<EnvRule>,
}

/// `<Location>`, `<LocationMatch>`.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub(super) source: Source,
    pub(super) matcher: Matcher,
    /// The path as it was typed, for what is relative to it.
    pub(super) path: String,
    pub(super) scope: Scope,
    pub(super) pass: Option<Pass>,
}

/// `key=value` of a worker or balancer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) source: Source,
}

/// `ProxyPass`, `ProxyPassMatch`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pass {
    pub(super) source: Source,
    pub(super) matcher: Matcher,
    pub(super) goal: Goal,
    pub(super) parameters: Vec<Parameter>,
}

/// Where a `ProxyPass` leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Goal {
    /// `!`.
    Nowhere,
    /// To a URL.
    Url(String),
}

/// `<Proxy balancer://name>`.
#[derive(Clone, Debug)]
pub(super) struct Balancer {
    /// In lower case.
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) members: Vec<Member>,
    pub(super) parameters: Vec<Parameter>,
}

/// `BalancerMember`.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) source: Source,
    pub(super) url: String,
    pub(super) parameters: Vec<Parameter>,
}

/// `ProxyPassReverse` and its like: from the server's words to ours.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    pub(super) source: Source,
    pub(super) inner: String,
    pub(super) outer: String,
}

/// `Header` or `RequestHeader`.
#[derive(Clone, Debug)]
pub(super) struct HeaderEdit {
    pub(super) source: Source,
    pub(super) action: HeaderAction,
    pub(super) is_always: bool,
    pub(super) name: String,
    /// The value, or the expression and its replacement.
    pub(super) values: Vec<String>,
    pub(super) when: When,
}

/// What is done to a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderAction {
    Set,
    SetIfEmpty,
    Append,
    Merge,
    Add,
    Unset,
    Edit,
    EditAll,
}

/// When something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// `env=NAME`.
    Env(String),
    /// `env=!NAME`.
    NotEnv(String),
    /// `expr=...`.
    Expression(String),
}

/// `SetEnvIf`, `BrowserMatch`, `SetEnv`.
#[derive(Clone, Debug)]
pub(super) struct EnvRule {
    pub(super) source: Source,
    /// The variable of the request and the expression that it is to match; none for `SetEnv`.
    pub(super) test: Option<(String, String)>,
    pub(super) name: String,
    /// None: the variable is taken away.
    pub(super) value: Option<String>,
}

/// `Require`, `Order` and their like.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) source: Source,
    pub(super) rule: AccessRule,
}

/// Who may come in.
#[derive(Clone, Debug)]
pub(super) enum AccessRule {
    /// One of them is enough.
    Any(Vec<AccessRule>),
    /// All must agree.
    All(Vec<AccessRule>),
    /// None may agree.
    None(Vec<AccessRule>),
    Granted,
    /// Also what cannot be carried over.
    Denied,
    /// Clients of these networks.
    Networks(Vec<String>),
    Methods(Vec<String>),
    Env(String),
    Expression(String, Source),
}

/// `ErrorDocument`.
#[derive(Clone, Debug)]
pub(super) struct ErrorDocument {
    pub(super) source: Source,
    pub(super) status: u16,
    pub(super) text: String,
}

/// `Redirect`, `RedirectMatch`.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    pub(super) source: Source,
    pub(super) matcher: Matcher,
    pub(super) status: u16,
    /// Where to; none for statuses that are not redirections.
    pub(super) to: Option<String>,
    pub(super) rest: Rest,
}

/// What becomes of the path behind the one that matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is put behind the new URL.
    Appended,
    /// The new URL takes parts of it with `$1`, or nothing.
    Replaced,
}

/// mod_rewrite in a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewrite {
    pub(super) is_on: bool,
    pub(super) rules: Vec<RewriteRule>,
}

/// `RewriteRule` with the `RewriteCond`s before it.
#[derive(Clone, Debug)]
pub(super) struct RewriteRule {
    pub(super) source: Source,
    pub(super) conditions: Vec<RewriteCondition>,
    pub(super) pattern: String,
    pub(super) substitution: String,
    /// Flags in lower case with their values.
    pub(super) flags: Vec<(String, String)>,
}

/// `RewriteCond`.
#[derive(Clone, Debug)]
pub(super) struct RewriteCondition {
    pub(super) source: Source,
    pub(super) test: String,
    pub(super) pattern: String,
    pub(super) is_or: bool,
    pub(super) is_nocase: bool,
}

/// TLS to clients and to servers.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls {
    pub(super) engine: Option<(Switch, Source)>,
    pub(super) certificates: Vec<(String, Source)>,
    pub(super) keys: Vec<(String, Source)>,
    pub(super) chain: Option<(String, Source)>,
    pub(super) authorities: Option<(String, Source)>,
    pub(super) revocations: Option<(String, Source)>,
    pub(super) revocation_check: Option<(String, Source)>,
    pub(super) verify: Option<(String, Source)>,
    pub(super) protocols: Option<(Vec<String>, Source)>,
    pub(super) ciphers: Option<(String, Source)>,
    pub(super) ciphersuites: Option<(String, Source)>,
    pub(super) honor_order: Option<(Switch, Source)>,
    pub(super) tickets: Option<(Switch, Source)>,
    pub(super) proxy: ProxyTls,
}

/// TLS to servers.
#[derive(Clone, Debug, Default)]
pub(super) struct ProxyTls {
    pub(super) engine: Option<(Switch, Source)>,
    pub(super) verify: Option<(String, Source)>,
    pub(super) authorities: Option<(String, Source)>,
    pub(super) certificate: Option<(String, Source)>,
    pub(super) revocations: Option<(String, Source)>,
    pub(super) protocols: Option<(Vec<String>, Source)>,
    pub(super) ciphers: Option<(String, Source)>,
    pub(super) check_name: Option<(Switch, Source)>,
    pub(super) check_expire: Option<(Switch, Source)>,
}

/// `CustomLog`, `TransferLog`.
#[derive(Clone, Debug)]
pub(super) struct CustomLog {
    pub(super) source: Source,
    pub(super) target: String,
    /// The name of a format, or one.
    pub(super) format: String,
    pub(super) when: When,
}
