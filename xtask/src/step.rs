//! One command of a chore: shown, bounded in time, and ended with all its children if it takes too long.

use std::fs;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Why a step did not succeed.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It did not start.
    Start(String, std::io::Error),
    /// It ended with another status than 0.
    Status(String, ExitStatus),
    /// It was ended after this long.
    Late(String, Duration),
    /// Anything else, told in words.
    Other(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(name, error) => write!(f, "{name} does not start: {error}"),
            Self::Status(name, status) => write!(f, "{name}: {status}"),
            Self::Late(name, limit) => write!(f, "{name} was ended after {} seconds", limit.as_secs()),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Runs a command whose output goes where this program's goes; it must succeed within `limit`.
pub(crate) fn run(name: &str, command: &mut Command, limit: Duration) -> Result<(), Trouble> {
    let started = Instant::now();
    eprintln!("xtask: {name}");
    let status = status(name, command, limit)?;
    eprintln!("xtask: {name}: {status} after {:.1} s", started.elapsed().as_secs_f32());
    if status.success() { Ok(()) } else { Err(Trouble::Status(name.to_owned(), status)) }
}

/// Runs a command to its end, which must come within `limit`.
pub(crate) fn status(name: &str, command: &mut Command, limit: Duration) -> Result<ExitStatus, Trouble> {
    let mut child = command.spawn().map_err(|error| Trouble::Start(name.to_owned(), error))?;
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) => {}
            Err(error) => return Err(Trouble::Start(name.to_owned(), error)),
        }
        if started.elapsed() > limit {
            end(&mut child);
            return Err(Trouble::Late(name.to_owned(), limit));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Kills a process and everything that it started, by their ids.
fn end(child: &mut Child) {
    let mut family = vec![child.id()];
    let parents: Vec<(u32, u32)> = processes().collect();
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    for pid in family {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // One that ended by itself in the meantime is no error.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    let _ = child.wait();
}

/// All processes with their parents, from /proc/PID/stat.
fn processes() -> impl Iterator<Item = (u32, u32)> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name stands in parentheses and may hold anything; behind it come the state and the parent.
        let parent = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()?;
        Some((pid, parent))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_command_is_ended_with_its_children() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000 & wait"]);
        let limit = Duration::from_millis(200);
        let late = status("sleeper", &mut command, limit);
        assert!(matches!(late, Err(Trouble::Late(..))));
        let ours = std::process::id();
        assert!(!processes().any(|(_, parent)| parent == ours));
    }

    #[test]
    fn a_status_is_told() {
        let failed = run("false", &mut Command::new("false"), Duration::from_secs(5));
        assert_eq!(failed.unwrap_err().to_string(), "false: exit status: 1");
    }
}
