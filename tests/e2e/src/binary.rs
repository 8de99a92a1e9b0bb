//! Where the binary under test is, and building it where it is not there yet.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The binary under test: `LOCKGATE_BIN`, or the workspace's own, brought up to date once per test program.
///
/// # Panics
/// If the binary cannot be built.
pub fn path() -> &'static Path {
    static PATH: OnceLock<Option<PathBuf>> = OnceLock::new();
    let path = PATH.get_or_init(|| env::var_os("LOCKGATE_BIN").map_or_else(built, |path| Some(path.into())));
    path.as_deref().expect("the binary builds")
}

/// Whether the tests run against HAProxy itself, to see whether what they expect is what HAProxy does. Tests of
/// what HAProxy has lost, or never had, pass without looking then.
pub fn is_reference() -> bool {
    path().file_name().is_some_and(|name| name == "haproxy")
}

/// Builds with the profile that the running test was built with. cargo finds out by itself whether there is
/// something to do, so the binary is never an old one. `None` if it does not build.
fn built() -> Option<PathBuf> {
    let directory = profile_directory();
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "lockgate"]);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    if directory.file_name().is_some_and(|name| name == "release") {
        command.arg("--release");
    }
    if let Some(target) = directory.parent() {
        command.env("CARGO_TARGET_DIR", target);
    }
    let status = command.status().expect("cargo starts");
    status.success().then(|| directory.join("lockgate"))
}

/// `target/debug`, from `target/debug/deps/job1-0123` or `target/debug/soak`.
fn profile_directory() -> PathBuf {
    let mut directory = env::current_exe().expect("the test program knows its own path");
    directory.pop();
    if directory.ends_with("deps") {
        directory.pop();
    }
    directory
}
