//! A named ring of messages in memory: section `ring`, target `ring@<name>` (manual, chapter on rings).
//!
//! It holds the newest messages that fit into its size and forgets the oldest; a reader that is too slow loses
//! messages and is told how many, so a reader never holds up a writer. Appending copies the message under a short
//! lock and wakes those who wait after it. An unused ring holds no memory.

mod buffer;

use crate::syslog::Format;
use buffer::Buffer;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

/// The size of a ring that sets none, in bytes (HAProxy's default buffer size).
pub const RING_BYTES_DEFAULT: usize = 16384;

/// How many readers can wait at once; the longest waiting is woken to make room.
pub const READERS_MAX: usize = 255;

/// A ring as configured.
#[derive(Debug, Clone)]
pub struct RingSpec {
    /// The name.
    pub name: Vec<u8>,
    /// `description`; the name if not set.
    pub description: Vec<u8>,
    /// `format`, which stands above that of the `log` line. `None`: as the line says, for rings that the
    /// configuration does not name.
    pub format: Option<Format>,
    /// `maxlen`: bytes of a message at most, its header included. `None`: as the ring's size allows.
    pub maxlen: Option<usize>,
    /// `size` in bytes; each message takes 4 bytes beyond its own.
    pub size: usize,
    /// `backing-file`: noted, contents stay in memory.
    pub backing_file: Option<PathBuf>,
}

impl RingSpec {
    /// A ring section that sets nothing: raw, 16384 bytes.
    #[must_use]
    pub fn new(name: &[u8]) -> RingSpec {
        RingSpec {
            name: name.to_vec(),
            description: name.to_vec(),
            format: Some(Format::Raw),
            maxlen: None,
            size: RING_BYTES_DEFAULT,
            backing_file: None,
        }
    }
}

/// A place between two messages of one ring. It stays valid when the messages after it are forgotten; one of another
/// ring gives nonsense but no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Bytes appended before it since the ring began.
    position: u64,
    /// Messages appended before it since the ring began.
    number: u64,
}

impl Cursor {
    /// How many messages had been appended to the ring before this place.
    #[must_use]
    pub fn number(self) -> u64 {
        self.number
    }
}

/// Messages copied out of a ring, oldest first.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// Where each message ends in `bytes`.
    ends: Vec<usize>,
    next: Cursor,
    lost: u64,
}

impl Batch {
    /// The messages, oldest first, without line feeds.
    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where to go on reading.
    #[must_use]
    pub fn next(&self) -> Cursor {
        self.next
    }

    /// How many messages were forgotten between the cursor and the first message here.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

/// A ring in use. All threads share it.
#[derive(Debug)]
pub struct Ring {
    spec: RingSpec,
    maxlen: usize,
    inner: Mutex<Inner>,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Inner {
    buffer: Buffer,
    waiting: Vec<Waker>,
}

impl Ring {
    /// An empty ring. A `maxlen` beyond what the size allows is lowered to that.
    #[must_use]
    pub fn new(spec: RingSpec) -> Ring {
        let payload_max = Buffer::payload_max(spec.size);
        let inner = Inner { buffer: Buffer::new(spec.size), waiting: Vec::new() };
        Ring {
            maxlen: spec.maxlen.unwrap_or(usize::MAX).min(payload_max),
            spec,
            inner: Mutex::new(inner),
            dropped: AtomicU64::new(0),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.spec.name
    }

    /// The description, for the list of rings.
    #[must_use]
    pub fn description(&self) -> &[u8] {
        &self.spec.description
    }

    /// The format that messages are stored in, if the ring prescribes one.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.spec.format
    }

    /// The size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.spec.size
    }

    /// The longest message that is stored whole, in bytes.
    #[must_use]
    pub fn maxlen(&self) -> usize {
        self.maxlen
    }

    /// The file of `backing-file`, if the configuration names one.
    #[must_use]
    pub fn backing_file(&self) -> Option<&PathBuf> {
        self.spec.backing_file.as_ref()
    }

    /// Messages that could not be stored, which happens only when the ring is too small for any.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Bytes that the messages now in the ring take.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        self.inner.lock().buffer.used_bytes()
    }

    /// Appends the concatenation of `parts`, cut to `bytes_max` and to the ring's `maxlen`, and wakes who waits.
    /// Returns whether it was stored; what was not is counted.
    pub fn append(&self, parts: &[&[u8]], bytes_max: usize) -> bool {
        let whole: usize = parts.iter().map(|part| part.len()).sum();
        let bytes = whole.min(bytes_max).min(self.maxlen);
        let mut inner = self.inner.lock();
        let is_stored = inner.buffer.push(parts, bytes);
        let woken = std::mem::take(&mut inner.waiting);
        drop(inner);
        if !is_stored {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        woken.into_iter().for_each(Waker::wake);
        is_stored
    }

    /// The place before the oldest message.
    #[must_use]
    pub fn oldest(&self) -> Cursor {
        self.inner.lock().buffer.oldest()
    }

    /// The place after the newest message.
    #[must_use]
    pub fn newest(&self) -> Cursor {
        self.inner.lock().buffer.newest()
    }

    /// Copies the messages from `cursor` on, until they are `bytes_max` bytes; one message at least if there is any.
    /// Messages that were forgotten are passed over and counted in [`Batch::lost`].
    #[must_use]
    pub fn read_from(&self, cursor: Cursor, bytes_max: usize) -> Batch {
        self.inner.lock().buffer.read_from(cursor, bytes_max)
    }

    /// As [`Ring::read_from`], but with nothing to read it leaves the task's waker, which the next message wakes once.
    pub fn poll_read(&self, cursor: Cursor, bytes_max: usize, context: &mut Context<'_>) -> Poll<Batch> {
        let mut inner = self.inner.lock();
        let batch = inner.buffer.read_from(cursor, bytes_max);
        if !batch.is_empty() {
            return Poll::Ready(batch);
        }
        let waker = context.waker();
        let mut displaced = None;
        if !inner.waiting.iter().any(|other| other.will_wake(waker)) {
            if inner.waiting.len() >= READERS_MAX {
                displaced = Some(inner.waiting.remove(0));
            }
            inner.waiting.push(waker.clone());
        }
        drop(inner);
        // It polls again if it still wants to read; most likely its reader has gone.
        if let Some(displaced) = displaced {
            displaced.wake();
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    fn ring(size: usize, maxlen: Option<usize>) -> Ring {
        Ring::new(RingSpec { size, maxlen, ..RingSpec::new(b"test") })
    }

    fn texts(batch: &Batch) -> Vec<&[u8]> {
        batch.messages().collect()
    }

    #[test]
    fn messages_are_cut_and_told_apart() {
        let ring = ring(1000, Some(5));
        assert!(ring.append(&[b"ab", b"", b"cdefgh"], 1000));
        assert!(ring.append(&[b"xyz"], 2));
        assert!(ring.append(&[], 100));
        let batch = ring.read_from(Cursor::default(), usize::MAX);
        assert_eq!(texts(&batch), [&b"abcde"[..], b"xy", b""]);
        assert_eq!((batch.next(), batch.lost(), batch.next().number()), (ring.newest(), 0, 3));
        assert!(ring.read_from(batch.next(), usize::MAX).is_empty());
    }

    #[test]
    fn a_slow_reader_is_told_what_it_lost() {
        let ring = ring(20, None);
        let start = ring.oldest();
        for text in [b"aaaaaa", b"bbbbbb", b"cccccc"] {
            assert!(ring.append(&[text], 100));
        }
        let batch = ring.read_from(start, 1);
        assert_eq!((texts(&batch), batch.lost()), (vec![&b"bbbbbb"[..]], 1));
        let batch = ring.read_from(batch.next(), 1);
        assert_eq!((texts(&batch), batch.lost()), (vec![&b"cccccc"[..]], 0));
    }

    #[test]
    fn a_ring_too_small_for_anything_counts() {
        let ring = ring(3, None);
        assert!(!ring.append(&[b"x"], 100));
        assert_eq!((ring.dropped(), ring.used_bytes(), ring.maxlen()), (1, 0, 0));
        let fits = super::tests::ring(8, None);
        assert!(fits.append(&[b"longer than the ring"], 100));
        assert_eq!(texts(&fits.read_from(Cursor::default(), 100)), [b"long"]);
    }

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_waits_is_woken_once() {
        let ring = ring(1000, None);
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        let mut context = Context::from_waker(&waker);
        let start = ring.newest();
        for _ in 0..2 {
            assert!(ring.poll_read(start, 100, &mut context).is_pending());
        }
        ring.append(&[b"one"], 100);
        ring.append(&[b"two"], 100);
        assert_eq!(bell.0.load(Ordering::Relaxed), 1);
        let Poll::Ready(batch) = ring.poll_read(start, 100, &mut context) else {
            panic!("there are messages")
        };
        assert_eq!(texts(&batch), [b"one", b"two"]);
    }

    #[test]
    fn waiting_readers_are_bounded() {
        let ring = ring(1000, None);
        let first = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&first));
        let start = ring.newest();
        assert!(ring.poll_read(start, 100, &mut Context::from_waker(&waker)).is_pending());
        for _ in 0..READERS_MAX {
            let other = Waker::from(Arc::new(Bell::default()));
            assert!(ring.poll_read(start, 100, &mut Context::from_waker(&other)).is_pending());
        }
        assert_eq!(first.0.load(Ordering::Relaxed), 1);
        assert_eq!(ring.inner.lock().waiting.len(), READERS_MAX);
    }

    #[test]
    fn threads_append_whole_messages() {
        let ring = ring(5000, None);
        std::thread::scope(|scope| {
            for byte in b'a'..b'e' {
                let ring = &ring;
                scope.spawn(move || {
                    for length in 1..200 {
                        ring.append(&[&[byte].repeat(length)], 1000);
                    }
                });
            }
        });
        let batch = ring.read_from(ring.oldest(), usize::MAX);
        assert_eq!(batch.next().number(), 4 * 199);
        assert!(batch.messages().all(|message| message.iter().all(|byte| *byte == message[0])));
    }
}
