//! What answers mean to servers: their addresses, and for those of services their ports, hosts and weights.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use ::resolve::{Assignment, Choice, Counter, Kind, Member, Name, Requester, ResolutionId, Service, Status};
use base::clock::{self, Millis};
use base::{ProxyId, ServerId};

use super::section::Section;
use super::{Resolving, renamed};
use crate::check::{self, Port, Updater};
use crate::shared::ServerRun;

/// Why a server has no address, in HAProxy's words, which tools look for.
fn cause(status: Status) -> &'static str {
    match status {
        Status::Nx => "DNS NX status",
        Status::Refused => "DNS refused status",
        Status::Timeout => "DNS timeout status",
        Status::Valid => "No IP for server ",
        Status::Unknown | Status::Other => "unspecified DNS error",
    }
}

const SERVICE_GONE: &str = "entry removed from SRV record";

impl Section {
    /// The server that a member stands for, and what name servers have to do with it.
    fn server(&self, member: Member) -> Option<Arc<ServerRun>> {
        let proxy = self.shared.proxies.get(member.group)?;
        proxy.servers.get(ServerId::from_index(member.place)).filter(|server| server.resolving.is_some())
    }

    /// Wants the addresses of all servers that name this section.
    pub(super) fn link_servers(self: &Rc<Self>) {
        let now = clock::now();
        let enabled = self.shared.config.proxies.iter().filter(|proxy| !proxy.is_disabled);
        for proxy in enabled.map(|proxy| proxy.id) {
            let mut services: Vec<(&str, Service)> = Vec::new();
            let servers: Vec<Arc<ServerRun>> = (&self.shared.proxy(proxy).servers).into_iter().collect();
            for server in &servers {
                let Some(resolving) = of_section(server, self.number()) else { continue };
                let member = member(proxy, server.state.id);
                let Some(service) = &resolving.service else {
                    self.link(member, server, now);
                    continue;
                };
                let at = services.iter().position(|(name, _)| *name == &**service).unwrap_or_else(|| {
                    let none = Service { group: proxy.index(), ..Service::default() };
                    services.push((service, none));
                    services.len() - 1
                });
                add_to(&mut services[at].1, member, server, resolving);
            }
            for (name, service) in services {
                self.link_service(name, service, now);
            }
        }
    }

    fn link_service(&self, name: &str, service: Service, now: Millis) {
        let Ok(name) = Name::parse(name.as_bytes()) else { return };
        let mut resolver = self.resolver.borrow_mut();
        let number = resolver.add_service(service);
        resolver.link(&name, Kind::Srv, Requester::Service(number), now);
    }

    /// Wants the address of a server's host.
    fn link(&self, member: Member, server: &ServerRun, now: Millis) {
        let Some(resolving) = &server.resolving else { return };
        let Some(name) = resolving.fqdn().and_then(|fqdn| Name::parse(fqdn.as_bytes()).ok()) else { return };
        let kind = Kind::of_address(resolving.preferences.family, self.families());
        let linked = self.resolver.borrow_mut().link(&name, kind, Requester::Server(member), now);
        if let Some(resolution) = linked {
            self.linked.borrow_mut().insert(member, resolution);
        }
    }

    fn unlink(&self, member: Member, now: Millis) {
        let linked = self.linked.borrow_mut().remove(&member);
        if let Some(resolution) = linked {
            self.resolver.borrow_mut().unlink(resolution, Requester::Server(member), now);
        }
    }

    /// A server's host has another name.
    pub(super) fn rename(self: &Rc<Self>, server: &ServerRun) {
        let member = member(server.state.proxy, server.state.id);
        let now = clock::now();
        self.unlink(member, now);
        self.link(member, server, now);
        self.wake();
    }

    /// Gives a server the address that is best for it. `nameserver` is who told it, unless that was somebody else's answer.
    pub(super) fn settle(&self, resolution: ResolutionId, member: Member, nameserver: Option<usize>) {
        let Some(server) = self.server(member) else { return };
        let Some(resolving) = &server.resolving else { return };
        let state = &server.state;
        let current = check::address_of(state);
        let choice =
            self.resolver.borrow_mut().choose(resolution, &resolving.preferences, current, Some(member));
        match choice {
            Choice::Keep => {}
            Choice::Nothing => {
                check::unset_address(&self.shared, state, cause(Status::Valid), Port::Kept);
            }
            Choice::Change(ip) => {
                let config = self.config();
                let told = nameserver.and_then(|place| config.nameservers.get(place));
                let updater = match told {
                    Some(nameserver) => Updater::Nameserver(&config.name, &nameserver.name),
                    None => Updater::Cache,
                };
                let counters = &self.shared.resolvers[self.number()].counters;
                if let Some(counters) = nameserver.and_then(|place| counters.get(place)) {
                    counters.bump(Counter::Update);
                }
                let port = state.endpoint().inet().map_or(0, |addr| addr.port());
                check::set_address(&self.shared, state, SocketAddr::new(ip, port), updater);
            }
        }
    }

    /// Nothing good was heard of a server's host for too long.
    pub(super) fn fail(&self, resolution: ResolutionId, member: Member, status: Status) {
        let Some(server) = self.server(member) else { return };
        check::unset_address(&self.shared, &server.state, cause(status), Port::Kept);
        self.resolver.borrow_mut().detach(resolution, member);
    }

    /// Servers whose service is gone.
    pub(super) fn free_servers(&self, freed: &[Member], now: Millis) {
        for member in freed {
            self.unlink(*member, now);
            let Some(server) = self.server(*member) else { continue };
            check::unset_address(&self.shared, &server.state, SERVICE_GONE, Port::Lost);
            if let Some(resolving) = &server.resolving {
                resolving.set_fqdn(None);
            }
        }
    }

    /// What records of services say of servers.
    pub(super) fn assign(&self, assignments: Vec<Assignment>, now: Millis) {
        for assignment in assignments {
            let Some(server) = self.server(assignment.member) else { continue };
            let Some(resolving) = &server.resolving else { continue };
            match assignment.address {
                Some(ip) => {
                    // There is nothing left to ask for.
                    self.unlink(assignment.member, now);
                    let to = SocketAddr::new(ip, assignment.port);
                    self.name_host(&server, resolving, &assignment.target);
                    check::set_address(&self.shared, &server.state, to, Updater::Additional);
                }
                None => {
                    check::set_port(&self.shared, &server.state, assignment.port);
                    self.name_host(&server, resolving, &assignment.target);
                    if !self.linked.borrow().contains_key(&assignment.member) {
                        self.link(assignment.member, &server, now);
                    }
                }
            }
            if !resolving.ignores_weight {
                // Where weights cannot change those of the records do not count.
                check::set_weight(&self.shared, &server.state, assignment.weight);
            }
        }
    }

    fn name_host(&self, server: &ServerRun, resolving: &Resolving, target: &Name) {
        if resolving.fqdn().is_some() {
            return;
        }
        let target = target.to_string();
        let changed = renamed(&self.shared, server, None, &target);
        resolving.set_fqdn(Some(target.into()));
        check::tell_renamed(&self.shared, &server.state, &format!("{changed} by 'SRV record'"));
    }
}

/// A server of a service: free, unless an earlier process had it filled.
fn add_to(service: &mut Service, member: Member, server: &ServerRun, resolving: &Resolving) {
    let former = resolving.fqdn().and_then(|fqdn| Name::parse(fqdn.as_bytes()).ok());
    let port = server.state.endpoint().inet().map_or(0, |addr| addr.port());
    match former {
        Some(target) => service.former.push((member, target, port)),
        None => service.free.push_back(member),
    }
}

fn of_section(server: &ServerRun, section: usize) -> Option<&Resolving> {
    server.resolving.as_deref().filter(|resolving| resolving.section == section)
}

fn member(proxy: ProxyId, server: ServerId) -> Member {
    Member { group: proxy.index(), place: server.index() }
}
