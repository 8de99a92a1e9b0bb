//! E0603: an ACL that nothing in its section uses.

use diag::{Diagnostic, Diagnostics, codes};
use keyword::Sections;
use rustc_hash::FxHashSet;

use super::{Look, Texts, without_comment};

pub(super) fn lint(look: &Look<'_>, texts: &Texts<'_>, diags: &mut Diagnostics) {
    for (index, section) in look.sections.iter().enumerate() {
        let is_proxy = Sections::PROXIES.contains(section.kind);
        let defined = || section.lines.iter().filter(|line| line.words[0] == "acl" && line.words.len() > 2);
        if !is_proxy || defined().next().is_none() {
            continue;
        }
        let mut used: FxHashSet<&[u8]> = FxHashSet::default();
        for line in texts.of_section(index) {
            let line = without_comment(line);
            used.extend(names(uses_of(line)));
        }
        for line in section.lines.iter().filter(|line| line.words[0] != "acl") {
            used.extend(line.words.iter().flat_map(|word| names(&word.text)));
        }
        let mut told: FxHashSet<&[u8]> = FxHashSet::default();
        for line in defined() {
            let name = &line.words[1];
            if !used.contains(name.text.as_slice()) && told.insert(&name.text) {
                let text = format!("nothing uses the ACL `{}`", name.lossy());
                diags.push(Diagnostic::advice(text).at(name.span).code(codes::UNUSED_ACL));
            }
        }
    }
}

/// What of a line may use ACLs: of an `acl` line, what stands behind the name that it defines.
fn uses_of(line: &[u8]) -> &[u8] {
    let Some(pieces) = syntax::pieces(line) else { return line };
    match pieces.words.as_slice() {
        [first, _, rest, ..] if line[first.clone()] == *b"acl" => &line[rest.start..],
        _ => line,
    }
}

/// What may be the names of ACLs in a piece of text: whole words, negated ones, and arguments as in `acl(name)`.
fn names(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || b"!(),[]{}\"'%".contains(byte))
        .filter(|name| !name.is_empty())
}
