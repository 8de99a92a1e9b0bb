//! What a server connection was made for, where connections to one server are not all alike: only a request that wants
//! the same may use it again (configuration manual, chapter 4.2 "http-reuse").
//!
//! Most servers' connections are alike. They have no identity, and nothing is made for a request to find that out.
//! HAProxy compares hashes of these things; here they are compared themselves.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use net::{Endpoint, Particulars};

use crate::server_conn::destination;
use crate::shared::ServerRun;
use crate::stream::Exchange;

/// What makes a connection one of a kind among those to its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The value of `pool-conn-name`.
    name: Option<Box<[u8]>>,
    /// Where it goes, if the client decides that.
    destination: Option<Endpoint>,
    /// The other machine's address that it comes from (`usesrc`).
    source: Option<SocketAddr>,
    /// The PROXY protocol header that it began with.
    header: Option<Box<[u8]>>,
    /// `set-bc-mark`.
    mark: Option<u32>,
    /// `set-bc-tos`.
    tos: Option<u8>,
    /// The namespace that the client's PROXY protocol header names.
    namespace: Option<Box<str>>,
}

/// What is there, and nothing for what is not: this is hashed with each request.
impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(source) = &self.source {
            match source.ip() {
                IpAddr::V4(ip) => state.write_u32(ip.to_bits()),
                IpAddr::V6(ip) => state.write_u128(ip.to_bits()),
            }
            state.write_u16(source.port());
        }
        if let Some(destination) = &self.destination {
            destination.hash(state);
        }
        for bytes in [&self.name, &self.header].into_iter().flatten() {
            bytes.hash(state);
        }
        if let Some(mark) = self.mark {
            state.write_u32(mark);
        }
        if let Some(tos) = self.tos {
            state.write_u8(tos);
        }
        if let Some(namespace) = &self.namespace {
            namespace.hash(state);
        }
    }
}

impl Identity {
    /// What a connection for this exchange must be; `None`: as any other.
    pub(crate) fn of(
        x: &Exchange,
        server: &ServerRun,
        particulars: &Particulars<'_>,
    ) -> Option<Box<Identity>> {
        let name = server.route.as_ref().and_then(|route| route.name(x));
        let is_plain = name.is_none()
            && !server.follows_client
            && server.proxy_header.is_none()
            && particulars.foreign_source.is_none()
            && particulars.mark.is_none()
            && particulars.tos.is_none()
            && particulars.namespace.is_none();
        if is_plain {
            return None;
        }
        let header = server.proxy_header.as_ref().map(|header| {
            let mut bytes = Vec::new();
            header.push(&x.txn, &mut bytes);
            bytes.into_boxed_slice()
        });
        Some(Box::new(Identity {
            name,
            destination: server.follows_client.then(|| destination(x, server)),
            source: particulars.foreign_source,
            header,
            mark: particulars.mark,
            tos: particulars.tos,
            namespace: particulars.namespace.map(|namespace| namespace.name().into()),
        }))
    }

    /// One that `pool-conn-name` alone makes.
    pub(crate) fn named(name: &[u8]) -> Identity {
        Identity {
            name: Some(name.into()),
            destination: None,
            source: None,
            header: None,
            mark: None,
            tos: None,
            namespace: None,
        }
    }

    /// The PROXY protocol header that such a connection begins with.
    pub(crate) fn header(&self) -> Option<&[u8]> {
        self.header.as_deref()
    }
}
