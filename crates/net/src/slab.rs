//! Values under small numbers, in pieces of 256: growing moves nothing and leaves no freed memory behind.
//!
//! A key carries the generation of its place, so that a key kept too long finds nothing rather than its successor.

const CHUNK: usize = 256;
const NIL: u32 = u32::MAX;
/// In place of the next free one: it is not free.
const TAKEN: u32 = u32::MAX - 1;

/// The number of a place and its generation. Fits the user data of an epoll event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl Key {
    pub(crate) fn to_u64(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    #[expect(clippy::cast_possible_truncation, reason = "takes the halves apart")]
    pub(crate) fn from_u64(both: u64) -> Key {
        Key { index: both as u32, generation: (both >> 32) as u32 }
    }
}

struct Place<T> {
    value: T,
    generation: u32,
    /// In the free list: the next free place.
    next: u32,
}

/// See the module. Free places hold the default value.
pub(crate) struct Slab<T> {
    chunks: Vec<Box<[Place<T>]>>,
    free: u32,
    len: usize,
}

impl<T: Default> Slab<T> {
    pub(crate) const fn new() -> Slab<T> {
        Slab { chunks: Vec::new(), free: NIL, len: 0 }
    }

    /// Values in it.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The keys of all values.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let places = (0..).zip(self.chunks.iter().flatten());
        let taken = places.filter(|(_, place)| place.next == TAKEN);
        taken.map(|(index, place)| Key { index, generation: place.generation }).collect()
    }

    pub(crate) fn insert(&mut self, value: T) -> Key {
        if self.free == NIL {
            self.grow();
        }
        let index = self.free;
        let place = self.place(index);
        place.value = value;
        let generation = place.generation;
        let next = std::mem::replace(&mut place.next, TAKEN);
        self.free = next;
        self.len += 1;
        Key { index, generation }
    }

    fn grow(&mut self) {
        let first = self.chunks.len() * CHUNK;
        let index =
            |n: usize| u32::try_from(n).expect("memory ends long before four thousand million values");
        let next = |at: usize| if at + 1 < CHUNK { index(first + at + 1) } else { NIL };
        let chunk = (0..CHUNK).map(|at| Place { value: T::default(), generation: 0, next: next(at) });
        self.chunks.push(chunk.collect());
        self.free = index(first);
    }

    fn place(&mut self, index: u32) -> &mut Place<T> {
        let index = index as usize;
        &mut self.chunks[index / CHUNK][index % CHUNK]
    }

    /// The value of the one owner of `index`, who knows that it is there.
    pub(crate) fn owned(&mut self, index: u32) -> &mut T {
        &mut self.place(index).value
    }

    /// The key of the one owner of `index`.
    pub(crate) fn key_of(&mut self, index: u32) -> Key {
        Key { index, generation: self.place(index).generation }
    }

    /// The value, if its place has not been given to another since.
    pub(crate) fn get(&mut self, key: Key) -> Option<&mut T> {
        let index = key.index as usize;
        let place = self.chunks.get_mut(index / CHUNK)?.get_mut(index % CHUNK)?;
        (place.generation == key.generation).then_some(&mut place.value)
    }

    /// Takes the value of the one owner of `index` out. The caller drops it, outside of every borrow.
    pub(crate) fn remove_owned(&mut self, index: u32) -> T {
        let free = self.free;
        let place = self.place(index);
        place.generation = place.generation.wrapping_add(1);
        place.next = free;
        let value = std::mem::take(&mut place.value);
        self.free = index;
        self.len -= 1;
        value
    }

    /// Takes the value out, if it is still there.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        self.get(key)?;
        Some(self.remove_owned(key.index))
    }

    /// Takes all values out.
    pub(crate) fn remove_all(&mut self) -> Vec<T> {
        let places = u32::try_from(self.chunks.len() * CHUNK).unwrap_or(u32::MAX);
        let taken: Vec<u32> = (0..places).filter(|index| self.place(*index).next == TAKEN).collect();
        taken.into_iter().map(|index| self.remove_owned(index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_keys_find_nothing() {
        let mut slab = Slab::new();
        let first = slab.insert("first");
        assert_eq!(slab.remove(first), Some("first"));
        assert_eq!(slab.remove(first), None);
        let second = slab.insert("second");
        assert_eq!(second.index, first.index);
        assert!(slab.get(first).is_none());
        assert_eq!(*slab.owned(second.index), "second");
        assert_eq!(Key::from_u64(second.to_u64()), second);
        assert!(slab.get(Key { index: 9_999, generation: 0 }).is_none());
    }

    #[test]
    fn it_grows() {
        let mut slab = Slab::new();
        let keys: Vec<Key> = (0..1_000u32).map(|n| slab.insert(n)).collect();
        assert_eq!(slab.len(), 1_000);
        assert!(keys.iter().zip(0..).all(|(key, n)| slab.get(*key) == Some(&mut { n })));
        slab.remove(keys[3]);
        assert_eq!(slab.remove_all().len(), 999);
        assert_eq!(slab.len(), 0);
        assert!(slab.get(keys[5]).is_none());
    }
}
