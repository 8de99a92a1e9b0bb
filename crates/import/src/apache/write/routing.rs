//! ProxyPass: which one a request falls under (in a section, the last one that matches; outside of sections, the first),
//! and what becomes of a request that falls under none.

use super::backends::{self, Goal as Backend};
use super::errors;
use super::forward;
use super::frontend::{At, Frontend};
use crate::apache::condition::Condition;
use crate::apache::model::{Goal, Pass, Switch};
use crate::apache::pattern::Matcher;
use crate::apache::reader::Source;

/// Where the requests of a host go.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) passes: Vec<Planned>,
    /// Some of them say `!`.
    has_exclusions: bool,
    /// Every request falls under one of them, or has been answered before.
    pub(super) is_complete: bool,
    /// What falls under none of them has been answered.
    pub(super) is_answered: bool,
    /// The only one takes every request, so nothing has to be remembered.
    is_single: bool,
}

/// One ProxyPass.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) source: Source,
    /// Where it leads, as told.
    pub(super) url: String,
    /// Whether the request falls under it.
    pub(super) condition: Condition,
    /// None: nothing that we can reach.
    pub(super) backend: Option<Backend>,
    /// How the path changes.
    pub(super) path: forward::Path,
}

const EXCLUDED: &str = "none";

/// What is known before any rule is written.
pub(super) fn plan(at: &At<'_>) -> Plan {
    let server = &at.host.server;
    let own: Vec<&Pass> =
        server.passes.iter().chain(server.locations.iter().filter_map(|it| it.pass.as_ref())).collect();
    let rewrites = server.rewrite.is_on
        && server
            .rewrite
            .rules
            .iter()
            .any(|rule| rule.flags.iter().any(|(flag, _)| flag == "p" || flag == "proxy"));
    let is_single = !rewrites
        && at.condition.is_always()
        && matches!(own.as_slice(), [only] if only.matcher.is_any() && only.goal != Goal::Nowhere);
    Plan { is_single, ..Plan::default() }
}

/// Remembers that a request falls under a pass, if `condition` holds and it falls under none before; the condition by
/// which later rules know it.
pub(super) fn remember(
    front: &mut Frontend<'_, '_>,
    plan: &Plan,
    wanted: &str,
    condition: &Condition,
    source: &Source,
) -> Condition {
    if plan.is_single {
        return condition.clone();
    }
    let is_first = plan.passes.is_empty() && !plan.has_exclusions;
    let open = if is_first { Condition::always() } else { not_passed(front) };
    let (id, known) = if wanted == EXCLUDED {
        (EXCLUDED.to_owned(), excluded(front))
    } else {
        let id = front.reserve(&format!("pass_{wanted}"));
        let known = front.acl_named(&id, &[format!("var(txn.pass) -m str {id}")], Some(source));
        (id, known)
    };
    let condition = condition.and(&open).unwrap_or_else(Condition::never);
    if !condition.is_never() {
        front.request.add(source, format!("http-request set-var(txn.pass) str({id}){}", condition.suffix()));
    }
    known
}

/// Whether no pass has been found yet.
pub(super) fn not_passed(front: &mut Frontend<'_, '_>) -> Condition {
    let passed = front.acl("passed", &["var(txn.pass) -m found".to_owned()], None);
    passed.not().unwrap_or_else(Condition::never)
}

fn excluded(front: &mut Frontend<'_, '_>) -> Condition {
    front.acl("excluded", &[format!("var(txn.pass) -m str {EXCLUDED}")], None)
}

/// Whether Apache would not proxy the request.
pub(super) fn unproxied(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &Plan) -> Condition {
    let mut open = if plan.is_complete { Condition::never() } else { Condition::always() };
    if !plan.is_complete && !plan.passes.is_empty() {
        open = not_passed(front);
    }
    if plan.has_exclusions {
        let excluded = excluded(front);
        open = if plan.is_complete {
            excluded
        } else if plan.passes.is_empty() {
            Condition::always()
        } else {
            open.or(&excluded)
        };
    }
    at.condition.and(&open).unwrap_or_else(|| at.condition.clone())
}

/// Writes which pass is taken.
pub(super) fn write(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &mut Plan) {
    let server = &at.host.server;
    let (preserve, _) = front.switched(at, Switch::Off, |scope| scope.preserve_host.as_ref());
    let of_locations = server.locations.iter().rev().filter_map(|location| location.pass.as_ref());
    let mut is_shadowed = false;
    for pass in of_locations.chain(&server.passes) {
        let inside = front.path(&pass.matcher, &pass.source);
        let condition = at.condition.and(&inside).unwrap_or_else(Condition::never);
        if is_shadowed {
            continue;
        }
        is_shadowed = pass.matcher.is_any();
        plan.is_complete |= is_shadowed;
        let Goal::Url(url) = &pass.goal else {
            remember(front, plan, EXCLUDED, &condition, &pass.source);
            plan.has_exclusions = true;
            continue;
        };
        let wanted = format!("{}{}", at.prefix, pass.matcher.name());
        let condition = remember(front, plan, &wanted, &condition, &pass.source);
        let backend = backends::of_pass(front, at, url, &pass.parameters, &pass.source, &preserve);
        let path = path(front, pass, backend.as_ref());
        plan.passes.push(Planned { source: pass.source.clone(), url: url.clone(), condition, backend, path });
    }
}

fn path(front: &mut Frontend<'_, '_>, pass: &Pass, backend: Option<&Backend>) -> forward::Path {
    let Some(backend) = backend else { return forward::Path::Same };
    match &pass.matcher {
        Matcher::Prefix(prefix) => forward::of_prefix(front, prefix, &backend.path, &pass.source),
        Matcher::Regex(regex) => forward::of_regex(front, regex, &backend.path, &pass.source),
    }
}

/// Answers what Apache would serve from files.
pub(super) fn fallback(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &Plan) {
    if plan.is_answered {
        return;
    }
    let condition = unproxied(front, at, plan);
    if condition.is_never() {
        return;
    }
    if let Some((root, source)) = &at.host.server.document_root {
        let text = format!("files are not served: what is not proxied is answered with 404, not from {root}");
        front.shared.problem(source, text);
    }
    errors::deny(front, at, 404, &condition, None);
}

/// Writes which backend is used.
pub(super) fn switch(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &Plan) {
    for planned in &plan.passes {
        let Some(backend) = &planned.backend else {
            errors::deny(front, at, 503, &planned.condition, Some(&planned.source));
            continue;
        };
        if planned.condition.is_always() {
            front.switch.add(&planned.source, format!("default_backend {}", backend.name));
        } else {
            front
                .switch
                .add(&planned.source, format!("use_backend {}{}", backend.name, planned.condition.suffix()));
        }
    }
}
