//! `docs/diagnostics/README.md` is what the registry says. `UPDATE_SNAPSHOTS=1` writes it anew.

use std::path::Path;

#[test]
fn the_document_is_not_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diagnostics/README.md");
    let wanted = lockgate_diag::codes::markdown();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &wanted).expect("the document can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/diagnostics/README.md is stale; UPDATE_SNAPSHOTS=1 with this test writes it"
    );
}
