//! Load: many connections on one thread.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustls::ClientConfig;

use crate::Trouble;
use crate::answer::{self, Connection};
use crate::certificates::Host;
use crate::client::{Client, Event};

/// How long nothing may come before all who wait are given up.
const SILENCE: Duration = Duration::from_secs(5);
/// Events taken at once.
const EVENTS: usize = 256;

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Count {
    /// Whole, correct answers.
    pub(crate) answers: u64,
    /// What went wrong, each with its count.
    pub(crate) errors: BTreeMap<&'static str, usize>,
    pub(crate) lasted: Duration,
}

/// What a connection does after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Asks again.
    Ask,
    /// Makes way for a new connection, to the next host.
    Replace,
    /// Rests.
    Rest,
}

/// Connections to one proxy.
pub(crate) struct Load<'h> {
    port: u16,
    config: Arc<ClientConfig>,
    body: Vec<u8>,
    hosts: &'h [Host],
    /// Counts connections; decides which host is next.
    opened: usize,
    epoll: OwnedFd,
    clients: Vec<Option<Client>>,
    /// How many of them wait for an answer.
    waiting: usize,
    /// Since when nothing has come.
    heard: Instant,
    count: Count,
}

impl<'h> Load<'h> {
    /// Load on this port: connections go to these hosts, in an order that jumps about.
    pub(crate) fn new(port: u16, config: Arc<ClientConfig>, hosts: &'h [Host]) -> Result<Load<'h>, Trouble> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(Trouble::of("epoll"))?;
        Ok(Load {
            port,
            config,
            body: answer::body().into_bytes(),
            hosts,
            opened: 0,
            epoll,
            clients: Vec::new(),
            waiting: 0,
            heard: Instant::now(),
            count: Count::default(),
        })
    }

    /// Opens connections until there are `total`, at most `at_once` handshakes at a time, and awaits one answer on each.
    pub(crate) fn open(&mut self, total: usize, at_once: usize) -> Result<Count, Trouble> {
        let began = self.begin();
        while self.clients.len() < total || self.waiting > 0 {
            while self.clients.len() < total && self.waiting < at_once {
                let client = self.connect(self.clients.len(), Connection::KeepAlive)?;
                self.clients.push(Some(client));
            }
            self.turn(Next::Rest, SILENCE)?;
        }
        Ok(self.end(began))
    }

    /// Requests on all kept connections, one after the other, for this long.
    pub(crate) fn keep_asking(&mut self, length: Duration) -> Result<Count, Trouble> {
        let began = self.begin();
        self.ask_all();
        while began.elapsed() < length && self.waiting > 0 {
            self.turn(Next::Ask, length.saturating_sub(began.elapsed()))?;
        }
        self.settle()?;
        Ok(self.end(began))
    }

    /// One request on each kept connection.
    pub(crate) fn ask_once(&mut self) -> Result<Count, Trouble> {
        let began = self.begin();
        self.ask_all();
        self.settle()?;
        Ok(self.end(began))
    }

    /// Connections with one request each, `at_once` at a time, for this long.
    pub(crate) fn keep_connecting(&mut self, at_once: usize, length: Duration) -> Result<Count, Trouble> {
        self.clients.clear();
        let began = self.begin();
        for place in 0..at_once {
            let client = self.connect(place, Connection::Close)?;
            self.clients.push(Some(client));
        }
        while began.elapsed() < length && self.waiting > 0 {
            self.turn(Next::Replace, length.saturating_sub(began.elapsed()))?;
        }
        self.settle()?;
        Ok(self.end(began))
    }

    fn begin(&mut self) -> Instant {
        self.count = Count::default();
        self.heard = Instant::now();
        self.heard
    }

    fn end(&mut self, began: Instant) -> Count {
        Count { lasted: began.elapsed(), ..std::mem::take(&mut self.count) }
    }

    /// Awaits what is still under way.
    fn settle(&mut self) -> Result<(), Trouble> {
        while self.waiting > 0 {
            self.turn(Next::Rest, SILENCE)?;
        }
        Ok(())
    }

    fn connect(&mut self, place: usize, connection: Connection) -> Result<Client, Trouble> {
        // A prime that divides no usual number of certificates: the hosts come in no order that could help anyone.
        let host = &self.hosts[self.opened.wrapping_mul(7919) % self.hosts.len()];
        self.opened += 1;
        let client = Client::connect(self.port, &self.config, host, connection)?;
        let data = epoll::EventData::new_u64(u64::try_from(place).unwrap_or(u64::MAX));
        epoll::add(&self.epoll, client.socket(), data, epoll::EventFlags::IN)
            .map_err(Trouble::of("epoll"))?;
        self.waiting += 1;
        Ok(client)
    }

    fn ask_all(&mut self) {
        for place in 0..self.clients.len() {
            self.ask(place);
        }
    }

    fn ask(&mut self, place: usize) {
        if let Some(client) = &mut self.clients[place] {
            self.waiting += 1;
            if let Event::Broken(what) = client.ask() {
                self.drop_client(place, what);
            }
        }
    }

    fn drop_client(&mut self, place: usize, what: &'static str) {
        let client = self.clients[place].take();
        self.waiting -= usize::from(client.is_some_and(|client| client.is_waiting()));
        *self.count.errors.entry(what).or_default() += 1;
    }

    /// Waits for input, at most `limit`, and handles it.
    fn turn(&mut self, next: Next, limit: Duration) -> Result<(), Trouble> {
        let mut events =
            [epoll::Event { flags: epoll::EventFlags::empty(), data: epoll::EventData::new_u64(0) }; EVENTS];
        let limit = Timespec::try_from(limit.min(SILENCE)).map_err(Trouble::of("a time limit"))?;
        let got = match epoll::wait(&self.epoll, &mut events, Some(&limit)) {
            Ok(got) => got,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => return Err(Trouble::Failed(format!("epoll: {error}"))),
        };
        for event in &events[..got] {
            let place = usize::try_from(event.data.u64()).unwrap_or(usize::MAX);
            self.on_input(place, next)?;
        }
        if got > 0 {
            self.heard = Instant::now();
        } else if self.heard.elapsed() >= SILENCE {
            return Err(Trouble::Failed(format!("{} answers do not come", self.waiting)));
        }
        Ok(())
    }

    fn on_input(&mut self, place: usize, next: Next) -> Result<(), Trouble> {
        let Some(client) = self.clients.get_mut(place).and_then(Option::as_mut) else { return Ok(()) };
        match client.on_input(&self.body) {
            Event::Waiting => {}
            Event::Broken(what) => self.drop_client(place, what),
            Event::Answered => {
                self.count.answers += 1;
                self.waiting -= 1;
                match next {
                    // What the proxy closes now, it may close.
                    Next::Rest if client.connection() == Connection::Close => self.clients[place] = None,
                    Next::Rest => {}
                    Next::Ask => self.ask(place),
                    Next::Replace => {
                        let client = self.connect(place, Connection::Close)?;
                        self.clients[place] = Some(client);
                    }
                }
            }
        }
        Ok(())
    }
}
