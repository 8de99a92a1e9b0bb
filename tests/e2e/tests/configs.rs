//! What `-c` says of the configurations in `tests/configs`: good ones with their warnings, bad ones with all their
//! errors in one run. `UPDATE_SNAPSHOTS=1` rewrites the `.stderr` files; look at the difference before committing.

use std::path::Path;

use lockgate_e2e::{check_configs, is_reference};

fn check(directory: &str, expected: i32) {
    if is_reference() {
        return;
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs").join(directory);
    assert!(check_configs(&directory, expected) > 5);
}

#[test]
fn good_configurations() {
    check("ok", 0);
}

#[test]
fn bad_configurations() {
    check("err", 1);
}
