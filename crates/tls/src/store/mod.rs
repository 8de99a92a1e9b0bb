//! Which certificate a client gets (configuration manual, chapter 5.1 "crt-list", "default-crt", "strict-sni").
//!
//! ```text
//! name --> [certificates by key] --ECDSA, RSA, other: as the client can--> entry
//!    exact name, else wildcard one label up (unless its line takes the name out)      each kind of key by itself
//!    neither: default certificates (the first of all, default-crt, '*'), unless strict-sni
//! ```
//! A look-up hashes the name twice at most and allocates nothing.

pub mod generate;

mod filter;
mod lru;
mod tbs;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;
use rustls::SignatureScheme;
use smallvec::SmallVec;

use crate::load::{Entry, KeyKind};
pub(crate) use filter::Filter;
pub(crate) use tbs::element;

/// The longest server name (RFC 1035 section 2.3.4), bytes.
const NAME_BYTES_MAX: usize = 255;

/// `strict-sni`: what a client gets that names no known host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// A default certificate.
    #[default]
    Default,
    /// None.
    Strict,
}

/// Which signatures a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientCan {
    /// ECDSA, and a cipher suite that goes with it.
    pub ecdsa: bool,
    /// RSA.
    pub rsa: bool,
    /// Ed25519.
    pub ed25519: bool,
}

impl ClientCan {
    /// Anything.
    pub const ALL: ClientCan = ClientCan { ecdsa: true, rsa: true, ed25519: true };

    /// The same without one kind.
    #[must_use]
    pub fn without(self, kind: KeyKind) -> ClientCan {
        match kind {
            KeyKind::Ecdsa => ClientCan { ecdsa: false, ..self },
            KeyKind::Rsa => ClientCan { rsa: false, ..self },
            KeyKind::Ed25519 => ClientCan { ed25519: false, ..self },
        }
    }

    /// What a client's `signature_algorithms` say.
    #[must_use]
    pub fn by_schemes(schemes: &[SignatureScheme]) -> ClientCan {
        let any = |wanted: &[SignatureScheme]| schemes.iter().any(|scheme| wanted.contains(scheme));
        ClientCan {
            ecdsa: any(&[
                SignatureScheme::ECDSA_SHA1_Legacy,
                SignatureScheme::ECDSA_NISTP256_SHA256,
                SignatureScheme::ECDSA_NISTP384_SHA384,
                SignatureScheme::ECDSA_NISTP521_SHA512,
            ]),
            rsa: any(&[
                SignatureScheme::RSA_PKCS1_SHA1,
                SignatureScheme::RSA_PKCS1_SHA256,
                SignatureScheme::RSA_PKCS1_SHA384,
                SignatureScheme::RSA_PKCS1_SHA512,
                SignatureScheme::RSA_PSS_SHA256,
                SignatureScheme::RSA_PSS_SHA384,
                SignatureScheme::RSA_PSS_SHA512,
            ]),
            ed25519: any(&[SignatureScheme::ED25519]),
        }
    }
}

/// One entry for each kind of key, as its index.
#[derive(Debug, Clone, Copy, Default)]
struct Choice {
    ecdsa: Option<u32>,
    rsa: Option<u32>,
    other: Option<u32>,
}

impl Choice {
    /// Takes an entry, unless there is one of its kind.
    fn offer(&mut self, kind: KeyKind, entry: u32) {
        let slot = match kind {
            KeyKind::Ecdsa => &mut self.ecdsa,
            KeyKind::Rsa => &mut self.rsa,
            KeyKind::Ed25519 => &mut self.other,
        };
        slot.get_or_insert(entry);
    }

    /// The best that the client can use; if it can use none, one is shown all the same.
    fn pick(&self, can: ClientCan) -> Option<usize> {
        let best = [(can.ecdsa, self.ecdsa), (can.rsa, self.rsa), (can.ed25519, self.other)]
            .into_iter()
            .find_map(|(can, entry)| entry.filter(|_| can));
        let entry = best.or(self.ecdsa).or(self.rsa).or(self.other)?;
        usize::try_from(entry).ok()
    }
}

/// The entries of a wildcard, in the order of the configuration.
#[derive(Debug, Default)]
struct Wild {
    /// Entry, kind of its key, and whether its line takes names out.
    entries: SmallVec<[(u32, KeyKind, bool); 2]>,
}

/// The certificates of a `bind` line, found by host name.
#[derive(Debug)]
pub struct Index {
    entries: Vec<Entry>,
    exact: FxHashMap<Box<str>, Choice>,
    /// By what follows the asterisk: `.example.com`.
    wild: FxHashMap<Box<str>, Wild>,
    default: Choice,
    /// Names that a line takes out of its wildcards.
    excluded: FxHashMap<u32, SmallVec<[Box<str>; 2]>>,
    strictness: Strictness,
}

impl Index {
    /// Makes an index of entries in the order of the configuration; the first is a default certificate.
    #[must_use]
    pub fn build(entries: Vec<Entry>, strictness: Strictness) -> Index {
        let mut index = Index {
            entries: Vec::new(),
            exact: FxHashMap::default(),
            wild: FxHashMap::default(),
            default: Choice::default(),
            excluded: FxHashMap::default(),
            strictness,
        };
        for (number, entry) in (0_u32..).zip(&entries) {
            index.add(number, entry);
        }
        index.entries = entries;
        index
    }

    fn add(&mut self, number: u32, entry: &Entry) {
        let kind = entry.pair.kind;
        let names = if entry.filters.is_empty() { &entry.pair.names } else { &entry.filters };
        let filters: Vec<Filter> = names.iter().filter_map(|name| Filter::parse(name)).collect();
        let excluded: SmallVec<_> = filters.iter().filter_map(Filter::excluded).collect();
        let has_excluded = !excluded.is_empty();
        if has_excluded {
            self.excluded.insert(number, excluded);
        }
        for filter in filters {
            match filter {
                Filter::Exact(name) => self.exact.entry(name).or_default().offer(kind, number),
                Filter::Default => self.default.offer(kind, number),
                Filter::Wild(name) => self.wild.entry(name).or_default().offer(kind, number, has_excluded),
                Filter::Excluded(_) => {}
            }
        }
        if number == 0 || entry.is_default {
            self.default.offer(kind, number);
        }
    }

    /// The entry for a client, by its index: that of the name it sent, else a default one; `None` if there is none,
    /// or `strict-sni` wants a known name.
    #[must_use]
    pub fn find(&self, sni: Option<&str>, can: ClientCan) -> Option<usize> {
        match (sni.and_then(|name| self.named(name, can)), self.strictness) {
            (Some(entry), _) => Some(entry),
            (None, Strictness::Default) => self.default.pick(can),
            (None, Strictness::Strict) => None,
        }
    }

    /// The entry of a host name, default ones apart. Case does not count.
    #[must_use]
    pub fn named(&self, name: &str, can: ClientCan) -> Option<usize> {
        let mut lower = [0_u8; NAME_BYTES_MAX];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        // What was UTF-8 still is: ASCII letters changed for ASCII letters.
        let name = std::str::from_utf8(lower).ok()?;
        let mut choice = self.exact.get(name).copied().unwrap_or_default();
        if let Some(wild) = name.find('.').and_then(|dot| self.wild.get(&name[dot..])) {
            for &(entry, kind, has_excluded) in &wild.entries {
                if !has_excluded || !self.excludes(entry, name) {
                    choice.offer(kind, entry);
                }
            }
        }
        choice.pick(can)
    }

    /// The default entry for a client, `strict-sni` or not.
    #[must_use]
    pub fn default_entry(&self, can: ClientCan) -> Option<usize> {
        self.default.pick(can)
    }

    fn excludes(&self, entry: u32, name: &str) -> bool {
        self.excluded.get(&entry).is_some_and(|names| names.iter().any(|excluded| **excluded == *name))
    }

    /// The entries, in the order of the configuration.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether a known name is wanted.
    #[must_use]
    pub fn strictness(&self) -> Strictness {
        self.strictness
    }
}

impl Wild {
    /// Adds an entry, unless one before it answers whatever it could.
    fn offer(&mut self, kind: KeyKind, entry: u32, has_excluded: bool) {
        if !self.entries.iter().any(|&(_, earlier, has_excluded)| earlier == kind && !has_excluded) {
            self.entries.push((entry, kind, has_excluded));
        }
    }
}
