//! Logs on their way through: rings whose messages servers get, log backends, and `log-forward` sections that take messages in
//! (configuration manual, chapters 4.2 "mode", 12.5 and 12.6).
//!
//! ```text
//!   syslog over UDP ----\                                           /--> UDP, UNIX, descriptors
//!                        >-- receive: Received --> Logger::relay --<
//!   syslog over TCP/TLS /                                           \--> Ring --> feed --> server over TCP/TLS
//!                                     proxies' own lines ---------------/
//! ```
//! A log backend stands between a logger and UDP or a ring: it chooses, for each message, one of its servers.
//!
//! All of it runs on one thread beside the workers, since nobody waits for a log line. What always holds: a message
//! stays in its ring until the kernel has taken all of it for the server; a ring that overflows meanwhile forgets its
//! oldest messages, which are counted as lost.

use std::collections::BTreeMap;
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::clock;
use logs::Ring;
use net::handover::Exported;
use parking_lot::Mutex;

use crate::check;
use crate::shared::Shared;
use feed::Feed;
use receive::{Forward, Room, Socket};

mod backend;
mod build;
mod feed;
mod receive;
#[cfg(test)]
mod tests;

pub(crate) use build::{LogBackends, Rings, build, log_backends};

/// How often the thread looks whether it is to stop listening.
const STOP_LOOK: Duration = Duration::from_millis(500);
/// How often [`flush`] looks whether all is sent.
const FLUSH_LOOK: Duration = Duration::from_millis(2);

/// What the configuration's `ring` and `log-forward` sections and its log backends run. Empty: nothing.
#[derive(Default)]
pub struct LogPlane {
    /// The rings that have names, in the order of these; those in front of servers of log backends are called
    /// `BACKEND/SERVER`.
    pub rings: BTreeMap<Box<str>, Arc<Ring>>,
    /// The log backends.
    pub(crate) backends: LogBackends,
    /// One for each server of each ring, and for each of log backends that is connected to.
    feeds: Vec<Arc<Feed>>,
    /// By the place of their section.
    forwards: Vec<Arc<Forward>>,
    /// Until the thread takes them.
    sockets: Mutex<Vec<Socket>>,
    /// Duplicates of them for the next process, until somebody takes charge of them.
    exports: Mutex<Vec<Exported>>,
}

impl LogPlane {
    /// Takes the duplicates of all sockets that the next process may have. As long as they are not dropped, the sockets
    /// stay open.
    #[must_use]
    pub fn take_exports(&self) -> Vec<Exported> {
        std::mem::take(&mut *self.exports.lock())
    }

    /// Messages that all sections together have taken in.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.forwards.iter().map(|forward| forward.received.load(Relaxed)).sum()
    }
}

/// Starts the thread. `None` when it would have nothing to do, or when the machine refuses it, which is told.
pub fn spawn(shared: &Arc<Shared>) -> Option<JoinHandle<()>> {
    let plane = &shared.logs;
    if plane.feeds.is_empty() && plane.forwards.is_empty() {
        return None;
    }
    let for_thread = shared.clone();
    let thread = std::thread::Builder::new().name("logs".to_owned());
    let started = thread.spawn(move || {
        if let Err(error) = net::worker::run(run(for_thread.clone())) {
            tell(&for_thread, &error);
        }
    });
    started.inspect_err(|error| tell(shared, error)).ok()
}

fn tell(shared: &Shared, error: &std::io::Error) {
    check::alert(shared, &format!("logs cannot be forwarded: {error}"));
}

/// Waits, `at_most` so long, until the servers that are connected have got what is in their rings: for the end of the
/// process.
pub fn flush(shared: &Shared, at_most: Duration) {
    let end = Instant::now() + at_most;
    while shared.logs.feeds.iter().any(|feed| feed.is_behind()) && Instant::now() < end {
        std::thread::sleep(FLUSH_LOOK);
    }
}

/// Listens until a soft stop begins, and sends as long as the process lives.
async fn run(shared: Arc<Shared>) {
    for feed in &shared.logs.feeds {
        net::spawn(feed::run(feed.clone()));
    }
    let rooms: Vec<Rc<Room>> = shared.logs.forwards.iter().map(Room::new).collect();
    let sockets = std::mem::take(&mut *shared.logs.sockets.lock());
    let listening: Vec<net::Task> = sockets
        .into_iter()
        .map(|socket| net::spawn(receive::listen(rooms[socket.forward].clone(), socket)))
        .collect();
    while !shared.is_stopping() {
        net::timer::sleep_until(clock::now().plus(STOP_LOOK)).await;
    }
    listening.into_iter().for_each(net::Task::abort);
    pending::<()>().await;
}
