//! One `resolvers` section at work: which names are asked for, when, and what came of it.
//!
//! ```text
//!                 due, somebody wants it
//!   +---------+ -------------------------> +---------+ --+ an error, of the other family not asked yet;
//!   | waiting |                            | running |   | or `timeout retry` is over and a try is left:
//!   +---------+ <------------------------- +---------+ <-+ ask again, under a new number
//!     |         a good answer; no try left
//!     +--> gone: nobody wants it, and `hold valid` is over
//! ```
//! What holds: a name and a kind of question have one resolution, whoever wants it; each stands in `due` once; the number of a
//! question is that of the running resolution that asked it last.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use base::clock::Millis;

use crate::Kind;
use crate::choose::{Choice, Preferences};
use crate::counters::{Counter, Counters};
use crate::message::{self, Families, Fault};
use crate::name::Name;
use crate::records::Records;
use crate::service::{Assignment, Member, Service};
use crate::settings::Settings;

/// Names that are asked for at once, where requests choose them.
const RESOLUTIONS_MAX: usize = 32_768;
/// How often a free number for a question is looked for.
const NUMBER_TRIES: usize = 100;
/// Questions follow each other no faster, whatever the section says.
const PAUSE_MS_MIN: u64 = 1;

/// Names a resolution; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResolutionId(u64);

/// Who wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requester {
    /// A server, its address.
    Server(Member),
    /// Servers of a backend, where the service is: its number here.
    Service(usize),
    /// A request, once.
    Call(u64),
}

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing yet.
    Unknown,
    /// Its records.
    Valid,
    /// There is no such name.
    Nx,
    /// The name servers refuse.
    Refused,
    /// They do not answer.
    Timeout,
    /// They answer something else.
    Other,
}

/// A message for all name servers of the section.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its number.
    pub number: u16,
    /// Its bytes.
    pub message: Arc<[u8]>,
    /// Nobody waits for an answer any more after this.
    pub until: Millis,
}

/// What came of a resolution.
#[derive(Debug)]
pub enum Event {
    /// There are records.
    Answered {
        /// Which one.
        resolution: ResolutionId,
        /// The place of the name server that told them.
        nameserver: usize,
        /// Servers whose service is gone.
        freed: Vec<Member>,
        /// What records of services say.
        assignments: Vec<Assignment>,
    },
    /// Nothing good came.
    Failed {
        /// Which one.
        resolution: ResolutionId,
        /// What came instead.
        status: Status,
        /// Whether the last good answer still counts.
        is_held: bool,
        /// Servers whose service is gone.
        freed: Vec<Member>,
    },
}

/// What a message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// An answer to the question of this number: no other comes from that name server.
    Answer(u16),
    /// Anything else.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Waiting,
    Running { number: u16 },
}

#[derive(Debug)]
struct Resolution {
    name: Name,
    /// The kind of question that is asked first.
    preferred: Kind,
    /// The one that is being asked.
    asked: Kind,
    status: Status,
    step: Step,
    tries_left: u32,
    /// Name servers that were asked, and answers.
    questions: usize,
    answers: usize,
    last_resolution: Option<Millis>,
    last_valid: Millis,
    due: Millis,
    requesters: Vec<Requester>,
    records: Records,
}

/// A `resolvers` section at work.
#[derive(Debug)]
pub struct Resolver {
    settings: Settings,
    families: Families,
    /// Of each name server, by its place.
    counters: Arc<[Counters]>,
    /// Where numbers of questions come from; nobody must be able to foretell them.
    random: fn() -> u16,
    resolutions: BTreeMap<ResolutionId, Resolution>,
    by_name: HashMap<(Name, Kind), ResolutionId>,
    by_number: HashMap<u16, ResolutionId>,
    due: BTreeSet<(Millis, ResolutionId)>,
    services: Vec<Service>,
    questions: VecDeque<Question>,
    events: VecDeque<Event>,
    last_id: u64,
}

impl Resolver {
    /// Nothing is asked yet. Each of `counters` stands for a name server; numbers of questions come from `random`.
    #[must_use]
    pub fn new(settings: Settings, counters: Arc<[Counters]>, random: fn() -> u16) -> Resolver {
        Resolver {
            settings,
            families: Families::Both,
            counters,
            random,
            resolutions: BTreeMap::new(),
            by_name: HashMap::new(),
            by_number: HashMap::new(),
            due: BTreeSet::new(),
            services: Vec::new(),
            questions: VecDeque::new(),
            events: VecDeque::new(),
            last_id: 0,
        }
    }

    /// Says which families of addresses are taken from now on.
    pub fn set_families(&mut self, families: Families) {
        self.families = families;
    }

    /// Adds servers that one name of a service fills; answers their number, for [`Requester::Service`].
    pub fn add_service(&mut self, service: Service) -> usize {
        self.services.push(service);
        self.services.len() - 1
    }

    /// Wants a name from now on. `None`: too many are wanted by requests.
    pub fn link(
        &mut self,
        name: &Name,
        kind: Kind,
        requester: Requester,
        now: Millis,
    ) -> Option<ResolutionId> {
        let id = match self.by_name.get(&(name.clone(), kind)) {
            Some(id) => *id,
            None => {
                let is_call = matches!(requester, Requester::Call(_));
                if is_call && self.resolutions.len() >= RESOLUTIONS_MAX {
                    return None;
                }
                self.begin(name, kind, now)
            }
        };
        let resolution = self.resolutions.get_mut(&id)?;
        resolution.requesters.push(requester);
        if resolution.step == Step::Waiting {
            let due = resolution.last_resolution.map_or(now, |last| pause(last, self.settings.resolve));
            self.set_due(id, due);
        }
        Some(id)
    }

    fn begin(&mut self, name: &Name, kind: Kind, now: Millis) -> ResolutionId {
        self.last_id += 1;
        let id = ResolutionId(self.last_id);
        let resolution = Resolution {
            name: name.clone(),
            preferred: kind,
            asked: kind,
            status: Status::Unknown,
            step: Step::Waiting,
            tries_left: 0,
            questions: 0,
            answers: 0,
            last_resolution: None,
            last_valid: now,
            due: now,
            requesters: Vec::new(),
            records: Records::default(),
        };
        self.by_name.insert((name.clone(), kind), id);
        self.resolutions.insert(id, resolution);
        self.due.insert((now, id));
        id
    }

    /// Does not want a name any more. What a request asked for stays until `hold valid` is over.
    pub fn unlink(&mut self, id: ResolutionId, requester: Requester, now: Millis) {
        let Some(resolution) = self.resolutions.get_mut(&id) else { return };
        resolution.requesters.retain(|known| *known != requester);
        if let Requester::Server(member) = requester {
            resolution.records.detach(member);
        }
        if !resolution.requesters.is_empty() {
            return;
        }
        let is_kept = matches!(requester, Requester::Call(_))
            && resolution.status == Status::Valid
            && resolution.step == Step::Waiting;
        let until = resolution.last_resolution.map_or(now, |last| last.plus(self.settings.holds.valid));
        if is_kept && until > now {
            self.set_due(id, until);
        } else {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: ResolutionId) {
        let Some(resolution) = self.resolutions.remove(&id) else { return };
        self.by_name.remove(&(resolution.name, resolution.preferred));
        self.due.remove(&(resolution.due, id));
        if let Step::Running { number } = resolution.step {
            self.by_number.remove(&number);
        }
    }

    fn set_due(&mut self, id: ResolutionId, due: Millis) {
        let Some(resolution) = self.resolutions.get_mut(&id) else { return };
        self.due.remove(&(resolution.due, id));
        resolution.due = due;
        self.due.insert((due, id));
    }

    /// When [`Resolver::on_time`] wants to be called next.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Does what is due.
    pub fn on_time(&mut self, now: Millis) {
        // What becomes due meanwhile has its turn at the next call.
        let due: Vec<ResolutionId> =
            self.due.range(..=(now, ResolutionId(u64::MAX))).map(|(_, id)| *id).collect();
        for id in due {
            let Some(resolution) = self.resolutions.get_mut(&id) else { continue };
            if resolution.requesters.is_empty() {
                self.remove(id);
                continue;
            }
            match resolution.step {
                Step::Waiting => {
                    resolution.tries_left = self.settings.tries.max(1) - 1;
                    resolution.asked = resolution.preferred;
                    self.ask(id, now);
                }
                Step::Running { .. } => self.on_silence(id, now),
            }
        }
    }

    /// A question was not answered well by all in time.
    fn on_silence(&mut self, id: ResolutionId, now: Millis) {
        let families = self.families;
        let Some(resolution) = self.resolutions.get_mut(&id) else { return };
        if resolution.tries_left == 0 {
            if resolution.answers == 0 {
                resolution.status = Status::Timeout;
            }
            return self.give_up(id, now);
        }
        let is_first = resolution.asked == resolution.preferred;
        match resolution.preferred.other(families).filter(|_| is_first && resolution.answers > 0) {
            Some(other) => resolution.asked = other,
            None => {
                resolution.asked = resolution.preferred;
                resolution.tries_left -= 1;
            }
        }
        self.ask(id, now);
    }

    fn free_number(&self) -> Option<u16> {
        (0..NUMBER_TRIES).map(|_| (self.random)()).find(|number| !self.by_number.contains_key(number))
    }

    /// Sends a question to all name servers.
    fn ask(&mut self, id: ResolutionId, now: Millis) {
        let number = self.free_number();
        let until = pause(now, self.settings.retry);
        let nameservers = self.counters.len();
        let Some(resolution) = self.resolutions.get_mut(&id) else { return };
        if let Step::Running { number } = resolution.step {
            self.by_number.remove(&number);
        }
        let message = number.and_then(|number| {
            let bytes_max = self.settings.payload_bytes_max;
            message::question(number, &resolution.name, resolution.asked, bytes_max).map(|m| (number, m))
        });
        match message {
            Some((number, message)) => {
                resolution.step = Step::Running { number };
                (resolution.questions, resolution.answers) = (nameservers, 0);
                self.by_number.insert(number, id);
                self.questions.push_back(Question { number, message: message.into(), until });
                self.set_due(id, until);
            }
            None => {
                resolution.step = Step::Waiting;
                resolution.last_resolution = Some(now);
                self.set_due(id, pause(now, self.settings.resolve));
            }
        }
    }

    /// Notes that a question did not reach one of the name servers.
    pub fn on_unsent(&mut self, number: u16) {
        let resolution = self.by_number.get(&number).and_then(|id| self.resolutions.get_mut(id));
        if let Some(resolution) = resolution {
            resolution.questions = resolution.questions.saturating_sub(1);
        }
    }

    /// Takes a message of the name server at `nameserver` in.
    pub fn on_message(&mut self, nameserver: usize, message: &[u8], now: Millis) -> Taken {
        let count = |counter| self.counters.get(nameserver).into_iter().for_each(|c| c.bump(counter));
        if message.len() > usize::from(self.settings.payload_bytes_max) {
            count(Counter::TooBig);
            return Taken::Nothing;
        }
        let Some(number) = message::id_of(message) else {
            count(Counter::Invalid);
            return Taken::Nothing;
        };
        let Some(id) = self.by_number.get(&number).copied() else {
            count(Counter::Outdated);
            return Taken::Nothing;
        };
        let Some(resolution) = self.resolutions.get_mut(&id) else { return Taken::Nothing };
        resolution.answers += 1;
        match message::read(message, &resolution.name, resolution.asked, self.families) {
            Ok(answer) => {
                count(Counter::Valid);
                self.on_answer(id, nameserver, &answer, now);
                Taken::Answer(number)
            }
            Err(fault) => {
                count(fault.counter());
                self.on_fault(id, fault, now);
                if fault == Fault::Invalid { Taken::Nothing } else { Taken::Answer(number) }
            }
        }
    }

    fn on_answer(&mut self, id: ResolutionId, nameserver: usize, answer: &message::Answer, now: Millis) {
        let Some(resolution) = self.resolutions.get_mut(&id) else { return };
        resolution.status = Status::Valid;
        resolution.last_valid = now;
        resolution.records.merge(answer, now);
        let mut freed = resolution.records.expire(self.settings.holds.obsolete, now);
        release(&mut self.services, &resolution.requesters, &freed);
        let mut assignments = Vec::new();
        for requester in &resolution.requesters {
            if let Requester::Service(number) = requester
                && let Some(service) = self.services.get_mut(*number)
            {
                assignments.append(&mut resolution.records.assign(service));
                freed.extend(service.give_up_former());
            }
        }
        self.rest(id, now);
        self.events.push_back(Event::Answered { resolution: id, nameserver, freed, assignments });
    }

    fn on_fault(&mut self, id: ResolutionId, fault: Fault, now: Millis) {
        let families = self.families;
        let Some(resolution) = self.resolutions.get_mut(&id) else { return };
        resolution.status = match fault {
            Fault::Nx => Status::Nx,
            Fault::Refused => Status::Refused,
            Fault::Invalid | Fault::Empty | Fault::Cname | Fault::Truncated | Fault::Other => Status::Other,
        };
        if resolution.answers < resolution.questions {
            // Another name server may know better.
            return;
        }
        if resolution.asked != resolution.preferred {
            if resolution.tries_left == 0 {
                self.give_up(id, now);
            }
        } else if let Some(other) = resolution.preferred.other(families) {
            resolution.asked = other;
            self.ask(id, now);
        }
    }

    /// No try is left.
    fn give_up(&mut self, id: ResolutionId, now: Millis) {
        let holds = self.settings.holds;
        let Some(resolution) = self.resolutions.get_mut(&id) else { return };
        let status = resolution.status;
        let hold = match status {
            Status::Nx => holds.nx,
            Status::Refused => holds.refused,
            Status::Timeout => holds.timeout,
            Status::Unknown | Status::Valid | Status::Other => holds.other,
        };
        let is_held = resolution.last_valid.plus(hold) > now;
        let mut freed = if is_held { Vec::new() } else { resolution.records.clear() };
        release(&mut self.services, &resolution.requesters, &freed);
        for requester in &resolution.requesters {
            if let Requester::Service(number) = requester {
                freed.extend(self.services.get_mut(*number).into_iter().flat_map(Service::give_up_former));
            }
        }
        self.rest(id, now);
        self.events.push_back(Event::Failed { resolution: id, status, is_held, freed });
    }

    /// A resolution is over until `timeout resolve`.
    fn rest(&mut self, id: ResolutionId, now: Millis) {
        let Some(resolution) = self.resolutions.get_mut(&id) else { return };
        if let Step::Running { number } = resolution.step {
            self.by_number.remove(&number);
        }
        resolution.step = Step::Waiting;
        resolution.last_resolution = Some(now);
        self.set_due(id, pause(now, self.settings.resolve));
    }

    /// The next message to be sent.
    pub fn poll_send(&mut self) -> Option<Question> {
        self.questions.pop_front()
    }

    /// Whether somebody still waits for the answer to this question.
    #[must_use]
    pub fn is_asked(&self, number: u16) -> bool {
        self.by_number.contains_key(&number)
    }

    /// The next thing that came of a resolution.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Who wants a name.
    #[must_use]
    pub fn requesters(&self, id: ResolutionId) -> Vec<Requester> {
        self.resolutions.get(&id).map_or_else(Vec::new, |resolution| resolution.requesters.clone())
    }

    /// What is known of a name.
    #[must_use]
    pub fn status(&self, id: ResolutionId) -> Status {
        self.resolutions.get(&id).map_or(Status::Unknown, |resolution| resolution.status)
    }

    /// Whether what is known of a name is fresh enough for somebody who asks once.
    #[must_use]
    pub fn is_settled(&self, id: ResolutionId, now: Millis) -> bool {
        let Some(resolution) = self.resolutions.get(&id) else { return true };
        let Some(last) = resolution.last_resolution.filter(|_| resolution.step == Step::Waiting) else {
            return false;
        };
        let is_fresh = resolution.status == Status::Valid && last.plus(self.settings.holds.valid) > now;
        is_fresh || resolution.due > now
    }

    /// Chooses an address of a name for a server that has `current`, or for somebody who asks once.
    pub fn choose(
        &mut self,
        id: ResolutionId,
        preferences: &Preferences,
        current: Option<IpAddr>,
        owner: Option<Member>,
    ) -> Choice {
        let Some(resolution) = self.resolutions.get_mut(&id) else { return Choice::Nothing };
        resolution.records.choose(preferences, self.families, current, owner)
    }

    /// A server has none of a name's addresses any more.
    pub fn detach(&mut self, id: ResolutionId, member: Member) {
        if let Some(resolution) = self.resolutions.get_mut(&id) {
            resolution.records.detach(member);
        }
    }
}

/// A time after a pause that is never nothing.
fn pause(from: Millis, pause: std::time::Duration) -> Millis {
    from.plus(pause).max(Millis(from.0.saturating_add(PAUSE_MS_MIN)))
}

/// Servers whose service is gone are free for the next one.
fn release(services: &mut [Service], requesters: &[Requester], freed: &[Member]) {
    for requester in requesters {
        let Requester::Service(number) = requester else { continue };
        let Some(service) = services.get_mut(*number) else { continue };
        service.free.extend(freed.iter().filter(|member| member.group == service.group));
    }
}

#[cfg(test)]
mod tests;
