//! `tls-idle`: memory of idle connections, each of which has had one answer. Every round has a fresh process. After the
//! measurement each connection is asked again: all have to be there still.

use super::{Bench, Compared, Measured, Metric, checked, metric};
use crate::Trouble;
use crate::client;
use crate::figures::{Round, figure};
use crate::load::Load;
use crate::options::Scenario;
use crate::program::{Program, Service};

/// Connections before memory is looked at for the first time: what a process takes once is taken then.
const WARM_UP: usize = 16;
/// Handshakes at a time.
const AT_ONCE: usize = 64;
const MIB: f64 = 1024.0 * 1024.0;

const METRICS: &[Metric] = &[
    metric("bytes_per_conn", "B/connection", 0, Compared::Yes),
    metric("rss_mib", "RSS MiB", 1, Compared::No),
];

pub(super) fn run(bench: &Bench<'_>) -> Result<Measured, Trouble> {
    let total = bench.options.idle;
    let certificate = bench.certificates.first_file();
    let connections = total + WARM_UP;
    let service = Service { certificates: &certificate, directory: &bench.directory, connections };
    let config = client::tls_config()?;
    let round = |_, program: &Program| -> Result<Round, Trouble> {
        program.check(&service)?;
        let serving = program.start(&service)?;
        let mut load = Load::new(serving.port, config.clone(), &bench.certificates.hosts)?;
        checked(&load.open(WARM_UP, WARM_UP)?)?;
        let before = serving.process.resident_bytes();
        checked(&load.open(connections, AT_ONCE)?)?;
        let after = serving.process.resident_bytes();
        checked(&load.ask_once()?)?;
        let grown = figure(after.saturating_sub(before));
        Ok(Round::from([
            ("bytes_per_conn", grown / figure(u64::try_from(total).unwrap_or(u64::MAX))),
            ("rss_mib", figure(after) / MIB),
        ]))
    };
    let outcomes = bench.rounds(round);
    let title = format!("resident memory of {total} idle connections over TLS 1.3");
    Ok(Measured { scenario: Scenario::Idle, title, metrics: METRICS, outcomes })
}
