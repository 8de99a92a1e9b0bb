//! `hash-key`: what a server's place in a consistent hash comes from. Manual: chapter 5.2, "hash-key".

use lockgate_e2e::{HTTP, Origin, Proxy};

/// Two proxies whose servers are the same in another order: by their addresses, each key has one server; by their numbers,
/// some have two.
#[test]
fn addresses_choose_alike_wherever_servers_stand() {
    let origins = [Origin::fixed("a"), Origin::fixed("b"), Origin::fixed("c")];
    let listen = |name: &str, hash_key: &str, order: [usize; 3]| {
        let servers: Vec<String> = order
            .iter()
            .map(|at| format!("    server s{at} {} hash-key {hash_key}\n", origins[*at].address()))
            .collect();
        format!(
            "listen {name}\n    bind \"fd@${{{name}}}\"\n    balance hash path\n    hash-type consistent\n{}",
            servers.concat()
        )
    };
    let text = [
        listen("one", "addr-port", [0, 1, 2]),
        listen("two", "addr-port", [2, 0, 1]),
        listen("three", "id", [0, 1, 2]),
        listen("four", "id", [2, 0, 1]),
    ];
    let mut proxy = Proxy::start(&format!("{HTTP}{}", text.concat()));
    let mut chosen =
        |name: &str| -> Vec<String> { (0..24).map(|n| proxy.get(name, &format!("/{n}")).text()).collect() };
    assert_eq!(chosen("one"), chosen("two"));
    assert_ne!(chosen("three"), chosen("four"));
}
