//! The statistics of name servers (`show stat domain resolvers`), in the forms of the others.

use std::io::Write;

use resolve::COUNTERS;

use crate::process::Process;
use crate::typed::{Explained, FieldRow, Form, Value, push_brief, push_json_field};

/// All of them.
pub(crate) fn dump(process: &Process, form: Form, explained: Explained) -> Vec<u8> {
    let mut out = Vec::new();
    if form == Form::Plain {
        out.extend_from_slice(b"# id,pid,");
        COUNTERS.iter().for_each(|row| out.extend_from_slice(format!("{},", row.name).as_bytes()));
        out.push(b'\n');
    }
    let lines = process.shared.resolvers.iter().flat_map(|section| {
        section.nameservers().map(move |(name, counters)| {
            let text = |text: &str| Value::Str(text.to_owned());
            let names = [text(name), text(&section.name)].into_iter();
            names.chain(COUNTERS.iter().map(|row| Value::U64(counters.get(row.counter)))).collect::<Vec<_>>()
        })
    });
    let lines: Vec<Vec<u8>> = lines.map(|values| line(&values, form, explained)).collect();
    match form {
        Form::Plain | Form::Typed => out.extend(lines.concat()),
        Form::Json => {
            out.push(b'[');
            out.extend(lines.join(&b','));
            out.extend_from_slice(b"]\n");
        }
    }
    out
}

fn rows() -> impl Iterator<Item = FieldRow> {
    let names =
        [FieldRow::new(0, "id", "CGPV", "Name"), FieldRow::new(1, "pid", "CGPV", "Name of the section")];
    let figures = (2..).zip(&COUNTERS).map(|(at, row)| FieldRow::new(at, row.name, "MGPV", row.brief));
    names.into_iter().chain(figures)
}

fn line(values: &[Value], form: Form, explained: Explained) -> Vec<u8> {
    let mut out = Vec::new();
    for (row, value) in rows().zip(values) {
        // Writing to a Vec cannot fail.
        let _ = match form {
            Form::Plain => {
                value.write(&mut out);
                write!(out, ",")
            }
            Form::Typed => {
                let _ = write!(out, "N.{}.{}:{}:{}:", row.position, row.name, row.tags, value.kind());
                value.write(&mut out);
                push_brief(&row, explained, &mut out);
                writeln!(out)
            }
            Form::Json => {
                out.extend_from_slice(if row.position == 0 { b"[{" } else { b",{" });
                push_json_field(&row, value, &mut out);
                write!(out, "}}")
            }
        };
    }
    match form {
        Form::Plain => out.push(b'\n'),
        Form::Typed => {}
        Form::Json => out.push(b']'),
    }
    out
}
