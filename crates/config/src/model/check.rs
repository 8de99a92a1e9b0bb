//! How servers with `check` are checked: a script of steps, or a program. All kinds of checks over connections are scripts,
//! those of `option redis-check` and its relatives as well as those that `tcp-check` and `http-check` lines spell out.

use std::sync::Arc;

use rules::Action;
use sample::Expr;
use sample::logformat::LogFormat;
use state::check::CheckStatus;
use state::regexp::Regex;

/// How servers with `check` are checked.
#[derive(Debug, Clone)]
pub enum CheckKind {
    /// By the steps of a script; without any but the first, by a connection.
    Script(Arc<CheckScript>),
    /// By a program (`option external-check`).
    Program(Arc<CheckProgram>),
}

impl Default for CheckKind {
    fn default() -> Self {
        CheckKind::Script(Arc::new(CheckScript::default()))
    }
}

impl CheckKind {
    /// The script, where it is one.
    #[must_use]
    pub fn script(&self) -> Option<&Arc<CheckScript>> {
        match self {
            CheckKind::Script(script) => Some(script),
            CheckKind::Program(_) => None,
        }
    }
}

/// `external-check command`, `external-check path`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckProgram {
    /// What is run.
    pub command: Box<[u8]>,
    /// Its `PATH`; empty: none was given.
    pub path: Box<[u8]>,
    /// Whether it finds the proxy's own environment as well (`external-check preserve-env`).
    pub keeps_environment: bool,
}

/// What a script speaks. Messages about failures differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CheckProtocol {
    /// Nothing: checks that no option chose, which only connect.
    #[default]
    Connection,
    /// Bytes: `option tcp-check`.
    Tcp,
    /// `option httpchk`.
    Http,
    /// One of the protocols that have an option of their own.
    Other,
}

/// The steps of a check.
#[derive(Debug)]
pub struct CheckScript {
    /// What it speaks.
    pub protocol: CheckProtocol,
    /// The steps; the first is a connection, variables aside.
    pub steps: Vec<CheckStep>,
    /// `http-check disable-on-404`.
    pub disable_on_404: bool,
    /// `http-check send-state`.
    pub send_state: bool,
}

impl Default for CheckScript {
    /// A connection and nothing else.
    fn default() -> Self {
        let connect = CheckConnect { is_default: true, is_implicit: true, ..CheckConnect::default() };
        let step = CheckStep { number: 0, comment: None, action: CheckAction::Connect(connect) };
        CheckScript {
            protocol: CheckProtocol::Connection,
            steps: vec![step],
            disable_on_404: false,
            send_state: false,
        }
    }
}

impl CheckScript {
    /// Whether a step asks for TLS by itself.
    #[must_use]
    pub fn uses_tls(&self) -> bool {
        self.connects().any(|connect| connect.uses_tls)
    }

    /// Its connections.
    pub fn connects(&self) -> impl Iterator<Item = &CheckConnect> {
        self.steps.iter().filter_map(|step| match &step.action {
            CheckAction::Connect(connect) => Some(connect),
            CheckAction::Send(_) | CheckAction::Expect(_) | CheckAction::Act(_) => None,
        })
    }

    /// The place of the last step that is no variable's.
    #[must_use]
    pub fn last_real(&self) -> Option<usize> {
        self.steps.iter().rposition(|step| !matches!(step.action, CheckAction::Act(_)))
    }
}

/// One step.
#[derive(Debug)]
pub struct CheckStep {
    /// Its number in messages; 0: the connection that no line asks for.
    pub number: u32,
    /// `comment`.
    pub comment: Option<Box<[u8]>>,
    /// What is done.
    pub action: CheckAction,
}

/// What a step does.
#[derive(Debug)]
pub enum CheckAction {
    /// `connect`.
    Connect(CheckConnect),
    /// `send` and its relatives.
    Send(CheckSend),
    /// `expect`.
    Expect(Box<CheckExpect>),
    /// `set-var`, `set-var-fmt`, `unset-var`.
    Act(Box<dyn Action>),
}

/// The port of a `connect` step.
#[derive(Debug)]
pub enum CheckPort {
    /// A number.
    Fixed(u16),
    /// Computed for each check.
    Computed(Expr),
}

/// `connect`. What it does not say is the server's address and port, in clear.
#[derive(Debug, Default)]
pub struct CheckConnect {
    /// `addr`, with a port or 0.
    pub addr: Option<net::Endpoint>,
    /// `port`.
    pub port: Option<CheckPort>,
    /// `default`: what the server's line says of TLS, PROXY headers and SOCKS holds.
    pub is_default: bool,
    /// Whether no line asks for it.
    pub is_implicit: bool,
    /// `ssl`.
    pub uses_tls: bool,
    /// `sni`.
    pub sni: Option<Box<str>>,
    /// `alpn`.
    pub alpn: Option<Vec<Box<[u8]>>>,
    /// `send-proxy`.
    pub sends_proxy: bool,
    /// `via-socks4`.
    pub via_socks4: bool,
    /// `linger`: the connection is closed in good order.
    pub lingers: bool,
}

/// `send`.
#[derive(Debug)]
pub enum CheckSend {
    /// `send`, `send-binary`.
    Bytes(Box<[u8]>),
    /// `send-lf`.
    Format(LogFormat),
    /// `send-binary-lf`: hexadecimal digits.
    HexFormat(LogFormat),
    /// The first message of an SSL 3.0 handshake.
    SslHello,
    /// What an agent is sent first, if anything.
    AgentText,
    /// `http-check send`.
    Http(Box<HttpCheckRequest>),
}

/// Text that is fixed or made for each check.
#[derive(Debug)]
pub enum CheckText {
    /// Fixed.
    Fixed(Box<[u8]>),
    /// Made for each check.
    Format(LogFormat),
}

impl CheckText {
    /// A format is kept as text where nothing in it changes.
    #[must_use]
    pub fn of(format: LogFormat) -> CheckText {
        match format.is_constant() {
            Some(text) => CheckText::Fixed(text.into()),
            None => CheckText::Format(format),
        }
    }
}

/// A request; what it leaves out is `OPTIONS / HTTP/1.0`.
#[derive(Debug, Default)]
pub struct HttpCheckRequest {
    /// `meth`.
    pub method: Option<Box<[u8]>>,
    /// `uri`, `uri-lf`.
    pub uri: Option<CheckText>,
    /// `ver`, with what old files append to it (`HTTP/1.0\r\nHost: x`).
    pub version: Option<Box<[u8]>>,
    /// `hdr`.
    pub headers: Vec<(Box<[u8]>, CheckText)>,
    /// `body`, `body-lf`.
    pub body: Option<CheckText>,
}

/// `expect`.
#[derive(Debug)]
pub struct CheckExpect {
    /// What is looked for.
    pub pattern: CheckPattern,
    /// `!`: it must not be there.
    pub is_negated: bool,
    /// `min-recv`; `None`: more is waited for as long as nothing matches.
    pub min_recv: Option<u32>,
    /// `ok-status`.
    pub ok_status: Option<CheckStatus>,
    /// `error-status`.
    pub error_status: Option<CheckStatus>,
    /// `tout-status`.
    pub timeout_status: Option<CheckStatus>,
    /// `on-success`.
    pub on_success: Option<LogFormat>,
    /// `on-error`.
    pub on_error: Option<LogFormat>,
    /// `status-code`.
    pub status_code: Option<Expr>,
    /// The place of the step that is gone on with when more has come: the first of those before it that must not match.
    pub head: usize,
}

impl CheckExpect {
    /// A pattern and nothing else.
    #[must_use]
    pub fn new(pattern: CheckPattern) -> CheckExpect {
        CheckExpect {
            pattern,
            is_negated: false,
            min_recv: None,
            ok_status: None,
            error_status: None,
            timeout_status: None,
            on_success: None,
            on_error: None,
            status_code: None,
            head: 0,
        }
    }
}

/// What an answer is searched for: its bytes, or in HTTP its head or body.
#[derive(Debug)]
pub enum CheckPattern {
    /// `string`.
    Text(Box<[u8]>),
    /// `binary`.
    Binary(Box<[u8]>),
    /// `rstring`.
    Regex(Regex),
    /// `rbinary`: matches the hexadecimal digits of what came.
    BinaryRegex(Regex),
    /// `string-lf`.
    TextFormat(LogFormat),
    /// `binary-lf`: hexadecimal digits.
    BinaryFormat(LogFormat),
    /// `status`: ranges.
    Status(Vec<(u16, u16)>),
    /// `rstatus`.
    StatusRegex(Regex),
    /// `hdr`, `fhdr`.
    Header(Box<CheckHeader>),
    /// What only code of its own understands.
    Custom(CheckCustom),
}

/// `hdr`, `fhdr`.
#[derive(Debug)]
pub struct CheckHeader {
    /// Compared without case.
    pub name: CheckMatch,
    /// `None`: its being there is enough.
    pub value: Option<CheckMatch>,
    /// `fhdr`: values are not taken apart at commas.
    pub is_full: bool,
}

/// `-m`: how a name or a value is compared.
#[derive(Debug)]
pub enum CheckMatch {
    /// `str`.
    Exact(CheckText),
    /// `beg`.
    Begins(CheckText),
    /// `end`.
    Ends(CheckText),
    /// `sub`.
    Contains(CheckText),
    /// `reg`.
    Regex(Regex),
}

/// Answers that only code of its own understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckCustom {
    /// `custom`: anything at all.
    Anything,
    /// The first packet of a MySQL server.
    MysqlGreeting,
    /// Its answer to a login.
    MysqlLogin,
    /// An LDAP server's answer to a bind.
    LdapBind,
    /// An SPOE agent's hello.
    SpopHello,
    /// An agent's line.
    Agent,
}
