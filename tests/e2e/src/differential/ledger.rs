//! `differences.txt`: what differs on purpose, and why.
//!
//! ```text
//! subject / name of the exchange / answer, log: the reason, in a sentence
//! ```
//!
//! A `*` at the end of the exchange's name stands for the rest of it. Lines that begin with `#` and empty ones are
//! remarks. Each line must be needed: one that no difference falls under any more is an error, as is a difference that
//! falls under none.

use super::{Difference, Part};

/// All lines.
#[derive(Debug)]
pub struct Ledger(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    line: String,
    subject: String,
    case: String,
    parts: Vec<Part>,
}

impl Entry {
    fn covers(&self, difference: &Difference) -> bool {
        let is_case = match self.case.strip_suffix('*') {
            Some(beginning) => difference.case.starts_with(beginning),
            None => difference.case == self.case,
        };
        is_case && self.subject == difference.subject && self.parts.contains(&difference.part)
    }
}

impl Ledger {
    /// Reads the file.
    ///
    /// # Panics
    /// If it cannot be read, or a line has another form.
    pub fn read() -> Self {
        let path = super::directory().join("differences.txt");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&text)
    }

    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(entry).collect())
    }

    /// The differences that no line covers.
    pub fn unlisted<'d>(&self, differences: &'d [Difference]) -> Vec<&'d Difference> {
        differences.iter().filter(|difference| !self.0.iter().any(|entry| entry.covers(difference))).collect()
    }

    /// The lines about `subject` with a part that is no longer needed.
    pub fn idle(&self, subject: &str, differences: &[Difference]) -> Vec<String> {
        let of_subject = self.0.iter().filter(|entry| entry.subject == subject);
        let is_needed = |entry: &Entry, part: Part| {
            differences.iter().any(|difference| difference.part == part && entry.covers(difference))
        };
        let idle = of_subject.filter(|entry| !entry.parts.iter().all(|part| is_needed(entry, *part)));
        idle.map(|entry| entry.line.clone()).collect()
    }
}

fn entry(line: &str) -> Entry {
    let form = "SUBJECT / EXCHANGE / PART, PART: REASON";
    let parsed = line.split_once(" / ").and_then(|(subject, rest)| {
        // The name of an exchange may hold both separators, so the parts are looked for from the first that fits.
        let (at, parts) =
            rest.match_indices(" / ").find_map(|(at, _)| Some((at, parts(&rest[at + 3..])?)))?;
        Some((subject, &rest[..at], parts))
    });
    let Some((subject, case, parts)) = parsed else { panic!("not of the form `{form}`: {line}") };
    Entry { line: line.to_owned(), subject: subject.to_owned(), case: case.to_owned(), parts }
}

fn parts(text: &str) -> Option<Vec<Part>> {
    let (words, reason) = text.split_once(": ")?;
    let part = |word: &str| Part::ALL.into_iter().find(|part| part.word() == word);
    let parts: Option<Vec<Part>> = words.split(", ").map(part).collect();
    parts.filter(|_| reason.len() > 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(case: &str, part: Part) -> Difference {
        Difference {
            subject: "a".to_owned(),
            case: case.to_owned(),
            part,
            ours: String::new(),
            theirs: String::new(),
        }
    }

    #[test]
    fn lines_cover_and_become_idle() {
        let ledger = Ledger::parse(
            "# why\na / GET /x | H: b / answer, log: it is newer there\na / b*  / log: what was new\n",
        );
        let seen = [difference("GET /x | H: b", Part::Answer), difference("GET /x | H: b", Part::Server)];
        assert_eq!(ledger.unlisted(&seen).len(), 1);
        assert_eq!(ledger.idle("a", &seen).len(), 2);
        let all = [difference("GET /x | H: b", Part::Answer), difference("GET /x | H: b", Part::Log)];
        assert_eq!(ledger.idle("a", &all).len(), 1);
    }
}
