//! One `resolvers` section at work: its resolver, its name servers, who waits for what.
//!
//! [`Section::turn`] is the one place where time passes, events are followed and questions go out; whatever brings news wakes the
//! section's task, which takes that turn.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ::resolve::{
    Choice, Event, Families, Kind, Member, Name, Preference, Preferences, Question, Requester, ResolutionId,
    Resolver, Status, Taken,
};
use base::clock::{self, Millis};
use config::model::{NameserverAddress, ResolversConfig};
use rustc_hash::FxHashMap;
use tokio::sync::{Notify, oneshot};

use super::{tcp, udp};
use crate::shared::Shared;

/// How long what was found out about IPv6 counts.
const FAMILIES_MS: Duration = Duration::from_secs(30);
/// Turns in a row, where what is found out is asked on at once: a service, its host.
const TURNS_MAX: usize = 4;

/// A name server, as it is reached.
pub(super) enum Line {
    Udp(udp::Nameserver),
    Tcp(tcp::Nameserver),
}

/// A request that waits for an address.
struct Call {
    resolution: ResolutionId,
    preferences: Preferences,
    answer: oneshot::Sender<Option<IpAddr>>,
}

/// A section.
pub(super) struct Section {
    pub(super) shared: Arc<Shared>,
    number: usize,
    pub(super) resolver: RefCell<Resolver>,
    lines: Vec<Line>,
    /// The resolution of each server that has one.
    pub(super) linked: RefCell<FxHashMap<Member, ResolutionId>>,
    calls: RefCell<FxHashMap<u64, Call>>,
    last_call: Cell<u64>,
    families: Cell<(Families, Millis)>,
    wake: Notify,
    /// Where messages are read to, one byte longer than any that is taken.
    pub(super) buffer: RefCell<Vec<u8>>,
}

impl Section {
    pub(super) fn new(shared: &Arc<Shared>, number: usize) -> Rc<Section> {
        let config = &shared.config.resolvers[number];
        let counters = shared.resolvers[number].counters.clone();
        let line = |address: &NameserverAddress| match address {
            NameserverAddress::Udp(place) => Line::Udp(udp::Nameserver::new(*place)),
            NameserverAddress::Tcp(place) => Line::Tcp(tcp::Nameserver::new(*place)),
        };
        Rc::new(Section {
            shared: shared.clone(),
            number,
            resolver: RefCell::new(Resolver::new(config.settings.clone(), counters, random)),
            lines: config.nameservers.iter().map(|server| line(&server.address)).collect(),
            linked: RefCell::default(),
            calls: RefCell::default(),
            last_call: Cell::new(0),
            families: Cell::new((Families::Both, Millis(0))),
            wake: Notify::new(),
            buffer: RefCell::new(vec![0; usize::from(config.settings.payload_bytes_max) + 1]),
        })
    }

    /// What the configuration says of it.
    pub(super) fn config(&self) -> &ResolversConfig {
        &self.shared.config.resolvers[self.number]
    }

    /// Its number.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// The way to the name server at `place`.
    pub(super) fn line(&self, place: usize) -> &Line {
        &self.lines[place]
    }

    /// Links the servers of the configuration, and works from now on.
    pub(super) fn start(self: &Rc<Self>) {
        self.find_families();
        self.link_servers();
        for (place, line) in self.lines.iter().enumerate() {
            if let Line::Tcp(_) = line {
                net::spawn(tcp::serve(self.clone(), place));
            }
        }
        net::spawn(run(self.clone()));
    }

    /// Has the section's task look what there is to do.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Takes what the name server at `place` sent, which lies in the buffer.
    pub(super) fn receive(&self, place: usize, len: usize) -> Taken {
        let buffer = self.buffer.borrow();
        let taken = self.resolver.borrow_mut().on_message(place, &buffer[..len], clock::now());
        self.wake();
        taken
    }

    /// Which families of addresses are wanted now.
    pub(super) fn families(&self) -> Families {
        self.families.get().0
    }

    fn find_families(&self) {
        let (_, until) = self.families.get();
        let now = clock::now();
        if now < until {
            return;
        }
        let families = self.shared.config.global.dns_families.unwrap_or_else(reachable);
        self.families.set((families, now.plus(FAMILIES_MS)));
        self.resolver.borrow_mut().set_families(families);
    }

    fn turn(self: &Rc<Self>) {
        let now = clock::now();
        self.find_families();
        for _ in 0..TURNS_MAX {
            self.resolver.borrow_mut().on_time(now);
            while let Some(event) = self.next_event() {
                self.follow(event, now);
            }
            self.send_questions();
            if self.deadline().is_none_or(|at| at > now) {
                break;
            }
        }
    }

    fn next_event(&self) -> Option<Event> {
        self.resolver.borrow_mut().poll_event()
    }

    fn deadline(&self) -> Option<Millis> {
        self.resolver.borrow().deadline()
    }

    fn send_questions(self: &Rc<Self>) {
        loop {
            let Some(question) = self.resolver.borrow_mut().poll_send() else { return };
            for place in 0..self.lines.len() {
                self.send(place, question.clone());
            }
        }
    }

    fn send(self: &Rc<Self>, place: usize, question: Question) {
        match &self.lines[place] {
            Line::Udp(nameserver) => nameserver.send(self, place, question),
            Line::Tcp(nameserver) => nameserver.send(question),
        }
    }

    fn follow(self: &Rc<Self>, event: Event, now: Millis) {
        match event {
            Event::Answered { resolution, nameserver, freed, assignments } => {
                self.free_servers(&freed, now);
                self.assign(assignments, now);
                let requesters = self.requesters(resolution);
                // Whoever comes first has the answer, the others have it from the cache.
                for (position, requester) in requesters.into_iter().enumerate() {
                    let nameserver = (position == 0).then_some(nameserver);
                    match requester {
                        Requester::Server(member) => self.settle(resolution, member, nameserver),
                        Requester::Call(number) => self.answer(number, now),
                        Requester::Service(_) => {}
                    }
                }
            }
            Event::Failed { resolution, status, is_held, freed } => {
                self.free_servers(&freed, now);
                for requester in self.requesters(resolution) {
                    match requester {
                        Requester::Server(member) if !is_held => self.fail(resolution, member, status),
                        Requester::Call(number) => self.answer(number, now),
                        Requester::Server(_) | Requester::Service(_) => {}
                    }
                }
            }
        }
    }

    fn requesters(&self, resolution: ResolutionId) -> Vec<Requester> {
        self.resolver.borrow().requesters(resolution)
    }

    /// A request wants the address of a name.
    pub(super) fn call(&self, name: &Name, preference: Preference, answer: oneshot::Sender<Option<IpAddr>>) {
        let now = clock::now();
        self.find_families();
        let number = self.last_call.get() + 1;
        self.last_call.set(number);
        let kind = Kind::of_address(preference, self.families());
        let linked = self.resolver.borrow_mut().link(name, kind, Requester::Call(number), now);
        // Too many wait: this one goes on without an address, as the sender is dropped.
        let Some(resolution) = linked else { return };
        let preferences = Preferences { family: preference, ..Preferences::default() };
        self.calls.borrow_mut().insert(number, Call { resolution, preferences, answer });
        if self.resolver.borrow().is_settled(resolution, now) {
            self.answer(number, now);
        }
        self.wake();
    }

    /// Tells a request what is known.
    fn answer(&self, number: u64, now: Millis) {
        let Some(call) = self.calls.borrow_mut().remove(&number) else { return };
        let mut resolver = self.resolver.borrow_mut();
        let is_known = resolver.status(call.resolution) == Status::Valid;
        let choice = if is_known {
            resolver.choose(call.resolution, &call.preferences, None, None)
        } else {
            Choice::Nothing
        };
        let address = match choice {
            Choice::Change(ip) => Some(ip),
            Choice::Keep | Choice::Nothing => None,
        };
        resolver.unlink(call.resolution, Requester::Call(number), now);
        // Who does not wait any more has gone away.
        let _ = call.answer.send(address);
    }
}

async fn run(section: Rc<Section>) {
    loop {
        section.turn();
        let woken = pin!(section.wake.notified());
        match section.deadline() {
            None => woken.await,
            Some(at) => {
                tokio::select! {
                    () = woken => {}
                    () = net::timer::sleep_until(at) => {}
                }
            }
        }
    }
}

/// IPv4, and IPv6 where there is a route to the Internet of it; nothing is sent to find that out.
fn reachable() -> Families {
    let somewhere = SocketAddr::from((Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 53));
    let has_route = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).and_then(|socket| socket.connect(somewhere));
    if has_route.is_ok() { Families::Both } else { Families::V4 }
}

/// A number that nobody can foretell: a hash under a key of this thread's own.
fn random() -> u16 {
    thread_local! {
        static KEY: RandomState = RandomState::new();
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }
    COUNT.set(COUNT.get().wrapping_add(1));
    let hash = KEY.with(|key| key.hash_one(COUNT.get()));
    u16::try_from(hash & u64::from(u16::MAX)).unwrap_or(0)
}
