//! The arguments of a predicate: the second level of quoting (section 2.2 of the manual, at its end).
//!
//! Commas separate, a closing parenthesis ends. Both kinds of quotes protect them; a backslash does so only
//! for itself, quotes and blanks, and stands for itself before anything else.

use super::ArgumentsProblem;

/// What is wrong, and at which offset.
type Problem = (ArgumentsProblem, usize);

/// Reads `arity` arguments in parentheses at the start of `text`. Gives them with the length of what was
/// read.
pub(super) fn read(text: &[u8], arity: usize) -> Result<(Vec<Vec<u8>>, usize), Problem> {
    let too_few = |given, at| (ArgumentsProblem::TooFew { given, wanted: arity }, at);
    if text.first() != Some(&b'(') {
        return if arity == 0 { Ok((Vec::new(), 0)) } else { Err(too_few(0, 0)) };
    }
    let mut at = 1;
    let mut arguments = Vec::with_capacity(arity);
    while arguments.len() < arity {
        arguments.push(read_one(text, &mut at)?);
        if text.get(at) != Some(&b',') || arguments.len() == arity {
            break;
        }
        at += 1;
    }
    if arguments.len() < arity {
        return Err(too_few(arguments.len(), at));
    }
    match text.get(at) {
        Some(b')') => Ok((arguments, at + 1)),
        _ => Err((ArgumentsProblem::NoEnd, at)),
    }
}

/// Reads up to the comma or parenthesis that ends the argument, or to the end of the text.
fn read_one(text: &[u8], at: &mut usize) -> Result<Vec<u8>, Problem> {
    let mut argument = Vec::new();
    let mut quote = None;
    while let Some(byte) = text.get(*at).copied() {
        match byte {
            b'"' | b'\'' if quote == Some(byte) => quote = None,
            b'"' | b'\'' if quote.is_none() => quote = Some(byte),
            b'\\' if quote != Some(b'\'') => {
                let next = text.get(*at + 1).copied().ok_or((ArgumentsProblem::LastBackslash, *at))?;
                let escaped = match next {
                    b'\\' | b' ' | b'"' | b'\'' => Some(next),
                    b'r' => Some(b'\r'),
                    b'n' => Some(b'\n'),
                    b't' => Some(b'\t'),
                    _ => None,
                };
                argument.push(escaped.unwrap_or(b'\\'));
                *at += usize::from(escaped.is_some());
            }
            b',' | b')' if quote.is_none() => break,
            _ => argument.push(byte),
        }
        *at += 1;
    }
    Ok(argument)
}
