//! Text to [`Condition`].

use super::predicate::{PREDICATES, Predicate};
use super::{Condition, ConditionError, arguments};

/// Parentheses within parentheses; each takes some stack.
const DEPTH_MAX: usize = 128;

/// Reads a condition that is not empty.
pub(super) fn parse(text: &[u8]) -> Result<Condition, ConditionError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let condition = parser.any()?;
    parser.skip_blanks();
    if parser.at < text.len() {
        return Err(ConditionError::Trailing { at: parser.at });
    }
    Ok(condition)
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.all()?];
        while self.takes(b"||") {
            parts.push(self.all()?);
        }
        Ok(Condition::Any(parts))
    }

    fn all(&mut self) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.term()?];
        while self.takes(b"&&") {
            parts.push(self.term()?);
        }
        Ok(Condition::All(parts))
    }

    fn term(&mut self) -> Result<Condition, ConditionError> {
        let mut is_negated = false;
        while self.takes(b"!") {
            is_negated = !is_negated;
        }
        let term = match self.text.get(self.at) {
            Some(b'(') => self.group()?,
            Some(_) => match self.integer() {
                Some(value) => Condition::Constant(value),
                None => self.predicate()?,
            },
            None => return Err(ConditionError::Missing { at: self.at }),
        };
        Ok(if is_negated { Condition::Not(Box::new(term)) } else { term })
    }

    fn group(&mut self) -> Result<Condition, ConditionError> {
        if self.depth == DEPTH_MAX {
            return Err(ConditionError::TooDeep { at: self.at });
        }
        self.depth += 1;
        self.at += 1;
        let inner = self.any()?;
        if !self.takes(b")") {
            return Err(ConditionError::Unclosed { at: self.at });
        }
        self.depth -= 1;
        Ok(inner)
    }

    /// Reads an integer as C writes them, decimal, octal or hexadecimal; whether it is other than zero.
    fn integer(&mut self) -> Option<bool> {
        let rest = &self.text[self.at..];
        let sign = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
        let digits = &rest[sign..];
        let is_hexadecimal = digits.len() > 2
            && digits[0] == b'0'
            && digits[1].eq_ignore_ascii_case(&b'x')
            && digits[2].is_ascii_hexdigit();
        let (prefix, base) = match digits.first()? {
            b'0' if is_hexadecimal => (2, 16),
            b'0' => (0, 8),
            _ => (0, 10),
        };
        let digits = &digits[prefix..];
        let len = digits.iter().take_while(|byte| char::from(**byte).is_digit(base)).count();
        if len == 0 {
            return None;
        }
        self.at += sign + prefix + len;
        Some(digits[..len].iter().any(|digit| *digit != b'0'))
    }

    fn predicate(&mut self) -> Result<Condition, ConditionError> {
        let at = self.at;
        let rest = &self.text[at..];
        let name = rest.split(|byte| matches!(byte, b' ' | b'(')).next().unwrap_or(rest);
        let Some(predicate) = Predicate::find(name) else {
            return Err(unknown(rest, name, at));
        };
        self.at += name.len();
        let (arguments, len) =
            arguments::read(&self.text[self.at..], predicate.arity).map_err(|(problem, offset)| {
                ConditionError::Arguments { at: self.at + offset, predicate: predicate.name, problem }
            })?;
        self.at += len;
        Ok(Condition::Ask { at, predicate, arguments })
    }

    /// Skips blanks, then `token` and the blanks behind it where it stands there.
    fn takes(&mut self, token: &[u8]) -> bool {
        self.skip_blanks();
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
            self.skip_blanks();
        }
        found
    }

    fn skip_blanks(&mut self) {
        self.at += self.text[self.at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }
}

/// Nothing known stands at `at`: a mistyped name, or no name where there should be one.
fn unknown(rest: &[u8], name: &[u8], at: usize) -> ConditionError {
    let letters = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if letters == 0 && matches!(rest.first(), None | Some(b')' | b'&' | b'|')) {
        return ConditionError::Missing { at };
    }
    let name = base::Lossy(name).to_string();
    let nearest = diag::nearest(&name, PREDICATES.into_iter());
    ConditionError::UnknownPredicate { at, name, nearest }
}
