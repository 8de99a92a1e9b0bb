//! A cache that forgets what was not used for longest.

use std::collections::{BTreeMap, HashMap};

/// Values by names, a bounded number of them. Names come from clients: they are hashed with a random key.
#[derive(Debug)]
pub(super) struct Lru<V> {
    max: usize,
    by_name: HashMap<Box<str>, (u64, V)>,
    by_use: BTreeMap<u64, Box<str>>,
    uses: u64,
}

impl<V: Clone> Lru<V> {
    pub(super) fn new(max: usize) -> Self {
        Lru { max, by_name: HashMap::new(), by_use: BTreeMap::new(), uses: 0 }
    }

    pub(super) fn get(&mut self, name: &str) -> Option<V> {
        let (used, value) = self.by_name.get_mut(name)?;
        let name = self.by_use.remove(used)?;
        self.uses += 1;
        *used = self.uses;
        self.by_use.insert(self.uses, name);
        Some(value.clone())
    }

    pub(super) fn insert(&mut self, name: &str, value: V) {
        self.uses += 1;
        if let Some((used, _)) = self.by_name.insert(name.into(), (self.uses, value)) {
            self.by_use.remove(&used);
        }
        self.by_use.insert(self.uses, name.into());
        while self.by_name.len() > self.max {
            let Some((_, oldest)) = self.by_use.pop_first() else {
                break;
            };
            self.by_name.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut lru = Lru::new(2);
        lru.insert("a", 1);
        lru.insert("b", 2);
        assert_eq!(lru.get("a"), Some(1));
        lru.insert("c", 3);
        assert_eq!((lru.get("a"), lru.get("b"), lru.get("c")), (Some(1), None, Some(3)));
        lru.insert("a", 4);
        lru.insert("d", 5);
        assert_eq!((lru.get("a"), lru.get("c")), (Some(4), None));
        assert_eq!((lru.by_name.len(), lru.by_use.len()), (2, 2));
    }

    #[test]
    fn none_of_nothing_is_kept() {
        let mut lru = Lru::new(0);
        lru.insert("a", 1);
        assert_eq!(lru.get("a"), None);
        assert!(lru.by_use.is_empty());
    }
}
