//! `server` lines.

use std::time::Duration;

use base::ServerId;
use state::server::Role;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAddress {
    /// An address known from the file.
    Endpoint(net::Endpoint),
    /// A name, of a host or a service, with its port.
    Name {
        /// The host's name.
        host: Box<str>,
        /// The port.
        port: u16,
    },
}

/// One way of `init-addr`, tried in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitAddr {
    /// From the state file.
    Last,
    /// By the system's resolver.
    Libc,
    /// Start without an address, in maintenance.
    None,
    /// A fixed address.
    Ip(std::net::IpAddr),
}

/// `on-marked-down`, `on-marked-up`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnMarkedDown {
    /// Nothing.
    #[default]
    Nothing,
    /// `shutdown-sessions`.
    ShutdownSessions,
}

/// `init-state`: the health that a checked server starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InitState {
    /// `none` and `up`: up, and one failure away from being down.
    #[default]
    Up,
    /// `fully-up`: up, and `fall` failures away from being down.
    FullyUp,
    /// `down`: down, and one success away from being up.
    Down,
    /// `fully-down`: down, and `rise` successes away from being up.
    FullyDown,
}

/// `observe`: what traffic tells about a server's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observe {
    /// `layer4`: whether connections can be made.
    Layer4,
    /// `layer7`: connections, and the answers to requests.
    Layer7,
}

/// `on-error`: what too many errors in a row lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ObservedError {
    /// `fastinter`: checks in quicker succession.
    Fastinter,
    /// `fail-check`: they count as a failed check.
    #[default]
    FailCheck,
    /// `sudden-death`: one more failure takes the server down.
    SuddenDeath,
    /// `mark-down`: it goes down at once.
    MarkDown,
}

/// `agent-check` and its relatives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentConfig {
    /// Whether an agent is asked.
    pub is_on: bool,
    /// `agent-addr`, else `addr`; `None`: the server's.
    pub addr: Option<net::Endpoint>,
    /// `agent-port`, else `port`.
    pub port: Option<u16>,
    /// `agent-inter`; `None`: the checks' `inter`.
    pub inter: Option<Duration>,
    /// `agent-send`.
    pub send: Box<[u8]>,
}

/// `namespace` of a server: where its sockets are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerNamespace {
    /// In this one.
    Named(Box<str>),
    /// `*`: in the one that the client's PROXY protocol header names, among those that the configuration names.
    FromProxy,
}

/// `hash-key`: what a server's place in a consistent hash comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashKeyFrom {
    /// The numeric id, of which 20 bits count.
    #[default]
    Id,
    /// The numeric id, all of it.
    Id32,
    /// The `guid`; the numeric id without one.
    Guid,
    /// The address.
    Addr,
    /// Address and port.
    AddrPort,
}

/// How a server is checked.
#[derive(Debug, Clone)]
pub struct CheckConfig {
    /// Between checks of a server that is up.
    pub inter: Duration,
    /// Between checks in transition; `None`: `inter`.
    pub fastinter: Option<Duration>,
    /// Between checks of a server that is down; `None`: `inter`.
    pub downinter: Option<Duration>,
    /// Successes to come up.
    pub rise: u32,
    /// Failures to go down.
    pub fall: u32,
    /// `port`.
    pub port: Option<u16>,
    /// `addr`.
    pub addr: Option<net::Endpoint>,
    /// `check-send-proxy`: checks begin with a PROXY protocol header, wherever they go.
    pub sends_proxy: bool,
    /// `check-via-socks4`: checks go through the server's SOCKS proxy.
    pub via_socks4: bool,
    /// `check-reuse-pool`: checks use connections that requests left, and leave theirs to requests.
    pub reuses_pool: bool,
    /// `check-pool-conn-name`: which of them.
    pub pool_conn_name: Option<Box<[u8]>>,
    /// `observe`.
    pub observe: Option<Observe>,
    /// `error-limit`.
    pub error_limit: u32,
    /// `on-error`.
    pub on_error: ObservedError,
    /// `healthcheck`: the script of a section, in place of the proxy's.
    pub script: Option<std::sync::Arc<super::CheckScript>>,
}

impl Default for CheckConfig {
    fn default() -> Self {
        CheckConfig {
            inter: Duration::from_secs(2),
            fastinter: None,
            downinter: None,
            rise: 2,
            fall: 3,
            port: None,
            addr: None,
            sends_proxy: false,
            via_socks4: false,
            reuses_pool: false,
            pool_conn_name: None,
            observe: None,
            error_limit: 10,
            on_error: ObservedError::default(),
            script: None,
        }
    }
}

/// What `default-server` lines said in the end: what servers that come later may begin with.
#[derive(Debug, Clone, Default)]
pub struct DefaultServers {
    /// Without a name, if they said anything.
    pub unnamed: Option<Box<ServerConfig>>,
    /// With `name`, in the order of the file.
    pub named: Vec<(Box<[u8]>, ServerConfig)>,
}

/// One server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Its place among its proxy's servers.
    pub id: ServerId,
    /// Its numeric id; 0 until assigned.
    pub puid: u32,
    /// Its name.
    pub name: Box<str>,
    /// Its place in its file.
    pub span: diag::Span,
    /// Where it is.
    pub address: ServerAddress,
    /// Whether the port is the client's destination port plus `port` (`:+N`, `:-N`, or no port).
    pub port_offset: Option<i32>,
    /// `init-addr`.
    pub init_addr: Vec<InitAddr>,
    /// `resolvers` and its relatives.
    pub resolvers: super::ServerResolvers,
    /// `weight`.
    pub weight: u32,
    /// `backup`.
    pub role: Role,
    /// `disabled`.
    pub is_disabled: bool,
    /// `cookie`.
    pub cookie: Option<Box<[u8]>>,
    /// `redir`.
    pub redir: Option<Box<[u8]>>,
    /// `maxconn`, 0: no limit.
    pub maxconn: u32,
    /// `strict-maxconn`: it limits connections, idle ones too, and not requests alone.
    pub is_maxconn_strict: bool,
    /// `minconn`.
    pub minconn: u32,
    /// `maxqueue`.
    pub maxqueue: u32,
    /// `slowstart`.
    pub slowstart: Option<Duration>,
    /// `guid`.
    pub guid: Option<Box<str>>,
    /// `hash-key`.
    pub hash_key: HashKeyFrom,
    /// `check` with its parameters.
    pub check: Option<CheckConfig>,
    /// Check parameters as given, for `default-server` lines that come before `check`.
    pub check_params: CheckConfig,
    /// `on-marked-down`.
    pub on_marked_down: OnMarkedDown,
    /// `pool-max-conn`: idle connections kept, -1: no limit.
    pub pool_max_conn: i32,
    /// `pool-low-conn`.
    pub pool_low_conn: u32,
    /// `pool-purge-delay`.
    pub pool_purge_delay: Duration,
    /// `source`, `tcp-ut` and other socket options.
    pub connect: net::ConnectOptions,
    /// `non-stick`.
    pub is_non_stick: bool,
    /// `send-proxy`, `send-proxy-v2` and their relatives.
    pub send_proxy: super::SendProxy,
    /// Whether it gets datagrams, in a log backend.
    pub is_datagram: bool,
    /// `log-proto`, for servers of rings and of log backends.
    pub log_proto: logs::LogProto,
    /// `log-bufsize`: the size of the ring in front of a server of a log backend, in bytes.
    pub log_ring_bytes: usize,
    /// `usesrc` of `source`.
    pub usesrc: Option<super::UseSrc>,
    /// The first and the last of the ports of `source`, where it names several.
    pub source_ports: Option<(u16, u16)>,
    /// `namespace`.
    pub namespace: Option<ServerNamespace>,
    /// `socks4`: the proxy that connections go through.
    pub socks4: Option<std::net::SocketAddr>,
    /// `pool-conn-name`: what must be alike for a request to use an idle connection.
    pub pool_conn_name: Option<std::sync::Arc<sample::Expr>>,
    /// Words of TLS.
    pub tls: super::ServerTls,
    /// `agent-check` and its relatives.
    pub agent: AgentConfig,
    /// `on-marked-up shutdown-backup-sessions`.
    pub ends_backup_sessions: bool,
    /// `init-state`.
    pub init_state: InitState,
    /// `track`: the proxy and server whose state is followed.
    pub track: Option<(base::ProxyId, ServerId)>,
    /// Words understood later (TLS and its relatives) that make a start refuse this line.
    pub unsupported: Vec<Box<str>>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let nowhere = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
        ServerConfig {
            id: ServerId(0),
            puid: 0,
            name: Box::default(),
            span: diag::Span::line(diag::FileId(0), 0),
            address: ServerAddress::Endpoint(net::Endpoint::Inet(nowhere)),
            port_offset: None,
            init_addr: Vec::new(),
            resolvers: super::ServerResolvers::default(),
            weight: 1,
            role: Role::Active,
            is_disabled: false,
            cookie: None,
            redir: None,
            maxconn: 0,
            is_maxconn_strict: false,
            minconn: 0,
            maxqueue: 0,
            slowstart: None,
            guid: None,
            hash_key: HashKeyFrom::Id,
            check: None,
            check_params: CheckConfig::default(),
            on_marked_down: OnMarkedDown::default(),
            pool_max_conn: -1,
            pool_low_conn: 0,
            pool_purge_delay: Duration::from_secs(5),
            connect: net::ConnectOptions::default(),
            is_non_stick: false,
            send_proxy: super::SendProxy::default(),
            is_datagram: false,
            log_proto: logs::LogProto::default(),
            log_ring_bytes: logs::RING_BYTES_DEFAULT,
            usesrc: None,
            source_ports: None,
            namespace: None,
            socks4: None,
            pool_conn_name: None,
            tls: super::ServerTls::default(),
            agent: AgentConfig::default(),
            ends_backup_sessions: false,
            init_state: InitState::default(),
            track: None,
            unsupported: Vec::new(),
        }
    }
}
