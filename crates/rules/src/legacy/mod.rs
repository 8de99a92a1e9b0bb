//! The rules on whole header lines that HAProxy had up to 2.0: `reqrep`, `rspadd` and their family, as 1.5 carried
//! them out.
//!
//! A rule looks at the start line first (`GET /x HTTP/1.1`, `HTTP/1.1 200 OK`), then at each `Name: value` line, in
//! order. A regular expression is searched anywhere in the line; a replacement takes the place of the whole line, not
//! only of what matched. A rule that matched the start line is done. What those words meant in detail:
//!
//! | words | effect |
//! |---|---|
//! | `reqrep` `rsprep` | each line that matches becomes what the template says |
//! | `reqdel` `rspdel` | each field that matches is removed; start lines stay |
//! | `reqadd` `rspadd` | a line is added behind the others |
//! | `reqallow` | no rule of this family refuses the request any more, the backend's included |
//! | `reqpass` | lines that match are left alone by the rules behind it |
//! | `reqdeny` `rspdeny` `reqtarpit` | 403, 502, or 500 after `timeout tarpit` |
//!
//! An `i` behind the first three letters means that case does not count.

mod add;
mod keyword;
mod lines;
mod remove;
mod replace;
mod side;
mod start_line;
mod verdict;

#[cfg(test)]
mod tests;

use diag::{Span, codes};
use sample::Problem;
use sample::compile::{problem_of, regex_problem};
use state::regexp::{Regex, RegexError};
use syntax::Word;

use crate::action::{Action, ActionCompile};
use crate::words::{Words, need};
use keyword::Verb;

pub use keyword::{is_response, names};

/// Compiles the words behind `keyword`, up to its condition. Which message it works on is the keyword's own matter,
/// whatever ruleset it is compiled for.
///
/// # Errors
/// An unknown keyword, missing words, an expression or a template that is wrong, a header line that is none.
pub fn compile(
    keyword: &str,
    words: &mut Words<'_>,
    _: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let span = words.span();
    let Some(row) = keyword::find(keyword) else {
        return Err(problem_of(
            codes::ACTION_ARGUMENT,
            span,
            format!("`{keyword}` is no rule on header lines"),
        ));
    };
    match row.verb {
        Verb::Replace => {
            let regex = regex(words, row.case)?;
            replace::compile(row.side, regex, words)
        }
        Verb::Delete => Ok(Box::new(remove::Remove { side: row.side, regex: regex(words, row.case)? })),
        Verb::Add => add::compile(row.side, words),
        Verb::Judge(verdict) => {
            Ok(Box::new(verdict::Judge { side: row.side, regex: regex(words, row.case)?, verdict }))
        }
        Verb::SetBackend => Err(no_backend(span)),
    }
}

fn no_backend(span: Span) -> Problem {
    let mut problem =
        problem_of(codes::ACTION_ARGUMENT, span, "backends are not chosen by header lines any more");
    problem.notes.push("write `use_backend NAME if { hdr(NAME) -m reg EXPRESSION }`".to_owned());
    problem
}

/// The next word as an expression.
fn regex(words: &mut Words<'_>, case: state::pattern::Case) -> Result<Regex, Problem> {
    let word = need(words, "the regular expression")?;
    Regex::new(&word.text, case).map_err(|error| wrong_regex(word, &error))
}

fn wrong_regex(word: &Word, error: &RegexError) -> Problem {
    regex_problem(word.span, error)
}
