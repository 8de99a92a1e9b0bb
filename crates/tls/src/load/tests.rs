//! Loading: what is read, in which forms and orders, and every kind of input that is refused.

use std::path::Path;
use std::sync::Arc;

use rcgen::{PKCS_ECDSA_P256_SHA256 as P256, PKCS_ECDSA_P384_SHA384 as P384, PKCS_ECDSA_P521_SHA512 as P521};
use rcgen::{PKCS_ED25519 as ED25519, PKCS_RSA_SHA256 as RSA};

use super::der::{Der, INTEGER, OCTETS, SEQUENCE};
use super::testing::{Authority, Made, NOW, below, made, root, timed};
use super::*;
use crate::options::HostOptions;
use crate::store::element;

/// A directory with files.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Files {
        let files_made = Files(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| files_made.add(name, text));
        files_made
    }

    fn add(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    fn path(&self, name: &str) -> String {
        Path::new(self.0.path()).join(name).to_str().unwrap().to_owned()
    }

    /// What loading `name` gives, and the warnings, with the directory taken out of all texts.
    fn load_with(
        &self,
        settings: LoadSettings,
        name: &str,
    ) -> (Result<Vec<Arc<KeyPair>>, String>, Vec<String>) {
        let mut loader = Loader::at(settings, NOW);
        let loaded = loader.load(&self.path(name)).map_err(|error| self.short(&error));
        (loaded, loader.warnings().iter().map(|warning| self.short(warning)).collect())
    }

    fn load(&self, name: &str) -> Result<Vec<Arc<KeyPair>>, String> {
        self.load_with(LoadSettings::default(), name).0
    }

    fn error(&self, name: &str) -> String {
        self.load(name).expect_err("it should not load")
    }

    fn short(&self, text: &dyn std::fmt::Display) -> String {
        text.to_string().replace(&self.path(""), "")
    }
}

fn one(authority: &Authority) -> Made {
    made(authority, &["a.test"], &P256)
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// The key inside PKCS#8.
fn inner(key: &str) -> Vec<u8> {
    let block = &pem::parse(key.as_bytes()).unwrap()[0];
    let mut info = Der::new(&block.der).enter(SEQUENCE).unwrap();
    info.take(INTEGER).unwrap();
    info.take(SEQUENCE).unwrap();
    info.take(OCTETS).unwrap().to_vec()
}

fn titles(pair: &KeyPair) -> Vec<String> {
    pair.chain.iter().map(|der| Certificate::parse(der).unwrap().title()).collect()
}

fn strs(names: &[Box<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

#[test]
fn keys_of_every_kind_and_form_are_read() {
    let root = root("root", &P256);
    let kinds = [
        (&P256, KeyKind::Ecdsa),
        (&P384, KeyKind::Ecdsa),
        (&P521, KeyKind::Ecdsa),
        (&ED25519, KeyKind::Ed25519),
        (&RSA, KeyKind::Rsa),
    ];
    for (algorithm, kind) in kinds {
        let made = made(&root, &["A.test", "a.TEST", "*.b.test"], algorithm);
        let pair = KeyPair::from_pem("x", made.both().as_bytes()).unwrap();
        assert_eq!((pair.kind, strs(&pair.names)), (kind, vec!["a.test", "*.b.test"]), "{kind:?}");
        assert_eq!((pair.not_before, pair.not_after, &*pair.path), (0, NOW * 2, "x"));
        let label = match kind {
            KeyKind::Rsa => "RSA PRIVATE KEY",
            KeyKind::Ecdsa => "EC PRIVATE KEY",
            KeyKind::Ed25519 => continue,
        };
        let old = format!("{}{}", pem(label, &inner(&made.key)), made.pem);
        assert_eq!(KeyPair::from_pem("x", old.as_bytes()).unwrap().kind, kind, "{label}");
    }
}

#[test]
fn blocks_stand_in_any_order_and_chains_are_put_in_theirs() {
    let root = root("root", &P256);
    let (middle, other) = (below(&root, "middle", NOW * 2), below(&root, "other", NOW * 2));
    let own = made(&middle, &["own"], &P256);
    let load = |parts: &[&str]| {
        let files = Files::new(&[("a.pem", &parts.concat())]);
        let (loaded, warnings) = files.load_with(LoadSettings::default(), "a.pem");
        (titles(&loaded.unwrap()[0]), warnings)
    };
    let whole = vec!["own".to_owned(), "middle".to_owned(), "root".to_owned()];
    let dh = pem("DH PARAMETERS", b"x");
    for parts in [
        [&own.pem, &middle.pem, &root.pem, &own.key],
        [&own.key, &own.pem, &middle.pem, &root.pem],
        [&own.pem, &own.key, &root.pem, &middle.pem],
    ] {
        assert_eq!(load(&[&dh, parts[0], parts[1], parts[2], parts[3]]), (whole.clone(), vec![]));
    }
    let (titles, warnings) = load(&[&root.pem, &middle.pem, &own.pem, &own.key]);
    assert_eq!(titles, whole);
    assert!(
        warnings[0].starts_with("the certificate of 'a.pem' stands behind its chain, in line "),
        "{warnings:?}"
    );
    // What belongs to nothing stays where it is.
    assert_eq!(load(&[&own.pem, &other.pem, &middle.pem, &own.key]).0, ["own", "other", "middle"]);
}

#[test]
fn self_issued_authorities_are_left_out_on_demand() {
    let root = root("root", &P256);
    let (middle, other) = (below(&root, "middle", NOW * 2), below(&root, "other", NOW * 2));
    let own = made(&middle, &["own"], &P256);
    let files = Files::new(&[(
        "a.pem",
        &[&own.pem, &root.pem, &other.pem, &middle.pem, &own.key].map(|s| &**s).concat(),
    )]);
    let settings = LoadSettings { self_issued: SelfIssued::Skipped, ..LoadSettings::default() };
    assert_eq!(titles(&files.load_with(settings, "a.pem").0.unwrap()[0]), ["own", "middle"]);
}

#[test]
fn trusted_certificates_end_where_their_trust_begins() {
    let made = one(&root("root", &P256));
    let trusted = [&made.der[..], &[0x30, 0]].concat();
    let pair = KeyPair::from_pem("x", (pem("TRUSTED CERTIFICATE", &trusted) + &made.key).as_bytes()).unwrap();
    assert_eq!(*pair.chain[0], *made.der);
}

#[test]
fn broken_files_are_refused_with_the_reason() {
    let root = root("root", &P256);
    let (own, other) = (one(&root), one(&root));
    let encrypted = own.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let old_encrypted =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nQUJD\n-----END RSA PRIVATE KEY-----\n";
    let files = Files::new(&[
        ("empty", ""),
        ("text", "no certificate here"),
        ("key", &own.key),
        ("cut", &own.both()[..own.both().len() - 40]),
        ("damaged", &own.both().replacen('\n', "\n*", 1)),
        ("nonsense", &(pem("CERTIFICATE", b"hello") + &own.key)),
        ("half", &(pem("CERTIFICATE", &own.der[..own.der.len() / 2]) + &own.key)),
        ("no-key", &own.pem),
        ("encrypted", &(own.pem.clone() + &encrypted)),
        ("old-encrypted", &(own.pem.clone() + old_encrypted)),
        ("mismatch", &(own.pem.clone() + &other.key)),
        ("chain-broken", &(own.both() + &pem("CERTIFICATE", b"hello"))),
        ("key-broken", &(own.pem.clone() + &pem("PRIVATE KEY", b"hello"))),
        ("key-dsa", &(own.pem.clone() + &pem("DSA PRIVATE KEY", b"hello"))),
    ]);
    let begins = |name: &str, start: &str| {
        let error = files.error(name);
        assert!(error.starts_with(start), "{name}: {error}");
    };
    begins("empty", "no certificate in 'empty'");
    begins("text", "no certificate in 'text'");
    begins("key", "no certificate in 'key': it begins with a 'PRIVATE KEY'");
    begins("cut", "'cut', line ");
    begins("damaged", "'damaged', line 1: the 'CERTIFICATE' that begins here is damaged");
    begins("nonsense", "'nonsense', line 1: the certificate that begins here cannot be read");
    begins("half", "'half', line 1: the certificate that begins here cannot be read");
    begins("no-key", "no private key in 'no-key' or 'no-key.key'");
    begins("encrypted", "the private key in 'encrypted' is encrypted");
    begins("old-encrypted", "the private key in 'old-encrypted' is encrypted");
    begins("mismatch", "the private key in 'mismatch' is not that of the certificate in 'mismatch'");
    begins("chain-broken", "'chain-broken', line ");
    begins("key-broken", "the private key in 'key-broken' (line ");
    begins("key-dsa", "the private key in 'key-dsa' (line ");
    begins("missing", "there is no certificate 'missing', nor one that ends in .dsa, .ecdsa or .rsa");
    let mut loader = Loader::at(LoadSettings::default(), NOW);
    let error = loader.listed(&files.path(""), &StoreOptions::default()).unwrap_err();
    assert!(matches!(error, LoadError::Unreadable { .. }), "{error}");
    assert!(matches!(loader.load("@web/site"), Err(LoadError::Missing { .. })));
}

#[test]
fn keys_stand_beside_certificates() {
    let root = root("root", &P256);
    let (own, other) = (one(&root), one(&root));
    let files =
        Files::new(&[("a.crt", &own.pem), ("a.crt.key", &own.key), ("b.crt", &own.pem), ("b.key", &own.key)]);
    assert_eq!(files.load("a.crt").unwrap().len(), 1);
    assert_eq!(files.error("b.crt"), "no private key in 'b.crt' or 'b.crt.key'");
    let settings = LoadSettings { extra_names: ExtraNames::InsteadOfCrt, ..LoadSettings::default() };
    assert_eq!(files.load_with(settings, "b.crt").0.unwrap().len(), 1);
    let settings = LoadSettings { extra: ExtraFiles::NONE, ..LoadSettings::default() };
    assert_eq!(files.load_with(settings, "a.crt").0.unwrap_err(), "no private key in 'a.crt'");
    files.add("a.crt.key", &other.key);
    assert_eq!(
        files.error("a.crt"),
        "the private key in 'a.crt.key' is not that of the certificate in 'a.crt'"
    );
    files.add("a.crt.key", "nothing");
    assert_eq!(files.error("a.crt"), "no private key in 'a.crt.key'");
    files.add("a.crt.key", own.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    assert!(files.error("a.crt").starts_with("the private key in 'a.crt.key' is encrypted"));
}

#[test]
fn bundles_are_several_files_of_one_name() {
    let root = root("root", &P256);
    let (ecdsa, rsa) = (made(&root, &["a"], &P256), made(&root, &["a"], &RSA));
    let files = Files::new(&[("a.pem.ecdsa", &ecdsa.both()), ("a.pem.rsa", &rsa.both())]);
    let kinds: Vec<_> = files.load("a.pem").unwrap().iter().map(|pair| pair.kind).collect();
    assert_eq!(kinds, [KeyKind::Ecdsa, KeyKind::Rsa]);
    files.add("a.pem.dsa", ecdsa.pem.clone() + &pem("DSA PRIVATE KEY", b"x"));
    let (loaded, warnings) = files.load_with(LoadSettings::default(), "a.pem");
    assert_eq!(loaded.unwrap().len(), 2);
    assert!(warnings[0].starts_with("'a.pem.dsa' is left out"), "{warnings:?}");
    let settings = LoadSettings { extra: ExtraFiles::NONE, ..LoadSettings::default() };
    assert_eq!(files.load_with(settings, "a.pem").0.unwrap_err(), "there is no certificate 'a.pem'");
    let options = StoreOptions { key: Some("k".into()), ..StoreOptions::default() };
    let error = Loader::at(LoadSettings::default(), NOW).listed(&files.path("a.pem"), &options).unwrap_err();
    assert!(matches!(error, LoadError::BundleWithFiles { .. }), "{error}");
}

#[test]
fn directories_are_read_in_order_without_what_stands_beside() {
    let root = root("root", &P256);
    let (a, b) = (made(&root, &["a"], &P256), made(&root, &["b"], &P256));
    let files = Files::new(&[
        ("b.pem", &b.both()),
        ("a.pem", &a.pem),
        ("a.pem.key", &a.key),
        (".hidden", "no certificate"),
        ("b.pem.issuer", "no certificate"),
    ]);
    std::fs::create_dir(files.path("sub")).unwrap();
    let names: Vec<_> = files.load("").unwrap().iter().map(|pair| pair.names[0].clone()).collect();
    assert_eq!(strs(&names), ["a", "b"]);
    let (loaded, warnings) = files.load_with(LoadSettings::default(), "sub/");
    assert_eq!((loaded.unwrap().len(), warnings.len()), (0, 1));
    assert_eq!(warnings, ["there is no certificate in the directory 'sub'"]);
    files.add("c.pem", "no certificate");
    assert_eq!(files.error(""), "no certificate in 'c.pem'");
}

#[test]
fn times_are_warned_of_once_for_each_authority() {
    const DAY: i64 = 24 * 3600;
    let root = root("root", &P256);
    let old = below(&root, "old", NOW - 3 * DAY);
    let times = [
        ("a.pem", 0, NOW - DAY),
        ("b.pem", 0, NOW + 13 * DAY),
        ("c.pem", 0, NOW + 20 * DAY),
        ("d.pem", NOW + DAY, NOW * 2),
    ];
    let files = Files::new(&[]);
    for (name, from, until) in times {
        files.add(name, timed(&old, &[name], &P256, (from, until)).both() + &old.pem);
    }
    let (_, warnings) = files.load_with(LoadSettings::default(), "");
    assert_eq!(
        warnings,
        [
            "the certificate 'a.pem' expired on 2027-01-14 (1 day ago)",
            "the certificate of 'old' in the chain of 'a.pem' expired on 2027-01-12 (3 days ago)",
            "the certificate 'b.pem' ends on 2027-01-28 (in 13 days)",
            "the certificate 'd.pem' is not valid before 2027-01-16 (in 1 day)",
        ]
    );
}

#[test]
fn stores_name_certificates_and_their_files() {
    let root = root("root", &P256);
    let own = one(&root);
    let files = Files::new(&[("a.crt", &own.pem), ("k.pem", &own.key), ("both.pem", &own.both())]);
    let base = files.path("");
    let base = base.trim_end_matches('/');
    let bases = StoreBases { crt: Some(base), key: Some(base), crt_global: Some(base) };
    let options = |words: &[(&str, &str)]| {
        let mut options = StoreOptions::default();
        words.iter().for_each(|(keyword, value)| options.set(keyword, value).unwrap());
        options
    };
    let mut loader = Loader::at(LoadSettings::default(), NOW);
    let mut add = |store: &str, words: &[(&str, &str)]| loader.crt_store_add(store, &options(words), &bases);
    let with_key = [("crt", "a.crt"), ("key", "k.pem")];
    assert_eq!(add("web", &[("crt", "a.crt"), ("key", "k.pem"), ("alias", "x")]).as_deref(), Ok("@web/x"));
    assert_eq!(add("web", &with_key).as_deref(), Ok("@web/a.crt"));
    assert_eq!(add("", &with_key).as_deref(), Ok(&*files.path("a.crt")));
    assert!(matches!(add("web", &with_key), Err(LoadError::Defined { .. })));
    assert!(matches!(add("web", &[("crt", "both.pem"), ("alias", "/x")]), Err(LoadError::BadAlias { .. })));
    // Nothing is looked for beside a certificate of a store.
    files.add("a.crt.key", &own.key);
    assert!(matches!(add("other", &[("crt", "a.crt")]), Err(LoadError::NoKey { beside: None, .. })));
    assert_eq!(loader.load("@web/x").unwrap().len(), 1);
    // Without a store of its own, the path is the name.
    assert_eq!(loader.load(&files.path("a.crt")).unwrap().len(), 1);
    let other = options(&[("key", &files.path("a.crt.key"))]);
    assert!(matches!(loader.listed(&files.path("a.crt"), &other), Err(LoadError::Incompatible { .. })));
    loader.load(&files.path("both.pem")).unwrap();
    let error = loader.crt_store_add("", &options(&[("crt", "both.pem")]), &bases).unwrap_err();
    assert!(matches!(error, LoadError::Defined { .. }), "{error}");
}

#[test]
fn lists_may_name_files_too() {
    let root = root("root", &P256);
    let own = one(&root);
    let files = Files::new(&[("a.crt", &own.pem), ("k.pem", &own.key)]);
    let mut loader = Loader::at(LoadSettings::default(), NOW);
    let options = StoreOptions { key: Some(files.path("k.pem").into()), ..StoreOptions::default() };
    assert_eq!(loader.listed(&files.path("a.crt"), &options).unwrap().len(), 1);
    assert_eq!(loader.listed(&files.path("a.crt"), &options).unwrap().len(), 1);
    let error = loader.load(&files.path("a.crt")).unwrap_err();
    assert!(error.to_string().contains("there were some then, and there are none now"), "{error}");
}

#[test]
fn chains_come_from_a_directory_of_issuers() {
    let root = root("root", &P256);
    let middle = below(&root, "middle", NOW * 2);
    let own = made(&middle, &["own"], &P256);
    let files = Files::new(&[("a.pem", &own.both()), ("full.pem", &(own.both() + &root.pem))]);
    let issuers =
        Files::new(&[("m.pem", &(middle.pem.clone() + &root.pem)), ("same.pem", &middle.pem), ("text", "x")]);
    let mut loader = Loader::at(LoadSettings::default(), NOW);
    loader.set_issuers(&issuers.path("")).unwrap();
    let warnings: Vec<_> = loader.warnings().iter().map(|warning| issuers.short(warning)).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert_eq!(titles(&loader.load(&files.path("a.pem")).unwrap()[0]), ["own", "middle", "root"]);
    assert_eq!(titles(&loader.load(&files.path("full.pem")).unwrap()[0]), ["own", "root"]);
    assert!(loader.set_issuers("/does/not/exist").is_err());
}

#[test]
fn chains_come_from_files_that_add_up() {
    let (root, other) = (root("root", &P256), root("other", &P256));
    let middle = below(&root, "middle", NOW * 2);
    let own = made(&middle, &["own"], &P256);
    let files =
        Files::new(&[("a.pem", &own.both()), ("m.pem", &middle.pem), ("o.pem", &other.pem), ("text", "x")]);
    let mut loader = Loader::at(LoadSettings::default(), NOW);
    loader.set_issuers(&files.path("m.pem")).unwrap();
    loader.set_issuers(&files.path("o.pem")).unwrap();
    assert!(loader.set_issuers(&files.path("text")).is_err());
    assert_eq!(titles(&loader.load(&files.path("a.pem")).unwrap()[0]), ["own", "middle"]);
}

/// An OCSP answer (RFC 6960) that says a serial number is good until a time.
fn ocsp(serial: &[u8], until: &str) -> Vec<u8> {
    let hash = element(0x04, &[&[0; 20]]);
    let id = element(0x30, &[&element(0x30, &[&[0x06, 1, 0x2a]]), &hash, &hash, &element(0x02, &[serial])]);
    let now = element(0x18, &[b"20270101000000Z"]);
    let next = element(0xa0, &[&element(0x18, &[until.as_bytes()])]);
    let single = element(0x30, &[&id, &[0x80, 0], &now, &next]);
    let data = element(0x30, &[&element(0xa2, &[&hash]), &now, &element(0x30, &[&single])]);
    let basic = element(0x30, &[&data, &element(0x30, &[&[0x06, 1, 0x2a]]), &element(0x03, &[&[0, 0]])]);
    let bytes = element(0x30, &[&[0x06, 1, 0x2a], &element(0x04, &[&basic])]);
    element(0x30, &[&[0x0a, 1, 0], &element(0xa0, &[&bytes])])
}

#[test]
fn answers_and_timestamps_come_along() {
    let (root, other) = (root("root", &P256), root("other", &P256));
    let own = one(&root);
    let serial = Certificate::parse(&own.der).unwrap().serial().to_vec();
    let files = Files::new(&[("a.pem", &own.both()), ("a.pem.issuer", &root.pem)]);
    files.add("a.pem.sctl", [0, 3, 0, 1, 7]);
    files.add("a.pem.ocsp", ocsp(&serial, "20270201000000Z"));
    let (loaded, warnings) = files.load_with(LoadSettings::default(), "a.pem");
    let pair = &loaded.unwrap()[0];
    assert!(pair.ocsp.is_some() && pair.sctl.is_some() && warnings.is_empty(), "{warnings:?}");
    for (answer, reason) in [
        (ocsp(&serial, "20270102000000Z"), "out of date"),
        (ocsp(&[1, 2, 3], "20270201000000Z"), "another certificate"),
        (b"hello".to_vec(), "no OCSP answer"),
    ] {
        files.add("a.pem.ocsp", answer);
        let (loaded, warnings) = files.load_with(LoadSettings::default(), "a.pem");
        assert!(loaded.unwrap()[0].ocsp.is_none() && warnings[0].contains(reason), "{warnings:?}");
    }
    files.add("a.pem.issuer", &other.pem);
    assert_eq!(files.error("a.pem"), "'a.pem.issuer' is not the certificate of the issuer");
    files.add("a.pem.sctl", [0, 3, 0]);
    assert_eq!(files.error("a.pem"), "'a.pem.sctl' is no list of signed certificate timestamps");
}

#[test]
fn many_files_are_read_at_once_with_the_same_outcome() {
    let root = root("root", &P256);
    let old = below(&root, "old", NOW - 1);
    let made: Vec<_> = ["a", "b"].iter().map(|name| timed(&old, &[name], &P256, (0, NOW - 1))).collect();
    let files = Files::new(&[]);
    for number in 0..100 {
        files.add(&format!("{number:02}.pem"), made[number % 2].both() + &old.pem);
    }
    let (loaded, warnings) = files.load_with(LoadSettings::default(), "");
    let names: Vec<_> = loaded.unwrap().iter().map(|pair| pair.names[0].clone()).collect();
    assert_eq!(names, ["a", "b"].repeat(50).into_iter().map(Box::from).collect::<Vec<Box<str>>>());
    assert_eq!(warnings.len(), 101);
    assert!(warnings[1].starts_with("the certificate of 'old' in the chain of '00.pem'"), "{}", warnings[1]);
    assert!(warnings[100].starts_with("the certificate '99.pem' expired"), "{}", warnings[100]);
    files.add("50.pem", "nothing");
    files.add("70.pem", &made[0].pem);
    assert_eq!(files.error(""), "no certificate in '50.pem'");
    let list: String = (0..100).map(|number| format!("{number:02}.pem\n")).collect();
    let lines = crt_list::parse("l", list.as_bytes()).lines;
    let base = files.path("");
    let base = Some(base.trim_end_matches('/'));
    let (mut loader, mut entries) = (Loader::at(LoadSettings::default(), NOW), Vec::new());
    loader.read_ahead_list(&lines, base);
    assert!(loader.warnings().is_empty());
    let failed = lines.iter().filter(|line| {
        let listed = Listed { line, store: StoreOptions::default(), options: Arc::default() };
        loader.crt_list_line(&listed, base, &mut entries).is_err()
    });
    assert_eq!(failed.map(|line| line.number).collect::<Vec<_>>(), [51, 71]);
    assert_eq!((entries.len(), loader.warnings().len()), (98, 99));
}

#[test]
fn files_are_read_once() {
    let files = Files::new(&[("a.pem", &one(&root("root", &P256)).both())]);
    let mut loader = Loader::at(LoadSettings::default(), NOW);
    let first = loader.load(&files.path("a.pem")).unwrap();
    files.add("a.pem", "");
    assert!(Arc::ptr_eq(&first[0], &loader.load(&files.path("a.pem")).unwrap()[0]));
}

#[test]
fn the_first_certificate_of_a_line_is_a_default_one() {
    let root = root("root", &P256);
    let (a, b) = (made(&root, &["a"], &P256), made(&root, &["b"], &RSA));
    let files = Files::new(&[("s.ecdsa", &a.both()), ("s.rsa", &b.both()), ("c", &a.both())]);
    std::fs::create_dir(files.path("d")).unwrap();
    files.add("d/1", a.both());
    files.add("d/2", b.both());
    let options = Arc::new(HostOptions::default());
    let entries = |names: &[(CrtKeyword, &str)]| {
        let (mut loader, mut entries) = (Loader::at(LoadSettings::default(), NOW), Vec::new());
        for (keyword, name) in names {
            loader.crt(*keyword, &files.path(name), &options, &mut entries).unwrap();
        }
        entries.iter().map(|entry| entry.is_default).collect::<Vec<_>>()
    };
    use CrtKeyword::{Crt, DefaultCrt};
    assert_eq!(entries(&[(Crt, "s"), (Crt, "c")]), [true, true, false]);
    assert_eq!(entries(&[(Crt, "d"), (DefaultCrt, "c")]), [true, false, true]);
    assert_eq!(
        entries(&[(DefaultCrt, "c"), (DefaultCrt, "d"), (Crt, "s")]),
        [true, false, false, false, false]
    );
    let list = crt_list::parse("l", format!("{} x\n{}\n", files.path("s"), "c").as_bytes());
    let (mut loader, mut made) = (Loader::at(LoadSettings::default(), NOW), Vec::new());
    let base = files.path("");
    for line in &list.lines {
        let listed = Listed { line, store: StoreOptions::default(), options: options.clone() };
        loader.crt_list_line(&listed, Some(base.trim_end_matches('/')), &mut made).unwrap();
    }
    assert_eq!(made.iter().map(|entry| entry.is_default).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(strs(&made[1].filters), ["x"]);
}

#[test]
fn signers_are_read_with_their_keys() {
    let root = root("root", &P256);
    let files = Files::new(&[("a.pem", &root.pem), ("a.pem.key", &root.key_pem), ("b.pem", &root.pem)]);
    let mut loader = Loader::at(LoadSettings::default(), NOW);
    assert!(KeyPair::from_pem("x", &loader.signer(&files.path("a.pem"), None).unwrap()).is_ok());
    assert!(matches!(loader.signer(&files.path("b.pem"), None), Err(LoadError::NoKey { .. })));
}
