//! A network namespace as a machine of its own, and the wires between two of them.
//!
//! Its name is `lgt-PID-N-purpose`: nobody else makes one of this name while the process lives, and one of a dead
//! process can be told and is removed.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

const DIRECTORY: &str = "/run/netns";
const PREFIX: &str = "lgt-";

/// A namespace with its loopback up. It goes away with this value.
#[derive(Debug)]
pub struct Netns {
    name: String,
}

impl Netns {
    /// Makes one; `purpose` stands in its name. Reverse path filters are off and IPv6 addresses are usable at once,
    /// whatever the machine's own settings are.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new(purpose: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        remove_leftovers();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}-{purpose}", std::process::id());
        output(Command::new("ip").args(["netns", "add", &name]));
        let new = Self { name };
        new.ip("link set lo up");
        for (setting, value) in [("all", "0"), ("default", "0")] {
            new.sysctl(&format!("net.ipv4.conf.{setting}.rp_filter"), value);
            new.sysctl(&format!("net.ipv6.conf.{setting}.accept_dad"), value);
        }
        new
    }

    /// Its name for `ip netns`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip` with these words inside; returns what it printed.
    ///
    /// # Panics
    /// If it fails.
    pub fn ip(&self, words: &str) -> String {
        output(Command::new("ip").args(["-n", &self.name]).args(words.split_whitespace()))
    }

    /// Sets a sysctl of the namespace.
    ///
    /// # Panics
    /// If there is none of this name, or it refuses the value.
    pub fn sysctl(&self, name: &str, value: &str) {
        let path = sysctl_path(name);
        let written = self.enter(|| fs::write(&path, value));
        written.unwrap_or_else(|error| panic!("{}: {name} = {value}: {error}", self.name));
    }

    /// What a sysctl of the namespace says.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn read_sysctl(&self, name: &str) -> String {
        let path = sysctl_path(name);
        let text = self.enter(|| fs::read_to_string(&path));
        text.unwrap_or_else(|error| panic!("{}: {name}: {error}", self.name)).trim().to_owned()
    }

    /// A program that will run inside. The process that is spawned is the program itself, so its id is the program's.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Runs a program inside to its end; returns what it wrote to standard output.
    ///
    /// # Panics
    /// If it fails.
    pub fn run(&self, program: &str, arguments: &[&str]) -> String {
        output(self.command(program).args(arguments))
    }

    /// The same for a whole line of a shell, as an administrator types it.
    ///
    /// # Panics
    /// If it fails.
    pub fn sh(&self, line: &str) -> String {
        self.run("sh", &["-ec", line])
    }

    /// Calls `work` on a thread inside and returns what it returns. Sockets that it makes stay inside, wherever they
    /// are used later.
    ///
    /// # Panics
    /// If the namespace cannot be entered, and as `work` does.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                self.enter_thread().unwrap_or_else(|error| panic!("{}: {error}", self.name));
                work()
            });
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Starts a thread inside that goes on by itself.
    ///
    /// # Panics
    /// If the namespace cannot be entered.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        let inside = File::open(self.path()).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        thread::spawn(move || {
            move_into_link_name_space(inside.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("the privilege to enter a namespace");
            work()
        })
    }

    fn enter_thread(&self) -> io::Result<()> {
        let inside = File::open(self.path())?;
        Ok(move_into_link_name_space(inside.as_fd(), Some(LinkNameSpaceType::Network))?)
    }

    fn path(&self) -> PathBuf {
        Path::new(DIRECTORY).join(&self.name)
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

/// Lays a wire: a veth pair, one end in each namespace, both up.
///
/// # Panics
/// If a namespace has a device of this name already.
pub fn veth(one: &Netns, one_device: &str, other: &Netns, other_device: &str) {
    let (one_name, other_name) = (one.name(), other.name());
    one.ip(&format!(
        "link add {one_device} netns {one_name} type veth peer name {other_device} netns {other_name}"
    ));
    one.ip(&format!("link set {one_device} up"));
    other.ip(&format!("link set {other_device} up"));
}

fn sysctl_path(name: &str) -> PathBuf {
    // Device names may have dots; sysctl(8) writes those as slashes and the other way round.
    Path::new("/proc/sys").join(name.replace('.', "/"))
}

/// Removes the namespaces of test programs that have ended without doing so.
fn remove_leftovers() {
    let Ok(entries) = fs::read_dir(DIRECTORY) else { return };
    for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            remove(&name);
        }
    }
}

/// Two programs may remove the same leftover at the same time: a failure is nobody's trouble.
fn remove(name: &str) {
    let _ = Command::new("ip").args(["netns", "del", name]).output();
}

/// Runs a command to its end.
///
/// # Panics
/// If it fails.
fn output(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}: {}", errors.trim());
    String::from_utf8_lossy(&stdout).into_owned()
}
