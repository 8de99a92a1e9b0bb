//! What version 2 of the PROXY protocol tells of the client's TLS: the field `PP2_TYPE_SSL`
//! (the PROXY protocol's specification, section 2.2.6).

use config::model::ProxyV2Options;
use sample::proxy_tlvs::types;
use tls::facts::Facts;
use tls::suites;
use tls::x509::Cert;

use super::push_field;

/// The client speaks TLS.
const CLIENT_SSL: u8 = 0x01;
/// It showed a certificate on this connection.
const CLIENT_CERT_CONN: u8 = 0x02;
/// It showed a certificate in this TLS session, which may have been resumed.
const CLIENT_CERT_SESS: u8 = 0x04;

/// Appends the value of the field: flags, the verification's result, and fields of its own. A client without TLS has
/// neither flag nor field.
pub(super) fn push(out: &mut Vec<u8>, options: ProxyV2Options, tls: Option<&Facts>) {
    let Some(tls) = tls else {
        out.extend_from_slice(&[0; 5]);
        return;
    };
    let (flags, verify) = match (tls.peer().is_some(), tls.is_resumed) {
        (false, _) => (CLIENT_SSL, 0),
        (true, true) => (CLIENT_SSL | CLIENT_CERT_SESS, tls.verification.code.0),
        (true, false) => (CLIENT_SSL | CLIENT_CERT_SESS | CLIENT_CERT_CONN, tls.verification.code.0),
    };
    out.push(flags);
    out.extend_from_slice(&u32::from(verify).to_be_bytes());
    push_fields(out, options, tls);
}

/// The client's own certificate tells its name; the other facts of certificates are those of the one it was shown.
fn push_fields(out: &mut Vec<u8>, options: ProxyV2Options, tls: &Facts) {
    let mut push = |kind: u8, value: &[u8]| push_field(out, kind, |out| out.extend_from_slice(value));
    if let Some(version) = tls.version {
        push(types::SSL_VERSION, version.name().as_bytes());
    }
    if options.cert_cn
        && let Some(cert) = tls.peer().and_then(Cert::parse)
        && let Some(name) = cert.subject().entry(b"CN", 1)
    {
        push(types::SSL_CN, name);
    }
    let own = tls.own.as_ref().and_then(|pair| pair.chain.first()).and_then(|der| Cert::parse(der));
    if options.cert_key
        && let Some(key) = own.as_ref().and_then(key_of)
    {
        push(types::SSL_KEY_ALG, key.as_bytes());
    }
    if options.cert_sig
        && let Some(cert) = &own
    {
        push(types::SSL_SIG_ALG, cert.signature_algorithm().as_bytes());
    }
    if options.ssl_cipher
        && let Some(suite) = tls.suite.and_then(suites::by_number)
    {
        push(types::SSL_CIPHER, suite.openssl_name.as_bytes());
    }
}

/// Kind and size of a certificate's key, as `RSA2048`; only of the kinds that HAProxy names.
fn key_of(cert: &Cert<'_>) -> Option<String> {
    let kind = match cert.key_algorithm() {
        "rsaEncryption" => "RSA",
        "id-ecPublicKey" => "EC",
        "dsaEncryption" => "DSA",
        _ => return None,
    };
    Some(format!("{kind}{}", cert.key_bits()))
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;
    use sample::proxy_tlvs::ProxyTlvs;
    use tls::verify::{Verification, VerifyCode};
    use tls::version::Version;

    use super::*;

    const ALL: ProxyV2Options = ProxyV2Options {
        ssl: true,
        cert_cn: true,
        ssl_cipher: true,
        cert_sig: true,
        cert_key: true,
        authority: false,
        crc32c: false,
        unique_id: false,
    };

    fn pushed(options: ProxyV2Options, tls: Option<&Facts>) -> (Vec<u8>, Vec<(u8, String)>) {
        let mut out = Vec::new();
        push(&mut out, options, tls);
        let (head, fields) = out.split_at(5);
        let tlvs = ProxyTlvs::new(fields).unwrap();
        let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
        (head.to_vec(), tlvs.iter().map(|(kind, value)| (kind, text(value))).collect())
    }

    /// `CN=client.example`, signed by itself.
    fn certificate() -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(include_bytes!("client.pem")).unwrap()
    }

    fn facts() -> Facts {
        Facts { version: Some(Version::Tls13), suite: Some(0x1301), ..Facts::default() }
    }

    #[test]
    fn a_client_without_tls_has_an_empty_field() {
        assert_eq!(pushed(ALL, None), (vec![0; 5], vec![]));
    }

    #[test]
    fn version_and_cipher() {
        let expected = vec![
            (types::SSL_VERSION, "TLSv1.3".to_owned()),
            (types::SSL_CIPHER, "TLS_AES_128_GCM_SHA256".to_owned()),
        ];
        assert_eq!(pushed(ALL, Some(&facts())), (vec![CLIENT_SSL, 0, 0, 0, 0], expected));
    }

    #[test]
    fn a_certificate_its_verification_and_its_name() {
        let verification = Verification { code: VerifyCode(10), ..Verification::default() };
        let mut facts = Facts { peer_chain: vec![certificate()], verification, ..facts() };
        let (head, fields) = pushed(ALL, Some(&facts));
        assert_eq!(head, [CLIENT_SSL | CLIENT_CERT_CONN | CLIENT_CERT_SESS, 0, 0, 0, 10]);
        assert_eq!(fields[1], (types::SSL_CN, "client.example".to_owned()));
        facts.is_resumed = true;
        let (head, fields) = pushed(ProxyV2Options { ssl: true, ..ProxyV2Options::default() }, Some(&facts));
        assert_eq!(head, [CLIENT_SSL | CLIENT_CERT_SESS, 0, 0, 0, 10]);
        assert_eq!(fields.len(), 1);
    }

    #[test]
    fn keys_by_kind_and_size() {
        let der = certificate();
        assert_eq!(key_of(&Cert::parse(&der).unwrap()).as_deref(), Some("EC256"));
    }
}
