//! Any descriptor that epoll can watch, for what is neither a [`crate::Conn`] nor a [`crate::Listener`]: datagram
//! sockets of resolvers and logs, pipes of external checks, signalfd, inotify.

use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::os::fd::AsFd;
use std::task::{Context, Poll};

use crate::reactor::{Source, Watch, Way};

/// A non-blocking descriptor in the poller of the thread that made this. At most one task waits for reading and one
/// for writing.
#[derive(Debug)]
pub struct Polled<F: AsFd> {
    source: Source,
    inner: F,
    not_send: PhantomData<*const ()>,
}

impl<F: AsFd> Polled<F> {
    /// Has this thread's poller watch `inner`, which must be non-blocking and must keep its descriptor.
    ///
    /// # Errors
    /// `PermissionDenied` for what epoll cannot watch (files), `ENOMEM`, `ENOSPC`.
    pub fn new(inner: F) -> io::Result<Polled<F>> {
        let source = Source::new(inner.as_fd(), Watch::Read)?;
        Ok(Polled { source, inner, not_send: PhantomData })
    }

    /// Calls `op` as soon as there is something to read, until it no longer says `WouldBlock`.
    ///
    /// # Errors
    /// Those of `op`.
    pub fn poll_read_with<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(&F) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        while self.source.poll(Way::Read, cx) {
            match op(&self.inner) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.source.clear(Way::Read),
                result => return Poll::Ready(result),
            }
        }
        Poll::Pending
    }

    /// Calls `op` until it no longer says `WouldBlock`, at once and then whenever there is room to write.
    ///
    /// # Errors
    /// Those of `op`, and what the poller refuses.
    pub fn poll_write_with<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(&F) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            match op(&self.inner) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.source.clear(Way::Write),
                result => return Poll::Ready(result),
            }
            self.source.watch_writes(self.inner.as_fd())?;
            if !self.source.poll(Way::Write, cx) {
                return Poll::Pending;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::tests::run;
    use std::future::poll_fn;
    use std::net::UdpSocket;

    fn udp() -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    #[test]
    fn datagrams_come_and_go() {
        run(async {
            let (ours, peer) = (udp(), udp());
            peer.connect(ours.local_addr().unwrap()).unwrap();
            ours.connect(peer.local_addr().unwrap()).unwrap();
            let mut ours = Polled::new(ours).unwrap();
            let mut buf = [0; 9];
            let echo = crate::spawn(async move {
                let mut peer = Polled::new(peer).unwrap();
                let n = poll_fn(|cx| peer.poll_read_with(cx, |socket| socket.recv(&mut buf))).await.unwrap();
                poll_fn(|cx| peer.poll_write_with(cx, |socket| socket.send(&buf[..n]))).await.unwrap();
            });
            poll_fn(|cx| ours.poll_write_with(cx, |socket| socket.send(b"ping"))).await.unwrap();
            let n = poll_fn(|cx| ours.poll_read_with(cx, |socket| socket.recv(&mut buf))).await.unwrap();
            assert_eq!(n, 4);
            assert!(echo.is_finished());
        });
    }

    #[test]
    fn files_are_not_watched() {
        assert!(Polled::new(tempfile::tempfile().unwrap()).is_err());
    }
}
