//! The system calls that neither std nor rustix offers as safe functions. Each wrapper here is safe to call with
//! any argument: what the kernel refuses comes back as an [`io::Error`].
//!
//! Source: socket(7), tcp(7), ip(7), clock_gettime(2).

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use libc::{c_int, socklen_t};

fn check(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The length of an option's value; options are a few bytes, so that a larger one is a broken promise.
fn option_len(len: usize) -> socklen_t {
    socklen_t::try_from(len).expect("socket options are small")
}

/// `setsockopt` with a byte string, such as an interface's name.
#[expect(unsafe_code, reason = "setsockopt(2) with options that rustix does not know")]
pub(crate) fn set_bytes(fd: BorrowedFd<'_>, level: c_int, name: c_int, value: &[u8]) -> io::Result<()> {
    // SAFETY: the pointer and the length describe `value`, which outlives the call; the kernel only reads it.
    check(unsafe {
        libc::setsockopt(fd.as_raw_fd(), level, name, value.as_ptr().cast(), option_len(value.len()))
    })
}

/// `setsockopt` with an integer.
pub(crate) fn set_int(fd: BorrowedFd<'_>, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    set_bytes(fd, level, name, &value.to_ne_bytes())
}

/// `TCP_INFO` of a TCP socket. Fields that the kernel does not know are 0.
#[expect(unsafe_code, reason = "getsockopt(2) with TCP_INFO, which rustix does not offer")]
pub(crate) fn tcp_info(fd: BorrowedFd<'_>) -> io::Result<libc::tcp_info> {
    let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
    let mut len = option_len(size_of::<libc::tcp_info>());
    // SAFETY: the kernel writes at most `len` bytes into `info`, which is that long.
    check(unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut len,
        )
    })?;
    // SAFETY: all bytes were zeroed, and every bit pattern is a valid `tcp_info` (integers only).
    Ok(unsafe { info.assume_init() })
}

/// `TCP_SAVED_SYN` of a connection whose listener kept it: the headers of its first packet, which the kernel gives once.
/// Empty where there is none (any more).
#[expect(unsafe_code, reason = "getsockopt(2) with TCP_SAVED_SYN, which rustix does not offer")]
pub(crate) fn saved_syn(fd: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    /// Ethernet's, IPv6's and TCP's headers with all their options take less.
    const BYTES_MAX: usize = 512;
    let mut bytes = vec![0; BYTES_MAX];
    let mut len = option_len(bytes.len());
    // SAFETY: the kernel writes at most `len` bytes into `bytes`, which is that long, and says how many.
    check(unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_SAVED_SYN,
            bytes.as_mut_ptr().cast(),
            &raw mut len,
        )
    })?;
    bytes.truncate(usize::try_from(len).unwrap_or(0));
    Ok(bytes)
}

/// A close-on-exec duplicate of a descriptor that this process inherited under the number `raw`. The original stays
/// open, so that a later re-execution can inherit it again.
///
/// # Errors
/// `EBADF` when no descriptor has that number.
#[expect(
    unsafe_code,
    reason = "the number comes from the configuration or the environment, not from an owner"
)]
pub(crate) fn dup_inherited(raw: RawFd) -> io::Result<OwnedFd> {
    if raw < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the borrow ends within this call, which only duplicates; a number that is not open gives EBADF.
    let borrowed = unsafe { BorrowedFd::borrow_raw(raw) };
    Ok(rustix::io::fcntl_dupfd_cloexec(borrowed, 3)?)
}

/// Closes a descriptor that was inherited under this number.
#[expect(unsafe_code, reason = "only the number of an inherited descriptor is known")]
pub(crate) fn close_inherited(raw: RawFd) {
    if raw > 2 {
        // SAFETY: the caller gives up the number that the configuration named; nothing else in the process owns it, and a
        // number that is not open makes close fail without effect.
        drop(unsafe { OwnedFd::from_raw_fd(raw) });
    }
}

/// Processor time of all threads of the process so far.
#[expect(unsafe_code, reason = "clock_gettime(2) of rustix reads a page that valgrind hides")]
pub(crate) fn cpu_time() -> std::time::Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the one structure that the call fills.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if result != 0 {
        return std::time::Duration::ZERO;
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    std::time::Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
