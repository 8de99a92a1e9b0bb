//! Lists of revoked certificates (`crl-file`; RFC 5280 chapter 5), and which list speaks of which certificate.
//!
//! A list is sorted by serial numbers when it is loaded, and remembers for which key its signature was good, so that
//! a handshake costs a binary search however long the list is.

use std::sync::Arc;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::member::{AuthorityKey, Member};
use super::pem;
use super::signature;
use crate::x509::der::{self, Reader, Tlv};
use crate::x509::{Algorithm, Canonical, Extension, Name, Time, oids};

mod scope;

pub(super) use scope::DistributionPoints;
use scope::Scope;

/// Every reason there is for a revocation.
pub(super) const ALL_REASONS: u16 = 0x807f;
/// For how many keys a list remembers whether its signature is good.
const REMEMBERED_MAX: usize = 4;

/// Lists of revoked certificates, found by who made them.
#[derive(Debug, Default, Clone)]
pub struct RevocationLists {
    lists: Vec<Arc<List>>,
    by_issuer: FxHashMap<Canonical, SmallVec<[usize; 1]>>,
}

impl RevocationLists {
    /// Reads lists, each of `files` either PEM (several of them, certificates passed over) or DER.
    ///
    /// # Errors
    /// Broken PEM, a list that cannot be read, or a file without one.
    pub fn parse(files: &[Arc<[u8]>]) -> Result<RevocationLists, String> {
        let mut all = RevocationLists::default();
        for file in files {
            let before = all.lists.len();
            if file.first() == Some(&der::SEQUENCE) {
                all.add(Arc::clone(file))?;
                continue;
            }
            pem::each(file, |kind, der| match kind {
                pem::Kind::Certificate => Ok(()),
                pem::Kind::RevocationList => all.add(der.into()),
            })?;
            if all.lists.len() == before {
                return Err("no crl found".to_owned());
            }
        }
        Ok(all)
    }

    /// Adds a list, DER.
    pub(super) fn add(&mut self, der: Arc<[u8]>) -> Result<(), String> {
        let wrong = || format!("crl number {} cannot be read", self.lists.len() + 1);
        let list = List::parse(der).ok_or_else(wrong)?;
        self.push(Arc::new(list));
        Ok(())
    }

    /// Adds the lists of `other`.
    pub fn extend(&mut self, other: &RevocationLists) {
        other.lists.iter().for_each(|list| self.push(Arc::clone(list)));
    }

    fn push(&mut self, list: Arc<List>) {
        self.by_issuer.entry(list.issuer.clone()).or_default().push(self.lists.len());
        self.lists.push(list);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lists.len()
    }

    /// What each says, in their order.
    pub fn describe(&self) -> impl Iterator<Item = ListText> {
        self.lists.iter().map(|list| list.describe())
    }

    /// The lists that `issuer` made.
    pub(super) fn of<'a>(&'a self, issuer: &Canonical) -> impl Iterator<Item = &'a List> + use<'a> {
        let same = self.by_issuer.get(issuer).map_or(&[][..], SmallVec::as_slice);
        same.iter().map(|&at| &*self.lists[at])
    }
}

/// A revoked certificate: where its serial number stands in the list's DER.
#[derive(Debug, Clone, Copy)]
struct Revoked {
    at: u32,
    length: u8,
    /// The list takes it back (`removeFromCRL`).
    is_removed: bool,
}

/// Keys (DER) and whether a list's signature was made by them.
type Checked = SmallVec<[(Box<[u8]>, bool); 1]>;

/// One list.
#[derive(Debug)]
pub(super) struct List {
    der: Arc<[u8]>,
    issuer: Canonical,
    /// By serial number.
    revoked: Vec<Revoked>,
    /// An entry has a critical extension that is not known here.
    has_unknown_entry: bool,
    checked: Mutex<Checked>,
}

impl List {
    fn parse(der: Arc<[u8]>) -> Option<List> {
        let (mut revoked, mut has_unknown_entry) = (Vec::new(), false);
        let issuer = {
            let view = View::parse(&der)?;
            let mut entries = Reader::new(view.revoked);
            while !entries.is_empty() {
                let entry = entries.next().filter(|entry| entry.tag == der::SEQUENCE)?;
                let (serial, extensions) = read_entry(entry)?;
                has_unknown_entry |= extensions.has_unknown;
                // A serial number of more bytes than RFC 5280 allows by far is nobody's.
                if let Ok(length) = u8::try_from(serial.len()) {
                    let at = serial.as_ptr() as usize - der.as_ptr() as usize;
                    revoked.push(Revoked {
                        at: u32::try_from(at).ok()?,
                        length,
                        is_removed: extensions.is_removed,
                    });
                }
            }
            view.issuer.canonical()
        };
        let mut list = List { der, issuer, revoked, has_unknown_entry, checked: Mutex::default() };
        let mut revoked = std::mem::take(&mut list.revoked);
        revoked.sort_by(|a, b| list.serial(*a).cmp(list.serial(*b)));
        list.revoked = revoked;
        Some(list)
    }

    fn serial(&self, revoked: Revoked) -> &[u8] {
        let at = revoked.at as usize;
        &self.der[at..at + usize::from(revoked.length)]
    }

    /// What it says, but for its entries.
    pub(super) fn view(&self) -> View<'_> {
        View::parse(&self.der).expect("it could be read when it was loaded")
    }

    /// Whether the certificate of this serial number is revoked.
    pub(super) fn revokes(&self, serial: &[u8]) -> bool {
        let serial = shortest(serial);
        let found = self.revoked.binary_search_by(|revoked| self.serial(*revoked).cmp(serial));
        found.is_ok_and(|at| !self.revoked[at].is_removed)
    }

    /// Whether a critical extension of it or of an entry is unknown.
    pub(super) fn has_unknown_critical(&self, view: &View<'_>) -> bool {
        self.has_unknown_entry || view.has_unknown_critical
    }

    /// Whether it was signed by the key of `issuer`.
    pub(super) fn is_signed_by(&self, issuer: &Member<'_>) -> bool {
        let key = issuer.cert.public_key();
        let mut checked = self.checked.lock();
        if let Some((_, is_good)) = checked.iter().find(|(known, _)| **known == *key.info) {
            return *is_good;
        }
        let view = self.view();
        let is_good = signature::is_good(&key, &view.algorithm, view.signed, view.signature);
        if checked.len() < REMEMBERED_MAX {
            checked.push((key.info.into(), is_good));
        }
        is_good
    }
}

/// What a list says, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListText {
    /// Its version, 1 or 2.
    pub version: u64,
    /// OpenSSL's long name of its signature's algorithm.
    pub algorithm: &'static str,
    /// Who made it, as in `/C=FR/CN=x`.
    pub issuer: Vec<u8>,
    /// When it was made, as OpenSSL writes times; empty if it is written wrongly.
    pub last_update: String,
    /// When the next one comes; empty if it does not say.
    pub next_update: String,
    /// Serial numbers, in capital hexadecimal digits, and when each was revoked; in the list's order.
    pub revoked: Vec<(String, String)>,
}

impl List {
    fn describe(&self) -> ListText {
        let view = self.view();
        let mut fields = Reader::new(view.signed).next().map_or(Reader::new(&[]), |signed| signed.parts());
        let version = fields.optional(der::INTEGER).flatten().and_then(der::unsigned).unwrap_or(0) + 1;
        let mut times = fields.each().skip(2).map_while(Time::new);
        let mut time = || times.next().and_then(Time::long).unwrap_or_default();
        let (last_update, next_update) = (time(), time());
        let revoked = Reader::new(view.revoked).each().filter_map(|entry| {
            let mut parts = entry.parts();
            let serial = der::magnitude(parts.expect(der::INTEGER)?);
            let serial: String = serial.iter().map(|byte| format!("{byte:02X}")).collect();
            Some((serial, Time::new(parts.next()?)?.long().unwrap_or_default()))
        });
        ListText {
            version,
            algorithm: oids::long_name(view.algorithm.oid).unwrap_or("undefined"),
            issuer: view.issuer.oneline().unwrap_or_default(),
            last_update,
            next_update,
            revoked: revoked.collect(),
        }
    }
}

/// A serial number in its shortest encoding.
fn shortest(mut serial: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = serial
        && rest.first().is_some_and(|next| next & 0x80 == 0)
    {
        serial = rest;
    }
    serial
}

/// What the extensions of an entry say.
#[derive(Debug, Clone, Copy, Default)]
struct EntryExtensions {
    is_removed: bool,
    has_unknown: bool,
}

/// The serial number of an entry, and what its extensions say.
fn read_entry(entry: Tlv<'_>) -> Option<(&[u8], EntryExtensions)> {
    let mut parts = entry.parts();
    let serial = parts.expect(der::INTEGER).filter(|serial| !serial.is_empty())?;
    Time::new(parts.next()?)?;
    let mut found = EntryExtensions::default();
    for extension in Extension::each(parts.optional(der::SEQUENCE)?.unwrap_or(&[])) {
        match extension.oid {
            [0x55, 0x1d, 21] => {
                let reason = Tlv::only(extension.value).filter(|reason| reason.tag == der::ENUMERATED)?;
                found.is_removed = reason.value == [8];
            }
            // Who made the certificate, if not the list's maker: such lists are not used at all.
            [0x55, 0x1d, 29] => {}
            _ => found.has_unknown |= extension.is_critical,
        }
    }
    Some((shortest(serial), found))
}

/// What a list says, but for its entries.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    signed: &'a [u8],
    issuer: Name<'a>,
    pub(super) last_update: Option<i64>,
    /// Outer `None`: it does not say. Inner: it is written wrongly.
    pub(super) next_update: Option<Option<i64>>,
    revoked: &'a [u8],
    algorithm: Algorithm<'a>,
    signature: &'a [u8],
    authority: Option<AuthorityKey<'a>>,
    pub(super) scope: Scope<'a>,
    is_delta: bool,
    has_unknown_critical: bool,
}

impl<'a> View<'a> {
    fn parse(der: &'a [u8]) -> Option<View<'a>> {
        let mut parts = Tlv::only(der).filter(|whole| whole.tag == der::SEQUENCE)?.parts();
        let signed = parts.next().filter(|signed| signed.tag == der::SEQUENCE)?;
        let algorithm = Algorithm::new(parts.expect(der::SEQUENCE)?)?;
        let signature = der::octets(parts.expect(der::BIT_STRING)?)?;
        let mut fields = signed.parts();
        fields.optional(der::INTEGER)?;
        fields.expect(der::SEQUENCE)?;
        let issuer = Name::new(fields.next()?)?;
        let last_update = Time::new(fields.next()?)?.unix();
        let next_update = match fields.peek() {
            Some(der::UTC_TIME | der::GENERALIZED_TIME) => Some(Time::new(fields.next()?)?.unix()),
            _ => None,
        };
        let revoked = fields.optional(der::SEQUENCE)?.unwrap_or(&[]);
        let extensions = match fields.optional(der::constructed(0))? {
            Some(extensions) => Reader::new(extensions).expect(der::SEQUENCE)?,
            None => &[],
        };
        let mut view = View {
            signed: signed.raw,
            issuer,
            last_update,
            next_update,
            revoked,
            algorithm,
            signature,
            authority: None,
            scope: Scope::default(),
            is_delta: false,
            has_unknown_critical: false,
        };
        for extension in Extension::each(extensions) {
            match extension.oid {
                [0x55, 0x1d, 35] => view.authority = Some(AuthorityKey::read(extension.value)?),
                [0x55, 0x1d, 28] => {
                    view.scope = Scope::read(extension.value).unwrap_or_default().into_stated()
                }
                [0x55, 0x1d, 27] => view.is_delta = true,
                _ => view.has_unknown_critical |= extension.is_critical,
            }
        }
        fields.is_empty().then_some(view)
    }

    /// Whether it can be used at all: changes to another list, lists of other makers' certificates and lists for some
    /// reasons only are not.
    pub(super) fn is_usable(&self) -> bool {
        !self.is_delta && !self.scope.is_unusable
    }

    /// Whether `issuer` is the authority whose key signed it, by name and key identifier.
    pub(super) fn may_be_from(&self, issuer: &Member<'_>) -> bool {
        self.issuer.canonical() == issuer.subject
            && self.authority.is_none_or(|authority| authority.suits(issuer))
    }

    /// Whether it is in force at `now`.
    pub(super) fn is_valid_at(&self, now: i64) -> bool {
        self.last_update.is_some_and(|last| last <= now)
            && self.next_update.is_none_or(|next| next.is_some_and(|next| now <= next))
    }
}
