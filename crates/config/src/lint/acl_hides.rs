//! E0606 and E0608: an ACL with the name of a predefined one (chapter 7.4), or of a fetch.

use diag::{Diagnostic, Diagnostics, codes};
use keyword::Sections;
use rustc_hash::FxHashSet;

use super::Look;
use crate::load::Section;

const PREDEFINED: &[&str] = &[
    "FALSE",
    "HTTP",
    "HTTP_1.0",
    "HTTP_1.1",
    "HTTP_2.0",
    "HTTP_3.0",
    "HTTP_CONTENT",
    "HTTP_URL_ABS",
    "HTTP_URL_SLASH",
    "HTTP_URL_STAR",
    "LOCALHOST",
    "METH_CONNECT",
    "METH_DELETE",
    "METH_GET",
    "METH_HEAD",
    "METH_OPTIONS",
    "METH_POST",
    "METH_PUT",
    "METH_TRACE",
    "RDP_COOKIE",
    "REQ_CONTENT",
    "TRUE",
    "WAIT_END",
];

pub(super) fn lint(look: &Look<'_>, diags: &mut Diagnostics) {
    let is_proxy = |section: &&Section| Sections::PROXIES.contains(section.kind);
    let lines = || look.sections.iter().filter(is_proxy).flat_map(|section| &section.lines);
    let names = || lines().filter(|line| line.words[0] == "acl").filter_map(|line| line.words.get(1));
    if names().next().is_none() {
        return;
    }
    let fetches: FxHashSet<&str> = sample::fetches::names().into_iter().collect();
    // An ACL of several lines is told once.
    let mut told = FxHashSet::default();
    for name in names() {
        let Some(text) = name.as_str() else { continue };
        let (message, code) = if PREDEFINED.contains(&text) {
            (format!("this hides the predefined ACL `{text}`"), codes::ACL_HIDES)
        } else if fetches.contains(text) {
            (format!("this ACL has the name of the sample fetch `{text}`"), codes::ACL_IS_FETCH)
        } else {
            continue;
        };
        if told.insert(text) {
            diags.push(Diagnostic::advice(message).at(name.span).code(code));
        }
    }
}
