//! Which virtual hosts a listening socket leads to, and what holds in each with what it takes from the main server
//! ("An In-Depth Discussion of Virtual Host Matching"; the modules' own ways of merging).

use std::net::IpAddr;

use crate::apache::Problem;
use crate::apache::model::{Config, HostAddress, Listen, ProxyTls, Scope, Seconds, Server, Switch, Tls};

/// A virtual host, or the main server, as requests see it.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// Its place among the virtual hosts; none for the main server.
    pub(super) index: Option<usize>,
    /// With what it takes from the main server.
    pub(super) server: Server,
}

/// Virtual hosts that share an address.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The address that the client has to have connected to.
    pub(super) address: Option<IpAddr>,
    /// The first is for requests that name none of them.
    pub(super) hosts: Vec<Host>,
}

/// Listening sockets that lead to the same virtual hosts.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) listens: Vec<Listen>,
    pub(super) groups: Vec<Group>,
}

impl Entry {
    /// All its hosts.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.groups.iter().flat_map(|group| &group.hosts)
    }

    /// Whether its first host speaks TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.hosts().next().is_some_and(is_tls)
    }

    fn key(&self) -> Vec<(Option<IpAddr>, Vec<Option<usize>>)> {
        let indexes = |group: &Group| group.hosts.iter().map(|host| host.index).collect();
        self.groups.iter().map(|group| (group.address, indexes(group))).collect()
    }
}

/// Whether this host speaks TLS.
pub(super) fn is_tls(host: &Host) -> bool {
    host.server.tls.engine.as_ref().is_some_and(|(on, _)| *on == Switch::On)
}

/// The sockets, in the order of their lines.
pub(super) fn entries(config: &Config, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for listen in listens(config) {
        let entry = Entry { groups: groups(config, &listen), listens: vec![listen] };
        match entries.iter_mut().find(|known| known.key() == entry.key()) {
            Some(known) => known.listens.extend(entry.listens),
            None => entries.push(entry),
        }
    }
    for (index, host) in config.hosts.iter().enumerate() {
        let is_reached = entries.iter().flat_map(Entry::hosts).any(|found| found.index == Some(index));
        if let (false, Some(source)) = (is_reached, &host.source) {
            let message = "no Listen line leads to this virtual host: it is not carried over".to_owned();
            problems.push(Problem { place: source.place.clone(), message });
        }
    }
    entries
}

/// The `Listen` lines; in a file without any, what its virtual hosts name.
fn listens(config: &Config) -> Vec<Listen> {
    if !config.listens.is_empty() {
        return config.listens.clone();
    }
    let mut listens: Vec<Listen> = Vec::new();
    for host in &config.hosts {
        let Some(source) = &host.source else { continue };
        for address in &host.addresses {
            let port = address.port.unwrap_or(80);
            let listen = Listen { source: source.clone(), address: address.address, port };
            if !listens.iter().any(|known| (known.address, known.port) == (listen.address, port)) {
                listens.push(listen);
            }
        }
    }
    listens
}

fn groups(config: &Config, listen: &Listen) -> Vec<Group> {
    let reaches = |at: &HostAddress| at.port.is_none_or(|port| port == listen.port);
    let with = |address: Option<IpAddr>| {
        let matching =
            config.hosts.iter().enumerate().filter(move |(_, host)| {
                host.addresses.iter().any(|at| reaches(at) && at.address == address)
            });
        matching.map(|(index, host)| merged(config, Some(index), host)).collect::<Vec<Host>>()
    };
    let addresses: Vec<IpAddr> = match listen.address {
        Some(address) => vec![address],
        None => {
            let mut all: Vec<IpAddr> = Vec::new();
            let named = config.hosts.iter().flat_map(|host| &host.addresses).filter(|at| reaches(at));
            named.filter_map(|at| at.address).for_each(|address| {
                if !all.contains(&address) {
                    all.push(address);
                }
            });
            all
        }
    };
    let mut groups: Vec<Group> = Vec::new();
    for address in addresses {
        let hosts = with(Some(address));
        if !hosts.is_empty() {
            let is_certain = listen.address.is_some();
            groups.push(Group { address: (!is_certain).then_some(address), hosts });
        }
    }
    if groups.iter().any(|group| group.address.is_none()) {
        return groups;
    }
    let mut hosts = with(None);
    if hosts.is_empty() {
        hosts = vec![merged(config, None, &config.main)];
    }
    groups.push(Group { address: None, hosts });
    groups
}

fn chained<T: Clone>(first: &[T], second: &[T]) -> Vec<T> {
    first.iter().chain(second).cloned().collect()
}

fn merged(config: &Config, index: Option<usize>, own: &Server) -> Host {
    if index.is_none() {
        return Host { index, server: own.clone() };
    }
    let main = &config.main;
    let server = Server {
        source: own.source.clone(),
        addresses: own.addresses.clone(),
        name: own.name.clone(),
        aliases: own.aliases.clone(),
        scope: scope(&main.scope, &own.scope),
        locations: chained(&main.locations, &own.locations),
        // Those of the main server come first, unlike its redirections.
        passes: chained(&main.passes, &own.passes),
        balancers: chained(&own.balancers, &main.balancers),
        workers: chained(&main.workers, &own.workers),
        guarded: chained(&main.guarded, &own.guarded),
        rewrite: own.rewrite.clone(),
        environment: chained(&main.environment, &own.environment),
        tls: tls(&main.tls, &own.tls),
        logs: if own.logs.is_empty() { main.logs.clone() } else { own.logs.clone() },
        error_log: own.error_log.clone().or(main.error_log.clone()),
        document_root: own.document_root.clone().or(main.document_root.clone()),
        seconds: seconds(&main.seconds, &own.seconds),
        keep_alive: own.keep_alive.clone().or(main.keep_alive.clone()),
        // Not taken from the main server, as Apache's manual says.
        encoded_slashes: own.encoded_slashes,
        canonical_name: own.canonical_name.or(main.canonical_name),
    };
    Host { index, server }
}

fn seconds(main: &Seconds, own: &Seconds) -> Seconds {
    Seconds {
        timeout: own.timeout.clone().or(main.timeout.clone()),
        proxy: own.proxy.clone().or(main.proxy.clone()),
        keep_alive: own.keep_alive.clone().or(main.keep_alive.clone()),
        head: own.head.clone().or(main.head.clone()),
    }
}

fn scope(main: &Scope, own: &Scope) -> Scope {
    Scope {
        request_headers: chained(&main.request_headers, &own.request_headers),
        headers: chained(&main.headers, &own.headers),
        reverses: chained(&main.reverses, &own.reverses),
        cookie_domains: chained(&main.cookie_domains, &own.cookie_domains),
        cookie_paths: chained(&main.cookie_paths, &own.cookie_paths),
        preserve_host: own.preserve_host.clone().or(main.preserve_host.clone()),
        add_headers: own.add_headers.clone().or(main.add_headers.clone()),
        error_override: own.error_override.clone().or(main.error_override.clone()),
        access: own.access.clone().or(main.access.clone()),
        closed: chained(&main.closed, &own.closed),
        error_documents: chained(&main.error_documents, &own.error_documents),
        redirects: chained(&own.redirects, &main.redirects),
        tls_only: own.tls_only.clone().or(main.tls_only.clone()),
        environment: chained(&main.environment, &own.environment),
    }
}

fn tls(main: &Tls, own: &Tls) -> Tls {
    let lists =
        |own: &[(String, _)], main: &[(String, _)]| if own.is_empty() { main.to_vec() } else { own.to_vec() };
    Tls {
        engine: own.engine.clone().or(main.engine.clone()),
        certificates: lists(&own.certificates, &main.certificates),
        keys: lists(&own.keys, &main.keys),
        chain: own.chain.clone().or(main.chain.clone()),
        authorities: own.authorities.clone().or(main.authorities.clone()),
        revocations: own.revocations.clone().or(main.revocations.clone()),
        revocation_check: own.revocation_check.clone().or(main.revocation_check.clone()),
        verify: own.verify.clone().or(main.verify.clone()),
        protocols: own.protocols.clone().or(main.protocols.clone()),
        ciphers: own.ciphers.clone().or(main.ciphers.clone()),
        ciphersuites: own.ciphersuites.clone().or(main.ciphersuites.clone()),
        honor_order: own.honor_order.clone().or(main.honor_order.clone()),
        tickets: own.tickets.clone().or(main.tickets.clone()),
        proxy: proxy_tls(&main.proxy, &own.proxy),
    }
}

fn proxy_tls(main: &ProxyTls, own: &ProxyTls) -> ProxyTls {
    ProxyTls {
        engine: own.engine.clone().or(main.engine.clone()),
        verify: own.verify.clone().or(main.verify.clone()),
        authorities: own.authorities.clone().or(main.authorities.clone()),
        certificate: own.certificate.clone().or(main.certificate.clone()),
        revocations: own.revocations.clone().or(main.revocations.clone()),
        protocols: own.protocols.clone().or(main.protocols.clone()),
        ciphers: own.ciphers.clone().or(main.ciphers.clone()),
        check_name: own.check_name.clone().or(main.check_name.clone()),
        check_expire: own.check_expire.clone().or(main.check_expire.clone()),
    }
}
