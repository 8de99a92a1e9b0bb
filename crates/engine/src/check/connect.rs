//! The connection of a check: where it goes, through what, and what its failure is called.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;

use base::clock::Millis;
use config::model::{CheckConnect, CheckPort};
use net::timer::Timer;
use net::{Conn, Endpoint, Particulars, PortLease};
use sample::conn_error::ConnError;
use state::check::{CheckPlace, CheckStatus};
use tls::Transport;

use super::task::{Asked, Checker};
use crate::route;
use crate::send_proxy::{Local, ProxyHeader};
use crate::socks4;

/// How a check went wrong below the checked protocol.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The system said so.
    Io(io::Error),
    /// The system did not even try.
    Unstarted(io::Error),
    /// The time was over.
    Timeout,
    /// It has words of its own.
    Said(&'static str),
    /// There are no words for it.
    Nameless,
}

impl Trouble {
    /// What is told of it; empty where there is nothing to tell.
    pub(super) fn text(&self) -> String {
        match self {
            Trouble::Io(error) => describe(error),
            Trouble::Unstarted(error) => format!("General socket error ({})", words(error)),
            Trouble::Said(text) => (*text).to_owned(),
            Trouble::Timeout | Trouble::Nameless => String::new(),
        }
    }
}

/// A check's clock: one deadline, which moves from step to step.
pub(super) struct Deadline {
    timer: Timer,
}

impl Deadline {
    pub(super) fn new(at: Millis) -> Self {
        let mut timer = Timer::new();
        timer.set(at);
        Deadline { timer }
    }

    /// Moves it.
    pub(super) fn set(&mut self, at: Millis) {
        self.timer.set(at);
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

/// A connection that stands, before TLS.
pub(super) struct Reached {
    pub(super) conn: Conn,
    pub(super) endpoint: Endpoint,
    /// The source port, out of a range; free again when the check is over.
    pub(super) lease: Option<PortLease>,
}

/// Connects to `endpoint` as a step wants it, and says what is due before anything else.
pub(super) async fn reach(
    checker: &Checker,
    connect: &CheckConnect,
    endpoint: Endpoint,
    deadline: &mut Deadline,
) -> Result<Reached, (CheckStatus, Trouble)> {
    let socks4 = socks_proxy(checker, connect);
    let to = socks4.map(Endpoint::Inet);
    // The address of a client is not that of a check, but the server's `source` is.
    let started = route::start(&checker.server, to.as_ref().unwrap_or(&endpoint), Particulars::default());
    let (mut connecting, lease) = match started {
        Ok(started) => started,
        Err(unstarted) => return Err(failed(Trouble::Unstarted(unstarted.into_io()))),
    };
    let mut conn = deadline.limit(|cx| connecting.poll(cx)).await.map_err(failed)?;
    if socks4.is_some() {
        conn = through_socks(conn, &endpoint, deadline).await.map_err(failed)?;
    }
    let conn = introduce(checker, connect, conn, deadline).await.map_err(failed)?;
    Ok(Reached { conn, endpoint, lease })
}

/// The proxy that checks go through (`check-via-socks4`, `via-socks4`).
fn socks_proxy(checker: &Checker, connect: &CheckConnect) -> Option<SocketAddr> {
    let is_wanted = connect.via_socks4 || connect.is_default && checker.config.via_socks4;
    checker.server.route.as_ref()?.socks4.filter(|_| is_wanted)
}

/// Asks the SOCKS proxy for a connection to `to`.
async fn through_socks(mut conn: Conn, to: &Endpoint, deadline: &mut Deadline) -> Result<Conn, Trouble> {
    let request = to.inet().and_then(socks4::request);
    let request = request.ok_or(Trouble::Said("SOCKS4 Proxy cannot name the server's address"))?;
    write(&mut conn, deadline, &request).await?;
    let mut answer = [0; socks4::ANSWER_BYTES];
    let mut got = 0;
    while got < answer.len() {
        match deadline.limit(|cx| conn.poll_read(cx, &mut answer[got..])).await? {
            0 => return Err(Trouble::Said(ConnError::Socks4Recv.text())),
            n => got += n,
        }
    }
    if socks4::is_granted(&answer) { Ok(conn) } else { Err(Trouble::Said(ConnError::Socks4Deny.text())) }
}

/// Sends the PROXY protocol header where one is due: with `check-send-proxy` or `send-proxy`, and where sessions send one
/// to the address that is checked.
async fn introduce(
    checker: &Checker,
    connect: &CheckConnect,
    mut conn: Conn,
    deadline: &mut Deadline,
) -> Result<Conn, Trouble> {
    let check = &checker.config;
    // A server that came later is checked as its line says, and not as its traffic goes.
    let is_own = checker.server.added.is_none()
        && connect.is_default
        && checker.asked == Asked::Server
        && check.addr.is_none()
        && check.port.is_none()
        && checker.state().place().is_none();
    let is_asked_for = connect.sends_proxy || connect.is_default && check.sends_proxy;
    let header = match &checker.server.proxy_header {
        Some(header) if is_own || is_asked_for => header,
        None if is_asked_for => &ProxyHeader::V1,
        Some(_) | None => return Ok(conn),
    };
    let end = |endpoint: io::Result<Endpoint>| endpoint.ok().and_then(|endpoint| endpoint.inet());
    let mut bytes = Vec::new();
    let local = if checker.shared.config.global.pp2_never_local { Local::NeverSaid } else { Local::Said };
    header.push_own(end(conn.local()).zip(end(conn.peer())), local, &mut bytes);
    write(&mut conn, deadline, &bytes).await?;
    Ok(conn)
}

async fn write(conn: &mut Conn, deadline: &mut Deadline, mut rest: &[u8]) -> Result<(), Trouble> {
    while !rest.is_empty() {
        let sent = deadline.limit(|cx| conn.poll_write(cx, rest)).await?;
        rest = &rest[sent..];
    }
    Ok(())
}

/// Sends all of it.
pub(super) async fn send(conn: &mut Transport, deadline: &mut Deadline, bytes: &[u8]) -> Result<(), Trouble> {
    let mut sent = 0;
    while sent < bytes.len() {
        sent += deadline.limit(|cx| conn.poll_write(cx, &bytes[sent..])).await?;
    }
    Ok(())
}

/// Where a step's connection goes: its own address and port, else those of checks, else the server's; `None` when no port
/// is known. `computed` is the port that an expression made.
pub(super) fn destination(
    checker: &Checker,
    connect: &CheckConnect,
    computed: Option<u16>,
) -> Option<Endpoint> {
    let changed = checker.state().place();
    let own = checker.server.state.endpoint();
    let (check_addr, check_port) = changed_place(checker, changed.as_deref());
    let of_step = connect.addr.clone();
    let mut endpoint = of_step.clone().or(check_addr.clone()).unwrap_or_else(|| Endpoint::clone(&own));
    let Endpoint::Inet(addr) = &mut endpoint else { return Some(endpoint) };
    let port_of = |endpoint: &Option<Endpoint>| endpoint.as_ref().and_then(Endpoint::inet).map(|a| a.port());
    let own_port = own.inet().filter(|_| checker.server.port_offset.is_none()).map(|own| own.port());
    let fixed = match &connect.port {
        Some(CheckPort::Fixed(port)) => Some(*port),
        Some(CheckPort::Computed(_)) | None => computed,
    };
    let candidates = [fixed, port_of(&of_step), check_port, port_of(&check_addr), own_port];
    let port = candidates.into_iter().flatten().find(|port| *port > 0)?;
    addr.set_port(port);
    Some(endpoint)
}

/// `addr` and `port` of the line, or what took their place at run time.
fn changed_place(checker: &Checker, changed: Option<&CheckPlace>) -> (Option<Endpoint>, Option<u16>) {
    let check = &checker.config;
    let port = changed.and_then(|place| place.port).or(check.port);
    let addr = match changed.and_then(|place| place.addr) {
        Some(ip) => Some(Endpoint::Inet(SocketAddr::new(ip, 0))),
        None => check.addr.clone(),
    };
    (addr, port)
}

fn failed(trouble: Trouble) -> (CheckStatus, Trouble) {
    let status = match &trouble {
        Trouble::Timeout => CheckStatus::L4Timeout,
        Trouble::Unstarted(error) if is_ours(error) => CheckStatus::SocketError,
        Trouble::Unstarted(_) | Trouble::Io(_) | Trouble::Said(_) | Trouble::Nameless => {
            CheckStatus::L4Connection
        }
    };
    (status, trouble)
}

/// Whether this machine, not the server, is at fault.
fn is_ours(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrInUse
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::InvalidInput
    ) || matches!(error.raw_os_error(), Some(libc_codes::ENFILE | libc_codes::EMFILE))
}

/// What the system said, in the words that HAProxy finds for it.
fn describe(error: &io::Error) -> String {
    let words = words(error);
    match error.raw_os_error().and_then(libc_codes::name) {
        Some(name) => format!("{name} returned by OS ({words})"),
        None => format!("General socket error ({words})"),
    }
}

/// The standard library adds the number, which the words already stand for.
fn words(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
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
