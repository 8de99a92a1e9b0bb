//! One check: connect, shake hands where TLS is checked, and ask if there is something to ask.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use base::clock::{self, Millis};
use config::model::CheckKind;
use net::timer::Timer;
use net::{Conn, Endpoint, Particulars};
use sample::conn_error::ConnError;
use state::check::{CheckReport, CheckStatus};
use tls::Transport;

use super::task::Checker;
use super::{hello, http};
use crate::route;
use crate::send_proxy::ProxyHeader;
use crate::socks4;

/// How a check went wrong below the checked protocol.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The system said so.
    Io(io::Error),
    /// The time was over.
    Timeout,
}

/// A check's clock: one deadline, which moves when the connection stands.
pub(super) struct Deadline {
    timer: Timer,
}

impl Deadline {
    fn new(at: Millis) -> Self {
        let mut timer = Timer::new();
        timer.set(at);
        Deadline { timer }
    }

    /// Waits for `poll`, at most until the deadline.
    pub(super) async fn limit<T>(
        &mut self,
        mut poll: impl FnMut(&mut std::task::Context<'_>) -> Poll<io::Result<T>>,
    ) -> Result<T, Trouble> {
        poll_fn(|cx| {
            if let Poll::Ready(result) = poll(cx) {
                return Poll::Ready(result.map_err(Trouble::Io));
            }
            self.timer.poll(cx).map(|()| Err(Trouble::Timeout))
        })
        .await
    }
}

/// Makes one check.
pub(super) async fn run(checker: &Checker) -> CheckReport {
    let began = clock::now();
    let report = attempt(checker, began).await;
    CheckReport { duration_ms: Some(clock::now().since(began)), ..report }
}

async fn attempt(checker: &Checker, began: Millis) -> CheckReport {
    let Some(endpoint) = destination(checker) else {
        return CheckReport::new(CheckStatus::SocketError);
    };
    let mut deadline = Deadline::new(connect_deadline(checker, began));
    let socks4 = socks_proxy(checker);
    let to = socks4.map(Endpoint::Inet);
    // The address of a client is not that of a check, but the server's `source` is; its port, out of a range, is free
    // again when the check is over.
    let started = route::start(&checker.server, to.as_ref().unwrap_or(&endpoint), Particulars::default());
    let (mut connecting, _lease) = match started {
        Ok(started) => started,
        Err(unstarted) => return connect_failed(&unstarted.into_io(), Attempt::Immediate),
    };
    let conn = match deadline.limit(|cx| connecting.poll(cx)).await {
        Ok(conn) => conn,
        Err(Trouble::Timeout) => return CheckReport::new(CheckStatus::L4Timeout),
        Err(Trouble::Io(error)) => return connect_failed(&error, Attempt::Awaited),
    };
    let introduced = match socks4 {
        None => introduce(checker, conn, &mut deadline).await,
        Some(_) => match through_socks(conn, &endpoint, &mut deadline).await {
            Ok(conn) => introduce(checker, conn, &mut deadline).await,
            Err(trouble) => Err(trouble),
        },
    };
    let conn = match introduced {
        Ok(conn) => conn,
        Err(Trouble::Timeout) => return CheckReport::new(CheckStatus::L4Timeout),
        Err(Trouble::Io(error)) => return connect_failed(&error, Attempt::Awaited),
    };
    let mut conn = match &checker.tls {
        None => Transport::Plain(conn),
        Some(tls) => match tls.handshake(conn, endpoint.inet().map(|to| to.ip()), &mut deadline).await {
            Ok(stream) => Transport::Tls(stream),
            Err(report) => return report,
        },
    };
    if let Some(timeout) = checker.proxy().timeouts.check {
        deadline.timer.set(clock::now().plus(timeout));
    }
    let report = match &checker.proxy().check {
        CheckKind::Http(check) => http::ask(checker, check, &mut conn, &mut deadline).await,
        CheckKind::SslHello => hello::ask(&mut conn, &mut deadline).await,
        CheckKind::Tcp | CheckKind::Later(_) if conn.is_tls() => CheckReport::new(CheckStatus::L6Ok),
        CheckKind::Tcp | CheckKind::Later(_) => CheckReport::new(CheckStatus::L4Ok),
    };
    // A check leaves nothing behind, neither at the server nor in TIME_WAIT here.
    let _ = conn.set_linger_zero();
    report
}

/// The proxy that checks go through (`check-via-socks4`).
fn socks_proxy(checker: &Checker) -> Option<std::net::SocketAddr> {
    checker.server.route.as_ref()?.socks4.filter(|_| checker.config().via_socks4)
}

/// Asks the SOCKS proxy for a connection to `to`.
async fn through_socks(mut conn: Conn, to: &Endpoint, deadline: &mut Deadline) -> Result<Conn, Trouble> {
    let refused = |text: &str| Trouble::Io(io::Error::other(text.to_owned()));
    let request = to.inet().and_then(socks4::request);
    let request = request.ok_or_else(|| refused("SOCKS4 Proxy cannot name the server's address"))?;
    let mut rest = &request[..];
    while !rest.is_empty() {
        let sent = deadline.limit(|cx| conn.poll_write(cx, rest)).await?;
        rest = &rest[sent..];
    }
    let mut answer = [0; socks4::ANSWER_BYTES];
    let mut got = 0;
    while got < answer.len() {
        match deadline.limit(|cx| conn.poll_read(cx, &mut answer[got..])).await? {
            0 => return Err(refused(ConnError::Socks4Recv.text())),
            n => got += n,
        }
    }
    if socks4::is_granted(&answer) { Ok(conn) } else { Err(refused(ConnError::Socks4Deny.text())) }
}

/// Sends the PROXY protocol header where one is due: with `check-send-proxy`, and where sessions send one to the address
/// that is checked.
async fn introduce(checker: &Checker, mut conn: Conn, deadline: &mut Deadline) -> Result<Conn, Trouble> {
    let check = checker.config();
    let is_own = check.addr.is_none() && check.port.is_none();
    let header = match &checker.server.proxy_header {
        Some(header) if is_own || check.sends_proxy => header,
        None if check.sends_proxy => &ProxyHeader::V1,
        Some(_) | None => return Ok(conn),
    };
    let end = |endpoint: io::Result<Endpoint>| endpoint.ok().and_then(|endpoint| endpoint.inet());
    let mut bytes = Vec::new();
    header.push_own(end(conn.local()).zip(end(conn.peer())), &mut bytes);
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let sent = deadline.limit(|cx| conn.poll_write(cx, rest)).await?;
        rest = &rest[sent..];
    }
    Ok(conn)
}

/// Sends all of it.
pub(super) async fn send(conn: &mut Transport, deadline: &mut Deadline, bytes: &[u8]) -> Result<(), Trouble> {
    let mut sent = 0;
    while sent < bytes.len() {
        sent += deadline.limit(|cx| conn.poll_write(cx, &bytes[sent..])).await?;
    }
    Ok(())
}

/// `timeout connect` bounds the connection only where `timeout check` bounds the rest; alone it may be too short for a
/// whole check.
fn connect_deadline(checker: &Checker, began: Millis) -> Millis {
    let timeouts = &checker.proxy().timeouts;
    let whole = began.plus(checker.config().inter);
    match (timeouts.check, timeouts.connect) {
        (Some(_), Some(connect)) => whole.min(began.plus(connect)),
        (None, _) | (_, None) => whole,
    }
}

/// Where the check goes: `addr` and `port`, else the server's own; `None` when no port is known.
fn destination(checker: &Checker) -> Option<Endpoint> {
    let check = checker.config();
    let own = checker.server.state.endpoint();
    let mut endpoint = check.addr.clone().unwrap_or_else(|| Endpoint::clone(&own));
    if let Endpoint::Inet(addr) = &mut endpoint {
        let own_port =
            own.inet().filter(|_| checker.server.port_offset.is_none()).map_or(0, |own| own.port());
        let is_own = check.addr.is_none();
        let given = if is_own { own_port } else { addr.port() };
        let port = check.port.filter(|port| *port > 0).unwrap_or(if given > 0 { given } else { own_port });
        if port == 0 {
            return None;
        }
        addr.set_port(port);
    }
    Some(endpoint)
}

/// When a connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// With the first system call.
    Immediate,
    /// While it was awaited.
    Awaited,
}

fn connect_failed(error: &io::Error, attempt: Attempt) -> CheckReport {
    let is_ours = matches!(
        error.kind(),
        io::ErrorKind::AddrInUse
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::InvalidInput
    ) || matches!(error.raw_os_error(), Some(libc_codes::ENFILE | libc_codes::EMFILE));
    let status = if attempt == Attempt::Immediate && is_ours {
        CheckStatus::SocketError
    } else {
        CheckStatus::L4Connection
    };
    CheckReport::new(status).describe(describe(error))
}

/// What the system said, in the words that HAProxy finds for it.
pub(super) fn describe(error: &io::Error) -> String {
    let said = error.to_string();
    // The standard library adds the number, which the words already stand for.
    let words = said.split(" (os error").next().unwrap_or_default();
    match error.raw_os_error().and_then(libc_codes::name) {
        Some(name) => format!("{name} returned by OS ({words})"),
        None => format!("General socket error ({words})"),
    }
}

/// Linux's numbers for the errors that a connection meets.
mod libc_codes {
    pub(super) const ENFILE: i32 = 23;
    pub(super) const EMFILE: i32 = 24;

    /// The name that logs show; host and network unreachable share one.
    pub(super) fn name(errno: i32) -> Option<&'static str> {
        Some(match errno {
            9 => "EBADF",
            12 => "ENOMEM",
            14 => "EFAULT",
            22 => "EINVAL",
            32 => "EPIPE",
            101 | 113 => "ENETUNREACH",
            104 => "ECONNRESET",
            105 => "ENOBUFS",
            107 => "ENCONN",
            111 => "ECONNREFUSED",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_names() {
        let said = |errno| describe(&io::Error::from_raw_os_error(errno));
        assert_eq!(said(111), "ECONNREFUSED returned by OS (Connection refused)");
        assert_eq!(said(113), "ENETUNREACH returned by OS (No route to host)");
        assert_eq!(said(110), "General socket error (Connection timed out)");
    }
}
