//! What most lines consist of, numbers and names without flags, as functions that the compiled format calls itself.

use state::proxy::Mode;

use super::encode::up_to_nul;
use super::timers;
use super::variable::{Count, Text, Timer, Variable};
use crate::fetches::tls;
use crate::fetches::tls::agreed::{cipher_name, version_name};
use crate::txn::{LogFacts, Txn};

/// Reads a number.
pub(super) type Number = fn(&Txn) -> i64;
/// Reads a name.
pub(super) type Name = fn(&Txn) -> &[u8];

/// When a `+` before a number says that there is more to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    Never,
    /// The line is written before the exchange is over.
    Early,
    /// Another server was tried.
    Redispatched,
}

impl Hint {
    #[inline]
    pub(super) fn is_due(self, log: &LogFacts) -> bool {
        match self {
            Hint::Never => false,
            Hint::Early => log.is_early,
            Hint::Redispatched => log.is_redispatched,
        }
    }
}

/// The number that `variable` is, if it is one.
pub(super) fn number(variable: Variable) -> Option<(Number, Hint)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "two kinds of variables are plain numbers")]
    match variable {
        Variable::Timer(timer) => Some(of_timer(timer)),
        Variable::Count(count) => Some(of_count(count)),
        _ => None,
    }
}

fn of_timer(timer: Timer) -> (Number, Hint) {
    match timer {
        Timer::Handshake => (|txn| timers::handshake(&txn.times), Hint::Never),
        Timer::Idle => (|txn| timers::idle(&txn.times), Hint::Never),
        Timer::Head => (|txn| timers::head(&txn.times), Hint::Never),
        Timer::Request => (|txn| timers::request(&txn.times), Hint::Never),
        Timer::Queue => (|txn| timers::queue(&txn.times), Hint::Never),
        Timer::Connect => (|txn| timers::connect(&txn.times), Hint::Never),
        Timer::Response => (|txn| timers::response(&txn.times), Hint::Never),
        Timer::Data => (timers::data, Hint::Never),
        Timer::Active => (|txn| timers::active(&txn.times), Hint::Early),
        Timer::Total => (|txn| timers::total(&txn.times), Hint::Early),
        Timer::User => (|txn| timers::user(&txn.times), Hint::Early),
    }
}

fn of_count(count: Count) -> (Number, Hint) {
    match count {
        Count::Status => (status, Hint::Never),
        Count::BytesToClient => (|txn| wide(txn.log.bytes_out), Hint::Early),
        Count::BytesFromClient => (|txn| wide(txn.log.bytes_in), Hint::Never),
        Count::ProcessConnections => (|txn| i64::from(txn.log.connections[0]), Hint::Never),
        Count::FrontendConnections => (|txn| i64::from(txn.log.connections[1]), Hint::Never),
        Count::BackendConnections => (|txn| i64::from(txn.log.connections[2]), Hint::Never),
        Count::ServerConnections => (|txn| i64::from(txn.log.connections[3]), Hint::Never),
        Count::Retries => (|txn| i64::from(txn.log.retries), Hint::Redispatched),
        Count::ServerQueue => (|txn| i64::from(txn.log.server_queue), Hint::Never),
        Count::BackendQueue => (|txn| i64::from(txn.log.backend_queue), Hint::Never),
    }
}

/// In HTTP mode -1 stands for no status.
fn status(txn: &Txn) -> i64 {
    match txn.log.status {
        0 if txn.frontend.mode == Mode::Http => -1,
        status => i64::from(status),
    }
}

fn wide(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The name that `variable` is, if it is one that holds no NUL and is in one piece.
pub(super) fn name(variable: Variable) -> Option<Name> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are names in one piece")]
    match variable {
        Variable::Text(Text::Frontend) => Some(|txn| txn.frontend.name.as_bytes()),
        Variable::Text(Text::Backend) => Some(|txn| txn.backend.name.as_bytes()),
        Variable::Text(Text::Server) => Some(server),
        Variable::Text(Text::RequestCookie) => Some(|txn| cookie(txn.log.request_cookie.as_deref())),
        Variable::Text(Text::ResponseCookie) => Some(|txn| cookie(txn.log.response_cookie.as_deref())),
        Variable::Text(Text::Hostname) => Some(|txn| txn.runtime.process.hostname.as_bytes()),
        Variable::Text(Text::Origin) => Some(|txn| txn.log.origin.unwrap_or("unspec").as_bytes()),
        Variable::Text(Text::Cipher) => {
            Some(|txn| tls::client(txn).map_or(b"", |facts| cipher_name(facts).as_bytes()))
        }
        Variable::Text(Text::TlsVersion) => {
            Some(|txn| tls::client(txn).map_or(b"", |facts| version_name(facts).as_bytes()))
        }
        _ => None,
    }
}

/// The server's name, or what stands for it.
fn server(txn: &Txn) -> &[u8] {
    match &txn.server {
        Some(server) => server.name.as_bytes(),
        None => txn.log.service.unwrap_or("<NOSRV>").as_bytes(),
    }
}

fn cookie(captured: Option<&[u8]>) -> &[u8] {
    captured.map(up_to_nul).unwrap_or_default()
}
