//! The registry of diagnostics against the loader: each page's wrong example gives its code, the corrected one does not,
//! and nothing is told without a code.

use std::path::Path;

use diag::{Diagnostic, Diagnostics, Sources, codes, render};
use lockgate_config::Lints;
use syntax::{Environment, NoFacts};

fn told(text: &[u8], directory: &Path) -> (Diagnostics, Sources) {
    use std::os::unix::ffi::OsStrExt;
    let mut sources = Sources::new();
    let file = sources.add("example.cfg", text.to_vec());
    let directory = directory.to_owned();
    let read = move |path: &[u8]| {
        std::fs::read(directory.join(std::ffi::OsStr::from_bytes(path))).map_err(|error| error.to_string())
    };
    let mut env = Environment::new();
    let loaded = lockgate_config::load(&sources, &[file], &mut env, &NoFacts, Box::new(read), Lints::Run);
    (loaded.diags, sources)
}

/// As people see those that `is_wanted` picks.
fn shown(diags: &Diagnostics, sources: &Sources, is_wanted: impl Fn(&Diagnostic) -> bool) -> String {
    let mut wanted = Diagnostics::new();
    wanted.extend(diags.iter().filter(|diagnostic| is_wanted(diagnostic)).cloned());
    render(&wanted, sources, diag::Format::People, 1)
}

#[test]
fn wrong_examples_give_their_codes_and_corrected_ones_do_not() {
    let mut failures = String::new();
    for page in codes::pages() {
        let code = page.code.0;
        let (diags, sources) = told(page.wrong.as_bytes(), Path::new("/"));
        if !page.wrong.is_empty() && !diags.iter().any(|d| d.code == Some(page.code)) {
            failures.push_str(&format!(
                "{code}: the wrong example gives:\n{}\n",
                shown(&diags, &sources, |_| true)
            ));
        }
        let (diags, sources) = told(page.right.as_bytes(), Path::new("/"));
        if !page.right.is_empty() && (diags.has_errors() || diags.iter().any(|d| d.code == Some(page.code))) {
            failures.push_str(&format!(
                "{code}: the corrected example gives:\n{}\n",
                shown(&diags, &sources, |_| true)
            ));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// What people see of each page's wrong example; `UPDATE_SNAPSHOTS=1` writes it anew.
#[test]
fn every_code_has_its_snapshot() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/configs/diagnostics.txt");
    let mut got = String::new();
    for page in codes::pages().filter(|page| !page.wrong.is_empty()) {
        let (diags, sources) = told(page.wrong.as_bytes(), Path::new("/"));
        got.push_str(&format!("==== {}\n", page.code.0));
        got.push_str(&shown(&diags, &sources, |diagnostic| diagnostic.code == Some(page.code)));
    }
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &got).expect("the snapshot can be written");
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    let first = got.lines().zip(wanted.lines()).find(|(got, wanted)| got != wanted);
    assert!(got == wanted, "tests/configs/diagnostics.txt differs: {first:?}");
}

#[test]
fn nothing_is_told_without_a_code() {
    let mut bare = String::new();
    let mut look = |name: &str, text: &[u8], directory: &Path| {
        let (diags, _) = told(text, directory);
        for diagnostic in diags.iter().filter(|d| d.code.is_none()) {
            bare.push_str(&format!("{name}: {}\n", diagnostic.message));
        }
    };
    for page in codes::pages() {
        look(page.code.0, page.wrong.as_bytes(), Path::new("/"));
        look(page.code.0, page.right.as_bytes(), Path::new("/"));
    }
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/configs");
    let mut count = 0;
    for kind in ["err", "ok"] {
        for entry in std::fs::read_dir(configs.join(kind)).expect("the directory is there") {
            let path = entry.expect("a file").path();
            if path.extension().is_some_and(|extension| extension == "cfg") {
                let text = std::fs::read(&path).expect("a file that can be read");
                look(&path.to_string_lossy(), &text, &configs.join(kind));
                count += 1;
            }
        }
    }
    assert!(count > 10, "there are configurations to look at");
    assert!(bare.is_empty(), "{bare}");
}
