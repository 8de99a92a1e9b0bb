//! Lines for the logs of `global`, which belong to no proxy.

use diag::Diagnostics;
use logs::{Level, Origin};

use crate::build::make_logger;
use crate::log_forward::Rings;
use crate::shared::Shared;

/// Sends a line to all logs of `global`. Meant for what happens seldom: each call makes its loggers anew.
pub fn log_globally(shared: &Shared, level: Level, text: &[u8]) {
    let rings = Rings::of(&shared.logs);
    let origin = Origin {
        hostname: shared.log_hostname.as_deref(),
        tag: &shared.log_tag,
        pid: shared.runtime.process.pid,
    };
    let lines = shared.config.global.logs.iter();
    // What keeps a logger from being made was told at the start.
    for logger in lines.filter_map(|line| make_logger(line, &rings, &mut Diagnostics::new())) {
        logger.send(level, &origin, b"", text);
    }
}
