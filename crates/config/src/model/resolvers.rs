//! `resolvers` sections, and what servers want of them (configuration manual, chapters 5.2 and 5.3).

use std::net::SocketAddr;

use resolve::{Preferences, Settings};

use super::ServerAddress;

/// How a name server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameserverAddress {
    /// By datagrams.
    Udp(SocketAddr),
    /// Over a connection (`tcp@`).
    Tcp(SocketAddr),
}

/// A name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nameserver {
    /// Its name.
    pub name: Box<str>,
    /// How it is reached.
    pub address: NameserverAddress,
}

/// A `resolvers` section.
#[derive(Debug, Clone, Default)]
pub struct ResolversConfig {
    /// Its name.
    pub name: Box<str>,
    /// Times and limits.
    pub settings: Settings,
    /// Its name servers, in their order.
    pub nameservers: Vec<Nameserver>,
}

/// `resolvers` of a server and its relatives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerResolvers {
    /// The section, by its number; `None`: its name is resolved at the start alone.
    pub section: Option<usize>,
    /// `resolve-prefer`, `resolve-net`, and `allow-dup-ip` and `prevent-dup-ip` of `resolve-opts`.
    pub preferences: Preferences,
    /// `ignore-weight` of `resolve-opts`.
    pub ignores_weight: bool,
}

impl super::ServerConfig {
    /// Whether its address is the name of a service, whose records say where it is.
    #[must_use]
    pub fn is_of_service(&self) -> bool {
        matches!(&self.address, ServerAddress::Name { host, .. } if host.starts_with('_'))
    }
}
