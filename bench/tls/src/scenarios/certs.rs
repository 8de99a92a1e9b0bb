//! `tls-certs`: a directory of many certificates: how long `-c` and a start take, what memory they need, and what a
//! handshake costs when the right one has to be found, beside what it costs with one certificate alone. The certificate
//! that each connection is shown is compared.

use std::path::Path;
use std::time::Instant;

use super::{Bench, Compared, Measured, Metric, Watch, checked, metric};
use crate::Trouble;
use crate::certificates::Host;
use crate::client;
use crate::figures::{Round, figure};
use crate::load::Load;
use crate::options::Scenario;
use crate::program::{Program, Service, Serving};

/// Handshakes at a time.
const AT_ONCE: usize = 16;
const MIB: f64 = 1024.0 * 1024.0;

const METRICS: &[Metric] = &[
    metric("check_s", "-c s", 2, Compared::Yes),
    metric("ready_s", "ready s", 2, Compared::Yes),
    metric("ready_cpu_s", "CPU s until then", 2, Compared::Yes),
    metric("rss_mib", "RSS MiB", 1, Compared::Yes),
    metric("cpu_us", "CPU µs/handshake", 1, Compared::Yes),
    metric("one_us", "the same, one certificate", 1, Compared::Yes),
    metric("find_us", "difference", 1, Compared::No),
    metric("foreign", "foreign", 3, Compared::No),
];

pub(super) fn run(bench: &Bench<'_>) -> Result<Measured, Trouble> {
    let hosts = &bench.certificates.hosts;
    let first = bench.certificates.first_file();
    let one = hosts.get(..1).unwrap_or_default();
    let round = |_, program: &Program| -> Result<Round, Trouble> {
        let all = service(bench, &bench.certificates.path);
        let check_s = program.check(&all)?.as_secs_f64();
        let began = Instant::now();
        let serving = program.start(&all)?;
        let ready_s = began.elapsed().as_secs_f64();
        let ready_cpu_s = figure(serving.process.cpu_ns()) / 1e9;
        let rss_mib = figure(serving.process.resident_bytes()) / MIB;
        let mut round = handshakes(bench, &serving, hosts)?;
        drop(serving);
        let alone = handshakes(bench, &program.start(&service(bench, &first))?, one)?["cpu_us"];
        let find_us = round["cpu_us"] - alone;
        round.extend([
            ("check_s", check_s),
            ("ready_s", ready_s),
            ("ready_cpu_s", ready_cpu_s),
            ("rss_mib", rss_mib),
            ("one_us", alone),
            ("find_us", find_us),
        ]);
        Ok(round)
    };
    let outcomes = bench.rounds(round);
    let title = format!("{} certificates in a directory, full TLS 1.3 handshakes (P-256)", hosts.len());
    Ok(Measured { scenario: Scenario::Certificates, title, metrics: METRICS, outcomes })
}

fn service<'b>(bench: &'b Bench<'_>, certificates: &'b Path) -> Service<'b> {
    Service { certificates, directory: &bench.directory, connections: AT_ONCE * 4 }
}

fn handshakes(bench: &Bench<'_>, serving: &Serving, hosts: &[Host]) -> Result<Round, Trouble> {
    let mut load = Load::new(serving.port, client::tls_config()?, hosts)?;
    checked(&load.keep_connecting(AT_ONCE, bench.options.length / 8)?)?;
    let watch = Watch::new(serving, bench.options.proxy_cpu);
    let count = load.keep_connecting(AT_ONCE, bench.options.length)?;
    watch.figures(serving, &count)
}
