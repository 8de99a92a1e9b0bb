//! A scripted HTTP server: a function says how each request is answered, and every request is kept.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::{DEADLINE, Gate, Peer, Request, listener};

/// One thing a server does.
#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    Wait(Gate),
    Close,
    Reset,
    Silence,
}

/// What a server does with a request, step by step. After the last step it reads the next request.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    steps: Vec<Step>,
}

impl Answer {
    /// `200 OK` with a body and its length.
    pub fn ok(body: &str) -> Self {
        Self::status(200, &[], body)
    }

    /// A status, headers as whole lines without their ends, and a body with its length.
    pub fn status(status: u16, headers: &[&str], body: &str) -> Self {
        let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
        for line in headers {
            head.push_str(line);
            head.push_str("\r\n");
        }
        if !matches!(status, 100..=199 | 204 | 304) {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        Self::raw(head + "\r\n" + body)
    }

    /// These bytes and nothing else.
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self::default().send(bytes)
    }

    /// Closes without an answer.
    pub fn close() -> Self {
        Self::default().then_close()
    }

    /// Cuts the connection without an answer.
    pub fn reset() -> Self {
        Self::default().then_reset()
    }

    /// Never answers, and waits for the other side to go.
    pub fn silence() -> Self {
        Self::default().then_silence()
    }

    /// Waits at a gate before anything else.
    pub fn after(gate: &Gate) -> Self {
        Self::default().wait(gate)
    }

    /// More bytes.
    #[must_use]
    pub fn send(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.steps.push(Step::Send(bytes.as_ref().to_vec()));
        self
    }

    /// The steps of another answer.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// Waits at a gate.
    #[must_use]
    pub fn wait(mut self, gate: &Gate) -> Self {
        self.steps.push(Step::Wait(gate.clone()));
        self
    }

    /// Closes the connection.
    #[must_use]
    pub fn then_close(mut self) -> Self {
        self.steps.push(Step::Close);
        self
    }

    /// Cuts the connection.
    #[must_use]
    pub fn then_reset(mut self) -> Self {
        self.steps.push(Step::Reset);
        self
    }

    /// Does nothing more until the other side goes.
    #[must_use]
    pub fn then_silence(mut self) -> Self {
        self.steps.push(Step::Silence);
        self
    }

    /// Carries the steps out; the connection, if it goes on.
    fn perform(self, mut peer: Peer) -> Option<Peer> {
        for step in self.steps {
            match step {
                Step::Send(bytes) => peer.try_send(bytes).ok()?,
                Step::Wait(gate) => gate.wait(),
                Step::Close => return None,
                Step::Reset => {
                    peer.reset();
                    return None;
                }
                Step::Silence => {
                    peer.rest();
                    return None;
                }
            }
        }
        Some(peer)
    }
}

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    connections: usize,
    /// One clone of each open connection's socket, so that the origin can drop them all.
    sockets: Vec<(usize, TcpStream)>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
    is_stopped: AtomicBool,
}

type Script = dyn Fn(&Shared, usize, Peer) + Send + Sync;

/// A server on a port of 127.0.0.1. It listens until this goes away.
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Origin {
    /// Answers every request as `script` says.
    ///
    /// # Panics
    /// If there is no port left.
    pub fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::on(listener(), script)
    }

    /// The same on a socket that listens already.
    ///
    /// # Panics
    /// If the socket is not usable.
    pub fn on(socket: TcpListener, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::run(
            socket,
            Arc::new(move |shared: &Shared, connection, peer| serve(shared, connection, peer, &script)),
        )
    }

    /// Answers every request with `200 OK` and `body`.
    pub fn fixed(body: &'static str) -> Self {
        Self::start(move |_| Answer::ok(body))
    }

    /// Hands each connection to `script`, for what is not HTTP or not well-formed.
    ///
    /// # Panics
    /// If there is no port left.
    pub fn raw(script: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        Self::run(listener(), Arc::new(move |_: &Shared, _, peer| script(peer)))
    }

    fn run(socket: TcpListener, script: Arc<Script>) -> Self {
        let address = socket.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            while let Ok((stream, _)) = socket.accept() {
                if ours.is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                let connection = ours.note_connection(&stream);
                let (shared, script) = (Arc::clone(&ours), Arc::clone(&script));
                thread::spawn(move || {
                    script(&shared, connection, Peer::new(stream));
                    shared.lock().sockets.retain(|(index, _)| *index != connection);
                });
            }
        });
        Self { address, shared }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests up to now.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// How many connections were accepted up to now.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Waits until `count` requests have come, and returns them.
    ///
    /// # Panics
    /// If they have not come before [`DEADLINE`].
    pub fn wait_requests(&self, count: usize) -> Vec<Request> {
        self.wait(&format!("{count} requests"), |seen| seen.requests.len() >= count);
        self.requests()
    }

    /// Waits until `count` connections were accepted.
    ///
    /// # Panics
    /// If they have not come before [`DEADLINE`].
    pub fn wait_connections(&self, count: usize) {
        self.wait(&format!("{count} connections"), |seen| seen.connections >= count);
    }

    /// The last request.
    ///
    /// # Panics
    /// If there was none.
    pub fn last(&self) -> Request {
        self.shared.lock().requests.last().expect("a request came").clone()
    }

    fn wait(&self, wanted: &str, is_enough: impl Fn(&Seen) -> bool) {
        let guard = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(guard, DEADLINE, |seen| !is_enough(seen));
        let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(is_enough(&seen), "no {wanted}, only {} and {}", seen.connections, seen.requests.len());
    }
}

impl Drop for Origin {
    /// Stops listening and drops all connections.
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts; if that fails it has gone already.
        let _ = TcpStream::connect(self.address);
        for (_, socket) in self.shared.lock().sockets.drain(..) {
            let _ = socket.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_connection(&self, stream: &TcpStream) -> usize {
        let mut seen = self.lock();
        let connection = seen.connections;
        seen.connections += 1;
        seen.sockets.extend(stream.try_clone().map(|socket| (connection, socket)));
        self.changed.notify_all();
        connection
    }

    fn note_request(&self, request: &Request) {
        self.lock().requests.push(request.clone());
        self.changed.notify_all();
    }
}

fn serve(shared: &Shared, connection: usize, mut peer: Peer, script: &dyn Fn(&Request) -> Answer) {
    for position in 0.. {
        let Some(mut request) = peer.request() else { return };
        (request.connection, request.position) = (connection, position);
        shared.note_request(&request);
        let Some(kept) = script(&request).perform(peer) else { return };
        peer = kept;
    }
}
