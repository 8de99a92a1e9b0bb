//! `lockgate network`: the network file of the appliance: what is wrong, what would change, change it.

use super::{Row, Usage, later};

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "network",
    usage: &[Usage {
        synopsis: "network check|plan|apply FILE",
        help: "the network file of the appliance: what is wrong, what would change, change it",
    }],
    run: |_| later("network"),
};
