//! Slots and queues: order, aborts, servers that go down, and many threads at once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::task::Wake;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use base::{ProxyId, ServerId};
use net::Endpoint;

use super::*;
use crate::balance::vectors::{HELD, Held};
use crate::balance::{Affinity, Algorithm, BalanceSetup, HashType, KeySource, Load, Pick, Picked};
use crate::server::{ADMIN_MAINT, Role, ServerSetup};

/// Sends requests without answering any, then answers them in the order in which they were sent on.
fn run_held(case: &Held) -> String {
    let mut setup = BalanceSetup { hash_balance_factor: case.factor, ..Default::default() };
    setup.algorithm = match case.balance {
        "roundrobin" => Algorithm::RoundRobin,
        "static-rr" => Algorithm::StaticRr,
        "first" => Algorithm::First,
        "leastconn" => Algorithm::LeastConn,
        _ => Algorithm::Hash(KeySource::Hdr),
    };
    setup.hash_type = HashType::consistent();
    setup.affinity = match case.balance {
        "consistent maxconn" => Affinity::Maxconn,
        "consistent maxqueue" => Affinity::Maxqueue,
        _ => Affinity::Always,
    };
    let bench = Bench::with_setup(setup, case.weights.len(), case.maxconn, |setup| {
        setup.weight = case.weights[setup.id.index()];
        setup.maxqueue = u32::from(case.balance == "consistent maxqueue");
    });
    let mut served = VecDeque::new();
    let mut waiting = Vec::new();
    let mut picks = vec![b'-'; case.picks.len()];
    for number in 0..picks.len() {
        bench.balancer.load().sessions.enter();
        let hash = match case.keys {
            "same" => Some(bench.balancer.key_hash(b"same")),
            "each" => Some(bench.balancer.key_hash(format!("key-{number}").as_bytes())),
            _ => None,
        };
        let request = Pick { avoid: None, queued: bench.queue.queued() };
        match bench.balancer.pick(&bench.servers, hash, request) {
            Picked::Server(id) => match bench.queue.enter(&bench.servers[id.index()], Ticket::default()) {
                Entered::Slot(slot) => served.push_back((number, slot)),
                Entered::Wait(waiter) => waiting.push((number, waiter)),
                Entered::Full => {}
            },
            Picked::Full => waiting.push((number, bench.wait(Ticket::default()))),
            Picked::NoServer => panic!("there are servers"),
        }
    }
    while let Some((number, slot)) = served.pop_front() {
        picks[number] = b'a' + u8::try_from(slot.server().id.0).unwrap();
        drop(slot);
        waiting.retain_mut(|(number, waiter)| match peek(waiter) {
            Some(Outcome::Granted { slot, .. }) => {
                served.push_back((*number, slot));
                false
            }
            Some(Outcome::Redispatch { .. }) => panic!("no server went down"),
            None => true,
        });
    }
    assert!(waiting.is_empty() && bench.is_empty());
    String::from_utf8(picks).unwrap()
}

#[test]
fn saturated_backends_serve_as_haproxy() {
    for case in HELD {
        let Held { balance, factor, weights, maxconn, .. } = case;
        assert_eq!(run_held(case), case.picks, "{balance} {factor} {weights:?} maxconn {maxconn}");
    }
}

/// A backend of `count` servers with `maxconn` each.
struct Bench {
    servers: Vec<Arc<Server>>,
    balancer: Arc<Balancer>,
    queue: Arc<Queue>,
}

impl Bench {
    fn new(count: usize, maxconn: u32, change: impl Fn(&mut ServerSetup)) -> Self {
        let setup = BalanceSetup { algorithm: Algorithm::RoundRobin, ..Default::default() };
        Bench::with_setup(setup, count, maxconn, change)
    }

    fn with_setup(
        setup: BalanceSetup,
        count: usize,
        maxconn: u32,
        change: impl Fn(&mut ServerSetup),
    ) -> Self {
        let server = |index| {
            let mut setup = ServerSetup {
                id: ServerId::from_index(index),
                puid: u32::try_from(index).unwrap() + 1,
                name: "s".into(),
                proxy: ProxyId(0),
                endpoint: Endpoint::Unix(b"/run/s".to_vec()),
                cookie: None,
                weight: 1,
                role: Role::Active,
                maxconn,
                minconn: 0,
                maxqueue: 0,
                admin: 0,
            };
            change(&mut setup);
            Arc::new(Server::new(setup, 1))
        };
        let servers: Vec<_> = (0..count).map(server).collect();
        let load = Load { sessions: Arc::default(), fullconn: AtomicU32::new(10) };
        let balancer = Arc::new(Balancer::new(setup, load, &servers));
        let queue = Arc::new(Queue::new(Arc::clone(&balancer), Arc::default()));
        Bench { servers, balancer, queue }
    }

    fn one(maxconn: u32) -> Self {
        Bench::new(1, maxconn, |_| ())
    }

    fn slot(&self, server: usize) -> Slot {
        match self.queue.enter(&self.servers[server], Ticket::default()) {
            Entered::Slot(slot) => slot,
            other @ (Entered::Wait(_) | Entered::Full) => panic!("{other:?}"),
        }
    }

    fn wait_for(&self, server: usize, ticket: Ticket) -> Waiter {
        match self.queue.enter(&self.servers[server], ticket) {
            Entered::Wait(waiter) => waiter,
            other @ (Entered::Slot(_) | Entered::Full) => panic!("{other:?}"),
        }
    }

    fn wait(&self, ticket: Ticket) -> Waiter {
        self.queue.wait(&self.servers, ticket)
    }

    fn is_empty(&self) -> bool {
        let servers_empty =
            self.servers.iter().all(|server| server.served.get() == 0 && server.queued.get() == 0);
        servers_empty && self.queue.queued() == 0 && self.balancer.served() == 0
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll(waiter: &mut Waiter, bell: &Arc<Bell>) -> Option<Outcome> {
    let waker = Waker::from(Arc::clone(bell));
    match waiter.poll_outcome(&mut Context::from_waker(&waker)) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

fn peek(waiter: &mut Waiter) -> Option<Outcome> {
    poll(waiter, &Arc::default())
}

fn granted(waiter: &mut Waiter) -> (Slot, Position) {
    match peek(waiter) {
        Some(Outcome::Granted { slot, position }) => (slot, position),
        other => panic!("{other:?}"),
    }
}

fn priority(class: i32, offset_ms: i32) -> Ticket {
    Ticket { priority: Priority { class, offset_ms }, persistence: Persistence::Free }
}

#[test]
fn a_slot_is_taken_without_waiting_while_there_is_room() {
    let bench = Bench::one(2);
    let (first, second) = (bench.slot(0), bench.slot(0));
    assert!(bench.queue.try_enter(&bench.servers[0]).is_none());
    drop(first);
    let third = bench.slot(0);
    assert_eq!((bench.servers[0].served.get(), third.server().id), (2, ServerId(0)));
    drop((second, third));
    assert!(bench.is_empty());
    let unlimited = Bench::one(0);
    let slots: Vec<_> = (0..100).map(|_| unlimited.slot(0)).collect();
    assert_eq!(unlimited.balancer.served(), 100);
    drop(slots);
    assert!(unlimited.is_empty());
}

#[test]
fn a_dropped_slot_wakes_the_first_who_waits() {
    let bench = Bench::one(1);
    let slot = bench.slot(0);
    let bells: [Arc<Bell>; 2] = Default::default();
    let mut waiters = [bench.wait_for(0, Ticket::default()), bench.wait_for(0, Ticket::default())];
    for (waiter, bell) in waiters.iter_mut().zip(&bells) {
        assert!(poll(waiter, bell).is_none());
    }
    assert_eq!(bench.servers[0].queued.get(), 2);
    drop(slot);
    assert_eq!((bells[0].0.load(SeqCst), bells[1].0.load(SeqCst)), (1, 0));
    assert_eq!((bench.servers[0].queued.get(), bench.servers[0].served.get()), (1, 1));
    let (slot, position) = granted(&mut waiters[0]);
    assert_eq!(position, Position { server: 1, backend: 0 });
    drop(slot);
    assert_eq!(granted(&mut waiters[1]).1, Position { server: 2, backend: 0 });
    assert!(bench.is_empty());
}

#[test]
fn classes_go_first_then_times() {
    let bench = Bench::one(1);
    let slot = bench.slot(0);
    let tickets =
        [priority(1, -500_000), priority(0, 5_000), priority(0, 0), priority(-3, 100), priority(0, 0)];
    let mut waiters = tickets.map(|ticket| bench.wait_for(0, ticket));
    drop(slot);
    for next in [3, 2, 4, 1, 0] {
        let waiting: Vec<_> = (0..5).filter(|n| waiters[*n].entry.is_some()).collect();
        for other in waiting.into_iter().filter(|other| *other != next) {
            assert!(peek(&mut waiters[other]).is_none(), "{other} before {next}");
        }
        drop(granted(&mut waiters[next]));
    }
    assert!(bench.is_empty());
    let far = Priority { class: 9999, offset_ms: -9_999_999 };
    assert_eq!(far.clamped(), Priority { class: 2047, offset_ms: -524_287 });
}

#[test]
fn the_older_of_both_lines_goes_first() {
    let bench = Bench::one(1);
    let slot = bench.slot(0);
    let mut any = bench.wait(priority(0, -1_000));
    let mut own = bench.wait_for(0, Ticket::default());
    let mut urgent = bench.wait_for(0, priority(-1, 0));
    drop(slot);
    let (slot, _) = granted(&mut urgent);
    drop(slot);
    let (slot, position) = granted(&mut any);
    assert_eq!(position, Position { server: 0, backend: 1 });
    assert!(peek(&mut own).is_none());
    drop(slot);
    drop(granted(&mut own));
    assert!(bench.is_empty());
}

#[test]
fn any_server_serves_the_backends_line() {
    let bench = Bench::new(3, 1, |_| ());
    let mut slots: Vec<_> = (0..3).map(|server| bench.slot(server)).collect();
    let mut waiter = bench.wait(Ticket::default());
    assert_eq!(bench.queue.queued(), 1);
    assert!(peek(&mut waiter).is_none());
    drop(slots.remove(1));
    assert_eq!(granted(&mut waiter).0.server().id, ServerId(1));
    drop(slots);
    // A server that became free between the choice and the wait serves at once.
    assert_eq!(granted(&mut bench.wait(Ticket::default())).0.server().id, ServerId(0));
}

#[test]
fn backups_and_drained_servers_leave_the_backends_line_alone() {
    let bench = Bench::new(2, 1, |setup| {
        if setup.id.0 == 1 {
            setup.role = Role::Backup;
        }
    });
    let (active, backup) = (bench.slot(0), bench.slot(1));
    let mut waiter = bench.wait(Ticket::default());
    drop(backup);
    assert!(peek(&mut waiter).is_none());
    bench.servers[0].change_admin(ADMIN_MAINT, 0);
    bench.balancer.server_changed(&bench.servers);
    assert_eq!(bench.queue.redistribute(&bench.servers[0], Redistribute::Free), 0, "the backup is left");
    drop(active);
    assert!(peek(&mut waiter).is_none(), "a server in maintenance serves nobody new");
    assert_eq!(bench.queue.fill(&bench.servers[1]), 1);
    assert_eq!(granted(&mut waiter).0.server().id, ServerId(1));
}

#[test]
fn who_gives_up_leaves_and_passes_on_what_was_granted() {
    let bench = Bench::one(1);
    let slot = bench.slot(0);
    let leaving = bench.wait_for(0, Ticket::default());
    let granted_late = bench.wait_for(0, Ticket::default());
    let mut last = bench.wait_for(0, Ticket::default());
    assert_eq!(leaving.give_up(), Position { server: 1, backend: 0 });
    assert_eq!(bench.servers[0].queued.get(), 2);
    drop(slot);
    assert_eq!(bench.servers[0].served.get(), 1);
    drop(granted_late);
    drop(granted(&mut last));
    assert!(bench.is_empty());
}

#[test]
fn maxqueue_turns_away() {
    let bench = Bench::new(1, 1, |setup| setup.maxqueue = 1);
    let _slot = bench.slot(0);
    let _waiter = bench.wait_for(0, Ticket::default());
    assert!(matches!(bench.queue.enter(&bench.servers[0], Ticket::default()), Entered::Full));
}

#[test]
fn a_server_that_goes_down_sends_those_who_wait_away() {
    let bench = Bench::one(1);
    let slot = bench.slot(0);
    let mut free = bench.wait_for(0, Ticket::default());
    let mut forced = bench.wait_for(0, Ticket { persistence: Persistence::Forced, ..Ticket::default() });
    let mut any = bench.wait(Ticket::default());
    bench.servers[0].change_admin(ADMIN_MAINT, 0);
    bench.balancer.server_changed(&bench.servers);
    assert_eq!(bench.queue.redistribute(&bench.servers[0], Redistribute::Free), 2);
    assert!(matches!(
        peek(&mut free),
        Some(Outcome::Redispatch { position: Position { server: 1, backend: 0 } })
    ));
    assert!(matches!(
        peek(&mut any),
        Some(Outcome::Redispatch { position: Position { server: 0, backend: 1 } })
    ));
    drop(slot);
    drop(granted(&mut forced));
    assert!(bench.is_empty());
}

#[test]
fn nobody_moves_without_redispatch() {
    let bench = Bench::new(2, 1, |_| ());
    let _slot = bench.slot(0);
    let mut waiter = bench.wait_for(0, Ticket::default());
    bench.servers[0].change_admin(ADMIN_MAINT, 0);
    bench.balancer.server_changed(&bench.servers);
    assert_eq!(bench.queue.redistribute(&bench.servers[0], Redistribute::Nobody), 0);
    assert!(peek(&mut waiter).is_none());
}

#[test]
fn a_raised_limit_is_filled() {
    let bench = Bench::one(1);
    let _slot = bench.slot(0);
    let mut waiters: Vec<_> = (0..4).map(|_| bench.wait_for(0, Ticket::default())).collect();
    bench.servers[0].set_maxconn(3);
    assert_eq!(bench.queue.fill(&bench.servers[0]), 2);
    let served: Vec<_> = waiters.iter_mut().filter_map(peek).collect();
    assert_eq!(served.len(), 2);
    bench.servers[0].set_maxconn(0);
    assert_eq!(bench.queue.fill(&bench.servers[0]), 2, "no limit at all");
}

#[test]
fn minconn_grows_with_the_backends_sessions() {
    let bench = Bench::new(1, 10, |setup| setup.minconn = 1);
    let _slot = bench.slot(0);
    assert!(bench.queue.try_enter(&bench.servers[0]).is_none());
    for _ in 0..5 {
        bench.balancer.load().sessions.enter();
    }
    let _more: Vec<_> = (0..4).map(|_| bench.slot(0)).collect();
    assert!(bench.queue.try_enter(&bench.servers[0]).is_none(), "5 of 10 sessions, 5 of 10 slots");
}

#[test]
fn a_new_waker_replaces_the_old_one() {
    let bench = Bench::one(1);
    let slot = bench.slot(0);
    let bells: [Arc<Bell>; 2] = Default::default();
    let mut waiter = bench.wait_for(0, Ticket::default());
    assert!(poll(&mut waiter, &bells[0]).is_none());
    assert!(poll(&mut waiter, &bells[1]).is_none());
    drop(slot);
    assert_eq!((bells[0].0.load(SeqCst), bells[1].0.load(SeqCst)), (0, 1));
}

/// Wakes a thread that is parked.
struct Unpark(Thread, AtomicBool);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.1.store(true, SeqCst);
        self.0.unpark();
    }
}

/// Waits for the outcome; a lost wake-up shows as a passed deadline.
fn block_on(mut waiter: Waiter) -> Outcome {
    let woken = Arc::new(Unpark(thread::current(), AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Poll::Ready(outcome) = waiter.poll_outcome(&mut Context::from_waker(&waker)) {
            return outcome;
        }
        while !woken.1.swap(false, SeqCst) {
            assert!(Instant::now() < deadline, "a wake-up was lost");
            thread::park_timeout(Duration::from_secs(1));
        }
    }
}

/// One request: chooses, waits where it has to, holds its slot for a moment.
fn serve(bench: &Bench, running: &[AtomicU32], maxconn: u32, n: u32) {
    let queued = bench.queue.queued();
    let waiter = match bench.balancer.pick(&bench.servers, None, Pick { avoid: None, queued }) {
        Picked::Server(id) => match bench.queue.enter(&bench.servers[id.index()], Ticket::default()) {
            Entered::Slot(slot) => return hold(&slot, running, maxconn),
            Entered::Wait(waiter) => waiter,
            Entered::Full => panic!("there is no maxqueue"),
        },
        Picked::Full => bench.wait(priority(0, 0)),
        Picked::NoServer => panic!("there are servers"),
    };
    if n.is_multiple_of(7) {
        drop(waiter);
        return;
    }
    match block_on(waiter) {
        Outcome::Granted { slot, .. } => hold(&slot, running, maxconn),
        Outcome::Redispatch { .. } => serve(bench, running, maxconn, n + 1),
    }
}

fn hold(slot: &Slot, running: &[AtomicU32], maxconn: u32) {
    let running = &running[slot.server().id.index()];
    let now = running.fetch_add(1, SeqCst) + 1;
    assert!(now <= maxconn, "{now} at once");
    thread::yield_now();
    running.fetch_sub(1, SeqCst);
}

fn stress(servers: usize, maxconn: u32, meddle: impl Fn(&Bench, u32) + Sync) {
    let bench = Bench::new(servers, maxconn, |_| ());
    let running: Vec<_> = (0..servers).map(|_| AtomicU32::new(0)).collect();
    thread::scope(|scope| {
        for thread in 0..8 {
            let (bench, running, meddle) = (&bench, &running, &meddle);
            scope.spawn(move || {
                for n in 0..1500 {
                    serve(bench, running, maxconn, n);
                    if thread == 0 {
                        meddle(bench, n);
                    }
                }
            });
        }
    });
    assert!(bench.is_empty(), "a slot or a place in a line leaked");
}

#[test]
fn threads_lose_neither_slots_nor_wake_ups() {
    stress(1, 1, |_, _| ());
    stress(2, 1, |_, _| ());
    stress(3, 2, |_, _| ());
}

#[test]
fn threads_survive_servers_that_come_and_go() {
    stress(3, 1, |bench, n| {
        let server = &bench.servers[n as usize % 2];
        if n.is_multiple_of(2) {
            server.change_admin(ADMIN_MAINT, 0)
        } else {
            server.change_admin(0, ADMIN_MAINT)
        }
        bench.balancer.server_changed(&bench.servers);
        if server.is_usable() {
            bench.queue.fill(server);
        } else {
            bench.queue.redistribute(server, Redistribute::Free);
        }
    });
}
