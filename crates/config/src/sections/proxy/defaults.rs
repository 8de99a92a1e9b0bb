//! `defaults` sections on their own: their lines are checked on a proxy made for the purpose, and which sections may
//! inherit from them is checked (chapter 4, "defaults").

use base::ProxyId;
use diag::{Diagnostic, Diagnostics, Span, codes};
use keyword::Sections;
use state::proxy::Sides;
use syntax::Line;

use crate::context::{Context, Pass};
use crate::load::{Section, inherited};
use crate::model::{Global, ProxyConfig, Rulesets};
use crate::reader::ProxyReader;

/// Checks section `index` of `list`, a `defaults` section.
pub(crate) fn check_defaults(list: &[Section], index: usize, global: &Global, mut cx: Context<'_>) {
    let contents = read(list, index, global, cx.reborrow());
    heirs(list, index)
        .filter_map({
            let mut side = None;
            move |heir| contents.refusal(heir, &mut side)
        })
        .for_each(|problem| cx.diags.push(problem));
    cx.diags.extend(check_references(list, index).into_iter().chain(ambiguity(list, index)));
}

/// Why `heir`, which comes while the process runs, may not inherit from section `index`, if it may not.
pub(crate) fn refuse_heir(
    list: &[Section],
    index: usize,
    heir: &Section,
    global: &Global,
    cx: Context<'_>,
) -> Option<Diagnostic> {
    let mut told = Diagnostics::default();
    let cx = Context { diags: &mut told, ..cx };
    let contents = read(list, index, global, cx);
    let mut side = heirs(list, index).map(|heir| heir.kind).find(|kind| *kind != Sections::DEFAULTS);
    contents.refusal(heir, &mut side)
}

/// Reads a `defaults` section on its own.
fn read(list: &[Section], index: usize, global: &Global, cx: Context<'_>) -> Contents {
    let section = &list[index];
    let name = String::from_utf8_lossy(section.name()).into_owned().into_boxed_str();
    // No proxy has this id: nothing may depend on it.
    let id = ProxyId::from_index(list.len().max(cx.names.proxies().len()));
    let mut proxy = ProxyConfig::new(id, name, Sides::Both, section.header.span);
    let mut reader = ProxyReader::new(Sections::DEFAULTS, &mut proxy, global, cx);
    let mut run = |line: &Line, pass: Pass| {
        reader.read(line, pass, |words, parse| match super::parse_line(words, parse) {
            // It was told where the line stands.
            Err(_) if pass == Pass::Inherited => Ok(()),
            read => read,
        });
    };
    let chain = inherited(list, section);
    let is_mode = |line: &&Line| line.words[0] == "mode";
    let above = || chain.iter().flat_map(|i| &list[*i].lines);
    above().filter(is_mode).for_each(|line| run(line, Pass::Inherited));
    section.lines.iter().filter(is_mode).for_each(|line| run(line, Pass::Defaults));
    above().filter(|line| !is_mode(line)).for_each(|line| run(line, Pass::Inherited));
    section.lines.iter().filter(|line| !is_mode(line)).for_each(|line| run(line, Pass::Defaults));
    Contents::of(&proxy)
}

/// The sections that inherit from section `index`, in order.
fn heirs(list: &[Section], index: usize) -> impl Iterator<Item = &Section> {
    list.iter().filter(move |section| section.from == Some(index))
}

/// What of a `defaults` section decides who may inherit from it.
struct Contents {
    has_captures: bool,
    has_rules: bool,
    /// `tcp-request connection` or `tcp-request session`.
    has_connection_rules: bool,
    /// `tcp-response content`.
    has_response_rules: bool,
}

impl Contents {
    fn of(proxy: &ProxyConfig) -> Contents {
        let Rulesets {
            tcp_connection,
            tcp_session,
            tcp_content,
            http_request,
            tcp_response,
            http_response,
            http_after,
            block: _,
            legacy_request: _,
            redirect: _,
            legacy_response: _,
        } = &proxy.rules;
        let all =
            [tcp_connection, tcp_session, tcp_content, http_request, tcp_response, http_response, http_after];
        Contents {
            has_captures: !proxy.captures.request.is_empty() || !proxy.captures.response.is_empty(),
            has_rules: all.iter().any(|ruleset| !ruleset.is_empty()),
            has_connection_rules: !tcp_connection.is_empty() || !tcp_session.is_empty(),
            has_response_rules: !tcp_response.is_empty(),
        }
    }

    /// Why `heir` may not inherit, if it may not. `side` is the kind of the first heir: with rules all are of one.
    fn refusal(&self, heir: &Section, side: &mut Option<Sections>) -> Option<Diagnostic> {
        let refused =
            |why: &str| Some(Diagnostic::error(why.to_owned()).at(place(heir)).code(codes::DEFAULTS));
        if self.has_captures && heir.kind != Sections::FRONTEND {
            return refused(
                "the defaults section that this one inherits from has captures, which only frontends have",
            );
        }
        if !self.has_rules {
            return None;
        }
        if heir.kind == Sections::DEFAULTS || heir.kind == Sections::LISTEN {
            return refused(&format!(
                "a {} section cannot inherit from a defaults section that has rules",
                heir.kind
            ));
        }
        if *side.get_or_insert(heir.kind) != heir.kind {
            return refused(
                "frontends and backends cannot inherit from one defaults section when that has rules",
            );
        }
        if heir.kind == Sections::BACKEND && self.has_connection_rules {
            return refused(
                "a backend cannot inherit `tcp-request connection` and `tcp-request session` rules",
            );
        }
        if heir.kind == Sections::FRONTEND && self.has_response_rules {
            return refused("a frontend cannot inherit `tcp-response content` rules");
        }
        None
    }
}

/// The name of a section, or its keyword.
fn place(section: &Section) -> Span {
    section.header.words.get(1).map_or(section.header.span, |word| word.span)
}

fn names_its_defaults(section: &Section) -> bool {
    section.header.words.iter().skip(1).any(|word| *word == "from")
}

/// A section that is named by some and merely the last one above for others leads to surprises.
fn check_references(list: &[Section], index: usize) -> Option<Diagnostic> {
    let section = &list[index];
    let is_named = heirs(list, index).any(names_its_defaults);
    let implied = heirs(list, index).find(|heir| !names_its_defaults(heir))?;
    is_named.then(|| {
        let text = format!(
            "defaults section `{}` is used here because it is the last one above, and named by other sections",
            base::Lossy(section.name())
        );
        let note = "name it everywhere, or put another defaults section behind it";
        Diagnostic::warning(text).at(place(implied)).code(codes::DEFAULTS).note(note)
    })
}

/// A name that several defaults sections have means nothing once it is used.
fn ambiguity(list: &[Section], index: usize) -> Option<Diagnostic> {
    let section = &list[index];
    let is_double = |other: &Section| other.kind == Sections::DEFAULTS && other.name() == section.name();
    let earlier = list[..index].iter().position(is_double).filter(|_| !section.name().is_empty())?;
    let name = base::Lossy(section.name()).to_string();
    let used = heirs(list, earlier).any(names_its_defaults);
    let here = if used { Some(section) } else { heirs(list, index).find(|heir| names_its_defaults(heir)) }?;
    let text = format!("several defaults sections are called `{name}`, and sections inherit from that name");
    let note = format!("the first one is in line {}", list[earlier].header.span.line);
    Some(Diagnostic::error(text).at(place(here)).code(codes::DEFAULTS).note(note))
}
