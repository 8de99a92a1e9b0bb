//! The rows as JSON: a list of objects, one a line.

use keyword::Entry;
use serde_json::json;

/// All of `entries`.
pub(super) fn text(entries: impl Iterator<Item = Entry>) -> String {
    let rows: Vec<String> = entries.map(|entry| row(&entry).to_string()).collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}

fn row(entry: &Entry) -> serde_json::Value {
    let examples: Vec<serde_json::Value> = entry
        .examples
        .iter()
        .map(|example| json!({"text": example.text, "input": example.input, "output": example.output}))
        .collect();
    json!({
        "kind": entry.kind,
        "name": entry.name,
        "aliases": entry.aliases,
        "place": entry.place,
        "arguments": entry.arguments,
        "result": entry.result,
        "built": entry.built.word(),
        "modern": entry.modern,
        "brief": entry.brief,
        "long": entry.long,
        "examples": examples,
    })
}
