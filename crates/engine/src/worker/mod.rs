//! A worker: one thread with its own poller and executor (`net::worker`), its listeners, its sessions and its idle server
//! connections.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::acceptors::{Acceptors, Listening};
use crate::pool::Pools;
use crate::shared::Shared;
use crate::stream::Exchange;
use crate::streams::{StreamFacts, Streams};
use crate::{accept, session};

mod farewell;

use farewell::Farewell;

/// What other threads may tell a worker.
pub enum Message {
    /// A connection that another worker accepted for it.
    Accepted {
        /// The connected socket.
        fd: OwnedFd,
        /// The client's address.
        peer: Option<SocketAddr>,
        /// The listener's index.
        listener: usize,
    },
    /// A server changed: idle connections to it are closed when it is down, its sessions too where asked.
    ServerDown {
        /// Its pool's index.
        pool: usize,
        /// Whether its sessions end.
        ends_sessions: bool,
    },
    /// Pause or resume the listeners of a frontend.
    Listen {
        /// The frontend.
        frontend: base::ProxyId,
        /// Whether it takes new connections.
        listening: Listening,
    },
    /// Answer once everything that happened before has been dealt with.
    Fence(oneshot::Sender<()>),
    /// Keep a connection that a check has used.
    Keep(Box<crate::check::Kept>),
    /// Tell the streams that are under way.
    Streams(std::sync::mpsc::Sender<Vec<StreamFacts>>),
    /// Tell its number, and how many idle connections it has to each server, by pool.
    Idle(std::sync::mpsc::Sender<(usize, Vec<u32>)>),
    /// End a stream.
    KillStream {
        /// Its number.
        id: u64,
        /// Where to tell whether it was found.
        answer: std::sync::mpsc::Sender<bool>,
    },
    /// Close the listeners, let sessions end.
    StopListening,
    /// All workers have closed their listeners: no connection comes from another one any more.
    AllStopped,
    /// End now.
    Stop,
}

/// Where messages for a worker go.
#[derive(Clone)]
pub struct Mailbox(mpsc::UnboundedSender<Message>);

impl Mailbox {
    /// Sends; a worker that has ended does not listen any more.
    pub fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }

    /// Whether the worker still runs.
    pub(crate) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }
}

/// A running worker.
pub struct WorkerHandle {
    /// Its inbox.
    pub mailbox: Mailbox,
    /// Its thread, which ends when the worker has stopped and its sessions are over.
    pub thread: JoinHandle<()>,
}

/// A listening socket for one worker.
pub struct Assigned {
    /// The listener's index in [`Shared::listeners`].
    pub listener: usize,
    /// The socket.
    pub fd: OwnedFd,
    /// Whether connections are handed round to all workers, because they have no sockets of their own for it.
    pub is_shared: bool,
}

/// What belongs to one worker's thread.
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) index: usize,
    pub(crate) pools: Pools,
    #[expect(clippy::vec_box, reason = "an exchange moves between here and its session as a pointer")]
    exchanges: RefCell<Vec<Box<Exchange>>>,
    /// The fewest exchanges that the pool held since it was last trimmed: those were not needed.
    spare: Cell<usize>,
    pub(crate) sessions: Cell<usize>,
    pub(crate) streams: Streams,
    pub(crate) is_stopping: Cell<bool>,
    /// When clients that would stay are sent away during a soft stop.
    pub(crate) farewell: Farewell,
    /// Woken when a session ends: the acceptors that wait for room, and the end of the worker.
    pub(crate) freed: tokio::sync::Notify,
    /// Woken when a soft stop begins: idle sessions.
    pub(crate) stopping: tokio::sync::Notify,
}

/// Exchanges kept for reuse; a burst beyond it gives its memory back.
const EXCHANGES_KEPT_MAX: usize = 256;

impl Worker {
    /// Makes a worker of the calling thread.
    fn new(shared: Arc<Shared>, index: usize) -> Rc<Worker> {
        let sharing = shared.config.global.tune.idle_sharing;
        let farewell = Farewell::new(shared.config.global.close_spread);
        Rc::new(Worker {
            shared,
            index,
            pools: Pools::new(index, sharing),
            exchanges: RefCell::default(),
            spare: Cell::new(0),
            sessions: Cell::new(0),
            streams: Streams::default(),
            is_stopping: Cell::new(false),
            farewell,
            freed: tokio::sync::Notify::new(),
            stopping: tokio::sync::Notify::new(),
        })
    }

    /// Whether a client that would stay is sent away with its answer, as a soft stop is under way.
    pub(crate) fn sends_away(&self) -> bool {
        self.is_stopping.get() && self.farewell.is_said(base::clock::now())
    }

    /// A pooled exchange, if there is one.
    pub(crate) fn take_exchange(&self) -> Option<Box<Exchange>> {
        let mut kept = self.exchanges.borrow_mut();
        let exchange = kept.pop();
        self.spare.set(self.spare.get().min(kept.len()));
        exchange
    }

    /// Frees the exchanges and buffers that nobody needed since the last call.
    pub(crate) fn trim(&self) {
        let spare = self.spare.get();
        let freed = {
            let mut kept = self.exchanges.borrow_mut();
            let left = kept.len().saturating_sub(spare);
            self.spare.set(left);
            kept.split_off(left)
        };
        if !freed.is_empty() {
            drop(freed);
            self.streams.trim();
            net::buffer::trim_pool();
        }
    }

    /// Keeps an exchange for the next request of any session.
    pub(crate) fn give_exchange(&self, exchange: Box<Exchange>) {
        let mut kept = self.exchanges.borrow_mut();
        if kept.len() < EXCHANGES_KEPT_MAX {
            kept.push(exchange);
        }
    }
}

/// Starts worker `index` on a thread of its own.
///
/// # Errors
/// When the thread or its poller cannot be made.
pub fn spawn_worker(shared: Arc<Shared>, index: usize, listeners: Vec<Assigned>) -> io::Result<WorkerHandle> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let mailbox = Mailbox(sender);
    let thread = std::thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
        state::counters::set_worker(index);
        let worker = Worker::new(shared, index);
        if let Err(error) = net::worker::run(run(worker, receiver, listeners)) {
            // Only a poller that cannot be made ends here: the process is out of descriptors before it began.
            panic!("worker {index} has no poller: {error}");
        }
    })?;
    Ok(WorkerHandle { mailbox, thread })
}

async fn run(worker: Rc<Worker>, mut inbox: mpsc::UnboundedReceiver<Message>, listeners: Vec<Assigned>) {
    net::spawn(crate::pool::purge(worker.clone()));
    let mut acceptors = Acceptors::start(&worker, listeners);
    let mut is_alone = false;
    loop {
        let message = tokio::select! {
            message = inbox.recv() => message,
            () = worker.freed.notified(), if worker.is_stopping.get() => None,
        };
        match message {
            Some(Message::AllStopped) => is_alone = true,
            Some(Message::Stop) => return,
            Some(message) => obey(&worker, &mut acceptors, message),
            None if !worker.is_stopping.get() => return,
            None => {}
        }
        if is_alone && worker.sessions.get() == 0 {
            return;
        }
    }
}

/// Does what a message wants of a worker that goes on.
fn obey(worker: &Rc<Worker>, acceptors: &mut Acceptors, message: Message) {
    match message {
        Message::Accepted { fd, peer, listener } => accept::adopt(worker, fd, peer, listener),
        Message::ServerDown { pool, ends_sessions } => worker.pools.server_down(pool, ends_sessions),
        Message::Listen { frontend, listening } => acceptors.set(worker, frontend, listening),
        // A new task comes behind all that are to run already.
        Message::Fence(answer) => {
            net::spawn(async move {
                let _ = answer.send(());
            });
        }
        Message::Keep(kept) => kept.keep(&worker.pools),
        Message::Streams(answer) => {
            // Who asked may have stopped waiting.
            let _ = answer.send(worker.streams.list(worker.index, base::clock::now()));
        }
        Message::Idle(answer) => {
            let servers = worker.shared.pools.load(Relaxed);
            let _ = answer.send((worker.index, worker.pools.counts(servers)));
        }
        Message::KillStream { id, answer } => {
            let is_found = worker.streams.kill(id);
            if is_found {
                net::worker::wake_all();
            }
            let _ = answer.send(is_found);
        }
        Message::StopListening => {
            worker.is_stopping.set(true);
            worker.farewell.begin(base::clock::now());
            acceptors.stop(worker);
            worker.stopping.notify_waiters();
            worker.pools.clear();
            worker.shared.worker_stopped_listening();
        }
        // They are for the worker's loop.
        Message::AllStopped | Message::Stop => {}
    }
}

/// Counts a session of this worker for as long as it lives.
pub(crate) struct SessionGuard {
    worker: Rc<Worker>,
}

impl SessionGuard {
    pub(crate) fn new(worker: &Rc<Worker>) -> Self {
        worker.sessions.set(worker.sessions.get() + 1);
        SessionGuard { worker: worker.clone() }
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        let left = self.worker.sessions.get() - 1;
        self.worker.sessions.set(left);
        if self.worker.is_stopping.get() {
            self.worker.freed.notify_one();
        }
    }
}

pub(crate) fn spawn_session(worker: &Rc<Worker>, client: crate::client::Client) {
    net::spawn(session::run(worker.clone(), client));
}
