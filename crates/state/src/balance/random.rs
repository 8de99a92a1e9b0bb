//! `balance random`: draws, and which of two drawn servers is better off.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use base::ServerId;
use base::clock::Millis;

use super::farm::Farm;
use crate::server::Server;

/// A number that is random enough to balance by (xorshift64*, one state a thread).
pub(super) fn next() -> u32 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(1u8) | 1);
    }
    let mut x = STATE.get();
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    STATE.set(x);
    u32::try_from(x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32).unwrap_or(0)
}

/// The one of two servers with fewer requests for its weight; if equal, with fewer sessions per second; if equal,
/// the one drawn later.
pub(super) fn less_loaded(
    farm: &Farm,
    servers: &[Arc<Server>],
    before: ServerId,
    drawn: ServerId,
    now: Millis,
) -> Option<ServerId> {
    let (one, other) = (servers.get(before.index())?, servers.get(drawn.index())?);
    let weight = |id: ServerId| farm.members.get(id.index()).map_or(0, |member| u64::from(member.weight));
    let (weight_one, weight_other) = (weight(before), weight(drawn));
    let load_one = u64::from(one.served.get()) * weight_other;
    let load_other = u64::from(other.served.get()) * weight_one;
    let is_first_better = load_one < load_other
        || (load_one == load_other && rate(one, now) * weight_other < rate(other, now) * weight_one);
    Some(if is_first_better { before } else { drawn })
}

fn rate(server: &Server, now: Millis) -> u64 {
    server.counters.iter().map(|counters| u64::from(counters.sess_rate.read(now))).sum()
}
