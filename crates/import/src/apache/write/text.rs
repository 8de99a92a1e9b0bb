//! Lines of a section with the places that they come from.

use crate::apache::reader::Source;

/// Lines in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines(Vec<Line>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    origin: Origin,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// A line of Apache's files.
    Source(Source),
    /// What Apache does without being told.
    Note(&'static str),
}

impl Lines {
    /// A line that carries over a line of Apache's.
    pub(super) fn add(&mut self, source: &Source, text: impl Into<String>) {
        self.0.push(Line { origin: Origin::Source(source.clone()), text: text.into() });
    }

    /// A line that does what Apache does without being told.
    pub(super) fn note(&mut self, note: &'static str, text: impl Into<String>) {
        self.0.push(Line { origin: Origin::Note(note), text: text.into() });
    }

    /// The same with the source, if there is one.
    pub(super) fn add_or_note(
        &mut self,
        source: Option<&Source>,
        note: &'static str,
        text: impl Into<String>,
    ) {
        match source {
            Some(source) => self.add(source, text),
            None => self.note(note, text),
        }
    }

    /// The same before all others.
    pub(super) fn note_first(&mut self, note: &'static str, text: impl Into<String>) {
        self.0.insert(0, Line { origin: Origin::Note(note), text: text.into() });
    }

    /// Leaves out what stands behind a line that always ends its ruleset; whether there is one.
    pub(super) fn seal(&mut self) -> bool {
        let ends = |line: &Line| {
            let action = line.text.split(' ').nth(1).unwrap_or_default();
            matches!(action, "deny" | "return" | "redirect") && !line.text.contains(" if ")
        };
        let end = self.0.iter().position(ends);
        self.0.truncate(end.map_or(self.0.len(), |at| at + 1));
        end.is_some()
    }

    /// Leaves out the lines that `keeps` does not want.
    pub(super) fn retain(&mut self, keeps: impl Fn(&str) -> bool) {
        self.0.retain(|line| keeps(&line.text));
    }

    /// The lines without what they come from.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|line| line.text.as_str())
    }

    /// The lines' words.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.texts().flat_map(str::split_whitespace)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the lines; each group of one origin has it above.
    pub(super) fn render(&self, out: &mut String) {
        let mut last: Option<&Origin> = None;
        for line in &self.0 {
            if last != Some(&line.origin) {
                out.push_str(&comment(&line.origin));
            }
            last = Some(&line.origin);
            out.push_str(&format!("    {}\n", line.text));
        }
    }
}

fn comment(origin: &Origin) -> String {
    match origin {
        Origin::Source(source) => format!("    # {}  {}\n", source.place, source.text),
        Origin::Note(note) => format!("    # {note}\n"),
    }
}

/// Names that differ from each other.
#[derive(Debug, Default)]
pub(super) struct Names(std::collections::HashSet<String>);

impl Names {
    /// `wanted`, or with a number behind it.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let wanted = if wanted.is_empty() { "any" } else { wanted };
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let found = std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !self.0.contains(name));
        let name = found.unwrap_or_default();
        self.0.insert(name.clone());
        name
    }
}
