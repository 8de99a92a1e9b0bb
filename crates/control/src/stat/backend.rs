//! The line of a backend.

use std::sync::atomic::Ordering;

use std::sync::Arc;

use base::clock::{self, Millis};
use state::balance::Algorithm;
use state::counters::{Counter, ProxyCounters};
use state::proxy::Mode;
use state::{Proxy, Server};

use super::server::{is_in_maintenance, last_session};
use super::{LineKind, StatLine, Wanted, count, counters, mode_name, small, text};
use crate::access::Level;
use crate::process::Process;
use crate::typed::Value;

/// A backend's line.
pub(super) fn line(process: &Process, proxy: &Proxy, wanted: &Wanted) -> StatLine {
    let facts = Facts { process, proxy, wanted, now: clock::now() };
    StatLine::new(LineKind::Backend, proxy, 0, |name| facts.value(name))
}

/// One column of it.
pub(super) fn value(process: &Process, proxy: &Proxy, wanted: &Wanted, column: &str) -> Option<Value> {
    Facts { process, proxy, wanted, now: clock::now() }.value(column)
}

/// `UP` or `DOWN`: a backend without any server is up.
pub(crate) fn is_up(proxy: &Proxy) -> bool {
    proxy.servers.is_empty() || proxy.balancer.total_weight() > 0
}

/// How servers are chosen, in HAProxy's spelling: it has no word for those that draw.
fn algorithm(proxy: &Proxy) -> &'static str {
    let algorithm = proxy.balancer.setup().algorithm;
    if matches!(algorithm, Algorithm::Random { .. }) { "unknown" } else { algorithm.name() }
}

struct Facts<'a> {
    process: &'a Process,
    proxy: &'a Proxy,
    wanted: &'a Wanted,
    now: Millis,
}

impl Facts<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        self.identity(name)
            .or_else(|| self.servers(name))
            .or_else(|| self.counter(name))
            .or_else(|| self.http(name))
    }

    fn identity(&self, name: &str) -> Option<Value> {
        let proxy = self.proxy;
        let config = self.process.shared.config.proxy(proxy.id);
        match name {
            "pxname" => text(&*proxy.name),
            "svname" => text("BACKEND"),
            "qcur" => small(proxy.queued.get()),
            "qmax" => small(proxy.queued.max()),
            "scur" => small(proxy.backend_sessions.get()),
            "smax" => small(proxy.backend_sessions.max()),
            "slim" => small(proxy.fullconn),
            "status" => text(self.status()),
            "pid" | "type" => small(1u32),
            "iid" => small(proxy.uuid),
            "sid" => small(0u32),
            "mode" => text(mode_name(proxy.mode)),
            "cookie" if self.wanted.level >= Level::Operator => {
                text(String::from_utf8_lossy(&config.cookie.as_ref()?.name).into_owned())
            }
            "algo" if self.wanted.level >= Level::Operator => text(algorithm(proxy)),
            _ => None,
        }
    }

    fn status(&self) -> String {
        let word = if is_up(self.proxy) { "UP" } else { "DOWN" };
        let is_unpublished = self.proxy.is_unpublished.load(Ordering::Relaxed);
        let word = if is_unpublished { format!("{word} (UNPUB)") } else { word.to_owned() };
        if !self.wanted.hides_down && !self.wanted.hides_maintenance {
            return word;
        }
        let servers = self.proxy.servers.load();
        let up = servers.iter().filter(|server| server.is_running()).count();
        let all = servers.iter().filter(|server| !is_in_maintenance(server)).count();
        format!("{word} ({up}/{all})")
    }

    fn servers(&self, name: &str) -> Option<Value> {
        let proxy = self.proxy;
        match name {
            "weight" => small(proxy.balancer.total_weight()),
            "uweight" => {
                let usable = proxy.servers.iter().filter(|server| proxy.balancer.is_in_use(server.id));
                small(usable.map(|server| server.weight()).sum::<u32>())
            }
            "act" => small(proxy.balancer.active()),
            "bck" => small(proxy.balancer.backup()),
            "chkdown" => count(proxy.uptime.times_down()),
            "lastchg" => small(proxy.uptime.since_change_s(self.now)),
            "downtime" if !proxy.servers.is_empty() => small(proxy.uptime.downtime_s(self.now)),
            "lastsess" => {
                let last =
                    proxy.servers.iter().map(|server| last_session(&server)).filter(|age| *age >= 0).min();
                Some(Value::S32(last.unwrap_or(-1)))
            }
            "rate" => {
                small(proxy.backend.iter().map(|counters| counters.sess_rate.read(self.now)).sum::<u32>())
            }
            "rate_max" => small(proxy.backend.iter().map(|counters| counters.sess_rate.max()).sum::<u32>()),
            "agg_server_status" | "agg_server_check_status" | "agg_check_status" => small(0u32),
            _ => super::time(name, proxy.mode, || proxy.backend.iter().map(|counters| &counters.times)),
        }
    }

    fn counter(&self, name: &str) -> Option<Value> {
        if let Some(counter) = counters::server_side(name) {
            return count(self.proxy.backend.sum(counter));
        }
        match name {
            "lbtot" => {
                count(self.proxy.servers.iter().map(|server| server.counters.sum(|c| &c.cum_sess)).sum())
            }
            _ if self.proxy.mode == Mode::Http && name.starts_with("h1_") => self.http1(name),
            _ if name.starts_with("h2_") || name.starts_with("ssl_") || name.starts_with("h1_") => count(0),
            _ => None,
        }
    }

    /// Connections to servers, all of which speak HTTP/1.
    fn http1(&self, name: &str) -> Option<Value> {
        let sum = |counter: fn(&ProxyCounters) -> &Counter| count(self.proxy.backend.sum(counter));
        match name {
            "h1_open_connections" => {
                let open = |server: Arc<Server>| u64::from(server.served.get() + server.idle.get());
                count(self.proxy.servers.iter().map(open).sum())
            }
            "h1_total_connections" => sum(|c| &c.connect),
            "h1_total_streams" => {
                count(self.proxy.backend.sum(|c| &c.connect) + self.proxy.backend.sum(|c| &c.reuse))
            }
            "h1_bytes_in" => sum(|c| &c.server_bytes_out),
            "h1_bytes_out" => sum(|c| &c.server_bytes_in),
            "h1_spliced_bytes_in" => sum(|c| &c.spliced_in),
            "h1_spliced_bytes_out" => sum(|c| &c.spliced_out),
            _ => count(0),
        }
    }

    fn http(&self, name: &str) -> Option<Value> {
        if self.proxy.mode != Mode::Http {
            return None;
        }
        let sum = |counter: fn(&ProxyCounters) -> &Counter| count(self.proxy.backend.sum(counter));
        match name {
            "req_tot" => sum(|c| &c.cum_req),
            "cache_lookups" | "cache_hits" | "cache_hint_hits" => count(0),
            _ => super::responses(name, |class| self.proxy.backend.sum(|c| &c.responses[class])),
        }
    }
}
