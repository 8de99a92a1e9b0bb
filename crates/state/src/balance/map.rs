//! The array behind `balance static-rr` and `hash-type map-based`: each server as often as its weight says, spread
//! evenly.

use base::ServerId;

use super::farm::Farm;
use crate::server::Role;

/// Servers by place; empty when none is usable.
#[derive(Debug)]
pub(super) struct Map(Vec<ServerId>);

impl Map {
    pub(super) fn new(farm: &Farm) -> Self {
        let role = if farm.totals.active > 0 { Role::Active } else { Role::Backup };
        let mut scores: Vec<(ServerId, i64, i64)> = farm
            .members
            .iter()
            .enumerate()
            .filter(|(_, member)| member.is_usable && member.role == role)
            .map(|(index, member)| (ServerId::from_index(index), i64::from(member.weight), 0))
            .collect();
        let total = i64::from(farm.totals.weight);
        Map((0..total).filter_map(|_| next_place(&mut scores, total)).collect())
    }

    /// The server at `hash` modulo the length.
    pub(super) fn at(&self, hash: u32) -> Option<ServerId> {
        let length = u32::try_from(self.0.len()).ok().filter(|length| *length > 0)?;
        Some(self.0[(hash % length) as usize])
    }

    /// The next server that has room, from place `next` on, which is moved behind it; `avoid` only if there is no
    /// other.
    pub(super) fn next(
        &self,
        next: &mut usize,
        avoid: Option<ServerId>,
        has_room: impl Fn(ServerId) -> bool,
    ) -> Option<ServerId> {
        let length = self.0.len();
        let start = if *next < length { *next } else { 0 };
        let mut avoided = None;
        for place in (start..length).chain(0..start) {
            let id = self.0[place];
            if !has_room(id) {
                continue;
            }
            if avoid != Some(id) {
                *next = place + 1;
                return Some(id);
            }
            avoided = Some((id, place));
        }
        let (id, place) = avoided?;
        *next = place + 1;
        Some(id)
    }
}

/// Each server gains its weight, the first one that is furthest ahead gets the place and pays the total. How far is
/// told in whole totals, so servers of similar weight go in the order of the configuration.
fn next_place(scores: &mut [(ServerId, i64, i64)], total: i64) -> Option<ServerId> {
    if total == 1 {
        return scores.first().map(|(id, _, _)| *id);
    }
    let mut best: Option<(usize, i64)> = None;
    for (index, (_, weight, score)) in scores.iter_mut().enumerate() {
        *score += *weight;
        // Never negative: nobody pays before having gained.
        let ahead = (*score + total) / total;
        if best.is_none_or(|(_, most)| ahead > most) {
            best = Some((index, ahead));
        }
    }
    let (id, _, score) = &mut scores[best?.0];
    *score -= total;
    Some(*id)
}
