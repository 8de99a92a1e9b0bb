//! A server's address changes: in one locked step, with everything that follows from it, whoever found out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use net::Endpoint;
use state::Server;
use state::balance::{Algorithm, Method};
use state::queue::Redistribute;
use state::server::ADMIN_UNRESOLVED;

use super::admin;
use super::report;
use crate::shared::Shared;

/// Who says where a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updater<'u> {
    /// An operator: the answer tells what changed.
    Operator,
    /// A name server, named with its section.
    Nameserver(&'u str, &'u str),
    /// What a name server said to somebody else.
    Cache,
    /// An address that came along with a service.
    Additional,
}

impl Updater<'_> {
    fn name(self) -> String {
        match self {
            Updater::Operator => "stats socket command".to_owned(),
            Updater::Nameserver(section, name) => format!("{section}/{name}"),
            Updater::Cache => "DNS cache".to_owned(),
            Updater::Additional => "DNS additional record".to_owned(),
        }
    }

    fn is_dns(self) -> bool {
        self != Updater::Operator
    }
}

/// The address of a server that has none.
const NO_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Where a server is; `None`: nowhere yet, or it is no host of the Internet.
#[must_use]
pub fn address_of(server: &Server) -> Option<IpAddr> {
    let ip = server.endpoint().inet()?.ip();
    let is_nowhere = ip == NO_ADDRESS && server.admin() & ADMIN_UNRESOLVED != 0;
    Some(ip).filter(|_| !is_nowhere)
}

/// Sends new connections to a server elsewhere from now on, and ends its maintenance if it had no address. Answers what
/// changed, in words that name who did it; `None`: it is there already.
pub fn set_address(
    shared: &Arc<Shared>,
    server: &Arc<Server>,
    to: SocketAddr,
    updater: Updater<'_>,
) -> Option<String> {
    let changed = {
        let proxy = shared.runtime.proxy(server.proxy);
        let _changing = proxy.changing.lock();
        let port_before = server.endpoint().inet().map(|addr| addr.port());
        let changed = changes(address_of(server), port_before, to)?;
        put(shared, server, to);
        format!("{changed} by '{}'", updater.name())
    };
    // Idle connections lead to the old address.
    super::close_idle(shared, server);
    if updater.is_dns() {
        report::address(shared, server, &changed);
    }
    if admin::regain_address(shared, server) && updater.is_dns() {
        report::resolved(shared, server);
    }
    Some(changed)
}

/// Changes nothing but the port.
pub(crate) fn set_port(shared: &Arc<Shared>, server: &Arc<Server>, port: u16) {
    let changed = {
        let proxy = shared.runtime.proxy(server.proxy);
        let _changing = proxy.changing.lock();
        let before = server.endpoint().inet();
        let changed = before.filter(|addr| addr.port() != port);
        if let Some(addr) = changed {
            put(shared, server, SocketAddr::new(addr.ip(), port));
        }
        changed
    };
    if changed.is_some() {
        super::close_idle(shared, server);
    }
}

/// What remains of an address that is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// The port is known all the same.
    Kept,
    /// It came with the address.
    Lost,
}

/// A server has no address any more, for the reason `cause`.
pub(crate) fn unset_address(shared: &Arc<Shared>, server: &Arc<Server>, cause: &'static str, port: Port) {
    // One that had none before loses its port at most.
    if !admin::lose_address(shared, server, cause) && port == Port::Kept {
        return;
    }
    let proxy = shared.runtime.proxy(server.proxy);
    let _changing = proxy.changing.lock();
    let before = server.endpoint().inet().map_or(0, |addr| addr.port());
    put(shared, server, SocketAddr::new(NO_ADDRESS, if port == Port::Kept { before } else { 0 }));
}

/// Under the backend's lock.
fn put(shared: &Shared, server: &Arc<Server>, to: SocketAddr) {
    server.set_endpoint(Endpoint::Inet(to));
    crate::dynamic_cookie::renew(shared, server);
    shared.runtime.proxy(server.proxy).server_changed(server, Redistribute::Nobody);
}

/// What changes, in words.
fn changes(before: Option<IpAddr>, port_before: Option<u16>, after: SocketAddr) -> Option<String> {
    let mut parts = Vec::new();
    if before != Some(after.ip()) {
        let before = before.map_or("(none)".to_owned(), |ip| ip.to_string());
        parts.push(format!("IP changed from '{before}' to '{}'", after.ip()));
    }
    if let Some(before) = port_before.filter(|before| *before != after.port()) {
        parts.push(format!("port changed from '{before}' to '{}'", after.port()));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Changes a server's weight. False where its backend balances in a way that knows the configured weight and 0 alone.
pub fn set_weight(shared: &Shared, server: &Arc<Server>, weight: u32) -> bool {
    let proxy = shared.runtime.proxy(server.proxy);
    let setup = proxy.balancer.setup();
    let is_dynamic = match setup.algorithm {
        Algorithm::RoundRobin | Algorithm::LeastConn | Algorithm::First | Algorithm::Random { .. } => true,
        Algorithm::Hash(_) => setup.hash_type.method == Method::Consistent,
        Algorithm::StaticRr | Algorithm::Sticky => false,
    };
    if weight != 0 && weight != server.initial_weight && !is_dynamic {
        return false;
    }
    let _changing = proxy.changing.lock();
    if server.weight() != weight {
        server.set_weight(weight);
        proxy.server_changed(server, Redistribute::Nobody);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_in_words() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (before, after) = (Some(ip("10.0.0.1")), at("10.0.0.2:81"));
        assert_eq!(
            changes(before, Some(80), after).unwrap(),
            "IP changed from '10.0.0.1' to '10.0.0.2', port changed from '80' to '81'"
        );
        assert_eq!(changes(None, Some(81), after).unwrap(), "IP changed from '(none)' to '10.0.0.2'");
        assert_eq!(changes(Some(after.ip()), Some(81), after), None);
    }
}
