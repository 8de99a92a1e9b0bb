//! What one worker keeps of idle connections to one server: those that are alike in a list, the oldest first, the others
//! by what they were made for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use base::clock::Millis;
use smallvec::SmallVec;

use super::{Idle, Wanted};
use crate::identity::Identity;

/// See the module.
#[derive(Default)]
pub(super) struct Kept {
    /// Those that are alike.
    alike: Vec<Idle>,
    /// The others, where there ever were any.
    others: Option<Box<Others>>,
    /// Whether the worker goes through them when it purges.
    pub(super) is_listed: bool,
}

/// Connections by what they were made for. Whoever the clients are may be up to them, so that the hashes are not.
#[derive(Default)]
struct Others {
    /// A place stays for a while after its connection was taken: it is likely to come back.
    places: HashMap<Box<Identity>, SmallVec<[Idle; 1]>>,
    /// How many connections `places` holds.
    count: usize,
}

impl Kept {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.alike.len() + self.others.as_ref().map_or(0, |others| others.count)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last of those that are wanted and pass `test`; those that do not pass are closed.
    pub(super) fn take(&mut self, wanted: &Wanted<'_>, test: impl FnMut(&mut Idle) -> bool) -> Option<Idle> {
        let Some(identity) = wanted.identity else { return take_last(&mut self.alike, wanted, test) };
        let others = self.others.as_mut()?;
        let kept = others.places.get_mut(identity)?;
        let before = kept.len();
        let found = take_last(kept, wanted, test);
        others.count -= before - kept.len();
        found
    }

    /// Takes one of those that are alike, for another to stand in its place.
    pub(super) fn take_alike(&mut self) -> Option<Idle> {
        self.alike.pop()
    }

    /// Takes the one that has been idle for the longest time among those that are alike, else any.
    pub(super) fn take_oldest(&mut self) -> Option<Idle> {
        if !self.alike.is_empty() {
            return Some(self.alike.remove(0));
        }
        let others = self.others.as_mut()?;
        let idle = others.places.values_mut().find(|kept| !kept.is_empty())?.remove(0);
        others.count -= 1;
        Some(idle)
    }

    pub(super) fn give(&mut self, mut idle: Idle) {
        let Some(identity) = idle.identity.take() else { return self.alike.push(idle) };
        let others = self.others.get_or_insert_default();
        others.count += 1;
        match others.places.entry(identity) {
            Entry::Occupied(mut place) => place.get_mut().push(idle),
            Entry::Vacant(place) => place.insert(SmallVec::new()).push(idle),
        }
    }

    /// Closes those that have been idle since before `now` less `idle_ms`, at most half of them, so that a short lull does
    /// not cost all.
    pub(super) fn purge(&mut self, idle_ms: u64, now: Millis) {
        let is_old = |idle: &Idle| now.since(idle.since) >= idle_ms;
        let count = self.alike.iter().take_while(|idle| is_old(idle)).count();
        self.alike.drain(..count.min(self.alike.len().div_ceil(2)));
        let Some(others) = &mut self.others else { return };
        let mut left = others.count.div_ceil(2);
        let count = &mut others.count;
        others.places.retain(|_, kept| {
            let old = kept.iter().take_while(|idle| is_old(idle)).count().min(left);
            left -= old;
            *count -= old;
            kept.drain(..old);
            !kept.is_empty()
        });
    }
}

/// The last of those that are wanted and pass `test`; what does not pass on the way is closed.
fn take_last(
    kept: &mut impl Stack,
    wanted: &Wanted<'_>,
    mut test: impl FnMut(&mut Idle) -> bool,
) -> Option<Idle> {
    while let Some(at) = kept.as_slice().iter().rposition(|idle| idle.fits(wanted)) {
        let mut idle = kept.take_at(at);
        if test(&mut idle) {
            return Some(idle);
        }
    }
    None
}

/// What idle connections are kept in.
trait Stack {
    fn as_slice(&self) -> &[Idle];
    fn take_at(&mut self, at: usize) -> Idle;
}

impl Stack for Vec<Idle> {
    fn as_slice(&self) -> &[Idle] {
        self
    }

    fn take_at(&mut self, at: usize) -> Idle {
        self.remove(at)
    }
}

impl Stack for SmallVec<[Idle; 1]> {
    fn as_slice(&self) -> &[Idle] {
        self
    }

    fn take_at(&mut self, at: usize) -> Idle {
        self.remove(at)
    }
}
