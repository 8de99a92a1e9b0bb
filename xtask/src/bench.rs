//! `cargo xtask bench`: load on a release build and, if other binaries are named, on them in turn. Each scenario of
//! `bench/scenarios` is a configuration; the program `rate` of the end-to-end tests sends the requests and says what
//! one costs the proxy. Then `soak` kills servers under load and looks at memory and descriptors.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::root;
use crate::step::{self, Trouble};
use crate::test::cargo_program;

/// Runs all scenarios on all binaries, `seconds` each, and the long load on ours.
pub(crate) fn run(seconds: u64, others: &[PathBuf]) -> Result<(), Trouble> {
    let mut build = Command::new(cargo_program());
    build.args(["build", "--release", "--package", "lockgate", "--package", "lockgate-e2e", "--bins"]);
    step::run("release build", build.current_dir(root()), Duration::from_secs(30 * 60))?;
    let release = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let release = root().join(release).join("release");
    let ours = release.join("lockgate");
    let limit = Duration::from_secs(seconds + 60);
    for scenario in scenarios()? {
        for binary in std::iter::once(&ours).chain(others) {
            let mut rate = Command::new(release.join("rate"));
            rate.arg(&scenario).arg(seconds.to_string()).env("LOCKGATE_BIN", binary);
            step::run(&name(&scenario, binary), &mut rate, limit)?;
        }
    }
    let mut soak = Command::new(release.join("soak"));
    soak.arg("60").env("LOCKGATE_BIN", &ours);
    step::run("soak", &mut soak, Duration::from_secs(180))
}

fn name(scenario: &Path, binary: &Path) -> String {
    let scenario = scenario.file_stem().unwrap_or_default().to_string_lossy();
    format!("{scenario} {}", binary.display())
}

fn scenarios() -> Result<Vec<PathBuf>, Trouble> {
    let directory = root().join("bench/scenarios");
    let entries = fs::read_dir(&directory)
        .map_err(|error| Trouble::Other(format!("{}: {error}", directory.display())))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "cfg"));
    files.sort();
    Ok(files)
}
