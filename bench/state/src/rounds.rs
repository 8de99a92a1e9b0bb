//! Times of something short, from many short rounds: a machine that has other things to do spoils some rounds, not all.

use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::time::{Duration, Instant};

/// Rounds of a measurement, and calls in each.
const ROUNDS: usize = 2_000;
const CALLS: u32 = 2_000;

/// Nanoseconds a call: the median round, and the rounds that one in ten are faster or slower than.
pub(crate) struct Times {
    median: f64,
    fast: f64,
    slow: f64,
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} [{:.0}-{:.0}]", self.median, self.fast, self.slow)
    }
}

/// Lets threads go on together: who waits stays awake, so that all are at work at once.
#[derive(Default)]
struct Gate(AtomicUsize);

impl Gate {
    fn pass(&self, threads: usize) {
        let round = self.0.fetch_add(1, AcqRel) / threads;
        while self.0.load(Acquire) / threads == round {
            std::hint::spin_loop();
        }
    }
}

/// When a thread began and ended a round.
type Spell = (Instant, Instant);

/// How long a round took, if the threads worked at the same time for nearly all of it.
fn together(spells: &[Spell]) -> Option<Duration> {
    let (first, last) = (spells.iter().map(|s| s.0).min()?, spells.iter().map(|s| s.1).max()?);
    let (all, any) = (spells.iter().map(|s| s.0).max()?, spells.iter().map(|s| s.1).min()?);
    (any.saturating_duration_since(all) * 10 > (last - first) * 9).then_some(last - first)
}

/// Times `call`, which is given ascending numbers, in `threads` threads that begin each round together.
pub(crate) fn time(threads: usize, call: impl Fn(u32) + Sync) -> Times {
    let gate = Gate::default();
    let spells: Vec<Vec<Spell>> = std::thread::scope(|scope| {
        let work = || {
            let mut spells = Vec::new();
            let mut next = 0;
            while spells.len() < ROUNDS {
                gate.pass(threads);
                let began = Instant::now();
                (next..next + CALLS).for_each(&call);
                spells.push((began, Instant::now()));
                next = (next + CALLS) % (u32::MAX / 2);
            }
            spells
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let round = |at: usize| together(&spells.iter().map(|spells| spells[at]).collect::<Vec<_>>());
    let mut rounds: Vec<f64> =
        (0..ROUNDS).filter_map(round).map(|d| d.as_secs_f64() * 1e9 / f64::from(CALLS)).collect();
    rounds.sort_by(f64::total_cmp);
    let at = |part: usize| rounds.get(rounds.len() * part / 10).copied().unwrap_or(f64::NAN);
    Times { median: at(5), fast: at(1), slow: at(9) }
}
