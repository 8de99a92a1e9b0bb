//! What the actions share that change the client's addresses as rules, logs and servers see them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sample::{Expr, Problem, Txn};

use super::args::expr;
use crate::action::{Action, ActionCompile, Kinds, Outcome};
use crate::words::Words;

/// Which end of the client's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The client's.
    Source,
    /// The one that the client connected to.
    Destination,
}

/// What of it is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The address; the port stays.
    Address,
    /// The port; the address stays.
    Port,
}

/// How long the change lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The connection ends, and it counts as what the connection itself says (`fc_src`).
    Connection,
    /// The connection ends.
    Close,
    /// The exchange ends.
    Exchange,
}

#[derive(Debug)]
struct Set {
    end: End,
    part: Part,
    until: Until,
    expr: Expr,
}

impl Action for Set {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let old = match self.end {
            End::Source => txn.session.src,
            End::Destination => txn.session.dst,
        };
        let Some(new) = self.replaced(old, txn) else { return Outcome::Continue };
        if self.until == Until::Exchange && txn.addresses_before.is_none() {
            txn.addresses_before = Some((txn.session.src, txn.session.dst));
        }
        match self.end {
            End::Source => txn.session.src = Some(new),
            End::Destination => txn.session.dst = Some(new),
        }
        if self.until == Until::Connection {
            match self.end {
                End::Source => txn.session.socket_src = Some(new),
                End::Destination => txn.session.socket_dst = Some(new),
            }
        }
        Outcome::Continue
    }
}

impl Set {
    /// The address after the change; `None` if the expression has no value for it.
    fn replaced(&self, old: Option<SocketAddr>, txn: &Txn) -> Option<SocketAddr> {
        let value = self.expr.eval(txn)?;
        let port = old.map_or(0, |addr| addr.port());
        match self.part {
            Part::Address => Some(SocketAddr::new(value.to_ip()?, port)),
            Part::Port => {
                let ip = old.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |addr| addr.ip());
                let port = u16::try_from(value.to_int()? & 0xffff).ok()?;
                Some(SocketAddr::new(ip, port))
            }
        }
    }
}

/// The words of these actions: an expression.
pub(super) fn compile(
    end: End,
    part: Part,
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let expr = expr(words, "the expression", compile)?;
    compile.sample.uses.dst |= end == End::Destination;
    let until = match compile.kind {
        Kinds::TCP_CONNECTION => Until::Connection,
        Kinds::TCP_SESSION => Until::Close,
        _ => Until::Exchange,
    };
    Ok(Box::new(Set { end, part, until, expr }))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, run};

    #[test]
    fn for_the_exchange_or_the_connection() {
        let mut txn = request("GET / HTTP/1.1", &[("X", "2001:db8::1")]);
        run(Kinds::HTTP_REQUEST, "set-src str(2001:db8::1)", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-src-port int(7)", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-dst ipv4(10.0.0.1)", &mut txn);
        assert_eq!(txn.session.src, Some("[2001:db8::1]:7".parse().unwrap()));
        assert_eq!(txn.session.dst, Some("10.0.0.1:80".parse().unwrap()));
        txn.reset();
        assert_eq!(txn.session.src, Some("192.0.2.1:1234".parse().unwrap()));
        run(Kinds::TCP_SESSION, "set-dst-port int(8080)", &mut txn);
        txn.reset();
        assert_eq!(txn.session.dst, Some("192.0.2.2:8080".parse().unwrap()));
        let socket_dst = txn.session.socket_dst;
        run(Kinds::TCP_CONNECTION, "set-src ipv4(10.9.9.9)", &mut txn);
        assert_eq!(txn.session.socket_src.map(|addr| addr.ip()), Some("10.9.9.9".parse().unwrap()));
        assert_eq!(txn.session.socket_dst, socket_dst);
    }

    #[test]
    fn no_value_no_change() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-src var(txn.none)", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-src str(x)", &mut txn);
        assert_eq!(txn.session.src, Some("192.0.2.1:1234".parse().unwrap()));
    }
}
