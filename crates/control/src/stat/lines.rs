//! Going through the lines of statistics one by one, so that 25,000 of them never stand in memory together.

use base::ProxyId;
use state::Proxy;

use super::{LineKind, StatLine, Wanted, backend, frontend, listener, server};
use crate::process::Process;

/// A place among the lines of all proxies, which come in the order of the configuration.
#[derive(Debug)]
pub struct Lines {
    wanted: Wanted,
    /// The proxies still to come, the next one last.
    proxies: Vec<ProxyId>,
    /// Where it stands within the next one.
    at: At,
}

/// The next line of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Frontend,
    Listener(usize),
    Server(usize),
    Backend,
}

impl Lines {
    /// The lines of all proxies that are not disabled and that pass `filter`.
    #[must_use]
    pub fn new(process: &Process, wanted: Wanted, filter: impl Fn(&Proxy) -> bool) -> Self {
        let shared = &process.shared;
        let is_shown = |proxy: &&std::sync::Arc<Proxy>| {
            !shared.config.proxy(proxy.id).is_disabled
                && proxy.is_there()
                && wanted.iid.is_none_or(|iid| iid == proxy.uuid)
                && filter(proxy)
        };
        let proxies = shared.runtime.proxies.iter().rev().filter(is_shown).map(|proxy| proxy.id).collect();
        Lines { wanted, proxies, at: At::Frontend }
    }

    /// What it goes by.
    #[must_use]
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The next line.
    pub fn next(&mut self, process: &Process) -> Option<StatLine> {
        while let Some(id) = self.proxies.last() {
            let proxy = process.shared.runtime.proxy(*id);
            match self.at {
                At::Frontend => {
                    self.at = At::Listener(0);
                    if proxy.sides.has_frontend() && self.wanted.wants(LineKind::Frontend) {
                        return Some(frontend::line(process, proxy));
                    }
                }
                At::Listener(at) => {
                    let wants = self.wanted.wants(LineKind::Listener);
                    let next = listener::of(process, proxy).nth(at).filter(|_| wants);
                    let Some(next) = next else {
                        self.at = At::Server(0);
                        continue;
                    };
                    self.at = At::Listener(at + 1);
                    if self.wanted.sid.is_none_or(|sid| sid == next.facts.id) {
                        return listener::line(process, proxy, next, self.wanted.level);
                    }
                }
                At::Server(at) => match proxy.servers.load().iter().nth(at) {
                    Some(server) if self.wanted.wants(LineKind::Server) => {
                        self.at = At::Server(at + 1);
                        if self.wants_server(server) {
                            return Some(server::line(process, proxy, server, self.wanted.level));
                        }
                    }
                    _ => self.at = At::Backend,
                },
                At::Backend => {
                    self.at = At::Frontend;
                    self.proxies.pop();
                    if proxy.sides.has_backend() && self.wanted.wants(LineKind::Backend) {
                        return Some(backend::line(process, proxy, &self.wanted));
                    }
                }
            }
        }
        None
    }

    fn wants_server(&self, server: &state::Server) -> bool {
        self.wanted.sid.is_none_or(|sid| sid == server.puid)
            && !(self.wanted.hides_maintenance && server::is_in_maintenance(server))
            && (!self.wanted.hides_down || server.is_running())
    }
}
