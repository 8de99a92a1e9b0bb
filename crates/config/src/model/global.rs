//! The `global` sections, merged.

use std::sync::Arc;
use std::time::Duration;

use http::h1::{HeaderCases, PayloadMethods, TransferEncodingClose};

use super::frontend::{BindAddress, UnixPermissions};
use super::logging::LogLine;

/// `stats socket`: a socket of the runtime API.
#[derive(Debug, Clone)]
pub struct StatsSocket {
    /// Where it listens.
    pub address: BindAddress,
    /// `user`, `operator` or `admin`.
    pub level: Box<str>,
    /// `severity-output`: `none`, `number` or `string`.
    pub severity_output: Box<str>,
    /// Owner and mode.
    pub permissions: UnixPermissions,
    /// `expose-fd listeners`: whether another process may take the listening sockets over.
    pub exposes_listeners: bool,
    /// Its place in its file.
    pub span: diag::Span,
}

/// `unix-bind`: what UNIX sockets of `bind` lines have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnixBind {
    /// What stands in front of their paths; put there when the lines are parsed.
    pub prefix: Box<[u8]>,
    /// Owner and mode where a line sets none; taken over when the lines are parsed.
    pub permissions: UnixPermissions,
}

/// `ssl-server-verify`: whether servers must show a good certificate where their lines do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerVerify {
    /// They must, the default.
    #[default]
    Required,
    /// Any certificate will do.
    None,
}

/// `tune.idle-pool.shared`: whether a thread without an idle connection to a server takes another thread's over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdleSharing {
    /// It does, the default. (`full` means the same: threads form no groups.)
    #[default]
    On,
    /// It does not.
    Off,
}

/// `tune.*` settings that change what the engine does.
#[derive(Debug, Clone)]
pub struct Tune {
    /// `tune.bufsize`, in bytes.
    pub bufsize: usize,
    /// `tune.maxrewrite`, in bytes.
    pub maxrewrite: usize,
    /// `tune.http.maxhdr`.
    pub http_maxhdr: usize,
    /// `tune.http.logurilen`.
    pub http_logurilen: usize,
    /// `tune.http.cookielen`.
    pub http_cookielen: usize,
    /// `tune.maxaccept`.
    pub maxaccept: i32,
    /// `tune.pipesize`, 0: the system's.
    pub pipesize: usize,
    /// `tune.rcvbuf.client` and its relatives, 0: the system's.
    pub rcvbuf_client: usize,
    /// `tune.rcvbuf.server`.
    pub rcvbuf_server: usize,
    /// `tune.sndbuf.client`.
    pub sndbuf_client: usize,
    /// `tune.sndbuf.server`.
    pub sndbuf_server: usize,
    /// `tune.idletimer`.
    pub idletimer: Duration,
    /// `tune.cli.max-payload-size`: bytes of a payload of the runtime API, the end of it included.
    pub cli_payload_bytes_max: usize,
    /// `tune.idle-pool.shared`.
    pub idle_sharing: IdleSharing,
    /// `tune.vars.*-max-size`.
    pub vars: state::VarLimits,
}

impl Default for Tune {
    fn default() -> Self {
        Tune {
            bufsize: 16_384,
            maxrewrite: 1_024,
            http_maxhdr: 101,
            http_logurilen: 1_024,
            http_cookielen: 63,
            maxaccept: 0,
            pipesize: 0,
            rcvbuf_client: 0,
            rcvbuf_server: 0,
            sndbuf_client: 0,
            sndbuf_server: 0,
            idletimer: Duration::from_secs(1),
            cli_payload_bytes_max: 128 * 1024,
            idle_sharing: IdleSharing::On,
            vars: state::VarLimits::default(),
        }
    }
}

/// `external-check`: the environment of programs that check servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalCheck {
    /// What says which server is meant, and nothing else.
    FreshEnv,
    /// `preserve-env`: the proxy's own as well.
    PreserveEnv,
}

/// `close-spread-time`: when a soft stop ends the connections of clients that would stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CloseSpread {
    /// As soon as it begins, the default.
    #[default]
    AtOnce,
    /// One after the other, within this time.
    Over(Duration),
    /// `infinite`: they end as they always do.
    Never,
}

/// How messages are read and written over HTTP/1 whatever the proxy.
#[derive(Debug, Clone, Default)]
pub struct Http1 {
    /// `h1-accept-payload-with-any-method`.
    pub payload_methods: PayloadMethods,
    /// `h1-do-not-close-on-insecure-transfer-encoding`.
    pub transfer_encoding_close: TransferEncodingClose,
    /// `h1-case-adjust` and, once the configuration is complete, what the file of `h1-case-adjust-file` holds.
    pub header_cases: Arc<HeaderCases>,
    /// `h1-case-adjust-file`: the file that the last of these lines names.
    pub header_case_file: Option<(diag::Span, Box<[u8]>)>,
}

/// Everything process-wide.
#[derive(Debug, Clone, Default)]
pub struct Global {
    /// `external-check`; `None`: checks run no programs.
    pub external_check: Option<ExternalCheck>,
    /// `nbthread`; `None`: one for each usable core.
    pub nbthread: Option<u32>,
    /// `maxconn`; `None`: from the descriptor limit.
    pub maxconn: Option<u32>,
    /// `maxconnrate`: connections that are accepted in a second; 0: any number.
    pub conn_rate_max: u32,
    /// `maxsessrate`: sessions that begin in a second; 0: any number.
    pub sess_rate_max: u32,
    /// `ulimit-n`.
    pub ulimit_n: Option<u64>,
    /// `user`, `uid`.
    pub uid: Option<u32>,
    /// `group`, `gid`.
    pub gid: Option<u32>,
    /// `setcap`: what is kept when the user changes.
    pub capabilities: Vec<Capability>,
    /// `chroot`.
    pub chroot: Option<Box<[u8]>>,
    /// `pidfile`.
    pub pidfile: Option<Box<[u8]>>,
    /// `daemon`.
    pub is_daemon: bool,
    /// `master-worker`.
    pub is_master_worker: bool,
    /// `master-worker no-exit-on-failure`.
    pub outlives_failure: bool,
    /// `mworker-max-reloads`; `None`: HAProxy's 50.
    pub mworker_max_reloads: Option<u32>,
    /// `node`.
    pub node: Option<Box<str>>,
    /// `description`.
    pub description: Option<Box<str>>,
    /// `log` lines.
    pub logs: Vec<LogLine>,
    /// `log-tag`.
    pub log_tag: Option<Box<[u8]>>,
    /// `dns-accept-family`: the families of addresses that name servers are asked for; `None`: IPv4, and IPv6 where this
    /// machine reaches it.
    pub dns_families: Option<resolve::Families>,
    /// `anonkey`; 0: none.
    pub anon_key: u32,
    /// `server-state-file`.
    pub server_state_file: Option<Box<[u8]>>,
    /// `stats-file`.
    pub stats_file: Option<Box<[u8]>>,
    /// `server-state-base`.
    pub server_state_base: Option<Box<[u8]>>,
    /// `log-send-hostname [NAME]`: `Some(None)` sends the machine's own name.
    pub log_send_hostname: Option<Option<Box<[u8]>>>,
    /// `stats socket`.
    pub stats_sockets: Vec<StatsSocket>,
    /// `stats timeout`; `None`: HAProxy's 10 seconds.
    pub stats_timeout: Option<Duration>,
    /// `stats maxconn`; `None`: HAProxy's 10.
    pub stats_maxconn: Option<u32>,
    /// `unix-bind`.
    pub unix_bind: UnixBind,
    /// `crt-base`.
    pub crt_base: Option<Box<[u8]>>,
    /// `key-base`.
    pub key_base: Option<Box<[u8]>>,
    /// `ca-base`.
    pub ca_base: Option<Box<[u8]>>,
    /// `ssl-server-verify`.
    pub server_verify: ServerVerify,
    /// The rest about TLS.
    pub tls: super::GlobalTls,
    /// `hard-stop-after`.
    pub hard_stop_after: Option<Duration>,
    /// `grace` of a soft stop.
    pub grace: Option<Duration>,
    /// `close-spread-time`.
    pub close_spread: CloseSpread,
    /// `h1-*`.
    pub http1: Http1,
    /// `pp2-never-send-local`: checks say in their PROXY headers that they come from somebody.
    pub pp2_never_local: bool,
    /// `http-err-codes` and `http-fail-codes`.
    pub statuses: super::CountedStatuses,
    /// `nosplice`.
    pub is_nosplice: bool,
    /// `noreuseport`.
    pub is_noreuseport: bool,
    /// `quiet`.
    pub is_quiet: bool,
    /// `zero-warning`.
    pub is_zero_warning: bool,
    /// `spread-checks`, in percent.
    pub spread_checks: u32,
    /// `max-spread-checks`.
    pub max_spread_checks: Option<Duration>,
    /// `set-var` and `set-var-fmt` in `global`, already evaluated.
    pub vars: Vec<(state::VarRef, state::Value<'static>)>,
    /// `tune.*`.
    pub tune: Tune,
    /// `maxcomprate`, `maxcompcpuusage`, `maxzlibmem`, `tune.comp.maxlevel`, `tune.zlib.windowsize`.
    pub compression: super::CompressionLimits,
}

/// A capability of `setcap` (capabilities(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Foreign addresses (`transparent`, `usesrc`).
    NetRaw,
    /// The same, marks, interfaces.
    NetAdmin,
    /// Ports below 1024.
    NetBindService,
    /// Other network namespaces.
    SysAdmin,
}

impl Capability {
    /// All of them, in the order in which they are listed to people.
    pub const ALL: &'static [Capability] =
        &[Capability::NetRaw, Capability::NetAdmin, Capability::NetBindService, Capability::SysAdmin];

    /// Its name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Capability::NetRaw => "cap_net_raw",
            Capability::NetAdmin => "cap_net_admin",
            Capability::NetBindService => "cap_net_bind_service",
            Capability::SysAdmin => "cap_sys_admin",
        }
    }
}
