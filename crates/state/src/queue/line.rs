//! The lines of one backend: who waits, in which order, and how each wait ended. Everything here is behind the
//! queue's lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;

use base::ServerId;

use super::{Persistence, Position};
use crate::server::Server;

/// A place in a line; the least is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    pub(super) class: i32,
    /// When it came, offset included.
    pub(super) time_ms: i64,
    /// Counts those who came, so that equals stay in order.
    arrival: u64,
}

/// How far a wait has got.
#[derive(Debug)]
pub(super) enum State {
    Waiting,
    /// A slot of this server was taken in its name.
    Granted(Arc<Server>),
    /// It is to choose again.
    Released,
}

/// One who waits, or waited and was not told yet.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) state: State,
    pub(super) waker: Option<Waker>,
    pub(super) persistence: Persistence,
    pub(super) position: Position,
    /// The server waited for; `None` for any.
    server: Option<Arc<Server>>,
    order: Order,
    /// What its line had served when it came.
    served_before: u32,
}

/// Those who wait for the same.
#[derive(Debug, Default)]
struct Line {
    waiting: BTreeMap<Order, usize>,
    /// Counts those who were served.
    served: u32,
}

/// Whether the backend's line is looked at as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    Considered,
    LeftOut,
}

/// All lines of a backend.
#[derive(Debug, Default)]
pub(super) struct Lines {
    entries: Vec<Option<Entry>>,
    free: Vec<usize>,
    backend: Line,
    servers: Vec<Line>,
    arrivals: u64,
}

impl Lines {
    /// Adds one who came at `time_ms` to the line of `server`, or to the backend's.
    pub(super) fn add(
        &mut self,
        server: Option<&Arc<Server>>,
        (class, time_ms): (i32, i64),
        persistence: Persistence,
    ) -> usize {
        self.arrivals += 1;
        let order = Order { class, time_ms, arrival: self.arrivals };
        let number = self.free.pop().unwrap_or(self.entries.len());
        if number == self.entries.len() {
            self.entries.push(None);
        }
        let line = self.line(server.map(|server| server.id));
        line.waiting.insert(order, number);
        let served_before = line.served;
        self.entries[number] = Some(Entry {
            state: State::Waiting,
            waker: None,
            persistence,
            position: Position::default(),
            server: server.cloned(),
            order,
            served_before,
        });
        number
    }

    fn line(&mut self, server: Option<ServerId>) -> &mut Line {
        let Some(id) = server else { return &mut self.backend };
        if self.servers.len() <= id.index() {
            self.servers.resize_with(id.index() + 1, Line::default);
        }
        &mut self.servers[id.index()]
    }

    /// Who is next at `server`.
    pub(super) fn next(&self, server: ServerId, backend: Backend) -> Option<usize> {
        let own = self.servers.get(server.index()).and_then(|line| line.waiting.first_key_value());
        let any = match backend {
            Backend::Considered => self.backend.waiting.first_key_value(),
            Backend::LeftOut => None,
        };
        let (_, number) = match (own, any) {
            (Some(own), Some(any)) => {
                if (own.0.class, own.0.time_ms) <= (any.0.class, any.0.time_ms) {
                    own
                } else {
                    any
                }
            }
            (own, any) => own.or(any)?,
        };
        Some(*number)
    }

    /// Those who wait for `server`, or for any.
    pub(super) fn waiting(&mut self, server: Option<ServerId>) -> Vec<usize> {
        self.line(server).waiting.values().copied().collect()
    }

    /// An entry by its number, which its waiter holds until it has taken it away.
    pub(super) fn entry(&mut self, number: usize) -> &mut Entry {
        self.entries[number].as_mut().expect("a waiter's entry lives as long as the waiter")
    }

    /// Takes one out of its line for good; returns the server it waited for and whom to wake.
    pub(super) fn finish(&mut self, number: usize, state: State) -> (Option<Arc<Server>>, Option<Waker>) {
        let is_served = matches!(state, State::Granted(_));
        let entry = self.entry(number);
        let (order, served_before, server) = (entry.order, entry.served_before, entry.server.take());
        let waker = entry.waker.take();
        entry.state = state;
        let line = self.line(server.as_ref().map(|server| server.id));
        line.waiting.remove(&order);
        let position = line.served.wrapping_sub(served_before).saturating_add(1);
        line.served = line.served.wrapping_add(u32::from(is_served));
        self.entry(number).position = match server {
            Some(_) => Position { server: position, backend: 0 },
            None => Position { server: 0, backend: position },
        };
        (server, waker)
    }

    /// Forgets an entry that is in no line any more.
    pub(super) fn take(&mut self, number: usize) -> Entry {
        let entry = self.entries[number].take().expect("an entry is taken once, by its waiter");
        self.free.push(number);
        entry
    }
}
