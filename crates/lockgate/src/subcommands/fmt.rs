//! `lockgate fmt`: indents and aligns a configuration.

use super::{Row, Usage, later};

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "fmt",
    usage: &[Usage { synopsis: "fmt FILE", help: "indents and aligns a configuration" }],
    run: |_| later("fmt"),
};
