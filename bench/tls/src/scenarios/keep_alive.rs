//! `tls-ka`: 1 KiB answers on kept connections. All programs stay up; each is measured in turn.

use std::time::Duration;

use super::{Bench, Compared, Measured, Metric, Watch, checked, metric};
use crate::Trouble;
use crate::client;
use crate::figures::Round;
use crate::load::Load;
use crate::options::Scenario;
use crate::program::{Program, Service, Serving};

/// Load before each measurement, after the handshakes.
const WARM_UP: Duration = Duration::from_millis(300);

const METRICS: &[Metric] = &[
    metric("cpu_us", "CPU µs/request", 2, Compared::Yes),
    metric("rps", "requests/s", 0, Compared::No),
    metric("util", "util", 2, Compared::No),
    metric("foreign", "foreign", 3, Compared::No),
];

pub(super) fn run(bench: &Bench<'_>) -> Result<Measured, Trouble> {
    let connections = bench.options.connections;
    let certificate = bench.certificates.first_file();
    let service = Service { certificates: &certificate, directory: &bench.directory, connections };
    let config = client::tls_config()?;
    let mut serving: Vec<Option<Serving>> = bench.programs.iter().map(|_| None).collect();
    let round = |position: usize, program: &Program| -> Result<Round, Trouble> {
        if serving[position].is_none() {
            program.check(&service)?;
            serving[position] = Some(program.start(&service)?);
        }
        let serving = serving[position].as_ref().expect("it was started above");
        let mut load = Load::new(serving.port, config.clone(), &bench.certificates.hosts)?;
        checked(&load.open(connections, connections)?)?;
        checked(&load.keep_asking(WARM_UP)?)?;
        let watch = Watch::new(serving, bench.options.proxy_cpu);
        let count = load.keep_asking(bench.options.length)?;
        watch.figures(serving, &count)
    };
    let outcomes = bench.rounds(round);
    let title = format!("1 KiB answers over TLS 1.3, {connections} kept connections");
    Ok(Measured { scenario: Scenario::KeepAlive, title, metrics: METRICS, outcomes })
}
