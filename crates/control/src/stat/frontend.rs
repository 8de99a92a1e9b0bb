//! The line of a frontend.

use std::sync::atomic::Ordering::Relaxed;

use base::clock::{self, Millis};
use state::Proxy;
use state::counters::{Counter, ProxyCounters, Rate};
use state::proxy::Mode;

use super::{LineKind, StatLine, count, counters, mode_name, small, text};
use crate::process::Process;
use crate::typed::Value;

/// A frontend's line.
pub(super) fn line(process: &Process, proxy: &Proxy) -> StatLine {
    let facts = Facts { process, proxy, now: clock::now() };
    StatLine::new(LineKind::Frontend, proxy, 0, |name| facts.value(name))
}

/// One column of it.
pub(super) fn value(process: &Process, proxy: &Proxy, column: &str) -> Option<Value> {
    Facts { process, proxy, now: clock::now() }.value(column)
}

struct Facts<'a> {
    process: &'a Process,
    proxy: &'a Proxy,
    now: Millis,
}

impl Facts<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        self.identity(name)
            .or_else(|| self.rate(name))
            .or_else(|| self.counter(name))
            .or_else(|| self.http(name))
    }

    fn identity(&self, name: &str) -> Option<Value> {
        let proxy = self.proxy;
        match name {
            "pxname" => text(&*proxy.name),
            "svname" => text("FRONTEND"),
            "scur" => small(proxy.frontend_sessions.get()),
            "smax" => small(proxy.frontend_sessions.max()),
            "slim" => {
                let own = proxy.maxconn.load(Relaxed);
                small(if own > 0 { own } else { self.process.shared.runtime.maxconn() })
            }
            "status" if self.process.shared.is_stopping() || self.process.is_shut(proxy.id) => text("STOP"),
            "status" if proxy.is_paused.load(Relaxed) => text("PAUSED"),
            "status" => text("OPEN"),
            "pid" => small(1u32),
            "iid" => small(proxy.uuid),
            "sid" | "type" => small(0u32),
            "mode" => text(mode_name(proxy.mode)),
            _ => None,
        }
    }

    fn rate(&self, name: &str) -> Option<Value> {
        let sum = |rate: fn(&ProxyCounters) -> &Rate| {
            let all = self.proxy.frontend.iter().map(|counters| rate(counters).read(self.now));
            small(all.sum::<u32>())
        };
        let max = |rate: fn(&ProxyCounters) -> &Rate| {
            small(self.proxy.frontend.iter().map(|counters| rate(counters).max()).sum::<u32>())
        };
        match name {
            "rate" => sum(|c| &c.sess_rate),
            "rate_lim" => small(self.process.shared.config.proxy(self.proxy.id).session_rate_max),
            "rate_max" => max(|c| &c.sess_rate),
            "req_rate" => sum(|c| &c.req_rate),
            "req_rate_max" => max(|c| &c.req_rate),
            "conn_rate" => sum(|c| &c.conn_rate),
            "conn_rate_max" => max(|c| &c.conn_rate),
            _ => None,
        }
    }

    fn counter(&self, name: &str) -> Option<Value> {
        match counters::client_side(name).or_else(|| counters::compression(name)) {
            Some(counter) => count(self.proxy.frontend.sum(counter)),
            None => self.counter_of_mode(name),
        }
    }

    fn counter_of_mode(&self, name: &str) -> Option<Value> {
        let sum = |counter: fn(&ProxyCounters) -> &Counter| count(self.proxy.frontend.sum(counter));
        match name {
            "sess_other" if self.proxy.mode != Mode::Http => sum(|c| &c.cum_sess),
            "sess_other" | "h2sess" | "h3sess" | "req_other" | "h2req" | "h3req" => count(0),
            "h1_total_connections" if self.proxy.mode == Mode::Http => sum(|c| &c.cum_conn),
            "h1_total_streams" if self.proxy.mode == Mode::Http => sum(|c| &c.cum_req),
            "h1_bytes_in" if self.proxy.mode == Mode::Http => sum(|c| &c.bytes_in),
            "h1_bytes_out" if self.proxy.mode == Mode::Http => sum(|c| &c.bytes_out),
            "h1_spliced_bytes_in" if self.proxy.mode == Mode::Http => sum(|c| &c.spliced_in),
            "h1_spliced_bytes_out" if self.proxy.mode == Mode::Http => sum(|c| &c.spliced_out),
            "h1_open_connections" if self.proxy.mode == Mode::Http => {
                count(self.proxy.frontend_sessions.get().into())
            }
            _ if name.starts_with("h2_") || name.starts_with("ssl_") || name.starts_with("h1_") => count(0),
            "h1sess" | "h1req" | "req_tot" if self.proxy.mode != Mode::Http => count(0),
            _ => None,
        }
    }

    fn http(&self, name: &str) -> Option<Value> {
        if self.proxy.mode != Mode::Http {
            return None;
        }
        let sum = |counter: fn(&ProxyCounters) -> &Counter| count(self.proxy.frontend.sum(counter));
        match name {
            "req_tot" | "h1req" => sum(|c| &c.cum_req),
            "h1sess" => sum(|c| &c.cum_sess),
            "intercepted" => sum(|c| &c.intercepted),
            "cache_lookups" | "cache_hits" | "cache_hint_hits" => count(0),
            _ => super::responses(name, |class| self.proxy.frontend.sum(|c| &c.responses[class])),
        }
    }
}
