//! Servers: their address to start with, and what the engine keeps beside their state.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicI8, AtomicU32};

use config::model::{HashKeyFrom, InitAddr, ProxyConfig, ServerAddress, ServerConfig};
use diag::{Diagnostic, Diagnostics, codes};
use state::Server;
use state::balance::HashKey;
use state::server::{ADMIN_MAINT, ADMIN_UNRESOLVED, ServerSetup};

use super::prefer_v4;
use crate::dynamic_cookie::DynamicCookies;
use crate::pool::IdleConns;
use crate::resolve::Resolving;
use crate::route::{self, Namespaces, Route};
use crate::secure::ServerTls;
use crate::send_proxy::ProxyHeader;
use crate::shared::ServerRun;
use crate::state_file::StateLine;
use crate::strict_maxconn::StrictMaxconn;

pub(crate) fn hash_key(server: &ServerConfig) -> HashKey {
    match (server.hash_key, &server.guid) {
        (HashKeyFrom::Guid, Some(guid)) => HashKey::Guid(guid.clone()),
        (HashKeyFrom::Id, _) | (HashKeyFrom::Guid, None) => HashKey::Id,
        (HashKeyFrom::Id32, _) => HashKey::Id32,
        (HashKeyFrom::Addr, _) => HashKey::Addr,
        (HashKeyFrom::AddrPort, _) => HashKey::AddrPort,
    }
}

pub(crate) fn server_run(
    proxy: &ProxyConfig,
    server: &ServerConfig,
    state: Arc<Server>,
    namespaces: &Arc<Namespaces>,
    pool: usize,
) -> ServerRun {
    let mut connect = route::connect_options(proxy, server, namespaces);
    if proxy.options.srvtcpka.is_on() && connect.keepalive.is_none() {
        connect.keepalive = Some(proxy.server_keepalive);
    }
    connect.quick_ack = !proxy.options.tcp_smart_connect.is_on();
    let idle_conns = IdleConns::new(state.counters.iter().count());
    ServerRun {
        follows_client: follows_client(server),
        proxy_header: ProxyHeader::of(&server.send_proxy),
        route: Route::of(proxy, server, namespaces),
        is_dispatch: false,
        state,
        added: None,
        restored: None,
        resolving: Resolving::of(server).map(Box::new),
        tls: server_tls(server),
        tls_use: AtomicI8::new(match (server.tls.is_on, server.tls.is_taken_back) {
            (true, _) => 1,
            (false, true) => -1,
            (false, false) => 0,
        }),
        connect,
        port_offset: server.port_offset,
        idle_conns,
        strict_maxconn: server.is_maxconn_strict.then(StrictMaxconn::default),
        idle_max: u32::try_from(server.pool_max_conn).unwrap_or(u32::MAX),
        needed: AtomicU32::new(0),
        idle_low: server.pool_low_conn,
        idle_ms: u64::try_from(server.pool_purge_delay.as_millis()).unwrap_or(u64::MAX),
        redir: server.redir.clone(),
        shuts_sessions_down: server.on_marked_down == config::model::OnMarkedDown::ShutdownSessions,
        pool,
    }
}

fn server_tls(server: &ServerConfig) -> Option<ServerTls> {
    let is_usable = server.tls.is_on || server.tls.is_ready;
    let context = server.tls.context.clone().filter(|_| is_usable)?;
    Some(ServerTls { context, sni: server.tls.sni.clone() })
}

pub(super) fn make_server(
    proxy: &ProxyConfig,
    server: &ServerConfig,
    former: Option<&StateLine>,
    workers: usize,
    diags: &mut Diagnostics,
) -> Server {
    if !server.unsupported.is_empty() {
        let words = server.unsupported.join("`, `");
        let text =
            format!("server `{}` needs `{words}`, which this version does not carry out yet", server.name);
        diags.push(Diagnostic::error(text).at(server.span).code(codes::CANNOT_START));
    }
    let mut admin = if server.is_disabled { ADMIN_MAINT } else { 0 };
    let endpoint = match resolve(server, former.and_then(StateLine::address)) {
        Ok(Some(endpoint)) => endpoint,
        Ok(None) => {
            admin |= ADMIN_UNRESOLVED;
            // The port stays for when an address comes.
            let port = if let ServerAddress::Name { port, .. } = &server.address { *port } else { 0 };
            net::Endpoint::Inet(SocketAddr::from(([0, 0, 0, 0], port)))
        }
        Err(host) => {
            let text =
                format!("the address of server `{}` cannot be found: `{host}` does not resolve", server.name);
            let note = "`init-addr none` starts without an address";
            diags.push(Diagnostic::error(text).at(server.span).code(codes::CANNOT_START).note(note));
            net::Endpoint::Inet(SocketAddr::from(([0, 0, 0, 0], 0)))
        }
    };
    Server::new(server_setup(proxy, server, endpoint, admin), workers)
}

pub(crate) fn server_setup(
    proxy: &ProxyConfig,
    server: &ServerConfig,
    endpoint: net::Endpoint,
    admin: u8,
) -> ServerSetup {
    ServerSetup {
        id: server.id,
        puid: server.puid,
        name: server.name.clone(),
        proxy: proxy.id,
        cookie: server.cookie.clone().or_else(|| DynamicCookies::of(proxy).cookie(&endpoint)),
        endpoint,
        weight: server.weight,
        role: server.role,
        maxconn: server.maxconn,
        minconn: server.minconn,
        maxqueue: server.maxqueue,
        admin,
    }
}

/// The address to start with, `last` being that of a state file: `None` when the server starts without one.
pub(crate) fn resolve(server: &ServerConfig, last: Option<IpAddr>) -> Result<Option<net::Endpoint>, &str> {
    let (host, port) = match &server.address {
        ServerAddress::Endpoint(endpoint) => return Ok(Some(endpoint.clone())),
        ServerAddress::Name { host, port } => (host, *port),
    };
    // Name servers will be asked in any case: a start does not fail for want of an address.
    let usual = [InitAddr::Last, InitAddr::Libc, InitAddr::None];
    let usual = if server.resolvers.section.is_some() { &usual[..] } else { &usual[..2] };
    let ways = if server.init_addr.is_empty() { usual } else { &server.init_addr[..] };
    for way in ways {
        match way {
            InitAddr::Last => {
                if let Some(ip) = last {
                    return Ok(Some(net::Endpoint::Inet(SocketAddr::new(ip, port))));
                }
            }
            InitAddr::None => return Ok(None),
            InitAddr::Ip(ip) => return Ok(Some(net::Endpoint::Inet(SocketAddr::new(*ip, port)))),
            // The system knows no services.
            InitAddr::Libc if server.is_of_service() => {}
            InitAddr::Libc => {
                let found = (&**host, port).to_socket_addrs().ok();
                if let Some(addr) = found.and_then(prefer_v4) {
                    return Ok(Some(net::Endpoint::Inet(addr)));
                }
            }
        }
    }
    Err(host)
}

/// Whether a server's port is the client's destination port, or its address the client's destination (`0.0.0.0`).
pub(crate) fn follows_client(server: &ServerConfig) -> bool {
    let is_open = match &server.address {
        ServerAddress::Endpoint(endpoint) => endpoint.inet().is_some_and(|addr| addr.ip().is_unspecified()),
        ServerAddress::Name { .. } => false,
    };
    is_open || server.port_offset.is_some()
}
