//! Buffers for what peers send, lent by a pool of each thread.
//!
//! A buffer's memory is initialised when it is allocated and never cleared again: `space` shows what the last user
//! left there, so only what [`Buf::filled`] declares is data. The pool is last in, first out, so that the buffer
//! handed out is the one still in the cache, and it keeps a bounded number.

use std::cell::RefCell;
use std::fmt;
use std::sync::OnceLock;

use base::Lossy;

const BUFSIZE_DEFAULT: usize = 16_384;
static BUFSIZE: OnceLock<usize> = OnceLock::new();

/// Sets the size of [`Size::Normal`] buffers in bytes (`tune.bufsize`), for the whole process, before the first is
/// taken. Returns the size that holds: a second call changes nothing.
pub fn set_bufsize(bytes: usize) -> usize {
    *BUFSIZE.get_or_init(|| bytes.max(1_024))
}

/// The size of [`Size::Normal`] buffers in bytes.
#[must_use]
pub fn bufsize() -> usize {
    *BUFSIZE.get_or_init(|| BUFSIZE_DEFAULT)
}

/// How large a buffer to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// `tune.bufsize`, 16 KiB unless configured: message heads and small bodies.
    Normal,
    /// 64 KiB: several TLS records.
    Large,
    /// 256 KiB: bodies of known size, where fewer and larger system calls pay.
    Bulk,
}

impl Size {
    fn bytes(self) -> usize {
        match self {
            Size::Normal => bufsize(),
            Size::Large => 65_536,
            Size::Bulk => 262_144,
        }
    }

    /// How many of this size a thread keeps: 2 MiB of each, with the default size of normal ones.
    fn kept_max(self) -> usize {
        match self {
            Size::Normal => 128,
            Size::Large => 32,
            Size::Bulk => 8,
        }
    }

    fn index(self) -> usize {
        match self {
            Size::Normal => 0,
            Size::Large => 1,
            Size::Bulk => 2,
        }
    }
}

thread_local! {
    static POOL: RefCell<[Vec<Box<[u8]>>; 3]> = const { RefCell::new([const { Vec::new() }; 3]) };
}

/// An empty buffer of this size, from the thread's pool if it has one. Dropping it gives it back.
#[must_use]
pub fn take(size: Size) -> Buf {
    let pooled = POOL.with_borrow_mut(|pool| pool[size.index()].pop());
    let bytes = pooled.unwrap_or_else(|| vec![0; size.bytes()].into_boxed_slice());
    Buf { bytes, start: 0, end: 0, size: Some(size) }
}

/// Frees the buffers that this thread keeps for reuse. For a worker that has gone idle.
pub fn trim_pool() {
    let freed = POOL.with_borrow_mut(std::mem::take);
    drop(freed);
}

/// A contiguous buffer: consumed bytes, then data, then space.
///
/// ```text
/// 0 ........ start ........ end ........ capacity
///  consumed         data          space
/// ```
pub struct Buf {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    /// `None` for one that is not pooled.
    size: Option<Size>,
}

impl Buf {
    /// A buffer without memory, to hold the place of a real one.
    #[must_use]
    pub fn none() -> Buf {
        Buf { bytes: Box::default(), start: 0, end: 0, size: None }
    }

    /// The bytes in it that are not consumed.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The same, to be changed in place.
    #[must_use]
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// The room behind the data, to be read into; its contents mean nothing until [`Buf::filled`].
    #[must_use]
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.bytes[self.end..]
    }

    /// Declares the first `n` bytes of the space data.
    ///
    /// # Panics
    /// When there is less space than that.
    pub fn filled(&mut self, n: usize) {
        assert!(n <= self.bytes.len() - self.end, "more than there is space for");
        self.end += n;
    }

    /// Drops the first `n` bytes of the data. A buffer emptied so begins at its start again, for nothing.
    ///
    /// # Panics
    /// When there is less data than that.
    pub fn consume(&mut self, n: usize) {
        assert!(n <= self.end - self.start, "more than there is data");
        self.start += n;
        if self.start == self.end {
            self.clear();
        }
    }

    /// Drops the last bytes of the data so that `len` stay; nothing happens when it is no longer than that.
    pub fn truncate(&mut self, len: usize) {
        self.end = self.end.min(self.start.saturating_add(len));
    }

    /// Drops all data.
    pub fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    /// Moves the data to the front, so that all room is behind it. Offsets into it stay what they were.
    pub fn compact(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
    }

    /// Appends as much of `more` as there is space for, and returns how much that was.
    pub fn append(&mut self, more: &[u8]) -> usize {
        let n = more.len().min(self.space_len());
        self.bytes[self.end..self.end + n].copy_from_slice(&more[..n]);
        self.end += n;
        n
    }

    /// Bytes of data.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there is no data.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Bytes of space behind the data.
    #[must_use]
    pub fn space_len(&self) -> usize {
        self.bytes.len() - self.end
    }

    /// Bytes that fit into it in all; 0 for [`Buf::none`].
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl Default for Buf {
    fn default() -> Self {
        Buf::none()
    }
}

impl Drop for Buf {
    fn drop(&mut self) {
        let Some(size) = self.size else { return };
        let bytes = std::mem::take(&mut self.bytes);
        // At the end of the thread the pool may be gone already; the buffer is then freed.
        let _ = POOL.try_with(|pool| {
            let kept = &mut pool.borrow_mut()[size.index()];
            if kept.len() < size.kept_max() {
                kept.push(bytes);
            }
        });
    }
}

impl fmt::Debug for Buf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.data()[..self.len().min(64)];
        write!(f, "Buf({} of {}: {:?})", self.len(), self.capacity(), Lossy(shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(size: Size) -> usize {
        POOL.with_borrow(|pool| pool[size.index()].len())
    }

    #[test]
    fn data_moves_through() {
        let mut buf = take(Size::Normal);
        assert_eq!((buf.capacity(), buf.len(), buf.space_len()), (bufsize(), 0, bufsize()));
        buf.space()[..5].copy_from_slice(b"hello");
        buf.filled(5);
        buf.consume(2);
        assert_eq!(buf.data(), b"llo");
        assert_eq!(buf.space_len(), bufsize() - 5);
        buf.compact();
        assert_eq!((buf.data(), buf.space_len()), (&b"llo"[..], bufsize() - 3));
        buf.truncate(1);
        assert_eq!(buf.append(b"-"), 1);
        buf.data_mut()[0] = b'L';
        assert_eq!(buf.data(), b"L-");
        buf.consume(2);
        assert!(buf.is_empty());
        assert_eq!(buf.space_len(), bufsize(), "an emptied buffer begins anew");
    }

    #[test]
    fn appending_stops_at_the_end() {
        let mut buf = take(Size::Large);
        assert_eq!(buf.append(&vec![b'x'; 70_000]), 65_536);
        assert_eq!(buf.append(b"y"), 0);
        assert_eq!(Buf::none().append(b"y"), 0);
    }

    #[test]
    fn the_last_given_back_is_the_first_taken() {
        let first = take(Size::Bulk);
        let second = take(Size::Bulk);
        let place = second.bytes.as_ptr();
        drop(first);
        drop(second);
        assert_eq!(kept(Size::Bulk), 2);
        assert_eq!(take(Size::Bulk).bytes.as_ptr(), place);
    }

    #[test]
    fn the_pool_is_bounded() {
        let many: Vec<_> = (0..20).map(|_| take(Size::Bulk)).collect();
        drop(many);
        assert_eq!(kept(Size::Bulk), 8);
        trim_pool();
        assert_eq!(kept(Size::Bulk), 0);
        drop(Buf::none());
        assert_eq!(kept(Size::Normal), 0);
    }

    #[test]
    #[should_panic(expected = "more than there is data")]
    fn consuming_too_much_is_a_broken_promise() {
        take(Size::Normal).consume(1);
    }
}
