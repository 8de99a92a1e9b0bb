//! The streams of a worker as an operator sees them: which there are (`show sess`), and the end of one (`shutdown session`).
//!
//! Each exchange holds a [`Card`] for as long as it is pooled; a stream on its way writes a few words on it. Nobody reads them but
//! the worker itself, when the runtime API asks: requests pay for no lock and no list.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use base::clock::{self, Millis};
use base::{ProxyId, ServerId};
use sample::Txn;

use crate::shared::Shared;
use crate::worker::Message;

/// How long workers may take to tell their streams.
const ANSWER_WAIT: Duration = Duration::from_millis(500);

/// One stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamFacts {
    /// Its number in the process.
    pub id: u64,
    /// The worker that carries it.
    pub worker: usize,
    /// The client's address; `None` on UNIX sockets.
    pub src: Option<SocketAddr>,
    /// The frontend.
    pub frontend: ProxyId,
    /// The backend, once chosen.
    pub backend: Option<ProxyId>,
    /// Its server, once chosen.
    pub server: Option<ServerId>,
    /// Since when it has been there.
    pub age_ms: u64,
    /// Which request of its connection it is, counted from 1.
    pub request: u32,
}

/// What a stream writes down about itself.
#[derive(Debug, Default)]
pub(crate) struct Card {
    id: Cell<Option<u64>>,
    src: Cell<Option<SocketAddr>>,
    frontend: Cell<Option<ProxyId>>,
    backend: Cell<Option<ProxyId>>,
    server: Cell<Option<ServerId>>,
    began: Cell<Millis>,
    request: Cell<u32>,
    is_killed: Cell<bool>,
}

impl Card {
    /// A stream begins.
    pub(crate) fn begin(&self, txn: &Txn, now: Millis) {
        self.id.set(Some(txn.log.request_number));
        self.src.set(txn.session.src);
        self.frontend.set(Some(txn.frontend.id));
        self.backend.set(None);
        self.server.set(None);
        self.began.set(now);
        self.request.set(txn.session.requests);
        self.is_killed.set(false);
    }

    /// It belongs to a backend.
    pub(crate) fn set_backend(&self, backend: ProxyId) {
        self.backend.set(Some(backend));
    }

    /// It goes to a server.
    pub(crate) fn set_server(&self, server: Option<ServerId>) {
        self.server.set(server);
    }

    /// It is over.
    pub(crate) fn end(&self) {
        self.id.set(None);
        self.is_killed.set(false);
    }

    /// Whether an operator wants it to end.
    pub(crate) fn is_killed(&self) -> bool {
        self.is_killed.get()
    }

    fn facts(&self, worker: usize, now: Millis) -> Option<StreamFacts> {
        Some(StreamFacts {
            id: self.id.get()?,
            worker,
            src: self.src.get(),
            frontend: self.frontend.get()?,
            backend: self.backend.get(),
            server: self.server.get(),
            age_ms: now.since(self.began.get()),
            request: self.request.get(),
        })
    }
}

/// Carries on with a stream unless an operator ends it; `None`: one did, and what was under way is dropped.
pub(crate) fn unless_killed<'f, F: Future>(
    card: &'f Card,
    mut work: Pin<&'f mut F>,
) -> impl Future<Output = Option<F::Output>> + 'f {
    poll_fn(move |cx| if card.is_killed() { Poll::Ready(None) } else { work.as_mut().poll(cx).map(Some) })
}

/// The cards of a worker.
#[derive(Debug, Default)]
pub(crate) struct Streams(RefCell<Vec<Weak<Card>>>);

impl Streams {
    /// Remembers the card of a new exchange.
    pub(crate) fn add(&self, card: &Rc<Card>) {
        if self.0.borrow().len() == self.0.borrow().capacity() {
            self.trim();
        }
        self.0.borrow_mut().push(Rc::downgrade(card));
    }

    /// Forgets the cards of exchanges that are gone, whose memory is kept until then.
    pub(crate) fn trim(&self) {
        let mut cards = self.0.borrow_mut();
        cards.retain(|card| card.strong_count() > 0);
        let kept = cards.len();
        cards.shrink_to(2 * kept);
    }

    /// The streams that are under way.
    pub(crate) fn list(&self, worker: usize, now: Millis) -> Vec<StreamFacts> {
        let cards = self.0.borrow();
        cards.iter().filter_map(|card| card.upgrade()?.facts(worker, now)).collect()
    }

    /// Marks a stream for its end; whether it was found.
    pub(crate) fn kill(&self, id: u64) -> bool {
        let cards = self.0.borrow();
        let found = cards.iter().filter_map(Weak::upgrade).find(|card| card.id.get() == Some(id));
        found.is_some_and(|card| {
            card.is_killed.set(true);
            true
        })
    }
}

/// All streams of the process, the oldest first. A worker that does not answer soon is left out.
#[must_use]
pub fn list(shared: &Shared) -> Vec<StreamFacts> {
    let mut all: Vec<StreamFacts> = ask(shared, Message::Streams).into_iter().flatten().collect();
    all.sort_by_key(|stream| stream.id);
    all
}

/// Ends a stream. False: there is none with this number.
#[must_use]
pub fn shut_down(shared: &Shared, id: u64) -> bool {
    ask(shared, |answer| Message::KillStream { id, answer }).contains(&true)
}

/// How many idle connections each worker has to each server: by worker, then by [`crate::shared::ServerRun::pool`]. A worker that
/// does not answer soon has none.
#[must_use]
pub fn idle_connections(shared: &Shared) -> Vec<Vec<u32>> {
    let workers = shared.mailboxes.lock().len();
    let mut all = vec![Vec::new(); workers];
    for (worker, counts) in ask(shared, Message::Idle) {
        if let Some(place) = all.get_mut(worker) {
            *place = counts;
        }
    }
    all
}

/// One answer of each worker.
fn ask<T>(shared: &Shared, message: impl Fn(mpsc::Sender<T>) -> Message) -> Vec<T> {
    let (sender, answers) = mpsc::channel();
    for mailbox in shared.mailboxes.lock().iter() {
        mailbox.send(message(sender.clone()));
    }
    drop(sender);
    let end = clock::now().plus(ANSWER_WAIT);
    let mut all = Vec::new();
    // The channel ends when the last worker has answered.
    while let Ok(answer) = answers.recv_timeout(Duration::from_millis(end.since(clock::now()))) {
        all.push(answer);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_come_and_go() {
        let streams = Streams::default();
        let cards: Vec<Rc<Card>> = (0..3).map(|_| Rc::new(Card::default())).collect();
        cards.iter().for_each(|card| streams.add(card));
        cards[1].id.set(Some(7));
        cards[1].frontend.set(Some(ProxyId::from_index(0)));
        cards[1].set_backend(ProxyId::from_index(2));
        let list = streams.list(1, Millis(10));
        assert_eq!((list.len(), list[0].id, list[0].backend), (1, 7, Some(ProxyId::from_index(2))));
        assert!(!streams.kill(8) && streams.kill(7) && cards[1].is_killed());
        cards[1].end();
        assert!(streams.list(1, Millis(10)).is_empty() && !cards[1].is_killed());
        drop(cards);
        (0..100).for_each(|_| streams.add(&Rc::new(Card::default())));
        assert!(streams.0.borrow().len() < 100, "those that are gone are forgotten");
    }
}
