//! Any bytes as a configuration file and as a condition: nothing panics, every place lies in its line, and words
//! written quoted read the same again.
#![no_main]

use diag::{Diagnostics, Format, Sources, render};
use libfuzzer_sys::fuzz_target;
use syntax::{Environment, Facts, Line, OpensslVersion, Reader, Version, evaluate, quoted};

struct AnyProgram;

impl Facts for AnyProgram {
    fn version(&self) -> Version {
        Version::parse(b"3.5-dev5").expect("a version")
    }
    fn feature(&self, name: &str) -> bool {
        name == "OPENSSL"
    }
    fn enabled(&self, name: &str) -> bool {
        name == "EPOLL"
    }
    fn ssllib_name(&self) -> Option<&str> {
        Some("OpenSSL 3.0.11")
    }
    fn openssl_version(&self) -> Option<OpensslVersion> {
        OpensslVersion::parse(b"3.0.11")
    }
    fn awslc_api(&self) -> Option<u32> {
        None
    }
}

fn read(text: &[u8]) -> Vec<Line> {
    let mut sources = Sources::new();
    let file = sources.add("fuzz.cfg", text.to_vec());
    let mut env = environment();
    let mut diags = Diagnostics::new();
    let mut reader = Reader::new(&sources, file);
    let mut lines = Vec::new();
    while let Some(line) = reader.next(&mut env, &AnyProgram, &mut diags) {
        for span in line.words.iter().map(|word| word.span).chain([line.span]) {
            let width = sources.line_text(file, span.line).len() as u64;
            assert!(span.column >= 1 && u64::from(span.column - 1) + u64::from(span.len) <= width);
        }
        lines.push(line);
    }
    for format in [Format::People, Format::Haproxy, Format::Json] {
        let _ = render(&diags, &sources, format, 1);
    }
    lines
}

fn environment() -> Environment {
    let mut env = Environment::new();
    env.set("A", "one  two");
    env.set("B", "");
    env
}

fuzz_target!(|data: &[u8]| {
    let _ = evaluate(data, &environment(), &AnyProgram);
    for line in read(data) {
        let written: Vec<_> = line.words.iter().map(|word| quoted(&word.text)).collect();
        let again = read(&written.join(&b' '));
        let again = again.first().expect("a line that was handed out is no directive");
        assert!(again.words.iter().map(|word| &word.text).eq(line.words.iter().map(|word| &word.text)));
    }
});
