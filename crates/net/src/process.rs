//! What the process may open and what its successors inherit: the limit of open files and close-on-exec.
//!
//! Source: getrlimit(2), fcntl(2), close_range(2).

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::io::FdFlags;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::sys;

/// Whether a descriptor survives the execution of another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExec {
    /// It is closed, as everything here is by default.
    Close,
    /// The next program inherits it.
    Inherit,
}

/// How many descriptors may be open: the soft and the hard limit, `u64::MAX` meaning no limit.
#[must_use]
pub fn nofile_limit() -> (u64, u64) {
    let limit = getrlimit(Resource::Nofile);
    (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX))
}

/// Allows `wanted` open descriptors and returns the soft limit that holds from now on. When the hard limit is lower
/// and may not be raised, as much as it allows is set; the limit is never lowered below what holds already.
///
/// # Errors
/// What the kernel refuses even then.
pub fn set_rlimit_nofile(wanted: u64) -> io::Result<u64> {
    let (soft, hard) = nofile_limit();
    if wanted <= soft {
        return Ok(soft);
    }
    let raised = Rlimit { current: Some(wanted), maximum: Some(wanted.max(hard)) };
    if setrlimit(Resource::Nofile, raised).is_ok() {
        return Ok(wanted);
    }
    let granted = wanted.min(hard);
    setrlimit(Resource::Nofile, Rlimit { current: Some(granted), maximum: Some(hard) })?;
    Ok(granted)
}

/// Processor time that all threads of the process have used so far. Asked of the C library: rustix reads the kernel's own
/// page for it, which is not there under valgrind.
#[must_use]
pub fn cpu_time() -> Duration {
    sys::cpu_time()
}

/// Says whether the next program inherits `fd`.
///
/// # Errors
/// What the kernel refuses.
pub fn set_on_exec(fd: BorrowedFd<'_>, on_exec: OnExec) -> io::Result<()> {
    let flags = match on_exec {
        OnExec::Close => FdFlags::CLOEXEC,
        OnExec::Inherit => FdFlags::empty(),
    };
    Ok(rustix::io::fcntl_setfd(fd, flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn the_limit_is_never_lowered() {
        let (soft, hard) = nofile_limit();
        assert!(soft <= hard);
        assert_eq!(set_rlimit_nofile(1).unwrap(), soft);
        assert_eq!(nofile_limit(), (soft, hard));
    }

    #[test]
    fn inheritance_goes_both_ways() {
        let (end, _other) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        set_on_exec(end.as_fd(), OnExec::Inherit).unwrap();
        assert!(rustix::io::fcntl_getfd(&end).unwrap().is_empty());
        set_on_exec(end.as_fd(), OnExec::Close).unwrap();
        assert_eq!(rustix::io::fcntl_getfd(&end).unwrap(), FdFlags::CLOEXEC);
    }
}
