//! Listening sockets: bound anew, or taken over from an old process.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use config::Config;
use config::model::{Bind, BindAddress, ProxyConfig};
use diag::{Diagnostic, Diagnostics, codes};
use net::handover::{Kind, OldSockets};
use sample::txn::ListenerFacts;
use state::counters::PerWorker;

use super::servers::follows_client;
use super::{Bound, Surroundings};
use crate::shared::ListenerRun;

pub(super) fn bind_all(
    config: &Config,
    around: &Surroundings,
    old: &OldSockets,
    diags: &mut Diagnostics,
) -> (Vec<Arc<ListenerRun>>, Vec<Bound>) {
    let mut listeners = Vec::new();
    let mut bound = Vec::new();
    for proxy in config.proxies.iter().filter(|p| !p.is_disabled) {
        for bind in &proxy.binds {
            let index = listeners.len();
            let workers = workers_of(bind, around.workers, diags);
            match bind_one(config, proxy, bind, workers.len(), (around, old), diags) {
                Ok(sockets) => bound.push(Bound { listener: index, sockets, workers: workers.clone() }),
                Err(diagnostic) => diags.push(diagnostic.at(bind.span)),
            }
            listeners.push(Arc::new(listener_run(config, proxy, bind, index, workers, around.workers)));
        }
    }
    if !diags.has_errors() {
        close_originals(config);
    }
    (listeners, bound)
}

/// Inherited sockets were duplicated; what they were inherited as must not go on listening when the duplicates close.
fn close_originals(config: &Config) {
    let inherited =
        config.proxies.iter().flat_map(|proxy| &proxy.binds).filter_map(|bind| match bind.address {
            BindAddress::Inherited(fd) => Some(fd),
            BindAddress::Endpoint(_) => None,
        });
    let unique: std::collections::BTreeSet<i32> = inherited.collect();
    unique.into_iter().for_each(net::listen::close_inherited);
}

/// The workers that accept on a line's sockets.
fn workers_of(bind: &Bind, workers: usize, diags: &mut Diagnostics) -> Box<[usize]> {
    let Some(threads) = &bind.threads else { return (0..workers).collect() };
    let is_one = |worker: &usize| u32::try_from(worker + 1).is_ok_and(|thread| threads.has(thread));
    let some: Box<[usize]> = (0..workers).filter(is_one).collect();
    if some.is_empty() {
        let text = format!("`thread` names none of the {workers} threads; all of them accept");
        diags.push(Diagnostic::warning(text).code(codes::NO_EFFECT));
        return (0..workers).collect();
    }
    some
}

pub(super) fn listener_run(
    config: &Config,
    proxy: &ProxyConfig,
    bind: &Bind,
    index: usize,
    workers: Box<[usize]>,
    all_workers: usize,
) -> ListenerRun {
    let addr = match &bind.address {
        BindAddress::Endpoint(endpoint) => endpoint.inet().filter(|a| !a.ip().is_unspecified()),
        BindAddress::Inherited(_) => None,
    };
    let asks = config.uses.dst || config.proxies.iter().any(adds_destination) || needs_port(config);
    let context = bind.tls.as_ref().and_then(|tls| tls.context.clone());
    ListenerRun {
        facts: Arc::new(ListenerFacts {
            name: bind.name.clone(),
            id: bind.id,
            addr,
            is_tls: context.is_some(),
            accepts_proxy: bind.accepts_proxy,
            counters: proxy.options.socket_stats.is_on().then(|| Arc::new(PerWorker::new(all_workers))),
        }),
        tls: context,
        proxy: proxy.id,
        index,
        netscaler_magic: bind.netscaler_magic,
        workers,
        needs_dst: AtomicBool::new(asks),
        maxconn: bind.maxconn,
        sessions: state::counters::Gauge::default(),
        acks_late: proxy.options.accepts_smartly(proxy.mode, bind.tls.is_some()),
        sets_nodelay: matches!(&bind.address, BindAddress::Endpoint(e) if e.inet().is_some()),
    }
}

/// Whether requests to this proxy's servers say what address the client connected to.
pub(crate) fn adds_destination(proxy: &ProxyConfig) -> bool {
    let options = &proxy.options;
    options.originalto.is_some() || (options.forwarded.is_on() && options.forwarded_parts.by.is_some())
}

/// Whether some server's address depends on the client's destination.
fn needs_port(config: &Config) -> bool {
    config.proxies.iter().any(|p| {
        p.options.transparent.is_on() || p.servers.iter().any(|s| follows_client(s) || s.send_proxy.is_on())
    })
}

fn bind_one(
    config: &Config,
    proxy: &ProxyConfig,
    bind: &Bind,
    workers: usize,
    (around, old): (&Surroundings, &OldSockets),
    diags: &mut Diagnostics,
) -> Result<Vec<OwnedFd>, Box<Diagnostic>> {
    if !bind.unsupported.is_empty() {
        let words = bind.unsupported.join("`, `");
        return Err(Box::new(
            Diagnostic::error(format!("`{words}` is checked, but not carried out yet"))
                .code(codes::NOT_BUILT),
        ));
    }
    let mut options = listen_options(proxy, bind, around);
    let (endpoint, count) = match &bind.address {
        BindAddress::Inherited(fd) => (net::Endpoint::Fd(*fd), 1),
        BindAddress::Endpoint(endpoint) => {
            let shares = endpoint.inet().is_some() && !config.global.is_noreuseport;
            options.reuse_port = shares;
            (endpoint.clone(), if shares && !bind.is_single { workers } else { 1 })
        }
    };
    let mut refused = Vec::new();
    let sockets = listen(&endpoint, &options, count, old, &mut refused);
    refused.dedup_by_key(|refused| refused.option);
    for one in &refused {
        diags.push(
            Diagnostic::warning(format!("{one}, on {endpoint}"))
                .code(codes::NO_EFFECT)
                .code(codes::CANNOT_START),
        );
    }
    sockets.map_err(|error| {
        Box::new(
            Diagnostic::error(format!("cannot listen on {endpoint}: {error}")).code(codes::CANNOT_LISTEN),
        )
    })
}

/// What the sockets of a line are made with; whether they share their address is not decided yet.
fn listen_options(proxy: &ProxyConfig, bind: &Bind, around: &Surroundings) -> net::ListenOptions {
    let mut options = bind.options.clone();
    options.backlog = bind.backlog.or(proxy.backlog).unwrap_or_else(|| default_backlog(proxy, around));
    options.unix_mode = bind.permissions.mode.or(options.unix_mode);
    options.unix_uid = bind.permissions.uid.or(options.unix_uid);
    options.unix_gid = bind.permissions.gid.or(options.unix_gid);
    options.nolinger = proxy.options.nolinger.is_on();
    options.quick_ack = !proxy.options.accepts_smartly(proxy.mode, bind.tls.is_some());
    // As many may come with data as may wait at all.
    options.fast_open = options.fast_open.map(|_| options.backlog);
    options
}

/// At least `count` sockets, those of the old process first. All of these are kept: closing one would reset what waits on
/// it.
fn listen(
    endpoint: &net::Endpoint,
    options: &net::ListenOptions,
    count: usize,
    old: &OldSockets,
    refused: &mut Vec<net::Refused>,
) -> std::io::Result<Vec<OwnedFd>> {
    let taken = old.take(endpoint, Kind::Stream, options).into_iter();
    let mut sockets: Vec<OwnedFd> =
        taken.filter_map(|fd| net::listen::listen_again(fd, endpoint, options, refused).ok()).collect();
    while sockets.len() < count {
        match net::listen_noting(endpoint, options, refused) {
            Ok(socket) => sockets.push(socket),
            // The old process did not share its address: its socket serves all workers.
            Err(_) if !sockets.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(sockets)
}

fn default_backlog(proxy: &ProxyConfig, around: &Surroundings) -> u32 {
    match (proxy.maxconn, around.maxconn) {
        (0, 0) => 1024,
        (0, process) => process,
        (own, _) => own,
    }
}
