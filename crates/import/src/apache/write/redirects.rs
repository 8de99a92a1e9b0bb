//! Redirect, RedirectMatch (mod_alias).

use super::errors;
use super::frontend::{At, Frontend, hostname};
use super::routing::{self, Plan};
use crate::apache::condition::Condition;
use crate::apache::model::{Redirect, Rest, Switch};
use crate::apache::pattern::{Matcher, argument, literal, whole, word};
use crate::apache::value;

/// Redirections outside of sections: only for what is not proxied, which Apache looks at first.
pub(super) fn of_server(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &mut Plan) {
    // Those of a section that have no path of their own come before all, and once more for what is proxied.
    for location in at.host.server.locations.iter().rev() {
        let is_own =
            |redirect: &&Redirect| redirect.rest == Rest::Replaced && redirect.matcher == location.matcher;
        for redirect in location.scope.redirects.iter().filter(is_own) {
            let open = routing::unproxied(front, at, plan);
            let inside = front.path(&location.matcher, &location.source);
            let condition = open.and(&inside).unwrap_or_else(Condition::never);
            write(front, at, redirect, &condition);
        }
    }
    for redirect in &at.host.server.scope.redirects {
        let open = routing::unproxied(front, at, plan);
        let inside = front.path(&redirect.matcher, &redirect.source);
        let condition = open.and(&inside).unwrap_or_else(Condition::never);
        write(front, at, redirect, &condition);
        plan.is_answered |= redirect.matcher.is_any();
    }
}

/// Redirections within `<Location>`.
pub(super) fn of_locations(front: &mut Frontend<'_, '_>, at: &At<'_>) {
    // Those of the last section come first.
    for (scope, condition, location) in front.scopes(at).into_iter().rev() {
        for redirect in scope.redirects.iter().filter(|_| location.is_some()) {
            let inside = front.path(&redirect.matcher, &redirect.source);
            let condition = condition.and(&inside).unwrap_or_else(Condition::never);
            write(front, at, redirect, &condition);
        }
    }
}

fn write(front: &mut Frontend<'_, '_>, at: &At<'_>, redirect: &Redirect, condition: &Condition) {
    if condition.is_never() {
        return;
    }
    let Some(to) = redirect.to.as_ref().filter(|_| (300..400).contains(&redirect.status)) else {
        return errors::deny(front, at, redirect.status, condition, Some(&redirect.source));
    };
    if !matches!(redirect.status, 301 | 302 | 303 | 307 | 308) {
        return front.shared.problem(
            &redirect.source,
            format!("a redirection with status {} is not carried over", redirect.status),
        );
    }
    let goal = match goal(front, at, redirect, to) {
        Ok(goal) => goal,
        Err(text) => return front.shared.problem(&redirect.source, text),
    };
    let line = format!("http-request redirect {goal} code {}{}", redirect.status, condition.suffix());
    front.request.add(&redirect.source, line);
}

fn goal(front: &Frontend<'_, '_>, at: &At<'_>, redirect: &Redirect, to: &str) -> Result<String, String> {
    let start = if to.starts_with('/') { base(front, at) } else { String::new() };
    let query = if to.contains('?') { "" } else { "%[query(with_qm)]" };
    let middle = match (&redirect.matcher, redirect.rest) {
        (Matcher::Prefix(prefix), Rest::Appended) => {
            if let Some(to) = to.strip_suffix('/').filter(|_| prefix == "/" && query_is_kept(to)) {
                return Ok(format!("prefix {}", word(&format!("{start}{}", literal(to)))));
            }
            let from = argument(&format!("^{}", regex::escape(prefix)));
            format!("{}%[var(txn.path),regsub({from},\"\")]", literal(to))
        }
        (Matcher::Prefix(_), Rest::Replaced) => value::interpolated(to)?.text,
        (Matcher::Regex(regex), _) => groups(to, regex),
    };
    Ok(format!("location {}", word(&format!("{start}{middle}{query}"))))
}

fn query_is_kept(to: &str) -> bool {
    !to.contains('?')
}

/// `$1` as a part of the path.
fn groups(text: &str, regex: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(&literal(before));
        match after.chars().next().filter(char::is_ascii_digit) {
            Some(digit) => {
                out.push_str(&part("var(txn.path)", regex, digit));
                rest = &after[1..];
            }
            None => {
                out.push('$');
                rest = after;
            }
        }
    }
    out + &literal(rest)
}

/// The group of an expression that matched a sample.
pub(super) fn part(sample: &str, regex: &str, digit: char) -> String {
    let (pattern, group) = (argument(&whole(regex)), argument(&format!("\\{digit}")));
    format!("%[{sample},regsub({pattern},{group})]")
}

/// Scheme and host of this server, as Apache builds URLs to itself.
pub(super) fn base(front: &Frontend<'_, '_>, at: &At<'_>) -> String {
    let scheme = if front.is_tls { "https" } else { "http" };
    let name = at.host.server.name.as_ref().filter(|_| at.host.server.canonical_name == Some(Switch::On));
    match name {
        Some((name, _)) => {
            let port = name.rsplit_once(':').map(|(_, port)| port).filter(|port| port.parse::<u16>().is_ok());
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            format!("{scheme}://{}{port}", literal(&hostname(name)))
        }
        None => format!("{scheme}://%[req.hdr(host)]"),
    }
}
