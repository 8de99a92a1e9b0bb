//! How servers are chosen. Manual: `balance`, `hash-type`, `weight`, `backup`, `use-server`, `use_backend`.

use std::collections::BTreeMap;

use lockgate_e2e::{HTTP, Origin, Proxy};

const NAMES: [&str; 3] = ["s1", "s2", "s3"];

struct Farm {
    proxy: Proxy,
    _origins: Vec<Origin>,
}

/// Three servers that answer with their names; `settings` are appended to their lines.
fn farm(lines: &str, settings: [&str; 3]) -> Farm {
    let origins: Vec<Origin> = NAMES.map(Origin::fixed).into_iter().collect();
    let mut text = format!("{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n{lines}\n");
    for ((name, origin), setting) in NAMES.iter().zip(&origins).zip(settings) {
        text.push_str(&format!("    server {name} {} {setting}\n", origin.address()));
    }
    Farm { proxy: Proxy::start(&text), _origins: origins }
}

impl Farm {
    fn get(&mut self, target: &str) -> String {
        self.proxy.get("fe", target).text()
    }

    fn counts(&mut self, requests: usize) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for index in 0..requests {
            *counts.entry(self.get(&format!("/{index}"))).or_default() += 1;
        }
        counts
    }
}

fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Exact, whatever worker takes the connection.
#[test]
fn roundrobin_is_exact() {
    for algorithm in ["roundrobin", "static-rr"] {
        let mut farm = farm(&format!("    balance {algorithm}"), ["", "", ""]);
        assert_eq!(farm.counts(30), counts(&[("s1", 10), ("s2", 10), ("s3", 10)]), "{algorithm}");
    }
}

#[test]
fn weights_count() {
    for algorithm in ["roundrobin", "static-rr"] {
        let mut farm = farm(&format!("    balance {algorithm}"), ["weight 1", "weight 2", "weight 3"]);
        assert_eq!(farm.counts(30), counts(&[("s1", 5), ("s2", 10), ("s3", 15)]), "{algorithm}");
    }
}

#[test]
fn first_takes_the_first() {
    let mut farm = farm("    balance first", ["", "", ""]);
    assert_eq!(farm.counts(5), counts(&[("s1", 5)]));
}

#[test]
fn a_key_keeps_its_server() {
    for line in
        ["balance source", "balance uri", "balance url_param id", "balance hdr(host)", "balance hash path"]
    {
        for hash in ["", "    hash-type consistent"] {
            let mut farm = farm(&format!("    {line}\n{hash}"), ["", "", ""]);
            let wanted = farm.get("/same?id=7");
            for _ in 0..5 {
                assert_eq!(farm.get("/same?id=7"), wanted, "{line}{hash}");
            }
        }
    }
}

/// Addresses and numbers are hashed as bytes, unless the number is the hash. The servers are those that HAProxy chooses.
#[test]
fn values_are_hashed_as_haproxy_hashes_them() {
    let cases = [
        ("url_param(n),ipmask(32)", "map-based", ["s2", "s2", "s3"]),
        ("url_param(n),length", "map-based djb2", ["s2", "s1", "s2"]),
        ("url_param(n),length", "consistent", ["s2", "s1", "s2"]),
        ("url_param(n),length", "map-based none", ["s2", "s1", "s2"]),
        ("url_param(n),sha1", "map-based", ["s3", "s2", "s2"]),
    ];
    for (expression, hash, wanted) in cases {
        let mut farm = farm(&format!("    balance hash {expression}\n    hash-type {hash}"), ["", "", ""]);
        let chosen = ["1.2.3.4", "10.0.0.17", "192.168.111.7"].map(|n| farm.get(&format!("/?n={n}")));
        assert_eq!(chosen, wanted, "{expression} {hash}");
    }
}

#[test]
fn uris_are_spread() {
    let mut farm = farm("    balance uri", ["", "", ""]);
    let counts = farm.counts(90);
    assert_eq!(counts.len(), 3, "{counts:?}");
    assert!(counts.values().all(|count| *count > 10), "{counts:?}");
}

#[test]
fn leastconn_prefers_the_idle() {
    let mut farm = farm("    balance leastconn", ["", "", ""]);
    let counts = farm.counts(9);
    assert_eq!(counts.len(), 3, "{counts:?}");
}

#[test]
fn weight_zero_takes_nothing_new() {
    let mut farm = farm("    balance roundrobin", ["", "weight 0", ""]);
    assert_eq!(farm.counts(10), counts(&[("s1", 5), ("s3", 5)]));
}

#[test]
fn disabled_servers_and_backups_wait() {
    let mut farm = farm("    balance roundrobin", ["disabled", "", "backup"]);
    assert_eq!(farm.counts(6), counts(&[("s2", 6)]));
    let mut farm = self::farm("    balance roundrobin", ["disabled", "disabled", "backup"]);
    assert_eq!(farm.counts(6), counts(&[("s3", 6)]));
}

#[test]
fn use_server_decides() {
    let mut farm = farm("    use-server s3 if { path_beg /three }\n    balance first", ["", "", ""]);
    assert_eq!(farm.get("/three"), "s3");
    assert_eq!(farm.get("/other"), "s1");
}

#[test]
fn backends_are_chosen_by_rules_maps_and_names() {
    let origins: Vec<Origin> = NAMES.map(Origin::fixed).into_iter().collect();
    let text = format!(
        "{HTTP}frontend fe
    bind \"fd@${{fe}}\"
    acl api path_beg /api
    use_backend s2 if api
    use_backend %[path,map(backends.map)] if {{ path,map(backends.map) -m found }}
    default_backend s1
backend s1
    server s {}
backend s2
    server s {}
backend s3
    server s {}
",
        origins[0].address(),
        origins[1].address(),
        origins[2].address()
    );
    let mut proxy = Proxy::builder(&text).file("backends.map", "/mapped s3\n").start();
    assert_eq!(proxy.get("fe", "/api/x").text(), "s2");
    assert_eq!(proxy.get("fe", "/mapped").text(), "s3");
    assert_eq!(proxy.get("fe", "/").text(), "s1");
}
