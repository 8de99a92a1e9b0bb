//! Sections that are understood, but not carried out yet: their keywords are known, addresses and files are checked,
//! and one notice a section says so (configuration manual, chapters 10 and 12).

use diag::{Diagnostic, codes};
use keyword::{Built, Sections};
use sample::Problem;
use sample::compile::problem_of;
use syntax::{Line, Word};

use super::value;
use super::words::{self, SectionWord, Wants};
use crate::address::Address;
use crate::context::Context;
use crate::load::Section;
use crate::model::Global;

/// Checks a section that nothing is done with, and says so.
pub(crate) fn check_other(section: &Section, global: &Global, mut cx: Context<'_>) {
    if section.kind == Sections::CRT_STORE {
        return super::crt_store::parse(section, global, &mut cx);
    }
    // These are parsed elsewhere.
    const DONE: Sections = Sections::USERLIST
        .union(Sections::RING)
        .union(Sections::HTTP_ERRORS)
        .union(Sections::HEALTHCHECK)
        .union(Sections::RESOLVERS);
    if DONE.contains(section.kind) {
        return;
    }
    let Some((_, keywords)) = words::CHECKED.iter().find(|(kind, _)| *kind == section.kind) else {
        let text = format!("a `{}` section cannot stand in this file", section.kind);
        cx.diags.push(Diagnostic::error(text).at(section.header.span).code(codes::WRONG_SECTION));
        return;
    };
    let is_nameless = section.kind == Sections::TRACES || section.kind == Sections::NAMESPACE_LIST;
    if section.header.words.len() < 2 && !is_nameless {
        let text = format!("a `{}` section needs a name", section.kind);
        cx.diags.push(Diagnostic::error(text).at(section.header.span).code(codes::SECTION_NAME));
    }
    for line in &section.lines {
        if let Err(problem) = check_line(line, section.kind, keywords) {
            cx.diags.push(*problem);
        }
    }
    cx.tell_built(Built::Noted, &format!("section {}", section.kind), section.header.span);
}

fn check_line(line: &Line, kind: Sections, keywords: &[SectionWord]) -> Result<(), Problem> {
    let keyword = &line.words[0];
    let Some(known) = keywords.iter().find(|known| *keyword == *known.name) else {
        let names: Vec<&str> = keywords.iter().map(|known| known.name).collect();
        return Err(unknown(keyword, &names, kind));
    };
    let need = |count: usize| {
        if line.words.len() > count {
            return Ok(());
        }
        let text = format!("`{}` needs {count} words behind it at least", keyword.lossy());
        Err(problem_of(codes::MISSING_ARGUMENT, keyword.span, text))
    };
    match known.wants {
        Wants::Anything => Ok(()),
        Wants::Words(count) => need(count),
        Wants::Address => need(2).and_then(|()| Address::parse(&line.words[2]).map(drop)),
        Wants::OneOf(values) => need(1).and_then(|()| value::choice(&line.words[1], values).map(drop)),
    }
}

/// The problem of a keyword that a section does not know.
pub(super) fn unknown(word: &Word, known: &[&str], kind: Sections) -> Problem {
    let text = word.lossy().to_string();
    let mut problem = problem_of(
        codes::UNKNOWN_KEYWORD,
        word.span,
        format!("unknown keyword `{text}` in a {kind} section"),
    );
    problem.suggestion = diag::nearest(&text, known.iter().copied()).map(str::to_owned);
    problem
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, notices};

    #[test]
    fn known_sections_are_accepted_with_one_notice() {
        let text = "peers p\n  peer a 127.0.0.1:1024\ncache c\n  total-max-size 4\n\
                    mailers m\n  mailer a 127.0.0.1:25\n";
        assert_eq!(errors(text), [""; 0]);
        assert_eq!(notices(text).len(), 3);
    }

    #[test]
    fn mistakes() {
        assert_eq!(
            errors("mailers r\n  mailr a 127.0.0.1:53\n"),
            ["2:3 unknown keyword `mailr` in a mailers section -> mailer"]
        );
        assert_eq!(errors("mailers r\n  mailer a\n").len(), 1);
        assert_eq!(errors("cache\n").len(), 1);
        assert_eq!(errors("spoe-agent a\n").len(), 1);
    }
}
