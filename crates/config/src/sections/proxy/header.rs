//! Addresses in the header of a section, as HAProxy took them up to 1.5: `listen NAME ADDRESS:PORT[,...]`.

use diag::{Diagnostic, codes};
use keyword::Sections;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};
use syntax::Line;

use super::synthetic;
use crate::context::{Pass, ProxyParse};
use crate::load::Section;
use crate::sections;

/// Whether this line is a section's header, which only [`header_addresses`] hands on.
pub(super) fn is_header(words: &Words<'_>) -> bool {
    let opened = words.line().words.first().and_then(|word| word.as_str()).and_then(Sections::opened_by);
    opened.is_some_and(|section| Sections::PROXIES.contains(section))
}

/// Hands a header with an address to `run`, as if it were the section's first line.
pub(crate) fn header_addresses(section: &Section, run: &mut impl FnMut(&Line, Pass)) {
    if section.header.words.get(2).is_some_and(|word| *word != "from") {
        run(&section.header, Pass::Own);
    }
}

/// Parses the third word of a header as a `bind` line.
pub(super) fn address(words: &Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let header = words.line();
    let (keyword, address) = (&header.words[0], &header.words[2]);
    parse.span = address.span;
    if !Sections::CLIENT_SIDE.contains(parse.section) {
        let text = format!("unexpected word `{}` behind the name of a backend", address.lossy());
        return Err(problem(address.span, text));
    }
    let text = format!(
        "an address behind the name of a {} is not known to HAProxy any more; it works here",
        keyword.lossy()
    );
    let modern = format!("today this is a line of its own: `bind {}`", address.lossy());
    parse.cx.diags.push(Diagnostic::warning(text).at(address.span).code(codes::REMOVED_KEYWORD).note(modern));
    let line = synthetic::line(header, &["bind"], std::slice::from_ref(address));
    sections::bind::parse_line(&mut Words::new(&line, 1), parse)?;
    match header.words.get(3) {
        Some(extra) if *extra != "from" => Err(problem_of(
            codes::EXTRA_WORD,
            extra.span,
            format!("unexpected word `{}` behind the address", extra.lossy()),
        )),
        _ => Ok(()),
    }
}
