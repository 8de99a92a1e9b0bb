//! The bytes of a ring: messages, each behind its length, in a circle of fixed size.
//!
//! The circle is cut into chunks that are allocated when the writing first reaches them, so that growing never copies
//! what is there and never takes long. What always holds: `used` bytes from the oldest cursor's place on are whole
//! records, and `used` is at most `size`.

use super::{Batch, Cursor};

/// Bytes of a record's length.
const PREFIX_BYTES: usize = 4;
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Buffer {
    chunks: Vec<Box<[u8]>>,
    size: usize,
    /// Where the oldest record begins in the circle.
    head: usize,
    /// Bytes of all records.
    used: usize,
    oldest: Cursor,
    newest: Cursor,
}

impl Buffer {
    /// The longest message that a circle of `size` bytes can hold.
    pub(super) fn payload_max(size: usize) -> usize {
        size.saturating_sub(PREFIX_BYTES).min(u32::MAX as usize)
    }

    /// An empty circle; allocates nothing.
    pub(super) fn new(size: usize) -> Buffer {
        let (oldest, newest) = (Cursor::default(), Cursor::default());
        Buffer { chunks: Vec::new(), size, head: 0, used: 0, oldest, newest }
    }

    pub(super) fn used_bytes(&self) -> usize {
        self.used
    }

    pub(super) fn oldest(&self) -> Cursor {
        self.oldest
    }

    pub(super) fn newest(&self) -> Cursor {
        self.newest
    }

    /// Appends the first `bytes` bytes of `parts` as one record, forgetting the oldest records for room. Returns
    /// whether it could fit.
    pub(super) fn push(&mut self, parts: &[&[u8]], bytes: usize) -> bool {
        let (Ok(prefix), true) = (u32::try_from(bytes), self.size >= PREFIX_BYTES) else {
            return false;
        };
        if bytes > self.size - PREFIX_BYTES {
            return false;
        }
        let record = PREFIX_BYTES + bytes;
        while self.used > self.size - record {
            self.forget_oldest();
        }
        let at = self.wrap(self.head + self.used);
        if !self.write_in_one_piece(at, prefix, parts) {
            self.write_in_pieces(at, prefix, parts);
        }
        self.used += record;
        self.newest.pass(record);
        true
    }

    /// See [`super::Ring::read_from`].
    pub(super) fn read_from(&self, cursor: Cursor, bytes_max: usize) -> Batch {
        let mut batch = Batch { next: cursor, ..Batch::default() };
        if cursor.position < self.oldest.position {
            batch.lost = self.oldest.number.saturating_sub(cursor.number);
            batch.next = self.oldest;
        } else if cursor.position > self.newest.position {
            batch.next = self.newest;
        }
        loop {
            let skipped = usize::try_from(batch.next.position - self.oldest.position).unwrap_or(self.used);
            let left = self.used.saturating_sub(skipped);
            if left < PREFIX_BYTES {
                return batch;
            }
            let at = self.wrap(self.head + skipped);
            let bytes = self.record_bytes(at);
            if bytes > left - PREFIX_BYTES {
                // Only a cursor of another ring stands between two records.
                batch.next = self.newest;
                return batch;
            }
            if !batch.is_empty() && batch.bytes.len().saturating_add(bytes) > bytes_max {
                return batch;
            }
            self.read(self.wrap(at + PREFIX_BYTES), bytes, &mut batch.bytes);
            batch.ends.push(batch.bytes.len());
            batch.next.pass(PREFIX_BYTES + bytes);
        }
    }

    fn forget_oldest(&mut self) {
        let record = PREFIX_BYTES + self.record_bytes(self.head);
        self.head = self.wrap(self.head + record);
        self.used -= record;
        self.oldest.pass(record);
    }

    /// The length that the record at `at` begins with.
    fn record_bytes(&self, at: usize) -> usize {
        let (chunk, offset) = (&self.chunks[at / CHUNK_BYTES], at % CHUNK_BYTES);
        if let Some(prefix) = chunk.get(offset..).and_then(<[u8]>::first_chunk) {
            return u32::from_le_bytes(*prefix) as usize;
        }
        let mut prefix = [0; PREFIX_BYTES];
        let mut at = at;
        for byte in &mut prefix {
            *byte = self.chunks[at / CHUNK_BYTES][at % CHUNK_BYTES];
            at = self.wrap(at + 1);
        }
        u32::from_le_bytes(prefix) as usize
    }

    /// Writes a record that lies within one chunk, as nearly all do. Returns whether it does.
    fn write_in_one_piece(&mut self, at: usize, prefix: u32, parts: &[&[u8]]) -> bool {
        let bytes = prefix as usize;
        let Some(chunk) = self.chunks.get_mut(at / CHUNK_BYTES) else { return false };
        let room = chunk.get_mut(at % CHUNK_BYTES..).and_then(|rest| rest.get_mut(..PREFIX_BYTES + bytes));
        let Some((length, mut room)) = room.and_then(<[u8]>::split_first_chunk_mut) else { return false };
        *length = prefix.to_le_bytes();
        for part in parts {
            let (to, rest) = room.split_at_mut(part.len().min(room.len()));
            to.copy_from_slice(&part[..to.len()]);
            room = rest;
        }
        true
    }

    /// Writes a record that begins in a new chunk or runs over the end of one.
    fn write_in_pieces(&mut self, at: usize, prefix: u32, parts: &[&[u8]]) {
        let mut at = self.write(at, &prefix.to_le_bytes());
        let mut left = prefix as usize;
        for part in parts {
            let taken = &part[..part.len().min(left)];
            at = self.write(at, taken);
            left -= taken.len();
        }
    }

    /// Copies `bytes` to `at` and returns the place behind them.
    fn write(&mut self, mut at: usize, mut bytes: &[u8]) -> usize {
        while !bytes.is_empty() {
            let (chunk, offset) = (at / CHUNK_BYTES, at % CHUNK_BYTES);
            // Writing goes forward without gaps, so the chunk is there or is the next.
            if chunk == self.chunks.len() {
                let length = CHUNK_BYTES.min(self.size - chunk * CHUNK_BYTES);
                self.chunks.push(vec![0; length].into_boxed_slice());
            }
            let room = &mut self.chunks[chunk][offset..];
            let (now, later) = bytes.split_at(bytes.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            at = self.wrap(at + now.len());
            bytes = later;
        }
        at
    }

    /// Appends the `count` bytes at `at` to `out`.
    fn read(&self, mut at: usize, count: usize, out: &mut Vec<u8>) {
        let mut left = count;
        while left > 0 {
            let rest = &self.chunks[at / CHUNK_BYTES][at % CHUNK_BYTES..];
            let taken = &rest[..rest.len().min(left)];
            out.extend_from_slice(taken);
            at = self.wrap(at + taken.len());
            left -= taken.len();
        }
    }

    /// Brings a place that is less than one turn too far back into the circle.
    fn wrap(&self, at: usize) -> usize {
        if at >= self.size { at - self.size } else { at }
    }
}

impl Cursor {
    fn pass(&mut self, record: usize) {
        self.position += record as u64;
        self.number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// Keeps the newest messages whose records fit.
    struct Model {
        messages: VecDeque<Vec<u8>>,
        forgotten: usize,
        size: usize,
    }

    impl Model {
        fn push(&mut self, message: Vec<u8>) -> bool {
            if message.len() + PREFIX_BYTES > self.size {
                return false;
            }
            self.messages.push_back(message);
            while self.messages.iter().map(|message| message.len() + PREFIX_BYTES).sum::<usize>() > self.size
            {
                self.messages.pop_front();
                self.forgotten += 1;
            }
            true
        }
    }

    fn all(batch: &Batch) -> Vec<Vec<u8>> {
        batch.messages().map(<[u8]>::to_vec).collect()
    }

    proptest! {
        #[test]
        fn behaves_like_a_queue(
            size in 0usize..200,
            steps in prop::collection::vec((0usize..60, 0usize..60, 0usize..80, any::<bool>()), 0..200),
        ) {
            let mut buffer = Buffer::new(size);
            let mut model = Model { messages: VecDeque::new(), forgotten: 0, size };
            let mut reader = Cursor::default();
            for (number, (first, second, bytes_max, reads)) in steps.into_iter().enumerate() {
                let fill = u8::try_from(number % 256).unwrap();
                let parts = [vec![fill; first], vec![!fill; second]];
                let stored = buffer.push(&[&parts[0], &parts[1]], first + second);
                prop_assert_eq!(stored, model.push(parts.concat()));
                prop_assert!(buffer.used_bytes() <= size);
                let everything = buffer.read_from(buffer.oldest(), usize::MAX);
                prop_assert_eq!(all(&everything), model.messages.iter().cloned().collect::<Vec<_>>());
                prop_assert_eq!(everything.next(), buffer.newest());
                if reads {
                    let seen = usize::try_from(reader.number).unwrap();
                    let skip = seen.saturating_sub(model.forgotten);
                    let batch = buffer.read_from(reader, bytes_max);
                    prop_assert_eq!(usize::try_from(batch.lost()).unwrap(), model.forgotten.saturating_sub(seen));
                    let got = all(&batch);
                    prop_assert_eq!(got.is_empty(), skip >= model.messages.len());
                    prop_assert!(got.len() <= 1 || got.concat().len() <= bytes_max);
                    prop_assert!(got.iter().eq(model.messages.iter().skip(skip).take(got.len())));
                    reader = batch.next();
                }
            }
        }

        #[test]
        fn foreign_cursors_do_no_harm(position in any::<u64>(), number in any::<u64>(), lengths in prop::collection::vec(0usize..30, 0..30)) {
            let mut buffer = Buffer::new(100);
            for length in lengths {
                buffer.push(&[&[0xff].repeat(length)], length);
            }
            for position in [position, position % 200] {
                let batch = buffer.read_from(Cursor { position, number }, usize::MAX);
                prop_assert!(batch.next().position <= buffer.newest().position);
            }
        }
    }

    #[test]
    fn chunks_come_when_reached_and_join_seamlessly() {
        let size = 3 * CHUNK_BYTES + 17;
        let mut buffer = Buffer::new(size);
        assert!(buffer.chunks.is_empty());
        let message: Vec<u8> = (0..=250).cycle().take(50_001).collect();
        buffer.push(&[&message], message.len());
        assert_eq!(buffer.chunks.len(), 1);
        for _ in 0..20 {
            buffer.push(&[&message], message.len());
            let batch = buffer.read_from(buffer.oldest(), usize::MAX);
            assert!(batch.messages().all(|read| read == message));
        }
        let lengths: Vec<usize> = buffer.chunks.iter().map(|chunk| chunk.len()).collect();
        assert_eq!(lengths, [CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES, 17]);
    }
}
