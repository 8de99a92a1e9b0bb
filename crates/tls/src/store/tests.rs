//! Which certificate a client gets, and those that are made for it.

use std::sync::Arc;
use std::time::Instant;

use rcgen::{PKCS_ECDSA_P256_SHA256 as P256, PKCS_ECDSA_P384_SHA384 as P384, PKCS_ECDSA_P521_SHA512 as P521};
use rcgen::{PKCS_ED25519 as ED25519, PKCS_RSA_SHA256 as RSA};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::generate::Generator;
use super::*;
use crate::load::testing::{NOW, made, pretended, root};
use crate::load::{KeyPair, LoadSettings, Loader};

const ECDSA_ONLY: ClientCan = ClientCan { ecdsa: true, rsa: false, ed25519: false };
const RSA_ONLY: ClientCan = ClientCan { ecdsa: false, rsa: true, ed25519: false };
const NOTHING: ClientCan = ClientCan { ecdsa: false, rsa: false, ed25519: false };

fn entry(kind: KeyKind, names: &[&str], filters: &[&str]) -> Entry {
    Entry {
        pair: pretended(kind, names),
        filters: filters.iter().map(|&filter| filter.into()).collect(),
        options: Arc::default(),
        is_default: false,
        listed: None,
    }
}

fn index(entries: &[(KeyKind, &[&str])]) -> Index {
    let entries = entries.iter().map(|(kind, filters)| entry(*kind, &[], filters)).collect();
    Index::build(entries, Strictness::Default)
}

#[test]
fn exact_names_come_before_wildcards_and_defaults_last() {
    use KeyKind::Rsa;
    let index = index(&[(Rsa, &["first"]), (Rsa, &["*.x.test"]), (Rsa, &["a.x.test"]), (Rsa, &["a.x.test"])]);
    let find = |name| index.find(Some(name), ClientCan::ALL);
    assert_eq!(find("A.X.test"), Some(2));
    assert_eq!(find("b.x.test"), Some(1));
    // A wildcard stands for one label, and for one at least.
    for name in ["a.b.x.test", "x.test", "other", ""] {
        assert_eq!(find(name), Some(0), "{name}");
        assert_eq!(index.named(name, ClientCan::ALL), None, "{name}");
    }
    assert_eq!(index.find(None, ClientCan::ALL), Some(0));
    assert_eq!(find(&"a".repeat(300)), Some(0));
}

#[test]
fn names_of_certificates_count_without_filters() {
    let entries = vec![
        entry(KeyKind::Rsa, &["a.test", "*.b.test"], &[]),
        entry(KeyKind::Rsa, &["c.test"], &["d.test"]),
    ];
    let index = Index::build(entries, Strictness::Strict);
    let find = |name| index.find(Some(name), ClientCan::ALL);
    assert_eq!((find("a.test"), find("x.b.test"), find("d.test")), (Some(0), Some(0), Some(1)));
    assert_eq!((find("c.test"), index.find(None, ClientCan::ALL)), (None, None));
    assert_eq!(index.default_entry(ClientCan::ALL), Some(0));
}

#[test]
fn a_line_takes_names_out_of_its_own_wildcards_only() {
    use KeyKind::Rsa;
    let index = index(&[
        (Rsa, &["first"]),
        (Rsa, &["*.x", "!A.x", "!*.x", "!*"]),
        (Rsa, &["*.x", "!b.x"]),
        (Rsa, &["!c.x"]),
    ]);
    let find = |name| index.find(Some(name), ClientCan::ALL);
    assert_eq!((find("a.x"), find("b.x"), find("c.x")), (Some(2), Some(1), Some(1)));
}

#[test]
fn the_key_is_of_the_best_kind_that_the_client_knows() {
    use KeyKind::{Ecdsa, Ed25519, Rsa};
    let index = index(&[
        (Rsa, &["*"]),
        (Rsa, &["both", "*.x"]),
        (Ecdsa, &["both", "*.x"]),
        (Ed25519, &["both", "ed"]),
        (Rsa, &["a.x", "ed"]),
    ]);
    let find = |name, can| index.find(Some(name), can);
    assert_eq!(find("both", ClientCan::ALL), Some(2));
    assert_eq!(
        (find("both", RSA_ONLY), find("both", ECDSA_ONLY), find("both", NOTHING)),
        (Some(1), Some(2), Some(2))
    );
    assert_eq!(find("both", ClientCan { ed25519: true, ..NOTHING }), Some(3));
    // An exact name has the better claim for its own kind of key only.
    assert_eq!((find("a.x", ClientCan::ALL), find("a.x", RSA_ONLY)), (Some(2), Some(4)));
    assert_eq!(
        (find("ed", ECDSA_ONLY), find("ed", ClientCan { ed25519: true, ..NOTHING })),
        (Some(4), Some(3))
    );
}

#[test]
fn several_may_be_default() {
    use KeyKind::{Ecdsa, Rsa};
    let mut entries =
        vec![entry(Rsa, &["a"], &[]), entry(Ecdsa, &["b"], &["*", "!*"]), entry(Ecdsa, &["c"], &[])];
    let index = Index::build(entries.clone(), Strictness::Default);
    assert_eq!((index.find(None, ClientCan::ALL), index.find(None, RSA_ONLY)), (Some(1), Some(0)));
    entries.remove(1);
    entries[1].is_default = true;
    let index = Index::build(entries, Strictness::Default);
    assert_eq!((index.find(None, ClientCan::ALL), index.find(Some("x"), RSA_ONLY)), (Some(1), Some(0)));
    assert_eq!(Index::build(Vec::new(), Strictness::Default).find(None, ClientCan::ALL), None);
}

#[test]
fn clients_say_what_they_can() {
    let can = ClientCan::by_schemes(&[SignatureScheme::RSA_PSS_SHA256, SignatureScheme::ED25519]);
    assert_eq!(can, ClientCan { ecdsa: false, rsa: true, ed25519: true });
    assert_eq!(ClientCan::by_schemes(&[SignatureScheme::ECDSA_NISTP384_SHA384]), ECDSA_ONLY);
}

proptest::proptest! {
    #[test]
    fn the_index_agrees_with_a_walk_over_all_lines(
        lines in proptest::collection::vec((0..3_usize, proptest::collection::vec("[!]?([*][.])?[ab][.][xy]|[*]", 1..4)), 1..6),
        name in "[abAB][.][xy]",
        can in 0..8_u8,
    ) {
        let kinds = [KeyKind::Rsa, KeyKind::Ecdsa, KeyKind::Ed25519];
        let can = ClientCan { ecdsa: can & 1 != 0, rsa: can & 2 != 0, ed25519: can & 4 != 0 };
        let entries: Vec<Entry> = lines.iter().map(|(kind, filters)| {
            entry(kinds[*kind], &[], &filters.iter().map(|filter| &**filter).collect::<Vec<_>>())
        }).collect();
        let name_lower = name.to_ascii_lowercase();
        let parent = &name_lower[name_lower.find('.').unwrap()..];
        let mut order: Vec<usize> = Vec::new();
        let has = |line: usize, wanted: &str| lines[line].1.iter().any(|filter| filter == wanted);
        order.extend((0..lines.len()).filter(|&line| has(line, &name_lower)));
        let wild = format!("*{parent}");
        order.extend((0..lines.len()).filter(|&line| has(line, &wild) && !has(line, &format!("!{name_lower}"))));
        let of = |kind: KeyKind| order.iter().copied().find(|&line| kinds[lines[line].0] == kind);
        let (ecdsa, rsa, other) = (of(KeyKind::Ecdsa), of(KeyKind::Rsa), of(KeyKind::Ed25519));
        let expected = ecdsa.filter(|_| can.ecdsa)
            .or(rsa.filter(|_| can.rsa))
            .or(other.filter(|_| can.ed25519))
            .or(ecdsa).or(rsa).or(other);
        proptest::prop_assert_eq!(Index::build(entries, Strictness::Default).named(&name, can), expected);
    }
}

#[test]
fn certificates_are_made_with_the_default_key_and_the_signers_name() {
    let default_root = root("default", &P256);
    let base =
        KeyPair::from_pem("base", made(&default_root, &["base.test"], &P256).both().as_bytes()).unwrap();
    let base = Arc::new(base);
    for algorithm in [&P256, &P384, &P521, &RSA, &ED25519] {
        let signer = root("signer", algorithm);
        let pem = signer.pem.clone() + &signer.key_pem;
        let generator = Generator::new(pem.as_bytes(), base.clone(), 10).unwrap();
        let pair = generator.get("New.Test", NOW, |pair| pair).unwrap();
        assert_eq!((pair.chain.len(), pair.kind, &*pair.names[0]), (2, KeyKind::Ecdsa, "new.test"));
        let (rest, made) = X509Certificate::from_der(&pair.chain[0]).unwrap();
        let (_, authority) = X509Certificate::from_der(&pair.chain[1]).unwrap();
        assert!(rest.is_empty());
        assert_eq!(made.issuer.as_raw(), authority.subject.as_raw());
        let common_names: Vec<_> =
            made.subject.iter_common_name().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(common_names, ["signer", "new.test"]);
        assert!(made.validity.is_valid_at(x509_parser::time::ASN1Time::from_timestamp(NOW).unwrap()));
        assert!(KeyPair::from_pem("x", b"").is_err());
        assert!(is_signed(&made, &authority), "{:?}", authority.signature_algorithm);
        rustls::sign::CertifiedKey::new(pair.chain.clone(), pair.key.clone()).keys_match().unwrap();
    }
}

/// Whether a certificate's signature is by an authority's key.
fn is_signed(made: &X509Certificate<'_>, authority: &X509Certificate<'_>) -> bool {
    use aws_lc_rs::signature::{ECDSA_P521_SHA256_ASN1, UnparsedPublicKey};
    let key = &authority.tbs_certificate.subject_pki.subject_public_key.data;
    if key.len() == 133 {
        let key = UnparsedPublicKey::new(&ECDSA_P521_SHA256_ASN1, key);
        return key.verify(made.tbs_certificate.as_ref(), &made.signature_value.data).is_ok();
    }
    made.verify_signature(Some(authority.public_key())).is_ok()
}

#[test]
fn certificates_are_made_once_and_forgotten_in_time() {
    let root = root("root", &P256);
    let pem = root.pem.clone() + &root.key_pem;
    let base = Arc::new(KeyPair::from_pem("base", pem.as_bytes()).unwrap());
    let generator = Generator::new(pem.as_bytes(), base.clone(), 2).unwrap();
    let make = |host: &str| generator.get(host, NOW, |pair| pair).unwrap();
    let first = make("a.test");
    assert!(Arc::ptr_eq(&first, &make("A.TEST")));
    make("b.test");
    make("c.test");
    assert!(!Arc::ptr_eq(&first, &make("a.test")));
    let long = format!("{}.test", "x".repeat(60));
    let made = make(&long);
    let (_, parsed) = X509Certificate::from_der(&made.chain[0]).unwrap();
    assert_eq!(parsed.subject.iter_common_name().count(), 1);
    for host in ["", "a,DNS:b", "a b", "ä.test", &"x".repeat(256)] {
        assert!(generator.get(host, NOW, |pair| pair).is_none(), "{host}");
    }
    assert!(Generator::<()>::new(root.pem.as_bytes(), base, 2).is_err());
}

/// `cargo test --release -p lockgate-tls -- --ignored --nocapture ten_thousand_certificates`
#[test]
#[ignore = "a measurement"]
fn ten_thousand_certificates() {
    const COUNT: usize = 10_000;
    for (title, algorithm) in [("ECDSA P-256", &P256), ("RSA 2048", &RSA)] {
        let directory = tempfile::tempdir().unwrap();
        let root = root("root", &P256);
        let middle = crate::load::testing::below(&root, "middle", NOW * 2);
        // RSA keys take a while to make: a few of them serve all, under names of their own.
        let few = if std::ptr::eq(algorithm, &P256) { COUNT } else { 20 };
        let keys: Vec<_> = (0..few).map(|_| rcgen::KeyPair::generate_for(algorithm).unwrap()).collect();
        for number in 0..COUNT {
            let key = &keys[number % few];
            let params = rcgen::CertificateParams::new(vec![format!("www{number}.example.com")]).unwrap();
            let certificate = params.signed_by(key, &middle.issuer).unwrap();
            let text = certificate.pem() + &middle.pem + &key.serialize_pem();
            std::fs::write(directory.path().join(format!("{number:05}.pem")), text).unwrap();
        }
        let (begun, begun_cpu) = (Instant::now(), cpu_ms());
        let mut loader = Loader::new(LoadSettings::default());
        let pairs = loader.load(directory.path().to_str().unwrap()).unwrap();
        let (took, cpu) = (begun.elapsed(), cpu_ms() - begun_cpu);
        println!("{title}: {} certificates loaded in {took:?}, {cpu} ms of CPU", pairs.len());
        let begun = Instant::now();
        let entries = pairs
            .into_iter()
            .map(|pair| Entry {
                pair,
                filters: Vec::new(),
                options: Arc::default(),
                is_default: false,
                listed: None,
            })
            .collect();
        let index = Index::build(entries, Strictness::Default);
        println!("{title}: index built in {:?}", begun.elapsed());
        look_up(title, &index, COUNT);
    }
}

/// What the process has used of its processors: a busy machine changes little of it.
fn cpu_ms() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the program's name: user and system time are the 12th and 13th field, in hundredths of a second.
    let fields: Vec<_> = text.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2).collect();
    fields.iter().map(|field| field.parse::<u64>().unwrap() * 10).sum()
}

fn look_up(title: &str, index: &Index, count: usize) {
    for (what, suffix) in [("known", "Example.com"), ("unknown", "example.net")] {
        // In an order that no cache can guess.
        let names: Vec<String> =
            (0..count).map(|number| format!("www{}.{suffix}", number * 7919 % count)).collect();
        let begun = Instant::now();
        let mut found = 0;
        for _ in 0..20 {
            found += names.iter().filter(|name| index.named(name, ClientCan::ALL).is_some()).count();
        }
        let each = begun.elapsed().as_nanos() / (20 * count as u128);
        println!("{title}: {each} ns a look-up of {what} names ({found} found)");
        assert!(each < 500, "{each} ns");
    }
}
