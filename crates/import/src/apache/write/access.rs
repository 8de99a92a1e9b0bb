//! Who may come in, and paths that are for TLS alone. The last section that matches and speaks
//! about access decides.

use super::errors;
use super::frontend::{At, Frontend};
use super::routing::Plan;
use crate::apache::condition::Condition;
use crate::apache::expr;
use crate::apache::model::{Access, AccessRule, Scope};
use crate::apache::reader::Source;
use crate::apache::value::{Phase, env};

/// Writes what is refused.
pub(super) fn write(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &Plan) {
    for (source, within) in deciding(front, at, |scope| scope.tls_only.as_ref()) {
        if !front.is_tls {
            errors::deny(front, at, 403, &within, Some(source));
        }
    }
    for (access, within) in deciding(front, at, |scope| scope.access.as_ref()) {
        refuse(front, at, access, &within);
    }
    for (scope, within, _) in front.scopes(at) {
        scope.closed.iter().for_each(|access| refuse(front, at, access, &within));
    }
    for (url, access) in &at.host.server.guarded {
        for planned in plan.passes.iter().filter(|planned| planned.url.starts_with(url.trim_end_matches('*')))
        {
            refuse(front, at, access, &planned.condition);
        }
    }
}

fn refuse(front: &mut Frontend<'_, '_>, at: &At<'_>, access: &Access, within: &Condition) {
    let allowed = allowed(front, &access.rule);
    let refused = allowed.and_then(|allowed| within.and(&allowed.not()?));
    let refused = refused.unwrap_or_else(|| {
        front
            .shared
            .problem(&access.source, "the rules are too many to be carried over: nobody fulfils them");
        within.clone()
    });
    errors::deny(front, at, 403, &refused, Some(&access.source));
}

/// What scopes say, each with the condition that it is the last one to say so.
fn deciding<'h, T>(
    front: &mut Frontend<'_, '_>,
    at: &At<'h>,
    of: impl Fn(&'h Scope) -> Option<&'h T>,
) -> Vec<(&'h T, Condition)> {
    let said: Vec<(&T, Condition)> = front
        .scopes(at)
        .into_iter()
        .filter_map(|(scope, condition, _)| Some((of(scope)?, condition)))
        .collect();
    let mut out = Vec::new();
    for (index, (told, condition)) in said.iter().enumerate() {
        let mut within = condition.clone();
        for (_, later) in &said[index + 1..] {
            // Where that grows too large, the earlier one counts as well: it refuses more.
            let without = later.not().and_then(|not| within.and(&not));
            within = without.unwrap_or(within);
        }
        out.push((*told, within));
    }
    out
}

/// Who comes in by a rule; `None` if that grows too large.
fn allowed(front: &mut Frontend<'_, '_>, rule: &AccessRule) -> Option<Condition> {
    let found = match rule {
        AccessRule::Granted => Condition::always(),
        AccessRule::Denied => Condition::never(),
        AccessRule::Networks(networks) => Condition::term(format!("{{ src {} }}", networks.join(" "))),
        AccessRule::Methods(methods) => Condition::term(format!("{{ method {} }}", methods.join(" "))),
        AccessRule::Env(name) => Condition::term(format!("{{ var({}) -m found }}", env(name))),
        AccessRule::Expression(text, source) => expression(front, text, source),
        AccessRule::Any(rules) => {
            let mut any = Condition::never();
            for rule in rules {
                any = any.or(&allowed(front, rule)?);
            }
            any
        }
        AccessRule::All(rules) => {
            let mut all = Condition::always();
            for rule in rules {
                all = all.and(&allowed(front, rule)?)?;
            }
            all
        }
        AccessRule::None(rules) => {
            let mut none = Condition::always();
            for rule in rules {
                none = none.and(&allowed(front, rule)?.not()?)?;
            }
            none
        }
    };
    Some(found)
}

fn expression(front: &mut Frontend<'_, '_>, text: &str, source: &Source) -> Condition {
    match expr::parse(text) {
        Ok(test) if test.phase != Phase::Response => test.condition,
        Ok(_) => {
            front.shared.problem(source, "an answer cannot decide who may ask: nobody fulfils this");
            Condition::never()
        }
        Err(reason) => {
            front.shared.problem(source, format!("{reason}: nobody fulfils it"));
            Condition::never()
        }
    }
}
