//! The line of a server.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use base::clock::{self, Millis};
use net::Endpoint;
use state::check::{CheckFacts, CheckResult, CheckStatus};
use state::proxy::Mode;
use state::server::{ADMIN_DRAINING, ADMIN_MAINT_INHERITED, ADMIN_OUT, ADMIN_UNRESOLVED, Health, Role};
use state::{Proxy, Server};

use super::{LineKind, StatLine, count, counters, mode_name, small, text};
use crate::access::Level;
use crate::process::Process;
use crate::typed::Value;

/// A server's line.
pub(super) fn line(process: &Process, proxy: &Proxy, server: &Server, level: Level) -> StatLine {
    let check = server.check.facts();
    let facts = Facts { process, proxy, server, check, level, now: clock::now() };
    StatLine::new(LineKind::Server, proxy, server.puid, |name| facts.value(name))
}

/// One column of it.
pub(super) fn value(process: &Process, proxy: &Proxy, server: &Server, column: &str) -> Option<Value> {
    let check = server.check.facts();
    Facts { process, proxy, server, check, level: Level::User, now: clock::now() }.value(column)
}

/// Whether an operator, the configuration or a missing address keeps it out of service.
pub(crate) fn is_in_maintenance(server: &Server) -> bool {
    server.admin() & ADMIN_OUT != 0
}

/// Seconds since its last session, -1 for none.
pub(super) fn last_session(server: &Server) -> i32 {
    match server.counters.iter().map(|counters| counters.last_sess.get()).max() {
        None | Some(0) => -1,
        Some(last) => i32::try_from(clock::wall().as_secs().saturating_sub(last)).unwrap_or(i32::MAX),
    }
}

/// The server that `server` tracks, as its line says, and the one at the end of the chain, whose checks count.
fn tracked(process: &Process, server: &Server) -> Option<(Arc<Server>, Arc<Server>)> {
    /// Chains that lead back to themselves end somewhere.
    const CHAIN_MAX: usize = 64;
    let next = |server: &Server| {
        let shared = &process.shared;
        let (proxy, id) = shared.server(server).config(&shared.config).track?;
        shared.runtime.proxy(proxy).servers.get(id.index())
    };
    let first = next(server)?;
    let mut last = first.clone();
    for _ in 0..CHAIN_MAX {
        let Some(further) = next(&last) else { break };
        last = further;
    }
    Some((first, last))
}

fn full_name(process: &Process, server: &Server) -> String {
    format!("{}/{}", process.shared.runtime.proxy(server.proxy).name, server.name)
}

/// A server's state in words, as `UP 1/3`; `judged` is the server whose checks count.
fn status(server: &Server, judged: &Server, via: Option<&str>) -> String {
    let admin = server.admin();
    if admin & ADMIN_UNRESOLVED != 0 {
        return "MAINT (resolution)".into();
    }
    if admin & ADMIN_MAINT_INHERITED != 0 {
        return format!("MAINT (via {})", via.unwrap_or_default());
    }
    if admin & ADMIN_OUT != 0 {
        return "MAINT".into();
    }
    let (check, agent) = (judged.check.facts(), judged.agent.facts());
    let is_on = |check: &CheckFacts| check.is_configured && !check.is_disabled;
    let is_full = check.health.now >= check.health.full();
    let (steps, of) = check.health.shown();
    match server.health() {
        Health::Up | Health::Starting => {
            let is_falling = is_on(&check) && !is_full;
            match (admin & ADMIN_DRAINING != 0, is_falling) {
                (true, _) if is_on(&agent) => "DRAIN (agent)".into(),
                (true, true) => format!("DRAIN {steps}/{of}"),
                (true, false) => "DRAIN".into(),
                (false, true) => format!("UP {steps}/{of}"),
                (false, false) if is_on(&check) => "UP".into(),
                (false, false) => "no check".into(),
            }
        }
        Health::Stopping if !is_on(&check) || is_full => "NOLB".into(),
        Health::Stopping => format!("NOLB {steps}/{of}"),
        Health::Down if is_on(&agent) && agent.health.now == 0 => "DOWN (agent)".into(),
        Health::Down if is_on(&check) && check.health.now > 0 => format!("DOWN {steps}/{of}"),
        Health::Down => "DOWN".into(),
    }
}

/// What the columns of checks and of agents tell of the last one.
fn last_check(check: &CheckFacts, column: &str) -> Option<Value> {
    let last = &check.last;
    match column {
        "status" => text(format!("{}{}", if check.is_running { "* " } else { "" }, last.status.name())),
        "code" if last.status.has_code() => small(u32::try_from(last.code).unwrap_or(u32::MAX)),
        "duration" if last.status.result() != CheckResult::Unknown => count(last.duration_ms.unwrap_or(0)),
        "desc" => text(last.status.description()),
        "last" if last.status != CheckStatus::Initializing => {
            text(String::from_utf8_lossy(&last.description).into_owned())
        }
        "rise" => small(check.health.rise),
        "fall" => small(check.health.fall),
        "health" => small(check.health.now),
        _ => None,
    }
}

/// The weight in force, `slowstart` considered.
pub(crate) fn effective_weight(server: &Server) -> u32 {
    (server.weight() * server.warmup().step).div_ceil(state::server::WARMUP_STEPS)
}

struct Facts<'a> {
    process: &'a Process,
    proxy: &'a Proxy,
    server: &'a Server,
    check: CheckFacts,
    level: Level,
    now: Millis,
}

impl Facts<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        self.identity(name)
            .or_else(|| self.load(name))
            .or_else(|| self.health(name))
            .or_else(|| self.counter(name))
            .or_else(|| self.http(name))
    }

    fn identity(&self, name: &str) -> Option<Value> {
        let server = self.server;
        match name {
            "pxname" => text(&*self.proxy.name),
            "svname" => text(&*server.name),
            "status" => {
                let tracked = tracked(self.process, server);
                let (via, judged) = match &tracked {
                    Some((first, last)) => (Some(full_name(self.process, first)), &**last),
                    None => (None, server),
                };
                text(status(server, judged, via.as_deref()))
            }
            "tracked" => {
                let (first, _) = tracked(self.process, server)?;
                text(full_name(self.process, &first))
            }
            "weight" => small(effective_weight(server)),
            "uweight" => small(server.weight()),
            "act" => small(server.role == Role::Active),
            "bck" => small(server.role == Role::Backup),
            "pid" => small(1u32),
            "iid" => small(self.proxy.uuid),
            "sid" => small(server.puid),
            "type" => small(2u32),
            "mode" => text(mode_name(self.proxy.mode)),
            "addr" if self.level >= Level::Operator => self.address().and_then(text),
            "cookie" if self.level >= Level::Operator => {
                text(String::from_utf8_lossy(&server.cookie()?).into_owned())
            }
            _ => None,
        }
    }

    /// `None`: it has none yet.
    fn address(&self) -> Option<String> {
        match &*self.server.endpoint() {
            Endpoint::Inet(addr) => engine::check::address_of(self.server).map(|_| addr.to_string()),
            Endpoint::Unix(_) | Endpoint::Abstract(_) | Endpoint::Fd(_) => Some("unix".into()),
        }
    }

    fn load(&self, name: &str) -> Option<Value> {
        let server = self.server;
        match name {
            "qcur" => small(server.queued.get()),
            "qmax" => small(server.queued.max()),
            "scur" => small(server.sessions.get()),
            "smax" => small(server.sessions.max()),
            "slim" => Some(server.maxconn()).filter(|limit| *limit > 0).and_then(small),
            "qlimit" => Some(server.maxqueue).filter(|limit| *limit > 0).and_then(small),
            "throttle" if server.health() == Health::Starting => small(server.warmup().percent),
            "rate" => {
                small(server.counters.iter().map(|counters| counters.sess_rate.read(self.now)).sum::<u32>())
            }
            "rate_max" => small(server.counters.iter().map(|counters| counters.sess_rate.max()).sum::<u32>()),
            "lastsess" => Some(Value::S32(last_session(server))),
            "srv_icur" | "idle_conn_cur" => small(server.idle.get()),
            "src_ilim" => {
                let limit = self.process.shared.server(server).idle_max;
                Some(limit).filter(|limit| *limit != u32::MAX).and_then(small)
            }
            "used_conn_cur" | "need_conn_est" => small(server.served.get()),
            "safe_conn_cur" | "priv_idle_cur" | "srid" => small(0u32),
            _ => {
                super::time(name, self.proxy.mode, || server.counters.iter().map(|counters| &counters.times))
            }
        }
    }

    fn health(&self, name: &str) -> Option<Value> {
        let (server, check) = (self.server, &self.check);
        if name == "lastchg" {
            return small(server.uptime.since_change_s(self.now));
        }
        let is_on = |check: &CheckFacts| check.is_configured && !check.is_disabled;
        if let Some(column) = name.strip_prefix("agent_").or((name == "last_agt").then_some("last")) {
            let agent = server.agent.facts();
            return if is_on(&agent) { last_check(&agent, column) } else { None };
        }
        if name == "hanafail" {
            let judged = tracked(self.process, server).map(|(_, last)| last);
            let judged = judged.as_deref().unwrap_or(server);
            let shared = &self.process.shared;
            let judged = shared.server(judged);
            judged.config(&shared.config).check.as_ref()?.observe?;
            return count(server.observed_failures.load(Relaxed));
        }
        if !is_on(check) {
            return None;
        }
        match name {
            "chkfail" => return count(check.failures),
            "chkdown" => return count(server.uptime.times_down()),
            "downtime" => return small(server.uptime.downtime_s(self.now)),
            _ if is_in_maintenance(server) => return None,
            _ => {}
        }
        let column = name.strip_prefix("check_").or((name == "last_chk").then_some("last"))?;
        last_check(check, column)
    }

    fn counter(&self, name: &str) -> Option<Value> {
        match counters::server(name) {
            Some(counter) => count(self.server.counters.sum(counter)),
            None if name.starts_with("ssl_") => count(0),
            None => None,
        }
    }

    fn http(&self, name: &str) -> Option<Value> {
        if self.proxy.mode != Mode::Http {
            return None;
        }
        match name {
            // Every answer of a server had its request.
            "req_tot" => count((0..6).map(|class| self.server.counters.sum(|c| &c.responses[class])).sum()),
            _ => super::responses(name, |class| self.server.counters.sum(|c| &c.responses[class])),
        }
    }
}
