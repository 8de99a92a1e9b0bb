//! Stick tables: memory an entry, and what it costs to track a client from one worker and from two.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::clock::Millis;
use state::table::{KeyType, Table, TableSpec};
use state::value::Value;

use crate::maps::address;
use crate::programs::resident_bytes;
use crate::{ENTRIES, scattered, tell};

/// Sessions that each thread of a measurement tracks.
const SESSIONS: u32 = 1_000_000;
const NOW: Millis = Millis(1_000_000);

/// Measures all.
pub(crate) fn measure() {
    let before = resident_bytes(std::process::id());
    let table = table();
    let began = Instant::now();
    for n in 0..ENTRIES {
        track(&table, n);
    }
    let ns = began.elapsed().as_secs_f64() * 1e9 / f64::from(ENTRIES);
    assert_eq!(table.used(NOW), ENTRIES as usize);
    tell("stick table: a new entry", format!("{ns:.0}"), "ns");
    let bytes = resident_bytes(std::process::id()).saturating_sub(before);
    tell("stick table: resident memory an entry", bytes / u64::from(ENTRIES), "B");
    tell("stick table: track one of many clients", nanoseconds(&table, 1, |at| at), "ns");
    tell("the same from two threads", nanoseconds(&table, 2, |at| at), "ns");
    tell("stick table: track one client all the time", nanoseconds(&table, 1, |_| 7), "ns");
    tell("the same client from two threads", nanoseconds(&table, 2, |_| 7), "ns");
}

fn table() -> Arc<Table> {
    let mut spec = TableSpec::new("bench", KeyType::Ip, ENTRIES as usize);
    spec.expire = Some(Duration::from_secs(3600));
    spec.store("http_req_rate(10s),conn_cur").expect("known types");
    Table::new(spec)
}

/// What `track-sc0 src` does for a request.
fn track(table: &Arc<Table>, n: u32) {
    let key = table.key(&Value::Ipv4(address(n))).expect("an address is a key");
    let tracked = table.get_or_create(&key, NOW).expect("there is room");
    tracked.start(NOW);
    tracked.count_http_request(NOW);
    tracked.release(NOW);
}

/// Time of one session on each thread.
fn nanoseconds(table: &Arc<Table>, threads: usize, client: fn(u32) -> u32) -> String {
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for n in scattered().take(SESSIONS as usize) {
                    track(table, client(n));
                }
            });
        }
    });
    format!("{:.0}", began.elapsed().as_secs_f64() * 1e9 / f64::from(SESSIONS))
}
