//! The coder of one body: bytes go in, coded bytes come out (RFC 1950, 1951 and 1952).
//!
//! After each push the receiver can decode all that was pushed so far: a body that comes slowly is not withheld. The memory
//! of a coder is [`coder_bytes`] whatever is pushed; a thread keeps that of a few for the next.

use std::cell::RefCell;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::Algorithm;

/// What a coder other than `identity` takes, about, in bytes, with a window of 2^`window_bits` bytes: the window twice, two
/// tables for finding repetitions in it, one of which grows with it, and what waits to be written.
#[must_use]
pub fn coder_bytes(window_bits: u8) -> u64 {
    const FIXED_BYTES: u64 = 248 * 1024;
    FIXED_BYTES + (4 << window_bits)
}

/// How far back a coder may look: from 512 bytes to 32 KiB.
pub const WINDOW_BITS: std::ops::RangeInclusive<u8> = 9..=15;

/// The level that tries hardest.
pub const LEVEL_MAX: u8 = 9;

/// How much room is made at a time for what comes out, at least, in bytes.
const ROOM_BYTES: usize = 256;

/// How many states a thread keeps for the next bodies.
const SPARE_MAX: usize = 4;

/// A gzip header without a name and a time, of a system that is none in particular.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A zlib header: a window of 32 KiB at most, the fastest level.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// The bytes that a block may store as they are.
const STORED_BYTES_MAX: usize = 0xffff;

thread_local! {
    static SPARE: RefCell<Vec<State>> = const { RefCell::new(Vec::new()) };
}

/// Whether more of a body will follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// It will.
    Follows,
    /// That was its end.
    Nothing,
}

/// Codes one body.
#[derive(Debug)]
pub struct Coder {
    wrapper: Wrapper,
    has_begun: bool,
    level: u8,
    window_bits: u8,
    /// Of RFC 1951; `None` at level 0, where data is stored.
    state: Option<State>,
}

/// A state with the window that it was made for.
#[derive(Debug)]
struct State {
    window_bits: u8,
    compress: Compress,
}

/// What stands around the blocks of RFC 1951, and the checksum of what was pushed.
#[derive(Debug)]
enum Wrapper {
    /// There are no blocks either.
    Identity,
    Gzip(Crc),
    Zlib(Adler),
    Raw,
}

impl Coder {
    /// A coder at `level`, from 0 (nothing is made shorter) to [`LEVEL_MAX`], that looks 2^`window_bits` bytes back
    /// ([`WINDOW_BITS`]).
    #[must_use]
    pub fn new(algorithm: Algorithm, level: u8, window_bits: u8) -> Coder {
        let window_bits = window_bits.clamp(*WINDOW_BITS.start(), *WINDOW_BITS.end());
        let wrapper = match algorithm {
            Algorithm::Identity => Wrapper::Identity,
            Algorithm::Gzip => Wrapper::Gzip(Crc::new()),
            Algorithm::Deflate => Wrapper::Zlib(Adler::default()),
            Algorithm::RawDeflate => Wrapper::Raw,
        };
        let mut coder = Coder { wrapper, has_begun: false, level: 0, window_bits, state: None };
        coder.set_level(level);
        coder
    }

    /// The level it works at; 0 for `identity`.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Changes the level for what is pushed from now on. What was pushed ended on a whole byte, so another state can go on
    /// behind it; it does not look back further.
    pub fn set_level(&mut self, level: u8) {
        let level = level.min(LEVEL_MAX);
        if level == self.level || matches!(self.wrapper, Wrapper::Identity) {
            return;
        }
        give_back(self.state.take());
        self.state = (level > 0).then(|| State::fresh(level, self.window_bits));
        self.level = level;
    }

    /// Codes `data` and appends to `out` what comes of it, so that nothing is held back. Without data and before the end
    /// there is nothing to say; behind the end nothing may be pushed.
    pub fn push(&mut self, data: &[u8], more: More, out: &mut Vec<u8>) {
        if matches!(self.wrapper, Wrapper::Identity) {
            out.extend_from_slice(data);
            return;
        }
        if data.is_empty() && more == More::Follows {
            return;
        }
        self.begin(out);
        match &mut self.wrapper {
            Wrapper::Gzip(crc) => crc.update(data),
            Wrapper::Zlib(adler) => adler.update(data),
            Wrapper::Identity | Wrapper::Raw => {}
        }
        match &mut self.state {
            Some(state) => deflate(&mut state.compress, data, more, out),
            None => store(data, more, out),
        }
        if more == More::Nothing {
            self.end(out);
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.has_begun, true) {
            match self.wrapper {
                Wrapper::Gzip(_) => out.extend_from_slice(&GZIP_HEADER),
                Wrapper::Zlib(_) => out.extend_from_slice(&ZLIB_HEADER),
                Wrapper::Identity | Wrapper::Raw => {}
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match &self.wrapper {
            Wrapper::Gzip(crc) => {
                out.extend_from_slice(&crc.sum().to_le_bytes());
                out.extend_from_slice(&crc.amount().to_le_bytes());
            }
            Wrapper::Zlib(adler) => out.extend_from_slice(&adler.sum().to_be_bytes()),
            Wrapper::Identity | Wrapper::Raw => {}
        }
        give_back(self.state.take());
    }
}

impl Drop for Coder {
    fn drop(&mut self) {
        give_back(self.state.take());
    }
}

impl State {
    /// One at its beginning, which may have served before.
    fn fresh(level: u8, window_bits: u8) -> State {
        let level = Compression::new(level.into());
        let spare = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            let at = spare.iter().position(|state| state.window_bits == window_bits)?;
            Some(spare.swap_remove(at))
        });
        let spare = spare.ok().flatten();
        let spare = spare.and_then(|mut state| state.compress.set_level(level).is_ok().then_some(state));
        spare.unwrap_or_else(|| State {
            window_bits,
            compress: Compress::new_with_window_bits(level, false, window_bits),
        })
    }
}

/// Keeps a state for the next body, unless there are enough.
fn give_back(state: Option<State>) {
    let Some(mut state) = state else { return };
    // At the end of a thread there is nothing left to keep it in.
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < SPARE_MAX {
            state.compress.reset();
            spare.push(state);
        }
    });
}

fn deflate(state: &mut Compress, mut data: &[u8], more: More, out: &mut Vec<u8>) {
    let flush = if more == More::Follows { FlushCompress::Sync } else { FlushCompress::Finish };
    loop {
        // Usually less comes out than goes in; where more does, there is another round.
        out.reserve(ROOM_BYTES.max(data.len() / 2));
        let before = state.total_in();
        let status = state.compress_vec(data, out, flush).expect("a stream that has not ended can go on");
        let taken = usize::try_from(state.total_in() - before).unwrap_or(usize::MAX);
        data = data.get(taken..).unwrap_or_default();
        let is_over = match more {
            More::Nothing => status == Status::StreamEnd,
            // Room that is left shows that nothing waits for it.
            More::Follows => data.is_empty() && out.len() < out.capacity(),
        };
        if is_over {
            return;
        }
    }
}

/// Blocks with the bytes as they are (RFC 1951 section 3.2.4).
fn store(mut data: &[u8], more: More, out: &mut Vec<u8>) {
    loop {
        let (block, rest) = data.split_at(data.len().min(STORED_BYTES_MAX));
        data = rest;
        let is_last = more == More::Nothing && data.is_empty();
        let len = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(is_last));
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&(!len).to_le_bytes());
        out.extend_from_slice(block);
        if data.is_empty() {
            return;
        }
    }
}

/// The checksum of RFC 1950 section 8.2.
#[derive(Debug)]
struct Adler {
    low: u32,
    high: u32,
}

impl Default for Adler {
    fn default() -> Self {
        Adler { low: 1, high: 0 }
    }
}

impl Adler {
    const MODULUS: u32 = 65_521;
    /// So many bytes can be added before the sums must be reduced, or they would not fit.
    const RUN: usize = 5_552;

    fn update(&mut self, data: &[u8]) {
        for run in data.chunks(Adler::RUN) {
            for byte in run {
                self.low += u32::from(*byte);
                self.high += self.low;
            }
            self.low %= Adler::MODULUS;
            self.high %= Adler::MODULUS;
        }
    }

    fn sum(&self) -> u32 {
        (self.high << 16) | self.low
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn decoded(algorithm: Algorithm, coded: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match algorithm {
            Algorithm::Identity => out.extend_from_slice(coded),
            Algorithm::Gzip => _ = flate2::read::GzDecoder::new(coded).read_to_end(&mut out).unwrap(),
            Algorithm::Deflate => _ = flate2::read::ZlibDecoder::new(coded).read_to_end(&mut out).unwrap(),
            Algorithm::RawDeflate => {
                _ = flate2::read::DeflateDecoder::new(coded).read_to_end(&mut out).unwrap()
            }
        }
        out
    }

    /// Text in which little repeats.
    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24).to_le_bytes()[0]
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn what_goes_in_comes_out_at_every_level_and_split() {
        for algorithm in Algorithm::ALL {
            for level in [0, 1, 6, 9] {
                for (body, part) in [
                    (Vec::new(), 1),
                    (b"hello world".to_vec(), 3),
                    (vec![b'x'; 100_000], 16_384),
                    (noise(200_000), 70_000),
                ] {
                    let mut coder = Coder::new(algorithm, level, 15);
                    let mut out = Vec::new();
                    for piece in body.chunks(part) {
                        coder.push(piece, More::Follows, &mut out);
                    }
                    coder.push(b"", More::Nothing, &mut out);
                    assert_eq!(decoded(algorithm, &out), body, "{algorithm:?} {level} {part}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_held_back() {
        let mut coder = Coder::new(Algorithm::RawDeflate, 1, 15);
        let mut out = Vec::new();
        coder.push(b"first words", More::Follows, &mut out);
        let mut seen = Vec::with_capacity(100);
        let mut reader = flate2::Decompress::new(false);
        reader.decompress_vec(&out, &mut seen, flate2::FlushDecompress::Sync).unwrap();
        assert_eq!(seen, b"first words");
        let len = out.len();
        coder.push(b"", More::Follows, &mut out);
        assert_eq!(out.len(), len, "nothing came, nothing is said");
    }

    #[test]
    fn levels_change_on_the_way() {
        for algorithm in [Algorithm::Gzip, Algorithm::Deflate, Algorithm::RawDeflate] {
            let mut coder = Coder::new(algorithm, 1, 15);
            let (mut out, mut body) = (Vec::new(), Vec::new());
            for level in [1, 0, 3, 4, 0, 9] {
                coder.set_level(level);
                assert_eq!(coder.level(), level);
                coder.push(&[b'y'; 3_000], More::Follows, &mut out);
                body.extend_from_slice(&[b'y'; 3_000]);
            }
            coder.push(b"end", More::Nothing, &mut out);
            body.extend_from_slice(b"end");
            assert_eq!(decoded(algorithm, &out), body);
            assert!((6_000..7_000).contains(&out.len()), "two parts were only stored: {}", out.len());
        }
    }

    #[test]
    fn a_smaller_window_finds_less() {
        let body = noise(4_000).repeat(4);
        let length = |window_bits| {
            let (mut coder, mut out) = (Coder::new(Algorithm::Gzip, 6, window_bits), Vec::new());
            coder.push(&body, More::Nothing, &mut out);
            assert_eq!(decoded(Algorithm::Gzip, &out), body);
            out.len()
        };
        assert!(length(15) < 5_000 && length(9) > 15_000 && length(0) == length(9));
    }

    #[test]
    fn a_spare_coder_begins_anew() {
        for (body, level) in [(&b"one"[..], 1), (b"two", 6), (b"three", 1)] {
            let mut coder = Coder::new(Algorithm::Gzip, level, 15);
            let mut out = Vec::new();
            coder.push(body, More::Nothing, &mut out);
            assert_eq!((decoded(Algorithm::Gzip, &out), coder.level()), (body.to_vec(), level));
        }
        let mut broken_off = Coder::new(Algorithm::Gzip, 1, 15);
        broken_off.push(b"never finished", More::Follows, &mut Vec::new());
        drop(broken_off);
        let mut out = Vec::new();
        Coder::new(Algorithm::Gzip, 1, 15).push(b"next", More::Nothing, &mut out);
        assert_eq!(decoded(Algorithm::Gzip, &out), b"next");
    }
}
