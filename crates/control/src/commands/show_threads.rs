//! `show threads`: the threads of the process, as the kernel tells them.

use std::fs;
use std::io::Write;

use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "threads"],
    "show threads",
    "show the threads and the processor time they used",
    run,
)];

/// Clock ticks a second in /proc, on every architecture of Linux that matters.
const TICKS: u64 = 100;

fn run(_: &mut Request<'_>) -> Answer {
    let Ok(entries) = fs::read_dir("/proc/self/task") else {
        return Answer::error("The kernel does not tell (no /proc below the root directory).\n");
    };
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    let mut out = Vec::new();
    for number in numbers {
        // A thread may end meanwhile.
        let Ok(stat) = fs::read_to_string(format!("/proc/self/task/{number}/stat")) else { continue };
        if let Some(thread) = Thread::parse(&stat) {
            // Writing to a Vec cannot fail.
            let _ = writeln!(
                out,
                "  Thread {:<15}: id={number} state={} cpu_ms: user={} system={}",
                thread.name, thread.state, thread.user_ms, thread.system_ms
            );
        }
    }
    Answer::Dump(out)
}

/// What proc(5) tells of a thread.
#[derive(Debug, PartialEq, Eq)]
struct Thread<'s> {
    name: &'s str,
    state: &'s str,
    user_ms: u64,
    system_ms: u64,
}

impl<'s> Thread<'s> {
    /// Reads a `stat` file: the name stands in parentheses and may hold any character.
    fn parse(stat: &'s str) -> Option<Self> {
        let (before, rest) = stat.rsplit_once(')')?;
        let name = before.split_once('(')?.1;
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?;
        // The 14th and 15th field of the file; the state is the third.
        let mut times = fields.skip(10).map(|ticks| ticks.parse::<u64>().map(|ticks| ticks * 1_000 / TICKS));
        let (user_ms, system_ms) = (times.next()?.ok()?, times.next()?.ok()?);
        Some(Thread { name, state, user_ms, system_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Lab;

    #[test]
    fn the_kernel_tells() {
        assert!(Lab::new("").ask("show threads").contains(" cpu_ms: user="));
        let stat = "12 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0";
        let thread = Thread { name: "a) b", state: "S", user_ms: 1_500, system_ms: 250 };
        assert_eq!(Thread::parse(stat), Some(thread));
        assert_eq!(Thread::parse("12 (a S 1"), None);
    }
}
