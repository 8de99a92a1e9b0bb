//! Conditions of `.if`, `.elif` and `-cc` (section 2.4 of the manual).
//!
//! ```text
//!   any  = all [ "||" any ]        term = "!" term | integer | "(" any ")" | predicate [ "(" arguments ")" ]
//!   all  = term [ "&&" all ]       an empty condition is false
//! ```
//! All of a condition is read before any of it is evaluated, so an error is found wherever it stands;
//! evaluation goes from left to right and stops as soon as the answer is known.

mod arguments;
mod parse;
mod predicate;

use crate::environment::Environment;
use crate::facts::Facts;
use crate::lexer::{Comments, LexError, LinePlace, lex};
use crate::word::Word;
use diag::FileId;
use predicate::Predicate;

pub use predicate::PREDICATES;

/// Why a condition has no answer. Every `at` is an offset into the condition with its words joined by single
/// blanks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// It cannot be cut into words; only from [`evaluate`].
    #[error("{0}")]
    Words(#[from] LexError),
    /// A condition should stand here.
    #[error("a condition is missing")]
    Missing {
        /// Where it should stand.
        at: usize,
    },
    /// The closing parenthesis of a group is missing.
    #[error("`)` is missing")]
    Unclosed {
        /// Where it should stand.
        at: usize,
    },
    /// This is neither a number nor a known predicate.
    #[error("`{name}` is no predicate")]
    UnknownPredicate {
        /// Where the name starts.
        at: usize,
        /// The name.
        name: String,
        /// The predicate that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The arguments of a predicate are not well formed.
    #[error("in the arguments of `{predicate}`: {problem}")]
    Arguments {
        /// Where.
        at: usize,
        /// The predicate.
        predicate: &'static str,
        /// What is wrong.
        problem: ArgumentsProblem,
    },
    /// An argument cannot be compared with what it should be compared with.
    #[error("`{predicate}` cannot judge `{value}`")]
    Argument {
        /// Where the predicate starts.
        at: usize,
        /// The predicate.
        predicate: &'static str,
        /// The argument.
        value: String,
    },
    /// Something follows the end of the condition.
    #[error("nothing more was expected here")]
    Trailing {
        /// Where it starts.
        at: usize,
    },
    /// Too many parentheses within each other.
    #[error("too many nested parentheses")]
    TooDeep {
        /// The one too many.
        at: usize,
    },
}

/// What can be wrong with a list of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentsProblem {
    /// Too few, or no parenthesis at all.
    #[error("{wanted} wanted, {given} given")]
    TooFew {
        /// How many there are.
        given: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// Too many, or something that does not belong there, or nothing.
    #[error("`)` was expected here")]
    NoEnd,
    /// A backslash with nothing behind it.
    #[error("nothing follows the backslash")]
    LastBackslash,
}

impl ConditionError {
    /// Where the error is, as an offset into the condition with its words joined by single blanks.
    #[must_use]
    pub fn offset(&self) -> usize {
        match self {
            Self::Words(error) => error.at.start,
            Self::Missing { at }
            | Self::Unclosed { at }
            | Self::UnknownPredicate { at, .. }
            | Self::Arguments { at, .. }
            | Self::Argument { at, .. }
            | Self::Trailing { at }
            | Self::TooDeep { at } => *at,
        }
    }
}

/// Answers a condition given as text, as `-cc` does: quotes and variables first, then the condition.
///
/// # Errors
/// When the text cannot be cut into words, when these are no condition, or when a predicate cannot judge its
/// argument.
pub fn evaluate(condition: &[u8], env: &Environment, facts: &dyn Facts) -> Result<bool, ConditionError> {
    let nowhere = LinePlace { file: FileId(0), line: 1 };
    let lexed = lex(condition, nowhere, env, Comments::Kept)?;
    evaluate_words(&lexed.words, env, facts)
}

/// Answers the condition that the words of a line make.
pub(crate) fn evaluate_words(
    words: &[Word],
    env: &Environment,
    facts: &dyn Facts,
) -> Result<bool, ConditionError> {
    let text = words.iter().map(|word| word.text.as_slice()).collect::<Vec<_>>().join(&b' ');
    if text.is_empty() {
        return Ok(false);
    }
    parse::parse(&text)?.answer(env, facts)
}

/// A condition that has been read.
#[derive(Debug)]
enum Condition {
    Constant(bool),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Ask { at: usize, predicate: &'static Predicate, arguments: Vec<Vec<u8>> },
}

impl Condition {
    fn answer(&self, env: &Environment, facts: &dyn Facts) -> Result<bool, ConditionError> {
        match self {
            Self::Constant(value) => Ok(*value),
            Self::Not(inner) => Ok(!inner.answer(env, facts)?),
            Self::All(parts) => {
                for part in parts {
                    if !part.answer(env, facts)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.answer(env, facts)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Ask { at, predicate, arguments } => {
                predicate.ask(arguments, env, facts).ok_or_else(|| ConditionError::Argument {
                    at: *at,
                    predicate: predicate.name,
                    value: arguments.first().map(|value| base::Lossy(value).to_string()).unwrap_or_default(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
