//! Loggers and rings: where log lines go.

use std::net::ToSocketAddrs;
use std::sync::Arc;

use config::model::{LogLine, LogTarget, RingConfig};
use diag::{Diagnostic, Diagnostics, codes};
use logs::{Logger, LoggerSpec, Ring, RingSpec, Target};
use rustc_hash::FxHashMap;

use super::prefer_v4;
use crate::log_forward::Rings;

pub(super) fn make_rings(rings: &[RingConfig]) -> FxHashMap<Box<str>, Arc<Ring>> {
    let make = |ring: &RingConfig| {
        let mut spec = RingSpec::new(ring.name.as_bytes());
        if let Some(description) = &ring.description {
            spec.description = description.as_bytes().to_vec();
        }
        spec.format = Some(ring.format);
        spec.maxlen = ring.bytes_max;
        spec.size = ring.size;
        (ring.name.clone(), Arc::new(Ring::new(spec)))
    };
    rings.iter().map(make).collect()
}

/// The logger of a `log` line; what keeps it from being made is told.
pub(crate) fn make_logger(line: &LogLine, rings: &Rings, diags: &mut Diagnostics) -> Option<Logger> {
    logger(line, rings).unwrap_or_else(|problem| {
        diags.push(problem.at(line.span));
        None
    })
}

fn logger(line: &LogLine, rings: &Rings) -> Result<Option<Logger>, Box<Diagnostic>> {
    let Some(target) = target(&line.target, rings)? else { return Ok(None) };
    let target = if line.is_stream { rings.towards(target) } else { target };
    let mut spec = LoggerSpec::new(target, line.facility);
    spec.len = line.bytes_max;
    spec.format = line.format;
    spec.sample = line.sample.clone();
    spec.profile = line.profile;
    spec.level_max = line.level_max;
    spec.level_min = line.level_min;
    Logger::new(spec).map(Some).map_err(|error| {
        let text = format!("this log target cannot be used: {error}");
        Box::new(Diagnostic::error(text).code(codes::CANNOT_START))
    })
}

/// Where lines go; `None`: nowhere.
fn target(target: &LogTarget, rings: &Rings) -> Result<Option<Target>, Box<Diagnostic>> {
    Ok(Some(match target {
        LogTarget::Udp(addr) => Target::Udp(*addr),
        LogTarget::UdpName { host, port } => {
            let found = (&**host, *port).to_socket_addrs().ok().and_then(prefer_v4);
            Target::Udp(found.ok_or_else(|| {
                let text =
                    format!("the address of this log target cannot be found: `{host}` does not resolve");
                Diagnostic::error(text).code(codes::CANNOT_START)
            })?)
        }
        LogTarget::Unix(path) => Target::Unix(path.clone()),
        LogTarget::Abstract(name) => Target::Abstract(name.clone()),
        LogTarget::Fd(1) => Target::Stdout,
        LogTarget::Fd(2) => Target::Stderr,
        LogTarget::Fd(fd) => Target::Fd(*fd),
        LogTarget::Ring(name) => Target::Ring(rings.get(name).cloned().ok_or_else(|| {
            Diagnostic::error(format!("no ring is called `{name}`")).code(codes::UNKNOWN_SECTION)
        })?),
        // What is disabled gets nothing.
        LogTarget::Backend(name) => match rings.backend(name) {
            Some(backend) => Target::Backend(backend.clone()),
            None => return Ok(None),
        },
    }))
}
