//! `healthcheck` sections: checks that `server` lines choose by name (chapter 12.9, HAProxy 3.4). `type` is written as the
//! `option` of the same kind is, and `tcp-check` and `http-check` lines are those of proxies.

use std::sync::Arc;

use diag::{Diagnostic, codes};
use keyword::Sections;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use state::proxy::Sides;
use syntax::{Line, Quoting, Word};

use super::other::unknown;
use super::proxy::{self, CheckFamily};
use crate::context::{Context, Pass, ProxyParse};
use crate::load::Section;
use crate::model::{CheckScript, Global, ProxyConfig};
use crate::reader::ProxyReader;

/// The keywords of the section.
pub(crate) const KEYWORDS: &[&str] = &["http-check", "tcp-check", "type"];
/// What `type` takes.
const TYPES: &[&str] = &[
    "tcp-check",
    "httpchk",
    "ssl-hello-chk",
    "smtpchk",
    "pgsql-check",
    "redis-check",
    "mysql-check",
    "ldap-check",
    "spop-check",
];

/// The checks of all sections, by name.
pub(crate) fn parse_all(
    list: &[Section],
    global: &Global,
    mut cx: Context<'_>,
) -> Vec<(Box<[u8]>, Arc<CheckScript>)> {
    let mut found: Vec<(Box<[u8]>, Arc<CheckScript>)> = Vec::new();
    for section in list.iter().filter(|section| section.kind == Sections::HEALTHCHECK) {
        let cx = cx.reborrow();
        let Some(name) = section.header.words.get(1) else {
            let text = "a `healthcheck` section needs a name";
            cx.diags.push(Diagnostic::error(text).at(section.header.span).code(codes::SECTION_NAME));
            continue;
        };
        if found.iter().any(|(known, _)| **known == *name.text) {
            let text = format!("a `healthcheck` section `{}` exists already", name.lossy());
            cx.diags.push(Diagnostic::error(text).at(name.span).code(codes::SECTION_NAME));
            continue;
        }
        found.push((name.text.clone().into(), parse(section, global, cx)));
    }
    found
}

/// The section's lines are read as those of a backend that is made for the purpose.
fn parse(section: &Section, global: &Global, cx: Context<'_>) -> Arc<CheckScript> {
    let span = section.header.span;
    let mut carrier = ProxyConfig::new(super::NO_PROXY, Box::default(), Sides::Backend, span);
    let mut reader = ProxyReader::new(Sections::BACKEND, &mut carrier, global, cx);
    for line in &section.lines {
        // Nothing is known of the proxies that use it.
        reader.read(line, Pass::Defaults, |words, parse| parse_line(words, line, parse));
    }
    let checks = &mut reader.scratch.checks;
    for (family, name) in [(CheckFamily::Tcp, "tcp-check"), (CheckFamily::Http, "http-check")] {
        if checks.has_lines(family) && checks.is_unchosen() {
            reader.cx.warn(span, format!("`{name}` lines have no effect without a `type`"));
        }
    }
    let kind = checks.finish();
    kind.script().cloned().unwrap_or_default()
}

fn parse_line(words: &mut Words<'_>, line: &Line, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let keyword = &line.words[0];
    let family = match keyword.text.as_slice() {
        b"type" => return chosen(line, parse),
        b"tcp-check" => CheckFamily::Tcp,
        b"http-check" => CheckFamily::Http,
        _ => return Err(unknown(keyword, KEYWORDS, Sections::HEALTHCHECK)),
    };
    let other = match family {
        CheckFamily::Tcp => CheckFamily::Http,
        CheckFamily::Http => CheckFamily::Tcp,
    };
    let checks = &parse.scratch.checks;
    let fits = checks.is_unchosen() || checks.chosen_family() == Some(family);
    if !fits || checks.has_lines(other) {
        let text = format!("`{}` does not go with the type of this check", keyword.lossy());
        return Err(problem_of(codes::CONFLICT, keyword.span, text));
    }
    proxy::parse_line(words, parse)
}

/// `type KIND ...` means what `option KIND ...` does.
fn chosen(line: &Line, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let keyword = &line.words[0];
    let Some(kind) = line.words.get(1) else {
        return Err(problem_of(codes::MISSING_ARGUMENT, keyword.span, "the kind of check is missing"));
    };
    super::value::choice(kind, TYPES)?;
    let checks = &parse.scratch.checks;
    if !checks.is_unchosen() {
        return Err(problem_of(codes::CONFLICT, keyword.span, "a `type` was given already"));
    }
    let is_misfit = |family, name: &str| checks.has_lines(family) && *kind != *name;
    if is_misfit(CheckFamily::Tcp, "tcp-check") || is_misfit(CheckFamily::Http, "httpchk") {
        let text = format!("the steps above do not go with `type {}`", kind.lossy());
        return Err(problem_of(codes::CONFLICT, kind.span, text));
    }
    let option = Word { text: b"option".to_vec(), span: keyword.span, quoting: Quoting::Bare };
    let words = std::iter::once(option).chain(line.words[1..].iter().cloned()).collect();
    proxy::parse_line(&mut Words::new(&Line { words, span: line.span }, 0), parse)
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, loaded};

    fn checked(section: &str) -> String {
        format!(
            "{section}defaults\n  timeout connect 1s\n  timeout server 1s\nbackend b\n  \
             server s 127.0.0.1:1 check healthcheck h\n"
        )
    }

    #[test]
    fn servers_take_them_over() {
        let loaded = loaded(&checked("healthcheck h\n  http-check send uri /x\n  type httpchk\n"));
        let check = loaded.config.proxies[0].servers[0].check.as_ref().unwrap();
        assert_eq!(check.script.as_ref().unwrap().steps.len(), 3);
    }

    #[test]
    fn mistakes() {
        let first = |section: &str| errors(&checked(section)).into_iter().next().unwrap_or_default();
        assert_eq!(first("healthcheck h\n  type redis-check\n"), "");
        assert!(
            first("healthcheck h\n  type redis-check\n  tcp-check send x\n").contains("does not go with")
        );
        assert!(first("healthcheck h\n  tcp-check send x\n  type httpchk\n").contains("do not go with"));
        assert!(first("healthcheck h\n  type httpchk\n  type httpchk\n").contains("already"));
        assert!(first("healthcheck h\n  tpye httpchk\n").contains("unknown keyword"));
        assert!(first("healthcheck h\n  type external-check\n").contains("external-check"));
    }
}
