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
    /// Its place in its file.
    pub span: diag::Span,
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
