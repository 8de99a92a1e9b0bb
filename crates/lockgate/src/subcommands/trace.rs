//! `lockgate trace`: what would become of a request, step by step.

use super::{Row, Usage, later};

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "trace",
    usage: &[Usage {
        synopsis: "trace -f FILE 'GET URL'",
        help: "what would become of a request, step by step",
    }],
    run: |_| later("trace"),
};
