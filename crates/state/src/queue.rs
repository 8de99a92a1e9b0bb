//! Slots and queues: what `maxconn`, `minconn`, `maxqueue` and `timeout queue` of servers act on (configuration
//! manual, 5.2 "maxconn", 4.2 "fullconn", "http-request set-priority-class").
//!
//! A request that is served by a server holds a [`Slot`]. Taking one is an atomic addition as long as the server has
//! room. When it has none the request waits: for that server alone, if persistence or a hash chose it, or for any
//! server of the backend. A slot that is dropped goes to whoever is next: lower class first, then the earlier time
//! (arrival plus priority offset), and at the same instant the server's own line before the backend's.
//!
//! Nobody is forgotten: who waits first enters the line, then looks whether a slot is free; who leaves first gives the
//! slot back, then looks whether somebody waits. A fence lies between the two steps on both sides, so one of them sees
//! the other.

mod line;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{Ordering::SeqCst, fence};
use std::task::{Context, Poll, Waker};

use arc_swap::ArcSwap;
use base::clock;
use parking_lot::Mutex;
use smallvec::SmallVec;

use self::line::{Backend, Entry, Lines, State};
use crate::balance::Balancer;
use crate::counters::Gauge;
use crate::server::Server;

/// The highest priority class's distance from 0.
const CLASS_MAX: i32 = 0x7ff;
/// The highest priority offset's distance from 0, in milliseconds.
const OFFSET_MAX: i32 = 0x7_ffff;

/// Where a request stands among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Priority {
    /// Lower is served first; -2047 to 2047.
    pub class: i32,
    /// Milliseconds by which it counts as arrived later, or earlier if negative; -524287 to 524287.
    pub offset_ms: i32,
}

impl Priority {
    /// The nearest one that HAProxy knows.
    #[must_use]
    pub fn clamped(self) -> Self {
        Priority {
            class: self.class.clamp(-CLASS_MAX, CLASS_MAX),
            offset_ms: self.offset_ms.clamp(-OFFSET_MAX, OFFSET_MAX),
        }
    }
}

/// Whether a request may be sent elsewhere when the server it waits for goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Persistence {
    /// It may.
    #[default]
    Free,
    /// `force-persist` binds it to this server, down or not.
    Forced,
}

/// What a request brings along when it has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ticket {
    /// Where it stands.
    pub priority: Priority,
    /// Whether it may go elsewhere.
    pub persistence: Persistence,
}

/// How many requests were served before one while it waited, itself included: 0 if it never did. For the log's `%sq`
/// and `%bq`; waits of one request add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// In servers' lines.
    pub server: u32,
    /// In the backend's line.
    pub backend: u32,
}

impl std::ops::AddAssign for Position {
    fn add_assign(&mut self, other: Position) {
        self.server += other.server;
        self.backend += other.backend;
    }
}

/// What came of asking a server for a slot.
#[derive(Debug)]
pub enum Entered {
    /// Served at once.
    Slot(Slot),
    /// To be awaited.
    Wait(Waiter),
    /// The server's `maxqueue` is reached: redispatch, or 503.
    Full,
}

/// How a wait ended.
#[derive(Debug)]
pub enum Outcome {
    /// A server takes the request.
    Granted {
        /// The slot, which names the server.
        slot: Slot,
        /// For the log.
        position: Position,
    },
    /// The server waited for takes no more requests, or none of the backend does: choose again.
    Redispatch {
        /// For the log.
        position: Position,
    },
}

/// What happens to those who wait for a server that goes down (`option redispatch`, `option persist`, maintenance).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redistribute {
    /// Those that persistence does not force choose again.
    Free,
    /// They stay.
    Nobody,
}

/// The slots and queues of one backend.
#[derive(Debug)]
pub struct Queue {
    balancer: ArcSwap<Balancer>,
    /// Length of the backend's own line: the same gauge as the proxy's.
    queued: Arc<Gauge>,
    lines: Mutex<Lines>,
}

impl Queue {
    /// Nobody served, nobody waiting. `queued` will count those who wait for any server.
    #[must_use]
    pub fn new(balancer: Arc<Balancer>, queued: Arc<Gauge>) -> Self {
        Queue { balancer: ArcSwap::new(balancer), queued, lines: Mutex::new(Lines::default()) }
    }

    /// Goes on with another balancer after a reload; servers must have kept their ids.
    pub fn set_balancer(&self, balancer: Arc<Balancer>) {
        self.balancer.store(balancer);
    }

    /// Requests that wait for any server.
    #[must_use]
    pub fn queued(&self) -> u32 {
        self.queued.get()
    }

    /// Asks for a slot of a server that was chosen.
    #[must_use]
    pub fn enter(self: &Arc<Self>, server: &Arc<Server>, ticket: Ticket) -> Entered {
        if let Some(slot) = self.try_enter(server) {
            return Entered::Slot(slot);
        }
        if server.maxqueue > 0 && server.queued.get() >= server.maxqueue {
            return Entered::Full;
        }
        let entry = self.enqueue(Some(server), ticket);
        self.fill(server);
        Entered::Wait(Waiter { queue: Arc::clone(self), entry: Some(entry) })
    }

    /// A slot of `server`, if it has room and nobody waits for it: no lock is taken.
    #[must_use]
    pub fn try_enter(self: &Arc<Self>, server: &Arc<Server>) -> Option<Slot> {
        let balancer = self.balancer.load();
        let limit = balancer.load().limit(server);
        if limit != 0 && server.queued.get() > 0 || !server.served.try_enter(limit) {
            return None;
        }
        balancer.server_taken(server);
        Some(Slot { queue: Arc::clone(self), server: Arc::clone(server) })
    }

    /// Waits for any of the backend's servers, when all that balancing may choose are saturated.
    pub fn wait(self: &Arc<Self>, servers: &[Arc<Server>], ticket: Ticket) -> Waiter {
        let entry = self.enqueue(None, ticket);
        let balancer = self.balancer.load();
        // One may have become free after the choice; its last slot's owner did not see this request yet.
        for server in servers {
            if self.queued.get() == 0 {
                break;
            }
            let limit = balancer.load().limit(server);
            if (limit == 0 || server.served.get() < limit) && balancer.is_in_use(server.id) {
                self.fill(server);
            }
        }
        Waiter { queue: Arc::clone(self), entry: Some(entry) }
    }

    fn enqueue(&self, server: Option<&Arc<Server>>, ticket: Ticket) -> usize {
        let Priority { class, offset_ms } = ticket.priority.clamped();
        let now_ms = i64::try_from(clock::now().0).unwrap_or(i64::MAX);
        let time_ms = now_ms.saturating_add(i64::from(offset_ms));
        let entry = {
            let mut lines = self.lines.lock();
            server.map_or(&*self.queued, |server| &server.queued).enter();
            lines.add(server, (class, time_ms), ticket.persistence)
        };
        fence(SeqCst);
        entry
    }

    fn release(&self, server: &Arc<Server>) {
        server.served.leave();
        self.balancer.load().server_released(server);
        fence(SeqCst);
        if server.queued.get() > 0 || self.queued.get() > 0 {
            self.fill(server);
        }
    }

    /// Gives `server`'s free slots to those who wait: after its limit rose or it came up, and whenever one is given
    /// back. Returns how many were served.
    pub fn fill(&self, server: &Arc<Server>) -> usize {
        let balancer = self.balancer.load();
        let limit = balancer.load().limit(server);
        // Who may wait for any server may not wait for one that is down, nor for a backup that is not needed.
        let backend = if balancer.is_in_use(server.id) { Backend::Considered } else { Backend::LeftOut };
        let mut wakers = Wakers::new();
        let mut granted = 0;
        let mut lines = self.lines.lock();
        while let Some(number) = lines.next(server.id, backend)
            && server.served.try_enter(limit)
        {
            balancer.server_taken(server);
            self.finish(&mut lines, number, State::Granted(Arc::clone(server)), &mut wakers);
            granted += 1;
        }
        drop(lines);
        wakers.into_iter().for_each(Waker::wake);
        granted
    }

    /// Lets those choose again who wait for a server that takes no more requests (the balancer knows already); when
    /// none of the backend does, those who wait for any as well. Returns how many.
    pub fn redistribute(&self, server: &Server, whom: Redistribute) -> usize {
        let has_servers = self.balancer.load().usable() > 0;
        let mut wakers = Wakers::new();
        let mut lines = self.lines.lock();
        let mut leaving = match whom {
            Redistribute::Free => lines.waiting(Some(server.id)),
            Redistribute::Nobody => Vec::new(),
        };
        leaving.retain(|number| lines.entry(*number).persistence == Persistence::Free);
        if !has_servers {
            leaving.extend(lines.waiting(None));
        }
        for number in &leaving {
            self.finish(&mut lines, *number, State::Released, &mut wakers);
        }
        drop(lines);
        wakers.into_iter().for_each(Waker::wake);
        leaving.len()
    }

    fn finish(&self, lines: &mut Lines, number: usize, state: State, wakers: &mut Wakers) {
        let (server, waker) = lines.finish(number, state);
        server.as_ref().map_or(&*self.queued, |server| &server.queued).leave();
        wakers.extend(waker);
    }
}

/// Whom to wake once the lock is given back.
type Wakers = SmallVec<[Waker; 4]>;

/// A request's place at a server; dropping it serves the next one. A retry on the same server keeps it.
#[derive(Debug)]
pub struct Slot {
    queue: Arc<Queue>,
    server: Arc<Server>,
}

impl Slot {
    /// The server whose slot it is.
    #[must_use]
    pub fn server(&self) -> &Arc<Server> {
        &self.server
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.queue.release(&self.server);
    }
}

/// A request that waits. Dropping it leaves the line; a slot that was granted meanwhile is passed on.
#[derive(Debug)]
#[must_use = "a waiter that is dropped leaves its line"]
pub struct Waiter {
    queue: Arc<Queue>,
    /// Its number among the queue's entries until its outcome is taken.
    entry: Option<usize>,
}

impl Waiter {
    /// Whether the wait is over; if not, `context` is woken when it is, from any thread.
    ///
    /// # Panics
    /// When it is polled again after its outcome was taken.
    pub fn poll_outcome(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        let number = self.entry.expect("a waiter is not polled after its outcome");
        let mut lines = self.queue.lines.lock();
        let entry = lines.entry(number);
        if matches!(entry.state, State::Waiting) {
            let is_known = entry.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker()));
            let replaced = if is_known { None } else { entry.waker.replace(context.waker().clone()) };
            // A waker may own a task, and that another waiter: it must not be dropped under the lock.
            drop(lines);
            drop(replaced);
            return Poll::Pending;
        }
        let entry = lines.take(number);
        drop(lines);
        self.entry = None;
        Poll::Ready(self.outcome(entry))
    }

    fn outcome(&self, entry: Entry) -> Outcome {
        let position = entry.position;
        match entry.state {
            State::Granted(server) => {
                Outcome::Granted { slot: Slot { queue: Arc::clone(&self.queue), server }, position }
            }
            State::Waiting | State::Released => Outcome::Redispatch { position },
        }
    }

    /// Gives up waiting, because the client left or `timeout queue` struck. If a slot was granted meanwhile it is
    /// passed on. Returns the position for the log.
    pub fn give_up(mut self) -> Position {
        self.leave()
    }

    fn leave(&mut self) -> Position {
        let Some(number) = self.entry.take() else { return Position::default() };
        let mut wakers = Wakers::new();
        let mut lines = self.queue.lines.lock();
        if matches!(lines.entry(number).state, State::Waiting) {
            self.queue.finish(&mut lines, number, State::Released, &mut wakers);
        }
        let entry = lines.take(number);
        drop(lines);
        match self.outcome(entry) {
            Outcome::Granted { slot, position } => {
                drop(slot);
                position
            }
            Outcome::Redispatch { position } => position,
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Future for Waiter {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        self.poll_outcome(context)
    }
}
