//! What kind of connection it is: `ssl_fc`, `ssl_bc`, whether it was resumed, brought early data, a name or a
//! certificate.

use super::{bc, client, done, fc, server};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        doc: doc("whether the client speaks TLS", &[example("ssl_fc", "", "0")]),
        ..fc("ssl_fc", Type::Bool, is_tls, "")
    },
    &bc(
        "ssl_bc",
        Type::Bool,
        |txn, _, _| Value::Bool(server(txn).is_some()).into(),
        "whether the server speaks TLS",
    ),
    &fc(
        "ssl_fc_early_rcvd",
        Type::Bool,
        |txn, _, _| client(txn).map(|facts| Value::Bool(facts.has_early_data)).into(),
        "whether the client sent early data, be the handshake over or not",
    ),
    &fc("ssl_fc_has_crt", Type::Bool, has_crt, "whether the client showed a certificate on this connection"),
    &fc(
        "ssl_fc_has_early",
        Type::Bool,
        has_early,
        "whether what the client sent so far is early data that may have been replayed",
    ),
    &fc(
        "ssl_fc_has_sni",
        Type::Bool,
        |txn, _, _| Value::Bool(client(txn).is_some_and(|facts| facts.sni.is_some())).into(),
        "whether the client sent a server name",
    ),
    &fc(
        "ssl_fc_is_resumed",
        Type::Bool,
        |txn, _, _| Value::Bool(client(txn).is_some_and(|facts| facts.is_resumed)).into(),
        "whether the client resumed an earlier session",
    ),
    &bc(
        "ssl_bc_is_resumed",
        Type::Bool,
        |txn, _, _| Value::Bool(server(txn).is_some_and(|facts| facts.is_resumed)).into(),
        "whether an earlier session was resumed with the server",
    ),
];

fn is_tls<'a>(txn: &'a Txn, _: &'a Args, _: &mut Walk) -> Fetched<'a> {
    Value::Bool(client(txn).is_some() || txn.session.listener.is_tls).into()
}

/// A resumed session has the certificate of the one before it: it is not shown again.
fn has_crt<'a>(txn: &'a Txn, _: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let has = done(client(txn)).map(|facts| !facts.is_resumed && !facts.peer_chain.is_empty());
    has.map(Value::Bool).into()
}

fn has_early<'a>(txn: &'a Txn, _: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let has = client(txn).map(|facts| facts.has_early_data && txn.session.is_handshake_pending);
    has.map(Value::Bool).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::tls::facts::Facts;

    use super::super::testing::{ask, ask_server, client, failed, plain, server};
    use crate::compile::Place;
    use crate::expr::Expr;
    use crate::testing::{TestNames, compiling};
    use crate::txn::ListenerFacts;

    #[test]
    fn tls_or_not() {
        let mut txn = plain();
        assert_eq!(ask("ssl_fc", &txn).as_deref(), Some("0"));
        txn.session.listener = Arc::new(ListenerFacts { is_tls: true, ..ListenerFacts::default() });
        assert_eq!(ask("ssl_fc", &txn).as_deref(), Some("1"));
        assert_eq!(ask_server("ssl_bc", &txn).as_deref(), Some("0"));
        assert_eq!(ask_server("ssl_bc", &server(Facts::default())).as_deref(), Some("1"));
        assert_eq!(ask("ssl_fc", &client(Facts::default())).as_deref(), Some("1"));
    }

    #[test]
    fn without_tls_some_are_false_and_some_are_absent() {
        for (name, wanted) in [
            ("ssl_fc_has_sni", Some("0")),
            ("ssl_fc_is_resumed", Some("0")),
            ("ssl_fc_has_crt", None),
            ("ssl_fc_has_early", None),
            ("ssl_fc_early_rcvd", None),
        ] {
            assert_eq!(ask(name, &plain()).as_deref(), wanted, "{name}");
        }
    }

    #[test]
    fn resumption_names_and_certificates() {
        let facts = Facts { sni: Some("a".into()), peer_chain: vec![vec![1].into()], ..Facts::default() };
        let mut txn = client(facts.clone());
        assert_eq!(ask("ssl_fc_has_sni", &txn).as_deref(), Some("1"));
        assert_eq!(ask("ssl_fc_has_crt", &txn).as_deref(), Some("1"));
        txn.session.tls = Some(Arc::new(Facts { is_resumed: true, ..facts }));
        assert_eq!(ask("ssl_fc_is_resumed", &txn).as_deref(), Some("1"));
        assert_eq!(ask("ssl_fc_has_crt", &txn).as_deref(), Some("0"));
        assert_eq!(ask("ssl_fc_has_crt", &client(failed())), None);
    }

    #[test]
    fn early_data_are_early_until_the_handshake_is_over() {
        let mut txn = client(Facts { has_early_data: true, ..Facts::default() });
        txn.session.is_handshake_pending = true;
        assert_eq!(ask("ssl_fc_has_early", &txn).as_deref(), Some("1"));
        txn.session.is_handshake_pending = false;
        assert_eq!(ask("ssl_fc_has_early", &txn).as_deref(), Some("0"));
        assert_eq!(ask("ssl_fc_early_rcvd", &txn).as_deref(), Some("1"));
    }

    #[test]
    fn not_before_the_handshake() {
        let compiles = |place| {
            compiling(place, &TestNames::default(), |compile| Expr::compile(b"ssl_fc", compile)).0.is_ok()
        };
        assert!(!compiles(Place::TcpConnection));
        assert!(compiles(Place::TcpSession) && compiles(Place::TcpContent) && compiles(Place::Log));
    }
}
