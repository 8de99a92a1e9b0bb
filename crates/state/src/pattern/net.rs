//! Networks: IPv4 addresses inside IPv6 ones.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The IPv4 address that an IPv6 address stands for: mapped (`::ffff:a.b.c.d`), compatible (`::a.b.c.d`) or 6to4
/// (`2002:aabb:ccdd::`).
#[must_use]
pub fn v6_to_v4(addr: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = addr.segments();
    let [a, b, c, d] = match s {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => {
            [high.to_be_bytes(), low.to_be_bytes()].as_flattened().try_into().ok()?
        }
        [0x2002, high, low, ..] => [high.to_be_bytes(), low.to_be_bytes()].as_flattened().try_into().ok()?,
        _ => return None,
    };
    Some(Ipv4Addr::new(a, b, c, d))
}
