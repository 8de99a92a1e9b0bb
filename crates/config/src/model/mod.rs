//! The checked configuration: what the engine builds its runtime from. Plain data, names already resolved to ids.

mod backend;
mod check;
mod compression;
mod frontend;
mod fullconn;
mod global;
mod logging;
mod options;
mod resolvers;
mod send_proxy;
mod server;
mod stats;
mod statuses;
mod tls;

use base::ProxyId;
use http::message::FieldName;
use state::proxy::{Mode, Sides, Timeouts};

pub use self::tls::{BindTls, BindTlsDefaults, GlobalTls, OcspUpdates, ServerTls, ServerTlsDefaults};
pub use backend::{
    Balance, BalanceKey, Cookie, CookieMode, HttpReuse, PersistKind, PersistRule, RetryOn, StateFrom,
    StickRule, SwitchRule, SwitchTarget, UseServer, UseSrc,
};
pub use check::{
    CheckAction, CheckConnect, CheckCustom, CheckExpect, CheckHeader, CheckKind, CheckMatch, CheckPattern,
    CheckPort, CheckProgram, CheckProtocol, CheckScript, CheckSend, CheckStep, CheckText, HttpCheckRequest,
};
pub use compression::{CompressedWay, Compression, CompressionLimits};
pub use frontend::{
    BandwidthShare, Bind, BindAddress, CaptureCookie, ForceSwitch, MonitorFail, ThreadSet, Threads,
    UnixPermissions,
};
pub use global::{
    Capability, CloseSpread, ExternalCheck, Global, Http1, IdleSharing, ServerVerify, StatsSocket, Tune,
    UnixBind,
};
pub use logging::{
    FormatChoice, LogForward, LogLine, LogOrigin, LogProfile, LogSteps, LogTarget, ProfileKey, ProfileStep,
    RingConfig,
};
pub use options::{
    ForwardFor, Forwarded, ForwardedPart, HttpConnection, IfNone, Options, RestrictNames, Splice, Toggle,
};
pub use resolvers::{Nameserver, NameserverAddress, ResolversConfig, ServerResolvers};
pub use send_proxy::{ProxyTlvFormat, ProxyV2Options, SendProxy};
pub use server::{
    AgentConfig, CheckConfig, DefaultServers, HashKeyFrom, InitAddr, InitState, Observe, ObservedError,
    OnMarkedDown, ServerAddress, ServerConfig, ServerNamespace,
};
pub use stats::{STATS_REALM, STATS_URI, StatsPage, StatsScope};
pub use statuses::{CountedStatuses, Statuses};

/// A whole configuration.
#[derive(Debug, Default)]
pub struct Config {
    /// The `global` sections, merged.
    pub global: Global,
    /// The proxies of the files, by [`ProxyId`].
    pub proxies: Vec<ProxyConfig>,
    /// Those that came while the process ran; their ids go on from there.
    pub later: state::grown::Grown<ProxyConfig>,
    /// What such a proxy can begin as.
    pub named_defaults: crate::dynamic_backend::NamedDefaults,
    /// The `ring` sections.
    pub rings: Vec<RingConfig>,
    /// The `resolvers` sections, in the order that lines number them.
    pub resolvers: Vec<ResolversConfig>,
    /// `log-profile` sections, in their order.
    pub log_profiles: Vec<LogProfile>,
    /// The `log-forward` sections.
    pub log_forwards: Vec<LogForward>,
    /// The names of the files it was read from, by [`diag::FileId`].
    pub files: Vec<Box<str>>,
    /// The `userlist` sections, in the order that expressions number them.
    pub userlists: Vec<state::userlist::Userlist>,
    /// What all TLS `bind` lines share: sessions and ticket keys; `None` without such lines.
    pub tls: Option<::tls::server::SharedTls>,
    /// The files of certificates and authorities, and who uses them, which the runtime API shows and changes.
    pub tls_files: std::sync::Arc<::tls::files::FileStore>,
    /// The lists of patterns of ACLs and maps, which the runtime API names and changes.
    pub patterns: state::pattern::PatternRefs,
    /// The environment as the files left it, for lines that come later.
    pub environment: syntax::Environment,
    /// What expressions use anywhere.
    pub uses: sample::compile::Uses,
    /// Proxies and servers that lines name: they cannot be removed.
    pub references: crate::names::References,
}

impl Config {
    /// A proxy by id.
    ///
    /// # Panics
    /// When no proxy has the id.
    #[must_use]
    #[inline]
    pub fn proxy(&self, id: ProxyId) -> &ProxyConfig {
        self.proxies.get(id.index()).unwrap_or_else(|| self.later(id))
    }

    /// Few come later.
    #[cold]
    fn later(&self, id: ProxyId) -> &ProxyConfig {
        &self.later[id.index() - self.proxies.len()]
    }
}

/// The rulesets of a proxy, in the order that they run.
#[derive(Debug, Default)]
pub struct Rulesets {
    /// `tcp-request connection`.
    pub tcp_connection: rules::Ruleset,
    /// `tcp-request session`.
    pub tcp_session: rules::Ruleset,
    /// `tcp-request content`.
    pub tcp_content: rules::Ruleset,
    /// `block`, before `http-request`.
    pub block: rules::Ruleset,
    /// `http-request`.
    pub http_request: rules::Ruleset,
    /// `reqrep` and its family, in order, then `reqadd`.
    pub legacy_request: rules::Ruleset,
    /// `redirect`.
    pub redirect: rules::Ruleset,
    /// `tcp-response content`.
    pub tcp_response: rules::Ruleset,
    /// `http-response`.
    pub http_response: rules::Ruleset,
    /// `rsprep` and its family, in order, then `rspadd`.
    pub legacy_response: rules::Ruleset,
    /// `http-after-response`.
    pub http_after: rules::Ruleset,
}

/// One `frontend`, `backend` or `listen` section.
#[derive(Debug)]
pub struct ProxyConfig {
    /// Its place among all proxies.
    pub id: ProxyId,
    /// Its name.
    pub name: Box<str>,
    /// Its numeric id; 0 until assigned.
    pub uuid: u32,
    /// Which sides it has.
    pub sides: Sides,
    /// Where its section begins.
    pub span: diag::Span,
    /// What it carries.
    pub mode: Mode,
    /// `disabled`.
    pub is_disabled: bool,
    /// Whether it holds a table of a `peers` section, and is no proxy to anybody.
    pub holds_peers_table: bool,
    /// `description`.
    pub description: Option<Box<str>>,
    /// Its timeouts.
    pub timeouts: Timeouts,
    /// `maxconn`, 0: the process's limit alone.
    pub maxconn: u32,
    /// `fullconn`, 0: [`Config::fullconns`] says.
    pub fullconn: u32,
    /// `backlog`.
    pub backlog: Option<u32>,
    /// `rate-limit sessions`, 0: none.
    pub session_rate_max: u32,
    /// `grace`, accepted and without effect, as in HAProxy 2 and later.
    pub grace: Option<std::time::Duration>,
    /// `option ...`.
    pub options: Options,
    /// All rules.
    pub rules: Rulesets,
    /// `tcp-request inspect-delay`.
    pub request_inspect_delay: Option<std::time::Duration>,
    /// `tcp-response inspect-delay`.
    pub response_inspect_delay: Option<std::time::Duration>,
    /// Error messages by status.
    pub errors: rules::ErrorTable,
    /// `log` lines; `log global` has been replaced by the global ones.
    pub logs: Vec<LogLine>,
    /// `log-tag`.
    pub log_tag: Option<Box<[u8]>>,
    /// How a finished exchange is logged.
    pub log_format: FormatChoice,
    /// `error-log-format`.
    pub error_log_format: Option<sample::logformat::LogFormat>,
    /// `log-format-sd`.
    pub log_format_sd: Option<sample::logformat::LogFormat>,
    /// `log-steps`; `None`: one line an exchange, as soon as all is known that it says.
    pub log_steps: Option<LogSteps>,
    /// `unique-id-format`.
    pub unique_id_format: Option<sample::logformat::LogFormat>,
    /// `unique-id-header`.
    pub unique_id_header: Option<FieldName>,

    // The client side.
    /// `bind` lines, one for each address.
    pub binds: Vec<Bind>,
    /// Captured headers and declared slots.
    pub captures: rules::action::CaptureSlots,
    /// `capture cookie`.
    pub capture_cookie: Option<CaptureCookie>,
    /// `monitor-uri`.
    pub monitor_uri: Option<Box<[u8]>>,
    /// `monitor fail`.
    pub monitor_fail: Vec<MonitorFail>,
    /// `use_backend`.
    pub switching: Vec<SwitchRule>,
    /// `default_backend`; for a `listen` without one, itself.
    pub default_backend: Option<ProxyId>,
    /// Where `default_backend` stands; `None` where there is no such line.
    pub default_backend_place: Option<rules::Place>,

    // The server side.
    /// `server` lines, by [`base::ServerId`].
    pub servers: Vec<ServerConfig>,
    /// `default-server` lines, for servers that come later.
    pub default_servers: DefaultServers,
    /// `balance`, `hash-type`, `hash-balance-factor`.
    pub balance: Balance,
    /// `cookie`.
    pub cookie: Option<Cookie>,
    /// `dynamic-cookie-key`.
    pub dynamic_cookie_key: Option<Box<[u8]>>,
    /// `http-reuse`.
    pub http_reuse: HttpReuse,
    /// `retries`.
    pub retries: u32,
    /// `retry-on`.
    pub retry_on: RetryOn,
    /// `use-server`.
    pub use_server: Vec<UseServer>,
    /// `option httpchk` and the other kinds of check.
    pub check: CheckKind,
    /// `source`, for servers without their own.
    pub source: Option<net::ConnectOptions>,
    /// `dispatch`, or the destination of `option transparent`.
    pub dispatch: Option<net::Endpoint>,
    /// `stick-table`.
    pub table: Option<state::table::TableSpec>,
    /// `stick on`, `stick match`, `stick store-request`, `stick store-response`.
    pub stick: Vec<StickRule>,
    /// `force-persist` and `ignore-persist`, in order.
    pub persist: Vec<PersistRule>,
    /// `be-unpublished`.
    pub is_unpublished: bool,
    /// `force-be-switch`: when a backend that is disabled or not published may be chosen all the same.
    pub force_switch: Vec<ForceSwitch>,
    /// `persist rdp-cookie`: the cookie.
    pub rdp_cookie: Option<sample::Expr>,
    /// `usesrc` of `source`.
    pub usesrc: Option<UseSrc>,
    /// `http-send-name-header`, in lower case.
    pub server_name_header: Option<FieldName>,
    /// `filter bwlim-in`, `filter bwlim-out` that streams share.
    pub bandwidth_shares: Vec<BandwidthShare>,
    /// `max-keep-alive-queue`; `None`: no limit.
    pub max_keep_alive_queue: Option<u32>,
    /// `server-state-file-name`.
    pub server_state_file_name: Option<Box<[u8]>>,
    /// `load-server-state-from-file`.
    pub state_from: StateFrom,

    // Either side.
    /// `guid`.
    pub guid: Option<Box<str>>,
    /// `compression` and its filters.
    pub compression: Option<Box<Compression>>,
    /// The statistics page, if `stats` lines ask for one.
    pub stats: Option<Box<StatsPage>>,
    /// `clitcpka-idle`, `clitcpka-intvl`, `clitcpka-cnt`; in force with `option clitcpka`.
    pub client_keepalive: net::Keepalive,
    /// `srvtcpka-idle`, `srvtcpka-intvl`, `srvtcpka-cnt`; in force with `option srvtcpka`.
    pub server_keepalive: net::Keepalive,
    /// `max-session-srv-conns`; `None`: HAProxy's default.
    pub max_session_srv_conns: Option<u32>,
}

impl ProxyConfig {
    /// A proxy as HAProxy makes it before its first line.
    #[must_use]
    pub fn new(id: ProxyId, name: Box<str>, sides: Sides, span: diag::Span) -> Self {
        ProxyConfig {
            id,
            name,
            uuid: 0,
            sides,
            span,
            mode: Mode::Tcp,
            is_disabled: false,
            holds_peers_table: false,
            description: None,
            timeouts: Timeouts::default(),
            maxconn: 0,
            fullconn: 0,
            backlog: None,
            session_rate_max: 0,
            grace: None,
            options: Options::default(),
            rules: Rulesets::default(),
            request_inspect_delay: None,
            response_inspect_delay: None,
            errors: rules::ErrorTable::default(),
            logs: Vec::new(),
            log_tag: None,
            log_format: FormatChoice::default(),
            error_log_format: None,
            log_format_sd: None,
            log_steps: None,
            unique_id_format: None,
            unique_id_header: None,
            binds: Vec::new(),
            captures: rules::action::CaptureSlots::default(),
            capture_cookie: None,
            monitor_uri: None,
            monitor_fail: Vec::new(),
            switching: Vec::new(),
            default_backend: None,
            default_backend_place: None,
            servers: Vec::new(),
            default_servers: DefaultServers::default(),
            balance: Balance::default(),
            cookie: None,
            dynamic_cookie_key: None,
            http_reuse: HttpReuse::default(),
            retries: 3,
            retry_on: RetryOn::default(),
            use_server: Vec::new(),
            check: CheckKind::default(),
            source: None,
            dispatch: None,
            table: None,
            stick: Vec::new(),
            persist: Vec::new(),
            is_unpublished: false,
            force_switch: Vec::new(),
            rdp_cookie: None,
            usesrc: None,
            server_name_header: None,
            bandwidth_shares: Vec::new(),
            max_keep_alive_queue: None,
            server_state_file_name: None,
            state_from: StateFrom::None,
            guid: None,
            compression: None,
            stats: None,
            client_keepalive: net::Keepalive::default(),
            server_keepalive: net::Keepalive::default(),
            max_session_srv_conns: None,
        }
    }
}
