//! Writing lines of statistics part by part: CSV, typed lines, JSON (management guide, chapters 9.1 and 9.2).

use std::io::Write;

use engine::service::Left;

use super::{COLUMNS, FIXED_LAST, Lines, StatLine};
use crate::command::Producer;
use crate::process::Process;
use crate::typed::{Explained, Form, Value, push_json_members, push_typed};

/// About how long a part is, in bytes.
pub(crate) const PART_BYTES: usize = 16 * 1024;

/// Lines on their way out.
#[derive(Debug)]
pub struct Dump {
    lines: Lines,
    form: Form,
    explained: Explained,
    /// Whether anything was written yet.
    has_begun: bool,
    /// Whether a line was written yet.
    has_lines: bool,
}

impl Dump {
    /// `lines` in one of the forms.
    #[must_use]
    pub fn new(lines: Lines, form: Form, explained: Explained) -> Self {
        Dump { lines, form, explained, has_begun: false, has_lines: false }
    }

    fn begin(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Plain => push_header(out),
            Form::Typed => {}
            Form::Json => out.push(b'['),
        }
    }

    fn line(&self, line: &StatLine, out: &mut Vec<u8>) {
        match self.form {
            Form::Plain => push_csv_line(line, out),
            Form::Typed => push_typed_lines(line, self.explained, out),
            Form::Json => {
                if self.has_lines {
                    out.push(b',');
                }
                push_json(line, out);
            }
        }
    }
}

impl Producer for Dump {
    fn fill(&mut self, process: &Process, out: &mut Vec<u8>) -> Left {
        let end = out.len() + PART_BYTES;
        if !self.has_begun {
            self.has_begun = true;
            self.begin(out);
        }
        while out.len() < end {
            let Some(line) = self.lines.next(process) else {
                if self.form == Form::Json {
                    out.extend_from_slice(b"]\n");
                }
                return Left::Nothing;
            };
            self.line(&line, out);
            self.has_lines = true;
        }
        Left::More
    }
}

fn push_header(out: &mut Vec<u8>) {
    out.extend_from_slice(b"# ");
    for column in COLUMNS {
        out.extend_from_slice(column.name.as_bytes());
        out.extend_from_slice(if column.name == FIXED_LAST { b",-," } else { b"," });
    }
    out.push(b'\n');
}

fn push_csv_line(line: &StatLine, out: &mut Vec<u8>) {
    for (column, value) in COLUMNS.iter().zip(&line.values) {
        match value {
            Some(Value::Str(text)) => push_csv(text, out),
            Some(value) => value.write(out),
            None => {}
        }
        out.extend_from_slice(if column.name == FIXED_LAST { b",-," } else { b"," });
    }
    out.push(b'\n');
}

/// Text with quotation marks where it would otherwise be misread.
fn push_csv(text: &str, out: &mut Vec<u8>) {
    if text.contains(['"', ',', '\r', '\n']) {
        let text = text.replace('"', "\"\"").replace(['\r', '\n'], " ");
        out.extend_from_slice(format!("\"{text}\"").as_bytes());
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

fn push_typed_lines(line: &StatLine, explained: Explained, out: &mut Vec<u8>) {
    for (column, value) in line.filled() {
        let (letter, iid, sid) = (line.kind.letter(), line.iid, line.sid);
        let place = format!("{letter}.{iid}.{sid}.{}.{}", column.position, column.name);
        out.extend_from_slice(place.as_bytes());
        push_typed(&column, value, explained, out);
    }
}

fn push_json(line: &StatLine, out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, (column, value)) in line.filled().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        // Writing to a Vec cannot fail.
        let _ = write!(
            out,
            "{comma}{{\"objType\":\"{}\",\"proxyId\":{},\"id\":{},",
            line.kind.name(),
            line.iid,
            line.sid
        );
        push_json_members(&column, value, out);
        out.push(b'}');
    }
    out.push(b']');
}
