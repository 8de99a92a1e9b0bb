//! Log lines to an inherited descriptor: `fd@<n>`, `stdout`, `stderr`.
//!
//! Writing never waits, and the O_NONBLOCK flag that other processes share with us is left as it is: a pipe or terminal
//! is opened once more for ourselves, a socket is asked not to wait for each message, and what can be neither is
//! polled before each piece. One line is written at a time, so lines of several threads do not mix.

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What a pipe that polls as writable takes without waiting (PIPE_BUF on Linux).
const PIECE_BYTES: usize = 4096;

/// How long a thread waits for another one's line; the writing itself does not wait.
const TURN_WAIT: Duration = Duration::from_micros(200);

/// How the descriptor is written without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A socket: each `send` says that it does not wait.
    Socket,
    /// Opened by ourselves with O_NONBLOCK.
    Own,
    /// Shared and perhaps blocking: polled before each piece.
    Shared,
}

/// A descriptor that log lines go to, taken over as a duplicate of its own.
#[derive(Debug)]
pub(crate) struct Descriptor {
    fd: OwnedFd,
    kind: Kind,
    /// Whether the last line was cut short, so that the next one begins with a line feed.
    torn: Mutex<bool>,
}

/// The descriptors in use, so that all loggers of one number take turns.
static OPEN: Mutex<Vec<(i32, Weak<Descriptor>)>> = Mutex::new(Vec::new());

impl Descriptor {
    /// Takes over descriptor `number` of this process.
    pub(crate) fn open(number: i32) -> Result<Arc<Descriptor>, Errno> {
        let mut open = OPEN.lock();
        open.retain(|(_, descriptor)| descriptor.strong_count() > 0);
        let known =
            open.iter().find(|(other, _)| *other == number).and_then(|(_, descriptor)| descriptor.upgrade());
        if let Some(descriptor) = known {
            return Ok(descriptor);
        }
        let descriptor = Arc::new(Descriptor::take_over(duplicate(number)?)?);
        open.push((number, Arc::downgrade(&descriptor)));
        Ok(descriptor)
    }

    fn take_over(fd: OwnedFd) -> Result<Descriptor, Errno> {
        let (fd, kind) = match FileType::from_raw_mode(fstat(&fd)?.st_mode) {
            FileType::Socket => (fd, Kind::Socket),
            FileType::Fifo | FileType::CharacterDevice => match reopen(fd.as_raw_fd(), OFlags::NONBLOCK) {
                Ok(own) => (own, Kind::Own),
                // Another user's pipe, or no /proc.
                Err(_) => (fd, Kind::Shared),
            },
            // A file's offset is shared with our own messages on stderr, so it is not opened again.
            FileType::RegularFile
            | FileType::Directory
            | FileType::Symlink
            | FileType::BlockDevice
            | FileType::Unknown => (fd, Kind::Shared),
        };
        Ok(Descriptor { fd, kind, torn: Mutex::new(false) })
    }

    /// Writes `line`, which ends in a line feed. `Errno::AGAIN` if it could not be written at once and whole.
    pub(crate) fn write_line(&self, line: &[u8]) -> Result<(), Errno> {
        let mut torn = self.torn.try_lock_for(TURN_WAIT).ok_or(Errno::AGAIN)?;
        if *torn {
            self.write_all(b"\n").map_err(|(_, errno)| errno)?;
            *torn = false;
        }
        self.write_all(line).map_err(|(written, errno)| {
            *torn = written > 0;
            errno
        })
    }

    /// Writes as much of `bytes` as goes at once; on an error tells how many bytes went before.
    fn write_all(&self, bytes: &[u8]) -> Result<(), (usize, Errno)> {
        let mut written = 0;
        while written < bytes.len() {
            match self.write_some(&bytes[written..]) {
                Ok(0) => return Err((written, Errno::AGAIN)),
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(errno) => return Err((written, errno)),
            }
        }
        Ok(())
    }

    fn write_some(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match self.kind {
            Kind::Socket => send(&self.fd, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL),
            Kind::Own => rustix::io::write(&self.fd, bytes),
            Kind::Shared if is_writable(self.fd.as_fd())? => {
                rustix::io::write(&self.fd, &bytes[..bytes.len().min(PIECE_BYTES)])
            }
            Kind::Shared => Err(Errno::AGAIN),
        }
    }
}

/// A duplicate of descriptor `number` that belongs to us and does not pass on to programs that we start.
fn duplicate(number: i32) -> Result<OwnedFd, Errno> {
    let standard = |fd: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(fd, 3);
    match number {
        i32::MIN..0 => Err(Errno::BADF),
        0 => standard(std::io::stdin().as_fd()),
        1 => standard(std::io::stdout().as_fd()),
        2 => standard(std::io::stderr().as_fd()),
        // The kernel's way to get a descriptor by its number that cannot take one away from its owner.
        _ => pidfd_open(getpid(), PidfdFlags::empty())
            .and_then(|process| pidfd_getfd(process, number, PidfdGetfdFlags::empty()))
            .or_else(|errno| match errno {
                // Some containers forbid the call; opening the file again then does for all but sockets.
                Errno::PERM | Errno::NOSYS | Errno::ACCESS => reopen(number, OFlags::APPEND),
                other => Err(other),
            }),
    }
}

/// Opens what descriptor `number` points to once more, for writing, with flags of its own.
fn reopen(number: i32, flags: OFlags) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/self/fd/{number}");
    open(path, OFlags::WRONLY | OFlags::NOCTTY | OFlags::CLOEXEC | flags, Mode::empty())
}

fn is_writable(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::OUT)];
    poll(&mut fds, Some(&Timespec::default()))?;
    // An error is let through, so that the write tells what it is.
    Ok(!fds[0].revents().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, SeekFrom};
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_full_pipe_loses_lines_and_keeps_its_flags() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let descriptor = Descriptor::open(writer.as_raw_fd()).unwrap();
        assert_eq!(descriptor.kind, Kind::Own);
        let mut line = vec![b'x'; 999];
        line.push(b'\n');
        let mut sent = 0;
        while descriptor.write_line(&line).is_ok() {
            sent += 1;
        }
        assert_eq!(descriptor.write_line(&line), Err(Errno::AGAIN));
        let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
        assert!(!flags.contains(OFlags::NONBLOCK));
        drop((descriptor, writer));
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert!(sent > 10);
        assert_eq!(all, line.repeat(sent));
    }

    #[test]
    fn a_torn_line_is_ended_before_the_next() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let descriptor = Descriptor::open(writer.as_raw_fd()).unwrap();
        let long = [&[b'a'; 50_000][..], b"\n"].concat();
        assert_eq!(descriptor.write_line(&long), Ok(()));
        assert_eq!(descriptor.write_line(&long), Err(Errno::AGAIN));
        assert_eq!(descriptor.write_line(b"lost\n"), Err(Errno::AGAIN));
        let mut first = vec![0; 60_000];
        reader.read_exact(&mut first).unwrap();
        assert_eq!(descriptor.write_line(b"whole\n"), Ok(()));
        drop((descriptor, writer));
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("a\nwhole\n"), "{:?}", &rest[rest.len().saturating_sub(20)..]);
        assert!(!rest.contains("lost"));
    }

    #[test]
    fn a_full_stream_socket_does_not_wait() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let descriptor = Descriptor::open(ours.as_raw_fd()).unwrap();
        assert_eq!(descriptor.kind, Kind::Socket);
        let line = [&[b'y'; 4095][..], b"\n"].concat();
        while descriptor.write_line(&line).is_ok() {}
        assert_eq!(descriptor.write_line(&line), Err(Errno::AGAIN));
    }

    #[test]
    fn a_file_shares_its_offset_and_loggers_share_the_descriptor() {
        let mut file = tempfile::tempfile().unwrap();
        let descriptor = Descriptor::open(file.as_raw_fd()).unwrap();
        assert!(Arc::ptr_eq(&descriptor, &Descriptor::open(file.as_raw_fd()).unwrap()));
        let long = [&[b'z'; 3 * PIECE_BYTES][..], b"\n"].concat();
        descriptor.write_line(&long).unwrap();
        std::io::Write::write_all(&mut file, b"ours\n").unwrap();
        descriptor.write_line(b"last\n").unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut all = Vec::new();
        file.read_to_end(&mut all).unwrap();
        assert_eq!(all, [&long[..], b"ours\nlast\n"].concat());
    }

    #[test]
    fn a_number_that_is_not_open_is_refused() {
        assert_eq!(Descriptor::open(1_000_000).err(), Some(Errno::BADF));
        assert_eq!(Descriptor::open(-1).err(), Some(Errno::BADF));
    }
}
