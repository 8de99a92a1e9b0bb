//! Problems with their numbers: what is refused, and what a regular expression is refused for.

use diag::{Code, Diagnostic, Span, codes};
use state::pattern::PatternWhy;
use state::regexp::RegexError;

use crate::compile::{Compile, Problem};

/// Makes a [`Problem`] of its own number at `span`.
pub fn problem_of(code: Code, span: Span, message: impl Into<String>) -> Problem {
    Box::new(Diagnostic::error(message).at(span).code(code))
}

/// Why a regular expression is refused; what cannot be matched in linear time has a number of its own, and a hint at
/// what does the same.
#[must_use]
pub fn regex_problem(span: Span, error: &RegexError) -> Problem {
    regex(span, error.to_string(), error)
}

fn regex(span: Span, text: String, error: &RegexError) -> Problem {
    let RegexError::NeedsPcre { at, what } = error else {
        return problem_of(codes::REGEX, span, text);
    };
    let text = format!("{what}, at offset {at}, cannot be matched in time that grows with the input only");
    let mut problem = problem_of(codes::REGEX_CONSTRUCT, span, text);
    let hint = if what.contains("look") {
        "two tests say the same: one for what must match, and one with `!` before it for what must not"
    } else if what.contains("back") {
        "write out what may repeat, or compare two values with a converter such as `strcmp`"
    } else {
        "most expressions can be written without it"
    };
    problem.notes.push(hint.to_owned());
    problem
}

/// Why a pattern is refused.
#[must_use]
pub fn pattern_problem(span: Span, why: &PatternWhy) -> Problem {
    if let PatternWhy::Regex(_, error) = why {
        regex(span, why.to_string(), error)
    } else {
        problem_of(codes::ACL_CRITERION, span, why.to_string())
    }
}

impl Compile<'_> {
    /// A [`Problem`] of its own number at the current place.
    pub fn problem_of(&self, code: Code, message: impl Into<String>) -> Problem {
        problem_of(code, self.span, message)
    }

    /// Warns at the current place, under a number of its own.
    pub fn warn_of(&mut self, code: Code, message: impl Into<String>) {
        self.diags.push(Diagnostic::warning(message).at(self.span).code(code));
    }

    /// Why patterns are refused, at the current place.
    #[must_use]
    pub fn pattern_problem(&self, why: &PatternWhy) -> Problem {
        pattern_problem(self.span, why)
    }
}
