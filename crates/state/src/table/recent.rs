//! The entries that a thread met last, found again without a look into their tables.
//!
//! Clients come back: what tracks a busy one then touches nothing that other threads write but the entry itself. A place
//! keeps the entry's memory, not the entry: once removed from its table it is not held again. So what is kept is bounded,
//! and no table lives longer for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::entry::Entry;
use super::key::Key;
use super::shape::Shape;

/// Places of each thread; a power of two.
const PLACES: usize = 64;

/// An entry that this thread knows. Holders on the same thread share it, so that no count which other threads see
/// changes with them.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) entry: Arc<Entry>,
}

thread_local! {
    static RECENT: RefCell<Vec<Option<Rc<Seat>>>> = const { RefCell::new(Vec::new()) };
}

fn place(hash: u64) -> usize {
    // Neither the bits that choose a shard nor those that choose a place in it.
    usize::try_from(hash >> 40).unwrap_or(0) % PLACES
}

/// The entry of `key`, if this thread met it lately and `hold` takes it.
pub(super) fn find(
    shape: &Arc<Shape>,
    key: &Key,
    hash: u64,
    hold: impl FnOnce(&Entry) -> bool,
) -> Option<Rc<Seat>> {
    let find = |recent: &RefCell<Vec<Option<Rc<Seat>>>>| {
        let recent = recent.try_borrow().ok()?;
        let seat = recent.get(place(hash))?.as_ref()?;
        let entry = &*seat.entry;
        let is_it = entry.hash == hash && Arc::ptr_eq(&entry.shape, shape) && entry.key == *key;
        (is_it && hold(entry)).then(|| seat.clone())
    };
    RECENT.try_with(find).ok().flatten()
}

/// Remembers an entry.
pub(super) fn keep(entry: &Arc<Entry>) -> Rc<Seat> {
    let keep = |recent: &RefCell<Vec<Option<Rc<Seat>>>>| {
        let mut recent = recent.try_borrow_mut().ok()?;
        if recent.is_empty() {
            recent.resize_with(PLACES, || None);
        }
        let place = recent.get_mut(place(entry.hash))?;
        match place.as_mut().and_then(Rc::get_mut) {
            // Nobody holds who sat here before.
            Some(seat) => seat.entry = entry.clone(),
            None => *place = Some(Rc::new(Seat { entry: entry.clone() })),
        }
        place.clone()
    };
    let kept = RECENT.try_with(keep).ok().flatten();
    kept.unwrap_or_else(|| Rc::new(Seat { entry: entry.clone() }))
}
