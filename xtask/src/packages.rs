//! Debian packages that tests need: installed when the program they bring is missing.

use std::process::{Command, Stdio};

use crate::run;

/// Makes sure that `program` can be started, installing `package` where it cannot.
pub(crate) fn need(program: &str, package: &str) -> Result<(), String> {
    if is_there(program) {
        return Ok(());
    }
    eprintln!("xtask: `{program}` is missing; installing Debian's package `{package}`");
    apt(&["update", "-qq"])?;
    apt(&["install", "-y", "-qq", "--no-install-recommends", package])?;
    if is_there(program) { Ok(()) } else { Err(format!("`{package}` is installed, but brings no `{program}`")) }
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// apt-get as root, through sudo where this is somebody else.
fn apt(arguments: &[&str]) -> Result<(), String> {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    run(&mut command).map_err(|error| format!("{error}; packages can only be installed by root or with sudo"))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
