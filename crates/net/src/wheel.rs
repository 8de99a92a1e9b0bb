//! The timing wheel behind `timer`: deadlines in seven levels of 64 slots, without a clock of its own.
//!
//! Time is counted in ticks of 4 ms. A slot of level 0 spans one tick, a slot of each further level 64 of the level
//! below. An entry stands at the lowest level whose current turn its tick still falls into, and moves down when its
//! slot comes due; so setting, moving and dropping cost the same however far the deadline is.
//!
//! What always holds: the slots of a level that hold entries lie after the current one in its current turn, hence
//! the first occupied slot of the lowest occupied level is the next one due. A deadline that moves later stays where
//! it is: its slot comes due early and the entry is then placed anew.

use std::task::Waker;

use base::clock::Millis;

/// Milliseconds in a tick, the most that a timer is late by the wheel's doing.
const TICK_MS: u64 = 4;
const LEVELS: usize = 7;
const SLOTS: usize = 64;
const SLOT_BITS: usize = 6;
/// Later ticks (some five hundred years) are placed here and then placed again.
const TICK_MAX: u64 = (1 << (SLOT_BITS * LEVELS)) - 1;
const NIL: u32 = u32::MAX;
const CHUNK: usize = 256;

/// A time of the wheel, in ticks since the clock began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(u64);

impl Tick {
    /// The tick that is over at `at`: nothing fires early.
    pub(crate) fn at_or_after(at: Millis) -> Tick {
        Tick(at.0.div_ceil(TICK_MS).min(TICK_MAX))
    }

    /// The last tick that has begun at `now`.
    pub(crate) fn of_now(now: Millis) -> Tick {
        Tick((now.0 / TICK_MS).min(TICK_MAX))
    }

    /// When the tick begins.
    pub(crate) fn start(self) -> Millis {
        Millis(self.0 * TICK_MS)
    }
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the free list.
    Free,
    /// Owned by a timer that has no deadline.
    Unset,
    /// Its deadline has passed.
    Fired,
    /// In a slot of a level.
    Slot { level: u8, slot: u8 },
}

struct Entry {
    deadline: Millis,
    waker: Option<Waker>,
    prev: u32,
    next: u32,
    place: Place,
}

/// All timers of a thread.
pub(crate) struct Wheel {
    /// Entries in pieces of 256, so that growing moves none.
    chunks: Vec<Box<[Entry]>>,
    free: u32,
    /// Entries in slots.
    placed: usize,
    /// Up to here everything has fired.
    elapsed: u64,
    occupied: [u64; LEVELS],
    heads: [[u32; SLOTS]; LEVELS],
}

impl Wheel {
    pub(crate) const fn new() -> Wheel {
        Wheel {
            chunks: Vec::new(),
            free: NIL,
            placed: 0,
            elapsed: 0,
            occupied: [0; LEVELS],
            heads: [[NIL; SLOTS]; LEVELS],
        }
    }

    fn entry(&mut self, id: u32) -> &mut Entry {
        let id = id as usize;
        &mut self.chunks[id / CHUNK][id % CHUNK]
    }

    /// An entry for a new timer, without a deadline.
    pub(crate) fn alloc(&mut self) -> u32 {
        if self.free == NIL {
            self.grow();
        }
        let id = self.free;
        let entry = self.entry(id);
        entry.place = Place::Unset;
        let next = entry.next;
        self.free = next;
        id
    }

    fn grow(&mut self) {
        let first = u32::try_from(self.chunks.len() * CHUNK)
            .expect("memory ends long before four thousand million timers");
        let last = first + u32::try_from(CHUNK).expect("small") - 1;
        let chunk = (first..=last).map(|id| Entry {
            deadline: base::clock::NEVER,
            waker: None,
            prev: NIL,
            next: if id == last { NIL } else { id + 1 },
            place: Place::Free,
        });
        self.chunks.push(chunk.collect());
        self.free = first;
    }

    /// Takes an entry back. The waker is returned because dropping it may drop a task, and with it another timer.
    pub(crate) fn release(&mut self, id: u32) -> Option<Waker> {
        self.unlink(id);
        let free = self.free;
        let entry = self.entry(id);
        entry.place = Place::Free;
        entry.next = free;
        let waker = entry.waker.take();
        self.free = id;
        waker
    }

    /// Sets or moves a deadline. `now` is asked only when nothing was set at all.
    pub(crate) fn set(&mut self, id: u32, at: Millis, now: impl FnOnce() -> Millis) {
        let entry = self.entry(id);
        entry.deadline = at;
        let place = entry.place;
        if at == base::clock::NEVER {
            if !matches!(place, Place::Slot { .. }) {
                self.entry(id).place = Place::Unset;
            }
            return;
        }
        let tick = Tick::at_or_after(at);
        if let Place::Slot { level, slot } = place {
            if tick.0 >= self.slot_start(usize::from(level), usize::from(slot)) {
                return;
            }
            self.unlink(id);
        } else if self.placed == 0 {
            self.elapsed = self.elapsed.max(Tick::of_now(now()).0);
        }
        self.place(id, tick);
    }

    /// Whether the deadline has passed; if not, `waker` is woken when it does. Returns the waker that was there
    /// before when it is another one, for the same reason as [`Wheel::release`].
    pub(crate) fn poll(&mut self, id: u32, waker: &Waker) -> Result<(), Option<Waker>> {
        let entry = self.entry(id);
        if entry.place == Place::Fired {
            return Ok(());
        }
        match &entry.waker {
            Some(known) if known.will_wake(waker) => Err(None),
            Some(_) | None => Err(entry.waker.replace(waker.clone())),
        }
    }

    pub(crate) fn deadline(&mut self, id: u32) -> Millis {
        self.entry(id).deadline
    }

    /// When the next slot comes due.
    pub(crate) fn next_due(&self) -> Option<Tick> {
        let level = self.occupied.iter().position(|slots| *slots != 0)?;
        let slot = self.occupied[level].trailing_zeros() as usize;
        Some(Tick(self.slot_start(level, slot)))
    }

    /// Lets everything fire whose time has come, and puts who is to be woken into `wakers`.
    pub(crate) fn advance(&mut self, now: Tick, wakers: &mut Vec<Waker>) {
        while let Some(due) = self.next_due()
            && due <= now
        {
            let level = self.occupied.iter().position(|slots| *slots != 0).expect("something is due");
            let slot = self.occupied[level].trailing_zeros() as usize;
            self.elapsed = self.elapsed.max(due.0);
            self.empty_slot(level, slot, now, wakers);
        }
        self.elapsed = self.elapsed.max(now.0);
    }

    fn empty_slot(&mut self, level: usize, slot: usize, now: Tick, wakers: &mut Vec<Waker>) {
        let mut id = std::mem::replace(&mut self.heads[level][slot], NIL);
        self.occupied[level] &= !(1 << slot);
        while id != NIL {
            self.placed -= 1;
            let entry = self.entry(id);
            let next = entry.next;
            let tick = Tick::at_or_after(entry.deadline);
            if entry.deadline == base::clock::NEVER {
                entry.place = Place::Unset;
            } else if tick <= now {
                entry.place = Place::Fired;
                wakers.extend(entry.waker.take());
            } else {
                self.place(id, tick);
            }
            id = next;
        }
    }

    /// Puts an unplaced entry where its tick belongs, and returns when that slot comes due.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "levels and slots are below 64, ticks fit 64-bit machines"
    )]
    fn place(&mut self, id: u32, tick: Tick) {
        let tick = tick.0.max(self.elapsed + 1);
        let differing = (tick ^ self.elapsed).max(1);
        let level = ((63 - differing.leading_zeros()) as usize / SLOT_BITS).min(LEVELS - 1);
        let slot = (tick >> (SLOT_BITS * level)) as usize % SLOTS;
        let head = std::mem::replace(&mut self.heads[level][slot], id);
        self.occupied[level] |= 1 << slot;
        self.placed += 1;
        if head != NIL {
            self.entry(head).prev = id;
        }
        let entry = self.entry(id);
        entry.prev = NIL;
        entry.next = head;
        entry.place = Place::Slot { level: level as u8, slot: slot as u8 };
    }

    /// Takes an entry out of its slot, if it is in one.
    fn unlink(&mut self, id: u32) {
        let &mut Entry { prev, next, place, .. } = self.entry(id);
        let Place::Slot { level, slot } = place else { return };
        let (level, slot) = (usize::from(level), usize::from(slot));
        if next != NIL {
            self.entry(next).prev = prev;
        }
        if prev != NIL {
            self.entry(prev).next = next;
        } else {
            self.heads[level][slot] = next;
            if next == NIL {
                self.occupied[level] &= !(1 << slot);
            }
        }
        self.placed -= 1;
        self.entry(id).place = Place::Unset;
    }

    /// The first tick of a slot in the current turn of its level.
    fn slot_start(&self, level: usize, slot: usize) -> u64 {
        let turn = self.elapsed >> (SLOT_BITS * (level + 1)) << (SLOT_BITS * (level + 1));
        turn | (slot as u64) << (SLOT_BITS * level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::clock::NEVER;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn advance(wheel: &mut Wheel, ms: u64) -> usize {
        let mut wakers = Vec::new();
        wheel.advance(Tick::of_now(Millis(ms)), &mut wakers);
        wakers.len()
    }

    fn timer(wheel: &mut Wheel, at: u64, waker: &Waker) -> u32 {
        let id = wheel.alloc();
        wheel.set(id, Millis(at), || Millis(0));
        assert!(wheel.poll(id, waker).is_err());
        id
    }

    #[test]
    fn an_entry_is_small() {
        assert!(size_of::<Entry>() <= 48, "{}", size_of::<Entry>());
    }

    #[test]
    fn never_early_and_at_most_a_tick_late() {
        for at in
            [1, 3, 4, 5, 100, 255, 256, 257, 16_383, 16_384, 16_385, 1_048_577, 90_000_001, 3_000_000_000]
        {
            let mut wheel = Wheel::new();
            let id = timer(&mut wheel, at, Waker::noop());
            assert_eq!(advance(&mut wheel, at - 1), 0, "{at} fires early");
            assert!(wheel.poll(id, Waker::noop()).is_err());
            assert_eq!(advance(&mut wheel, at + TICK_MS - 1), 1, "{at} is late");
            assert!(wheel.poll(id, Waker::noop()).is_ok());
        }
    }

    #[test]
    fn what_is_due_next_leads_to_every_deadline() {
        // A driver that sleeps until `next_due` each time, as the real one does.
        let mut wheel = Wheel::new();
        let deadlines: Vec<u64> = (0..500).map(|n: u64| 1 + n * n * 37 % 5_000_011).collect();
        for at in &deadlines {
            timer(&mut wheel, *at, Waker::noop());
        }
        let (mut fired, mut turns) = (0, 0);
        while let Some(due) = wheel.next_due() {
            let now = due.start().0;
            fired += advance(&mut wheel, now);
            let expected = deadlines.iter().filter(|at| **at <= now).count();
            assert_eq!(fired, expected, "at {now}");
            turns += 1;
        }
        assert_eq!(fired, deadlines.len());
        assert!(turns <= 4 * deadlines.len(), "{turns} turns");
    }

    #[test]
    fn moving_later_stores_and_moving_earlier_counts() {
        let mut wheel = Wheel::new();
        let id = timer(&mut wheel, 100, Waker::noop());
        let due = wheel.next_due();
        wheel.set(id, Millis(1_000_000), || unreachable!());
        assert_eq!(wheel.next_due(), due);
        assert_eq!(advance(&mut wheel, 500), 0, "the old deadline wakes nobody");
        wheel.set(id, Millis(600), || unreachable!());
        let due = wheel.next_due();
        assert!(due.is_some_and(|tick| tick <= Tick(150)), "{due:?}");
        assert_eq!(advance(&mut wheel, 600), 1);
        assert_eq!(wheel.next_due(), None);
    }

    #[test]
    fn unset_timers_wake_nobody_and_can_be_set_again() {
        let mut wheel = Wheel::new();
        let id = timer(&mut wheel, 100, Waker::noop());
        let due = wheel.next_due();
        wheel.set(id, NEVER, || unreachable!());
        assert_eq!(wheel.next_due(), due);
        assert_eq!(advance(&mut wheel, 200), 0);
        assert_eq!(wheel.next_due(), None);
        assert!(wheel.poll(id, Waker::noop()).is_err());
        wheel.set(id, Millis(300), || Millis(200));
        assert!(wheel.next_due().is_some());
        assert_eq!(advance(&mut wheel, 300), 1);
        wheel.set(id, Millis(400), || Millis(300));
        assert!(wheel.next_due().is_some(), "after it fired");
        assert!(wheel.poll(id, Waker::noop()).is_err());
        assert_eq!(advance(&mut wheel, 400), 1);
    }

    #[test]
    fn the_past_fires_with_the_next_tick() {
        let mut wheel = Wheel::new();
        advance(&mut wheel, 10_000);
        timer(&mut wheel, 5, Waker::noop());
        assert_eq!(wheel.next_due(), Some(Tick(2_501)));
        assert_eq!(advance(&mut wheel, 10_004), 1);
    }

    #[test]
    fn dropping_takes_out_of_any_position() {
        for gone in 0..3 {
            let mut wheel = Wheel::new();
            let ids: Vec<u32> = (0..3).map(|_| timer(&mut wheel, 100, Waker::noop())).collect();
            assert!(wheel.release(ids[gone]).is_some());
            assert_eq!(wheel.alloc(), ids[gone], "the slot is used again");
            assert_eq!(advance(&mut wheel, 100), 2);
        }
    }

    #[test]
    fn the_last_waker_counts() {
        let counts = [Arc::new(Count::default()), Arc::new(Count::default())];
        let mut wheel = Wheel::new();
        let id = timer(&mut wheel, 100, &counts[0].clone().into());
        assert!(wheel.poll(id, &counts[1].clone().into()).unwrap_err().is_some());
        let mut wakers = Vec::new();
        wheel.advance(Tick::of_now(Millis(100)), &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        assert_eq!(counts.map(|count| count.0.load(Ordering::Relaxed)), [0, 1]);
    }

    #[test]
    fn random_moves_never_lose_a_timer() {
        let mut wheel = Wheel::new();
        let mut seed = 42u64;
        let mut random = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut now = 0;
        let mut timers: Vec<(u32, Option<u64>)> = (0..50).map(|_| (wheel.alloc(), None)).collect();
        for _ in 0..20_000 {
            let which = usize::try_from(random(50)).unwrap();
            let (id, deadline) = &mut timers[which];
            match random(10) {
                0 => {
                    wheel.release(*id);
                    *id = wheel.alloc();
                    *deadline = None;
                }
                1..=6 => {
                    let span = 1 << random(24);
                    let at = now + 1 + random(span);
                    wheel.set(*id, Millis(at), || Millis(now));
                    *deadline = Some(at);
                }
                _ => {
                    let span = 1 << random(20);
                    now += random(span);
                    advance(&mut wheel, now);
                    for (id, deadline) in &timers {
                        let fired = wheel.poll(*id, Waker::noop()).is_ok();
                        if deadline.is_none_or(|at| now < at) {
                            assert!(!fired, "early or without deadline");
                        } else if deadline.is_some_and(|at| now >= at + TICK_MS) {
                            assert!(fired, "lost");
                        }
                    }
                }
            }
        }
    }
}
