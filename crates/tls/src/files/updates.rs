//! OCSP answers that are fetched from those who sign them (configuration manual, chapter 3.1 "ocsp-update.mode" and its
//! relatives, chapter 12.7 "ocsp-update"; management guide, chapter 9.3 "show ssl ocsp-updates").
//!
//! ```text
//!            next_fetch                    fetched: checked, stapled          nothing: in between mindelay and maxdelay
//! waiting ----------------> being fetched ---------------------------> waiting
//!    ^ update_now                        \--> failed: later, twice as long each time
//! ```
//! Nothing is fetched here: who asks for what is due does that, one at a time. What always holds: certificates with the
//! same id share an answer, and it comes before its certificate is asked for.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use rustls_pki_types::CertificateDer;

use super::{FileStore, Inner};
use crate::load::{KeyPair, OcspUpdate};
use crate::ocsp::{self, Answer};
use crate::x509::Cert;

/// How long before its end an answer is fetched anew, in seconds.
const MARGIN_S: i64 = 60;
/// By how much the clocks of those who answer may be ahead, in seconds: an answer is taken to end as much earlier.
const SKEW_S: i64 = 300;
/// The time after the first failure, in seconds, before it is doubled.
const RETRY_S: i64 = 60;

/// Between two fetches of an answer, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// `ocsp-update.mindelay`: at least, behind an answer that is there.
    pub min_s: u32,
    /// `ocsp-update.maxdelay`: at most.
    pub max_s: u32,
}

impl Default for Delays {
    fn default() -> Self {
        Delays { min_s: 300, max_s: 3600 }
    }
}

/// What came of the last fetch; the numbers are HAProxy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpdateStatus {
    /// There was none yet.
    #[default]
    Unknown = 0,
    /// The answer is in use.
    Successful = 1,
    /// Nobody answered, or not with 200.
    Http = 2,
    /// What came is not called an answer.
    ContentType = 3,
    /// It is none that can be trusted.
    Check = 4,
    /// It is of no use.
    Insertion = 5,
}

impl UpdateStatus {
    /// In words that tools look for.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            UpdateStatus::Unknown => "Unknown",
            UpdateStatus::Successful => "Update successful",
            UpdateStatus::Http => "HTTP error",
            UpdateStatus::ContentType => "Missing \"ocsp-response\" header",
            UpdateStatus::Check => "OCSP response check failure",
            UpdateStatus::Insertion => "Error during insertion",
        }
    }
}

/// Why nothing was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchError {
    /// Nobody answered, or not with 200.
    Http,
    /// What came is not called an answer.
    ContentType,
}

/// Why an answer is not fetched at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// There is no certificate of that name.
    #[error(
        "Unknown certificate! 'update ssl ocsp-response' expects an already known certificate file name."
    )]
    Unknown,
    /// It never had an answer, or nothing says where to ask for one.
    #[error("'update ssl ocsp-response' only works on certificates that already have a known OCSP response.")]
    NoAnswer,
}

/// An answer that is fetched, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateView {
    /// What OCSP calls the certificate: DER of its CertID.
    pub id: Vec<u8>,
    /// What the certificate is called.
    pub certificate: Box<str>,
    /// When it is fetched next, in seconds since 1970; 0: at once.
    pub next_s: i64,
    /// When it was fetched last.
    pub last_s: Option<i64>,
    /// How often it was.
    pub successes: u32,
    /// How often it could not be.
    pub failures: u32,
    /// What came of the last fetch.
    pub status: UpdateStatus,
    /// More about that.
    pub error: Option<Box<str>>,
}

/// What is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// What OCSP calls the certificate: DER of its CertID.
    pub id: Vec<u8>,
    /// Whom to ask.
    pub uri: Box<str>,
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextFetch {
    /// This, now. [`FileStore::fetched`] is to be told of it.
    Now(Fetch),
    /// Something, at this time, in seconds since 1970.
    At(i64),
    /// Nothing.
    Nothing,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Updates {
    entries: Vec<Update>,
    /// What `Inner` counted when they were looked for.
    generation: u64,
}

#[derive(Debug)]
struct Update {
    view: UpdateView,
    uri: Box<str>,
    issuer: CertificateDer<'static>,
    failures_in_row: u32,
    is_under_way: bool,
    /// It was asked for once; nothing in the configuration asks for it.
    is_once: bool,
}

/// What a certificate's answer is fetched with; `None`: nothing says who answers, or who has signed it.
fn update_of(pair: &KeyPair, now: i64, delays: Delays) -> Option<Update> {
    let issuer = ocsp::issuer_of(&pair.chain, pair.source.issuer.as_ref())?.clone().into_owned();
    let uri = Cert::parse(pair.chain.first()?)?.ocsp_url()?.into();
    let mut view = UpdateView {
        id: ocsp::id_of_chain(&pair.chain, Some(&issuer))?,
        certificate: pair.name.clone(),
        next_s: 0,
        last_s: None,
        successes: 0,
        failures: 0,
        status: UpdateStatus::Unknown,
        error: None,
    };
    view.next_s = next_update(pair.ocsp.as_deref(), now, delays);
    Some(Update { view, uri, issuer, failures_in_row: 0, is_under_way: false, is_once: false })
}

/// When an answer is fetched anew; at once where there is none.
fn next_update(answer: Option<&[u8]>, now: i64, delays: Delays) -> i64 {
    let Some(answer) = answer else { return 0 };
    let end = Answer::parse(answer).ok().and_then(|answer| answer.singles.first()?.next_update?.unix());
    let due = end.unwrap_or(0).saturating_sub(SKEW_S + MARGIN_S);
    due.min(now + i64::from(delays.max_s)).max(now + i64::from(delays.min_s))
}

impl Inner {
    /// The certificates of `bind` lines whose answers are to be fetched, each once, in the order of their lines.
    fn updated(&self) -> Vec<Arc<KeyPair>> {
        let wants = |pair: &Arc<KeyPair>| match pair.source.said().ocsp_update {
            OcspUpdate::On => true,
            OcspUpdate::Off => false,
            OcspUpdate::Default => self.settings.ocsp_update == OcspUpdate::On,
        };
        let mut met = FxHashSet::default();
        let mut found = Vec::new();
        for context in self.binds.iter().map(|line| line.slot.current()) {
            let pairs = context.entries().iter().map(|entry| &entry.pair);
            found.extend(pairs.filter(|pair| wants(pair) && met.insert(Arc::as_ptr(pair))).cloned());
        }
        found
    }
}

impl Updates {
    /// Looks for certificates that came, and leaves out those that went.
    fn follow(&mut self, inner: &Inner, now: i64, delays: Delays) {
        if self.generation == inner.generation {
            return;
        }
        self.generation = inner.generation;
        let found: Vec<Update> =
            inner.updated().iter().filter_map(|pair| update_of(pair, now, delays)).collect();
        let ids: FxHashSet<&[u8]> = found.iter().map(|update| &*update.view.id).collect();
        self.entries.retain(|known| known.is_once || known.is_under_way || ids.contains(&*known.view.id));
        let mut known: FxHashMap<Vec<u8>, usize> =
            self.entries.iter().enumerate().map(|(at, known)| (known.view.id.clone(), at)).collect();
        for update in found {
            match known.entry(update.view.id.clone()) {
                Entry::Occupied(place) => self.entries[*place.get()].is_once = false,
                Entry::Vacant(place) => {
                    place.insert(self.entries.len());
                    self.entries.push(update);
                }
            }
        }
    }

    /// Notes what came of a fetch, and when the next one is.
    fn conclude(
        &mut self,
        id: &[u8],
        result: Result<&[u8], (UpdateStatus, Option<Box<str>>)>,
        now: i64,
        delays: Delays,
    ) -> Option<UpdateView> {
        let at = self.entries.iter().position(|known| known.view.id == id)?;
        let known = &mut self.entries[at];
        known.is_under_way = false;
        let view = &mut known.view;
        match result {
            Ok(answer) => {
                known.failures_in_row = 0;
                view.successes += 1;
                view.last_s = Some(now);
                (view.status, view.error) = (UpdateStatus::Successful, None);
                view.next_s = next_update(Some(answer), now, delays);
            }
            Err((status, error)) => {
                known.failures_in_row = known.failures_in_row.saturating_add(1);
                view.failures += 1;
                (view.status, view.error) = (status, error);
                let doubled = RETRY_S.saturating_mul(1 << known.failures_in_row.min(16));
                view.next_s = now + doubled.min(i64::from(delays.max_s));
            }
        }
        let view = view.clone();
        if known.is_once {
            self.entries.swap_remove(at);
        }
        Some(view)
    }
}

impl FileStore {
    /// What is to be fetched at `now`, in seconds since 1970.
    #[must_use]
    pub fn next_fetch(&self, now: i64, delays: Delays) -> NextFetch {
        let inner = self.inner.lock();
        let mut updates = self.updates.lock();
        updates.follow(&inner, now, delays);
        let next = updates.entries.iter_mut().filter(|known| !known.is_under_way);
        match next.min_by_key(|known| known.view.next_s) {
            None => NextFetch::Nothing,
            Some(known) if known.view.next_s > now => NextFetch::At(known.view.next_s),
            Some(known) => {
                known.is_under_way = true;
                NextFetch::Now(Fetch { id: known.view.id.clone(), uri: known.uri.clone() })
            }
        }
    }

    /// Checks what was fetched, the DER of an answer, and staples it. What is known of it then, if anybody still wants it.
    pub fn fetched(
        &self,
        fetch: &Fetch,
        answer: Result<&[u8], FetchError>,
        now: i64,
        delays: Delays,
    ) -> Option<UpdateView> {
        let issuer = {
            let updates = self.updates.lock();
            updates.entries.iter().find(|known| known.view.id == fetch.id)?.issuer.clone()
        };
        let result = match answer {
            Err(FetchError::Http) => Err((UpdateStatus::Http, None)),
            Err(FetchError::ContentType) => Err((UpdateStatus::ContentType, None)),
            Ok(answer) => check(answer, &fetch.id, &issuer, now)
                .map_err(|why| (UpdateStatus::Check, Some(why.into())))
                .and_then(|()| {
                    let insertion =
                        |why: super::ChangeError| (UpdateStatus::Insertion, Some(why.to_string().into()));
                    self.set_staple(answer).map_err(insertion)
                })
                .map(|()| answer),
        };
        let mut updates = self.updates.lock();
        updates.conclude(&fetch.id, result, now, delays)
    }

    /// Has the answer of a certificate fetched at once. Certificates whose answers nothing asks to be fetched must have one.
    ///
    /// # Errors
    /// There is no such certificate, it has no answer, or nobody to ask is known.
    pub fn update_now(&self, certificate: &str, now: i64, delays: Delays) -> Result<(), UpdateError> {
        let inner = self.inner.lock();
        let stored = inner.certificates.get(certificate).ok_or(UpdateError::Unknown)?;
        let pair = stored.pair().ok_or(UpdateError::NoAnswer)?;
        let mut updates = self.updates.lock();
        updates.follow(&inner, now, delays);
        let update = update_of(pair, now, delays).ok_or(UpdateError::NoAnswer)?;
        if let Some(known) = updates.entries.iter_mut().find(|known| known.view.id == update.view.id) {
            known.view.next_s = 0;
            return Ok(());
        }
        if pair.ocsp.is_none() {
            return Err(UpdateError::NoAnswer);
        }
        let view = UpdateView { next_s: 0, ..update.view };
        updates.entries.push(Update { view, is_once: true, ..update });
        Ok(())
    }

    /// The answers that are fetched, the one that is being fetched first, then the next one.
    #[must_use]
    pub fn updates(&self, now: i64, delays: Delays) -> Vec<UpdateView> {
        let inner = self.inner.lock();
        let mut updates = self.updates.lock();
        updates.follow(&inner, now, delays);
        let mut shown: Vec<&Update> = updates.entries.iter().collect();
        shown.sort_by_key(|known| (!known.is_under_way, known.view.next_s));
        shown.into_iter().map(|known| known.view.clone()).collect()
    }
}

/// Whether an answer is about the certificate that OCSP calls `id`, and signed for its issuer.
fn check(answer: &[u8], id: &[u8], issuer: &CertificateDer<'_>, now: i64) -> Result<(), String> {
    let answer = Answer::parse(answer).map_err(|error| error.to_string())?;
    if !answer.singles.first().is_some_and(|single| single.id.is(id)) {
        return Err("the answer is about another certificate".to_owned());
    }
    if answer.is_signed_for(issuer, now) {
        Ok(())
    } else {
        Err("the answer is not signed for the issuer".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: Delays = Delays { min_s: 300, max_s: 3600 };

    fn update(id: u8, next_s: i64) -> Update {
        Update {
            view: UpdateView {
                id: vec![id],
                certificate: "a.pem".into(),
                next_s,
                last_s: None,
                successes: 0,
                failures: 0,
                status: UpdateStatus::Unknown,
                error: None,
            },
            uri: "http://a.test".into(),
            issuer: CertificateDer::from(Vec::new()),
            failures_in_row: 0,
            is_under_way: false,
            is_once: false,
        }
    }

    #[test]
    fn failures_take_longer_each_time_and_one_success_ends_that() {
        let mut updates = Updates { entries: vec![update(1, 0)], generation: 0 };
        let failed = || Err((UpdateStatus::Http, None));
        let waits: Vec<i64> =
            (0..7).map(|_| updates.conclude(&[1], failed(), 1000, DELAYS).unwrap().next_s - 1000).collect();
        assert_eq!(waits, [120, 240, 480, 960, 1920, 3600, 3600]);
        let view = updates.conclude(&[1], Ok(b"unreadable"), 1000, DELAYS).unwrap();
        assert_eq!((view.next_s, view.last_s, view.successes, view.failures), (1300, Some(1000), 1, 7));
        assert_eq!(updates.conclude(&[1], failed(), 1000, DELAYS).unwrap().next_s, 1120);
        assert!(updates.conclude(&[2], failed(), 1000, DELAYS).is_none());
    }

    #[test]
    fn the_first_that_is_due_is_fetched_and_no_other_beside_it_again() {
        let store = FileStore::default();
        store.updates.lock().entries =
            vec![update(1, 50), update(2, 10), Update { is_once: true, ..update(3, 60) }];
        let next = |now| match store.next_fetch(now, DELAYS) {
            NextFetch::Now(fetch) => Ok(fetch.id[0]),
            NextFetch::At(at) => Err(at),
            NextFetch::Nothing => Err(-1),
        };
        assert_eq!(
            [next(5), next(20), next(20), next(60), next(60), next(60)],
            [Err(10), Ok(2), Err(50), Ok(1), Ok(3), Err(-1)]
        );
        let shown: Vec<u8> = store.updates(60, DELAYS).iter().map(|view| view.id[0]).collect();
        assert_eq!(shown, [2, 1, 3]);
        let fetch = Fetch { id: vec![3], uri: Box::default() };
        let view = store.fetched(&fetch, Err(FetchError::ContentType), 60, DELAYS).unwrap();
        assert_eq!(view.status.text(), "Missing \"ocsp-response\" header");
        let fetch = Fetch { id: vec![2], uri: Box::default() };
        let view = store.fetched(&fetch, Ok(b"no answer"), 60, DELAYS).unwrap();
        assert_eq!((view.status as u8, view.error.as_deref()), (4, Some("Unable to parse OCSP response")));
        assert_eq!(store.updates(60, DELAYS).len(), 2, "one was wanted once");
        assert_eq!(store.update_now("b.pem", 60, DELAYS), Err(UpdateError::Unknown));
    }
}
