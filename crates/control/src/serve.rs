//! Serving the sockets: accepting, reading, writing, and the silence that ends a connection.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::AddressFamily;
use tokio::io::{Interest, Ready};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::access::{Access, Level, SeverityOutput};
use crate::listen::StatsListener;
use crate::process::Process;
use crate::session::{Session, Step};

/// How long an acceptor pauses that found no descriptor left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);
/// Answers are sent once they are this long.
const OUTPUT_BYTES: usize = 64 * 1024;
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 16 * 1024;
/// Chunks of unwanted input that are read before a connection closes.
const DRAINED_CHUNKS_MAX: usize = 64;

/// The longest that `wait` waits, far beyond any use.
const WAIT_MAX: Duration = Duration::from_secs(365 * 86_400);
/// How long workers may take to deal with what was before a line.
const FENCE_WAIT: Duration = Duration::from_millis(50);
/// How often `wait` looks whether anybody still waits for it.
const WAIT_LOOK: Duration = Duration::from_millis(100);

/// Serves the sockets on the calling thread's runtime for as long as it runs; it must be a `LocalSet` or a runtime of one
/// thread.
///
/// # Errors
/// When a socket cannot be watched.
pub fn serve(listeners: Vec<StatsListener>, process: &Arc<Process>) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(process.stats_maxconn().clamp(1, Semaphore::MAX_PERMITS)));
    for listener in listeners {
        let (level, severity_output) = (listener.level, listener.severity_output);
        let door = Door::new(listener.fd)?;
        tokio::spawn(accept_all(door, level, severity_output, room.clone(), process.clone()));
    }
    Ok(())
}

async fn accept_all(
    door: Door,
    level: Level,
    severity_output: SeverityOutput,
    room: Arc<Semaphore>,
    process: Arc<Process>,
) {
    while let Ok(permit) = room.clone().acquire_owned().await {
        match door.accept().await {
            Ok(stream) => {
                let session = Session::new(&process, Access::new(level), severity_output);
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
enum Door {
    Inet(TcpListener),
    Unix(UnixListener),
}

impl Door {
    fn new(socket: OwnedFd) -> io::Result<Door> {
        let family = rustix::net::getsockname(&socket)?.address_family();
        Ok(if family == AddressFamily::UNIX {
            Door::Unix(UnixListener::from_std(socket.into())?)
        } else {
            Door::Inet(TcpListener::from_std(socket.into())?)
        })
    }

    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Door::Inet(listener) => Ok(Stream::Inet(listener.accept().await?.0)),
            Door::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

/// A connection of either family.
enum Stream {
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

    async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            self.ready(Interest::READABLE).await?;
            match self.try_read(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    /// Writes everything, unless the other side takes nothing for `patience`.
    async fn write_all(&self, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
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
    fn drain(&self) {
        let mut chunk = [0; 4_096];
        for _ in 0..DRAINED_CHUNKS_MAX {
            if !matches!(self.try_read(&mut chunk), Ok(got) if got > 0) {
                return;
            }
        }
    }
}
