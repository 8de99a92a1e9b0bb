//! Checks under TLS: whether one is, which names it tells, and what a handshake that fails is called (chapter 5.2,
//! "check-ssl", "check-sni", "check-sni-auto", "check-alpn").

use std::net::IpAddr;
use std::sync::Arc;

use ::tls::Slot;
use ::tls::client::{Context, Target};
use ::tls::failure::HandshakeFailure;
use ::tls::stream::Stream;
use config::model::{CheckConfig, CheckConnect, CheckProtocol, ServerConfig, ServerTls};
use net::Conn;
use sample::conn_error::ConnError;
use state::check::CheckStatus;

use super::connect::{Deadline, Trouble};

/// How a server's checks use TLS where they do.
pub(super) struct TlsChecks {
    context: Arc<Slot<Context>>,
    /// Whether connections that are made as the server line says use it.
    pub(super) is_default: bool,
    /// `check-sni`.
    sni: Option<Box<str>>,
    /// `no-check-sni-auto`.
    refuses_auto: bool,
    /// `check-alpn`.
    check_alpn: Vec<Box<[u8]>>,
    /// `alpn`.
    alpn: Vec<Box<[u8]>>,
}

/// What one connection tells.
pub(super) struct Told {
    pub(super) sni: Option<Box<str>>,
    pub(super) alpn: Vec<Box<[u8]>>,
}

impl TlsChecks {
    /// `None` where nothing says how.
    pub(super) fn of(server: &ServerConfig) -> Option<TlsChecks> {
        let check = server.check.as_ref()?;
        let tls = &server.tls;
        Some(TlsChecks {
            context: tls.context.clone()?,
            is_default: is_on(tls, check),
            sni: tls.check_sni.clone(),
            refuses_auto: tls.refuses_check_sni_auto,
            check_alpn: tls.check_alpn.clone(),
            alpn: tls.options.alpn.clone(),
        })
    }

    /// What a connection tells; `host` is that of the request that follows, where its name may be told.
    pub(super) fn told(
        &self,
        connect: &CheckConnect,
        protocol: CheckProtocol,
        host: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Told {
        let own = self.sni.clone().filter(|_| connect.is_default);
        let sni = connect.sni.clone().or(own);
        let sni = match sni {
            None if !self.refuses_auto => host().and_then(|host| name(&host)),
            sni => sni,
        };
        let of_check = Some(&self.check_alpn).filter(|said| connect.is_default && !said.is_empty());
        let said = connect.alpn.as_ref().or(of_check).unwrap_or(&self.alpn);
        // Requests of checks are HTTP/1, so that nothing else is agreed on for them.
        let speaks = |name: &[u8]| protocol != CheckProtocol::Http || name.starts_with(b"http/1.");
        Told { sni, alpn: said.iter().filter(|name| speaks(name)).cloned().collect() }
    }

    /// Shakes hands.
    pub(super) async fn handshake(
        &self,
        conn: Conn,
        address: Option<IpAddr>,
        told: &Told,
        deadline: &mut Deadline,
    ) -> Result<Box<Stream>, (CheckStatus, Trouble)> {
        let alpn = Some(told.alpn.as_slice());
        let target = Target { sni: told.sni.as_deref(), address, alpn, with_early_data: false };
        let mut stream =
            Stream::connect(conn, &self.context.current(), &target).map_err(|failure| failed(&failure))?;
        match deadline.limit(|cx| stream.poll_complete(cx).map(Ok)).await {
            Ok(Ok(())) => Ok(stream),
            Ok(Err(failure)) => Err(failed(&failure)),
            Err(Trouble::Timeout) => Err((CheckStatus::L6Timeout, Trouble::Timeout)),
            Err(trouble) => Err((CheckStatus::SocketError, trouble)),
        }
    }
}

/// As said; else as requests do, unless checks go somewhere else, of which nothing is known.
fn is_on(tls: &ServerTls, check: &CheckConfig) -> bool {
    let is_elsewhere = check.addr.is_some() || check.port.is_some_and(|port| port > 0);
    tls.checks || tls.is_on && !tls.refuses_checks && !is_elsewhere
}

/// A host without its port, as a name that can be told.
fn name(host: &[u8]) -> Option<Box<str>> {
    std::str::from_utf8(without_port(host)).ok().filter(|host| !host.is_empty()).map(Box::from)
}

fn without_port(host: &[u8]) -> &[u8] {
    match host.iter().rposition(|byte| matches!(byte, b':' | b']')) {
        Some(at) if host[at] == b':' => &host[..at],
        Some(_) | None => host,
    }
}

fn failed(failure: &HandshakeFailure) -> (CheckStatus, Trouble) {
    (CheckStatus::L6Response, Trouble::Said(ConnError::of_server(failure.kind).text()))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn checks(sni: Option<&str>, refuses_auto: bool) -> TlsChecks {
        let made = Context::new(&::tls::options::ClientOptions::default()).unwrap();
        let context = Arc::new(Slot::new(made.context));
        let protocols = |names: &[&str]| names.iter().map(|name| name.as_bytes().into()).collect::<Vec<_>>();
        TlsChecks {
            context,
            is_default: true,
            sni: sni.map(Box::from),
            refuses_auto,
            check_alpn: protocols(&["h2", "http/1.1"]),
            alpn: protocols(&["http/1.0"]),
        }
    }

    #[test]
    fn names() {
        let connect = CheckConnect { is_default: true, ..CheckConnect::default() };
        let told = |checks: &TlsChecks, host: &str| {
            let host = || Some(host.as_bytes().to_vec());
            checks.told(&connect, CheckProtocol::Http, host).sni.map(String::from)
        };
        let auto = checks(None, false);
        for (host, expected) in [
            ("www.example", Some("www.example")),
            ("www.example:8443", Some("www.example")),
            ("[::1]:443", Some("[::1]")),
            ("[::1]", Some("[::1]")),
            ("", None),
            (":443", None),
        ] {
            assert_eq!(told(&auto, host).as_deref(), expected, "{host}");
        }
        assert_eq!(told(&checks(None, true), "www.example"), None);
        assert_eq!(told(&checks(Some("a"), true), "www.example").as_deref(), Some("a"));
        let elsewhere = CheckConnect { sni: Some("b".into()), ..CheckConnect::default() };
        let told = checks(Some("a"), true).told(&elsewhere, CheckProtocol::Tcp, || None);
        assert_eq!(told.sni.as_deref(), Some("b"));
    }

    #[test]
    fn protocols_are_those_that_are_spoken() {
        let connect = CheckConnect { is_default: true, ..CheckConnect::default() };
        let alpn = |connect, protocol| {
            let told = checks(None, false).told(connect, protocol, || None);
            told.alpn.into_iter().map(|name| String::from_utf8(name.into()).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(alpn(&connect, CheckProtocol::Http), ["http/1.1"]);
        assert_eq!(alpn(&connect, CheckProtocol::Tcp), ["h2", "http/1.1"]);
        assert_eq!(alpn(&CheckConnect::default(), CheckProtocol::Tcp), ["http/1.0"]);
    }
}
