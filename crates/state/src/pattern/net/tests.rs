//! Spellings of networks, and the flattened form against a look at every network.

use proptest::prelude::*;

use super::*;

fn networks(texts: &[&str]) -> Networks {
    let nets: Vec<_> = texts.iter().map(|text| Network::parse(text.as_bytes()).unwrap()).collect();
    Networks::new(&nets)
}

fn find(nets: &Networks, addr: &str) -> Option<Place> {
    nets.find(addr.parse().unwrap(), &|_| true)
}

#[test]
fn spellings() {
    let v4 = |addr: &str, mask: &str| {
        Some(Network::V4 { addr: addr.parse().unwrap(), mask: mask.parse().unwrap() })
    };
    assert_eq!(Network::parse(b"1.2.3.4"), v4("1.2.3.4", "255.255.255.255"));
    assert_eq!(Network::parse(b"10.0.0.0/8"), v4("10.0.0.0", "255.0.0.0"));
    assert_eq!(Network::parse(b"10.0.0.0/255.0.255.0"), v4("10.0.0.0", "255.0.255.0"));
    assert_eq!(Network::parse(b"0.0.0.0/0"), v4("0.0.0.0", "0.0.0.0"));
    assert_eq!(Network::parse(b"::/0"), Some(Network::V6 { addr: Ipv6Addr::UNSPECIFIED, prefix: 0 }));
    for wrong in
        ["", "10", "10.0.0", "1.2.3.4/33", "1.2.3.4/", "::1/129", "example.com", "1.2.3.4/+8", "[::1]"]
    {
        assert_eq!(Network::parse(wrong.as_bytes()), None, "{wrong}");
    }
}

#[test]
fn the_longest_wins_whatever_the_order() {
    let nets = networks(&["0.0.0.0/0", "10.1.0.0/16", "10.0.0.0/8", "10.1.2.3", "10.1.0.0/16"]);
    assert_eq!(find(&nets, "10.1.2.3"), Some(3));
    assert_eq!(find(&nets, "10.1.2.4"), Some(1));
    assert_eq!(find(&nets, "10.2.0.0"), Some(2));
    assert_eq!(find(&nets, "255.255.255.255"), Some(0));
    let without =
        |gone: &'static [Place]| nets.find("10.1.2.4".parse().unwrap(), &|place| !gone.contains(&place));
    assert_eq!(without(&[1]), Some(4), "the same network again");
    assert_eq!(without(&[1, 4]), Some(2), "the next shorter");
}

#[test]
fn families_meet() {
    let nets =
        networks(&["192.0.2.0/24", "::ffff:198.51.100.0/120", "2001:db8::/32", "10.0.0.1/255.0.0.255"]);
    assert_eq!(find(&nets, "::ffff:192.0.2.7"), Some(0));
    assert_eq!(find(&nets, "::192.0.2.7"), Some(0));
    assert_eq!(find(&nets, "2002:c000:0207::1"), Some(0));
    assert_eq!(find(&nets, "198.51.100.9"), Some(1));
    assert_eq!(find(&nets, "2001:db8:ffff::1"), Some(2));
    assert_eq!(find(&nets, "2001:db9::1"), None);
    assert_eq!(find(&nets, "10.7.8.1"), Some(3));
    assert_eq!(find(&nets, "10.7.8.2"), None);
}

#[test]
fn the_own_family_and_the_longer_network_are_better() {
    let rank = |pattern: &str, addr: &str| rank(pattern.as_bytes(), addr.parse().unwrap());
    assert!(rank("10.0.0.0/8", "10.0.0.1") < rank("10.0.0.0/9", "10.0.0.1"));
    assert!(rank("::ffff:10.0.0.1", "10.0.0.1") < rank("0.0.0.0/0", "10.0.0.1"));
    assert!(rank("10.0.0.1", "::ffff:10.0.0.1") < rank("::/0", "::ffff:10.0.0.1"));
    assert!(rank("10.0.0.1/255.0.0.255", "10.0.0.1") < rank("::/0", "10.0.0.1"));
}

/// A look at every network.
fn naive(nets: &[(u32, u8)], addr: u32, gone: &[usize]) -> Option<Place> {
    let holds = |(net, length): (u32, u8)| (net ^ addr) & prefix_mask(length) == 0;
    let alive = nets.iter().enumerate().filter(|(i, net)| holds(**net) && !gone.contains(i));
    // Of equal lengths the first.
    alive.max_by_key(|(i, net)| (net.1, std::cmp::Reverse(*i))).map(|(i, _)| Place::try_from(i).unwrap())
}

proptest! {
    #[test]
    fn flattened_is_the_same_as_looking_at_all(
        nets in prop::collection::vec((0u32..64, 26u8..=32), 0..24),
        wide in prop::collection::vec((any::<u32>(), 0u8..=8), 0..4),
        addrs in prop::collection::vec(prop_oneof![0u32..80, any::<u32>(), Just(u32::MAX)], 1..40),
        gone in prop::collection::vec(0usize..28, 0..6),
    ) {
        let nets: Vec<_> = nets.into_iter().chain(wide).collect();
        let list: Vec<_> = nets
            .iter()
            .map(|(addr, length)| Network::V4 { addr: (*addr).into(), mask: prefix_mask(*length).into() })
            .collect();
        let index = Networks::new(&list);
        for addr in addrs {
            let alive = |place: Place| !gone.contains(&(place as usize));
            let got = index.find(IpAddr::V4(addr.into()), &alive);
            prop_assert_eq!(got, naive(&nets, addr, &gone), "{}", Ipv4Addr::from(addr));
        }
    }
}
