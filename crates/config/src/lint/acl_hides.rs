//! E0606: an ACL with the name of a predefined one (chapter 7.4).

use diag::{Diagnostic, Diagnostics, codes};
use keyword::Sections;

use super::Look;

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
    for section in look.sections.iter().filter(|section| Sections::PROXIES.contains(section.kind)) {
        for line in section.lines.iter().filter(|line| line.words[0] == "acl") {
            let Some(name) = line.words.get(1) else { continue };
            if name.as_str().is_some_and(|name| PREDEFINED.contains(&name)) {
                let text = format!("this hides the predefined ACL `{}`", name.lossy());
                diags.push(Diagnostic::advice(text).at(name.span).code(codes::ACL_HIDES));
            }
        }
    }
}
