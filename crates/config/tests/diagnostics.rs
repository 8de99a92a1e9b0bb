//! The registry of diagnostics against the loader: each page's wrong example gives its code, the corrected one does not,
//! and nothing is told without a code.

use std::path::Path;

use diag::{Diagnostics, Sources, codes, render};
use syntax::{Environment, Facts, OpensslVersion, Version};

struct NoFacts;

impl Facts for NoFacts {
    fn version(&self) -> Version {
        Version::parse(b"3.5").expect("a version")
    }
    fn feature(&self, _: &str) -> bool {
        false
    }
    fn enabled(&self, _: &str) -> bool {
        false
    }
    fn ssllib_name(&self) -> Option<&str> {
        None
    }
    fn openssl_version(&self) -> Option<OpensslVersion> {
        None
    }
    fn awslc_api(&self) -> Option<u32> {
        None
    }
}

fn told(text: &[u8], directory: &Path) -> (Diagnostics, String) {
    use std::os::unix::ffi::OsStrExt;
    let mut sources = Sources::new();
    let file = sources.add("example.cfg", text.to_vec());
    let directory = directory.to_owned();
    let read = move |path: &[u8]| {
        std::fs::read(directory.join(std::ffi::OsStr::from_bytes(path))).map_err(|error| error.to_string())
    };
    let loaded = lockgate_config::load(&sources, &[file], &mut Environment::new(), &NoFacts, Box::new(read));
    let shown = render(&loaded.diags, &sources, diag::Format::People, 1);
    (loaded.diags, shown)
}

#[test]
fn wrong_examples_give_their_codes_and_corrected_ones_do_not() {
    let mut failures = String::new();
    for page in codes::pages() {
        let code = page.code.0;
        let (diags, shown) = told(page.wrong.as_bytes(), Path::new("/"));
        if !page.wrong.is_empty() && !diags.iter().any(|d| d.code == Some(page.code)) {
            failures.push_str(&format!("{code}: the wrong example gives:\n{shown}\n"));
        }
        let (diags, shown) = told(page.right.as_bytes(), Path::new("/"));
        if !page.right.is_empty() && (diags.has_errors() || diags.iter().any(|d| d.code == Some(page.code))) {
            failures.push_str(&format!("{code}: the corrected example gives:\n{shown}\n"));
        }
    }
    assert!(failures.is_empty(), "{failures}");
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
