//! HAProxy's own regression tests, where a checkout and a runner for them are at hand.
//!
//! They are not part of this project. `HAPROXY_REGTESTS` names a checkout of HAProxy, `REGTESTS_RUNNER` a program that takes
//! `--suite`, `--program` and `--list`, `REGTESTS_LIST` the tests to run. Without the first nothing is done.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Runs the listed tests.
pub(crate) fn run(binary: &Path) -> Result<(), String> {
    let Some(suite) = std::env::var_os("HAPROXY_REGTESTS") else {
        eprintln!("regtests: left out, HAPROXY_REGTESTS names no checkout of HAProxy");
        return Ok(());
    };
    let want = |name: &str| std::env::var_os(name).ok_or(format!("{name} is not set, but HAPROXY_REGTESTS is"));
    let (runner, list): (OsString, OsString) = (want("REGTESTS_RUNNER")?, want("REGTESTS_LIST")?);
    let mut command = Command::new(runner);
    command.arg("--suite").arg(suite).arg("--program").arg(binary).arg("--list").arg(list);
    crate::run(&mut command)
}
