//! Any bytes as a configuration to lay out and to bring up to date: no word changes by its layout, laying out again
//! changes nothing, and lines that are not told of stay as they are.
#![no_main]

use diag::{Diagnostics, Sources, codes};
use libfuzzer_sys::fuzz_target;
use rewrite::{Kind, format, upgrade};
use syntax::{Environment, NoFacts, Reader};

/// The words of every line that counts, and what is told of which line.
fn read(text: &[u8]) -> (Vec<Vec<Vec<u8>>>, Vec<(u32, String)>) {
    let mut sources = Sources::new();
    let file = sources.add("fuzz.cfg", text.to_vec());
    let (mut env, mut diags) = (Environment::new(), Diagnostics::new());
    env.set("A", "one  two");
    let mut reader = Reader::new(&sources, file);
    let mut lines = Vec::new();
    while let Some(line) = reader.next(&mut env, &NoFacts, &mut diags) {
        lines.push(line.words.into_iter().map(|word| word.text).collect());
    }
    // A last line feed is the one thing that is added.
    let told = diags.iter().filter(|diagnostic| diagnostic.code != Some(codes::NO_LAST_NEWLINE));
    let told =
        told.map(|diagnostic| (diagnostic.span.map_or(0, |span| span.line), diagnostic.message.clone()));
    (lines, told.collect())
}

fuzz_target!(|data: &[u8]| {
    let new = format(data);
    assert_eq!(read(data), read(&new));
    assert_eq!(format(&new), new);

    let done = upgrade(data);
    let is_changed =
        |line: usize| done.changes.iter().any(|change| change.kind == Kind::Changed && change.line == line);
    let mut after = done.text.split(|byte| *byte == b'\n');
    for (index, line) in data.split(|byte| *byte == b'\n').enumerate() {
        if !is_changed(index + 1) && !line.is_empty() {
            assert!(after.any(|other| other == line), "line {} is gone", index + 1);
        }
    }
});
