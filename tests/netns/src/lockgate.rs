//! The real binary inside a namespace: as a proxy that runs, or as a command that ends.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use e2e::{DEADLINE, Finished, Proxy, binary_path};

use crate::Netns;

/// Starts a proxy with this configuration and waits until it listens.
///
/// # Panics
/// If it does not start.
pub fn start(inside: &Netns, text: &str) -> Proxy {
    let mut proxy = Proxy::builder(text).command(inside.command(binary_path())).start();
    wait_until_it_listens(&mut proxy);
    proxy
}

/// Runs the binary inside with these arguments to its end: a sub-command, `-c`, or a start that fails.
///
/// # Panics
/// If it does not start.
pub fn run(inside: &Netns, arguments: &[&str], directory: &Path) -> Finished {
    let mut command = inside.command(binary_path());
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Finished {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Signals are caught once all addresses are bound and listen, and before the workers start.
fn wait_until_it_listens(proxy: &mut Proxy) {
    let deadline = Instant::now() + DEADLINE;
    while !catches_sigterm(proxy.pid()) {
        assert!(proxy.is_running(), "the proxy has ended:\n{}", proxy.output());
        assert!(Instant::now() < deadline, "the proxy does not listen:\n{}", proxy.output());
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// From `SigCgt` of proc_pid_status(5): bit 14 is SIGTERM, 15.
fn catches_sigterm(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).is_some_and(|bits| bits >> 14 & 1 == 1)
}
