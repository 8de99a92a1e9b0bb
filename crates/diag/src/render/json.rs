//! One JSON object a line. Every key is always there, in one order; what is not known is `null`.

use crate::diagnostic::{Diagnostic, Severity};
use crate::place::Sources;
use serde_json::json;

pub(super) fn write(out: &mut String, diagnostic: &Diagnostic, sources: &Sources) {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
        Severity::Diag => "diag",
    };
    let span = diagnostic.span;
    let stretch = span.filter(|span| span.column > 0);
    let object = json!({
        "severity": severity,
        "code": diagnostic.code.map(|code| code.0),
        "message": diagnostic.message,
        "file": span.map(|span| sources.name(span.file)),
        "line": span.map(|span| span.line),
        "column": stretch.map(|span| span.column),
        "length": stretch.map(|span| span.len),
        "label": diagnostic.label,
        "notes": diagnostic.notes,
        "suggestion": diagnostic.suggestion,
    });
    out.push_str(&object.to_string());
    out.push('\n');
}
