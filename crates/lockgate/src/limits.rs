//! How many workers, connections and descriptors: what the configuration leaves open is taken from the machine.
//!
//! Connections come from the descriptors that the process may open when `maxconn` does not say (manual, `maxconn` and
//! `ulimit-n` in `global`): two for each connection, half a pipe more where everything may be spliced.

use config::Config;
use diag::{Diagnostic, codes};

use crate::options::Options;

/// Fewer connections than this are never the result of a computation.
const MAXCONN_MIN: u64 = 100;
/// Descriptors counted on when nothing sets a limit and the system allows almost any number (`fd-hard-limit`).
const NOFILE_MAX: u64 = 1_048_576;
/// Bytes that a stream needs besides its two buffers, generously; for `-m`.
const STREAM_BYTES: u64 = 4_096;
/// Workers at most.
const WORKERS_MAX: u32 = 1_024;

/// What the process will use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Workers.
    pub(crate) workers: usize,
    /// Connections of the whole process.
    pub(crate) maxconn: u32,
    /// Descriptors to allow.
    pub(crate) nofile: u64,
}

/// The cores that this process may run on.
pub(crate) fn usable_cores() -> u32 {
    let affinity = rustix::thread::sched_getaffinity(None).map(|set| set.count());
    affinity.unwrap_or(1).clamp(1, WORKERS_MAX)
}

/// Decides on all limits. `nofile` is the soft and the hard limit of descriptors that hold now.
pub(crate) fn resolve(config: &Config, options: &Options, nofile: (u64, u64)) -> Limits {
    let global = &config.global;
    let workers = global.nbthread.unwrap_or_else(usable_cores).clamp(1, WORKERS_MAX);
    let fixed = fixed_descriptors(config, workers);
    let set = options.maxconn.or(global.maxconn).filter(|n| *n > 0);
    let maxconn = set.unwrap_or_else(|| {
        let most = match global.ulimit_n {
            Some(limit) => limit,
            None => nofile.0.max(nofile.1).min(NOFILE_MAX),
        };
        automatic_maxconn(config, options, most.saturating_sub(fixed))
    });
    let needed = u64::from(maxconn) * 2 + pipe_descriptors(config, maxconn) + fixed;
    Limits {
        workers: usize::try_from(workers).unwrap_or(1),
        maxconn,
        nofile: global.ulimit_n.unwrap_or(needed),
    }
}

/// Descriptors that do not depend on connections: listeners, checks, pollers, the usual three, some for files.
fn fixed_descriptors(config: &Config, workers: u32) -> u64 {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let listeners: usize = config.proxies.iter().map(|proxy| proxy.binds.len()).sum();
    let servers: usize = config.proxies.iter().map(|proxy| proxy.servers.len()).sum();
    // Each listener has a duplicate for when it is paused, and one for the next process.
    count(listeners) * u64::from(workers) * 3
        + count(servers)
        + count(config.global.stats_sockets.len()) * 10
        + 3 * u64::from(workers)
        + 16
}

fn may_splice(config: &Config) -> bool {
    let is_on = |proxy: &config::ProxyConfig| {
        let splice = &proxy.options.splice;
        splice.auto.is_on() || splice.request.is_on() || splice.response.is_on()
    };
    !config.global.is_nosplice && config.proxies.iter().any(is_on)
}

/// Two descriptors for each pipe, one pipe for four connections.
fn pipe_descriptors(config: &Config, maxconn: u32) -> u64 {
    if may_splice(config) { u64::from(maxconn) / 4 * 2 } else { 0 }
}

fn automatic_maxconn(config: &Config, options: &Options, descriptors: u64) -> u32 {
    let by_descriptors = if may_splice(config) { descriptors * 2 / 5 } else { descriptors / 2 };
    let stream_bytes = STREAM_BYTES + 2 * u64::try_from(config.global.tune.bufsize).unwrap_or(u64::MAX / 4);
    let by_memory = options.memory_mb.map(|mb| mb.saturating_mul(1 << 20) / stream_bytes);
    let most = by_descriptors.max(MAXCONN_MIN).min(by_memory.unwrap_or(u64::MAX).max(1));
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// Allows as many descriptors as the limits need; a remark when the system grants fewer.
pub(crate) fn apply(limits: &Limits) -> Option<Diagnostic> {
    let told = |granted: u64| {
        let needed = limits.nofile;
        let text =
            format!("{needed} open files are needed for `maxconn` {}, {granted} are allowed", limits.maxconn);
        Diagnostic::warning(text)
            .code(codes::TOO_FEW_FILES)
            .note("raise the limit of open files, or set a lower `maxconn`")
    };
    match net::process::set_rlimit_nofile(limits.nofile) {
        Ok(granted) if granted >= limits.nofile => None,
        Ok(granted) => Some(told(granted)),
        Err(_) => Some(told(net::process::nofile_limit().0)),
    }
}

/// Carries the options into the configuration that change what single proxies do.
pub(crate) fn apply_options(config: &mut Config, options: &Options) {
    config.global.is_nosplice |= options.is_nosplice;
    config.global.is_noreuseport |= options.is_noreuseport;
    if options.is_ipv4_only {
        config.global.dns_families = Some(resolve::Families::V4);
    }
    for proxy in &mut config.proxies {
        if let Some(maxconn) = options.proxy_maxconn
            && proxy.maxconn == 0
            && proxy.sides.has_frontend()
        {
            proxy.maxconn = maxconn;
        }
        if options.ignores_unresolved {
            for server in &mut proxy.servers {
                if server.init_addr.is_empty() {
                    server.init_addr.extend([config::model::InitAddr::Last, config::model::InitAddr::Libc]);
                }
                server.init_addr.push(config::model::InitAddr::None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(nbthread: u32) -> Config {
        let mut config = Config::default();
        config.global.nbthread = Some(nbthread);
        config
    }

    #[test]
    fn what_is_set_is_taken() {
        let mut config = config(2);
        config.global.maxconn = Some(1_000);
        let limits = resolve(&config, &Options::default(), (1_024, 4_096));
        assert_eq!(limits, Limits { workers: 2, maxconn: 1_000, nofile: 2_000 + 6 + 16 });
        let options = Options { maxconn: Some(10), ..Options::default() };
        assert_eq!(resolve(&config, &options, (1_024, 4_096)).maxconn, 10);
    }

    #[test]
    fn the_rest_comes_from_the_machine() {
        let limits = resolve(&config(1), &Options::default(), (1_024, 4_096));
        assert_eq!(limits.maxconn, (4_096 - 3 - 16) / 2);
        assert!(limits.nofile <= 4_096);
        assert_eq!(resolve(&config(1), &Options::default(), (20, 20)).maxconn, 100);
        let unlimited = resolve(&config(1), &Options::default(), (1_024, u64::MAX));
        assert!(unlimited.maxconn < 524_288);
    }

    #[test]
    fn little_memory_means_fewer_connections() {
        let options = Options { memory_mb: Some(36), ..Options::default() };
        let limits = resolve(&config(1), &options, (1_024, 1_000_000));
        assert_eq!(limits.maxconn, 1_024);
    }
}
