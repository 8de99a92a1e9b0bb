//! E0605: a frontend without a backend, and without a rule that answers by itself.

use diag::{Diagnostic, Diagnostics, codes};
use state::proxy::{Mode, Sides};

use super::Look;
use crate::load::{Section, inherited};

/// Words of lines that may answer a request, or say what its answer is.
const ANSWERS: &[&[u8]] = &[
    b"redirect",
    b"stats",
    b"monitor-uri",
    b"monitor-net",
    b"errorfile",
    b"errorfiles",
    b"errorloc",
    b"errorloc302",
    b"errorloc303",
    b"http-error",
    b"block",
    b"filter",
    b"reqsetbe",
    b"reqisetbe",
    b"dispatch",
];

/// Actions that do.
const ACTIONS: &[&[u8]] = &[
    b"return",
    b"deny",
    b"redirect",
    b"reject",
    b"tarpit",
    b"silent-drop",
    b"use-service",
    b"auth",
    b"cache-use",
    b"switch-mode",
];

pub(super) fn lint(look: &Look<'_>, diags: &mut Diagnostics) {
    for section in look.sections {
        let Some(proxy) = section.proxy.map(|id| look.config.proxy(id)) else { continue };
        let is_plain = matches!(proxy.mode, Mode::Http | Mode::Tcp) && proxy.sides == Sides::Frontend;
        let leads = proxy.default_backend.is_some() || !proxy.switching.is_empty();
        if !is_plain
            || proxy.is_disabled
            || proxy.binds.is_empty()
            || leads
            || answers(look.sections, section)
        {
            continue;
        }
        let text = format!(
            "frontend `{}` leads nowhere: it has no `default_backend` and no `use_backend`",
            proxy.name
        );
        diags.push(Diagnostic::advice(text).at(proxy.span).code(codes::LEADS_NOWHERE));
    }
}

/// Whether a line of the section, or one that it inherits, may answer.
fn answers(sections: &[Section], section: &Section) -> bool {
    let above = inherited(sections, section);
    let lines = above.iter().flat_map(|index| &sections[*index].lines).chain(&section.lines);
    lines.into_iter().any(|line| {
        let words = &line.words;
        let is_action =
            |word: &syntax::Word| ACTIONS.contains(&word.text.as_slice()) || word.text.starts_with(b"lua.");
        ANSWERS.contains(&words[0].text.as_slice()) || words.iter().skip(1).take(2).any(is_action)
    })
}
