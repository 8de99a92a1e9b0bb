//! What the program tells of its rows: `lockgate -dKjson`, read.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::step::Trouble;

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// The kind of row: `fetch`, `global`, `bind`, ...
    pub(crate) kind: String,
    /// The name.
    pub(crate) name: String,
    /// Other spellings that mean exactly the same.
    pub(crate) aliases: Vec<String>,
    /// Where it may stand.
    pub(crate) place: String,
    /// Its arguments.
    pub(crate) arguments: String,
    /// What comes out.
    pub(crate) result: String,
    /// How far it is carried out: `working`, `internal`, `noted`, `refused`.
    pub(crate) built: String,
    /// For removed words: today's spelling.
    pub(crate) modern: Option<String>,
    /// What it does, in one line.
    pub(crate) brief: String,
    /// More about it.
    pub(crate) long: String,
    /// Uses: what is written, what it is applied to, what comes out.
    pub(crate) examples: Vec<[String; 3]>,
}

impl Row {
    /// Whether `name` is its name or one of its other spellings.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// All rows of the program at `binary`.
pub(crate) fn of(binary: &Path) -> Result<Vec<Row>, Trouble> {
    let output = Command::new(binary)
        .arg("-dKjson")
        .output()
        .map_err(|error| Trouble::Start(binary.display().to_string(), error))?;
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout)
        .map_err(|error| Trouble::Other(format!("what `-dKjson` writes is not understood: {error}")))?;
    Ok(rows.iter().map(row).collect())
}

fn row(value: &Value) -> Row {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let list = |key: &str| value[key].as_array().into_iter().flatten();
    let part = |example: &Value, key: &str| example[key].as_str().unwrap_or_default().to_owned();
    Row {
        kind: text("kind"),
        name: text("name"),
        aliases: list("aliases").filter_map(|alias| alias.as_str().map(str::to_owned)).collect(),
        place: text("place"),
        arguments: text("arguments"),
        result: text("result"),
        built: text("built"),
        modern: value["modern"].as_str().map(str::to_owned),
        brief: text("brief"),
        long: text("long"),
        examples: list("examples")
            .map(|example| ["text", "input", "output"].map(|key| part(example, key)))
            .collect(),
    }
}
