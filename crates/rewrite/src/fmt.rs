//! `lockgate fmt`: four blanks a level, one blank between words, columns where neighbours are alike.
//!
//! No word changes, no comment but for the blanks around it, no blank line. Lines whose blanks mean something (header
//! line rules, unquoted log formats) keep theirs.

use crate::layout::{Line, Role, levels, lines};

/// How far a level is indented.
const STEP: usize = 4;
/// A column is not made wider than this for one long word.
const COLUMN_MAX: usize = 40;

/// Keywords whose first words are put into columns when they stand on neighbouring lines, and how many words take part,
/// the keyword included.
const COLUMNS: &[(&[u8], usize)] = &[
    (b"server", 3),
    (b"server-template", 4),
    (b"acl", 2),
    (b"bind", 2),
    (b"timeout", 2),
    (b"option", 1),
    (b"use_backend", 2),
    (b"use-server", 2),
    (b"errorfile", 2),
    (b"errorloc", 2),
    (b"errorloc302", 2),
    (b"errorloc303", 2),
    (b"stats", 2),
    (b"nameserver", 2),
    (b"peer", 2),
    (b"mailer", 2),
    (b"user", 2),
    (b"group", 2),
];

/// The configuration, laid out. Laying out what was laid out changes nothing.
#[must_use]
pub fn format(text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return Vec::new();
    }
    let lines = lines(text);
    let levels = levels(&lines);
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    let mut at = 0;
    while at < lines.len() {
        let run = run_length(&lines[at..], &levels[at..]);
        let widths = widths(&lines[at..at + run]);
        for index in at..at + run {
            write_line(&mut out, &lines[index], levels[index], &widths);
        }
        at += run;
    }
    out
}

/// How many lines, from the first on, are put into columns together.
fn run_length(lines: &[Line<'_>], levels: &[Option<usize>]) -> usize {
    if columns(&lines[0]) == 0 {
        return 1;
    }
    let is_alike = |index: &usize| {
        lines[*index].word(0) == lines[0].word(0)
            && levels[*index] == levels[0]
            && lines[*index].role() == Role::Plain
    };
    1 + (1..lines.len()).take_while(is_alike).count()
}

/// How many words of a line stand in columns.
fn columns(line: &Line<'_>) -> usize {
    if line.role() != Role::Plain || keeps_blanks(line) {
        return 0;
    }
    COLUMNS.iter().find(|(keyword, _)| *keyword == line.word(0)).map_or(0, |(_, count)| *count)
}

/// The widths of the columns of a run. The last word of a line needs no room behind it, so it widens nothing.
fn widths(run: &[Line<'_>]) -> Vec<usize> {
    let count = columns(&run[0]);
    let width_of = |column: usize| {
        let inner = run.iter().filter(|line| line.ranges().len() > column + 1);
        inner.map(|line| width(line.word(column))).filter(|width| *width <= COLUMN_MAX).max().unwrap_or(0)
    };
    (0..count).map(width_of).collect()
}

/// How many columns of a terminal a word takes.
fn width(word: &[u8]) -> usize {
    String::from_utf8_lossy(word).chars().count()
}

fn write_line(out: &mut Vec<u8>, line: &Line<'_>, level: Option<usize>, widths: &[usize]) {
    match (line.role(), level) {
        (_, None) if line.pieces.is_none() => out.extend_from_slice(line.text),
        (Role::Blank, _) => {}
        (_, level) => {
            out.resize(out.len() + STEP * level.unwrap_or(0), b' ');
            write_words(out, line, widths);
        }
    }
    if line.pieces.is_some() && line.text.ends_with(b"\r") {
        out.push(b'\r');
    }
    out.push(b'\n');
}

fn write_words(out: &mut Vec<u8>, line: &Line<'_>, widths: &[usize]) {
    let ranges = line.ranges();
    if let Some((first, last)) = ranges.first().zip(ranges.last())
        && keeps_blanks(line)
    {
        out.extend_from_slice(&line.text[first.start..last.end]);
    } else {
        for (index, word) in line.words().enumerate() {
            out.extend_from_slice(word);
            if index + 1 < ranges.len() {
                let width = widths.get(index).copied().unwrap_or(0);
                out.resize(out.len() + 1 + width.saturating_sub(self::width(word)), b' ');
            }
        }
    }
    if let Some(comment) = line.comment() {
        if !ranges.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(comment);
    }
}

/// Whether the blanks between the words of this line may belong to an argument.
fn keeps_blanks(line: &Line<'_>) -> bool {
    let has_no = line.word(0) == b"no" || line.word(0) == b"default";
    let keyword = line.word(usize::from(has_no));
    let is_format =
        keyword.ends_with(b"log-format") || keyword.ends_with(b"-format") || keyword == b"log-format-sd";
    is_format || keyword.starts_with(b"req") || keyword.starts_with(b"rsp")
}

#[cfg(test)]
mod tests;
