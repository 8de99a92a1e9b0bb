//! A worker's acceptors: started with it, paused and resumed by operators, ended by a stop.
//!
//! ```text
//!   Accepting --disable frontend--> Paused --enable frontend--> Accepting
//!       \________________ stop ________/
//! ```
//! A paused TCP socket refuses connections; the address stays its own. A UNIX socket cannot: connections wait there.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;

use base::ProxyId;
use net::listener::Accepted;
use state::Proxy;

use crate::accept;
use crate::shared::Shared;
use crate::worker::{Assigned, Message, Worker};

/// Connections that may wait in the kernel where the configuration does not say.
const BACKLOG: u32 = 1024;

/// Whether a frontend takes new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// It does.
    On,
    /// It does not.
    Off,
}

/// Lets a frontend take new connections, or not (`enable frontend`, `disable frontend`). Answers whether anything
/// changed; the workers follow soon.
pub fn set_listening(shared: &Shared, frontend: &Proxy, listening: Listening) -> bool {
    let is_paused = listening == Listening::Off;
    if frontend.is_paused.swap(is_paused, Relaxed) == is_paused {
        return false;
    }
    for mailbox in shared.mailboxes.lock().iter() {
        mailbox.send(Message::Listen { frontend: frontend.id, listening });
    }
    true
}

/// One listening socket of a worker.
struct Acceptor {
    listener: usize,
    is_shared: bool,
    /// A duplicate that outlives the task; `None` when none could be made: it cannot be paused then.
    kept: Option<OwnedFd>,
    /// `None` while it is paused.
    task: Option<net::Task>,
}

/// All of a worker.
pub(crate) struct Acceptors(Vec<Acceptor>);

impl Acceptors {
    /// Accepts on all of them.
    pub(crate) fn start(worker: &Rc<Worker>, assigned: Vec<Assigned>) -> Acceptors {
        let start = |assigned: Assigned| {
            let (listener, is_shared) = (assigned.listener, assigned.is_shared);
            let kept = assigned.fd.try_clone().ok();
            let task = Some(net::spawn(accept::run(worker.clone(), assigned)));
            Acceptor { listener, is_shared, kept, task }
        };
        Acceptors(assigned.into_iter().map(start).collect())
    }

    /// Ends all of them; their sockets are closed. What waits on them is served first: another process may hold the same
    /// sockets, but where none does, closing them would reset it.
    pub(crate) fn stop(&mut self, worker: &Rc<Worker>) {
        for Acceptor { listener, kept, task, .. } in self.0.drain(..) {
            let Some(task) = task else { continue };
            task.abort();
            let Some(kept) = kept else { continue };
            net::listener::drain(kept.as_fd(), |Accepted { fd, peer }| {
                accept::adopt(worker, fd, peer, listener);
            });
        }
    }

    /// Pauses or resumes those of a frontend.
    pub(crate) fn set(&mut self, worker: &Rc<Worker>, frontend: ProxyId, listening: Listening) {
        let listeners = &worker.shared.listeners;
        for acceptor in self.0.iter_mut().filter(|acceptor| listeners[acceptor.listener].proxy == frontend) {
            match listening {
                Listening::Off => acceptor.pause(),
                Listening::On => acceptor.resume(worker, frontend),
            }
        }
    }
}

impl Acceptor {
    fn pause(&mut self) {
        let Some(kept) = &self.kept else { return };
        if let Some(task) = self.task.take() {
            task.abort();
            // What cannot be shut down goes on listening, and nobody accepts.
            let _ = net::listener::suspend(kept.as_fd());
        }
    }

    fn resume(&mut self, worker: &Rc<Worker>, frontend: ProxyId) {
        if self.task.is_some() {
            return;
        }
        let Some(fd) = self.kept.as_ref().and_then(|kept| kept.try_clone().ok()) else { return };
        let backlog = worker.shared.config.proxy(frontend).backlog.unwrap_or(BACKLOG);
        if net::listener::resume(fd.as_fd(), backlog).is_ok() {
            let assigned = Assigned { listener: self.listener, fd, is_shared: self.is_shared };
            self.task = Some(net::spawn(accept::run(worker.clone(), assigned)));
        }
    }
}
