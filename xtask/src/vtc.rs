//! The project's own varnishtest files, `tests/vtc/*.vtc`, run by Debian's varnishtest against the built binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{packages, root};

/// Seconds after which varnishtest gives a file up.
const TIMEOUT_S: &str = "30";

/// What the files need from Debian.
pub(crate) fn install() -> Result<(), String> {
    packages::need("varnishtest", "varnish")?;
    packages::need("socat", "socat")
}

/// Runs all files, one after the other; prints a line for each and the sum.
pub(crate) fn run(binary: &Path) -> Result<(), String> {
    let files = files()?;
    let mut failed = 0;
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match run_one(binary, file) {
            Ok(()) => eprintln!("vtc: {name} ok"),
            Err(output) => {
                failed += 1;
                eprintln!("{output}\nvtc: {name} FAILED");
            }
        }
    }
    eprintln!("vtc: {} passed, {failed} failed", files.len() - failed);
    if failed == 0 { Ok(()) } else { Err(format!("{failed} varnishtest files failed")) }
}

fn files() -> Result<Vec<PathBuf>, String> {
    let folder = root().join("tests/vtc");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "vtc"));
    files.sort();
    if files.is_empty() { Err(format!("no .vtc file in {}", folder.display())) } else { Ok(files) }
}

/// The output where it failed.
fn run_one(binary: &Path, file: &Path) -> Result<(), String> {
    let output = Command::new("varnishtest")
        .args(["-k", "-t", TIMEOUT_S])
        .arg(file)
        .env("HAPROXY_PROGRAM", binary)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("varnishtest: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}
