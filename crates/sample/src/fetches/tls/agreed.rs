//! What both ends agreed on: `ssl_fc_cipher`, `ssl_fc_protocol`, `ssl_fc_curve`, `ssl_fc_alpn`, `ssl_fc_npn`, key sizes,
//! the server name, the certificate's name, and the same of the server's side.

use ::tls::facts::Facts;
use ::tls::suites::{self, Suite};
use ::tls::{groups, version::Version};

use super::{bc, client, fc, server};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &fc(
        "ssl_fc_alg_keysize",
        Type::Int,
        |txn, _, _| alg_keysize(client(txn).and_then(of_client)),
        "bits of the cipher's key as its algorithm has them, on the client's side",
    ),
    &bc(
        "ssl_bc_alg_keysize",
        Type::Int,
        |txn, _, _| alg_keysize(server(txn).and_then(of_server)),
        "bits of the cipher's key as its algorithm has them, on the server's side",
    ),
    &fc(
        "ssl_fc_alpn",
        Type::Str,
        |txn, _, _| alpn(client(txn)),
        "the protocol agreed on with the client by ALPN",
    ),
    &bc(
        "ssl_bc_alpn",
        Type::Str,
        |txn, _, _| alpn(server(txn)),
        "the protocol agreed on with the server by ALPN",
    ),
    &fc(
        "ssl_fc_cipher",
        Type::Str,
        |txn, _, _| cipher(client(txn), of_client),
        "the cipher suite agreed on with the client, as OpenSSL names it",
    ),
    &bc(
        "ssl_bc_cipher",
        Type::Str,
        |txn, _, _| cipher(server(txn), of_server),
        "the cipher suite agreed on with the server, as OpenSSL names it",
    ),
    &fc(
        "ssl_fc_crtname",
        Type::Str,
        |txn, _, _| crtname(client(txn)),
        "the file or alias of the certificate that the client was shown",
    ),
    &fc(
        "ssl_fc_curve",
        Type::Str,
        |txn, _, _| curve(client(txn)),
        "the group of the key exchange with the client, as OpenSSL names it",
    ),
    &bc(
        "ssl_bc_curve",
        Type::Str,
        |txn, _, _| curve(server(txn)),
        "the group of the key exchange with the server, as OpenSSL names it",
    ),
    &Fetch { doc: NPN, ..fc("ssl_fc_npn", Type::Str, |_, _, _| Fetched::Absent, "") },
    &Fetch { doc: NPN, ..bc("ssl_bc_npn", Type::Str, |_, _, _| Fetched::Absent, "") },
    &fc(
        "ssl_fc_protocol",
        Type::Str,
        |txn, _, _| protocol(client(txn)),
        "the version of TLS agreed on with the client: `TLSv1.2`, `TLSv1.3`",
    ),
    &bc(
        "ssl_bc_protocol",
        Type::Str,
        |txn, _, _| protocol(server(txn)),
        "the version of TLS agreed on with the server: `TLSv1.2`, `TLSv1.3`",
    ),
    &fc("ssl_fc_sni", Type::Str, |txn, _, _| sni(client(txn)), "the server name that the client sent"),
    &bc("ssl_bc_sni", Type::Str, |txn, _, _| sni(server(txn)), "the server name that the server was sent"),
    &fc(
        "ssl_fc_use_keysize",
        Type::Int,
        |txn, _, _| use_keysize(client(txn).and_then(of_client)),
        "bits of the cipher's key that count, on the client's side",
    ),
    &bc(
        "ssl_bc_use_keysize",
        Type::Int,
        |txn, _, _| use_keysize(server(txn).and_then(of_server)),
        "bits of the cipher's key that count, on the server's side",
    ),
];

const NPN: Doc = Doc {
    brief: "the protocol agreed on by NPN, the forerunner of ALPN; never one",
    long: "NPN was a draft that no client speaks any more; it is not built in. Use `ssl_fc_alpn`.",
    examples: &[],
};

/// The name of the cipher suite agreed on with a client; OpenSSL's word for none where the handshake did not come so
/// far.
pub(crate) fn cipher_name(facts: &Facts) -> &'static str {
    name(of_client(facts))
}

fn name(suite: Option<&'static Suite>) -> &'static str {
    suite.map_or("(NONE)", |suite| suite.openssl_name)
}

/// The name of the version; before one is agreed on, that of the highest, as OpenSSL has it.
pub(crate) fn version_name(facts: &Facts) -> &'static str {
    facts.version.unwrap_or(Version::Tls13).name()
}

/// The suite agreed on with a client. OpenSSL does not tell that of a handshake that failed before TLS 1.3.
fn of_client(facts: &Facts) -> Option<&'static Suite> {
    let is_told = facts.failure.is_none() || facts.version == Some(Version::Tls13);
    suites::by_number(facts.suite.filter(|_| is_told)?)
}

/// The suite agreed on with a server.
fn of_server(facts: &Facts) -> Option<&'static Suite> {
    suites::by_number(facts.suite?)
}

fn cipher(facts: Option<&Facts>, suite: fn(&Facts) -> Option<&'static Suite>) -> Fetched<'_> {
    facts.map(|facts| Value::str(name(suite(facts)).as_bytes())).into()
}

fn protocol(facts: Option<&Facts>) -> Fetched<'_> {
    facts.map(|facts| Value::str(version_name(facts).as_bytes())).into()
}

fn curve(facts: Option<&Facts>) -> Fetched<'_> {
    let name = facts.and_then(|facts| groups::name(facts.group?));
    name.map(|name| Value::str(name.as_bytes())).into()
}

fn alpn(facts: Option<&Facts>) -> Fetched<'_> {
    facts.and_then(|facts| facts.alpn.as_deref()).map(Value::str).into()
}

fn sni(facts: Option<&Facts>) -> Fetched<'_> {
    facts.and_then(|facts| facts.sni.as_deref()).map(|name| Value::str(name.as_bytes())).into()
}

fn crtname(facts: Option<&Facts>) -> Fetched<'_> {
    facts.and_then(|facts| facts.own.as_deref()).map(|own| Value::str(own.path.as_bytes())).into()
}

fn alg_keysize<'a>(suite: Option<&Suite>) -> Fetched<'a> {
    suite.map(|suite| Value::Int(i64::from(suite.algorithm_bits))).into()
}

fn use_keysize<'a>(suite: Option<&Suite>) -> Fetched<'a> {
    suite.map(|suite| Value::Int(i64::from(suite.use_bits))).into()
}

#[cfg(test)]
mod tests {
    use ::tls::facts::Facts;
    use ::tls::version::Version;

    use super::super::testing::{ask, ask_server, client, failed, server};

    #[test]
    fn what_was_agreed_on() {
        let facts = || Facts {
            version: Some(Version::Tls12),
            suite: Some(0xc030),
            group: Some(29),
            alpn: Some(b"h2".as_slice().into()),
            sni: Some("www.example.com".into()),
            ..Facts::default()
        };
        let (fc, bc) = (client(facts()), server(facts()));
        for (name, wanted) in [
            ("cipher", Some("ECDHE-RSA-AES256-GCM-SHA384")),
            ("protocol", Some("TLSv1.2")),
            ("curve", Some("X25519")),
            ("alpn", Some("h2")),
            ("npn", None),
            ("sni", Some("www.example.com")),
            ("alg_keysize", Some("256")),
            ("use_keysize", Some("256")),
        ] {
            assert_eq!(ask(&format!("ssl_fc_{name}"), &fc).as_deref(), wanted, "{name}");
            assert_eq!(ask_server(&format!("ssl_bc_{name}"), &bc).as_deref(), wanted, "{name}");
        }
        assert_eq!(ask("ssl_fc_crtname", &fc), None);
    }

    #[test]
    fn before_anything_is_agreed_on_names_are_openssl_s() {
        let txn = client(Facts::default());
        assert_eq!(ask("ssl_fc_cipher", &txn).as_deref(), Some("(NONE)"));
        assert_eq!(ask("ssl_fc_protocol", &txn).as_deref(), Some("TLSv1.3"));
        for name in ["curve", "alpn", "sni", "alg_keysize", "use_keysize"] {
            assert_eq!(ask(&format!("ssl_fc_{name}"), &txn), None, "{name}");
        }
        assert_eq!(ask("ssl_fc_cipher", &crate::testing::txn()), None);
    }

    #[test]
    fn the_suite_of_a_client_s_failed_handshake_is_told_in_the_last_version_alone() {
        for (version, wanted) in [(Version::Tls13, "TLS_AES_256_GCM_SHA384"), (Version::Tls12, "(NONE)")] {
            let facts = Facts { version: Some(version), suite: Some(0x1302), ..failed() };
            assert_eq!(ask("ssl_fc_cipher", &client(facts.clone())).as_deref(), Some(wanted));
            let of_server = ask_server("ssl_bc_cipher", &server(facts));
            assert_eq!(of_server.as_deref(), Some("TLS_AES_256_GCM_SHA384"));
        }
    }
}
