//! The store with lines that use it, without sockets: contexts are looked at, not connected to.

use rcgen::PKCS_ECDSA_P256_SHA256 as P256;

use super::*;
use crate::load::testing::{Authority, Made, made, root};
use crate::load::{CrtKeyword, LoadSettings, OcspUpdate};
use crate::options::{ClientOptions, HostOptions, ServerOptions, Verify};
use crate::server::{Settings, SharedTls};

/// A store with one certificate file, a `bind` line that uses it through a list, and a `server` line that shows it.
struct Lab {
    store: FileStore,
    bind: Arc<Slot<server::Context>>,
    server: Arc<Slot<client::Context>>,
    /// The certificate's file.
    path: String,
    root: Authority,
    _directory: tempfile::TempDir,
}

const LIST: &str = "site.list";

impl Lab {
    fn new(options: &ServerOptions) -> Lab {
        let directory = tempfile::tempdir().unwrap();
        let root = root("r", &P256);
        let path = directory.path().join("site.pem").to_str().unwrap().to_owned();
        std::fs::write(&path, made(&root, &["a.test"], &P256).both()).unwrap();
        let mut loader = Loader::new(LoadSettings::default());
        let mut entries = Vec::new();
        let host = Arc::new(options.host.clone());
        loader.crt(CrtKeyword::Crt, &path, &host, &mut entries).unwrap();
        let certificate = Some(entries[0].pair.clone());
        let listed = Arc::new(ListEntry {
            certificate: path.as_str().into(),
            options: Vec::new(),
            filters: Vec::new(),
            number: 1,
        });
        entries[0].listed = Some(listed.clone());
        let shared = SharedTls::new(Settings::default()).unwrap();
        let bind = Arc::new(Slot::new(server::Context::new(options, entries, &shared).unwrap().context));
        let client = ClientOptions { certificate, ..ClientOptions::default() };
        let server = Arc::new(Slot::new(client::Context::new(&client).unwrap().context));
        let authorities = options.host.ca_file.iter().map(|store| ("ca.pem".into(), store.clone()));
        let list = CrtListFile { name: LIST.into(), form: ListForm::File, entries: vec![listed], lines: 1 };
        let store = FileStore::default();
        store.fill(Loaded {
            loader: Some(loader),
            authorities: authorities.collect(),
            lists: vec![list],
            ..Loaded::default()
        });
        store.add_bind(BindLine {
            proxy: "f".into(),
            place: "lb.cfg:3".into(),
            lists: vec![LIST.into()],
            slot: bind.clone(),
        });
        store.add_server(&server);
        Lab { store, bind, server, path, root, _directory: directory }
    }

    fn made(&self, name: &str) -> Made {
        made(&self.root, &[name], &P256)
    }

    /// Makes a certificate called `name`.
    fn add(&self, name: &str) {
        self.store.new_certificate(name).unwrap();
        self.store.set_certificate(name, self.made(name).both().as_bytes()).unwrap();
        assert_eq!(self.store.commit_certificate(name).unwrap().remade, 0);
    }

    /// The names that clients may ask for.
    fn names(&self) -> Vec<Box<str>> {
        self.store.sni(None).into_iter().map(|row| row.name).collect()
    }
}

fn entry(certificate: &str, filters: &[&str]) -> NewEntry {
    let filters = filters.iter().map(|&filter| filter.into()).collect();
    NewEntry {
        certificate: certificate.into(),
        options: Vec::new(),
        filters,
        ocsp_update: OcspUpdate::Default,
    }
}

#[test]
fn a_commit_replaces_the_contexts_of_all_who_use_a_certificate() {
    let lab = Lab::new(&ServerOptions::default());
    let (store, path) = (&lab.store, lab.path.as_str());
    let (before, shown) = (lab.bind.current(), lab.server.current());
    let new = lab.made("b.test");
    assert_eq!(store.set_certificate(path, new.both().as_bytes()), Ok(Progress::Created(path.into())));
    assert_eq!(store.set_certificate(path, new.pem.as_bytes()), Ok(Progress::Updated(path.into())));
    assert!(Arc::ptr_eq(&before, &lab.bind.current()), "nothing happens before the commit");
    assert_eq!(store.certificate(path, Version::Pending).unwrap().status, Status::Uncommitted);
    assert_eq!(store.commit_certificate(path).unwrap().remade, 2);
    assert_eq!(lab.names().iter().map(|name| &**name).collect::<Vec<_>>(), ["b.test", "*"]);
    assert_eq!(&*before.entries()[0].pair.names[0], "a.test", "who has the old context keeps it");
    assert!(!Arc::ptr_eq(&shown, &lab.server.current()));
    assert_eq!(lab.server.current().certificate().unwrap().chain[0].as_ref(), new.der);
    let view = store.certificate(path, Version::Current).unwrap();
    assert_eq!((view.status, view.own().unwrap()), (Status::Used, &new.der[..]));
    assert_eq!(store.commit_certificate(path), Err(ChangeError::NoTransaction));
}

#[test]
fn one_certificate_is_changed_at_a_time() {
    let lab = Lab::new(&ServerOptions::default());
    lab.add("other");
    let pem = lab.made("x").both();
    assert_eq!(lab.store.set_certificate("nowhere", pem.as_bytes()), Err(ChangeError::Unknown));
    lab.store.set_certificate("other", pem.as_bytes()).unwrap();
    let other = |verb| ChangeError::Other { ongoing: "other".into(), asked: lab.path.as_str().into(), verb };
    assert_eq!(lab.store.set_certificate(&lab.path, pem.as_bytes()), Err(other(Verb::Set)));
    assert_eq!(lab.store.commit_certificate(&lab.path), Err(other(Verb::Set)));
    assert_eq!(lab.store.abort_certificate(&lab.path), Err(other(Verb::Abort)));
    assert_eq!(lab.store.del_certificate("other"), Err(ChangeError::Ongoing));
    lab.store.abort_certificate("other").unwrap();
    assert_eq!(lab.store.abort_certificate("other"), Err(ChangeError::NoTransaction));
    assert_eq!(lab.store.del_certificate(&lab.path), Err(ChangeError::InUse));
    assert_eq!(lab.store.del_certificate("other"), Ok(()));
}

#[test]
fn a_key_that_does_not_fit_changes_nothing() {
    let lab = Lab::new(&ServerOptions::default());
    let before = lab.bind.current();
    lab.store.set_certificate(&lab.path, lab.made("b.test").pem.as_bytes()).unwrap();
    assert_eq!(lab.store.commit_certificate(&lab.path), Err(ChangeError::Mismatch(lab.path.as_str().into())));
    assert!(Arc::ptr_eq(&before, &lab.bind.current()));
    let Some(Dump::Pem(dumped)) = lab.store.dump_certificate(&lab.path, Version::Current) else { panic!() };
    assert!(dumped.contains("PRIVATE KEY") && dumped.contains("BEGIN CERTIFICATE"));
    assert!(!format!("{:?}", lab.store).contains("der: ["));
}

#[test]
fn certificates_come_onto_lists_and_go() {
    let lab = Lab::new(&ServerOptions::default());
    let store = &lab.store;
    lab.add("c.test");
    let hosts = || store.list_hosts(LIST).unwrap();
    assert_eq!(store.add_to_list(LIST, entry("c.test", &["*.c.test", "!x.c.test"]), hosts()), Ok(1));
    assert_eq!(lab.names().iter().map(|name| &**name).collect::<Vec<_>>(), ["a.test", "*", "*.c.test"]);
    assert_eq!(store.sni(Some("f")).last().unwrap().excluded, ["x.c.test".into()]);
    assert!(store.sni(Some("g")).is_empty());
    assert_eq!(store.list(LIST).unwrap().entries[1].number, 2);
    assert_eq!(store.del_certificate("c.test"), Err(ChangeError::InUse));
    // A change of the certificate reaches the entry.
    store.set_certificate("c.test", lab.made("d.test").both().as_bytes()).unwrap();
    assert_eq!(store.commit_certificate("c.test").unwrap().remade, 1);
    store.add_to_list(LIST, entry("c.test", &[]), hosts()).unwrap();
    assert!(lab.names().contains(&"d.test".into()));
    let text = |result: Result<(), ChangeError>| result.unwrap_err().to_string();
    assert!(text(store.del_from_list(LIST, "c.test", None)).contains("several entries"));
    assert!(text(store.del_from_list(LIST, "c.test", Some(9))).contains("(2, 3)"));
    store.del_from_list(LIST, "c.test", Some(2)).unwrap();
    store.del_from_list(LIST, "c.test", None).unwrap();
    assert_eq!(lab.names().len(), 2);
    assert_eq!(store.del_certificate("c.test"), Ok(()));
    let needed = text(store.del_from_list(LIST, &lab.path, Some(1)));
    assert!(needed.contains("default certificate") && needed.contains("- lb.cfg:3"), "{needed}");
}

#[test]
fn under_strict_sni_a_list_may_become_empty() {
    let lab = Lab::new(&ServerOptions { is_strict_sni: true, ..ServerOptions::default() });
    lab.store.del_from_list(LIST, &lab.path, None).unwrap();
    assert!(lab.bind.current().entries().is_empty() && lab.names().is_empty());
    let hosts = lab.store.list_hosts(LIST).unwrap();
    lab.store.add_to_list(LIST, entry(&lab.path, &[]), hosts).unwrap();
    assert_eq!(lab.bind.current().entries().len(), 1);
}

#[test]
fn entries_that_cannot_be_added_are_refused() {
    let lab = Lab::new(&ServerOptions::default());
    let store = &lab.store;
    let add = |list: &str, certificate: &str| {
        let hosts = store.list_hosts(list)?;
        store.add_to_list(list, entry(certificate, &[]), hosts)
    };
    let text = |result: Result<usize, ChangeError>| result.unwrap_err().to_string();
    assert_eq!(text(add("no.list", &lab.path)), "crt-list 'no.list' does not exist!");
    assert_eq!(text(add(LIST, "x")), "certificate 'x' does not exist!");
    store.new_certificate("x").unwrap();
    assert_eq!(text(add(LIST, "x")), "certificate 'x' is empty!");
    assert_eq!(store.certificate("x", Version::Current).unwrap().status, Status::Empty);
    assert_eq!(store.new_certificate("x"), Err(ChangeError::Exists));
}

#[test]
fn authorities_are_replaced_where_they_are_used() {
    let (old, new) = (root("old", &P256), root("new", &P256));
    let trust = Arc::new(TrustStore::from_pem(old.pem.as_bytes()).unwrap());
    let host = HostOptions { ca_file: Some(trust), verify: Some(Verify::Required), ..HostOptions::default() };
    let lab = Lab::new(&ServerOptions { host, ..ServerOptions::default() });
    let store = &lab.store;
    let kind = Kind::Authorities;
    let before = lab.bind.current();
    store.set_named(kind, "ca.pem", new.pem.as_bytes(), Set::Replace).unwrap();
    store.set_named(kind, "ca.pem", old.pem.as_bytes(), Set::Add).unwrap();
    assert_eq!(store.named(kind).1.unwrap().1.count(), 2);
    assert_eq!(store.commit_named(kind, "ca.pem").unwrap().remade, 1);
    assert!(!Arc::ptr_eq(&before, &lab.bind.current()));
    let trusted = |context: &server::Context| {
        let own = &context.entries()[0].options;
        own.ca_file.as_ref().unwrap().certificates().len()
    };
    assert_eq!((trusted(&before), trusted(&lab.bind.current())), (1, 2));
    assert_eq!(lab.bind.current().options().host.ca_file.as_ref().unwrap().certificates().len(), 2);
    assert_eq!(store.del_named(kind, "ca.pem"), Err(ChangeError::InUse));
    assert_eq!(store.del_named(Kind::Revocations, "ca.pem"), Err(ChangeError::OtherKind));
    assert_eq!(store.new_named(Kind::Revocations, "ca.pem"), Err(ChangeError::Exists));
    store.new_named(kind, "spare.pem").unwrap();
    assert_eq!(store.named_file(kind, "spare.pem", Version::Current).unwrap().status, Status::Empty);
    assert!(store.set_named(kind, "spare.pem", b"nothing", Set::Replace).is_err());
    assert_eq!(store.del_named(kind, "spare.pem"), Ok(()));
}

#[test]
fn a_server_that_goes_frees_its_certificate() {
    let lab = Lab::new(&ServerOptions { is_strict_sni: true, ..ServerOptions::default() });
    lab.store.del_from_list(LIST, &lab.path, None).unwrap();
    let status = || lab.store.certificate(&lab.path, Version::Current).unwrap().status;
    assert_eq!(status(), Status::Used);
    lab.store.remove_server(&lab.server);
    assert_eq!(status(), Status::Unused);
    // Servers that come while all runs find what is loaded, and nothing else.
    let mut loader = lab.store.loader();
    assert_eq!(loader.load(&lab.path).unwrap().len(), 1);
    assert!(loader.load("/etc/hostname").is_err());
}

#[test]
fn what_did_not_change_is_not_made_anew() {
    let lab = Lab::new(&ServerOptions::default());
    lab.add("c.test");
    let hosts = lab.store.list_hosts(LIST).unwrap();
    lab.store.add_to_list(LIST, entry("c.test", &[]), hosts).unwrap();
    let before = lab.bind.current();
    lab.store.set_certificate("c.test", lab.made("d.test").both().as_bytes()).unwrap();
    lab.store.commit_certificate("c.test").unwrap();
    assert_eq!(before.shared_hosts(&lab.bind.current()), [true, false]);
}

#[test]
fn tokens_find_what_they_may_be_checked_with() {
    let lab = Lab::new(&ServerOptions::default());
    let store = &lab.store;
    assert!(matches!(store.token(&lab.path), TokenLookup::Refused));
    assert!(matches!(store.token("none"), TokenLookup::Unknown));
    assert!(
        store.set_for_tokens(&lab.path, TokenUse::Allowed)
            && !store.set_for_tokens("none", TokenUse::Allowed)
    );
    let TokenLookup::Found(found) = store.token(&lab.path) else { panic!() };
    assert!(found.private.is_some());
    // Without a key it checks all the same.
    store.new_certificate("bare").unwrap();
    store.set_certificate("bare", lab.made("b").pem.as_bytes()).unwrap();
    store.commit_certificate("bare").unwrap();
    store.set_for_tokens("bare", TokenUse::Allowed);
    let TokenLookup::Found(bare) = store.token("bare") else { panic!() };
    assert!(bare.public.is_some() && bare.private.is_none() && bare.public != found.public);
    // A commit shows at once.
    store.set_certificate("bare", lab.made("c").pem.as_bytes()).unwrap();
    store.commit_certificate("bare").unwrap();
    let TokenLookup::Found(again) = store.token("bare") else { panic!() };
    assert_ne!(again.public, bare.public);
    assert_eq!(store.for_tokens().len(), 2);
}

#[test]
fn encryption_of_tokens_is_allowed_by_names() {
    use crate::jwe::KeyAlgorithm;
    let store = FileStore::default();
    assert!(!store.allowed().algorithms.contains(&KeyAlgorithm::Rsa15));
    store.allow_algorithms("ALL:!dir").unwrap();
    assert!(store.allowed().algorithms.contains(&KeyAlgorithm::Rsa15));
    assert_eq!(store.allowed().algorithms.len(), KeyAlgorithm::ALL.len() - 1);
    store.allow_algorithms("ECDH-ES:A128KW").unwrap();
    assert_eq!(store.allowed().algorithms, [KeyAlgorithm::EcdhEs(None), KeyAlgorithm::AesWrap(16)]);
    assert_eq!(store.allow_encryptions("A128GCM:rot13"), Err("rot13".to_owned()));
    assert_eq!(store.allowed().encryptions.len(), 6);
}
