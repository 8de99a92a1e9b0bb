//! E0604: a backend that no line names, where no line computes names.

use diag::{Diagnostic, Diagnostics, codes};
use keyword::Sections;
use rustc_hash::FxHashSet;
use state::proxy::Sides;

use super::{Look, Texts, names, without_comment};
use crate::model::SwitchTarget;

pub(super) fn lint(look: &Look<'_>, texts: &Texts<'_>, diags: &mut Diagnostics) {
    let backends =
        || look.config.proxies.iter().filter(|proxy| proxy.sides == Sides::Backend && !proxy.is_disabled);
    if backends().next().is_none() || computes_names(look) {
        return;
    }
    let mut named: FxHashSet<&[u8]> = FxHashSet::default();
    for (index, section) in look.sections.iter().enumerate() {
        for line in texts.of_section(index) {
            named.extend(names(without_comment(line)));
        }
        named.extend(section.lines.iter().flat_map(|line| &line.words).flat_map(|word| names(&word.text)));
    }
    for backend in backends().filter(|backend| !named.contains(backend.name.as_bytes())) {
        // Nothing is lost when one without servers is not used.
        if backend.servers.is_empty() {
            continue;
        }
        let text = format!("nothing uses the backend `{}`", backend.name);
        diags.push(Diagnostic::advice(text).at(backend.span).code(codes::UNUSED_BACKEND));
    }
}

/// Whether a rule's name is known at run time only, or stands in files of another language.
fn computes_names(look: &Look<'_>) -> bool {
    let is_computed = look
        .config
        .proxies
        .iter()
        .any(|proxy| proxy.switching.iter().any(|rule| matches!(rule.target, SwitchTarget::Computed(_))));
    let is_foreign = look.sections.iter().any(|section| {
        section.lines.iter().any(|line| {
            let words = &line.words;
            let is_spoe = words.len() > 1 && words[0] == "filter" && words[1] == "spoe";
            is_spoe || section.kind == Sections::GLOBAL && words[0].text.starts_with(b"lua-load")
        })
    });
    is_computed || is_foreign
}
