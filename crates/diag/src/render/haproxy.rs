//! HAProxy's lines: `[ALERT]    (pid) : config : parsing [file:line] : message`.
//!
//! Tools match the tag and the place; the tag is padded to a fixed width, and words stand between single
//! quotes as they do there. Notes follow, indented by two spaces.

use crate::diagnostic::{Diagnostic, Severity};
use crate::place::Sources;

pub(super) fn write(out: &mut String, diagnostic: &Diagnostic, sources: &Sources, pid: u32) {
    let tag = match diagnostic.severity {
        Severity::Error => "[ALERT]",
        Severity::Warning => "[WARNING]",
        Severity::Notice => "[NOTICE]",
        Severity::Diag => "[DIAG]",
    };
    out.push_str(&format!("{tag:<11}({pid}) : config : "));
    if let Some(span) = diagnostic.span {
        out.push_str(&format!("parsing [{}:{}] : ", sources.name(span.file), span.line));
    }
    out.push_str(&quoted(&diagnostic.message));
    if let Some(label) = &diagnostic.label {
        out.push_str(&format!(" ({})", quoted(label)));
    }
    if let Some(suggestion) = &diagnostic.suggestion {
        out.push_str(&format!("; did you mean '{suggestion}'?"));
    }
    out.push('\n');
    for note in &diagnostic.notes {
        out.push_str(&format!("  {}\n", quoted(note)));
    }
}

fn quoted(text: &str) -> String {
    text.replace('`', "'")
}
