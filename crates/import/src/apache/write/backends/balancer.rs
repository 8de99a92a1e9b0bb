//! Balancers: methods, members, and sessions that stay with their member.

use super::parameters::{self, Check, Worker, is_of_balancer};
use super::{Goal, HostHeader, Url, balancer_backend, server};
use crate::apache::collect::balancer_name;
use crate::apache::model::{Balancer, Parameter, Switch};
use crate::apache::pattern::{argument, word};
use crate::apache::reader::Source;
use crate::apache::write::frontend::{At, Frontend};
use crate::apache::write::text::{Lines, Names};
use crate::apache::write::time;

/// A member as it will be written.
struct Member {
    source: Source,
    url: Url,
    worker: Worker,
    name: String,
}

/// The backend of a balancer.
pub(super) fn goal(
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    url: &str,
    source: &Source,
    preserve: Switch,
) -> Option<Goal> {
    let known: Vec<&Balancer> =
        at.host.server.balancers.iter().filter(|known| known.name == balancer_name(url)).collect();
    let members = members(front, &known);
    if members.is_empty() {
        front
            .shared
            .problem(source, format!("'{url}' has no members: requests for it are answered with 503"));
        return None;
    }
    // What is told last counts, and a virtual host's own words more than the main server's.
    let all = known.iter().flat_map(|balancer| balancer.parameters.iter().rev().cloned());
    let all = first_of_each(all.collect());
    let mut lines = Lines::default();
    method(front, &mut lines, &all, known[0]);
    let (of_balancer, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| is_of_balancer(&it.key));
    balancer_times(&mut lines, front, at, &members, &others);
    sessions(front, &mut lines, &members, &of_balancer);
    checks(&mut lines, &members);
    servers(front, at, &mut lines, &members);
    if preserve == Switch::Off {
        // Behind the servers: their names are what Host says.
        lines.add(source, "http-send-name-header Host");
    }
    let path = url
        .get(11..)
        .and_then(|rest| rest.find('/').map(|slash| rest[slash..].to_owned()))
        .unwrap_or_default();
    let path = format!("{}{path}", common_path(front, &members));
    let name = front.shared.backends.with(&balancer_backend(url), lines);
    Some(Goal { name, host: HostHeader::Backend, path })
}

fn first_of_each(parameters: Vec<Parameter>) -> Vec<Parameter> {
    let mut out: Vec<Parameter> = Vec::new();
    for parameter in parameters {
        if !out.iter().any(|known| known.key == parameter.key) {
            out.push(parameter);
        }
    }
    out
}

fn members(front: &mut Frontend<'_, '_>, known: &[&Balancer]) -> Vec<Member> {
    let mut names = Names::default();
    let mut out = Vec::new();
    for member in known.iter().flat_map(|balancer| &balancer.members) {
        let url = match Url::parse(&member.url) {
            Ok(url) => url,
            Err(text) => {
                front.shared.problem(&member.source, format!("{text}: this member is not carried over"));
                continue;
            }
        };
        let worker = parameters::worker(front.shared, &member.parameters);
        let name = names.unique(&server::name(&url));
        if name != server::name(&url) {
            front.shared.problem(
                &member.source,
                format!("two members have one address: this one sees '{name}' as Host"),
            );
        }
        out.push(Member { source: member.source.clone(), url, worker, name });
    }
    out
}

/// Members may have a path; ours has to be that of all.
fn common_path(front: &mut Frontend<'_, '_>, members: &[Member]) -> String {
    let path = |member: &Member| member.url.path.trim_end_matches('/').to_owned();
    let first = members.first().map(path).unwrap_or_default();
    for member in members.iter().filter(|member| path(member) != first) {
        front.shared.problem(&member.source, format!("the members' paths differ: '{first}' is used for all"));
    }
    first
}

fn method(front: &mut Frontend<'_, '_>, lines: &mut Lines, parameters: &[Parameter], balancer: &Balancer) {
    let told = parameters.iter().find(|it| it.key == "lbmethod");
    let name = told.map_or("byrequests", |it| it.value.as_str());
    let source = told.map_or(&balancer.source, |it| &it.source);
    let balance = match name.to_lowercase().as_str() {
        "byrequests" => "roundrobin",
        "bybusyness" => "leastconn",
        other => {
            let text = format!("lbmethod={other} has no counterpart: requests are counted instead");
            front.shared.problem(source, text);
            "roundrobin"
        }
    };
    lines.add(source, format!("balance {balance}"));
}

fn balancer_times(
    lines: &mut Lines,
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    members: &[Member],
    others: &[Parameter],
) {
    // Of a balancer, `timeout` says how long a request waits for a member.
    let mut shared = Worker { load: 100, ..Worker::default() };
    for parameter in others {
        match (parameter.key.as_str(), parameter.value.parse::<u64>()) {
            ("timeout", Ok(seconds)) => {
                shared.queue_ms = Some((seconds.saturating_mul(1000), parameter.source.clone()))
            }
            _ => front.shared.problem(
                &parameter.source,
                format!("{}={}: has no counterpart", parameter.key, parameter.value),
            ),
        }
    }
    for member in members {
        let (own, known) = (&member.worker, &mut shared);
        for (own, known) in [
            (&own.server_ms, &mut known.server_ms),
            (&own.connect_ms, &mut known.connect_ms),
            (&own.queue_ms, &mut known.queue_ms),
        ] {
            match (own, known) {
                (Some(own), known @ None) => *known = Some(own.clone()),
                (Some((own, source)), Some((known, _))) if own != known => {
                    front
                        .shared
                        .problem(source, "the members' times differ: the first one's are used for all");
                }
                _ => {}
            }
        }
        shared.keeps_alive = shared.keeps_alive.or_else(|| own.keeps_alive.clone());
    }
    server::times(lines, front, at, &shared);
}

/// `nofailover`, `stickysession=NAME|name` with members' routes, and what has no counterpart.
fn sessions(front: &mut Frontend<'_, '_>, lines: &mut Lines, members: &[Member], parameters: &[Parameter]) {
    let find = |key: &str| parameters.iter().find(|it| it.key == key);
    let is_on = |key: &str| find(key).is_some_and(|it| it.value.eq_ignore_ascii_case("on"));
    for it in parameters
        .iter()
        .filter(|it| matches!(it.key.as_str(), "failonstatus" | "failontimeout" | "stickysessionsep"))
    {
        front.shared.problem(&it.source, format!("{}={}: has no counterpart", it.key, it.value));
    }
    if let Some(it) = find("nofailover").filter(|_| is_on("nofailover")) {
        lines.add(&it.source, "option persist");
    } else {
        const NOTE: &str = "A member that cannot be reached is left for another one.";
        lines.note(NOTE, "option redispatch 1");
        let attempts = find("maxattempts").and_then(|it| it.value.parse().ok());
        lines.note(NOTE, format!("retries {}", attempts.unwrap_or(members.len().saturating_sub(1)).max(1)));
    }
    if let Some(it) = find("stickysession") {
        stick(lines, members, it, is_on("scolonpathdelim"));
    }
}

/// Requests go to the member whose route the session's name ends with.
fn stick(lines: &mut Lines, members: &[Member], it: &Parameter, has_semicolons: bool) {
    let (cookie, parameter) = it.value.split_once('|').unwrap_or((&it.value, &it.value));
    let ends = if has_semicolons { ";?&" } else { "?&" };
    let in_url = format!("{}=[^.{ends}]*\\.([^{ends}]+)", regex::escape(parameter));
    let from_url = format!("url,regsub({},{})", argument(&format!("^.*?{in_url}.*$")), argument(r"\1"));
    lines.add(
        &it.source,
        format!("http-request set-var(txn.route) {} if {{ url -m reg {} }}", word(&from_url), word(&in_url)),
    );
    let from_cookie = format!("req.cook({cookie}),regsub({},\"\")", argument(r"^[^.]*\."));
    lines.add(
        &it.source,
        format!(
            "http-request set-var(txn.route) {} if !{{ var(txn.route) -m found }} {{ req.cook({cookie}) -m sub . }}",
            word(&from_cookie)
        ),
    );
    for member in members {
        let Some(route) = &member.worker.route else { continue };
        let name = &member.name;
        lines
            .add(&member.source, format!("use-server {name} if {{ var(txn.route) -m str {} }}", word(route)));
        lines.add(
            &member.source,
            format!("http-response set-var(txn.worker_route) str({}) if {{ srv_name {name} }}", word(route)),
        );
    }
}

/// mod_proxy_hcheck's HTTP checks.
fn checks(lines: &mut Lines, members: &[Member]) {
    let http = members
        .iter()
        .find_map(|member| member.worker.check.method.as_ref().map(|told| (told, &member.worker.check)));
    if let Some(((method, source), check)) = http
        && method != "TCP"
    {
        let uri = check.uri.as_deref().unwrap_or("/");
        lines.add(source, format!("option httpchk {method} {}", word(uri)));
    }
}

fn servers(front: &mut Frontend<'_, '_>, at: &At<'_>, lines: &mut Lines, members: &[Member]) {
    if members.iter().filter(|member| member.worker.is_standby).count() > 1 {
        lines.note("All members that stand by help together.", "option allbackups");
    }
    let has_fractions = members.iter().any(|member| member.worker.load % 100 != 0);
    for member in members {
        let worker = &member.worker;
        let mut line = server::line(front, at, &member.url, &member.name, &member.source);
        let weight = if has_fractions { (worker.load / 10).clamp(1, 256) } else { worker.load / 100 };
        let weight = if worker.is_drained { 0 } else { weight };
        if weight != 1 {
            line.push_str(&format!(" weight {weight}"));
        }
        worker.words.iter().for_each(|word| line.push_str(&format!(" {word}")));
        if worker.is_standby {
            line.push_str(" backup");
        }
        if worker.is_off {
            line.push_str(" disabled");
        }
        line.push_str(&check(&worker.check, worker.retry_s));
        lines.add(&member.source, line);
    }
}

/// Apache notices by requests that a member has failed, and tries it again after `retry` seconds; so do checks.
fn check(check: &Check, retry_s: u64) -> String {
    if check.method.is_some() {
        let inter = time(check.interval_ms.unwrap_or(30_000));
        return format!(
            " check inter {inter} rise {} fall {}",
            check.passes.unwrap_or(1),
            check.fails.unwrap_or(1)
        );
    }
    if retry_s == 0 { String::new() } else { format!(" check inter 2s downinter {retry_s}s rise 1 fall 1") }
}
