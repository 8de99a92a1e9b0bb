//! `lockgate doctor`: what this machine lacks for a configuration.

use super::{Row, Usage, later};

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "doctor",
    usage: &[Usage {
        synopsis: "doctor [transparent|limits|tls|all] [-f FILE]",
        help: "what this machine lacks for a configuration",
    }],
    run: |_| later("doctor"),
};
