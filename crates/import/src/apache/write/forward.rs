//! What the proxy itself does to a request: `X-Forwarded-*`, the path, `Host`.

use super::backends::HostHeader;
use super::frontend::{At, Frontend, hostname};
use super::routing::Plan;
use crate::apache::condition::Condition;
use crate::apache::model::Switch;
use crate::apache::pattern::{encode_path, literal, word};
use crate::apache::reader::Source;

/// How the path of a request changes on its way to the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// Not at all, or it has been changed before.
    Same,
    /// What this expression matches becomes that.
    Replaced(String, String),
    /// This log format is the path.
    Set(String),
}

/// A prefix becomes another one; nothing is put between it and the rest.
pub(super) fn of_prefix(front: &mut Frontend<'_, '_>, prefix: &str, to: &str, source: &Source) -> Path {
    let to = encode_path(to);
    if prefix == to {
        return Path::Same;
    }
    let from = regex::escape(prefix);
    if to.is_empty() && prefix.ends_with('/') {
        if prefix != "/" {
            let text = "the path ends with a slash and the URL does not: Apache would put the rest behind the host's name; here a slash is put between them";
            front.shared.problem(source, text);
        }
        return if prefix == "/" {
            Path::Same
        } else {
            Path::Replaced(format!("^{from}(.*)$"), r"/\1".to_owned())
        };
    }
    if to.is_empty() {
        return Path::Replaced(format!("^{from}/?(.*)$"), r"/\1".to_owned());
    }
    Path::Replaced(format!("^{from}(.*)$"), format!(r"{}\1", literal(&to)))
}

/// What an expression matches becomes a path with `$1`; without any, the whole path is put behind it.
pub(super) fn of_regex(front: &mut Frontend<'_, '_>, regex: &str, to: &str, source: &Source) -> Path {
    if to.contains('?') {
        front.shared.problem(source, "a query in the URL is not carried over");
    }
    let to = to.split('?').next().unwrap_or_default();
    if !to.contains('$') {
        return if to.is_empty() { Path::Same } else { Path::Set(format!("{}%[path]", literal(to))) };
    }
    Path::Replaced(regex.to_owned(), groups(to))
}

/// `$1` as `\1`.
pub(super) fn groups(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('$', Some(digit)) if digit.is_ascii_digit() => out.push('\\'),
            ('\\', Some('$' | '&')) => {}
            ('%', _) => out.push_str("%%"),
            ('\\', _) => out.push_str(r"\\"),
            _ => out.push(char),
        }
    }
    out
}

/// Writes what happens to requests that are passed on.
pub(super) fn write(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &Plan) {
    if plan.passes.is_empty() {
        return;
    }
    forwarded(front, at);
    let (preserve, preserve_source) = front.switched(at, Switch::Off, |scope| scope.preserve_host.as_ref());
    for planned in &plan.passes {
        let Some(backend) = &planned.backend else { continue };
        let condition = &planned.condition;
        let line = match &planned.path {
            Path::Same => None,
            Path::Replaced(from, to) => {
                Some(format!("http-request replace-path {} {}", word(from), word(to)))
            }
            Path::Set(format) => Some(format!("http-request set-path {}", word(format))),
        };
        if let Some(line) = line {
            front.request.add(&planned.source, format!("{line}{}", condition.suffix()));
        }
        let HostHeader::Fixed(host) = &backend.host else { continue };
        let changed = not_preserved(at, condition, &preserve);
        if !changed.is_never() {
            let source = preserve_source.as_ref().filter(|_| !preserve.is_never()).unwrap_or(&planned.source);
            front.request.add(
                source,
                format!("http-request set-header Host {}{}", word(&literal(host)), changed.suffix()),
            );
        }
    }
}

/// When the server's own name is put into Host.
pub(super) fn not_preserved(at: &At<'_>, condition: &Condition, preserve: &Condition) -> Condition {
    let both = at.condition.and(condition).unwrap_or_else(Condition::never);
    let off = preserve.not().and_then(|not| both.and(&not));
    match off {
        Some(off) if off.is_never() => off,
        // The host's own condition says nothing more where the pass is known.
        _ if preserve.is_never() => condition.clone(),
        Some(off) => off,
        None => condition.clone(),
    }
}

fn forwarded(front: &mut Frontend<'_, '_>, at: &At<'_>) {
    let (on, source) = front.switched(at, Switch::On, |scope| scope.add_headers.as_ref());
    if on.is_never() {
        return;
    }
    let name = at.host.server.name.as_ref().map(|(name, _)| hostname(name));
    let name = name.map_or_else(|| "%[hostname]".to_owned(), |name| literal(&name));
    for (header, value) in [
        ("X-Forwarded-For", "%[src]"),
        ("X-Forwarded-Host", "%[req.hdr(host)]"),
        ("X-Forwarded-Server", &name),
    ] {
        let found = Condition::term(format!("{{ req.hdr({header}) -m found }}"));
        let (Some(with), Some(without)) = (on.and(&found), found.not().and_then(|not| on.and(&not))) else {
            continue;
        };
        const NOTE: &str = "Apache adds these to what it passes on.";
        let joined = word(&format!("%[req.fhdr({header})], {value}"));
        let lines = [
            format!("http-request set-header {header} {joined}{}", with.suffix()),
            format!("http-request set-header {header} {}{}", word(value), without.suffix()),
        ];
        for line in lines {
            front.request.add_or_note(source.as_ref(), NOTE, line);
        }
    }
}
