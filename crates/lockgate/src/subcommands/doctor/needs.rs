//! What a checked configuration asks of its machine.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use config::model::{Bind, BindAddress, ServerConfig, UseSrc};
use config::{Config, ProxyConfig};
use diag::{Sources, Span};
use network::doctor::{BindNeed, CertificateFile, Needs, Scope, TransparentKind, TransparentLine};
use network::prefix::Family;

use crate::limits::Limits;
use crate::privileges;

/// A backlog that comes from `maxconn` and not from `backlog` is not asked to be longer.
const BACKLOG_DERIVED_MAX: u32 = 4_096;

/// Everything that `config` names or implies. Sockets in other network namespaces are left out: they cannot be looked
/// at from here.
pub(super) fn of(config: &Config, sources: &Sources, limits: &Limits) -> Needs {
    let mut gathered = Gathered { sources, needs: Needs::default(), certificates: BTreeMap::new() };
    let logs = config.log_forwards.iter().map(|one| &one.proxy);
    for proxy in config.proxies.iter().filter(|proxy| !proxy.is_disabled).chain(logs) {
        for bind in &proxy.binds {
            gathered.bind(bind, proxy, limits);
        }
        for server in proxy.servers.iter().filter(|server| !server.is_disabled) {
            gathered.server(server, proxy);
        }
        gathered.ports(proxy, limits);
    }
    let mut needs = gathered.needs;
    needs.scope = Scope::Configuration;
    let keeps = privileges::keeps_foreign_addresses(&config.global);
    needs.user = config.global.uid.filter(|uid| *uid > 0 && !keeps);
    needs.connections = Some(limits.maxconn);
    needs.files = Some(limits.nofile);
    needs.certificates = gathered.certificates.into_values().collect();
    needs
}

struct Gathered<'a> {
    sources: &'a Sources,
    needs: Needs,
    /// By path, since many lines may name one file.
    certificates: BTreeMap<String, CertificateFile>,
}

impl Gathered<'_> {
    /// `FILE:LINE`.
    fn place(&self, span: Span) -> String {
        format!("{}:{}", self.sources.name(span.file), span.line)
    }

    fn bind(&mut self, bind: &Bind, proxy: &ProxyConfig, limits: &Limits) {
        for entry in bind.tls.iter().flat_map(|tls| &tls.entries) {
            self.certificate(&entry.pair.path, Some(entry.pair.not_after));
        }
        let BindAddress::Endpoint(net::Endpoint::Inet(address)) = bind.address else { return };
        if bind.options.namespace.is_some() {
            return;
        }
        let place = self.place(bind.span);
        if let Some(name) = &bind.options.interface {
            self.interface(&place, name);
        }
        if bind.options.transparent {
            self.transparent_bind(&place, address, bind.options.v6);
        }
        let said = bind.backlog.or(proxy.backlog);
        let backlog = said.unwrap_or_else(|| {
            let connections = if proxy.maxconn == 0 { limits.maxconn } else { proxy.maxconn };
            connections.min(BACKLOG_DERIVED_MAX)
        });
        self.needs.binds.push(BindNeed {
            place,
            address,
            interface: bind.options.interface.clone(),
            is_foreign: bind.options.transparent || bind.options.freebind,
            backlog,
        });
    }

    fn transparent_bind(&mut self, place: &str, address: SocketAddr, v6: net::listen::V6) {
        let kind = if address.ip().is_unspecified() {
            TransparentKind::BindAll { port: address.port() }
        } else {
            TransparentKind::Bind
        };
        let own = Family::of(address.ip());
        let takes_both = kind != TransparentKind::Bind && own == Family::V6 && v6 == net::listen::V6::Both;
        let families = [Some(own), takes_both.then_some(Family::V4)];
        let lines = families.into_iter().flatten();
        self.needs.transparent.extend(lines.map(|family| TransparentLine {
            place: place.to_owned(),
            family,
            kind,
        }));
    }

    fn server(&mut self, server: &ServerConfig, proxy: &ProxyConfig) {
        let place = self.place(server.span);
        if let Some((path, _)) = &server.tls.certificate {
            let not_after = std::fs::read(&**path)
                .ok()
                .and_then(|text| tls::load::KeyPair::from_pem(path, &text).ok())
                .map(|pair| pair.not_after);
            self.certificate(path, not_after);
        }
        if server.namespace.is_some() {
            return;
        }
        // A server with a source of its own takes nothing over from its proxy's.
        let (connect, usesrc) = match &proxy.source {
            Some(common) if server.connect.source.is_none() => (common, &proxy.usesrc),
            _ => (&server.connect, &server.usesrc),
        };
        let interface = server.connect.interface.as_ref().or(connect.interface.as_ref());
        if let Some(name) = interface.cloned() {
            self.interface(&place, &name);
        }
        if let Some(ip) = connect.source.map(|source| source.ip()).filter(|ip| !ip.is_unspecified())
            && !self.needs.sources.iter().any(|(_, known)| *known == ip)
        {
            self.needs.sources.push((place.clone(), ip));
        }
        if let Some(usesrc) = usesrc {
            let family = usesrc_family(usesrc, connect.source.map(|source| source.ip()));
            self.needs.transparent.push(TransparentLine { place, family, kind: TransparentKind::Source });
        }
    }

    fn interface(&mut self, place: &str, name: &str) {
        if !self.needs.interfaces.iter().any(|(_, known)| known == name) {
            self.needs.interfaces.push((place.to_owned(), name.to_owned()));
        }
    }

    /// How many ports towards one server: each connection needs one, clients' own addresses bring theirs.
    fn ports(&mut self, proxy: &ProxyConfig, limits: &Limits) {
        let count = |servers: usize| u32::try_from(servers).unwrap_or(u32::MAX);
        let targets: Vec<&ServerConfig> = proxy
            .servers
            .iter()
            .filter(|server| !server.is_disabled && proxy.usesrc.is_none() && server.usesrc.is_none())
            .collect();
        let share = limits.maxconn.div_ceil(count(targets.len()).max(1));
        let limit = |server: &ServerConfig| if server.maxconn == 0 { u32::MAX } else { server.maxconn };
        let Some(most) = targets.into_iter().map(|server| share.min(limit(server))).max() else { return };
        if self.needs.to_one_server.as_ref().is_none_or(|(known, _)| most > *known) {
            self.needs.to_one_server = Some((most, proxy.name.to_string()));
        }
    }

    /// A certificate's file, and the file with its key where that stands beside it.
    fn certificate(&mut self, path: &str, not_after: Option<i64>) {
        for (path, not_after) in [(path.to_owned(), not_after), (format!("{path}.key"), None)] {
            let key_mode = key_mode(Path::new(&path));
            if key_mode.is_some() || not_after.is_some() {
                self.certificates.entry(path.clone()).or_insert(CertificateFile {
                    path,
                    not_after,
                    key_mode,
                });
            }
        }
    }
}

/// What servers see of others' addresses: their family is the source's, except where an address is said.
fn usesrc_family(usesrc: &UseSrc, source: Option<IpAddr>) -> Family {
    match (usesrc, source) {
        (UseSrc::Addr(address), _) => Family::of(address.ip()),
        (UseSrc::Client | UseSrc::ClientIp | UseSrc::Header { .. }, Some(source)) => Family::of(source),
        (UseSrc::Client | UseSrc::ClientIp | UseSrc::Header { .. }, None) => Family::V4,
    }
}

/// The permissions of a file that has a private key in it.
fn key_mode(path: &Path) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    let text = std::fs::read(path).ok()?;
    let has_key = text.windows(b"PRIVATE KEY-----".len()).any(|window| window == b"PRIVATE KEY-----");
    has_key.then_some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_config;
    use crate::options::Options;

    const LIMITS: Limits = Limits { workers: 1, maxconn: 10_000, nofile: 20_100 };

    fn needs(text: &str) -> Needs {
        let mut sources = Sources::new();
        let id = sources.add("a.cfg", text.as_bytes().to_vec());
        let Ok(checked) = check_config::check(sources, &[id], &["a.cfg".into()], &Options::default()) else {
            panic!("it does not check:\n{text}");
        };
        of(&checked.config, &checked.sources, &LIMITS)
    }

    const TEXT: &str = "
defaults
    mode http
    timeout client 1s
    timeout server 1s
    timeout connect 1s
frontend web
    bind 10.0.0.3:443
    bind 10.0.2.3:443 interface eth2 backlog 50
    bind 1.1.1.1:80 transparent
    bind :::81 transparent v4v6
    default_backend app
backend app
    source 0.0.0.0 usesrc clientip
    server one 10.0.0.9:80
    server two 10.0.0.10:80 source 10.0.0.4 interface eth3
backend other
    server three 10.0.0.11:80 maxconn 6000
    server off 10.0.0.12:80 disabled
";

    #[test]
    fn binds_and_sources() {
        let needs = needs(TEXT);
        let binds: Vec<_> = needs
            .binds
            .iter()
            .map(|bind| (bind.place.as_str(), bind.address.to_string(), bind.backlog))
            .collect();
        assert_eq!(
            binds,
            [
                ("a.cfg:8", "10.0.0.3:443".to_owned(), 4_096),
                ("a.cfg:9", "10.0.2.3:443".to_owned(), 50),
                ("a.cfg:10", "1.1.1.1:80".to_owned(), 4_096),
                ("a.cfg:11", "[::]:81".to_owned(), 4_096),
            ]
        );
        assert_eq!(
            needs.binds.iter().map(|bind| bind.is_foreign).collect::<Vec<_>>(),
            [false, false, true, true]
        );
        let line = |place: &str, family, kind| TransparentLine { place: place.to_owned(), family, kind };
        assert_eq!(
            needs.transparent,
            [
                line("a.cfg:10", Family::V4, TransparentKind::Bind),
                line("a.cfg:11", Family::V6, TransparentKind::BindAll { port: 81 }),
                line("a.cfg:11", Family::V4, TransparentKind::BindAll { port: 81 }),
                line("a.cfg:15", Family::V4, TransparentKind::Source),
            ]
        );
        assert_eq!(
            needs.interfaces,
            [("a.cfg:9".to_owned(), "eth2".to_owned()), ("a.cfg:16".to_owned(), "eth3".to_owned())]
        );
        assert_eq!(needs.sources, [("a.cfg:16".to_owned(), "10.0.0.4".parse().unwrap())]);
    }

    #[test]
    fn limits() {
        let found = needs(TEXT);
        assert_eq!((found.connections, found.files), (Some(10_000), Some(20_100)));
        assert_eq!(found.to_one_server, Some((6_000, "other".to_owned())));
        assert_eq!(found.user, None);
        assert_eq!(needs(&format!("global\n uid 33\n{TEXT}")).user, Some(33));
    }
}
