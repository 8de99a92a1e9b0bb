//! Texts that a match cannot do without, looked for before the engine is asked: most expressions of a configuration
//! match few of the values that they are tried on, and the engine's preparations cost more than a search for a text.
//!
//! `^/(old|legacy)/` can match nothing that begins with neither `/old/` nor `/legacy/`, `(.*)secret=(.*)` nothing
//! without `secret=`.

use std::sync::Arc;

use memchr::memmem::Finder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::pattern::Case;

/// More beginnings than this are no quicker to compare than the expression.
const BEGINNINGS_MAX: usize = 8;

/// What a haystack must have to be matched. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Required {
    /// Nothing that is known.
    Nothing,
    /// One of these at its beginning.
    Beginning(Arc<[Box<[u8]>]>),
    /// This text anywhere.
    Part(Arc<Finder<'static>>),
}

impl Required {
    /// What an expression in the engine's syntax requires.
    pub(super) fn of(expression: &str, case: Case) -> Required {
        let mut parser = regex_syntax::ParserBuilder::new();
        parser.unicode(false).utf8(false).case_insensitive(case == Case::Insensitive);
        let Ok(hir) = parser.build().parse(expression) else { return Required::Nothing };
        if let Some(texts) = beginnings(&hir) {
            return Required::Beginning(texts);
        }
        let mut longest = Vec::new();
        longest_part(&hir, &mut longest);
        match longest.len() {
            0 => Required::Nothing,
            _ => Required::Part(Arc::new(Finder::new(&longest).into_owned())),
        }
    }

    /// False only if the expression cannot match in `haystack` at `start` or behind it; `start` is not above its length.
    #[inline]
    pub(super) fn is_met(&self, haystack: &[u8], start: usize) -> bool {
        match self {
            Required::Nothing => true,
            Required::Beginning(texts) => texts.iter().any(|text| haystack.starts_with(text)),
            Required::Part(finder) => finder.find(&haystack[start..]).is_some(),
        }
    }
}

/// The texts of which a haystack must begin with one, where they are few.
fn beginnings(hir: &Hir) -> Option<Arc<[Box<[u8]>]>> {
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return None;
    }
    // Classes end a text, but for those of both cases of a letter.
    let mut extractor = Extractor::new();
    extractor.limit_class(2).limit_total(BEGINNINGS_MAX);
    let found = extractor.extract(hir);
    let texts = found.literals()?;
    let is_worth_it = texts.len() <= BEGINNINGS_MAX && texts.iter().all(|text| !text.is_empty());
    is_worth_it.then(|| texts.iter().map(|text| text.as_bytes().into()).collect())
}

/// Leaves in `longest` the longest literal that every match contains, or what was there if that is as long.
fn longest_part(hir: &Hir, longest: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.len() > longest.len() => *longest = literal.0.to_vec(),
        HirKind::Capture(capture) => longest_part(&capture.sub, longest),
        HirKind::Repetition(repetition) if repetition.min > 0 => longest_part(&repetition.sub, longest),
        HirKind::Concat(parts) => parts.iter().for_each(|part| longest_part(part, longest)),
        HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Alternation(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::regexp::Regex;

    fn required(expression: &str, case: Case) -> Vec<String> {
        let text = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
        match Required::of(expression, case) {
            Required::Nothing => Vec::new(),
            Required::Beginning(texts) => texts.iter().map(|one| format!("^{}", text(one))).collect(),
            Required::Part(finder) => vec![text(finder.needle())],
        }
    }

    #[test]
    fn beginnings_where_a_match_begins_with_the_haystack() {
        let of = |expression| required(expression, Case::Sensitive);
        assert_eq!(of("^/(old|legacy)/[0-9]+/"), ["^/old/", "^/legacy/"]);
        assert_eq!(of("^/shop/[a-z]+"), ["^/shop/"]);
        assert_eq!(of("^(/a|x)$"), ["^/a", "^x"]);
        for nothing in ["^", "^[a-z]+", "^(a|)b?", "^a|b", "(?m)^[ab]", ".*", "a?|b", ""] {
            assert!(of(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn parts_where_it_may_begin_anywhere() {
        let of = |expression| required(expression, Case::Sensitive);
        assert_eq!(of("(.*)secret=[^;]*(.*)"), ["secret="]);
        assert_eq!(of("^.*ab(cde)+"), ["cde"]);
        assert_eq!(of("x(yz)*"), ["x"]);
    }

    #[test]
    fn without_case_every_spelling_counts() {
        assert_eq!(required("^/ab", Case::Insensitive).len(), 4);
        assert!(Required::of("^/ab", Case::Insensitive).is_met(b"/aBc", 0));
        assert!(required("secret", Case::Insensitive).is_empty());
    }

    proptest! {
        #[test]
        fn never_in_the_way_of_a_match(
            expression in "\\^?(a|b|\\(a\\|bc\\)|ab\\?|\\(ab\\)\\*|\\.|\\[ab\\]\\+|c\\$){1,5}",
            haystack in "[abc]{0,8}",
        ) {
            for case in [Case::Sensitive, Case::Insensitive] {
                let Ok(regex) = Regex::new(expression.as_bytes(), case) else { continue };
                for start in 0..=haystack.len() {
                    let found = regex.compiled.find_at(haystack.as_bytes(), start);
                    let required = Required::of(&expression, case);
                    prop_assert!(found.is_none() || required.is_met(haystack.as_bytes(), start));
                }
            }
        }
    }
}
