//! A worker's end of its link to the master: what it tells while it starts, the sockets of its predecessor, the
//! connections that it is given to serve.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::control::Process;
use net::handover::OldSockets;
use tokio::io::Interest;

use crate::master::link::{self, Asked, Said, Terms};

/// How long the master may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

static LINK: OnceLock<Link> = OnceLock::new();

/// The link to the master.
#[derive(Debug)]
pub(crate) struct Link(UnixStream);

/// The link, in a worker.
pub(crate) fn link() -> Option<&'static Link> {
    LINK.get()
}

/// A worker's first step: its standard input is the link; from now on it is nothing.
///
/// # Errors
/// Standard input is no such link.
pub(crate) fn meet_master() -> io::Result<()> {
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    if rustix::net::sockopt::socket_domain(&stdin)? != rustix::net::AddressFamily::UNIX {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let null: OwnedFd = File::open("/dev/null")?.into();
    rustix::stdio::dup2_stdin(&null)?;
    let _ = LINK.set(Link(UnixStream::from(stdin)));
    Ok(())
}

impl Link {
    /// Tells the master what was told on standard error. One that is gone wants nothing; that is noticed soon.
    pub(crate) fn tell(&self, text: &str) {
        let _ = self.say(&Said::Log(text.as_bytes().to_vec()));
    }

    fn say(&self, said: &Said) -> io::Result<()> {
        (&self.0).write_all(&said.encode())
    }

    /// The listening sockets of the worker that this one replaces; none if there is none.
    ///
    /// # Errors
    /// Somebody does not answer as agreed.
    pub(crate) fn old_sockets(&self) -> io::Result<OldSockets> {
        self.0.set_read_timeout(Some(PATIENCE))?;
        self.say(&Said::WantsSockets)?;
        match link::hear(self.0.as_fd())? {
            Some((Asked::Sockets, Some(fd))) => {
                let stream = UnixStream::from(fd);
                stream.set_nonblocking(false)?;
                OldSockets::receive(&stream)
            }
            Some((Asked::NoSockets, _)) => Ok(OldSockets::default()),
            Some(_) => Err(io::ErrorKind::InvalidData.into()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Tells the master that this worker accepts connections.
    ///
    /// # Errors
    /// The master is gone.
    pub(crate) fn ready(&self, terms: Terms) -> io::Result<()> {
        self.say(&Said::Ready(terms))
    }

    /// Serves what the master sends until the master is gone.
    pub(crate) async fn serve(&self, process: Arc<Process>) {
        // What goes wrong with the link is as if the master were gone.
        let _ = self.serve_on(&process).await;
    }

    async fn serve_on(&self, process: &Arc<Process>) -> io::Result<()> {
        let stream = self.0.try_clone()?;
        stream.set_nonblocking(true)?;
        let stream = tokio::net::UnixStream::from_std(stream)?;
        loop {
            let heard = stream.async_io(Interest::READABLE, || link::hear(stream.as_fd())).await?;
            match heard {
                None => return Ok(()),
                // A connection that cannot be watched is closed; the next one may do.
                Some((Asked::Serve(access, talk), Some(fd))) => {
                    let _ = ::control::serve_one(fd, access, talk, process);
                }
                Some(_) => {}
            }
        }
    }
}
