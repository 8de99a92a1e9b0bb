//! `lockgate fmt`: files laid out in place, checked, or shown.

use std::fs;

use lockgate_e2e::{is_reference, run};

const UGLY: &str =
    "global\n  maxconn 10\nbackend b\nserver a 1.2.3.4:80 # first\nserver long 1.2.3.4:80 check\n";
const NEAT: &str = "global\n    maxconn 10\nbackend b\n    server a    1.2.3.4:80 # first\n    \
                    server long 1.2.3.4:80 check\n";

#[test]
fn files_are_laid_out_once() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path();
    fs::write(path.join("a.cfg"), UGLY).expect("a file");
    fs::write(path.join("b.cfg"), NEAT).expect("a file");

    let checked = run(&["fmt", "a.cfg", "b.cfg", "--check"], path);
    assert_eq!(checked.status.code(), Some(1));
    assert_eq!(checked.stderr, "a.cfg:2: would be laid out otherwise\n");
    assert_eq!(fs::read_to_string(path.join("a.cfg")).expect("a file"), UGLY);

    let shown = run(&["fmt", "--stdout", "a.cfg"], path);
    assert_eq!((shown.status.code(), shown.stdout.as_str()), (Some(0), NEAT));

    let done = run(&["fmt", "a.cfg", "b.cfg"], path);
    assert_eq!((done.status.code(), done.stderr.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(path.join("a.cfg")).expect("a file"), NEAT);
    assert_eq!(run(&["fmt", "--check", "a.cfg", "b.cfg"], path).status.code(), Some(0));
}

#[test]
fn exit_codes() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (arguments, code) in [
        (&["fmt"][..], 2),
        (&["fmt", "--no-such", "a"], 2),
        (&["fmt", "none.cfg"], 1),
        (&["fmt", "--help"], 0),
    ] {
        assert_eq!(run(arguments, directory.path()).status.code(), Some(code), "{arguments:?}");
    }
}
