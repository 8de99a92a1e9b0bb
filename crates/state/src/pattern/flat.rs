//! Nested spans of numbers, flattened: the numbers cut at every border, with the innermost span of each piece.
//!
//! What a look-up costs is the memory that it must fetch. So pieces stand in blocks of one line of the cache, border and
//! owner together, and above them every block's first border, every node's of those, ...: the upper levels are small
//! enough to stay in the cache, and of the blocks one is fetched.

/// Numbers that borders are.
pub(super) trait Number: Copy + Ord {
    /// The smallest.
    const MIN: Self;
    /// The largest.
    const MAX: Self;

    /// The next one, if there is one.
    fn after(self) -> Option<Self>;
}

macro_rules! numbers {
    ($($kind:ty)*) => {
        $(impl Number for $kind {
            const MIN: Self = 0;
            const MAX: Self = <$kind>::MAX;

            fn after(self) -> Option<Self> {
                self.checked_add(1)
            }
        })*
    };
}

numbers!(u32 u64 u128);

/// No owner.
pub(super) const NONE: u32 = u32::MAX;

/// A span: its first and last number, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span<A> {
    pub(super) first: A,
    pub(super) last: A,
    pub(super) owner: u32,
}

/// Pieces that follow each other; what is left over repeats the last one, from the largest number on.
#[derive(Debug)]
#[repr(align(64))]
struct Block<A, const PIECES: usize> {
    starts: [A; PIECES],
    owners: [u32; PIECES],
}

/// Borders that follow each other; what is left over is the largest number.
#[derive(Debug)]
#[repr(align(64))]
struct Node<A, const STEP: usize>([A; STEP]);

/// Spans of numbers by number. `PIECES` and `STEP` are chosen so that a block and a node are as long as a line.
#[derive(Debug)]
pub(super) struct Flat<A, const PIECES: usize, const STEP: usize> {
    /// The largest first: that of the blocks.
    levels: Vec<Vec<Node<A, STEP>>>,
    blocks: Vec<Block<A, PIECES>>,
}

/// Spans of IPv4 addresses.
pub(super) type FlatV4 = Flat<u32, 8, 16>;
/// Spans of IPv6 addresses.
pub(super) type FlatV6 = Flat<u128, 3, 8>;
/// Spans of eight bytes.
pub(super) type FlatBytes = Flat<u64, 5, 8>;

impl<A, const PIECES: usize, const STEP: usize> Default for Flat<A, PIECES, STEP> {
    fn default() -> Self {
        Flat { levels: Vec::new(), blocks: Vec::new() }
    }
}

impl<A: Number, const PIECES: usize, const STEP: usize> Flat<A, PIECES, STEP> {
    /// From different spans, each either within another or apart from it, in the order of their first number, the outer
    /// one of two before the inner one. Outside of all is `outside`. `is_within` is told each span's owner, and that
    /// of the next one around it.
    pub(super) fn new(
        spans: impl IntoIterator<Item = Span<A>>,
        outside: u32,
        mut is_within: impl FnMut(u32, u32),
    ) -> Self {
        let mut cuts = Cuts { pieces: Vec::new(), around: Vec::new(), outside };
        cuts.cut(A::MIN, outside);
        for span in spans {
            cuts.close(Some(span.first));
            is_within(span.owner, cuts.innermost());
            cuts.cut(span.first, span.owner);
            cuts.around.push((span.last, span.owner));
        }
        cuts.close(None);
        Flat::of_pieces(&cuts.pieces)
    }

    fn of_pieces(pieces: &[(A, u32)]) -> Self {
        let block = |pieces: &[(A, u32)]| {
            let last = pieces.last().map_or(NONE, |(_, owner)| *owner);
            let piece = |at: usize| pieces.get(at).copied().unwrap_or((A::MAX, last));
            Block {
                starts: std::array::from_fn(|at| piece(at).0),
                owners: std::array::from_fn(|at| piece(at).1),
            }
        };
        let mut firsts: Vec<A> = pieces.iter().step_by(PIECES).map(|(start, _)| *start).collect();
        let mut levels = Vec::new();
        while firsts.len() > 1 {
            let node =
                |firsts: &[A]| Node(std::array::from_fn(|at| firsts.get(at).copied().unwrap_or(A::MAX)));
            levels.push(firsts.chunks(STEP).map(node).collect());
            firsts = firsts.into_iter().step_by(STEP).collect();
        }
        Flat { levels, blocks: pieces.chunks(PIECES).map(block).collect() }
    }

    /// Whose the innermost span around `number` is; [`NONE`] if there is none.
    pub(super) fn owner(&self, number: A) -> u32 {
        let mut at = 0;
        for level in self.levels.iter().rev() {
            at = at.min(level.len() - 1);
            at = at * STEP + count_up_to(&level[at].0, number).saturating_sub(1);
        }
        // For the largest number, what is left over in nodes was counted.
        let Some(block) = self.blocks.get(at).or(self.blocks.last()) else { return NONE };
        let count = count_up_to(&block.starts, number);
        count.checked_sub(1).and_then(|at| block.owners.get(at)).copied().unwrap_or(NONE)
    }
}

/// How many of `starts` are not behind `number`.
fn count_up_to<A: Number, const N: usize>(starts: &[A; N], number: A) -> usize {
    starts.iter().map(|start| usize::from(*start <= number)).sum()
}

/// Pieces in the making.
struct Cuts<A> {
    pieces: Vec<(A, u32)>,
    /// The spans around the current number, outermost first: last number and owner.
    around: Vec<(A, u32)>,
    outside: u32,
}

impl<A: Number> Cuts<A> {
    fn innermost(&self) -> u32 {
        self.around.last().map_or(self.outside, |(_, owner)| *owner)
    }

    /// Ends the spans that lie wholly before `until`.
    fn close(&mut self, until: Option<A>) {
        while let Some((last, _)) = self.around.last().copied() {
            if until.is_some_and(|until| until <= last) {
                return;
            }
            self.around.pop();
            if let Some(next) = last.after() {
                self.cut(next, self.innermost());
            }
        }
    }

    fn cut(&mut self, start: A, owner: u32) {
        self.pieces.pop_if(|(last, _)| *last == start);
        self.pieces.push((start, owner));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn aligned(at: u32, length: u32) -> (u32, u32) {
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        (at & mask, at | !mask)
    }

    proptest! {
        #[test]
        fn the_innermost_is_found(
            near in prop::collection::vec((0u32..4096, 20u32..=32), 0..400),
            far in prop::collection::vec((any::<u32>(), 0u32..=32), 0..40),
            numbers in prop::collection::vec(prop_oneof![0u32..5000, any::<u32>(), Just(u32::MAX)], 1..60),
        ) {
            let mut spans: Vec<_> = near.into_iter().chain(far).map(|(at, length)| aligned(at, length)).collect();
            spans.sort_by_key(|(first, last)| (*first, std::cmp::Reverse(*last)));
            spans.dedup();
            let owned: Vec<_> = (0..).zip(&spans).map(|(owner, s)| Span { first: s.0, last: s.1, owner }).collect();
            let wide = owned.iter().map(|s| Span { first: u128::from(s.first), last: s.last.into(), owner: s.owner });
            let v6 = FlatV6::new(wide, 7_000, |_, _| ());
            let v4 = FlatV4::new(owned, 7_000, |_, _| ());
            for number in numbers {
                let around = (0..).zip(&spans).filter(|(_, s)| s.0 <= number && number <= s.1);
                let want = around.min_by_key(|(_, s)| s.1 - s.0).map_or(7_000, |(owner, _): (u32, _)| owner);
                prop_assert_eq!(v4.owner(number), want);
                prop_assert_eq!(v6.owner(number.into()), want);
            }
        }
    }

    #[test]
    fn blocks_and_nodes_are_lines() {
        assert_eq!(size_of::<Block<u32, 8>>(), 64);
        assert_eq!(size_of::<Block<u128, 3>>(), 64);
        assert_eq!(size_of::<Block<u64, 5>>(), 64);
        assert_eq!((size_of::<Node<u32, 16>>(), size_of::<Node<u64, 8>>()), (64, 64));
    }

    #[test]
    fn nothing_is_outside_of_all() {
        assert_eq!(FlatV4::default().owner(1), NONE);
        assert_eq!(FlatV4::new([], 5, |_, _| ()).owner(u32::MAX), 5);
    }
}
