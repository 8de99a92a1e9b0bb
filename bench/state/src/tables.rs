//! Stick tables: memory an entry, and what it costs to track a client from one worker and from two.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::AcqRel;
use std::time::{Duration, Instant};

use base::clock::Millis;
use state::table::{KeyType, Table, TableSpec};
use state::value::Value;

use crate::maps::address;
use crate::programs::resident_bytes;
use crate::rounds::time;
use crate::{ENTRIES, scattered, tell};

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
    let many = |threads| time(threads, |at| track(&table, scattered(at)));
    let one = |threads| time(threads, |_| track(&table, 7));
    tell("stick table: track one of many clients", many(1), "ns");
    tell("the same from two threads", many(2), "ns");
    tell("stick table: track one client all the time", one(1), "ns");
    tell("the same client from two threads", one(2), "ns");
    let line = Line::default();
    let add = |threads| time(threads, |_| line.add());
    tell("as many additions to one line of the cache", add(1), "ns");
    tell("the same line from two threads", add(2), "ns");
}

/// One line of the cache.
#[derive(Default)]
#[repr(align(64))]
struct Line([AtomicU64; 4]);

impl Line {
    /// What [`track`] cannot do without: a reference, a current connection and an event are counted, and the first two
    /// taken back.
    fn add(&self) {
        let [refs, current, events, _] = &self.0;
        for word in [refs, current, events, current, refs] {
            word.fetch_add(1, AcqRel);
        }
    }
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
