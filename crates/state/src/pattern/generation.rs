//! The entries of one generation of a reference, as the two layers of sets have them.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::entry::{Entries, Entry, Held, List};

/// Late entries before all are compiled together: this many, and one more for each [`LATE_SHARE`] others.
const LATE_MIN: usize = 64;
const LATE_SHARE: usize = 64;
/// Removed entries that are kept at least before the others are compiled without them.
const GONE_MIN: usize = 64;

/// Ids of the entries of a text, in their order; nearly always one.
pub(super) type Ids = SmallVec<[u64; 1]>;

/// Entries in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Generation {
    main: List,
    /// Those that were added after sets had been compiled from the others.
    late: List,
    /// By text; made when it is first needed, since most references never change.
    by_text: Option<HashMap<Box<[u8]>, Ids>>,
    /// How many of both were removed.
    gone: usize,
}

/// The lists of a generation with one more entry.
pub(super) struct Grown {
    lists: [List; 2],
}

impl Grown {
    /// The entries that came lately, if the others are the same as before.
    pub(super) fn late(&self) -> Option<&List> {
        Some(&self.lists[1]).filter(|late| !late.is_empty())
    }

    /// The others.
    pub(super) fn main(&self) -> &List {
        &self.lists[0]
    }
}

impl Generation {
    fn all(&self) -> impl Iterator<Item = &Entry> {
        self.main.iter().chain(&*self.late).filter(|entry| !entry.is_gone())
    }

    pub(super) fn entries(&self) -> Entries {
        Entries::new([self.main.clone(), self.late.clone()])
    }

    pub(super) fn len(&self) -> usize {
        self.main.len() + self.late.len() - self.gone
    }

    /// How many entries are kept, with those that were removed.
    #[cfg(test)]
    pub(super) fn kept(&self) -> (usize, Option<usize>) {
        (self.main.len() + self.late.len(), self.by_text.as_ref().map(HashMap::len))
    }

    /// Whether so many were removed that the others should be compiled anew.
    pub(super) fn is_worn(&self) -> bool {
        self.gone > GONE_MIN && self.gone > self.len()
    }

    /// Adds an entry that no set is to be compiled with.
    pub(super) fn push(&mut self, entry: Entry) {
        if !self.late.is_empty() {
            self.settle();
        }
        self.note(&entry);
        Arc::make_mut(&mut self.main).push(entry);
    }

    fn note(&mut self, entry: &Entry) {
        if let Some(by_text) = &mut self.by_text {
            by_text.entry(entry.pattern().into()).or_default().push(entry.id);
        }
    }

    /// The lists with `added` at the end. Sets know the lists that are there, so these are new ones: the late one, or if
    /// it becomes too long, one of all.
    pub(super) fn with(&self, added: &Entry) -> Grown {
        let is_late = self.late.len() < LATE_MIN + self.main.len() / LATE_SHARE;
        let first = if is_late { &[][..] } else { &self.main[..] };
        let kept = first.iter().chain(&*self.late).filter(|entry| !entry.is_gone());
        let list = Arc::new(kept.chain([added]).cloned().collect());
        Grown { lists: if is_late { [self.main.clone(), list] } else { [list, List::default()] } }
    }

    /// Takes over what [`Generation::with`] gave, now that all sets were compiled from it.
    pub(super) fn grow(&mut self, Grown { lists: [main, late] }: Grown, added: &Entry) {
        self.note(added);
        let gone_late = self.late.iter().filter(|entry| entry.is_gone()).count();
        self.gone = if late.is_empty() { 0 } else { self.gone - gone_late };
        (self.main, self.late) = (main, late);
    }

    /// Brings all entries into one list, without those that were removed, and returns it.
    pub(super) fn settle(&mut self) -> List {
        if self.gone > 0 || !self.late.is_empty() {
            self.main = Arc::new(self.all().cloned().collect());
            self.late = List::default();
            self.gone = 0;
        }
        self.main.clone()
    }

    /// Whether [`Generation::settle`] would change nothing.
    pub(super) fn is_settled(&self) -> bool {
        self.gone == 0 && self.late.is_empty()
    }

    /// The ids of the entries of `pattern` that are there.
    pub(super) fn of(&mut self, pattern: &[u8]) -> Ids {
        if self.by_text.is_none() {
            let mut by_text: HashMap<Box<[u8]>, Ids> = HashMap::new();
            for entry in self.all() {
                by_text.entry(entry.pattern().into()).or_default().push(entry.id);
            }
            self.by_text = Some(by_text);
        }
        self.by_text.as_ref().and_then(|by_text| by_text.get(pattern)).cloned().unwrap_or_default()
    }

    /// The entry numbered `id`; ids ascend.
    pub(super) fn numbered(&self, id: u64) -> Option<Held> {
        [&self.main, &self.late].into_iter().find_map(|list| {
            let at = list.binary_search_by_key(&id, |entry| entry.id).ok()?;
            Some(Held::new(list, at)).filter(|entry| !entry.is_gone())
        })
    }

    pub(super) fn remove(&mut self, id: u64) {
        let Some(entry) = self.numbered(id) else { return };
        entry.remove();
        self.gone += 1;
        if let Some(by_text) = &mut self.by_text
            && let Some(same) = by_text.get_mut(entry.pattern())
        {
            same.retain(|have| *have != id);
            if same.is_empty() {
                by_text.remove(entry.pattern());
            }
        }
    }
}
