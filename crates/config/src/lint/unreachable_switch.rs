//! E0602: a `use_backend` line behind one that is always taken.

use diag::{Diagnostic, Diagnostics, codes};
use keyword::Sections;

use super::Look;

pub(super) fn lint(look: &Look<'_>, diags: &mut Diagnostics) {
    for section in look.sections.iter().filter(|section| Sections::CLIENT_SIDE.contains(section.kind)) {
        let mut lines = section.lines.iter().filter(|line| line.words[0] == "use_backend");
        // A computed name may be none, and then the next line is asked.
        let always = lines.find(|line| line.words.len() == 2 && !line.words[1].text.contains(&b'%'));
        let Some(always) = always else { continue };
        for line in lines {
            let text = "this `use_backend` is never reached: one above it has no condition";
            let note = format!("that one stands in line {}", always.span.line);
            let span = line.words[0].span;
            diags.push(Diagnostic::advice(text).at(span).code(codes::UNREACHABLE_SWITCH).note(note));
        }
    }
}
