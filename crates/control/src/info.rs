//! The fields of `show info`, in HAProxy's order (management guide, `show info`). What this process does not have or does
//! not count is 0.

use std::sync::atomic::Ordering::Relaxed;

use base::clock::{self, Millis};
use state::Runtime;
use state::counters::{PerWorker, ProxyCounters, Rate};
use state::proxy::Mode;
use state::rates::{Limited, Rates};

use crate::process::Process;
use crate::typed::{FieldRow, Value};

mod rows;

pub(crate) use rows::ROWS;

/// Whether rates and times keep their fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fraction {
    /// They do.
    Kept,
    /// They do not.
    #[default]
    Cut,
}

/// All fields that have a value.
#[must_use]
pub fn fields(process: &Process, fraction: Fraction) -> Vec<(FieldRow, Value)> {
    let facts = Facts::gather(process);
    let with_values = ROWS.iter().filter_map(|row| Some((*row, facts.value(row.name)?)));
    with_values.map(|(row, value)| (row, finish(value, fraction))).collect()
}

fn finish(value: Value, fraction: Fraction) -> Value {
    match value {
        Value::Flt(number) if fraction == Fraction::Cut => {
            // Rates and seconds: neither negative nor anywhere near 2^64.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut on purpose")]
            let whole = number as u64;
            Value::U32(whole)
        }
        Value::Flt(_) | Value::Str(_) | Value::U32(_) | Value::S32(_) | Value::U64(_) => value,
    }
}

/// Everything, at one moment.
struct Facts<'a> {
    process: &'a Process,
    runtime: &'a Runtime,
    now: Millis,
    conn_rate: u32,
    conn_rate_max: u32,
    sess_rate: u32,
    sess_rate_max: u32,
    connections_total: u64,
    requests_total: u64,
    streams_total: u64,
    bytes_out: u64,
}

impl<'a> Facts<'a> {
    fn gather(process: &'a Process) -> Self {
        let runtime = &*process.shared.runtime;
        let now = clock::now();
        let mut facts = Facts {
            process,
            runtime,
            now,
            conn_rate: 0,
            conn_rate_max: 0,
            sess_rate: 0,
            sess_rate_max: 0,
            connections_total: 0,
            requests_total: 0,
            streams_total: 0,
            bytes_out: 0,
        };
        for proxy in runtime.proxies.iter().filter(|proxy| proxy.sides.has_frontend()) {
            let sum = |rate: fn(&ProxyCounters) -> u32| proxy.frontend.iter().map(rate).sum::<u32>();
            let read = |rate: fn(&ProxyCounters, Millis) -> u32| {
                proxy.frontend.iter().map(|counters| rate(counters, now)).sum::<u32>()
            };
            facts.conn_rate += read(|c, now| c.conn_rate.read(now));
            facts.sess_rate += read(|c, now| c.sess_rate.read(now));
            facts.conn_rate_max += sum(|c| c.conn_rate.max());
            facts.sess_rate_max += sum(|c| c.sess_rate.max());
            facts.connections_total += proxy.frontend.sum(|c| &c.cum_conn);
            let requests = proxy.frontend.sum(|c| &c.cum_req);
            facts.requests_total += requests;
            facts.streams_total +=
                if proxy.mode == Mode::Http { requests } else { proxy.frontend.sum(|c| &c.cum_sess) };
            facts.bytes_out += proxy.frontend.sum(|c| &c.bytes_out);
        }
        facts
    }

    /// The value of a field; `None` leaves it out.
    fn value(&self, name: &str) -> Option<Value> {
        let value = self.identity(name).or_else(|| self.load(name)).or_else(|| self.tls(name));
        match name {
            "description" => value.filter(|value| *value != Value::Str(String::new())),
            "Tainted" => Some(Value::Str("0".into())),
            "TotalSplicedBytesOut" | "PoolAlloc_bytes" | "PoolUsed_bytes" | "PatternsFreed" => {
                Some(Value::U64(0))
            }
            _ => Some(value.unwrap_or(Value::U32(0))),
        }
    }

    /// Who it is, and what it was allowed.
    fn identity(&self, name: &str) -> Option<Value> {
        let (about, facts) = (&self.process.about, &self.runtime.process);
        let up = self.process.uptime(self.now);
        Some(match name {
            "Name" => Value::Str("HAProxy".into()),
            "Version" => Value::Str(about.version.clone()),
            "Release_date" => Value::Str(about.release_date.clone()),
            "Build info" => Value::Str(about.build.clone()),
            "Nbthread" => Value::U32(facts.nbthread.into()),
            "Nbproc" | "Process_num" | "NbThreadGroups" => Value::U32(1),
            "Pid" => Value::U32(facts.pid.into()),
            "Uptime" => Value::Str(spell(up.as_secs())),
            "Uptime_sec" => Value::Flt(up.as_secs_f64()),
            "Start_time_sec" => Value::Flt(self.process.started_wall().as_secs_f64()),
            "BootTime_ms" => Value::U32(u64::try_from(about.boot.as_millis()).unwrap_or(u64::MAX)),
            "Ulimit-n" | "Maxsock" => Value::U32(about.nofile),
            "Maxconn" => Value::U32(self.runtime.maxconn().into()),
            "Hard_maxconn" => Value::U32(about.hard_maxconn.into()),
            "node" => Value::Str(facts.node.to_string()),
            "description" => Value::Str(facts.description.to_string()),
            "Stopping" => Value::U32(self.process.shared.is_stopping().into()),
            _ => return None,
        })
    }

    /// What goes on.
    fn load(&self, name: &str) -> Option<Value> {
        let connections = self.runtime.connections.get();
        Some(match name {
            "CurrConns" => Value::U32(connections.into()),
            "CumConns" => Value::U32(self.connections_total),
            "CumReq" => Value::U32(self.requests_total),
            "ConnRate" => Value::Flt(self.conn_rate.into()),
            "MaxConnRate" => Value::U32(self.conn_rate_max.into()),
            "SessRate" => Value::Flt(self.sess_rate.into()),
            "MaxSessRate" => Value::U32(self.sess_rate_max.into()),
            "Tasks" => Value::U32(connections.into()),
            "Idle_pct" => Value::U32(self.process.idle_percent().into()),
            "Jobs" => Value::U32(u64::from(connections) + self.listeners()),
            "Listeners" => Value::U32(self.listeners()),
            "TotalBytesOut" => Value::U64(self.bytes_out),
            "CurrStreams" => {
                Value::U64(self.runtime.proxies.iter().map(|p| u64::from(p.backend_sessions.get())).sum())
            }
            "CumStreams" => Value::U64(self.streams_total),
            "MaxconnReached" => Value::U32(self.runtime.maxconn_reached.load(Relaxed)),
            "BytesOutRate" => Value::U64(self.process.bytes_out_rate(self.bytes_out)),
            "CumRecvLogs" => Value::U32(self.process.shared.logs.received()),
            "FailedResolutions" => Value::U32(self.process.shared.failed_resolutions.load(Relaxed)),
            "DroppedLogs" => Value::U32(logs::dropped_total()),
            "PatternsAdded" => Value::U64(0),
            "CompressBpsIn" => Value::Flt(self.compressed_bytes(&self.runtime.rates.compression_in)),
            "CompressBpsOut" => Value::Flt(self.compressed_bytes(&self.runtime.rates.compression_out)),
            "CompressBpsRateLim" => Value::U32(self.runtime.rates.limit(Limited::CompressedBytes).into()),
            _ => return None,
        })
    }

    fn compressed_bytes(&self, rate: &PerWorker<Rate>) -> f64 {
        Rates::bytes_per_second(rate, self.now).into()
    }

    fn tls(&self, name: &str) -> Option<Value> {
        let ssl = &self.runtime.ssl;
        let limits = &self.process.shared.config.global.tls;
        Some(match name {
            "ConnRateLimit" => Value::U32(self.runtime.rates.limit(Limited::Connections).into()),
            "SessRateLimit" => Value::U32(self.runtime.rates.limit(Limited::Sessions).into()),
            "MaxSslConns" => Value::U32(limits.connections_max.unwrap_or(0).into()),
            "SslRateLimit" => Value::U32(self.runtime.rates.limit(Limited::TlsSessions).into()),
            "CurrSslConns" => Value::U32(ssl.endpoints.get().into()),
            "CumSslConns" => Value::U32(ssl.endpoints_total()),
            "SslRate" => Value::Flt(ssl.frontend_rate.read(self.now)),
            "MaxSslRate" => Value::U32(ssl.frontend_rate.max().into()),
            "SslFrontendKeyRate" => Value::Flt(ssl.frontend_keys.read(self.now)),
            "SslFrontendMaxKeyRate" => Value::U32(ssl.frontend_keys.max().into()),
            "SslFrontendSessionReuse_pct" => Value::Flt(ssl.frontend_reuse_percent(self.now)),
            "SslBackendKeyRate" => Value::Flt(ssl.backend_keys.read(self.now)),
            "SslBackendMaxKeyRate" => Value::U32(ssl.backend_keys.max().into()),
            "SslCacheLookups" => Value::U32(ssl.cache_total().0),
            "SslCacheMisses" => Value::U32(ssl.cache_total().1),
            _ => return None,
        })
    }

    fn listeners(&self) -> u64 {
        let shared = &self.process.shared;
        let count = shared.listeners.len() + self.process.about.sockets.len();
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}

/// `1d 2h03m04s`.
fn spell(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    format!("{days}d {hours}h{minutes:02}m{:02}s", seconds % 60)
}
