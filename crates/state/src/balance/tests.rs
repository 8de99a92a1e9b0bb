//! The balancer against what HAProxy chose, and what no recording shows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use base::{ProxyId, ServerId};
use net::Endpoint;

use super::vectors::{self, Case};
use super::*;
use crate::server::{ADMIN_DRAIN, ADMIN_MAINT, Health, Role, ServerSetup};

/// A backend that serves one request at a time.
struct Bench {
    servers: Vec<Arc<Server>>,
    balancer: Balancer,
}

fn server(index: usize, weight: u32, role: Role, puid: u32) -> Arc<Server> {
    let addresses =
        ["127.0.0.1:29001", "127.0.0.2:29001", "127.0.0.3:29001", "[::1]:29001", "127.0.0.1:29002"];
    let setup = ServerSetup {
        id: ServerId::from_index(index),
        puid,
        name: "s".into(),
        proxy: ProxyId(0),
        endpoint: Endpoint::Inet(addresses[index % addresses.len()].parse().unwrap()),
        cookie: None,
        weight,
        role,
        maxconn: 0,
        minconn: 0,
        maxqueue: 0,
        admin: 0,
    };
    Arc::new(Server::new(setup, 1))
}

fn setup_of(balance: &str) -> BalanceSetup {
    let mut setup = BalanceSetup { algorithm: Algorithm::Hash(KeySource::Hdr), ..Default::default() };
    if balance == "consistent" {
        setup.hash_type = HashType::consistent();
        return setup;
    }
    for word in balance.split(' ') {
        match word {
            "roundrobin" => setup.algorithm = Algorithm::RoundRobin,
            "static-rr" => setup.algorithm = Algorithm::StaticRr,
            "leastconn" => setup.algorithm = Algorithm::LeastConn,
            "first" => setup.algorithm = Algorithm::First,
            "allbackups" => setup.backups = Backups::All,
            "map-based" => setup.hash_type.method = Method::MapBased,
            "consistent" => setup.hash_type.method = Method::Consistent,
            "sdbm" => setup.hash_type.function = Function::Sdbm,
            "djb2" => setup.hash_type.function = Function::Djb2,
            "wt6" => setup.hash_type.function = Function::Wt6,
            "crc32" => setup.hash_type.function = Function::Crc32,
            "none" => setup.hash_type.function = Function::None,
            "avalanche" => setup.hash_type.modifier = Modifier::Avalanche,
            other => panic!("{other}"),
        }
    }
    setup
}

impl Bench {
    fn new(setup: BalanceSetup, weights: &[u32], backups: usize, puids: &[u32]) -> Self {
        let role = |index| if index + backups < weights.len() { Role::Active } else { Role::Backup };
        let puid = |index: usize| puids.get(index).copied().unwrap_or(u32::try_from(index).unwrap() + 1);
        let servers: Vec<_> =
            weights.iter().enumerate().map(|(i, weight)| server(i, *weight, role(i), puid(i))).collect();
        let load = Load { sessions: Arc::default(), fullconn: AtomicU32::new(1) };
        let balancer = Balancer::new(setup, load, &servers);
        Bench { servers, balancer }
    }

    fn equal(setup: BalanceSetup, count: usize) -> Self {
        Bench::new(setup, &vec![1; count], 0, &[])
    }

    fn pick(&self, key: Option<u32>, avoid: Option<u32>) -> Picked {
        let avoid = avoid.map(ServerId);
        self.balancer.pick(&self.servers, key, Pick { avoid, queued: 0 })
    }

    fn take(&self, id: u32) {
        self.servers[id as usize].served.enter();
        self.balancer.server_taken(&self.servers[id as usize]);
    }

    fn release(&self, id: u32) {
        self.servers[id as usize].served.leave();
        self.balancer.server_released(&self.servers[id as usize]);
    }

    /// One whole request.
    fn request(&self, key: Option<u32>) -> char {
        match self.pick(key, None) {
            Picked::Server(id) => {
                self.take(id.0);
                self.release(id.0);
                char::from(b'a' + u8::try_from(id.0).unwrap())
            }
            Picked::Full => '?',
            Picked::NoServer => '-',
        }
    }

    fn hashed(&self, keys: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
        keys.into_iter().map(|key| self.request(Some(self.balancer.key_hash(key.as_ref())))).collect()
    }

    fn numbered(&self, count: usize) -> String {
        self.hashed((0..count).map(|n| format!("key-{n}")))
    }

    fn change(&self, change: &str) {
        let server = &self.servers[usize::from(change.as_bytes()[0] - b'a')];
        match &change[1..] {
            "!" => server.change_admin(ADMIN_MAINT, 0),
            "~" => server.change_admin(ADMIN_DRAIN, 0),
            "+" => server.change_admin(0, ADMIN_MAINT | ADMIN_DRAIN),
            weight => server.set_weight(weight[1..].parse().unwrap()),
        }
        self.balancer.server_changed(&self.servers);
    }

    fn run(&self, script: &str) -> String {
        let mut picks = String::new();
        for step in script.split(' ') {
            if let Ok(count) = step.parse::<usize>() {
                picks.extend((0..count).map(|_| self.request(None)));
            } else if let Some(Ok(count)) = step.strip_prefix('k').map(str::parse) {
                picks.push_str(&self.numbered(count));
            } else {
                self.change(step);
            }
        }
        picks
    }
}

fn check(cases: &[Case]) {
    for case in cases {
        let bench = Bench::new(setup_of(case.balance), case.weights, case.backups, case.puids);
        assert_eq!(bench.run(case.script), case.picks, "{} {:?} {}", case.balance, case.weights, case.script);
    }
}

#[test]
fn roundrobin_chooses_as_haproxy() {
    check(vectors::ROUND_ROBIN);
}

#[test]
fn static_rr_and_first_choose_as_haproxy() {
    check(vectors::STATIC_AND_FIRST);
}

#[test]
fn leastconn_chooses_as_haproxy() {
    check(vectors::LEASTCONN);
}

#[test]
fn hashes_choose_as_haproxy() {
    check(vectors::HASH);
}

#[test]
fn numbers_choose_as_haproxy() {
    for (hash_type, picks) in vectors::NUMBERED {
        let bench = Bench::new(setup_of(hash_type), &[1, 2, 3], 0, &[]);
        assert_eq!(bench.hashed(vectors::NUMBERS), *picks, "{hash_type}");
    }
}

#[test]
fn hash_keys_choose_as_haproxy() {
    for (hash_key, picks) in vectors::HASH_KEYS {
        let key = |index: usize| match *hash_key {
            "id" => HashKey::Id,
            "id32" => HashKey::Id32,
            "addr" => HashKey::Addr,
            "addr-port" => HashKey::AddrPort,
            _ => HashKey::Guid(format!("g-{index}").into()),
        };
        let setup = BalanceSetup { hash_keys: (0..5).map(key).collect(), ..setup_of("consistent") };
        assert_eq!(Bench::new(setup, &[1, 2, 3, 4, 2], 0, &[]).numbered(48), *picks, "{hash_key}");
    }
}

#[test]
fn sources_choose_as_haproxy() {
    let (addresses, map, ring) = vectors::SOURCES;
    for (hash_type, picks) in [("map-based", map), ("consistent", ring)] {
        let bench = Bench::new(setup_of(hash_type), &[1, 2, 3], 0, &[]);
        let source = |addr: &&str| bench.request(Some(bench.balancer.source_hash(addr.parse().unwrap())));
        assert_eq!(addresses.iter().map(source).collect::<String>(), picks, "{hash_type}");
    }
}

/// Chooses among weights 1 to 5 for each input's key, in turns without one.
fn keyed(
    hash_type: &str,
    inputs: &[&'static str],
    key: impl Fn(&'static [u8]) -> Option<&'static [u8]>,
) -> String {
    let bench = Bench::new(setup_of(hash_type), &[1, 2, 3, 4, 5], 0, &[]);
    let hash = |input: &&'static str| key(input.as_bytes()).map(|key| bench.balancer.key_hash(key));
    inputs.iter().map(|input| bench.request(hash(input))).collect()
}

#[test]
fn parts_of_requests_choose_as_haproxy() {
    let (hosts, map, ring) = vectors::DOMAINS;
    let domain = |host| Some(key::domain_key(host));
    assert_eq!((&*keyed("map-based", hosts, domain), &*keyed("consistent", hosts, domain)), (map, ring));
    let (uris, map, ring) = vectors::URL_PARAMS;
    let param = |uri| key::url_param_key(uri, b"id");
    assert_eq!((&*keyed("map-based", uris, param), &*keyed("consistent", uris, param)), (map, ring));
    let (bodies, map, ring) = vectors::BODY_PARAMS;
    let param = |body| key::body_param_key(body, b"id");
    assert_eq!((&*keyed("map-based", bodies, param), &*keyed("consistent", bodies, param)), (map, ring));
}

#[test]
fn uris_choose_as_haproxy() {
    let (uris, map, ring) = vectors::URIS;
    let plain = UriKey::default();
    let all = UriKey { query: Query::Kept, ..plain };
    let cases = [
        (plain, (map, ring)),
        (all, vectors::URIS_WHOLE),
        (UriKey { len_max: Some(9), ..plain }, vectors::URIS_LEN),
        (UriKey { depth_max: Some(2), ..plain }, vectors::URIS_DEPTH),
        (UriKey { part: UriPart::Path, ..plain }, vectors::URIS_PATH),
        (UriKey { len_max: Some(20), depth_max: Some(1), ..all }, vectors::URIS_LD),
    ];
    for (options, picks) in cases {
        let key = |uri| Some(key::uri_key(uri, options));
        assert_eq!((&*keyed("map-based", uris, key), &*keyed("consistent", uris, key)), picks, "{options:?}");
    }
}

#[test]
fn the_failed_server_is_avoided_if_there_is_another() {
    for balance in ["roundrobin", "static-rr", "leastconn", "first", "consistent"] {
        let two = Bench::equal(setup_of(balance), 2);
        for _ in 0..10 {
            assert_eq!(two.pick(None, Some(0)), Picked::Server(ServerId(1)), "{balance}");
        }
        let one = Bench::equal(setup_of(balance), 1);
        for _ in 0..10 {
            assert_eq!(one.pick(None, Some(0)), Picked::Server(ServerId(0)), "{balance}");
        }
    }
}

#[test]
fn saturated_servers_are_passed_over() {
    for balance in ["roundrobin", "static-rr", "leastconn", "first", "map-based", "consistent"] {
        let bench = Bench::equal(setup_of(balance), 3);
        bench.servers.iter().for_each(|server| server.set_maxconn(1));
        let mut chosen = Vec::new();
        for _ in 0..3 {
            let Picked::Server(id) = bench.pick(None, None) else { panic!("{balance}") };
            bench.take(id.0);
            chosen.push(id.0);
        }
        chosen.sort_unstable();
        assert_eq!(chosen, [0, 1, 2], "{balance}");
        assert_eq!(bench.pick(None, None), Picked::Full, "{balance}");
        assert_eq!(bench.pick(None, Some(1)), Picked::Full, "{balance}");
        bench.release(1);
        assert_eq!(bench.pick(None, None), Picked::Server(ServerId(1)), "{balance}");
    }
}

#[test]
fn roundrobin_goes_on_in_order_after_saturation() {
    let bench = Bench::new(setup_of("roundrobin"), &[3, 2, 1], 0, &[]);
    bench.servers.iter().for_each(|server| server.set_maxconn(1));
    (0..3).for_each(|id| bench.take(id));
    for _ in 0..20 {
        assert_eq!(bench.pick(None, None), Picked::Full);
    }
    (0..3).for_each(|id| bench.release(id));
    let mut counts: HashMap<char, u32> = HashMap::new();
    (0..60).for_each(|_| *counts.entry(bench.request(None)).or_default() += 1);
    assert_eq!((counts[&'a'], counts[&'b'], counts[&'c']), (30, 20, 10));
}

#[test]
fn newcomers_do_not_overtake_the_backends_queue() {
    let bench = Bench::equal(setup_of("roundrobin"), 2);
    bench.balancer.load().sessions.enter();
    bench.balancer.load().sessions.enter();
    bench.take(0);
    let queued = Pick { queued: 1, ..Pick::default() };
    assert_eq!(bench.balancer.pick(&bench.servers, None, queued), Picked::Full);
    bench.release(0);
    assert_ne!(bench.balancer.pick(&bench.servers, None, queued), Picked::Full, "nobody would wake it");
}

#[test]
fn leastconn_counts_requests_by_weight() {
    let bench = Bench::new(setup_of("leastconn"), &[1, 3], 0, &[]);
    let mut held = [0, 0];
    for _ in 0..40 {
        let Picked::Server(id) = bench.pick(None, None) else { panic!("a server") };
        bench.take(id.0);
        held[id.index()] += 1;
    }
    assert_eq!(held, [10, 30]);
}

#[test]
fn a_hash_stays_on_its_saturated_server_unless_told_otherwise() {
    let affinity = |affinity| BalanceSetup { affinity, ..setup_of("consistent") };
    let stays = Bench::equal(affinity(Affinity::Always), 3);
    let Picked::Server(id) = stays.pick(Some(7), None) else { panic!("a server") };
    for (affinity, maxqueue_reached, moves) in [
        (Affinity::Always, true, false),
        (Affinity::Maxconn, false, true),
        (Affinity::Maxqueue, false, false),
    ] {
        let bench = Bench::equal(BalanceSetup { affinity, ..setup_of("consistent") }, 3);
        bench.servers[id.index()].set_maxconn(1);
        bench.take(id.0);
        assert_eq!(bench.pick(Some(7), None) != Picked::Server(id), moves, "{affinity:?} {maxqueue_reached}");
    }
}

#[test]
fn bounded_loads_overflow_along_the_ring() {
    let setup = BalanceSetup { hash_balance_factor: 150, ..setup_of("consistent") };
    let bench = Bench::equal(setup, 4);
    let mut held = [0u32; 4];
    for _ in 0..40 {
        let Picked::Server(id) = bench.pick(Some(1), None) else { panic!("a server") };
        bench.take(id.0);
        held[id.index()] += 1;
    }
    assert!(held.iter().all(|held| *held <= 15), "{held:?}: one and a half times the mean of ten");
    assert!(held.contains(&15), "{held:?}");
}

#[test]
fn random_prefers_the_less_loaded_of_two() {
    let bench =
        Bench::equal(BalanceSetup { algorithm: Algorithm::Random { draws: 2 }, ..Default::default() }, 4);
    let mut held = [0u32; 4];
    for _ in 0..400 {
        let Picked::Server(id) = bench.pick(None, None) else { panic!("a server") };
        bench.take(id.0);
        held[id.index()] += 1;
    }
    assert!(held.iter().all(|held| (80..=120).contains(held)), "{held:?}");
}

#[test]
fn sticky_stays_until_its_server_goes() {
    let bench =
        Bench::new(BalanceSetup { algorithm: Algorithm::Sticky, ..Default::default() }, &[1; 4], 1, &[]);
    assert_eq!(bench.run("2 a! 2 a+ 2 b! c! a! 2 c+ 2"), "aabbbbddcc");
}

#[test]
fn counts_follow_health_and_administration() {
    let bench = Bench::new(setup_of("roundrobin"), &[1, 2, 3], 1, &[]);
    let counts = || {
        (
            bench.balancer.usable(),
            bench.balancer.active(),
            bench.balancer.backup(),
            bench.balancer.total_weight(),
        )
    };
    assert_eq!(counts(), (2, 2, 1, 3));
    bench.servers[0].set_health(Health::Down);
    bench.balancer.server_changed(&bench.servers);
    assert_eq!(counts(), (1, 1, 1, 2));
    assert!(!bench.balancer.is_in_use(ServerId(2)));
    bench.servers[1].set_health(Health::Stopping);
    bench.balancer.server_changed(&bench.servers);
    assert_eq!(counts(), (1, 0, 1, 3));
    assert!(bench.balancer.is_in_use(ServerId(2)));
    bench.change("c!");
    assert_eq!(counts(), (0, 0, 0, 0));
    assert_eq!(bench.pick(None, None), Picked::NoServer);
}

#[test]
fn slowstart_lowers_the_effective_weight() {
    use crate::server::Warmup;
    let bench = Bench::new(setup_of("roundrobin"), &[32, 32], 0, &[]);
    bench.servers[0].set_warmup(Warmup::at(5, 10));
    bench.balancer.server_changed(&bench.servers);
    assert_eq!(bench.balancer.effective_weight(ServerId(0)), 18);
    bench.servers[0].set_warmup(Warmup::DONE);
    bench.balancer.server_changed(&bench.servers);
    assert_eq!(bench.balancer.effective_weight(ServerId(0)), 32);
}

#[test]
fn servers_may_be_added_and_removed() {
    for balance in ["roundrobin", "leastconn", "static-rr", "consistent", "first"] {
        let mut bench = Bench::equal(setup_of(balance), 2);
        bench.run("5");
        bench.servers.push(server(2, 1, Role::Active, 3));
        bench.balancer.server_changed(&bench.servers);
        let picks = bench.run("k60 60");
        assert!(balance == "first" || picks.contains('c'), "{balance} {picks}");
        bench.servers.pop();
        bench.balancer.server_changed(&bench.servers);
        assert!(!bench.run("k60 60").contains('c'), "{balance}");
    }
}

#[test]
fn roundrobin_is_exact_across_threads() {
    let bench = Bench::new(setup_of("roundrobin"), &[1, 2, 3], 0, &[]);
    let counts: Vec<AtomicU32> = (0..3).map(|_| AtomicU32::new(0)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..600 {
                    if let Picked::Server(id) = bench.pick(None, None) {
                        counts[id.index()].fetch_add(1, Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(counts.iter().map(|count| count.load(Relaxed)).collect::<Vec<_>>(), [400, 800, 1200]);
}
