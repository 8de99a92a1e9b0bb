//! The line of a `bind` address that counts for itself (`option socket-stats`).

use config::model::BindAddress;
use engine::shared::ListenerRun;
use net::Endpoint;
use state::Proxy;
use state::counters::{PerWorker, ProxyCounters};

use super::{LineKind, StatLine, count, counters, mode_name, small, text};
use crate::access::Level;
use crate::process::Process;
use crate::typed::Value;

/// A listener's line; `None` for one that does not count for itself.
pub(super) fn line(
    process: &Process,
    proxy: &Proxy,
    listener: &ListenerRun,
    level: Level,
) -> Option<StatLine> {
    let facts = Facts::of(process, proxy, listener, level)?;
    Some(StatLine::new(LineKind::Listener, proxy, listener.facts.id, |name| facts.value(name)))
}

/// The listeners of a proxy that count for themselves, in their order.
pub(crate) fn of<'p>(process: &'p Process, proxy: &Proxy) -> impl Iterator<Item = &'p ListenerRun> {
    let id = proxy.id;
    let all = process.shared.listeners.iter().map(AsRef::as_ref);
    all.filter(move |listener: &&ListenerRun| listener.proxy == id && listener.facts.counters.is_some())
}

/// The name of a listener: its own, or one made of its number.
pub(super) fn name(listener: &ListenerRun) -> String {
    match &listener.facts.name {
        Some(name) => name.to_string(),
        None => format!("sock-{}", listener.facts.id),
    }
}

/// Whether a listener takes connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It waits for its frontend or the process to have room.
    Waiting,
    /// It does.
    Open,
    /// It has as many as it may have.
    Full,
}

impl Status {
    /// All of them.
    pub(crate) const ALL: [Status; 3] = [Status::Waiting, Status::Open, Status::Full];

    /// A listener's.
    pub(crate) fn of(process: &Process, listener: &ListenerRun) -> Status {
        if listener.maxconn > 0 && listener.sessions.get() >= listener.maxconn {
            return Status::Full;
        }
        let runtime = &process.shared.runtime;
        let frontend = runtime.proxy(listener.proxy);
        let own = frontend.maxconn.load(std::sync::atomic::Ordering::Relaxed);
        let is_frontend_full = own > 0 && frontend.frontend_sessions.get() >= own;
        let all = runtime.maxconn();
        let is_process_full = all > 0 && runtime.connections.get() >= all;
        if is_frontend_full || is_process_full { Status::Waiting } else { Status::Open }
    }

    /// As `show stat` spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Waiting => "WAITING",
            Status::Open => "OPEN",
            Status::Full => "FULL",
        }
    }
}

pub(super) struct Facts<'a> {
    process: &'a Process,
    proxy: &'a Proxy,
    listener: &'a ListenerRun,
    counters: &'a PerWorker<ProxyCounters>,
    level: Level,
}

impl<'a> Facts<'a> {
    pub(super) fn of(
        process: &'a Process,
        proxy: &'a Proxy,
        listener: &'a ListenerRun,
        level: Level,
    ) -> Option<Self> {
        let counters = listener.facts.counters.as_deref()?;
        Some(Facts { process, proxy, listener, counters, level })
    }

    pub(super) fn value(&self, name: &str) -> Option<Value> {
        self.identity(name).or_else(|| self.counter(name))
    }

    fn identity(&self, column: &str) -> Option<Value> {
        let listener = self.listener;
        match column {
            "pxname" => text(&*self.proxy.name),
            "svname" => text(name(listener)),
            "scur" => small(listener.sessions.get()),
            "smax" => small(listener.sessions.max()),
            "slim" => small(listener.maxconn),
            "status" => text(Status::of(self.process, listener).name()),
            "pid" => small(1u32),
            "iid" => small(self.proxy.uuid),
            "sid" => small(listener.facts.id),
            "type" => small(3u32),
            "mode" => text(mode_name(self.proxy.mode)),
            "addr" if self.level >= Level::Operator => text(self.address()?),
            "proto" => text(self.protocol()?),
            _ => None,
        }
    }

    /// Where it listens; `None` for a socket that was inherited.
    fn endpoint(&self) -> Option<&Endpoint> {
        let binds = &self.process.shared.config.proxy(self.proxy.id).binds;
        match &binds.iter().find(|bind| bind.id == self.listener.facts.id)?.address {
            BindAddress::Endpoint(endpoint) => Some(endpoint),
            BindAddress::Inherited(_) => None,
        }
    }

    fn address(&self) -> Option<String> {
        Some(match self.endpoint()? {
            Endpoint::Inet(addr) => addr.to_string(),
            Endpoint::Unix(_) | Endpoint::Abstract(_) | Endpoint::Fd(_) => "unix".into(),
        })
    }

    fn protocol(&self) -> Option<&'static str> {
        Some(match self.endpoint()? {
            Endpoint::Inet(addr) if addr.is_ipv4() => "tcpv4",
            Endpoint::Inet(_) => "tcpv6",
            Endpoint::Unix(_) => "unix_stream",
            Endpoint::Abstract(_) => "abns_stream",
            Endpoint::Fd(_) => return None,
        })
    }

    fn counter(&self, name: &str) -> Option<Value> {
        match counters::client_side(name) {
            Some(counter) => count(self.counters.sum(counter)),
            None if name.starts_with("ssl_") => count(0),
            None => None,
        }
    }
}
