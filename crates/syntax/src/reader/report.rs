//! What the reader says about lines.

use super::blocks::Misplaced;
use crate::codes;
use crate::condition::ConditionError;
use crate::environment::Environment;
use crate::lexer::{LexError, LexErrorKind, LinePlace, RemarkKind};
use crate::word::{Quoting, Word};
use base::Lossy;
use diag::{Diagnostic, Span};

/// The directives, which stand first in a line.
pub const DIRECTIVES: [&str; 8] =
    [".if", ".elif", ".else", ".endif", ".alert", ".warning", ".notice", ".diag"];

pub(super) fn nul_byte(span: Span) -> Diagnostic {
    Diagnostic::error("a NUL byte in a configuration").at(span).code(codes::NUL_BYTE)
}

/// The place is that of the last line.
pub(super) fn no_last_newline(last: LinePlace) -> Diagnostic {
    Diagnostic::warning("the last line does not end in a line feed: the file may have been cut off")
        .at(Span::line(last.file, last.line))
        .code(codes::NO_LAST_NEWLINE)
}

pub(super) fn lex_error(error: &LexError, place: LinePlace) -> Diagnostic {
    let code = match error.kind {
        LexErrorKind::UnclosedQuote => codes::UNCLOSED_QUOTE,
        LexErrorKind::UnclosedBrace => codes::UNCLOSED_BRACE,
        LexErrorKind::VariableName => codes::VARIABLE_NAME,
        LexErrorKind::Hexadecimal => codes::HEXADECIMAL,
        LexErrorKind::Expansion => codes::EXPANSION,
        LexErrorKind::TooLong => codes::LINE_TOO_LONG,
    };
    let diagnostic = Diagnostic::error(error.kind.to_string()).at(place.span(&error.at)).code(code);
    match error.kind {
        LexErrorKind::VariableName => {
            diagnostic.note("between double quotes a dollar sign that means itself is written `\\$`")
        }
        LexErrorKind::Hexadecimal => diagnostic.note("a backslash that means itself is written `\\\\`"),
        LexErrorKind::UnclosedQuote => {
            diagnostic.note("a quote that means itself is written with a backslash before it")
        }
        LexErrorKind::UnclosedBrace | LexErrorKind::Expansion | LexErrorKind::TooLong => diagnostic,
    }
}

/// A word that is empty; `variable` is the place and name of the unset variable that makes it so.
pub(super) fn empty_word(
    number: usize,
    word: &Word,
    variable: Option<(Span, &[u8])>,
    env: &Environment,
) -> Diagnostic {
    let Some((span, name)) = variable else {
        return Diagnostic::error(format!("argument {number} is empty"))
            .at(word.span)
            .code(codes::EMPTY_WORD)
            .note("an empty argument would end the line and hide those behind it");
    };
    let name = Lossy(name).to_string();
    let message = format!("argument {number} is empty because the variable `{name}` is not set");
    let diagnostic = Diagnostic::error(message)
        .at(span)
        .code(codes::EMPTY_WORD)
        .note("`\"${NAME-value}\"` gives a default, `\"${NAME[*]}\"` leaves an empty argument out");
    suggested(diagnostic, env.nearest(&name))
}

pub(super) fn line_skipped(span: Span) -> Diagnostic {
    let message = "the first word is empty, so the line is not read";
    Diagnostic::diag(message).at(span).code(codes::LINE_SKIPPED)
}

/// What is odd about a line; `text` is what stands at the place.
pub(super) fn remark(kind: RemarkKind, span: Span, text: &[u8], env: &Environment) -> Diagnostic {
    match kind {
        RemarkKind::LastBackslash => {
            let message = "a backslash at the end does not join lines; it is part of the word";
            Diagnostic::diag(message).at(span).code(codes::LAST_BACKSLASH)
        }
        RemarkKind::TextAfterReturn => {
            Diagnostic::warning("a carriage return ends the line; what follows is not read")
                .at(span)
                .code(codes::CARRIAGE_RETURN)
        }
        RemarkKind::NulEscape => Diagnostic::warning("the rest of the word is dropped after `\\x00`")
            .at(span)
            .code(codes::NUL_ESCAPE),
        RemarkKind::UnsetVariable => {
            let name = Lossy(text).to_string();
            let message = format!("the variable `{name}` is not set");
            suggested(Diagnostic::diag(message).at(span).code(codes::UNSET_VARIABLE), env.nearest(&name))
        }
    }
}

/// A condition without an answer. `words` are those behind the directive.
pub(super) fn condition(error: &ConditionError, directive: &Word, words: &[Word]) -> Diagnostic {
    let (len, guess) = match error {
        ConditionError::UnknownPredicate { name, nearest, .. } => (name.len(), *nearest),
        ConditionError::Words(_)
        | ConditionError::Missing { .. }
        | ConditionError::Unclosed { .. }
        | ConditionError::Arguments { .. }
        | ConditionError::Argument { .. }
        | ConditionError::Trailing { .. }
        | ConditionError::TooDeep { .. } => (1, None),
    };
    let span = joined_place(words, error.offset(), len).unwrap_or(directive.span);
    let message = format!("bad condition in `{}`: {error}", directive.lossy());
    suggested(Diagnostic::error(message).at(span).code(codes::CONDITION), guess)
}

/// The place of `len` bytes from `at` on of the words joined by single blanks: those bytes where a word
/// stands as it was written, else its whole word. Behind the end it is the last word.
fn joined_place(words: &[Word], mut at: usize, len: usize) -> Option<Span> {
    for word in words {
        let ahead = word.text.len().saturating_sub(at);
        if ahead > 0 {
            return Some(part_of(word, at, len.clamp(1, ahead)));
        }
        at -= (word.text.len() + 1).min(at);
    }
    words.last().map(|word| word.span)
}

fn part_of(word: &Word, at: usize, len: usize) -> Span {
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let is_verbatim = word.quoting == Quoting::Bare && narrow(word.text.len()) == word.span.len;
    if !is_verbatim {
        return word.span;
    }
    Span { column: word.span.column.saturating_add(narrow(at)), len: narrow(len), ..word.span }
}

pub(super) fn misplaced(misplaced: Misplaced, directive: &Word) -> Diagnostic {
    let name = directive.lossy();
    let message = match misplaced {
        Misplaced::OutsideOfBlocks => format!("`{name}` without `.if`"),
        Misplaced::AfterElse => format!("`{name}` after `.else`"),
    };
    Diagnostic::error(message).at(directive.span).code(codes::BLOCK_ORDER)
}

pub(super) fn extra_word(directive: &Word, extra: &Word) -> Diagnostic {
    Diagnostic::error(format!("unexpected argument `{}` for `{}`", extra.lossy(), directive.lossy()))
        .at(extra.span)
        .code(codes::DIRECTIVE_WORDS)
}

pub(super) fn unknown_directive(directive: &Word) -> Diagnostic {
    let name = directive.lossy().to_string();
    let diagnostic = Diagnostic::error(format!("unknown directive `{name}`"))
        .at(directive.span)
        .code(codes::DIRECTIVE_UNKNOWN);
    suggested(diagnostic, diag::nearest(&name, DIRECTIVES.into_iter()))
}

fn suggested(diagnostic: Diagnostic, guess: Option<&str>) -> Diagnostic {
    match guess {
        Some(guess) => diagnostic.suggest(guess),
        None => diagnostic,
    }
}
