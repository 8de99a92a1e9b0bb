//! Certificates: `ssl_c_der` and its like of the client's, `ssl_f_*` of the one that the client was shown, `ssl_s_*` of
//! the server's. Names in them stand in [`super::dn`].

use ::tls::facts::Facts;
use ::tls::x509::Cert;

use super::{client, done, fc, server};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &fc(
        "ssl_c_chain_der",
        Type::Bin,
        |txn, _, _| chain_der(client(txn), 1),
        "the certificates that the client showed behind its own, one after the other, DER",
    ),
    &fc("ssl_c_der", Type::Bin, |txn, _, _| der(of_client(txn)), "the client's certificate, DER"),
    &fc(
        "ssl_c_key_alg",
        Type::Str,
        |txn, _, _| key_alg(of_client(txn)),
        "the algorithm of the key in the client's certificate, as OpenSSL names it",
    ),
    &fc(
        "ssl_c_notafter",
        Type::Str,
        |txn, _, _| notafter(of_client(txn)),
        "when the client's certificate ends, as `430614000000Z`",
    ),
    &fc(
        "ssl_c_notbefore",
        Type::Str,
        |txn, _, _| notbefore(of_client(txn)),
        "when the client's certificate begins to be valid, as `130613144555Z`",
    ),
    &Fetch {
        params: &[Param::optional("oid", Kind::Str)],
        doc: Doc {
            brief: "the policies that the client's certificate was issued under, dotted numbers",
            long: "Separated by `, `. With a dotted number as argument, that number if it is among them and no value \
                   if it is not, so that `-m found` tells.",
            examples: &[],
        },
        ..fc("ssl_c_policies", Type::Str, policies, "")
    },
    &fc(
        "ssl_c_san",
        Type::Str,
        |txn, _, _| san(of_client(txn)),
        "the alternative names in the client's certificate: `DNS:a.example, IP Address:192.0.2.1`",
    ),
    &fc(
        "ssl_c_serial",
        Type::Bin,
        |txn, _, _| serial(of_client(txn)),
        "the serial number of the client's certificate",
    ),
    &fc("ssl_c_sha1", Type::Bin, |txn, _, _| sha1(of_client(txn)), "SHA-1 of the client's certificate"),
    &fc(
        "ssl_c_sig_alg",
        Type::Str,
        |txn, _, _| sig_alg(of_client(txn)),
        "the algorithm that the client's certificate is signed with, as OpenSSL names it",
    ),
    &fc(
        "ssl_c_version",
        Type::Int,
        |txn, _, _| version(of_client(txn)),
        "the version of the client's certificate, 1 to 3",
    ),
    &fc(
        "ssl_f_der",
        Type::Bin,
        |txn, _, _| der(of_frontend(txn)),
        "the certificate that the client was shown, DER",
    ),
    &fc(
        "ssl_f_key_alg",
        Type::Str,
        |txn, _, _| key_alg(of_frontend(txn)),
        "the algorithm of the key in the certificate that the client was shown, as OpenSSL names it",
    ),
    &fc(
        "ssl_f_notafter",
        Type::Str,
        |txn, _, _| notafter(of_frontend(txn)),
        "when the certificate that the client was shown ends, as `430614000000Z`",
    ),
    &fc(
        "ssl_f_notbefore",
        Type::Str,
        |txn, _, _| notbefore(of_frontend(txn)),
        "when the certificate that the client was shown begins to be valid, as `130613144555Z`",
    ),
    &fc(
        "ssl_f_serial",
        Type::Bin,
        |txn, _, _| serial(of_frontend(txn)),
        "the serial number of the certificate that the client was shown",
    ),
    &fc(
        "ssl_f_sha1",
        Type::Bin,
        |txn, _, _| sha1(of_frontend(txn)),
        "SHA-1 of the certificate that the client was shown",
    ),
    &fc(
        "ssl_f_sig_alg",
        Type::Str,
        |txn, _, _| sig_alg(of_frontend(txn)),
        "the algorithm that the certificate that the client was shown is signed with, as OpenSSL names it",
    ),
    &fc(
        "ssl_f_version",
        Type::Int,
        |txn, _, _| version(of_frontend(txn)),
        "the version of the certificate that the client was shown, 1 to 3",
    ),
    &fc(
        "ssl_s_chain_der",
        Type::Bin,
        |txn, _, _| chain_der(server(txn), 0),
        "the certificates that the server showed, one after the other, DER",
    ),
    &fc("ssl_s_der", Type::Bin, |txn, _, _| der(of_server(txn)), "the server's certificate, DER"),
    &fc(
        "ssl_s_key_alg",
        Type::Str,
        |txn, _, _| key_alg(of_server(txn)),
        "the algorithm of the key in the server's certificate, as OpenSSL names it",
    ),
    &fc(
        "ssl_s_notafter",
        Type::Str,
        |txn, _, _| notafter(of_server(txn)),
        "when the server's certificate ends, as `430614000000Z`",
    ),
    &fc(
        "ssl_s_notbefore",
        Type::Str,
        |txn, _, _| notbefore(of_server(txn)),
        "when the server's certificate begins to be valid, as `130613144555Z`",
    ),
    &fc(
        "ssl_s_serial",
        Type::Bin,
        |txn, _, _| serial(of_server(txn)),
        "the serial number of the server's certificate",
    ),
    &fc("ssl_s_sha1", Type::Bin, |txn, _, _| sha1(of_server(txn)), "SHA-1 of the server's certificate"),
    &fc(
        "ssl_s_sig_alg",
        Type::Str,
        |txn, _, _| sig_alg(of_server(txn)),
        "the algorithm that the server's certificate is signed with, as OpenSSL names it",
    ),
    &fc(
        "ssl_s_version",
        Type::Int,
        |txn, _, _| version(of_server(txn)),
        "the version of the server's certificate, 1 to 3",
    ),
];

/// The certificate that the client showed, DER.
pub(super) fn of_client(txn: &Txn) -> Option<&[u8]> {
    client(txn)?.peer()
}

/// The certificate that the client was shown, DER.
pub(super) fn of_frontend(txn: &Txn) -> Option<&[u8]> {
    client(txn)?.own.as_ref()?.chain.first().map(AsRef::as_ref)
}

/// The certificate that the server showed, DER.
pub(super) fn of_server(txn: &Txn) -> Option<&[u8]> {
    server(txn)?.peer()
}

fn read<'a, T>(der: Option<&'a [u8]>, part: impl FnOnce(Cert<'a>) -> Option<T>) -> Option<T> {
    der.and_then(Cert::parse).and_then(part)
}

fn der(der: Option<&[u8]>) -> Fetched<'_> {
    der.map(Value::bin).into()
}

/// The certificates behind the first `skipped` ones, in one piece: a client's own does not count among its chain, as
/// OpenSSL has it; a server's does.
fn chain_der(facts: Option<&Facts>, skipped: usize) -> Fetched<'_> {
    let chain =
        done(facts).and_then(|facts| facts.peer_chain.get(skipped..)).filter(|chain| !chain.is_empty());
    let bytes = chain.map(|chain| chain.iter().flat_map(|der| der.iter().copied()).collect());
    bytes.map(Value::binary).into()
}

fn serial(der: Option<&[u8]>) -> Fetched<'_> {
    read(der, |cert| Some(Value::Bin(cert.serial()))).into()
}

fn sha1(der: Option<&[u8]>) -> Fetched<'_> {
    read(der, |cert| Some(Value::binary(cert.sha1().to_vec()))).into()
}

fn notafter(der: Option<&[u8]>) -> Fetched<'_> {
    read(der, |cert| cert.not_after().short()).map(|date| Value::str(date.as_bytes())).into()
}

fn notbefore(der: Option<&[u8]>) -> Fetched<'_> {
    read(der, |cert| cert.not_before().short()).map(|date| Value::str(date.as_bytes())).into()
}

fn key_alg(der: Option<&[u8]>) -> Fetched<'_> {
    read(der, |cert| Some(Value::str(cert.key_algorithm().as_bytes()))).into()
}

fn sig_alg(der: Option<&[u8]>) -> Fetched<'_> {
    read(der, |cert| Some(Value::str(cert.signature_algorithm().as_bytes()))).into()
}

fn version(der: Option<&[u8]>) -> Fetched<'_> {
    read(der, |cert| Some(Value::count(cert.version()))).into()
}

fn san(der: Option<&[u8]>) -> Fetched<'_> {
    read(der, |cert| cert.subject_alt_names_line()).map(|names| Value::string(names.into_bytes())).into()
}

fn policies<'a>(txn: &'a Txn, args: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let Some(mut list) = read(of_client(txn), |cert| Some(cert.policies())) else { return Fetched::Absent };
    if let Some(wanted) = args.str(0).filter(|wanted| !wanted.is_empty()) {
        list.retain(|policy| policy.as_bytes() == wanted);
        list.truncate(1);
    }
    (!list.is_empty()).then(|| Value::string(list.join(", ").into_bytes())).into()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use ::tls::facts::Facts;
    use rcgen::{CertificateParams, CustomExtension, DnType, SanType};
    use sha1::{Digest, Sha1};

    use super::super::testing::{ask, ask_server, client, failed, made, own, plain, server};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    fn with_extensions(params: &mut CertificateParams) {
        params.subject_alt_names = vec![
            SanType::DnsName("a.example".try_into().unwrap()),
            SanType::IpAddress(IpAddr::from([192, 0, 2, 1])),
        ];
        // Certificate policies (RFC 5280 section 4.2.1.4): 0.4.0.1862.1 and 1.2.3.4.
        let policies = b"\x30\x10\x30\x07\x06\x05\x04\0\x8e\x46\x01\x30\x05\x06\x03\x2a\x03\x04";
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(&[2, 5, 29, 32], policies.to_vec())];
    }

    #[test]
    fn every_part_on_every_side() {
        let (certificate, _) = made(&[(DnType::CommonName, "x")], |_| {});
        let der = certificate.der().clone();
        let peer = || Facts { peer_chain: vec![der.clone()], ..Facts::default() };
        let own = own("x.pem", &[(DnType::CommonName, "x")]);
        let own_der = own.chain[0].clone();
        let (c, f, s) =
            (client(peer()), client(Facts { own: Some(own), ..Facts::default() }), server(peer()));
        for (part, wanted) in [
            ("key_alg", "id-ecPublicKey"),
            ("notafter", "430614000000Z"),
            ("notbefore", "130613000000Z"),
            ("serial,hex", "45B601"),
            ("sig_alg", "ecdsa-with-SHA256"),
            ("version", "3"),
        ] {
            assert_eq!(ask(&format!("ssl_c_{part}"), &c).as_deref(), Some(wanted), "{part}");
            assert_eq!(ask(&format!("ssl_f_{part}"), &f).as_deref(), Some(wanted), "{part}");
            assert_eq!(ask_server(&format!("ssl_s_{part}"), &s).as_deref(), Some(wanted), "{part}");
            for letter in ["c", "f", "s"] {
                assert_eq!(ask_server(&format!("ssl_{letter}_{part}"), &plain()), None, "{letter} {part}");
            }
        }
        assert_eq!(ask("ssl_c_der,hex", &c), Some(hex(&der)));
        assert_eq!(ask("ssl_f_der,hex", &f), Some(hex(&own_der)));
        assert_eq!(ask("ssl_f_sha1,hex", &f), Some(hex(&Sha1::digest(&own_der))));
        assert_eq!(ask_server("ssl_s_der,hex", &s), Some(hex(&der)));
        assert_eq!(ask("ssl_fc_crtname", &f).as_deref(), Some("x.pem"));
        assert_eq!(ask("ssl_c_der", &f), None);
    }

    #[test]
    fn a_chain_is_one_after_the_other() {
        let facts = || Facts { peer_chain: vec![vec![1, 2].into(), vec![3].into()], ..Facts::default() };
        assert_eq!(ask("ssl_c_chain_der,hex", &client(facts())).as_deref(), Some("03"));
        assert_eq!(ask_server("ssl_s_chain_der,hex", &server(facts())).as_deref(), Some("010203"));
        let failed = Facts { failure: failed().failure, ..facts() };
        assert_eq!(ask("ssl_c_chain_der,hex", &client(failed.clone())), None);
        assert_eq!(ask("ssl_c_der,hex", &client(failed)).as_deref(), Some("0102"));
        assert_eq!(ask("ssl_c_serial", &client(facts())), None);
    }

    #[test]
    fn names_and_policies() {
        let (certificate, _) = made(&[(DnType::CommonName, "x")], with_extensions);
        let facts = Facts { peer_chain: vec![certificate.der().clone()], ..Facts::default() };
        let txn = client(facts);
        for (text, wanted) in [
            ("ssl_c_san", Some("DNS:a.example, IP Address:192.0.2.1")),
            ("ssl_c_policies", Some("0.4.0.1862.1, 1.2.3.4")),
            ("ssl_c_policies(1.2.3.4)", Some("1.2.3.4")),
            ("ssl_c_policies(1.2.3)", None),
        ] {
            assert_eq!(ask(text, &txn).as_deref(), wanted, "{text}");
        }
        let (bare, _) = made(&[(DnType::CommonName, "x")], |_| {});
        let txn = client(Facts { peer_chain: vec![bare.der().clone()], ..Facts::default() });
        assert_eq!(ask("ssl_c_san", &txn).or_else(|| ask("ssl_c_policies", &txn)), None);
    }
}
