//! Bodies from one socket to another through a pipe, without a copy through this process (splice(2)).
//!
//! What always holds: a pipe is emptied before it is filled again, because EAGAIN does not say which of its ends and
//! the socket is meant. With an empty pipe it is the socket that has nothing, with a filled one the socket that has
//! no room.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll};

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size};

use crate::conn::Conn;

/// What is asked for; an unprivileged user gets some 64 of these, then smaller ones.
const SIZE_WANTED: usize = 1 << 20;
const SIZE_MIN: usize = 1 << 16;
/// Pipes that a thread keeps for reuse. An empty pipe holds next to no memory, but two descriptors.
const KEPT_MAX: usize = 64;

/// The end to read from and the one to write to.
type Ends = (OwnedFd, OwnedFd);

thread_local! {
    /// Empty pipes with their capacity in bytes.
    static POOL: RefCell<Vec<(Ends, usize)>> = const { RefCell::new(Vec::new()) };
}

/// A pipe from the thread's pool. Dropped empty it goes back there; with data in it, it is closed.
#[derive(Debug)]
pub struct Pipe {
    ends: Option<Ends>,
    capacity: usize,
    len: usize,
}

impl Pipe {
    /// An empty pipe.
    ///
    /// # Errors
    /// Descriptors exhausted: the caller copies instead.
    pub fn take() -> io::Result<Pipe> {
        if let Some((ends, capacity)) = POOL.with_borrow_mut(Vec::pop) {
            return Ok(Pipe { ends: Some(ends), capacity, len: 0 });
        }
        let (out, into) = rustix::pipe::pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        let mut wanted = SIZE_WANTED;
        while fcntl_setpipe_size(&into, wanted).is_err() && wanted > SIZE_MIN {
            wanted /= 2;
        }
        let capacity = fcntl_getpipe_size(&into)?;
        Ok(Pipe { ends: Some((out, into)), capacity, len: 0 })
    }

    /// Bytes in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nothing in it: time to fill it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that fit, as the kernel granted them; below 64 KiB copying is as good.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    fn read_end(&self) -> &OwnedFd {
        &self.ends.as_ref().expect("taken by drop alone").0
    }

    fn write_end(&self) -> &OwnedFd {
        &self.ends.as_ref().expect("taken by drop alone").1
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        if self.len > 0 {
            return;
        }
        let Some(ends) = self.ends.take() else { return };
        // At the end of the thread the pool may be gone already; the pipe is then closed.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT_MAX {
                pool.push((ends, self.capacity));
            }
        });
    }
}

/// Moves up to `max` bytes (not 0) from the socket into the empty pipe; 0 is the end of the stream.
///
/// # Errors
/// What the socket reports; `InvalidInput` where splicing does not work on it: the caller copies instead.
///
/// # Panics
/// When the pipe is not empty.
pub fn poll_splice_in(
    conn: &mut Conn,
    pipe: &mut Pipe,
    cx: &mut Context<'_>,
    max: usize,
) -> Poll<io::Result<usize>> {
    assert!(pipe.is_empty(), "a pipe is emptied before it is filled again");
    let max = max.min(pipe.capacity);
    let moved = conn.poll_read_with(cx, |fd| splice(fd, pipe.write_end().as_fd(), max), |moved| *moved == 0);
    moved.map_ok(|n| {
        pipe.len = n;
        n
    })
}

/// Moves what is in the pipe to the socket, and returns how many bytes went; 0 only if the pipe is empty.
///
/// # Errors
/// What the socket reports.
pub fn poll_splice_out(conn: &mut Conn, pipe: &mut Pipe, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    if pipe.is_empty() {
        return Poll::Ready(Ok(0));
    }
    // A short splice does not mean a full socket (it may end at a page), so only EAGAIN waits.
    let moved = conn.poll_write_with(cx, |fd| splice(pipe.read_end().as_fd(), fd, pipe.len), |_| false);
    moved.map_ok(|n| {
        pipe.len -= n;
        n
    })
}

fn splice(from: BorrowedFd<'_>, to: BorrowedFd<'_>, max: usize) -> io::Result<usize> {
    let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
    Ok(rustix::pipe::splice(from, None, to, None, max, flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::tests::{conn_pair, run};
    use std::future::poll_fn;
    use std::io::{Read, Write};

    #[test]
    fn ten_megabytes_go_through() {
        const TOTAL: usize = 10_000_000;
        run(async {
            let (mut from, mut source) = conn_pair();
            let (mut to, mut sink) = conn_pair();
            let sender = std::thread::spawn(move || {
                let block: Vec<u8> = (0..=250u8).cycle().take(TOTAL).collect();
                source.write_all(&block).unwrap();
            });
            let receiver = std::thread::spawn(move || {
                let mut got = Vec::new();
                sink.read_to_end(&mut got).unwrap();
                got
            });
            let mut pipe = Pipe::take().unwrap();
            let mut moved = 0;
            while poll_fn(|cx| poll_splice_in(&mut from, &mut pipe, cx, TOTAL)).await.unwrap() > 0 {
                while !pipe.is_empty() {
                    moved += poll_fn(|cx| poll_splice_out(&mut to, &mut pipe, cx)).await.unwrap();
                }
            }
            assert_eq!(moved, TOTAL);
            drop(to);
            sender.join().unwrap();
            let got = receiver.join().unwrap();
            assert!(got.iter().copied().eq((0..=250u8).cycle().take(TOTAL)));
        });
    }

    #[test]
    fn only_empty_pipes_are_kept_and_not_too_many() {
        run(async {
            let (mut conn, mut peer) = conn_pair();
            peer.write_all(b"left").unwrap();
            let mut pipe = Pipe::take().unwrap();
            assert!(pipe.capacity() >= 4_096);
            assert_eq!(poll_fn(|cx| poll_splice_in(&mut conn, &mut pipe, cx, 100)).await.unwrap(), 4);
            drop(pipe);
            assert_eq!(POOL.with_borrow(Vec::len), 0);
            let many: Vec<_> = (0..KEPT_MAX + 3).map(|_| Pipe::take().unwrap()).collect();
            drop(many);
            assert_eq!(POOL.with_borrow(Vec::len), KEPT_MAX);
        });
    }
}
