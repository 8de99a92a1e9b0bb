//! HAProxy's own regression tests, where a checkout and a runner for them are at hand.
//!
//! They are not part of this project. `HAPROXY_REGTESTS` names a checkout of HAProxy, `REGTESTS_LIST` a file with one
//! path of it a line, `REGTESTS_RUNNER` a program that takes `--suite`, `--program` and `--list`. Without the first
//! nothing is done; without a runner, varnishtest runs the files itself.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::step::{self, Trouble};
use crate::vtc;

const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Runs the listed tests.
pub(crate) fn run(binary: &Path) -> Result<(), Trouble> {
    let Some(suite) = env::var_os("HAPROXY_REGTESTS").map(PathBuf::from) else {
        eprintln!("xtask: regression tests of HAProxy: left out, HAPROXY_REGTESTS names no checkout");
        return Ok(());
    };
    let unset = || Trouble::Other("REGTESTS_LIST is not set, but HAPROXY_REGTESTS is".to_owned());
    let list = env::var_os("REGTESTS_LIST").map(PathBuf::from).ok_or_else(unset)?;
    if let Some(runner) = env::var_os("REGTESTS_RUNNER") {
        let mut command = Command::new(runner);
        command.arg("--suite").arg(suite).arg("--program").arg(binary).arg("--list").arg(list);
        return step::run("regression tests of HAProxy", &mut command, LIMIT);
    }
    let files: Vec<PathBuf> = names(&list)?.iter().map(|name| suite.join(name)).collect();
    let counts = vtc::run_files(binary, &files, &suite);
    counts.outcome("regression tests of HAProxy")
}

/// The names in a list; `#` begins a comment.
fn names(list: &Path) -> Result<Vec<String>, Trouble> {
    let text =
        fs::read_to_string(list).map_err(|error| Trouble::Other(format!("{}: {error}", list.display())))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
