//! From where, and through what, a server is connected to, where its line or its proxy's says more than an address:
//! `source` with `usesrc` and ranges of ports, `namespace`, `socks4`, `pool-conn-name` (configuration manual, chapters 4.2
//! "source" and 5.2).
//!
//! A server without such words has no [`Route`], and costs nothing of this.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use config::Config;
use config::model::{ProxyConfig, ServerConfig, ServerNamespace, UseSrc};
use diag::{Diagnostic, Diagnostics, codes};
use net::{Connecting, Endpoint, Namespace, Particulars, PortLease, PortRange, Stage, StartError};
use rustc_hash::FxHashMap;
use sample::Expr;
use sample::conn_error::ConnError;
use sample::proxy_tlvs::types;
use state::proxy::Mode;

use crate::failure::Failure;
use crate::shared::ServerRun;
use crate::stream::Exchange;

/// How many ports of a range are tried for one connection.
const PORTS_TRIED_MAX: usize = 10;

/// What the words of a server say about its connections.
#[derive(Debug)]
pub struct Route {
    usesrc: Option<UseSrc>,
    ports: Option<Arc<PortRange>>,
    /// The SOCKS proxy that connections go through.
    pub(crate) socks4: Option<SocketAddr>,
    /// Set with `namespace *`: those that a client's PROXY protocol header can name.
    namespaces: Option<Arc<Namespaces>>,
    name: Option<Arc<Expr>>,
}

impl Route {
    /// What `server` says, else its proxy; `None`: nothing.
    pub(crate) fn of(
        proxy: &ProxyConfig,
        server: &ServerConfig,
        namespaces: &Arc<Namespaces>,
    ) -> Option<Box<Route>> {
        // A server with a source of its own takes nothing over from its proxy's.
        let has_own = server.connect.source.is_some();
        let usesrc = if has_own { &server.usesrc } else { &proxy.usesrc };
        let follows_proxy = server.namespace == Some(ServerNamespace::FromProxy);
        let route = Route {
            usesrc: usesrc.clone(),
            ports: server.source_ports.map(|(first, last)| PortRange::new(first, last)),
            socks4: server.socks4,
            namespaces: follows_proxy.then(|| namespaces.clone()),
            name: server.pool_conn_name.clone(),
        };
        let is_needed = route.usesrc.is_some()
            || route.ports.is_some()
            || route.socks4.is_some()
            || route.namespaces.is_some()
            || route.name.is_some();
        is_needed.then(|| Box::new(route))
    }

    /// The value of `pool-conn-name` for this exchange.
    pub(crate) fn name(&self, x: &Exchange) -> Option<Box<[u8]>> {
        let value = self.name.as_ref()?.eval(&x.txn)?;
        value.as_bytes().filter(|name| !name.is_empty()).map(Box::from)
    }

    /// Whether `pool-conn-name` says which idle connections are alike, in place of the server's TLS name.
    pub(crate) fn is_named(&self) -> bool {
        self.name.is_some()
    }

    /// The other machine's address that this exchange's connection comes from.
    fn foreign_source(&self, x: &Exchange) -> Result<Option<SocketAddr>, Failure> {
        // A client of a UNIX socket has no address: `source` itself counts then.
        let client = x.txn.session.src;
        match &self.usesrc {
            None => Ok(None),
            Some(UseSrc::Addr(addr)) => Ok(Some(*addr)),
            Some(UseSrc::Client) => Ok(client),
            Some(UseSrc::ClientIp) => Ok(client.map(|src| SocketAddr::new(src.ip(), 0))),
            Some(UseSrc::Header { .. }) if x.txn.backend.mode != Mode::Http => Err(Failure::ConnectInternal),
            Some(UseSrc::Header { name, occurrence }) => {
                let found = http::lists::element(&x.txn.req.head.fields, name, *occurrence);
                let text = found.ok_or(Failure::ConnectInternal)?;
                // Whatever is no address leaves the choice to the kernel, as in HAProxy.
                Ok(address(text).map(|ip| SocketAddr::new(ip, 0)))
            }
        }
    }

    /// The namespace that the client's PROXY protocol header names, if the configuration names it too.
    fn namespace(&self, x: &Exchange) -> Option<&Namespace> {
        let namespaces = self.namespaces.as_ref()?;
        let told = x.txn.session.proxy_tlvs.as_deref()?.all(types::NETNS).next()?;
        namespaces.0.get(std::str::from_utf8(told).ok()?).map(Arc::as_ref)
    }
}

/// An address, perhaps with a port behind it or in brackets.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse() {
        return Some(ip);
    }
    text.split_once(':')?.0.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// An address as a socket of the family of `to` takes it: IPv4 clients of an IPv6 socket have mapped addresses.
fn in_family_of(to: &Endpoint, source: SocketAddr) -> SocketAddr {
    match (to, source.ip()) {
        (Endpoint::Inet(SocketAddr::V4(_)), IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => SocketAddr::new(v4.into(), source.port()),
            None => source,
        },
        (_, IpAddr::V4(_) | IpAddr::V6(_)) => source,
    }
}

/// What is particular to a connection for this exchange.
///
/// # Errors
/// [`Failure::ConnectInternal`] where the address that it is to come from is not known.
pub(crate) fn particulars<'r>(x: &Exchange, server: &'r ServerRun) -> Result<Particulars<'r>, Failure> {
    let overrides = &x.txn.overrides;
    let mut particulars = Particulars {
        mark: overrides.server_mark,
        tos: overrides.server_tos,
        has_data: (server.connect.fast_open || !server.connect.quick_ack) && has_data(x, server),
        ..Particulars::default()
    };
    if let Some(route) = &server.route {
        particulars.foreign_source = route.foreign_source(x)?;
        particulars.namespace = route.namespace(x);
    }
    Ok(particulars)
}

/// Whether something is sent at once, at the first attempt: what goes with the first packet may arrive twice.
fn has_data(x: &Exchange, server: &ServerRun) -> bool {
    x.txn.log.retries == 0
        && (x.txn.backend.mode == Mode::Http
            || server.tls().is_some()
            || server.proxy_header.is_some()
            || !x.txn.req.body.is_empty())
}

/// Why a connection could not be started.
#[derive(Debug)]
pub(crate) enum Unstarted {
    /// All ports of `source` are in use.
    NoPort,
    /// The kernel said why.
    Refused(StartError),
}

impl Unstarted {
    /// What `bc_err` tells.
    pub(crate) fn conn_error(&self) -> ConnError {
        match self {
            Unstarted::NoPort => ConnError::PortRange,
            Unstarted::Refused(StartError { stage: Stage::Bind, .. }) => ConnError::CantBind,
            Unstarted::Refused(StartError { stage: Stage::Socket, error }) => match error.raw_os_error() {
                Some(24) => ConnError::ProcFdLimit,
                Some(23) => ConnError::SysFdLimit,
                Some(12 | 105) => ConnError::SysMemLimit,
                Some(93 | 97) => ConnError::NoProto,
                Some(_) | None => ConnError::SockErr,
            },
            Unstarted::Refused(StartError { stage: Stage::Connect, error }) => ConnError::of(error),
        }
    }

    /// As the system's error.
    pub(crate) fn into_io(self) -> std::io::Error {
        match self {
            Unstarted::NoPort => std::io::ErrorKind::AddrInUse.into(),
            Unstarted::Refused(error) => error.into(),
        }
    }
}

/// Starts a connection to `to`, from the server's range of ports if it has one. The lease is to live as long as the
/// connection.
pub(crate) fn start(
    server: &ServerRun,
    to: &Endpoint,
    mut particulars: Particulars<'_>,
) -> Result<(Connecting, Option<PortLease>), Unstarted> {
    particulars.foreign_source = particulars.foreign_source.map(|source| in_family_of(to, source));
    let ports = server.route.as_ref().and_then(|route| route.ports.as_ref());
    let Some(ports) = ports.filter(|_| particulars.foreign_source.is_none()) else {
        let started = net::start_connect_as(to, &server.connect, &particulars);
        return started.map(|connecting| (connecting, None)).map_err(Unstarted::Refused);
    };
    let mut last = Unstarted::NoPort;
    for _ in 0..PORTS_TRIED_MAX {
        let Some(lease) = ports.lease() else { return Err(last) };
        particulars.source_port = Some(lease.port());
        match net::start_connect_as(to, &server.connect, &particulars) {
            Ok(connecting) => return Ok((connecting, Some(lease))),
            Err(error) if is_ports_fault(&error) => last = Unstarted::Refused(error),
            Err(error) => return Err(Unstarted::Refused(error)),
        }
    }
    Err(last)
}

/// Whether another port may do better.
fn is_ports_fault(error: &StartError) -> bool {
    use std::io::ErrorKind;
    error.stage == Stage::Bind
        || matches!(error.error.kind(), ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable)
}

/// The options of a server's connections, those of its proxy included.
pub(crate) fn connect_options(
    proxy: &ProxyConfig,
    server: &ServerConfig,
    namespaces: &Namespaces,
) -> net::ConnectOptions {
    let mut connect = server.connect.clone();
    if connect.source.is_none()
        && let Some(source) = &proxy.source
    {
        connect.source = source.source;
        connect.interface = connect.interface.or_else(|| source.interface.clone());
    }
    if let Some(ServerNamespace::Named(name)) = &server.namespace {
        connect.namespace = namespaces.0.get(name).cloned();
    }
    connect
}

/// All namespaces that the configuration names, open.
#[derive(Debug, Default)]
pub(crate) struct Namespaces(FxHashMap<Box<str>, Arc<Namespace>>);

impl Namespaces {
    /// Opens them; what cannot be opened is told at the line that names it.
    pub(crate) fn open(config: &Config, diags: &mut Diagnostics) -> Namespaces {
        let mut opened = Namespaces::default();
        for proxy in config.proxies.iter().filter(|proxy| !proxy.is_disabled) {
            for bind in &proxy.binds {
                // A listener tells by itself what is wrong with its namespace.
                if let Some(name) = &bind.options.namespace {
                    let _ = opened.add(name);
                }
            }
            for server in &proxy.servers {
                let Some(ServerNamespace::Named(name)) = &server.namespace else { continue };
                if !opened.0.contains_key(name)
                    && let Some(namespace) = open_namespace(name, server, diags)
                {
                    opened.0.insert(name.clone(), namespace);
                }
            }
        }
        opened
    }

    fn add(&mut self, name: &str) -> std::io::Result<()> {
        if !self.0.contains_key(name) {
            self.0.insert(name.into(), Arc::new(Namespace::open(name)?));
        }
        Ok(())
    }
}

/// The namespace that a server line names; what keeps it from being used is told.
pub(crate) fn open_namespace(
    name: &str,
    server: &ServerConfig,
    diags: &mut Diagnostics,
) -> Option<Arc<Namespace>> {
    match Namespace::open(name) {
        Ok(namespace) => Some(Arc::new(namespace)),
        Err(error) => {
            let text = format!("the namespace `{name}` cannot be used: {error}");
            let help = format!("`ip netns add {name}` makes one");
            diags.push(Diagnostic::error(text).at(server.span).note(help).code(codes::CANNOT_START));
            None
        }
    }
}

/// Tells of interfaces that `source` lines name and this machine does not have now: connections fail until it does.
pub(crate) fn note_interfaces(config: &Config, diags: &mut Diagnostics) {
    let directory = Path::new("/sys/class/net");
    if !directory.join("lo").exists() {
        return;
    }
    for proxy in config.proxies.iter().filter(|proxy| !proxy.is_disabled) {
        let here = proxy.servers.iter().filter(|server| server.namespace.is_none());
        let own = here.map(|server| &server.connect).chain(&proxy.source);
        let mut names: Vec<&str> = own.filter_map(|connect| connect.interface.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names.into_iter().filter(|name| !directory.join(name).exists()) {
            let text = format!(
                "there is no interface `{name}`: servers of `{}` cannot be connected to through it",
                proxy.name
            );
            diags.push(Diagnostic::warning(text).code(codes::NO_EFFECT));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_hold_addresses_in_several_forms() {
        let found = |text: &str| address(text.as_bytes()).map(|ip| ip.to_string());
        assert_eq!(found("192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(found("192.0.2.1:99").as_deref(), Some("192.0.2.1"));
        assert_eq!(found("2001:db8::1").as_deref(), Some("2001:db8::1"));
        assert_eq!(found("[2001:db8::1]").as_deref(), Some("2001:db8::1"));
        assert_eq!(found("unknown"), None);
    }

    #[test]
    fn mapped_addresses_fit_ipv4() {
        let v4 = Endpoint::Inet("192.0.2.9:80".parse().unwrap());
        let v6 = Endpoint::Inet("[2001:db8::9]:80".parse().unwrap());
        let mapped: SocketAddr = "[::ffff:192.0.2.1]:7".parse().unwrap();
        assert_eq!(in_family_of(&v4, mapped).to_string(), "192.0.2.1:7");
        assert_eq!(in_family_of(&v6, mapped), mapped);
        let real: SocketAddr = "[2001:db8::1]:7".parse().unwrap();
        assert_eq!(in_family_of(&v4, real), real);
    }

    #[test]
    fn what_failed_has_its_number() {
        let of = |stage, errno| {
            let error = std::io::Error::from_raw_os_error(errno);
            Unstarted::Refused(StartError { stage, error }).conn_error()
        };
        assert_eq!(of(Stage::Socket, 24), ConnError::ProcFdLimit);
        assert_eq!(of(Stage::Bind, 99), ConnError::CantBind);
        assert_eq!(of(Stage::Connect, 99), ConnError::FreePorts);
        assert_eq!(Unstarted::NoPort.conn_error(), ConnError::PortRange);
    }
}
