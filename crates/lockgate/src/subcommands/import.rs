//! `lockgate import`: writes an Apache configuration as one of ours.

use super::{Row, Usage, later};

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "import",
    usage: &[Usage {
        synopsis: "import apache FILE [--root DIR]",
        help: "writes an Apache configuration as one of ours",
    }],
    run: |_| later("import"),
};
