//! How much of their time the workers compute: what `show info` tells, and what `maxcompcpuusage` is compared with.

use std::time::Duration;

use base::clock::{self, Millis};
use parking_lot::Mutex;

/// A look is good for so long.
const LOOK_MS: u64 = 500;

/// The share of time without work.
#[derive(Debug)]
pub struct Load {
    last: Mutex<Look>,
}

/// The last look at the processor time.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Millis,
    cpu: Duration,
    idle_percent: u32,
}

impl Default for Load {
    fn default() -> Self {
        let look = Look { at: clock::now(), cpu: net::process::cpu_time(), idle_percent: 100 };
        Load { last: Mutex::new(look) }
    }
}

impl Load {
    /// The share of time that `threads` workers did not compute, in percent, since somebody asked last, but at least half a
    /// second.
    #[must_use]
    pub fn idle_percent(&self, threads: u32) -> u32 {
        let mut last = self.last.lock();
        let at = clock::now();
        let elapsed_ms = at.since(last.at);
        if elapsed_ms >= LOOK_MS {
            let cpu = net::process::cpu_time();
            let busy = cpu.saturating_sub(last.cpu).as_millis() * 100 / u128::from(elapsed_ms);
            let busy = u32::try_from(busy).unwrap_or(u32::MAX) / threads.max(1);
            *last = Look { at, cpu, idle_percent: 100u32.saturating_sub(busy) };
        }
        last.idle_percent
    }
}
