//! Maps: loading from text and looking up, every method that large maps use.

use std::fmt::Write;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::Instant;

use state::pattern::map::{Map, parse_name};

use state::pattern::{Case, Columns, PatternRef, file};
use state::value::Value;

use crate::{ENTRIES, scattered, tell};

/// Look-ups of one measurement.
const LOOKUPS: u32 = 2_000_000;

/// Measures all.
pub(crate) fn measure() {
    for (name, texts) in [("map_str", hosts()), ("map_beg", paths()), ("map_ip", networks())] {
        let began = Instant::now();
        let map = load(name, &texts);
        tell(
            &format!("{name}: load {ENTRIES} entries"),
            format!("{:.3}", began.elapsed().as_secs_f64()),
            "s",
        );
        let keys: Vec<Value<'static>> = scattered().take(100_000).map(|n| key(name, n)).collect();
        let began = Instant::now();
        let mut found = 0_u32;
        for at in 0..LOOKUPS {
            let key = &keys[usize::try_from(at).unwrap_or(0) % keys.len()];
            found += u32::from(black_box(map.lookup(black_box(key))).is_some());
        }
        let ns = began.elapsed().as_secs_f64() * 1e9 / f64::from(LOOKUPS);
        assert_eq!(found, LOOKUPS, "{name}: every key is there");
        tell(&format!("{name}: look up"), format!("{ns:.0}"), "ns");
    }
}

fn load(name: &str, text: &str) -> Map {
    let (method, output, _) = parse_name(name).expect("a map converter");
    let reference = PatternRef::new("bench.map", Columns::Two);
    reference.load(file::lines(text.as_bytes(), Columns::Two));
    Map::new(reference.attach(method, Case::Sensitive, output).expect("good entries"))
}

fn key(name: &str, n: u32) -> Value<'static> {
    match name {
        "map_ip" => Value::Ipv4(address(n)),
        "map_beg" => Value::string(format!("/customers/{n}/orders/list").into_bytes()),
        _ => Value::string(host(n).into_bytes()),
    }
}

pub(crate) fn host(n: u32) -> String {
    format!("www{n}.example.com")
}

/// One address of the network numbered `n`.
pub(crate) fn address(n: u32) -> Ipv4Addr {
    Ipv4Addr::from((n << 8) | 7)
}

/// The lines of a map of hosts.
pub(crate) fn hosts() -> String {
    lines(|text, n| writeln!(text, "{} backend{}", host(n), n % 1000))
}

fn paths() -> String {
    lines(|text, n| writeln!(text, "/customers/{n}/ backend{}", n % 1000))
}

/// The lines of a map of networks of 256 addresses.
pub(crate) fn networks() -> String {
    lines(|text, n| writeln!(text, "{}/24 country{}", Ipv4Addr::from(n << 8), n % 200))
}

fn lines(line: impl Fn(&mut String, u32) -> std::fmt::Result) -> String {
    let mut text = String::new();
    for n in 0..ENTRIES {
        line(&mut text, n).expect("a String takes everything");
    }
    text
}
