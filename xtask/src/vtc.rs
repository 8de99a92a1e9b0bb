//! Scenarios in varnishtest's language, two at a time, each bounded in time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::root;
use crate::step::{self, Trouble};

/// What varnishtest allows one file, and a little more for its own end.
const SECONDS: u64 = 30;
const LIMIT: Duration = Duration::from_secs(SECONDS + 15);
/// The exit status for a scenario whose conditions are not met.
const SKIPPED: i32 = 77;
const RUNNERS: usize = 2;

/// How one scenario ended.
enum Outcome {
    Passed,
    Skipped,
    /// With what varnishtest wrote.
    Failed(String),
}

/// How many ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) skipped: usize,
    pub(crate) failed: usize,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

impl Counts {
    /// Prints the counts, as the last line of a run; an error if something failed.
    pub(crate) fn outcome(self, what: &str) -> Result<(), Trouble> {
        eprintln!("xtask: {what}: {self}");
        if self.failed == 0 { Ok(()) } else { Err(Trouble::Other(format!("{what}: {self}"))) }
    }
}

/// Runs the project's own scenarios, `tests/vtc/*.vtc`. The last line ends in `N passed, N failed`.
pub(crate) fn run(binary: &Path) -> Result<(), Trouble> {
    let directory = root().join("tests/vtc");
    let unreadable = |error| Trouble::Other(format!("{}: {error}", directory.display()));
    let entries = fs::read_dir(&directory).map_err(unreadable)?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "vtc"));
    files.sort();
    run_files(binary, &files, root()).outcome("varnishtest")
}

/// Runs these files with `directory` as the current one; failures are shown with their output.
pub(crate) fn run_files(binary: &Path, files: &[PathBuf], directory: &Path) -> Counts {
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(Counts::default());
    thread::scope(|scope| {
        for _ in 0..RUNNERS {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = run_file(binary, file, directory)
                        .unwrap_or_else(|trouble| Outcome::Failed(trouble.to_string()));
                    note(&counts, file, outcome);
                }
            });
        }
    });
    counts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn note(counts: &Mutex<Counts>, file: &Path, outcome: Outcome) {
    let mut counts = counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (count, word) = match outcome {
        Outcome::Passed => (&mut counts.passed, "ok"),
        Outcome::Skipped => (&mut counts.skipped, "skipped"),
        Outcome::Failed(text) => {
            eprintln!("{text}");
            (&mut counts.failed, "FAILED")
        }
    };
    *count += 1;
    eprintln!("xtask: {}: {word}", file.display());
}

fn run_file(binary: &Path, file: &Path, directory: &Path) -> Result<Outcome, Trouble> {
    let name = format!("varnishtest {}", file.display());
    let cannot = |error| Trouble::Start(name.clone(), error);
    let log_path =
        std::env::temp_dir().join(format!("xtask-{}-{:?}.log", std::process::id(), thread::current().id()));
    let log = File::create(&log_path).map_err(cannot)?;
    let mut command = Command::new("varnishtest");
    command.arg("-t").arg(SECONDS.to_string()).arg(file).current_dir(directory);
    command.env("HAPROXY_PROGRAM", binary).stdin(Stdio::null());
    command.stderr(log.try_clone().map_err(cannot)?).stdout(log);
    let status = step::status(&name, &mut command, LIMIT);
    let text =
        fs::read(&log_path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    // Nothing is lost if it stays.
    let _ = fs::remove_file(&log_path);
    Ok(match status?.code() {
        Some(0) => Outcome::Passed,
        Some(SKIPPED) => Outcome::Skipped,
        _ => Outcome::Failed(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told() {
        assert_eq!(Counts { passed: 2, skipped: 0, failed: 1 }.to_string(), "2 passed, 1 failed");
        assert_eq!(Counts { passed: 2, skipped: 3, failed: 0 }.to_string(), "2 passed, 0 failed, 3 skipped");
    }
}
