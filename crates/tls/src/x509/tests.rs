//! Certificates made for the purpose, with what OpenSSL and HAProxy show of them.

use rcgen::{CustomExtension, DnType, DnValue, SanType};

use super::*;
use crate::verify::tests::pki::{Party, authority, client};

fn parse(party: &Party) -> Cert<'_> {
    Cert::parse(&party.der).unwrap()
}

#[test]
fn fetches_find_what_is_there() {
    let root = authority("root", None, |params| params.serial_number = Some(0xfedc_ba98u64.into()));
    let leaf = client(Some(&root), |params| {
        params
            .distinguished_name
            .push(DnType::CountryName, DnValue::PrintableString("FR".try_into().unwrap()));
        params.not_after = rcgen::date_time_ymd(2050, 4, 21);
        params.custom_extensions.push(CustomExtension::from_oid_content(
            &[2, 5, 29, 32],
            vec![
                0x30, 0x12, 0x30, 0x08, 0x06, 0x06, 4, 0, 0x8e, 0x46, 1, 4, 0x30, 0x06, 0x06, 0x04, 0x2a, 3,
                4, 5,
            ],
        ));
    });
    let (root, leaf) = (parse(&root), parse(&leaf));
    assert_eq!(leaf.subject().oneline().unwrap(), b"/O=Test/CN=client/C=FR");
    assert_eq!(leaf.issuer().oneline().unwrap(), b"/O=Test/CN=root");
    assert_eq!(
        (leaf.not_before().short(), leaf.not_after().short()),
        (Some("200101000000Z"), Some("500421000000Z"))
    );
    assert_eq!((leaf.signature_algorithm(), leaf.key_algorithm()), ("ecdsa-with-SHA256", "id-ecPublicKey"));
    assert_eq!((leaf.version(), leaf.key_bits()), (3, 256));
    assert_eq!(leaf.policies(), ["0.4.0.1862.1.4".to_owned(), "1.2.3.4.5".to_owned()]);
    assert_eq!(root.serial().as_ref(), [0xfe, 0xdc, 0xba, 0x98]);
    assert!(root.is_ca() && root.is_self_issued() && !leaf.is_ca() && !leaf.is_self_issued());
    assert_eq!(leaf.authority_key_id(), root.subject_key_id());
    assert_eq!(leaf.common_name().as_deref(), Some("client"));
    assert_eq!(leaf.extended_key_usages(), ["TLS Web Client Authentication"]);
    assert_eq!((leaf.subject_alt_names_line(), leaf.ocsp_url()), (None, None));
}

#[test]
fn alternative_names_are_shown_as_openssl_does() {
    let leaf = client(None, |params| {
        params.subject_alt_names = vec![
            SanType::DnsName("*.example.com".try_into().unwrap()),
            SanType::IpAddress("127.0.0.1".parse().unwrap()),
            SanType::IpAddress("2001:db8::1".parse().unwrap()),
            SanType::URI("http://example.com/".try_into().unwrap()),
            SanType::Rfc822Name("a@example.com".try_into().unwrap()),
            SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3], "user@x".into())),
        ];
    });
    let cert = parse(&leaf);
    assert_eq!(
        cert.subject_alt_names_line().as_deref(),
        Some(
            "DNS:*.example.com, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:http://example.com/, \
             email:a@example.com, othername:UPN:user@x"
        )
    );
    assert_eq!(cert.dns_names().collect::<Vec<_>>(), ["*.example.com"]);
}

#[test]
fn where_ocsp_is_asked() {
    // SEQUENCE { SEQUENCE { caIssuers, URI a }, SEQUENCE { ocsp, URI b } }
    let description =
        |kind: u8, uri: u8| vec![0x30, 0x0d, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 0x30, kind, 0x86, 0x01, uri];
    let content = [vec![0x30, 0x1e], description(2, b'a'), description(1, b'b')].concat();
    let leaf = client(None, |params| {
        let extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content);
        params.custom_extensions.push(extension);
    });
    assert_eq!(parse(&leaf).ocsp_url(), Some("b"));
}

#[test]
fn keys_of_every_kind_are_told() {
    let kinds: [(&rcgen::SignatureAlgorithm, &str, &str, u32, u32); 5] = [
        (&rcgen::PKCS_RSA_SHA384, "rsaEncryption", "RSA-SHA384", 2048, 112),
        (&rcgen::PKCS_ECDSA_P256_SHA256, "id-ecPublicKey", "ecdsa-with-SHA256", 256, 128),
        (&rcgen::PKCS_ECDSA_P384_SHA384, "id-ecPublicKey", "ecdsa-with-SHA384", 384, 192),
        (&rcgen::PKCS_ECDSA_P521_SHA512, "id-ecPublicKey", "ecdsa-with-SHA512", 521, 256),
        (&rcgen::PKCS_ED25519, "ED25519", "ED25519", 253, 128),
    ];
    for (kind, key, signature, bits, strength) in kinds {
        let pair = rcgen::KeyPair::generate_for(kind).unwrap();
        let made = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&pair).unwrap();
        let cert = Cert::parse(made.der()).unwrap();
        assert_eq!((cert.key_algorithm(), cert.signature_algorithm()), (key, signature));
        assert_eq!((cert.key_bits(), cert.public_key().security_bits()), (bits, strength));
    }
}

#[test]
fn fingerprints_are_of_the_whole() {
    let leaf = client(None, |_| {});
    let cert = parse(&leaf);
    let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &leaf.der);
    assert_eq!(cert.sha256(), expected.as_ref());
    assert_ne!(cert.sha1(), [0; 20]);
    assert_eq!(cert.der(), &leaf.der[..]);
}

#[test]
fn what_is_no_certificate_is_refused() {
    let leaf = client(None, |_| {});
    assert!(Cert::parse(&leaf.der[..leaf.der.len() - 1]).is_none());
    assert!(Cert::parse(&[&leaf.der[..], &[0]].concat()).is_none());
    assert!(Cert::parse(&[]).is_none() && Cert::parse(&[0x30, 0]).is_none());
}
