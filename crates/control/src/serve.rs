//! Serving the sockets: accepting, reading, writing, and the silence that ends a connection.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use net::handover::{self, Exported};
use rustix::net::AddressFamily;
use tokio::io::{Interest, Ready};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::access::{Access, SeverityOutput};
use crate::listen::StatsListener;
use crate::process::Process;
use crate::session::{Session, Step, Talk};

/// How long an acceptor pauses that found no descriptor left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);
/// Answers are sent once they are this long.
const OUTPUT_BYTES: usize = 64 * 1024;
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 16 * 1024;
/// Chunks of unwanted input that are read before a connection closes.
const DRAINED_CHUNKS_MAX: usize = 64;

/// How long the next process may take for each batch of listening sockets.
const ACK_WAIT: Duration = Duration::from_secs(1);
/// The longest that `wait` waits, far beyond any use.
const WAIT_MAX: Duration = Duration::from_secs(365 * 86_400);
/// How long workers may take to deal with what was before a line.
const FENCE_WAIT: Duration = Duration::from_millis(50);
/// How often `wait` looks whether anybody still waits for it.
const WAIT_LOOK: Duration = Duration::from_millis(100);

/// The doors that [`serve`] watches.
#[derive(Debug, Default)]
pub struct Doors(Vec<tokio::task::AbortHandle>);

impl Doors {
    /// Lets nobody in any more; who is in may stay.
    pub fn close(&self) {
        self.0.iter().for_each(tokio::task::AbortHandle::abort);
    }
}

/// Serves the sockets on the calling thread's runtime for as long as it runs; it must be a `LocalSet` or a runtime of one
/// thread.
///
/// # Errors
/// When a socket cannot be watched.
pub fn serve(listeners: Vec<StatsListener>, process: &Arc<Process>) -> io::Result<Doors> {
    let room = Arc::new(Semaphore::new(process.stats_maxconn().clamp(1, Semaphore::MAX_PERMITS)));
    let mut doors = Doors::default();
    for listener in listeners {
        let access = Access::new(listener.level);
        let access = if listener.exposes_listeners { access.with_sockets() } else { access };
        let severity_output = listener.severity_output;
        let door = Door::new(listener.fd)?;
        let task = tokio::spawn(accept_all(door, access, severity_output, room.clone(), process.clone()));
        doors.0.push(task.abort_handle());
    }
    Ok(doors)
}

/// Serves one connection that came another way than through a door: one end of a pair of UNIX sockets. It goes on after
/// each line as `talk` says. To be called on the runtime of [`serve`].
///
/// # Errors
/// When the socket cannot be watched.
pub fn serve_one(fd: OwnedFd, access: Access, talk: Talk, process: &Arc<Process>) -> io::Result<()> {
    rustix::io::ioctl_fionbio(&fd, true)?;
    let stream = Stream::Unix(UnixStream::from_std(fd.into())?);
    let session = Session::new(process, access, SeverityOutput::None).talking(talk);
    let process = process.clone();
    tokio::spawn(async move {
        let _ = converse(&stream, session, &process).await;
        stream.drain();
    });
    Ok(())
}

async fn accept_all(
    door: Door,
    access: Access,
    severity_output: SeverityOutput,
    room: Arc<Semaphore>,
    process: Arc<Process>,
) {
    while let Ok(permit) = room.clone().acquire_owned().await {
        match door.accept().await {
            Ok(stream) => {
                let session = Session::new(&process, access, severity_output);
                let process = process.clone();
                tokio::spawn(async move {
                    // A client that went away wants no answer.
                    let _ = converse(&stream, session, &process).await;
                    stream.drain();
                    drop(permit);
                });
            }
            // Out of descriptors, most likely: the next try may do, but not at once.
            Err(_) => sleep(EXHAUSTED_PAUSE).await,
        }
    }
}

/// Carries a connection to its end.
async fn converse(stream: &Stream, mut session: Session, process: &Process) -> io::Result<()> {
    let mut out = Vec::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let step = session.advance(process, &mut out);
        if !out.is_empty() && (step != Step::Again || out.len() >= OUTPUT_BYTES) {
            stream.write_all(&out, session.timeout()).await?;
            out.clear();
            out.shrink_to(OUTPUT_BYTES);
        }
        match step {
            Step::Again => tokio::task::yield_now().await,
            Step::Close => return Ok(()),
            Step::GiveSockets => return stream.give_sockets(&process.exported()).await,
            Step::Wait(time) => {
                if stream.closes_within(time).await {
                    session.interrupt();
                }
            }
            Step::Read => {
                let got = timeout(session.timeout(), stream.read(&mut chunk)).await??;
                if got == 0 {
                    return Ok(());
                }
                session.push(&chunk[..got]);
                // Who ended a session and then asks finds it ended; busy workers are not waited for.
                let _ = timeout(FENCE_WAIT, process.shared.fence()).await;
            }
        }
    }
}

/// A listening socket of either family.
pub(crate) enum Door {
    Inet(TcpListener),
    Unix(UnixListener),
}

impl Door {
    pub(crate) fn new(socket: OwnedFd) -> io::Result<Door> {
        let family = rustix::net::getsockname(&socket)?.address_family();
        Ok(if family == AddressFamily::UNIX {
            Door::Unix(UnixListener::from_std(socket.into())?)
        } else {
            Door::Inet(TcpListener::from_std(socket.into())?)
        })
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Door::Inet(listener) => Ok(Stream::Inet(listener.accept().await?.0)),
            Door::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

/// A connection of either family.
pub(crate) enum Stream {
    Inet(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        match self {
            Stream::Inet(stream) => stream.ready(interest).await,
            Stream::Unix(stream) => stream.ready(interest).await,
        }
    }

    fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Inet(stream) => stream.try_read(buf),
            Stream::Unix(stream) => stream.try_read(buf),
        }
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Inet(stream) => stream.try_write(bytes),
            Stream::Unix(stream) => stream.try_write(bytes),
        }
    }

    pub(crate) async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            self.ready(Interest::READABLE).await?;
            match self.try_read(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    /// Writes everything, unless the other side takes nothing for `patience`.
    pub(crate) async fn write_all(&self, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
        while !bytes.is_empty() {
            timeout(patience, self.ready(Interest::WRITABLE)).await??;
            match self.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Hands listening sockets over as [`net::handover`] says; only a UNIX socket can carry them.
    async fn give_sockets(&self, sockets: &[Exported]) -> io::Result<()> {
        let Stream::Unix(stream) = self else { return Ok(()) };
        if sockets.is_empty() {
            return Ok(());
        }
        self.write_all(&handover::announcement(sockets.len()), ACK_WAIT).await?;
        for batch in sockets.chunks(handover::BATCH_MAX) {
            let bytes = handover::records(batch);
            let send = || handover::send_batch(stream.as_fd(), batch, &bytes);
            let sent = timeout(ACK_WAIT, stream.async_io(Interest::WRITABLE, send)).await??;
            self.write_all(&bytes[sent..], ACK_WAIT).await?;
            let mut ack = [0; handover::ACK_BYTES];
            let mut got = 0;
            while got < ack.len() {
                match timeout(ACK_WAIT, self.read(&mut ack[got..])).await?? {
                    0 => return Ok(()),
                    more => got += more,
                }
            }
        }
        Ok(())
    }

    /// Waits, but no longer than the other side wants to send anything.
    async fn closes_within(&self, time: Duration) -> bool {
        let end = tokio::time::Instant::now() + time.min(WAIT_MAX);
        loop {
            let ready = timeout(Duration::ZERO, self.ready(Interest::READABLE)).await;
            if ready.is_ok_and(|ready| ready.is_ok_and(|ready| ready.is_read_closed())) {
                return true;
            }
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return false;
            }
            sleep(left.min(WAIT_LOOK)).await;
        }
    }

    /// Reads what nobody wants: the kernel resets a connection that closes before its input, and answers would be lost.
    pub(crate) fn drain(&self) {
        let mut chunk = [0; 4_096];
        for _ in 0..DRAINED_CHUNKS_MAX {
            if !matches!(self.try_read(&mut chunk), Ok(got) if got > 0) {
                return;
            }
        }
    }
}
