//! Child processes: started with inherited sockets, waited for with a deadline, stopped by their id.

use std::fs::File;
use std::io::Read;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::{DEADLINE, binary_path};

/// Held while a child starts: a socket meant for one child must not be inherited by another that starts at the
/// same time in another thread.
static STARTING: Mutex<()> = Mutex::new(());

/// What a program that ran to its end left behind.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// Runs the binary under test with arguments to its end.
///
/// # Panics
/// If it does not start, or runs longer than [`DEADLINE`].
pub fn run(arguments: &[&str], directory: &Path) -> Finished {
    let out = tempfile::NamedTempFile::new_in(directory).expect("a temporary file");
    let errors = tempfile::NamedTempFile::new_in(directory).expect("a temporary file");
    let mut command = Command::new(binary_path());
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.stdout(out.reopen().expect("the file can be opened again"));
    command.stderr(errors.reopen().expect("the file can be opened again"));
    let mut guard = Guard::start(&mut command, &[]);
    let status = guard.wait(DEADLINE).unwrap_or_else(|| panic!("{arguments:?} does not end"));
    Finished { status, stdout: text(out.reopen()), stderr: text(errors.reopen()) }
}

fn text(file: std::io::Result<File>) -> String {
    let mut bytes = Vec::new();
    file.and_then(|mut file| file.read_to_end(&mut bytes)).expect("the file can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A running child that is killed when this goes away.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    status: Option<ExitStatus>,
}

impl Guard {
    /// Starts a command that inherits these descriptors under their own numbers.
    ///
    /// # Panics
    /// If the command does not start.
    pub fn start(command: &mut Command, inherited: &[BorrowedFd<'_>]) -> Self {
        let lock = STARTING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for descriptor in inherited {
            fcntl_setfd(descriptor, FdFlags::empty()).expect("an open descriptor");
        }
        let child = command.spawn();
        for descriptor in inherited {
            fcntl_setfd(descriptor, FdFlags::CLOEXEC).expect("an open descriptor");
        }
        drop(lock);
        let child = child.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Self { child, status: None }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, unless the process has ended.
    pub fn signal(&mut self, signal: Signal) {
        if self.poll().is_none()
            && let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
        {
            // A process that ended since the look is not an error.
            let _ = kill_process(pid, signal);
        }
    }

    /// Its exit status, if it has ended.
    pub fn poll(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }

    /// Waits for the end; `None` if it still runs after `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        if self.poll().is_none() {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)?;
            let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
            let mut wanted = [PollFd::new(&handle, PollFlags::IN)];
            let limit = Timespec::try_from(limit).ok()?;
            poll(&mut wanted, Some(&limit)).ok()?;
        }
        self.poll()
    }

    /// SIGTERM, and SIGKILL if that does not help.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        if self.wait(Duration::from_secs(5)).is_none() {
            self.signal(Signal::KILL);
            self.wait(DEADLINE);
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        self.wait(DEADLINE);
    }
}
