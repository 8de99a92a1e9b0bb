//! `lockgate upgrade`: the same configuration in modern words.

use super::{Row, Usage, later};

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "upgrade",
    usage: &[Usage { synopsis: "upgrade -f FILE", help: "the same configuration in modern words" }],
    run: |_| later("upgrade"),
};
