//! Checks under TLS: whether one is, which names it tells, and what a handshake that fails is called (chapter 5.2,
//! "check-ssl", "check-sni", "check-sni-auto", "check-alpn").

use std::net::IpAddr;
use std::sync::Arc;

use ::tls::Slot;
use ::tls::client::{Context, Target};
use ::tls::failure::{FailureKind, HandshakeFailure};
use ::tls::stream::Stream;
use config::model::{CheckConfig, CheckKind, ServerConfig, ServerTls};
use net::Conn;
use sample::conn_error::ConnError;
use state::check::{CheckReport, CheckStatus};

use super::http;
use super::probe::{Deadline, Trouble, describe};

/// How a server's checks use TLS.
pub(super) struct TlsCheck {
    context: Arc<Slot<Context>>,
    sni: Option<Box<str>>,
    /// `None`: as connections for requests do.
    alpn: Option<Vec<Box<[u8]>>>,
}

impl TlsCheck {
    /// `None` for checks in clear.
    pub(super) fn of(server: &ServerConfig, kind: &CheckKind) -> Option<TlsCheck> {
        let check = server.check.as_ref()?;
        if !is_on(&server.tls, check) {
            return None;
        }
        let context = server.tls.context.clone()?;
        Some(TlsCheck { context, sni: sni(&server.tls, kind), alpn: alpn(&server.tls, kind) })
    }

    /// Shakes hands; a failure is the check's.
    pub(super) async fn handshake(
        &self,
        conn: Conn,
        address: Option<IpAddr>,
        deadline: &mut Deadline,
    ) -> Result<Box<Stream>, CheckReport> {
        let target =
            Target { sni: self.sni.as_deref(), address, alpn: self.alpn.as_deref(), with_early_data: false };
        let mut stream = Stream::connect(conn, &self.context.current(), &target).map_err(|failure| failed(&failure))?;
        match deadline.limit(|cx| stream.poll_complete(cx).map(Ok)).await {
            Ok(Ok(())) => Ok(stream),
            Ok(Err(failure)) => Err(failed(&failure)),
            Err(Trouble::Timeout) => Err(CheckReport::new(CheckStatus::L6Timeout)),
            Err(Trouble::Io(error)) => {
                Err(CheckReport::new(CheckStatus::SocketError).describe(describe(&error)))
            }
        }
    }
}

/// As said; else as requests do, unless checks go somewhere else, of which nothing is known.
fn is_on(tls: &ServerTls, check: &CheckConfig) -> bool {
    let is_elsewhere = check.addr.is_some() || check.port.is_some_and(|port| port > 0);
    tls.checks || tls.is_on && !tls.refuses_checks && !is_elsewhere
}

/// The name that is told: `check-sni`, else the host of the check's request.
fn sni(tls: &ServerTls, kind: &CheckKind) -> Option<Box<str>> {
    if tls.check_sni.is_some() || tls.refuses_check_sni_auto {
        return tls.check_sni.clone();
    }
    let CheckKind::Http(check) = kind else { return None };
    let host = without_port(http::host(check)?);
    std::str::from_utf8(host).ok().filter(|host| !host.is_empty()).map(Box::from)
}

fn without_port(host: &[u8]) -> &[u8] {
    match host.iter().rposition(|byte| matches!(byte, b':' | b']')) {
        Some(at) if host[at] == b':' => &host[..at],
        Some(_) | None => host,
    }
}

/// The protocols that are offered. Requests of checks are HTTP/1, so that nothing else is agreed on for them.
fn alpn(tls: &ServerTls, kind: &CheckKind) -> Option<Vec<Box<[u8]>>> {
    let said = if tls.check_alpn.is_empty() { &tls.options.alpn } else { &tls.check_alpn };
    match kind {
        CheckKind::Http(_) => {
            Some(said.iter().filter(|protocol| protocol.starts_with(b"http/1.")).cloned().collect())
        }
        CheckKind::Tcp | CheckKind::SslHello | CheckKind::Later(_) => Some(said.clone()),
    }
}

fn failed(failure: &HandshakeFailure) -> CheckReport {
    let error = match failure.kind {
        FailureKind::Mismatch => ConnError::SslMismatch,
        FailureKind::MismatchSni => ConnError::SslMismatchSni,
        // A server that hangs up fails the handshake like any other.
        FailureKind::Empty
        | FailureKind::Abort
        | FailureKind::Authority
        | FailureKind::Certificate
        | FailureKind::Handshake => ConnError::SslHandshake,
    };
    CheckReport::new(CheckStatus::L6Response).describe(error.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::model::HttpCheck;

    fn http_check(host: &str) -> CheckKind {
        let headers = vec![((*b"Host").into(), host.as_bytes().into())];
        CheckKind::Http(Box::new(HttpCheck { headers, ..HttpCheck::default() }))
    }

    #[test]
    fn checks_follow_requests_unless_they_are_told_otherwise() {
        let tls = |is_on, checks, refuses_checks| ServerTls {
            is_on,
            checks,
            refuses_checks,
            ..ServerTls::default()
        };
        let here = CheckConfig::default();
        let there = CheckConfig { port: Some(8443), ..CheckConfig::default() };
        let nowhere_else = CheckConfig { port: Some(0), ..CheckConfig::default() };
        for (tls, check, expected) in [
            (tls(true, false, false), &here, true),
            (tls(true, false, false), &nowhere_else, true),
            (tls(true, false, false), &there, false),
            (tls(true, true, false), &there, true),
            (tls(true, false, true), &here, false),
            (tls(false, true, false), &here, true),
            (tls(false, false, false), &here, false),
        ] {
            assert_eq!(is_on(&tls, check), expected, "{tls:?} {check:?}");
        }
    }

    #[test]
    fn names() {
        let auto = ServerTls::default();
        let told = |tls: &ServerTls, kind: &CheckKind| sni(tls, kind).map(String::from);
        for (host, expected) in [
            ("www.example", Some("www.example")),
            ("www.example:8443", Some("www.example")),
            ("[::1]:443", Some("[::1]")),
            ("[::1]", Some("[::1]")),
            ("", None),
            (":443", None),
        ] {
            assert_eq!(told(&auto, &http_check(host)).as_deref(), expected, "{host}");
        }
        assert_eq!(told(&auto, &CheckKind::Tcp), None);
        let refused = ServerTls { refuses_check_sni_auto: true, ..ServerTls::default() };
        assert_eq!(told(&refused, &http_check("www.example")), None);
        let given = ServerTls { check_sni: Some("a".into()), ..refused };
        assert_eq!(told(&given, &http_check("www.example")).as_deref(), Some("a"));
    }

    #[test]
    fn http_checks_offer_what_they_speak() {
        let protocols = |names: &[&str]| names.iter().map(|name| name.as_bytes().into()).collect::<Vec<_>>();
        let tls = ServerTls { check_alpn: protocols(&["h2", "http/1.1"]), ..ServerTls::default() };
        assert_eq!(alpn(&tls, &http_check("a")), Some(protocols(&["http/1.1"])));
        assert_eq!(alpn(&tls, &CheckKind::Tcp), Some(protocols(&["h2", "http/1.1"])));
    }
}
