//! The records of one name as answers brought them, until `hold obsolete` is over.
//!
//! They lie in the order of a hash of what they say, HAProxy's, so that the same answer gives the same servers the same
//! addresses, whatever order the name server chose.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use base::clock::Millis;
use twox_hash::XxHash32;

use crate::message::{Answer, Data, Family};
use crate::name::Name;
use crate::service::Member;

/// The place of a record: the hash, and a number for those that share it.
pub(crate) type Key = (u32, u32);

/// One record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) data: Data,
    /// When an answer last had it.
    last_seen: Millis,
    /// The address of a service's target, and when an answer last had it.
    pub(crate) additional: Option<(IpAddr, Millis)>,
    /// The servers that have it.
    pub(crate) holders: Vec<Member>,
}

/// All records of a name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    list: BTreeMap<Key, Record>,
    /// The record behind the one that was chosen last.
    pub(crate) next: Option<Key>,
    added: u32,
}

impl Records {
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.list.values_mut()
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Record> {
        self.list.get(&key)
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Record> {
        self.list.get_mut(&key)
    }

    /// The record behind `key`.
    pub(crate) fn behind(&self, key: Key) -> Option<Key> {
        self.list
            .range((std::ops::Bound::Excluded(key), std::ops::Bound::Unbounded))
            .next()
            .map(|(key, _)| *key)
    }

    /// All of them once around, from [`Records::next`] on.
    pub(crate) fn around(&self) -> Vec<Key> {
        let from = self.next.unwrap_or_default();
        self.list.range(from..).chain(self.list.range(..from)).map(|(key, _)| *key).collect()
    }

    /// Takes in what an answer says.
    pub(crate) fn merge(&mut self, answer: &Answer, now: Millis) {
        for data in &answer.records {
            match self.list.values_mut().find(|known| is_same(&known.data, data)) {
                Some(known) => {
                    known.data = data.clone();
                    known.last_seen = now;
                }
                None => self.add(data.clone(), now),
            }
        }
        for (name, ip) in &answer.additional {
            self.add_address(name, *ip, now);
        }
    }

    fn add(&mut self, data: Data, now: Millis) {
        let key = (hash(&data), self.added);
        self.added = self.added.wrapping_add(1);
        self.list.insert(key, Record { data, last_seen: now, additional: None, holders: Vec::new() });
    }

    /// An address of a service's target: of several services with that target the first without one gets it.
    fn add_address(&mut self, name: &Name, ip: IpAddr, now: Millis) {
        let leads_there = |record: &&mut Record| match &record.data {
            Data::Service { target, .. } => target == name,
            Data::Address(_) => false,
        };
        let has_it =
            |record: &&mut Record| record.additional.is_some_and(|(known, at)| known == ip && at < now);
        if let Some(record) = self.list.values_mut().filter(leads_there).find(has_it) {
            record.additional = Some((ip, now));
            return;
        }
        let is_open = |record: &&mut Record| record.additional.is_none();
        if let Some(record) = self.list.values_mut().filter(leads_there).find(is_open) {
            record.additional = Some((ip, now));
        }
    }

    /// Drops what no answer had for `hold`; answers the servers that had services among it.
    pub(crate) fn expire(&mut self, hold: Duration, now: Millis) -> Vec<Member> {
        let mut freed = Vec::new();
        self.list.retain(|_, record| {
            record.additional = record.additional.filter(|(_, seen)| seen.plus(hold) >= now);
            if record.last_seen.plus(hold) >= now {
                return true;
            }
            if matches!(record.data, Data::Service { .. }) {
                freed.append(&mut record.holders);
            }
            false
        });
        self.next = self.next.filter(|key| self.list.contains_key(key));
        freed
    }

    /// Drops everything; answers the servers that had services among it.
    pub(crate) fn clear(&mut self) -> Vec<Member> {
        let list = std::mem::take(&mut self.list).into_values();
        self.next = None;
        list.filter(|record| matches!(record.data, Data::Service { .. }))
            .flat_map(|record| record.holders)
            .collect()
    }

    /// A server does not have an address of these any more.
    pub(crate) fn detach(&mut self, member: Member) {
        for record in self.list.values_mut() {
            record.holders.retain(|holder| *holder != member);
        }
    }

    /// Whether a server has one of these.
    pub(crate) fn has(&self, member: Member) -> bool {
        self.list.values().any(|record| record.holders.contains(&member))
    }
}

/// Whether two records are the same one; the weight of a service may change.
fn is_same(a: &Data, b: &Data) -> bool {
    match (a, b) {
        (Data::Address(a), Data::Address(b)) => a == b,
        (
            Data::Service { target: a, port: port_a, weight: _ },
            Data::Service { target: b, port: port_b, weight: _ },
        ) => a == b && port_a == port_b,
        (Data::Address(_), Data::Service { .. }) | (Data::Service { .. }, Data::Address(_)) => false,
    }
}

/// HAProxy's hash of a record: XXH32 of what it says, the number of its type as the seed.
fn hash(data: &Data) -> u32 {
    match data {
        Data::Address(ip @ IpAddr::V4(v4)) => XxHash32::oneshot(type_number(*ip), &v4.octets()),
        Data::Address(ip @ IpAddr::V6(v6)) => XxHash32::oneshot(type_number(*ip), &v6.octets()),
        Data::Service { target, .. } => XxHash32::oneshot(33, target.bytes()),
    }
}

/// The number of the record's type (RFC 1035, RFC 3596).
fn type_number(ip: IpAddr) -> u32 {
    match Family::of(ip) {
        Family::V4 => 1,
        Family::V6 => 28,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(ips: &[&str]) -> Answer {
        let records = ips.iter().map(|ip| Data::Address(ip.parse().unwrap()));
        Answer { records: records.collect(), additional: Vec::new() }
    }

    #[test]
    fn records_stay_as_long_as_they_are_held() {
        let mut records = Records::default();
        records.merge(&answer(&["10.0.0.1", "10.0.0.2"]), Millis(1_000));
        records.merge(&answer(&["10.0.0.2"]), Millis(2_000));
        records.expire(Duration::from_secs(1), Millis(2_000));
        assert_eq!(records.around().len(), 2);
        records.expire(Duration::from_secs(1), Millis(2_001));
        assert_eq!(records.around().len(), 1);
        records.expire(Duration::ZERO, Millis(2_000));
        assert_eq!(records.around().len(), 1, "what the last answer had");
    }

    #[test]
    fn targets_and_their_addresses() {
        let target = Name::parse(b"s.test").unwrap();
        let service = |port| Data::Service { target: target.clone(), port, weight: 1 };
        let ip: IpAddr = "10.0.0.9".parse().unwrap();
        let both = Answer {
            records: vec![service(1), service(2)],
            additional: vec![(target.clone(), ip), (target.clone(), ip)],
        };
        let mut records = Records::default();
        records.merge(&both, Millis(5));
        assert!(records.iter_mut().all(|record| record.additional == Some((ip, Millis(5)))));
        records.merge(&Answer { records: both.records.clone(), additional: Vec::new() }, Millis(9));
        assert!(records.expire(Duration::ZERO, Millis(9)).is_empty());
        assert!(records.iter_mut().all(|record| record.additional.is_none()));
    }
}
