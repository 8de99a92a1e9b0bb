//! The real binary inside a namespace: as a proxy that runs, or as a command that ends.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use e2e::{DEADLINE, Finished, Guard, binary_path};
use tempfile::TempDir;

use crate::Netns;

/// What is needed before a proxy can start.
#[derive(Debug)]
pub struct LockgateBuilder {
    text: String,
    directory: TempDir,
    arguments: Vec<String>,
}

/// A running proxy. Its process and its directory go away with it.
#[derive(Debug)]
pub struct Lockgate {
    guard: Guard,
    directory: TempDir,
}

impl Lockgate {
    /// Starts a proxy with this configuration and waits until it listens.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(inside: &Netns, text: &str) -> Self {
        Self::builder(text).start(inside)
    }

    /// For what [`Lockgate::start`] does not do: files beside the configuration, other arguments.
    ///
    /// # Panics
    /// If there is no temporary directory.
    pub fn builder(text: &str) -> LockgateBuilder {
        let directory = tempfile::tempdir().expect("a temporary directory");
        LockgateBuilder { text: text.to_owned(), directory, arguments: Vec::new() }
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

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.guard.pid()
    }

    /// What the process wrote up to now.
    pub fn output(&self) -> String {
        fs::read_to_string(self.directory.path().join("output")).unwrap_or_default()
    }

    /// The directory with the configuration, the current one of the process.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Signals are caught once all addresses are bound and listen, and before the workers start.
    fn wait_until_it_listens(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        while !catches_sigterm(self.pid()) {
            if let Some(status) = self.guard.poll() {
                panic!("the proxy has ended ({status}):\n{}", self.output());
            }
            assert!(Instant::now() < deadline, "the proxy does not listen:\n{}", self.output());
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}

impl Drop for Lockgate {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the proxy's output:\n{}", self.output());
        }
        self.guard.stop();
    }
}

impl LockgateBuilder {
    /// A file beside the configuration, which names it by its bare name.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn file(self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        fs::write(self.directory.path().join(name), contents).expect("the directory can be written");
        self
    }

    /// One more argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts the process and waits until it listens.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(self, inside: &Netns) -> Lockgate {
        let Self { text, directory, arguments } = self;
        let config = directory.path().join("test.cfg");
        fs::write(&config, text).expect("the directory can be written");
        let output = File::create(directory.path().join("output")).expect("the directory can be written");
        let mut command = inside.command(binary_path());
        command.args(["-db", "-f"]).arg(&config).args(arguments).current_dir(directory.path());
        command.stdin(Stdio::null()).stderr(output.try_clone().expect("a second descriptor")).stdout(output);
        let mut lockgate = Lockgate { guard: Guard::start(&mut command, &[]), directory };
        lockgate.wait_until_it_listens();
        lockgate
    }
}

/// From `SigCgt` of proc_pid_status(5): bit 14 is SIGTERM, 15.
fn catches_sigterm(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).is_some_and(|bits| bits >> 14 & 1 == 1)
}
