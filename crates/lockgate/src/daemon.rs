//! Running in the background (`-D`, `daemon`).
//!
//! ```text
//!   parent: reads, checks, tells problems -> runs the binary again -> waits for one byte -> exits
//!   child:  new session -> reads, binds, drops privileges, starts workers -> writes the byte -> lets go of the terminal
//! ```
//! The child is a new execution and no fork, so it begins with one thread and nothing half-copied. Its standard input
//! is the pipe that it answers through: no descriptor has to be kept open across the execution for it. Problems of the
//! child's start still reach the terminal, and its exit status becomes the parent's.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::report::Failed;

/// What the parent puts in front of the child's arguments.
pub(crate) const CHILD_OPTION: &str = "--daemon-child";

/// Starts the daemon, waits until it is ready, and returns what this process exits with.
///
/// # Errors
/// When the binary cannot be run again, or ends before it is ready for another reason than its own complaint.
pub(crate) fn start_child() -> Result<ExitCode, Failed> {
    let failed = |error: io::Error| Failed::because(format!("cannot run in the background: {error}"));
    let (mut ready, answer) = io::pipe().map_err(failed)?;
    let mut arguments = std::env::args_os();
    let mut command = Command::new(own_path());
    // Shown by ps(1), which should show what was typed.
    command.arg0(arguments.next().unwrap_or_else(|| "lockgate".into()));
    command.arg(CHILD_OPTION).args(arguments).stdin(Stdio::from(OwnedFd::from(answer)));
    let mut child = command.spawn().map_err(failed)?;
    // The command keeps the writing end; while it is open here, the end of the pipe is never seen.
    drop(command);
    let mut byte = [0];
    if ready.read(&mut byte).map_err(failed)? == 1 {
        return Ok(ExitCode::SUCCESS);
    }
    let status = child.wait().map_err(failed)?;
    match (status.code(), status.signal()) {
        (Some(code), _) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        (None, Some(signal)) => {
            Err(Failed::because(format!("the process in the background was ended by signal {signal}")))
        }
        (None, None) => Ok(ExitCode::FAILURE),
    }
}

/// The binary to run again: what has the path of the running one now, so that the process bears its name and a new version
/// takes over; the running one itself when nothing is there any more.
pub(crate) fn own_path() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    let Ok(path) = std::env::current_exe() else { return running };
    // The kernel marks the path of a file that was replaced.
    let replaced = path.as_os_str().as_bytes().strip_suffix(b" (deleted)").map(OsStr::from_bytes);
    let path = replaced.map_or_else(|| path.clone(), PathBuf::from);
    if path.exists() { path } else { running }
}

/// The child's first step: it belongs to no terminal.
///
/// # Errors
/// When it leads a process group already, which a child of [`start_child`] does not.
pub(crate) fn leave_terminal() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// Somewhere to read nothing from and write nothing to; opened before `chroot`.
///
/// # Errors
/// When there is no `/dev/null`.
pub(crate) fn open_null() -> io::Result<OwnedFd> {
    Ok(File::options().read(true).write(true).open("/dev/null")?.into())
}

/// The child's last step: tells the parent, and lets go of the three standard descriptors.
///
/// # Errors
/// When a descriptor cannot be replaced; a parent that has gone away is none.
pub(crate) fn tell_ready(null: &OwnedFd) -> io::Result<()> {
    let _ = rustix::io::write(io::stdin().as_fd(), b"\n");
    leave_streams(null)
}

/// Lets go of the three standard descriptors.
///
/// # Errors
/// When one cannot be replaced.
pub(crate) fn leave_streams(null: &OwnedFd) -> io::Result<()> {
    rustix::stdio::dup2_stdin(null)?;
    rustix::stdio::dup2_stdout(null)?;
    rustix::stdio::dup2_stderr(null)?;
    Ok(())
}

/// Writes the process id to `path`, as one line, in place of what was there.
///
/// # Errors
/// What the system says, with the path.
pub(crate) fn write_pidfile(path: &Path) -> Result<(), Failed> {
    // The old file may belong to another user, or be a symbolic link: it is replaced, not followed.
    let _ = std::fs::remove_file(path);
    std::fs::write(path, format!("{}\n", std::process::id()))
        .map_err(|error| Failed::because(format!("cannot write the pid file `{}`: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pid");
        std::fs::write(&path, "something much longer than a number").unwrap();
        write_pidfile(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        assert!(write_pidfile(&dir.path().join("none/pid")).is_err());
    }
}
