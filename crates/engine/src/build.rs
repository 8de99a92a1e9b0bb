//! From the checked configuration to the objects that run: proxies, servers, loggers, rings, listening sockets.
//!
//! What only the machine can tell is found out here: names to resolve, sockets to bind, files to log to.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use config::Config;
use diag::Diagnostics;
use net::handover::OldSockets;
use parking_lot::RwLock;
use rustc_hash::FxHashMap;
use state::rates::{Limited, Rates};
use state::runtime::ProcessFacts;
use state::{Proxy, Runtime, Vars};

use crate::log_forward::{self, Rings};
use crate::route::{self, Namespaces};
use crate::shared::{Parts, Shared};
use crate::state_file::StateFiles;

mod listeners;
mod loggers;
mod proxies;
mod servers;

pub(crate) use listeners::adds_destination;
use listeners::{bind_all, listener_run};
pub(crate) use loggers::make_logger;
use loggers::make_rings;
pub(crate) use proxies::Builder;
pub(crate) use servers::{follows_client, hash_key, resolve, server_run, server_setup};

/// Facts that the configuration does not hold.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Workers that will run.
    pub workers: usize,
    /// The host's name.
    pub hostname: String,
    /// The process id that logs show.
    pub pid: u32,
    /// Connections of the whole process.
    pub maxconn: u32,
}

/// A listening socket, ready to be given to workers.
pub struct Bound {
    /// Its place in [`Shared::listeners`].
    pub listener: usize,
    /// The sockets: one for each of `workers`, or more of an old process; fewer where the kernel cannot share the address.
    pub sockets: Vec<OwnedFd>,
    /// The workers that accept, by number.
    pub workers: Box<[usize]>,
}

/// The start failed; every reason is a diagnostic.
#[derive(Debug)]
pub struct BuildError(pub Diagnostics);

/// Builds the runtime of `config` and binds its listeners.
///
/// # Errors
/// Everything that is wrong at once: names that do not resolve, addresses that cannot be bound, log targets that
/// cannot be opened, words that this version only checks.
pub fn build(config: Arc<Config>, around: &Surroundings) -> Result<(Arc<Shared>, Vec<Bound>), BuildError> {
    build_from(config, around, &OldSockets::default())
}

/// The same, listening with the sockets of an old process where that listens on the same.
///
/// # Errors
/// As [`build`].
pub fn build_from(
    config: Arc<Config>,
    around: &Surroundings,
    old: &OldSockets,
) -> Result<(Arc<Shared>, Vec<Bound>), BuildError> {
    let mut diags = Diagnostics::default();
    let rings = Rings::new(make_rings(&config.rings), log_forward::log_backends(&config));
    let namespaces = Namespaces::open(&config, &mut diags);
    route::note_interfaces(&config, &mut diags);
    let states = StateFiles::open(&config, &mut diags);
    let mut builder = Builder::new(&config, around, &rings, namespaces, states, diags);
    let (states, proxies) = builder.proxies();
    let Builder { next_pool, mut diags, .. } = builder;
    let runtime = Arc::new(make_runtime(&config, states, around));
    let (listeners, bound) = bind_all(&config, around, old, &mut diags);
    let logs = log_forward::build(&config, &runtime, &proxies, &rings, old, &mut diags);
    if diags.has_errors() {
        return Err(BuildError(diags));
    }
    let parts = Parts {
        backends: backends_by_name(&config),
        proxies,
        listeners,
        logs,
        log_hostname: log_hostname(&config, around),
        log_tag: config.global.log_tag.clone().unwrap_or_else(|| (*b"haproxy").into()),
        warnings: diags,
        pools: next_pool,
    };
    Ok((Arc::new(Shared::new(config, runtime, parts)), bound))
}

/// Builds the runtime of `config` for explanations: nothing is bound. What it comes upon that would keep it from starting is
/// told, and left out.
pub(crate) fn unbound(config: Arc<Config>, around: &Surroundings) -> (Arc<Shared>, Diagnostics) {
    let rings = Rings::new(make_rings(&config.rings), log_forward::log_backends(&config));
    let (namespaces, states) = (Namespaces::default(), StateFiles::none());
    let mut builder = Builder::new(&config, around, &rings, namespaces, states, Diagnostics::default());
    let (states, proxies) = builder.proxies();
    let Builder { next_pool, diags, .. } = builder;
    let runtime = Arc::new(make_runtime(&config, states, around));
    let enabled = config.proxies.iter().filter(|p| !p.is_disabled);
    let binds = enabled.flat_map(|proxy| proxy.binds.iter().map(move |bind| (proxy, bind)));
    let listeners = binds
        .enumerate()
        .map(|(index, (proxy, bind))| Arc::new(listener_run(&config, proxy, bind, index, Box::new([0]), 1)));
    let parts = Parts {
        backends: backends_by_name(&config),
        proxies,
        listeners: listeners.collect(),
        logs: crate::log_forward::LogPlane::default(),
        log_hostname: log_hostname(&config, around),
        log_tag: config.global.log_tag.clone().unwrap_or_else(|| (*b"haproxy").into()),
        warnings: Diagnostics::default(),
        pools: next_pool,
    };
    (Arc::new(Shared::new(config, runtime, parts)), diags)
}

fn log_hostname(config: &Config, around: &Surroundings) -> Option<Box<[u8]>> {
    let wanted = config.global.log_send_hostname.as_ref()?;
    Some(wanted.clone().unwrap_or_else(|| around.hostname.as_bytes().into()))
}

fn backends_by_name(config: &Config) -> FxHashMap<Box<[u8]>, base::ProxyId> {
    let has_backend = config.proxies.iter().filter(|p| p.sides.has_backend());
    has_backend.map(|p| (p.name.as_bytes().into(), p.id)).collect()
}

fn make_runtime(config: &Config, proxies: Vec<Arc<Proxy>>, around: &Surroundings) -> Runtime {
    let var_limits = config.global.tune.vars;
    var_limits.begin();
    let mut vars = Vars::new();
    for (var, value) in &config.global.vars {
        vars.set(var.id, value.clone());
    }
    let node = config.global.node.clone();
    let mut runtime = Runtime::default();
    runtime.proxies = proxies.into();
    runtime.vars = RwLock::new(vars);
    runtime.var_limits = var_limits;
    runtime.userlists = config.userlists.clone();
    runtime.files.clone_from(&config.files);
    runtime.rates = make_rates(config, around);
    let tune = &config.global.tune;
    runtime.process = ProcessFacts {
        hostname: around.hostname.clone().into(),
        node: node.unwrap_or_else(|| around.hostname.clone().into()),
        description: config.global.description.clone().unwrap_or_default(),
        pid: around.pid,
        nbthread: u32::try_from(around.workers).unwrap_or(u32::MAX),
        maxconn: around.maxconn,
        log_uri_bytes_max: u32::try_from(tune.http_logurilen).unwrap_or(u32::MAX),
        buffer_bytes: u32::try_from(tune.bufsize).unwrap_or(u32::MAX),
    };
    runtime
}

fn make_rates(config: &Config, around: &Surroundings) -> Rates {
    let rates = Rates::new(around.workers);
    rates.set_limit(Limited::Connections, config.global.conn_rate_max);
    rates.set_limit(Limited::Sessions, config.global.sess_rate_max);
    rates.set_limit(Limited::TlsSessions, config.global.tls.rate_max.unwrap_or(0));
    rates.set_limit(Limited::CompressedBytes, config.global.compression.bytes_per_second_max);
    rates
}

/// Of a name's addresses, the first of IPv4 if there is one.
fn prefer_v4(addresses: impl Iterator<Item = SocketAddr>) -> Option<SocketAddr> {
    let all: Vec<SocketAddr> = addresses.collect();
    all.iter().find(|a| a.is_ipv4()).or(all.first()).copied()
}

/// How long the process waits for sessions at a soft stop; `None`: for ever.
#[must_use]
pub fn hard_stop_after(config: &Config) -> Option<Duration> {
    config.global.hard_stop_after
}
