//! Support for tests of this module: configurations loaded from text.

use diag::{Diagnostic, Severity, Sources};
use keyword::Sections;
use syntax::{Environment, Facts, Version};

use crate::load::{Loaded, load};

/// A machine without any feature.
struct NoFacts;

impl Facts for NoFacts {
    fn version(&self) -> Version {
        Version::parse(b"3.5").unwrap()
    }
}

/// Loads one file; the only file that it can name is empty.
pub(super) fn loaded(text: &str) -> Loaded {
    let mut sources = Sources::new();
    let file = sources.add("test.cfg", format!("{}\n", text.trim_end_matches('\n')).into_bytes());
    let read = Box::new(|path: &[u8]| match path {
        b"/dev/null" | b"site.pem" => Ok(Vec::new()),
        _ => Err(format!("no file `{}`", base::Lossy(path))),
    });
    load(&sources, &[file], &mut Environment::new(), &NoFacts, read, crate::Lints::Run)
}

/// What was reported of one severity, as `line:column message`.
fn told(loaded: &Loaded, severity: Severity) -> Vec<String> {
    let of_it = loaded.diags.iter().filter(|diagnostic| diagnostic.severity == severity);
    of_it.map(shown).collect()
}

/// A diagnostic as `line:column message | note | suggestion`.
pub(super) fn shown(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.span.map(|span| format!("{}:{} ", span.line, span.column)).unwrap_or_default();
    let notes: String = diagnostic.notes.iter().map(|note| format!(" | {note}")).collect();
    let suggestion = diagnostic.suggestion.as_ref().map(|text| format!(" -> {text}")).unwrap_or_default();
    format!("{place}{}{notes}{suggestion}", diagnostic.message)
}

/// The errors of a text.
pub(super) fn errors_of(text: &str) -> Vec<String> {
    told(&loaded(text), Severity::Error)
}

/// The warnings of a text.
pub(super) fn warnings_of(text: &str) -> Vec<String> {
    told(&loaded(text), Severity::Warning)
}

/// A whole configuration around `line`, in the first kind of section that it may stand in.
pub(super) fn section_for(sections: Sections, line: &str) -> String {
    let kinds = [Sections::LISTEN, Sections::FRONTEND, Sections::BACKEND, Sections::DEFAULTS];
    let kind = kinds.into_iter().find(|kind| sections.contains(*kind)).unwrap_or(Sections::LISTEN);
    let servers = if kind == Sections::FRONTEND { "" } else { "  server s1 127.0.0.1:8001\n" };
    let header =
        format!("{kind} x\n  mode http\n  timeout client 1s\n  timeout connect 1s\n  timeout server 1s\n");
    let bind = if kind == Sections::BACKEND { "" } else { "  bind 127.0.0.1:8000\n" };
    format!(
        "http-errors pages\n  errorfile 503 /dev/null\ncache images\nfcgi-app php\nbackend be\n  mode http\n  stick-table type ip size 10\n  \
         server s1 127.0.0.1:8002\n{header}{bind}{servers}  {line}\n"
    )
}
