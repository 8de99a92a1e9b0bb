//! ProxyPassReverse and its like for cookies, and ProxyErrorOverride.
//!
//! Apache stops at the first line that matches. Our rules run one after the other, so where several lines are about one
//! header, what has been changed is marked by `=` in front until the last of them.

use super::frontend::{At, Frontend};
use super::redirects::base;
use crate::apache::collect::{balancer_name, is_balancer};
use crate::apache::condition::Condition;
use crate::apache::model::{Mapping, Scope, Switch};
use crate::apache::pattern::{literal, word};
use crate::apache::reader::Source;

/// A mapping with the condition of its scope.
type Scoped<'h> = (&'h Mapping, Condition);

/// Writes how servers' answers are changed.
pub(super) fn write(front: &mut Frontend<'_, '_>, at: &At<'_>) {
    let reverses = all(front, at, |scope| &scope.reverses);
    locations(front, at, &reverses);
    let domains = all(front, at, |scope| &scope.cookie_domains);
    cookies(front, at, "domain", "(?i)", &domains);
    let paths = all(front, at, |scope| &scope.cookie_paths);
    cookies(front, at, "path", "", &paths);
    overrides(front, at);
}

fn all<'h>(
    front: &mut Frontend<'_, '_>,
    at: &At<'h>,
    of: impl Fn(&'h Scope) -> &'h Vec<Mapping>,
) -> Vec<Scoped<'h>> {
    let scopes = front.scopes(at);
    scopes
        .into_iter()
        .flat_map(|(scope, condition, _)| of(scope).iter().map(move |it| (it, condition.clone())))
        .collect()
}

fn locations(front: &mut Frontend<'_, '_>, at: &At<'_>, reverses: &[Scoped<'_>]) {
    let mut pairs: Vec<(&Mapping, String, String, &Condition)> = Vec::new();
    for (mapping, condition) in reverses {
        pairs.extend(
            patterns(front, at, mapping).into_iter().map(|(from, to)| (*mapping, from, to, condition)),
        );
    }
    let Some((first, ..)) = pairs.first() else { return };
    let base = base(front, at);
    if pairs.iter().any(|(mapping, ..)| !mapping.outer.contains("://")) {
        let line = format!("http-request set-var-fmt(txn.base) {}{}", word(&base), at.condition.suffix());
        front.request.add(&first.source, line);
    }
    let mark = if pairs.len() > 1 { "=" } else { "" };
    for header in ["Location", "Content-Location"] {
        for (mapping, from, to, condition) in &pairs {
            let start = if mapping.outer.contains("://") { "" } else { "%[var(txn.base)]" };
            let to = word(&format!("{mark}{start}{to}"));
            let line =
                format!("http-response replace-header {header} {} {to}{}", word(from), condition.suffix());
            front.response.add(&mapping.source, line);
        }
        if !mark.is_empty() {
            unmark(front, at, &format!("{header} ^=(.*)$ \\1"));
        }
    }
}

fn unmark(front: &mut Frontend<'_, '_>, at: &At<'_>, words: &str) {
    let line = format!("http-response replace-header {words}{}", at.condition.suffix());
    front.response.note("What the lines above have changed is not changed twice.", line);
}

/// What the server says, as expressions, and what we say instead.
fn patterns(front: &mut Frontend<'_, '_>, at: &At<'_>, mapping: &Mapping) -> Vec<(String, String)> {
    let (inner, outer) = (&mapping.inner, literal(&mapping.outer));
    if inner.starts_with('/') {
        let from = format!("(?i)^(?:[a-z][^:/]*://[^/]*)?{}(.*)$", regex::escape(inner));
        return vec![(from, format!("{outer}\\1"))];
    }
    if !is_balancer(inner) {
        return vec![(format!("(?i)^{}(.*)$", regex::escape(inner)), format!("{outer}\\1"))];
    }
    let path =
        inner.get(11..).and_then(|rest| rest.find('/').map(|at| rest[at..].to_owned())).unwrap_or_default();
    let known = at.host.server.balancers.iter().filter(|known| known.name == balancer_name(inner));
    let urls: Vec<&str> =
        known.flat_map(|known| known.members.iter().map(|member| member.url.as_str())).collect();
    if urls.is_empty() {
        front.shared.problem(&mapping.source, format!("ProxyPassReverse: '{inner}' has no members"));
    }
    let pattern = |url: &&str| {
        if path.len() > 1 {
            let from =
                format!("(?i)^{}{}(.*)$", regex::escape(url.trim_end_matches('/')), regex::escape(&path));
            return (from, format!("{outer}\\1"));
        }
        // A lone slash is not doubled.
        if outer == "/" {
            return (format!("(?i)^{}/?(.*)$", regex::escape(url.trim_end_matches('/'))), "/\\1".to_owned());
        }
        (format!("(?i)^{}(.*)$", regex::escape(url)), format!("{outer}\\1"))
    };
    urls.iter().map(pattern).collect()
}

/// An attribute whose value begins with the inner one becomes the outer one, as a whole.
fn cookies(front: &mut Frontend<'_, '_>, at: &At<'_>, attribute: &str, flags: &str, mappings: &[Scoped<'_>]) {
    let mark = if mappings.len() > 1 { "=" } else { "" };
    for (mapping, condition) in mappings {
        let from = format!("^(.*;\\s*(?i:{attribute})=){flags}{}[^;]*(.*)$", regex::escape(&mapping.inner));
        let to = format!("\\1{mark}{}\\2", literal(&mapping.outer));
        let line = format!(
            "http-response replace-header Set-Cookie {} {}{}",
            word(&from),
            word(&to),
            condition.suffix()
        );
        front.response.add(&mapping.source, line);
    }
    if !mark.is_empty() {
        unmark(
            front,
            at,
            &format!("Set-Cookie {} {}", word(&format!("^(.*;\\s*(?i:{attribute})=)=(.*)$")), word("\\1\\2")),
        );
    }
}

/// ProxyErrorOverride: errors of servers are answered with the error documents.
fn overrides(front: &mut Frontend<'_, '_>, at: &At<'_>) {
    let (on, source) = front.switched(at, Switch::Off, |scope| scope.error_override.as_ref());
    let Some(source) = source.filter(|_| !on.is_never()) else { return };
    let mut statuses: Vec<u16> = front.documents.keys().copied().collect();
    statuses.sort_unstable();
    for status in statuses {
        let term = Condition::term(format!("{{ status {status} }}"));
        let Some(condition) = on.and(&term) else { continue };
        override_one(front, &source, status, &condition);
    }
    let text = "ProxyErrorOverride: only errors that have an ErrorDocument are replaced";
    front.shared.problem(&source, text);
}

fn override_one(front: &mut Frontend<'_, '_>, source: &Source, status: u16, condition: &Condition) {
    let line = format!("http-response return status {status} default-errorfiles{}", condition.suffix());
    front.response.add(source, line);
}
