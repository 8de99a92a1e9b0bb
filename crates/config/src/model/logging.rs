//! Logs: targets, formats, rings.

use sample::logformat::LogFormat;

/// Where a `log` line sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// UDP.
    Udp(std::net::SocketAddr),
    /// UDP to a host whose name is resolved at start.
    UdpName {
        /// The host's name.
        host: Box<str>,
        /// The port.
        port: u16,
    },
    /// A UNIX datagram socket.
    Unix(Vec<u8>),
    /// An abstract UNIX datagram socket.
    Abstract(Vec<u8>),
    /// A descriptor (`fd@N`, `stdout`, `stderr`).
    Fd(i32),
    /// A `ring` section.
    Ring(Box<str>),
    /// A `backend` in mode log.
    Backend(Box<str>),
}

/// One `log` line.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// Where to.
    pub target: LogTarget,
    /// Facility.
    pub facility: logs::Facility,
    /// The least severe level that is sent.
    pub level_max: logs::Level,
    /// More severe messages are sent as this.
    pub level_min: logs::Level,
    /// Header format; `None`: the target's own default.
    pub format: Option<logs::Format>,
    /// `len`.
    pub bytes_max: usize,
    /// `sample RANGES:SIZE`, as text that `logs` understands.
    pub sample: Option<logs::Sample>,
    /// Whether messages go over a connection to the target, an address then; else each is a datagram.
    pub is_stream: bool,
    /// `profile`: the number of the section among all `log-profile` sections.
    pub profile: Option<usize>,
    /// Its place in its file.
    pub span: diag::Span,
}

/// Where a line is written from, in the course of a session or an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOrigin {
    /// A request was no HTTP, or never complete.
    SessionError,
    /// A connection ended before its session began.
    SessionKilled,
    /// A stream begins.
    Accept,
    /// The request is known.
    Request,
    /// The connection to the server stands.
    Connect,
    /// The response is known.
    Response,
    /// The exchange is over.
    Close,
    /// `do-log` in `tcp-request connection`.
    TcpReqConn,
    /// `do-log` in `tcp-request session`.
    TcpReqSess,
    /// `do-log` in `tcp-request content`.
    TcpReqCont,
    /// `do-log` in `tcp-response content`.
    TcpResCont,
    /// `do-log` in `http-request`.
    HttpReq,
    /// `do-log` in `http-response`.
    HttpRes,
    /// `do-log` in `http-after-response`.
    HttpAfterRes,
    /// `do-log` in `quic-initial`.
    QuicInit,
}

impl LogOrigin {
    /// The steps of an exchange.
    pub const STEPS: [LogOrigin; 5] =
        [LogOrigin::Accept, LogOrigin::Request, LogOrigin::Connect, LogOrigin::Response, LogOrigin::Close];
    /// The rulesets.
    pub const RULESETS: [LogOrigin; 8] = [
        LogOrigin::TcpReqConn,
        LogOrigin::TcpReqSess,
        LogOrigin::TcpReqCont,
        LogOrigin::TcpResCont,
        LogOrigin::HttpReq,
        LogOrigin::HttpRes,
        LogOrigin::HttpAfterRes,
        LogOrigin::QuicInit,
    ];

    /// As `%OG` shows it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            LogOrigin::SessionError => "sess_error",
            LogOrigin::SessionKilled => "sess_killed",
            LogOrigin::Accept => "txn_accept",
            LogOrigin::Request => "txn_request",
            LogOrigin::Connect => "txn_connect",
            LogOrigin::Response => "txn_response",
            LogOrigin::Close => "txn_close",
            LogOrigin::TcpReqConn => "tcp-req-conn",
            LogOrigin::TcpReqSess => "tcp-req-sess",
            LogOrigin::TcpReqCont => "tcp-req-cont",
            LogOrigin::TcpResCont => "tcp-res-cont",
            LogOrigin::HttpReq => "http-req",
            LogOrigin::HttpRes => "http-res",
            LogOrigin::HttpAfterRes => "http-after-res",
            LogOrigin::QuicInit => "quic-init",
        }
    }

    /// As `on` of a profile and `log-steps` name it; errors have no name of their own there.
    #[must_use]
    pub fn step(self) -> &'static str {
        let text = self.text();
        text.strip_prefix("txn_").unwrap_or(text)
    }
}

/// The steps at which a frontend writes lines (`log-steps`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogSteps(u16);

impl LogSteps {
    /// The same, and `origin` too.
    #[must_use]
    pub fn with(self, origin: LogOrigin) -> Self {
        LogSteps(self.0 | 1 << origin as u16)
    }

    /// Whether a line is written there.
    #[must_use]
    pub fn has(self, origin: LogOrigin) -> bool {
        self.0 & 1 << origin as u16 != 0
    }
}

/// A `log-profile` section.
#[derive(Debug)]
pub struct LogProfile {
    /// Its name.
    pub name: Box<str>,
    /// `log-tag`.
    pub tag: Option<Box<[u8]>>,
    /// `on`: what becomes of lines, by where they are written from.
    pub steps: Vec<(ProfileKey, ProfileStep)>,
}

/// What a line of a `log-profile` section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileKey {
    /// Lines that are written there.
    At(LogOrigin),
    /// Lines about sessions that failed.
    Error,
    /// All others.
    Any,
}

/// What becomes of a line.
#[derive(Debug, Default)]
pub struct ProfileStep {
    /// It is not sent.
    pub is_dropped: bool,
    /// What it says instead.
    pub format: Option<LogFormat>,
    /// Its structured data instead.
    pub sd: Option<LogFormat>,
}

impl LogProfile {
    /// What becomes of a line from `origin`; `None`: it stays as it is.
    #[must_use]
    pub fn step(&self, origin: LogOrigin) -> Option<&ProfileStep> {
        let is_error = matches!(origin, LogOrigin::SessionError | LogOrigin::SessionKilled);
        let wanted = if is_error { ProfileKey::Error } else { ProfileKey::At(origin) };
        let find = |key| self.steps.iter().find(|(known, _)| *known == key).map(|(_, step)| step);
        find(wanted).or_else(|| find(ProfileKey::Any))
    }

    /// The step of a line of the section, made if there is none yet.
    pub(crate) fn step_mut(&mut self, key: ProfileKey) -> &mut ProfileStep {
        let at = self.steps.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            self.steps.push((key, ProfileStep::default()));
            self.steps.len() - 1
        });
        &mut self.steps[at].1
    }
}

/// How a finished exchange is logged.
#[derive(Debug, Default)]
pub enum FormatChoice {
    /// The short default line of a proxy without a format.
    #[default]
    Plain,
    /// `option tcplog`.
    Tcp(LogFormat),
    /// `option httplog`.
    Http(LogFormat),
    /// `option httplog clf`.
    Clf(LogFormat),
    /// `log-format`.
    Custom(LogFormat),
}

impl FormatChoice {
    /// The format, `None` for the short line.
    #[must_use]
    pub fn format(&self) -> Option<&LogFormat> {
        match self {
            FormatChoice::Plain => None,
            FormatChoice::Tcp(f) | FormatChoice::Http(f) | FormatChoice::Clf(f) | FormatChoice::Custom(f) => {
                Some(f)
            }
        }
    }
}

/// A `ring` section.
#[derive(Debug)]
pub struct RingConfig {
    /// Its name.
    pub name: Box<str>,
    /// `description`.
    pub description: Option<Box<str>>,
    /// `format`.
    pub format: logs::Format,
    /// `maxlen`.
    pub bytes_max: Option<usize>,
    /// `size`.
    pub size: usize,
    /// Its servers, which get its messages, and its timeouts. No other part of it counts.
    pub proxy: super::ProxyConfig,
}

/// A `log-forward` section.
#[derive(Debug)]
pub struct LogForward {
    /// Its `bind` and `log` lines, `maxconn`, `backlog` and timeout. No other part of it counts.
    pub proxy: super::ProxyConfig,
    /// `dgram-bind`: addresses of UDP.
    pub datagrams: Vec<super::Bind>,
    /// `option host`.
    pub host: logs::HostPolicy,
    /// `option assume-rfc6587-ntf`.
    pub framing: logs::Framing,
    /// Whether messages are taken apart; not under `option dont-parse-log`.
    pub is_parsed: bool,
}
