//! Descriptors from one process to another over a UNIX socket: how listeners reach the next process on a reload
//! (`expose-fd listeners`, `-x`) and a worker that may not open them itself.
//!
//! Source: unix(7), SCM_RIGHTS.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};

/// Descriptors that the kernel lets one message carry.
pub const FDS_PER_MESSAGE_MAX: usize = 253;

/// What goes with one end of a pair of sockets (`sockpair@`), as HAProxy sends and expects it.
pub(crate) const PAIR_MESSAGE: &[u8] = &[0, 0];

/// Sends `data` and with its first byte `fds`, and returns how many bytes went. `data` must not be empty, or the
/// kernel sends nothing.
///
/// # Errors
/// `InvalidInput` for too many descriptors or no data, otherwise what the socket reports.
pub fn send_fds(to: BorrowedFd<'_>, data: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
    if fds.len() > FDS_PER_MESSAGE_MAX || data.is_empty() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_PER_MESSAGE_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(rustix::net::sendmsg(to, &[IoSlice::new(data)], &mut control, SendFlags::NOSIGNAL)?)
}

/// Receives data into `buf`, appends the descriptors that came with it, close-on-exec, to `fds`, and returns the number
/// of bytes; 0 is the end of the stream.
///
/// # Errors
/// `InvalidData` when descriptors were lost (more than a message may carry, or this process may open no more);
/// otherwise what the socket reports.
pub fn recv_fds(from: BorrowedFd<'_>, buf: &mut [u8], fds: &mut Vec<OwnedFd>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_PER_MESSAGE_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = rustix::net::recvmsg(from, &mut [IoSliceMut::new(buf)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            fds.extend(received);
        }
    }
    if got.flags.contains(ReturnFlags::CTRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "descriptors were lost on the way"));
    }
    Ok(got.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_socket_arrives_alive() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (mut end, carried) = UnixStream::pair().unwrap();
        assert_eq!(send_fds(ours.as_fd(), b"one", &[carried.as_fd()]).unwrap(), 3);
        drop(carried);
        let (mut buf, mut fds) = ([0; 9], Vec::new());
        assert_eq!(recv_fds(theirs.as_fd(), &mut buf, &mut fds).unwrap(), 3);
        let received = fds.pop().unwrap();
        assert!(rustix::io::fcntl_getfd(&received).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
        end.write_all(b"alive").unwrap();
        let mut got = [0; 5];
        UnixStream::from(received).read_exact(&mut got).unwrap();
        assert_eq!(&got, b"alive");
    }

    #[test]
    fn as_many_as_fit_and_no_more() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let fds = vec![ours.as_fd(); FDS_PER_MESSAGE_MAX];
        send_fds(ours.as_fd(), b"x", &fds).unwrap();
        let mut received = Vec::new();
        recv_fds(theirs.as_fd(), &mut [0; 1], &mut received).unwrap();
        assert_eq!(received.len(), FDS_PER_MESSAGE_MAX);
        let fds = vec![ours.as_fd(); FDS_PER_MESSAGE_MAX + 1];
        assert_eq!(send_fds(ours.as_fd(), b"x", &fds).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(send_fds(ours.as_fd(), b"", &[]).is_err());
        received.clear(); // They are duplicates of it.
        drop(ours);
        assert_eq!(recv_fds(theirs.as_fd(), &mut [0; 1], &mut received).unwrap(), 0);
    }
}
