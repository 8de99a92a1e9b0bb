//! The registry of diagnostics: every code with its name, its title and the page that explains it.
//!
//! Numbers are given once and never reused: a code that is no longer given keeps its row. The hundreds group them:
//! `E00xx` text, `E01xx` sections and keywords, `E02xx` rules and expressions, `E03xx` names and files, `E04xx` values,
//! `E05xx` what does not fit together, `E06xx` what is probably not meant, `E08xx` the start, `E09xx` what is not there
//! yet. `lockgate explain` and `docs/diagnostics/` are made from these rows alone; a test runs every wrong example and
//! its corrected form through the loader.

use std::fmt::Write as _;

use crate::Code;
use crate::nearest::nearest;

/// Declares codes: a constant for whoever gives the diagnostic, and the rows of the registry.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $title:literal {
        says: $says:literal,
        why: $why:literal,
        wrong: $wrong:literal,
        right: $right:literal $(,)?
    })*) => {
        $($(#[$doc])* pub const $name: crate::Code = crate::Code($number);)*

        pub(super) static PAGES: &[super::Page] = &[$(super::Page {
            code: $name,
            title: $title,
            says: $says,
            why: $why,
            wrong: $wrong,
            right: $right,
        }),*];
    };
}

mod fitting;
mod lints;
mod names;
mod rules;
mod start;
mod structure;
mod support;
mod text;
mod values;

pub use fitting::*;
pub use lints::*;
pub use names::*;
pub use rules::*;
pub use start::*;
pub use structure::*;
pub use support::*;
pub use text::*;
pub use values::*;

/// What is to be said about a code, in a fixed form.
#[derive(Debug)]
pub struct Page {
    /// The code.
    pub code: Code,
    /// A few words, without a final stop.
    pub title: &'static str,
    /// What the diagnostic says: when it is given.
    pub says: &'static str,
    /// Why that matters, and how to mend it.
    pub why: &'static str,
    /// A configuration that gives the code.
    pub wrong: &'static str,
    /// The same configuration, mended; empty where nothing can be mended in the file.
    pub right: &'static str,
}

static GROUPS: &[&[Page]] = &[
    text::PAGES,
    structure::PAGES,
    rules::PAGES,
    names::PAGES,
    values::PAGES,
    fitting::PAGES,
    lints::PAGES,
    start::PAGES,
    support::PAGES,
];

/// All pages, in the order of their numbers.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    GROUPS.iter().flat_map(|group| group.iter())
}

/// The page of a code as someone types it: `E0212`, `e0212`, `0212` or `212`.
///
/// # Errors
/// The code that was probably meant, where there is one.
pub fn find(typed: &str) -> Result<&'static Page, Option<Code>> {
    let digits = typed.trim_start_matches(['e', 'E']);
    let number = format!("E{digits:0>4}");
    let found = pages().find(|page| page.code.0 == number);
    // Most likely the last digits are wrong.
    let alike = |page: &&Page| page.code.0.get(..3) == number.get(..3);
    let guess = || nearest(&number, pages().filter(alike).map(|page| page.code.0));
    found.ok_or_else(|| guess().or_else(|| nearest(&number, pages().map(|page| page.code.0))).map(Code))
}

impl Page {
    /// The page for a terminal, as Markdown that reads well as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}: {}\n\n{}\n\n{}\n", self.code.0, self.title, self.says, self.why);
        for (title, example) in self.examples() {
            out.push_str(&format!("\n{title}:\n\n"));
            for line in example.lines() {
                out.push_str(if line.is_empty() { "" } else { "    " });
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }

    /// The page as a section of a Markdown document.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("## {}: {}\n\n{}\n\n{}\n", self.code.0, self.title, self.says, self.why);
        for (title, example) in self.examples() {
            out.push_str(&format!("\n{title}:\n\n```haproxy\n{}\n```\n", example.trim_end()));
        }
        out
    }

    /// The examples with their titles; bytes that cannot be shown have their symbols.
    fn examples(&self) -> impl Iterator<Item = (&'static str, String)> {
        let given = [("Wrong", self.wrong), ("Right", self.right)];
        let shown = |text: &str| text.replace('\0', "\u{2400}").replace('\r', "\u{240d}");
        given.into_iter().filter(|(_, text)| !text.is_empty()).map(move |(title, text)| (title, shown(text)))
    }
}

/// What stands above the index.
const PREFACE: &str = "\
# Diagnostics

Every problem that lockgate finds in a configuration has a number. `lockgate explain CODE` shows the page of one, and
`lockgate explain --list` all titles. This file is generated from the registry in `crates/diag/src/codes`; do not edit
it.

On a terminal a diagnostic shows the line with the place marked; anywhere else it is one of HAProxy's `[ALERT]`,
`[WARNING]` or `[NOTICE]` lines. With `--format json` each is one JSON object on a line of its own. All three go to
standard error; standard output is for what was asked for. Every object has the same keys:

| key | value |
|---|---|
| `severity` | `error`, `warning`, `notice` or `diag` |
| `code` | the number, as `E0212` |
| `message` | one sentence without a final stop; words of the file stand between backticks |
| `file` | the file as it was named, or `null` when none is to blame |
| `line` | from 1, or `null` |
| `column` | in bytes, from 1; `null` when the whole line is meant |
| `length` | of the marked place in bytes; `null` when the whole line is meant |
| `label` | a few words about the marked place, or `null` |
| `notes` | a list of sentences that help, mostly empty |
| `suggestion` | what was probably meant, to stand in place of the marked text, or `null` |

`E06xx` and a few others are advice: HAProxy does not give them, so `zero-warning` and `-dW` pass over them.
";

/// The whole registry as one Markdown document, an index first: what `docs/diagnostics/README.md` holds.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(PREFACE);
    out.push_str("\n| code | what it says |\n|---|---|\n");
    for page in pages() {
        let anchor: String = format!("{}-{}", page.code.0, page.title)
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            })
            .collect();
        // Writing into a string cannot fail.
        let _ = writeln!(out, "| [{}](#{anchor}) | {} |", page.code.0, page.title);
    }
    for page in pages() {
        out.push('\n');
        out.push_str(&page.markdown());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_are_well_formed() {
        let numbers: Vec<_> = pages().map(|page| page.code.0).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        for number in numbers {
            assert!(number.len() == 5 && number.starts_with('E'), "{number}");
            assert!(number[1..].bytes().all(|b| b.is_ascii_digit()), "{number}");
        }
    }

    #[test]
    fn pages_are_written_in_one_form() {
        for page in pages() {
            let code = page.code.0;
            assert!(!page.title.ends_with('.') && !page.title.is_empty(), "{code}");
            assert!(page.says.ends_with('.') && page.why.ends_with('.'), "{code}");
            assert!(page.wrong != page.right || page.wrong.is_empty(), "{code}");
        }
    }

    #[test]
    fn codes_are_found_however_they_are_typed() {
        for typed in ["E0212", "e0212", "0212", "212"] {
            assert_eq!(find(typed).unwrap().code, UNKNOWN_ACTION);
        }
        assert!(find("E0219").is_ok());
        assert!(matches!(find("E9999"), Err(None)), "nothing resembles it");
        assert!(matches!(find("E0112x"), Err(Some(_) | None)));
        assert!(find("").is_err());
    }

    #[test]
    fn one_document_holds_all() {
        let document = markdown();
        for page in pages() {
            assert!(document.contains(&format!("\n## {}: {}\n", page.code.0, page.title)));
            assert!(document.contains(&format!("| [{}](#", page.code.0)));
        }
    }
}
