//! `lockgate upgrade`: the same configuration with the words that HAProxy knows today.
//!
//! A word is replaced only where what takes its place does exactly the same, in its place among the other rules; where
//! that is not so, it stays, and [`Kind::Kept`] says why. Comments and layout stay as they are.

mod httpchk;
mod legacy;
mod order;
mod simple;

use crate::layout::{Line, lines};
use keyword::Sections;
use order::Order;
use std::ops::Range;

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgraded {
    /// The file with modern words.
    pub text: Vec<u8>,
    /// What was done to which line, in order.
    pub changes: Vec<Change>,
}

/// Something to tell about one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The line of the old file, from 1.
    pub line: usize,
    /// Whether it was changed.
    pub kind: Kind,
    /// What it said, without indentation and comment.
    pub old: String,
    /// What it says now; for a line that was kept, why, and what to do by hand.
    pub new: String,
}

/// What became of a line with an old word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It has modern words now.
    Changed,
    /// It stays as it was.
    Kept,
}

/// What to do with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// Nothing.
    Leave,
    /// Other bytes stand in the place of some of its words; more lines follow it.
    Replace { words: Range<usize>, by: Vec<u8>, more: Vec<Vec<u8>> },
    /// It becomes a comment: nothing is to be said in its place.
    Drop,
    /// It cannot be written otherwise; why, and what to do by hand.
    Keep(String),
}

impl Verdict {
    /// Other words in the place of the words `words`, the rest of the line as it is.
    fn replace(words: Range<usize>, by: impl Into<Vec<u8>>) -> Verdict {
        Verdict::Replace { words, by: by.into(), more: Vec::new() }
    }

    fn keep(why: impl Into<String>) -> Verdict {
        Verdict::Keep(why.into())
    }
}

/// Rewrites a file.
#[must_use]
pub fn upgrade(text: &[u8]) -> Upgraded {
    let mut done = Upgraded { text: Vec::with_capacity(text.len() + 256), changes: Vec::new() };
    if text.is_empty() {
        return done;
    }
    let lines = lines(text);
    let order = Order::new(&lines);
    let mut section = Sections::NONE;
    for (index, line) in lines.iter().enumerate() {
        section = line.opens().unwrap_or(section);
        let verdict = judge(line, section, &order, index);
        done.carry_out(line, index, verdict);
        done.text.push(b'\n');
    }
    if !text.ends_with(b"\n") {
        let why = "the last line ends in a line feed now";
        done.tell(lines.len(), Kind::Changed, String::from("(end of the file)"), why.to_owned());
    }
    done
}

fn judge(line: &Line<'_>, section: Sections, order: &Order, index: usize) -> Verdict {
    if line.ranges().is_empty() {
        return Verdict::Leave;
    }
    if line.opens().is_some() {
        return simple::header(line);
    }
    if section == Sections::GLOBAL {
        return simple::global(line);
    }
    if !Sections::PROXIES_AND_DEFAULTS.contains(section) {
        return Verdict::Leave;
    }
    match line.word(0) {
        b"block" => order.block(line, index),
        b"option" if line.word(1) == b"httpchk" => httpchk::judge(line),
        word if legacy::is_rule(word) => order.legacy(line, index),
        _ => simple::proxy(line),
    }
}

impl Upgraded {
    fn carry_out(&mut self, line: &Line<'_>, index: usize, verdict: Verdict) {
        let old = statement(line);
        let indent = &line.text[..line.ranges().first().map_or(0, |first| first.start)];
        match verdict {
            Verdict::Leave => self.text.extend_from_slice(line.text),
            Verdict::Keep(why) => {
                self.text.extend_from_slice(line.text);
                self.tell(index + 1, Kind::Kept, old, why);
            }
            Verdict::Drop => {
                self.text.extend_from_slice(indent);
                self.text.extend_from_slice(b"# ");
                self.text.extend_from_slice(&line.text[indent.len()..]);
                self.tell(index + 1, Kind::Changed, old.clone(), format!("# {old}"));
            }
            Verdict::Replace { words, by, more } => self.replace(line, index, words, &by, more),
        }
    }

    fn replace(&mut self, line: &Line<'_>, index: usize, words: Range<usize>, by: &[u8], more: Vec<Vec<u8>>) {
        let indent = &line.text[..line.ranges().first().map_or(0, |first| first.start)];
        let ranges = line.ranges();
        let (start, end) = (ranges[words.start].start, ranges[words.end - 1].end);
        let tail = ranges.last().map_or(end, |last| last.end);
        let new = [&line.text[indent.len()..start], by, &line.text[end..tail]].concat();
        let mut told = vec![shown(&new)];
        self.text.extend_from_slice(indent);
        self.text.extend_from_slice(&new);
        self.text.extend_from_slice(&line.text[tail..]);
        let step = if line.opens().is_some() { "    " } else { "" };
        for another in more {
            self.text.push(b'\n');
            self.text.extend_from_slice(indent);
            self.text.extend_from_slice(step.as_bytes());
            self.text.extend_from_slice(&another);
            told.push(shown(&another));
        }
        self.tell(index + 1, Kind::Changed, statement(line), told.join(" / "));
    }

    fn tell(&mut self, line: usize, kind: Kind, old: String, new: String) {
        self.changes.push(Change { line, kind, old, new });
    }
}

/// The words of a line, without indentation and comment.
fn statement(line: &Line<'_>) -> String {
    let ranges = line.ranges();
    let both = ranges.first().zip(ranges.last());
    both.map_or_else(String::new, |(first, last)| shown(&line.text[first.start..last.end]))
}

/// Words for people: where tabs stand, blanks do as well.
fn shown(words: &[u8]) -> String {
    let blanks: Vec<u8> = words.iter().map(|byte| if *byte == b'\t' { b' ' } else { *byte }).collect();
    base::Lossy(&blanks).to_string()
}

#[cfg(test)]
mod tests;
