//! What identifies a TLS session: `ssl_fc_session_id`, `ssl_fc_session_key`, `ssl_fc_client_random`,
//! `ssl_fc_server_random`, `ssl_fc_unique_id`, and the same of the server's side.

use ::tls::facts::{Facts, Hello};

use super::{bc, check_hello, client, done, fc, secrets, server};
use crate::fetches::prelude::*;

const KEY: &str = "The master secret of TLS 1.2, known where `tune.ssl.keylog` is on. TLS 1.3 has none.";
const UNIQUE: &str = "The channel binding `tls-exporter` (RFC 9266), which is the same at both ends and differs for each \
                      connection. HAProxy gives the first Finished message, which is of the same use.";

pub(super) static ROWS: &[&Fetch] = &[
    &kept(fc(
        "ssl_fc_client_random",
        Type::Bin,
        |txn, _, _| client_random(client(txn)),
        "the client's random",
    )),
    &kept(bc(
        "ssl_bc_client_random",
        Type::Bin,
        |txn, _, _| client_random(server(txn)),
        "the random that the server was sent",
    )),
    &kept(fc(
        "ssl_fc_server_random",
        Type::Bin,
        |txn, _, _| server_random(client(txn)),
        "the random that the client was sent",
    )),
    &kept(bc(
        "ssl_bc_server_random",
        Type::Bin,
        |txn, _, _| server_random(server(txn)),
        "the server's random",
    )),
    &kept(fc(
        "ssl_fc_session_id",
        Type::Bin,
        |txn, _, _| id(client(txn)),
        "the id of the session with the client",
    )),
    &kept(bc(
        "ssl_bc_session_id",
        Type::Bin,
        |txn, _, _| id(server(txn)),
        "the id of the session with the server",
    )),
    &Fetch {
        doc: Doc { brief: "the master secret of the session with the client", long: KEY, examples: &[] },
        ..fc("ssl_fc_session_key", Type::Bin, |txn, _, _| key(client(txn)), "")
    },
    &Fetch {
        doc: Doc { brief: "the master secret of the session with the server", long: KEY, examples: &[] },
        ..bc("ssl_bc_session_key", Type::Bin, |txn, _, _| key(server(txn)), "")
    },
    &Fetch {
        doc: Doc { brief: "bytes that identify the client's TLS connection", long: UNIQUE, examples: &[] },
        ..kept(fc("ssl_fc_unique_id", Type::Bin, |txn, _, _| unique_id(client(txn)), ""))
    },
    &Fetch {
        doc: Doc { brief: "bytes that identify the server's TLS connection", long: UNIQUE, examples: &[] },
        ..kept(bc("ssl_bc_unique_id", Type::Bin, |txn, _, _| unique_id(server(txn)), ""))
    },
];

const fn kept(row: Fetch) -> Fetch {
    Fetch { check: Some(check_hello), ..row }
}

fn hello(facts: Option<&Facts>) -> Option<&Hello> {
    facts.and_then(|facts| facts.hello.as_deref())
}

fn client_random(facts: Option<&Facts>) -> Fetched<'_> {
    hello(facts).map(|hello| Value::bin(&hello.client_random)).into()
}

fn server_random(facts: Option<&Facts>) -> Fetched<'_> {
    hello(facts).map(|hello| Value::bin(&hello.server_random)).into()
}

fn id(facts: Option<&Facts>) -> Fetched<'_> {
    let id = hello(facts).map(|hello| &*hello.session_id).filter(|id| !id.is_empty());
    id.map(Value::bin).into()
}

fn key(facts: Option<&Facts>) -> Fetched<'_> {
    facts.and_then(|facts| secrets::labelled(facts, "CLIENT_RANDOM")).map(Value::bin).into()
}

fn unique_id(facts: Option<&Facts>) -> Fetched<'_> {
    done(facts).and_then(|facts| facts.channel_binding.as_deref()).map(Value::bin).into()
}

#[cfg(test)]
mod tests {
    use ::tls::facts::{Facts, Hello};

    use super::super::testing::{ask, ask_server, client, server};
    use crate::compile::{Place, Uses};
    use crate::expr::Expr;
    use crate::testing::{TestNames, compiling};

    #[test]
    fn what_identifies_a_session() {
        let hello = Hello {
            client_random: [1; 32],
            server_random: [2; 32],
            session_id: [3, 4].into(),
            ..Hello::default()
        };
        let facts = || Facts {
            hello: Some(Box::new(hello.clone())),
            secrets: vec![("CLIENT_RANDOM", [5, 6].into())],
            channel_binding: Some([7, 8].into()),
            ..Facts::default()
        };
        for (name, wanted) in [
            ("client_random", "01".repeat(32)),
            ("server_random", "02".repeat(32)),
            ("session_id", "0304".to_owned()),
            ("session_key", "0506".to_owned()),
            ("unique_id", "0708".to_owned()),
        ] {
            assert_eq!(ask(&format!("ssl_fc_{name},hex"), &client(facts())), Some(wanted.clone()), "{name}");
            assert_eq!(ask_server(&format!("ssl_bc_{name},hex"), &server(facts())), Some(wanted), "{name}");
            assert_eq!(ask(&format!("ssl_fc_{name},hex"), &client(Facts::default())), None, "{name}");
        }
    }

    #[test]
    fn hellos_are_kept_where_something_asks_for_them() {
        let uses = |text: &str| {
            compiling(Place::Request, &TestNames::default(), |compile| {
                let _ = Expr::compile(text.as_bytes(), compile);
                *compile.uses
            })
            .0
        };
        assert!(uses("ssl_fc_session_id").tls_hello && uses("ssl_fc_cipherlist_bin").tls_hello);
        assert_eq!(uses("ssl_fc_sni"), Uses::default());
    }
}
