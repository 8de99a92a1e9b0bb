//! Maps: loading from text and looking up, every method that large maps use.

use std::fmt::Write;
use std::hint::black_box;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use state::pattern::map::{Map, parse_name};

use state::pattern::{Case, Columns, PatternRef, file};
use state::value::Value;

use crate::rounds::time;
use crate::{ENTRIES, scattered, tell};

/// Different keys that are looked up.
const KEYS: u32 = 100_000;

/// Measures all.
pub(crate) fn measure() {
    let maps =
        [("map_str", hosts()), ("map_beg", paths()), ("map_ip", networks()), ("map_ip_int", networks_v6())];
    for (name, texts) in maps {
        let began = Instant::now();
        let map = load(name, &texts);
        tell(
            &format!("{name}: load {ENTRIES} entries"),
            format!("{:.3}", began.elapsed().as_secs_f64()),
            "s",
        );
        let keys: Vec<Value<'static>> = (0..KEYS).map(|at| key(name, scattered(at))).collect();
        let look_up = |at: u32| {
            let key = &keys[usize::try_from(at % KEYS).unwrap_or(0)];
            assert!(black_box(map.lookup(black_box(key))).is_some(), "{name}: every key is there");
        };
        tell(&format!("{name}: look up"), time(1, look_up), "ns");
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
        "map_ip_int" => Value::Ipv6(prefix_v6(n) | Ipv6Addr::LOCALHOST),
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

/// The network of IPv6 addresses numbered `n`.
fn prefix_v6(n: u32) -> Ipv6Addr {
    // A /48 each, and not all beside each other.
    Ipv6Addr::from(0x2001_0db8 << 96 | u128::from(n * 3) << 80)
}

/// The lines of a map of such networks.
fn networks_v6() -> String {
    lines(|text, n| writeln!(text, "{}/48 {}", prefix_v6(n), n % 200))
}

fn lines(line: impl Fn(&mut String, u32) -> std::fmt::Result) -> String {
    let mut text = String::new();
    for n in 0..ENTRIES {
        line(&mut text, n).expect("a String takes everything");
    }
    text
}
