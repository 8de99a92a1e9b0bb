//! `lockgate explain`: what a diagnostic means and how to mend it.

use super::{Row, Usage, later};

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "explain",
    usage: &[Usage { synopsis: "explain CODE", help: "what a diagnostic means and how to mend it" }],
    run: |_| later("explain"),
};
