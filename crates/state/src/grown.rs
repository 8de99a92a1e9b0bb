//! A list that only gets longer, also while others read it.
//!
//! What it has been made with lies in one piece and is read as any vector. What comes later lies in pieces of 1, 2, 4, 8 ...
//! places, which never move: whoever holds a reference into the list keeps it for as long as the list lives.

use std::ops::{Index, IndexMut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

/// Pieces of later items: more than 2^31 of them do not fit.
const PIECES: usize = 31;

/// A piece, each place of which is filled once.
type Piece<T> = Box<[OnceLock<T>]>;

/// What came later.
#[derive(Debug)]
struct Later<T> {
    pieces: [OnceLock<Piece<T>>; PIECES],
    /// How many places are filled, from the first on.
    len: AtomicUsize,
    adding: Mutex<()>,
}

/// The list.
#[derive(Debug)]
pub struct Grown<T> {
    first: Vec<T>,
    /// Made when the first item comes later.
    later: OnceLock<Box<Later<T>>>,
}

impl<T> Later<T> {
    fn new() -> Later<T> {
        Later {
            pieces: [const { OnceLock::new() }; PIECES],
            len: AtomicUsize::new(0),
            adding: Mutex::new(()),
        }
    }

    /// The piece of item `at`, and its place there.
    fn place(at: usize) -> Option<(usize, usize)> {
        let number = at.checked_add(1)?;
        let piece = number.ilog2() as usize;
        (piece < PIECES).then_some((piece, number - (1 << piece)))
    }

    fn get(&self, at: usize) -> Option<&T> {
        let (piece, place) = Self::place(at)?;
        self.pieces[piece].get()?.get(place)?.get()
    }

    fn add(&self, item: T) -> usize {
        let _adding = self.adding.lock();
        let at = self.len.load(Ordering::Relaxed);
        let (piece, place) = Self::place(at).expect("nobody adds so many items");
        let piece =
            self.pieces[piece].get_or_init(|| (0..1usize << piece).map(|_| OnceLock::new()).collect());
        // Places are filled in their order, under the lock: this one is empty.
        let _ = piece[place].set(item);
        self.len.store(at + 1, Ordering::Release);
        at
    }
}

impl<T> Default for Grown<T> {
    fn default() -> Self {
        Grown { first: Vec::new(), later: OnceLock::new() }
    }
}

impl<T> From<Vec<T>> for Grown<T> {
    fn from(first: Vec<T>) -> Self {
        Grown { first, later: OnceLock::new() }
    }
}

impl<T> Grown<T> {
    /// Item `at`, if there are so many.
    #[must_use]
    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.first.get(at).or_else(|| self.later(at))
    }

    /// Items come later seldom, and are asked for by few.
    #[cold]
    fn later(&self, at: usize) -> Option<&T> {
        self.later.get()?.get(at - self.first.len())
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.first.len() + self.later.get().map_or(0, |later| later.len.load(Ordering::Acquire))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those that are there now.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { list: self, front: 0, back: self.len() }
    }

    /// Adds an item behind all others, while others may read; returns its number.
    pub fn add(&self, item: T) -> usize {
        self.first.len() + self.later.get_or_init(|| Box::new(Later::new())).add(item)
    }

    /// Adds an item to those that the list begins with, before it is shared. What was added later is gone.
    pub fn push(&mut self, item: T) {
        self.later.take();
        self.first.push(item);
    }
}

impl<T> Index<usize> for Grown<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        self.get(at).expect("numbers are those of items")
    }
}

impl<T> IndexMut<usize> for Grown<T> {
    /// Of those that the list began with.
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.first[at]
    }
}

impl<'l, T> IntoIterator for &'l Grown<T> {
    type Item = &'l T;
    type IntoIter = Iter<'l, T>;

    fn into_iter(self) -> Iter<'l, T> {
        self.iter()
    }
}

/// The items of one moment, one by one.
#[derive(Debug)]
pub struct Iter<'l, T> {
    list: &'l Grown<T>,
    front: usize,
    back: usize,
}

impl<'l, T> Iterator for Iter<'l, T> {
    type Item = &'l T;

    fn next(&mut self) -> Option<&'l T> {
        if self.front == self.back {
            return None;
        }
        self.front += 1;
        self.list.get(self.front - 1)
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front == self.back {
            return None;
        }
        self.back -= 1;
        self.list.get(self.back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_stands_behind() {
        let list = Grown::from(vec![0, 1]);
        let held = &list[1];
        assert!((2..40).all(|number| list.add(number) == number));
        assert_eq!((*held, list.len(), list.get(40)), (1, 40, None));
        assert!(list.iter().copied().eq(0..40) && list.iter().rev().copied().eq((0..40).rev()));
        assert_eq!((list[1], list[2], list[39]), (1, 2, 39));
        assert!(Grown::<u8>::default().is_empty() && Grown::<u8>::default().get(usize::MAX).is_none());
    }

    #[test]
    fn threads_add_one_behind_the_other() {
        let list = Grown::from(vec![usize::MAX]);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|number| assert_eq!(list[list.add(number)], number)));
            }
        });
        assert_eq!(list.iter().skip(1).sum::<usize>(), 4 * 4950);
    }
}
