//! Any bytes as an Apache configuration, cut at NUL bytes into files that include each other: nothing panics or runs in
//! circles, and what is written reads without a problem of words and quotes.
#![no_main]

use std::io;

use diag::{Diagnostics, Sources};
use import::apache::{Tree, convert_from};
use libfuzzer_sys::fuzz_target;
use syntax::{Environment, NoFacts, Reader};

/// `/0`, `/1` and so on, in `/`.
struct Files<'f>(Vec<&'f [u8]>);

impl Tree for Files<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let number = path.trim_start_matches('/').parse::<usize>();
        let found = number.ok().and_then(|number| self.0.get(number));
        found.map(|text| text.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn list(&self, _: &str) -> io::Result<Vec<String>> {
        Ok((0..self.0.len()).map(|number| number.to_string()).collect())
    }
    fn is_directory(&self, path: &str) -> bool {
        path.trim_matches('/').is_empty()
    }
    fn shown(&self, path: &str) -> String {
        path.to_owned()
    }
    fn variable(&self, name: &str) -> Option<String> {
        (name == "A").then(|| "one two".to_owned())
    }
}

fuzz_target!(|data: &[u8]| {
    let files = Files(data.split(|byte| *byte == 0).collect());
    let written = convert_from(&files, "/0").expect("the first file is there").text;
    let mut sources = Sources::new();
    let file = sources.add("written.cfg", written.clone().into_bytes());
    let (mut env, mut diags) = (Environment::new(), Diagnostics::new());
    let mut reader = Reader::new(&sources, file);
    while reader.next(&mut env, &NoFacts, &mut diags).is_some() {}
    assert!(diags.is_empty(), "{diags:?}\n{written}");
});
