//! Files of certificates, authorities and revocation lists by their names, and the lines of the configuration that use
//! them: what the runtime API shows and changes (management guide, chapter 9.3 "set ssl cert" and its relatives).
//!
//! ```text
//! loading --> FileStore: certificates, authorities, revocation lists, crt-lists, ticket keys
//!               |                                 ^ set (a change that waits), commit, abort
//!               v remake: new contexts for the lines that use what has changed
//! bind and server lines: Slot<Context>            connections keep the context that they began with
//! ```
//! Who uses a file is nowhere written down: a line uses what its context holds, by identity. A commit makes all contexts
//! before it replaces the first one, so it succeeds as a whole or changes nothing.

mod certificates;
mod error;
mod lists;
mod named;
mod remake;
mod sni;
mod staples;
#[cfg(test)]
mod tests;
mod tokens;
mod updates;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::load::{Draft, Issuers, KeyPair, ListEntry, LoadSettings, Loader, LoaderParts, StoreOptions};
use crate::tickets::TicketFile;
use crate::verify::{RevocationLists, TrustStore};
use crate::{Slot, client, server};

pub use certificates::{CertificateView, Dump, Status, TokenUse};
pub use error::{ChangeError, Verb};
pub use lists::NewEntry;
pub use named::{Content, Kind, NamedContent, NamedView, Set};
pub use sni::SniRow;
pub use staples::StapleView;
pub use tokens::{Allowed, TokenCertificate, TokenLookup};
pub use updates::{Delays, Fetch, FetchError, NextFetch, UpdateError, UpdateStatus, UpdateView};

/// Whether what is in use is meant, or what a change would put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// What is in use.
    Current,
    /// What waits for its commit.
    Pending,
}

/// What came of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// How many uses were made anew: a certificate on a `bind` line, or a `server` line.
    pub remade: usize,
    /// What there is to say about it.
    pub warnings: Vec<String>,
}

/// Whether a change began or went on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is the first one since the last commit; with the name of what it is about.
    Created(Box<str>),
    /// There was one already.
    Updated(Box<str>),
}

/// A `bind` line under TLS.
#[derive(Debug, Clone)]
pub struct BindLine {
    /// The name of its proxy.
    pub proxy: Box<str>,
    /// Where it stands: `file:line`.
    pub place: Box<str>,
    /// The `crt-list` files and directories that it names.
    pub lists: Vec<Box<str>>,
    /// What it serves.
    pub slot: Arc<Slot<server::Context>>,
}

/// What loading a configuration leaves behind.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What loaded the certificates; `None`: there are none.
    pub loader: Option<Loader>,
    /// `ca-file` and `ca-verify-file`, by their names.
    pub authorities: Vec<(Box<str>, Arc<TrustStore>)>,
    /// `crl-file`, by their names.
    pub revocations: Vec<(Box<str>, Arc<RevocationLists>)>,
    /// `crt-list` files and directories of certificates.
    pub lists: Vec<CrtListFile>,
    /// `tls-ticket-keys`, by their numbers.
    pub tickets: Vec<Arc<TicketFile>>,
    /// The names of certificates that expressions check tokens with.
    pub for_tokens: Vec<Box<str>>,
}

/// A `crt-list`, or a directory of certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrtListFile {
    /// Its path, without slashes at its end.
    pub name: Box<str>,
    /// Which of the two.
    pub form: ListForm,
    /// Its lines, or files.
    pub entries: Vec<Arc<ListEntry>>,
    /// How many lines it has, those without certificates counted: a line that is added gets the next number.
    pub lines: u32,
}

/// What a list of certificates is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListForm {
    /// A `crt-list` file.
    File,
    /// A directory: it says nothing about its certificates, and has each once.
    Directory,
}

/// All files and who uses them.
#[derive(Debug, Default)]
pub struct FileStore {
    inner: Mutex<Inner>,
    /// Certificates that tokens may be checked with, as requests find them.
    tokens: ArcSwap<FxHashMap<Box<str>, Arc<TokenCertificate>>>,
    /// How tokens may be encrypted.
    allowed: ArcSwap<Allowed>,
    /// The OCSP answers that are fetched. Locked behind `inner` where both are.
    updates: Mutex<updates::Updates>,
}

#[derive(Debug, Default)]
struct Inner {
    settings: LoadSettings,
    issuers: Issuers,
    certificates: BTreeMap<Box<str>, Stored>,
    authorities: BTreeMap<Box<str>, Arc<TrustStore>>,
    revocations: BTreeMap<Box<str>, Arc<RevocationLists>>,
    lists: BTreeMap<Box<str>, CrtListFile>,
    tickets: Vec<Arc<TicketFile>>,
    binds: Vec<BindLine>,
    /// What connections to servers are made with, as long as there are such servers.
    servers: Vec<Weak<Slot<client::Context>>>,
    certificate_change: Option<(Box<str>, Draft)>,
    authorities_change: Option<(Box<str>, Arc<TrustStore>)>,
    revocations_change: Option<(Box<str>, Arc<RevocationLists>)>,
    /// Counts what may change whose OCSP answers are fetched.
    generation: u64,
}

/// A certificate by its name.
#[derive(Debug)]
struct Stored {
    held: Held,
    /// Whether tokens may be checked with it (`jwt`).
    is_for_tokens: bool,
}

/// What there is of it.
#[derive(Debug)]
enum Held {
    /// A certificate with its key.
    Pair(Arc<KeyPair>),
    /// Something that clients cannot be served with: nothing yet, or no key.
    Bare(Box<Draft>),
}

impl Stored {
    fn pair(&self) -> Option<&Arc<KeyPair>> {
        match &self.held {
            Held::Pair(pair) => Some(pair),
            Held::Bare(_) => None,
        }
    }

    fn draft(&self) -> Draft {
        match &self.held {
            Held::Pair(pair) => Draft::of(pair),
            Held::Bare(draft) => (**draft).clone(),
        }
    }

    fn has_certificate(&self) -> bool {
        match &self.held {
            Held::Pair(_) => true,
            Held::Bare(draft) => draft.has_certificate(),
        }
    }
}

impl FileStore {
    /// Takes what was loaded; nobody uses it yet.
    pub fn fill(&self, loaded: Loaded) {
        let parts = loaded.loader.map(Loader::into_parts).unwrap_or_default();
        let LoaderParts { settings, issuers, pairs, keyless } = parts;
        let is_named = |name: &str| loaded.for_tokens.iter().any(|named| **named == *name);
        let stored = |pair: Arc<KeyPair>| {
            let is_for_tokens = pair.source.said().is_for_tokens || is_named(&pair.name);
            (pair.name.clone(), Stored { held: Held::Pair(pair), is_for_tokens })
        };
        let bare = |(name, draft): (Box<str>, Draft)| {
            (name, Stored { held: Held::Bare(Box::new(draft)), is_for_tokens: true })
        };
        let mut inner = self.inner.lock();
        *inner = Inner {
            settings,
            issuers,
            certificates: pairs.into_iter().map(stored).chain(keyless.into_iter().map(bare)).collect(),
            authorities: loaded.authorities.into_iter().collect(),
            revocations: loaded.revocations.into_iter().collect(),
            lists: loaded.lists.into_iter().map(|list| (list.name.clone(), list)).collect(),
            tickets: loaded.tickets,
            ..Inner::default()
        };
        self.show_tokens(&inner);
    }

    /// Notes a line that is served.
    pub fn add_bind(&self, line: BindLine) {
        let mut inner = self.inner.lock();
        inner.binds.push(line);
        inner.generation += 1;
    }

    /// Notes a server, of the configuration or of the runtime API, by what connections to it are made with. It counts until
    /// nobody else holds that.
    pub fn add_server(&self, slot: &Arc<Slot<client::Context>>) {
        let mut inner = self.inner.lock();
        inner.servers.retain(|known| known.strong_count() > 0);
        inner.servers.push(Arc::downgrade(slot));
    }

    /// Forgets a server: it uses no file any more.
    pub fn remove_server(&self, slot: &Arc<Slot<client::Context>>) {
        self.inner.lock().servers.retain(|known| !std::ptr::eq(known.as_ptr(), Arc::as_ptr(slot)));
    }

    /// A loader that knows the certificates here and reads no others, for servers that the runtime API makes.
    #[must_use]
    pub fn loader(&self) -> Loader {
        let inner = self.inner.lock();
        let pairs = inner.certificates.values().filter_map(Stored::pair);
        let known: Vec<(Arc<KeyPair>, StoreOptions)> =
            pairs.map(|pair| (pair.clone(), pair.source.said().clone())).collect();
        Loader::closed(inner.settings, known.into_iter())
    }

    /// The authorities of a `ca-file` that is known.
    #[must_use]
    pub fn authorities(&self, name: &str) -> Option<Arc<TrustStore>> {
        self.inner.lock().authorities.get(name).cloned()
    }

    /// The lists of a `crl-file` that is known.
    #[must_use]
    pub fn revocations(&self, name: &str) -> Option<Arc<RevocationLists>> {
        self.inner.lock().revocations.get(name).cloned()
    }

    /// The files of ticket keys, by their numbers.
    #[must_use]
    pub fn tickets(&self) -> Vec<Arc<TicketFile>> {
        self.inner.lock().tickets.clone()
    }
}
