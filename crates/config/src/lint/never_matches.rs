//! E0607: values in one case, patterns with letters of the other.

use diag::{Diagnostic, Diagnostics, codes};
use syntax::Word;

use super::Look;

pub(super) fn lint(look: &Look<'_>, diags: &mut Diagnostics) {
    for line in look.sections.iter().flat_map(|section| &section.lines) {
        let words = &line.words;
        let named = (words[0] == "acl").then_some(2);
        let anonymous = words.iter().enumerate().filter(|(_, word)| **word == "{").map(|(at, _)| at + 1);
        for at in named.into_iter().chain(anonymous) {
            let rest = words.get(at..).unwrap_or_default();
            let end = rest.iter().position(|word| *word == "}").unwrap_or(rest.len());
            if let Some(word) = never(&rest[..end]) {
                let text = format!("`{}` never matches: the values are in the other case", word.lossy());
                diags.push(Diagnostic::advice(text).at(word.span).code(codes::NEVER_MATCHES));
            }
        }
    }
}

/// The first pattern of a test none of whose patterns can match.
fn never(test: &[Word]) -> Option<&Word> {
    let (subject, rest) = test.split_first()?;
    let is_other: fn(&u8) -> bool = if subject.text.ends_with(b",lower") {
        u8::is_ascii_uppercase
    } else if subject.text.ends_with(b",upper") {
        u8::is_ascii_lowercase
    } else {
        return None;
    };
    let patterns = match rest {
        [flag, method, patterns @ ..] if *flag == "-m" => {
            let is_text =
                matches!(method.text.as_slice(), b"str" | b"beg" | b"end" | b"sub" | b"dir" | b"dom");
            is_text.then_some(patterns)?
        }
        patterns => patterns,
    };
    // Other flags may change how, or to what, values are compared.
    let is_plain = patterns.iter().all(|word| !word.text.starts_with(b"-"));
    let can_none = patterns.iter().all(|word| word.text.iter().any(&is_other));
    patterns.first().filter(|_| is_plain && can_none)
}
