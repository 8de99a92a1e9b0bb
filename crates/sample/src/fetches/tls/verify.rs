//! What checking the client's certificate came to: `ssl_c_verify`, `ssl_c_err`, `ssl_c_ca_err`, `ssl_c_ca_err_depth`,
//! `ssl_c_used`.

use ::tls::verify::Verification;

use super::{client, done, fc};
use crate::fetches::prelude::*;

const LONG: &str = "A number of OpenSSL's, 0 where there was nothing wrong; `x509_v_err_str` names it. Errors that \
                    `ca-ignore-err` and `crt-ignore-err` pass over are told as well.";

const fn result(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch { doc: Doc { brief, long: LONG, examples: &[] }, ..fc(name, Type::Int, run, "") }
}

pub(super) static ROWS: &[&Fetch] = &[
    &result(
        "ssl_c_ca_err",
        |txn, _, _| of(txn, |found| i64::from(found.ca_err.0)),
        "the first error of an authority in the client's chain",
    ),
    &fc(
        "ssl_c_ca_err_depth",
        Type::Int,
        |txn, _, _| of(txn, |found| i64::from(found.ca_err_depth)),
        "the depth in the client's chain at which `ssl_c_ca_err` was met",
    ),
    &result(
        "ssl_c_err",
        |txn, _, _| of(txn, |found| i64::from(found.err.0)),
        "the first error of the client's own certificate",
    ),
    &fc(
        "ssl_c_used",
        Type::Bool,
        |txn, _, _| client(txn).map(|facts| Value::Bool(!facts.peer_chain.is_empty())).into(),
        "whether the client's session has a certificate, shown now or in the session that was resumed",
    ),
    &result("ssl_c_verify", verify, "the last error of the client's chain"),
];

fn of<'a>(txn: &'a Txn, number: fn(&Verification) -> i64) -> Fetched<'a> {
    client(txn).map(|facts| Value::Int(number(&facts.verification))).into()
}

/// OpenSSL has no result before its handshake is over.
fn verify<'a>(txn: &'a Txn, _: &'a Args, _: &mut Walk) -> Fetched<'a> {
    done(client(txn)).map(|facts| Value::Int(i64::from(facts.verification.code.0))).into()
}

#[cfg(test)]
mod tests {
    use ::tls::facts::Facts;
    use ::tls::verify::{Verification, VerifyCode};

    use super::super::testing::{ask, client, failed, plain};

    #[test]
    fn results() {
        let verification = Verification {
            code: VerifyCode(10),
            err: VerifyCode(10),
            ca_err: VerifyCode(19),
            ca_err_depth: 1,
            ..Verification::default()
        };
        let facts = Facts { verification, peer_chain: vec![vec![1].into()], ..Facts::default() };
        let txn = client(facts.clone());
        for (text, wanted) in [
            ("ssl_c_verify", "10"),
            ("ssl_c_verify,x509_v_err_str", "X509_V_ERR_CERT_HAS_EXPIRED"),
            ("ssl_c_err", "10"),
            ("ssl_c_ca_err", "19"),
            ("ssl_c_ca_err_depth", "1"),
            ("ssl_c_used", "1"),
        ] {
            assert_eq!(ask(text, &txn).as_deref(), Some(wanted), "{text}");
            assert_eq!(ask(text, &plain()), None, "{text}");
        }
        let txn = client(Facts { failure: failed().failure, ..facts });
        assert_eq!(ask("ssl_c_verify", &txn), None);
        assert_eq!(ask("ssl_c_err", &txn).as_deref(), Some("10"));
    }

    #[test]
    fn without_a_certificate_all_is_well() {
        let txn = client(Facts::default());
        for text in ["ssl_c_verify", "ssl_c_err", "ssl_c_ca_err", "ssl_c_ca_err_depth", "ssl_c_used"] {
            assert_eq!(ask(text, &txn).as_deref(), Some("0"), "{text}");
        }
    }
}
