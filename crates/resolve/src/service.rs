//! Servers that service records fill (RFC 2782; `server-template` with a name like `_http._tcp.example.com`).
//!
//! A record keeps its server for as long as it is there, whatever becomes of the others; a server that no record has is free
//! for the next one. There may be more records than servers: those that come later wait.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::message::Data;
use crate::name::Name;
use crate::records::Records;

/// A server: its backend and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The backend; its servers do not share addresses unless they may.
    pub group: usize,
    /// The place in it.
    pub place: usize,
}

/// The servers of a backend that one name of a service fills.
#[derive(Debug, Clone, Default)]
pub struct Service {
    /// Their backend.
    pub group: usize,
    /// Those without a record, the next one first.
    pub free: VecDeque<Member>,
    /// Servers that had a record when an earlier process ended, with its target and its port, until the first answer.
    pub former: Vec<(Member, Name, u16)>,
}

/// What a record says of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The server.
    pub member: Member,
    /// The name of its host.
    pub target: Name,
    /// Its port.
    pub port: u16,
    /// Its weight: that of the record, 0 to 65,535, as servers have it, 0 to 256.
    pub weight: u32,
    /// Its address, if the answer told it as well.
    pub address: Option<IpAddr>,
}

impl Service {
    /// Servers whose records of an earlier process are not there any more; they are free.
    pub(crate) fn give_up_former(&mut self) -> Vec<Member> {
        let members: Vec<Member> = self.former.drain(..).map(|(member, ..)| member).collect();
        self.free.extend(&members);
        members
    }

    /// The server for a record: the one that had it before, or the next that is free.
    fn take(&mut self, target: &Name, port: u16) -> Option<Member> {
        let is_it = |known: &(Member, Name, u16)| known.1 == *target && known.2 == port;
        match self.former.iter().position(is_it) {
            Some(at) => Some(self.former.swap_remove(at).0),
            None => self.free.pop_front(),
        }
    }
}

impl Records {
    /// Gives each record a server of `service`, as far as there are any, and tells what all of them say.
    pub(crate) fn assign(&mut self, service: &mut Service) -> Vec<Assignment> {
        let mut list = Vec::new();
        for record in self.iter_mut() {
            let Data::Service { target, port, weight } = &record.data else { continue };
            let held = record.holders.iter().find(|holder| holder.group == service.group).copied();
            let Some(member) = held.or_else(|| service.take(target, *port)) else { continue };
            if held.is_none() {
                record.holders.push(member);
            }
            list.push(Assignment {
                member,
                target: target.clone(),
                port: *port,
                weight: u32::from(*weight).div_ceil(256),
                address: record.additional.map(|(ip, _)| ip),
            });
        }
        list
    }
}
