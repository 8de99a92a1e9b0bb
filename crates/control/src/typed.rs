//! Values with their types and tags, and the forms they are written in: plain, typed, JSON (management guide, chapter
//! 9.2).

use std::io::Write;

use crate::stat::Side;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Str(String),
    /// A number of 32 bits; larger ones wrap, as everywhere.
    U32(u64),
    /// A signed number of 32 bits.
    S32(i32),
    /// A number of 64 bits.
    U64(u64),
    /// A number with a fraction.
    Flt(f64),
}

impl Value {
    /// The name of its type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Str(_) => "str",
            Value::U32(_) => "u32",
            Value::S32(_) => "s32",
            Value::U64(_) => "u64",
            Value::Flt(_) => "flt",
        }
    }

    /// Appends it as people and CSV have it.
    pub fn write(&self, out: &mut Vec<u8>) {
        // Writing to a Vec cannot fail.
        let _ = match self {
            Value::Str(text) => write!(out, "{text}"),
            Value::U32(number) => write!(out, "{}", number & 0xffff_ffff),
            Value::S32(number) => write!(out, "{number}"),
            Value::U64(number) => write!(out, "{number}"),
            Value::Flt(number) => write!(out, "{}", trimmed(*number)),
        };
    }

    /// Appends it as JSON: its type and itself.
    fn push_json(&self, out: &mut Vec<u8>) {
        /// Beyond it JavaScript rounds.
        const SAFE_MAX: u64 = (1 << 53) - 1;
        let _ = write!(out, "{{\"type\":\"{}\",\"value\":", self.kind());
        let _ = match self {
            Value::Str(text) => {
                push_json_text(text, out);
                Ok(())
            }
            Value::U32(number) => write!(out, "{}", number & 0xffff_ffff),
            Value::S32(number) => write!(out, "{number}"),
            Value::U64(number) => write!(out, "{}", number.min(&SAFE_MAX)),
            Value::Flt(number) => write!(out, "{}", trimmed(*number)),
        };
        out.push(b'}');
    }
}

/// Six digits behind the point, without the zeroes at their end.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Seconds in the two largest units that fit, as `2d3h`.
pub(crate) fn age(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m{}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h{minutes}m"),
        (days, hours, _) => format!("{days}d{hours}h"),
    }
}

/// What is fixed about a field.
#[derive(Debug, Clone, Copy)]
pub struct FieldRow {
    /// Its position.
    pub position: u32,
    /// Its name.
    pub name: &'static str,
    /// Origin, nature, scope and persistence, by their letters.
    pub tags: &'static str,
    /// What it means, in one line.
    pub brief: &'static str,
    /// The only side that counts it, of columns that a statistics file keeps; `None`: both.
    pub side: Option<Side>,
}

impl FieldRow {
    /// A field.
    pub const fn new(position: u32, name: &'static str, tags: &'static str, brief: &'static str) -> Self {
        FieldRow { position, name, tags, brief, side: None }
    }

    /// The same, counted on one side alone.
    pub const fn of(self, side: Side) -> Self {
        FieldRow { side: Some(side), ..self }
    }

    /// Whether a statistics file keeps it for this side.
    pub fn is_kept(&self, side: Side) -> bool {
        self.tags.ends_with('P') && self.side.is_none_or(|only| only == side)
    }
}

/// How fields are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// Names and values, or CSV.
    #[default]
    Plain,
    /// One line a field, with everything.
    Typed,
    /// JSON, on one line.
    Json,
}

/// Whether fields are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Explained {
    /// They are.
    Yes,
    /// They are not.
    #[default]
    No,
}

/// Appends what a typed line has behind the field's name: process, tags, type, value, and the explanation if wanted.
pub(crate) fn push_typed(row: &FieldRow, value: &Value, explained: Explained, out: &mut Vec<u8>) {
    let _ = write!(out, ".1:{}:{}:", row.tags, value.kind());
    value.write(out);
    push_brief(row, explained, out);
    out.push(b'\n');
}

/// Appends the explanation, if wanted.
pub(crate) fn push_brief(row: &FieldRow, explained: Explained, out: &mut Vec<u8>) {
    if explained == Explained::Yes {
        let _ = write!(out, ":\"{}\"", row.brief);
    }
}

/// Appends the members of a field's JSON object. There may be millions of them: they are written as they come.
pub(crate) fn push_json_members(row: &FieldRow, value: &Value, out: &mut Vec<u8>) {
    push_json(row, "\"processNum\":1,", value, out);
}

/// The same of a field that tells no process.
pub(crate) fn push_json_field(row: &FieldRow, value: &Value, out: &mut Vec<u8>) {
    push_json(row, "", value, out);
}

fn push_json(row: &FieldRow, process: &str, value: &Value, out: &mut Vec<u8>) {
    let letters = row.tags.as_bytes();
    let _ = write!(
        out,
        "\"field\":{{\"pos\":{},\"name\":\"{}\"}},{process}\"tags\":{{\"origin\":\"{}\",\"nature\":\"{}\",\
         \"scope\":\"{}\"}},\"value\":",
        row.position,
        row.name,
        origin(letters[0]),
        nature(letters[1]),
        scope(letters[2])
    );
    value.push_json(out);
}

/// Appends text in quotation marks.
fn push_json_text(text: &str, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail, and every text can be written.
    let _ = serde_json::to_writer(out, text);
}

fn origin(letter: u8) -> &'static str {
    match letter {
        b'M' => "Metric",
        b'S' => "Status",
        b'K' => "Key",
        b'C' => "Config",
        b'P' => "Product",
        _ => "Unknown",
    }
}

fn nature(letter: u8) -> &'static str {
    match letter {
        b'G' => "Gauge",
        b'L' => "Limit",
        b'M' => "Max",
        b'm' => "Min",
        b'C' => "Counter",
        b'R' => "Rate",
        b'a' => "Avg",
        b'D' => "Duration",
        b'A' => "Age",
        b'T' => "Time",
        b'N' => "Name",
        b'O' => "Output",
        _ => "Unknown",
    }
}

fn scope(letter: u8) -> &'static str {
    match letter {
        b'C' => "Cluster",
        b'P' => "Process",
        b'S' => "Service",
        b's' => "System",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &Value) -> String {
        let mut out = Vec::new();
        value.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values() {
        assert_eq!(text(&Value::Flt(0.0)), "0");
        assert_eq!(text(&Value::Flt(211.5)), "211.5");
        assert_eq!(text(&Value::U32(u64::from(u32::MAX) + 2)), "1");
        assert_eq!(text(&Value::S32(-1)), "-1");
    }

    #[test]
    fn typed_and_json() {
        let row = FieldRow::new(7, "x", "MGPV", "an x");
        let mut out = Vec::new();
        push_typed(&row, &Value::U64(5), Explained::Yes, &mut out);
        assert_eq!(out, b".1:MGPV:u64:5:\"an x\"\n");
        out.clear();
        push_json_members(&row, &Value::Str("a\"".into()), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#""field":{"pos":7,"name":"x"},"processNum":1,"tags":{"origin":"Metric","nature":"Gauge","scope":"Process"},"value":{"type":"str","value":"a\""}"#
        );
    }
}
