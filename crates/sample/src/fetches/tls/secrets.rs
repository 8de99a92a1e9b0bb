//! The secrets of TLS 1.3 for key log files, in hexadecimal, under `tune.ssl.keylog`: `ssl_fc_client_traffic_secret_0`
//! and its like (RFC 8446 section 7.1).

use ::tls::facts::Facts;

use super::{bc, client, done, fc, server};
use crate::fetches::prelude::*;

const LONG: &str = "In hexadecimal, for a key log file (`CLIENT_TRAFFIC_SECRET_0 <client random> <secret>`), from which \
                    tools decrypt what they captured. Only with `tune.ssl.keylog on`, and only in TLS 1.3.";

const fn secret(row: Fetch, brief: &'static str) -> Fetch {
    Fetch { doc: Doc { brief, long: LONG, examples: &[] }, ..row }
}

const fn of_client(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    secret(fc(name, Type::Str, run, ""), brief)
}

/// HAProxy lets these stand where a server is not known yet; they have no value there.
const fn of_server(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch { needs: Needs::TLS, ..secret(bc(name, Type::Str, run, ""), brief) }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of_client(
        "ssl_fc_client_early_traffic_secret",
        |txn, _, _| hex(client(txn), "CLIENT_EARLY_TRAFFIC_SECRET"),
        "the secret of the client's early data",
    ),
    &of_client(
        "ssl_fc_client_handshake_traffic_secret",
        |txn, _, _| hex(client(txn), "CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
        "the secret of the client's part of its handshake",
    ),
    &of_client(
        "ssl_fc_server_handshake_traffic_secret",
        |txn, _, _| hex(client(txn), "SERVER_HANDSHAKE_TRAFFIC_SECRET"),
        "the secret of this side's part of the client's handshake",
    ),
    &of_client(
        "ssl_fc_client_traffic_secret_0",
        |txn, _, _| hex(client(txn), "CLIENT_TRAFFIC_SECRET_0"),
        "the first secret of what the client sends",
    ),
    &of_client(
        "ssl_fc_server_traffic_secret_0",
        |txn, _, _| hex(client(txn), "SERVER_TRAFFIC_SECRET_0"),
        "the first secret of what the client is sent",
    ),
    &of_client(
        "ssl_fc_exporter_secret",
        |txn, _, _| hex(client(txn), "EXPORTER_SECRET"),
        "the secret of exported keys on the client's side",
    ),
    &of_client(
        "ssl_fc_early_exporter_secret",
        |txn, _, _| hex(client(txn), "EARLY_EXPORTER_SECRET"),
        "the secret of keys exported for the client's early data",
    ),
    &of_server(
        "ssl_bc_client_early_traffic_secret",
        |txn, _, _| hex(server(txn), "CLIENT_EARLY_TRAFFIC_SECRET"),
        "the secret of early data to the server",
    ),
    &of_server(
        "ssl_bc_client_handshake_traffic_secret",
        |txn, _, _| hex(server(txn), "CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
        "the secret of this side's part of the server's handshake",
    ),
    &of_server(
        "ssl_bc_server_handshake_traffic_secret",
        |txn, _, _| hex(server(txn), "SERVER_HANDSHAKE_TRAFFIC_SECRET"),
        "the secret of the server's part of its handshake",
    ),
    &of_server(
        "ssl_bc_client_traffic_secret_0",
        |txn, _, _| hex(server(txn), "CLIENT_TRAFFIC_SECRET_0"),
        "the first secret of what the server is sent",
    ),
    &of_server(
        "ssl_bc_server_traffic_secret_0",
        |txn, _, _| hex(server(txn), "SERVER_TRAFFIC_SECRET_0"),
        "the first secret of what the server sends",
    ),
    &of_server(
        "ssl_bc_exporter_secret",
        |txn, _, _| hex(server(txn), "EXPORTER_SECRET"),
        "the secret of exported keys on the server's side",
    ),
    &of_server(
        "ssl_bc_early_exporter_secret",
        |txn, _, _| hex(server(txn), "EARLY_EXPORTER_SECRET"),
        "the secret of keys exported for early data to the server",
    ),
];

/// The secret with this label in key log files.
pub(super) fn labelled<'a>(facts: &'a Facts, label: &str) -> Option<&'a [u8]> {
    facts.secrets.iter().find(|(known, _)| *known == label).map(|(_, secret)| &**secret)
}

fn hex<'a>(facts: Option<&'a Facts>, label: &str) -> Fetched<'a> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let secret = done(facts).and_then(|facts| labelled(facts, label));
    let text = secret.map(|secret| {
        secret
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| DIGITS[usize::from(digit)])
            .collect()
    });
    text.map(Value::string).into()
}

#[cfg(test)]
mod tests {
    use ::tls::facts::Facts;

    use super::super::testing::{ask, client, server};

    #[test]
    fn each_label_has_its_fetch() {
        for (name, label) in [
            ("client_early_traffic_secret", "CLIENT_EARLY_TRAFFIC_SECRET"),
            ("client_handshake_traffic_secret", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
            ("server_handshake_traffic_secret", "SERVER_HANDSHAKE_TRAFFIC_SECRET"),
            ("client_traffic_secret_0", "CLIENT_TRAFFIC_SECRET_0"),
            ("server_traffic_secret_0", "SERVER_TRAFFIC_SECRET_0"),
            ("exporter_secret", "EXPORTER_SECRET"),
            ("early_exporter_secret", "EARLY_EXPORTER_SECRET"),
        ] {
            let facts = || Facts { secrets: vec![(label, [0x0a, 0xff].into())], ..Facts::default() };
            assert_eq!(ask(&format!("ssl_fc_{name}"), &client(facts())).as_deref(), Some("0aff"), "{name}");
            assert_eq!(ask(&format!("ssl_bc_{name}"), &server(facts())).as_deref(), Some("0aff"), "{name}");
            assert_eq!(ask(&format!("ssl_fc_{name}"), &client(Facts::default())), None, "{name}");
        }
    }
}
