//! A table as a whole: life, eviction, tracking, and a comparison with a plain map.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::clock::Millis;
use proptest::prelude::*;

use super::*;
use crate::value::Value;

fn spec(size: usize, expire_ms: u64, store: &str) -> TableSpec {
    let mut spec = TableSpec::new("t", KeyType::Integer, size);
    spec.expire = (expire_ms > 0).then(|| Duration::from_millis(expire_ms));
    spec.store(store).unwrap();
    spec
}

fn table(size: usize, expire_ms: u64, store: &str) -> Arc<Table> {
    Table::new(spec(size, expire_ms, store))
}

fn key(table: &Table, n: i64) -> Key {
    table.key(&Value::Int(n)).unwrap()
}

fn touch(table: &Arc<Table>, n: i64, now: u64) {
    let entry = table.get_or_create(&key(table, n), Millis(now)).unwrap();
    entry.touch(Millis(now));
    entry.release(Millis(now));
}

fn has(table: &Arc<Table>, n: i64, now: u64) -> bool {
    table.lookup(&key(table, n), Millis(now)).map(|e| e.release(Millis(now))).is_some()
}

#[test]
fn an_untouched_entry_ends() {
    let table = table(10, 100, "conn_cnt");
    touch(&table, 1, 1_000);
    touch(&table, 1, 1_050);
    assert!(has(&table, 1, 1_149));
    assert!(!has(&table, 1, 1_150));
    assert_eq!(table.used(Millis(1_150)), 0);
}

#[test]
fn looking_does_not_keep_alive_but_holding_does() {
    let table = table(10, 100, "conn_cnt");
    let held = table.get_or_create(&key(&table, 1), Millis(1_000)).unwrap();
    assert!(has(&table, 1, 1_090));
    assert!(has(&table, 1, 1_250), "held, though its time is over");
    held.release(Millis(1_250));
    assert!(has(&table, 1, 1_299), "it was renewed for whole lives while it was held");
    assert!(!has(&table, 1, 1_300));
}

#[test]
fn an_entry_that_ended_comes_back_empty() {
    let table = table(10, 100, "gpc0");
    let entry = table.get_or_create(&key(&table, 1), Millis(1_000)).unwrap();
    assert_eq!(entry.count_gpc(Gpc::Zero, 3, Millis(1_000)), Some(3));
    entry.release(Millis(1_000));
    let entry = table.get_or_create(&key(&table, 1), Millis(1_100)).unwrap();
    assert_eq!(entry.gpc(Gpc::Zero, Millis(1_100)), Some(0));
    entry.release(Millis(1_100));
    assert_eq!(table.used(Millis(1_100)), 1);
}

#[test]
fn the_longest_untouched_makes_room() {
    let table = table(3, 0, "conn_cnt");
    for (n, now) in [(1, 10), (2, 20), (3, 30), (1, 40), (4, 50)] {
        touch(&table, n, now);
    }
    let there: Vec<_> = (1..5).filter(|n| has(&table, *n, 60)).collect();
    assert_eq!(there, [1, 3, 4]);
    touch(&table, 5, 70);
    assert!(!has(&table, 3, 70) && has(&table, 1, 70));
    assert_eq!(table.used(Millis(70)), 3);
}

#[test]
fn what_is_tracked_does_not_make_room() {
    let table = table(2, 0, "conn_cnt");
    let one = table.get_or_create(&key(&table, 1), Millis(10)).unwrap();
    touch(&table, 2, 20);
    touch(&table, 3, 30);
    assert!(has(&table, 1, 30) && !has(&table, 2, 30));
    let three = table.get_or_create(&key(&table, 3), Millis(40)).unwrap();
    assert!(table.get_or_create(&key(&table, 4), Millis(50)).is_none());
    one.release(Millis(60));
    assert!(table.get_or_create(&key(&table, 4), Millis(60)).is_some());
    three.release(Millis(60));
}

#[test]
fn nopurge_refuses_new_keys_until_old_ones_end() {
    let mut spec = spec(1, 100, "conn_cnt");
    spec.nopurge = true;
    let table = Table::new(spec);
    touch(&table, 1, 1_000);
    assert!(table.get_or_create(&key(&table, 2), Millis(1_050)).is_none());
    assert!(table.get_or_create(&key(&table, 2), Millis(1_100)).is_some());
}

#[test]
fn current_connections_follow_their_trackers() {
    let table = table(10, 1_000, "conn_cur,conn_cnt,conn_rate(1s)");
    let now = base::clock::now();
    let first = table.get_or_create(&key(&table, 1), now).unwrap();
    first.start(now);
    let second = table.get_or_create(&key(&table, 1), now).unwrap();
    second.start(now);
    let peek = table.lookup(&key(&table, 1), now).unwrap();
    assert_eq!(peek.get(DataType::ConnCur, 0, now), Some(2));
    assert_eq!(peek.get(DataType::ConnRate, 0, now), Some(2));
    drop(first);
    assert_eq!(peek.get(DataType::ConnCur, 0, now), Some(1));
    peek.set(DataType::ConnCur, 0, 0, now).unwrap();
    second.release(now);
    assert_eq!(peek.get(DataType::ConnCur, 0, now), Some(0), "never below 0");
    assert_eq!(peek.get(DataType::ConnCnt, 0, now), Some(2));
    assert_eq!(peek.uses(), 1);
}

#[test]
fn general_purpose_counters_and_their_stand_ins() {
    let table = table(10, 0, "gpc(2),gpc_rate(2,10s),gpt(1)");
    let now = Millis(50_000);
    let entry = table.get_or_create(&key(&table, 1), now).unwrap();
    assert_eq!(entry.count_gpc(Gpc::One, 5, now), Some(5));
    assert_eq!(entry.gpc(Gpc::Element(1), now), Some(5));
    assert_eq!(entry.gpc_rate(Gpc::Element(1), now), Some(5));
    assert_eq!(entry.count_gpc(Gpc::Element(2), 1, now), None);
    assert_eq!(entry.clear_gpc(Gpc::One, now), Some(5));
    assert_eq!(entry.gpc(Gpc::One, now), Some(0));
    assert_eq!(entry.set(DataType::Gpt0, 0, 7, now), Ok(()));
    assert_eq!(entry.get(DataType::Gpt, 0, now), Some(7));
    assert_eq!(entry.set(DataType::Gpt, 1, 7, now), Err(SetError::Index));
    assert_eq!(entry.set(DataType::ConnCnt, 0, 7, now), Err(SetError::NotStored));
}

#[test]
fn byte_rates_are_counted_in_units() {
    let mut spec = spec(10, 0, "bytes_in_cnt,bytes_in_rate(1s)");
    spec.brates_factor = 1024;
    let table = Table::new(spec);
    let entry = table.get_or_create(&key(&table, 1), Millis(5)).unwrap();
    entry.count_bytes_in(1_500, Millis(5));
    assert_eq!(entry.get(DataType::BytesInCnt, 0, Millis(5)), Some(1_500));
    assert_eq!(entry.get(DataType::BytesInRate, 0, Millis(5)), Some(2_048));
}

#[test]
fn clearing_spares_what_is_tracked() {
    let table = table(100, 0, "gpc0");
    for n in 0..50 {
        touch(&table, n, 10);
    }
    let held = table.get_or_create(&key(&table, 7), Millis(10)).unwrap();
    assert_eq!(table.clear(&key(&table, 7), Millis(10)), Cleared::InUse);
    assert_eq!(table.clear(&key(&table, 8), Millis(10)), Cleared::Removed);
    assert_eq!(table.clear(&key(&table, 8), Millis(10)), Cleared::NotFound);
    assert_eq!(table.clear_if(Millis(10), |_| true), 48);
    assert_eq!(table.used(Millis(10)), 1);
    held.release(Millis(10));
}

#[test]
fn a_changed_table_takes_over_what_still_fits() {
    let old = table(10, 0, "gpc0,server_key,http_req_rate(1s)");
    let now = Millis(10_000);
    let entry = old.get_or_create(&key(&old, 1), now).unwrap();
    entry.count_gpc(Gpc::Zero, 3, now);
    entry.count_http_request(now);
    entry.set_server_key(Some(Arc::from(&b"s1"[..])), now);
    let new = table(10, 0, "server_key,http_req_rate(2s),gpc0");
    new.adopt(&old, now);
    let entry = new.lookup(&key(&new, 1), now).unwrap();
    assert_eq!(entry.gpc(Gpc::Zero, now), Some(3));
    assert_eq!(entry.server_key().as_deref(), Some(&b"s1"[..]));
    assert_eq!(entry.get(DataType::HttpReqRate, 0, now), Some(0), "another period");
}

#[test]
fn several_threads_count_everything_once() {
    const ROUNDS: i64 = 500;
    let table = table(32, 0, "conn_cur,gpc0");
    let now = Millis(1_000);
    let work = |table: &Arc<Table>, thread: i64| {
        for round in 0..ROUNDS {
            // Keys that all threads use and that are held, and others that come and go.
            let key = key(table, if round % 2 == 0 { round % 8 } else { 1_000 * thread + round });
            let Some(entry) = table.get_or_create(&key, now) else { continue };
            entry.start(now);
            entry.count_gpc(Gpc::Zero, 1, now);
            entry.release(now);
        }
    };
    let held: Vec<_> = (0..8).map(|n| table.get_or_create(&key(&table, n), now).unwrap()).collect();
    std::thread::scope(|scope| {
        (1..5).for_each(|thread| {
            let table = &table;
            scope.spawn(move || work(table, thread));
        });
    });
    assert!(table.used(now) <= 32);
    assert_eq!(table.iter(now).count(), table.used(now));
    let counts: i64 = held.iter().filter_map(|entry| entry.gpc(Gpc::Zero, now)).sum();
    assert_eq!(counts, 4 * ROUNDS / 2);
    assert!(table.iter(now).all(|entry| entry.get(DataType::ConnCur, 0, now) == Some(0)));
    assert!(held.iter().all(|entry| entry.uses() == 1));
}

#[test]
fn what_a_thread_met_lately_is_no_longer_found_once_it_is_gone() {
    let table = table(1, 1_000, "gpc0");
    let now = Millis(5_000);
    touch(&table, 1, 5_000);
    std::thread::scope(|scope| {
        scope.spawn(|| touch(&table, 2, 5_001));
    });
    assert!(!has(&table, 1, 5_002) && has(&table, 2, 5_002), "another thread needed its place");
    let entry = table.get_or_create(&key(&table, 2), now).unwrap();
    entry.count_gpc(Gpc::Zero, 3, now);
    entry.release(now);
    assert_eq!(table.clear(&key(&table, 2), now), Cleared::Removed);
    let entry = table.get_or_create(&key(&table, 2), now).unwrap();
    assert_eq!(entry.gpc(Gpc::Zero, now), Some(0), "a new one");
}

#[test]
fn equal_keys_of_two_tables_are_two_entries_and_no_table_is_kept() {
    let (one, two) = (table(9, 0, "gpc0"), table(9, 0, "gpc0"));
    for n in 0..200 {
        touch(&one, n % 9, 1);
        touch(&two, n % 9, 1);
    }
    assert_eq!((one.used(Millis(1)), two.used(Millis(1))), (9, 9));
    let weak = Arc::downgrade(&one);
    drop(one);
    assert!(weak.upgrade().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn it_behaves_like_a_map_with_deadlines(steps in prop::collection::vec((0u8..4, 0i64..12, 0u64..40), 1..200)) {
        const EXPIRE: u64 = 100;
        let table = table(1000, EXPIRE, "gpc0");
        let mut model: HashMap<i64, (i64, u64)> = HashMap::new();
        let mut now = 1_000;
        for (what, n, wait) in steps {
            now += wait;
            model.retain(|_, (_, end)| *end > now);
            match what {
                0 | 1 => {
                    let entry = table.get_or_create(&key(&table, n), Millis(now)).unwrap();
                    let got = entry.count_gpc(Gpc::Zero, 1, Millis(now));
                    entry.release(Millis(now));
                    let (count, end) = model.entry(n).or_default();
                    (*count, *end) = (*count + 1, now + EXPIRE);
                    prop_assert_eq!(got, Some(*count));
                }
                2 => {
                    let want = if model.remove(&n).is_some() { Cleared::Removed } else { Cleared::NotFound };
                    prop_assert_eq!(table.clear(&key(&table, n), Millis(now)), want);
                }
                _ => prop_assert_eq!(has(&table, n, now), model.contains_key(&n)),
            }
            prop_assert_eq!(table.used(Millis(now)), model.len());
        }
    }

    #[test]
    fn a_full_table_keeps_the_latest(order in prop::collection::vec(0i64..20, 1..100), size in 1usize..8) {
        let table = table(size, 0, "gpc0");
        let mut model: Vec<i64> = Vec::new();
        for (at, n) in order.into_iter().enumerate() {
            touch(&table, n, 1_000 + at as u64);
            model.retain(|have| *have != n);
            model.push(n);
            if model.len() > size {
                model.remove(0);
            }
        }
        let now = Millis(5_000);
        let mut got: Vec<_> = table.iter(now).map(|e| e.key_value().to_int().unwrap()).collect();
        got.sort_unstable();
        model.sort_unstable();
        prop_assert_eq!(got, model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn threads_that_track_the_same_clients_lose_nothing(
        clients in prop::collection::vec(0i64..6, 1..200),
        size in 6usize..12,
        threads in 2i64..5,
    ) {
        let table = table(size, 1_000, "conn_cnt,conn_cur,conn_rate(10s),gpc0,gpc0_rate(10s),bytes_in_cnt");
        let now = Millis(50_000);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for n in &clients {
                        let entry = table.get_or_create(&key(&table, *n), now).unwrap();
                        entry.start(now);
                        entry.count_gpc(Gpc::Zero, 2, now);
                        entry.count_bytes_in(1 << 31, now);
                        entry.release(now);
                    }
                });
            }
        });
        for n in 0..6 {
            let times = threads * i64::try_from(clients.iter().filter(|client| **client == n).count()).unwrap();
            let entry = table.lookup(&key(&table, n), now);
            prop_assert_eq!(entry.is_some(), times > 0);
            let Some(entry) = entry else { continue };
            let want = [
                (DataType::ConnCnt, times),
                (DataType::ConnRate, times),
                (DataType::ConnCur, 0),
                (DataType::Gpc0, 2 * times),
                (DataType::Gpc0Rate, 2 * times),
                (DataType::BytesInCnt, times << 31),
            ];
            for (data, want) in want {
                prop_assert_eq!(entry.get(data, 0, now), Some(want), "{:?}", data);
            }
            prop_assert_eq!(entry.uses(), 1);
        }
    }
}
