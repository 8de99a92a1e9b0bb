//! What lists and the reference tell of the language: every section, keyword and word of a line, from the rows alone.

use keyword::Entry;

use crate::row::KeywordRow;
use crate::sections::{bind, global, proxy, server, words};

/// All of it.
pub fn entries() -> impl Iterator<Item = Entry> {
    sections()
        .chain(global::rows().map(|row| of("global", row)))
        .chain(proxy::entries())
        .chain(bind::rows::TABLE.iter().map(|row| of("bind", row)))
        .chain(server::rows().map(|row| of("server", row)))
        .chain(section_words())
}

fn of<F>(kind: &'static str, row: &'static KeywordRow<F>) -> Entry {
    Entry { modern: row.modern, ..Entry::of(kind, row) }
}

fn sections() -> impl Iterator<Item = Entry> {
    let name = |section: &keyword::Sections| section.to_string();
    words::SECTIONS
        .iter()
        .map(move |(section, built, brief)| Entry::new("section", name(section), brief).built(*built))
}

fn section_words() -> impl Iterator<Item = Entry> {
    const KIND: &str = "section-word";
    let checked = words::CHECKED.iter().flat_map(|(section, known)| {
        known.iter().map(move |word| {
            Entry::new(KIND, word.name, word.brief)
                .place(section.to_string())
                .arguments(word.wants.shown())
                .built(keyword::Built::Noted)
        })
    });
    let parsed = words::PARSED.iter().flat_map(|(section, known)| {
        known.iter().map(move |(name, brief)| Entry::new(KIND, *name, brief).place(section.to_string()))
    });
    checked.chain(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told_once_and_in_a_few_words() {
        let mut seen = std::collections::BTreeSet::new();
        for entry in entries() {
            assert!(!entry.brief.is_empty() && !entry.brief.ends_with('.'), "{} {}", entry.kind, entry.name);
            let key = (entry.kind, entry.name.clone(), entry.place.clone());
            assert!(seen.insert(key), "{} {}", entry.kind, entry.name);
        }
    }
}
