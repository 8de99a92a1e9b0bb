//! The same configurations and requests to this program and to Debian's HAProxy; see `tests/differential/README.md`.

use lockgate_e2e::differential::{Ledger, compare, is_usual_oracle, report};

/// Compares a subject; whatever differs must be listed, and whatever is listed must differ.
fn check(subject: &str) {
    let found = compare(subject);
    let ledger = Ledger::read();
    let unlisted = ledger.unlisted(&found.differences);
    let text = report(unlisted.iter().copied());
    assert!(unlisted.is_empty(), "{} of {} exchanges differ:{text}", unlisted.len(), found.cases);
    if is_usual_oracle() {
        let idle = ledger.idle(subject, &found.differences);
        assert!(idle.is_empty(), "listed in differences.txt and no longer true:\n{}", idle.join("\n"));
    }
}

macro_rules! subjects {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_file_is_compared() {
            let mut named = vec![$(stringify!($name).to_owned()),*];
            named.sort();
            let directory = lockgate_e2e::differential::directory();
            let files = std::fs::read_dir(directory).expect("the directory of the subjects");
            let names = files.map(|file| file.expect("a file").file_name().into_string().expect("ASCII"));
            let mut found: Vec<String> =
                names.filter_map(|name| name.strip_suffix(".cfg").map(str::to_owned)).collect();
            found.sort();
            assert_eq!(found, named);
        }
    };
}

subjects! {
    acls,
    auth,
    balance,
    basics,
    bodies,
    compression,
    converters,
    cookies,
    errors,
    forwarded,
    keepalive,
    logs,
    malformed,
    maps,
    normalize_uri,
    redirects,
    rewriting,
    stick,
    tcp,
}
