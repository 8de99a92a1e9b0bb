//! `stats socket` addresses: bound at the start, before privileges are dropped, so that whoever waits for the socket
//! finds it. Until the runtime API is there, a connection is told so and closed.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use config::Config;
use config::model::{BindAddress, StatsSocket};
use diag::{Diagnostic, Diagnostics};
use rustix::net::AddressFamily;
use tokio::io::{Interest, Ready};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;

use crate::report::Failed;

/// Connections at a time over all sockets; the others wait in their queues.
const CONNECTIONS_MAX: usize = 32;
/// How long a client may take to send its line.
const LINE_WAIT: Duration = Duration::from_secs(1);
/// The answer to every command.
const ANSWER: &[u8] = b"The runtime API is not available in this version.\n";

/// Binds all of them.
///
/// # Errors
/// One diagnostic for each that cannot be bound.
pub(crate) fn bind(config: &Config) -> Result<Vec<OwnedFd>, Diagnostics> {
    let mut sockets = Vec::new();
    let mut diags = Diagnostics::new();
    for socket in &config.global.stats_sockets {
        match bind_one(socket) {
            Ok(fd) => sockets.push(fd),
            Err(Failed(problems)) => diags.extend(problems.iter().cloned()),
        }
    }
    if diags.has_errors() { Err(diags) } else { Ok(sockets) }
}

fn bind_one(socket: &StatsSocket) -> Result<OwnedFd, Failed> {
    let endpoint = match &socket.address {
        BindAddress::Endpoint(endpoint) => endpoint.clone(),
        BindAddress::Inherited(fd) => net::Endpoint::Fd(*fd),
    };
    let options = net::ListenOptions {
        unix_mode: socket.permissions.mode,
        unix_uid: socket.permissions.uid,
        unix_gid: socket.permissions.gid,
        ..net::ListenOptions::default()
    };
    net::listen(&endpoint, &options).map_err(|error| {
        let text = format!("cannot listen on {endpoint} for `stats socket`: {error}");
        Diagnostic::error(text).at(socket.span).into()
    })
}

/// Serves the sockets on the calling thread's runtime for as long as it runs.
///
/// # Errors
/// When a socket cannot be watched.
pub(crate) fn serve(sockets: Vec<OwnedFd>) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    for socket in sockets {
        tokio::spawn(accept_all(Door::new(socket)?, room.clone()));
    }
    Ok(())
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

    async fn accept(&self) -> io::Result<Client> {
        match self {
            Door::Inet(listener) => Ok(Client::Inet(listener.accept().await?.0)),
            Door::Unix(listener) => Ok(Client::Unix(listener.accept().await?.0)),
        }
    }
}

/// A connection of either family.
enum Client {
    Inet(TcpStream),
    Unix(UnixStream),
}

impl Client {
    async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        match self {
            Client::Inet(stream) => stream.ready(interest).await,
            Client::Unix(stream) => stream.ready(interest).await,
        }
    }

    fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Client::Inet(stream) => stream.try_read(buf),
            Client::Unix(stream) => stream.try_read(buf),
        }
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Client::Inet(stream) => stream.try_write(bytes),
            Client::Unix(stream) => stream.try_write(bytes),
        }
    }

    /// Reads up to the end of the first line or of what there is.
    async fn read_line(&self) -> io::Result<()> {
        let mut chunk = [0; 4_096];
        loop {
            self.ready(Interest::READABLE).await?;
            match self.try_read(&mut chunk) {
                Ok(got) if got == 0 || chunk[..got].contains(&b'\n') => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the line, answers, and closes.
    async fn serve(self) -> io::Result<()> {
        // What is not read makes the kernel reset the connection, and the answer would be lost.
        let _ = tokio::time::timeout(LINE_WAIT, self.read_line()).await;
        // A fresh socket has room for so little: one try is enough.
        self.try_write(ANSWER)?;
        Ok(())
    }
}

async fn accept_all(door: Door, room: Arc<Semaphore>) {
    while let Ok(permit) = room.clone().acquire_owned().await {
        match door.accept().await {
            Ok(client) => {
                tokio::spawn(async move {
                    // A client that went away wants no answer.
                    let _ = client.serve().await;
                    drop(permit);
                });
            }
            // Out of descriptors, most likely: the next try may do, but not at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    fn socket_at(path: &std::path::Path) -> StatsSocket {
        StatsSocket {
            address: BindAddress::Endpoint(net::Endpoint::Unix(path.as_os_str().as_encoded_bytes().to_vec())),
            level: "admin".into(),
            permissions: config::model::UnixPermissions { mode: Some(0o600), ..Default::default() },
            span: diag::Span::line(diag::FileId(0), 1),
        }
    }

    #[test]
    fn a_client_is_answered_and_the_connection_closed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.sock");
        let mut config = Config::default();
        config.global.stats_sockets.push(socket_at(&path));
        let sockets = bind(&config).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = std::thread::spawn(move || {
            let mut stream = UnixStream::connect(path).unwrap();
            stream.write_all(b"show info\n").unwrap();
            let mut text = Vec::new();
            stream.read_to_end(&mut text).unwrap();
            text
        });
        runtime.block_on(async {
            serve(sockets).unwrap();
            while !client.is_finished() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        assert_eq!(client.join().unwrap(), ANSWER);
    }

    #[test]
    fn what_cannot_be_bound_is_told() {
        let mut config = Config::default();
        config.global.stats_sockets.push(socket_at(std::path::Path::new("/nonexistent/dir/s")));
        assert_eq!(bind(&config).unwrap_err().errors(), 1);
    }
}
