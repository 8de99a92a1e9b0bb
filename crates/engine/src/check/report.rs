//! What is written about checks: to the backend's `log` targets and to standard error, in HAProxy's words, because
//! tools look for them.

use std::io::Write;

use base::ProxyId;
use base::bytes::push_decimal;
use logs::Level;
use state::Server;
use state::check::{CheckReport, CheckResult, HealthCount};
use state::proxy::Sides;
use state::server::{Health, Role};

use super::change::{Change, Usable};
use super::task::Asked;
use crate::log::origin;
use crate::shared::Shared;

/// How HAProxy calls a section.
pub(crate) fn title(sides: Sides) -> &'static str {
    match sides {
        Sides::Frontend => "frontend",
        Sides::Backend => "backend",
        Sides::Both => "proxy",
    }
}

/// `option log-health-checks`: one line for a check that changed something.
pub(super) fn check(
    shared: &Shared,
    server: &Server,
    asked: Asked,
    report: &CheckReport,
    health: HealthCount,
) {
    let kind = match asked {
        Asked::Server => "Health",
        Asked::Agent => "Agent",
    };
    let role = if server.role == Role::Backup { "backup " } else { "" };
    let result = match report.status.result() {
        CheckResult::PassedConditionally => "conditionally succeeded",
        CheckResult::Passed => "succeeded",
        CheckResult::Failed | CheckResult::Unknown | CheckResult::Neutral => "failed",
    };
    let mut text =
        format!("{kind} check for {role}server {} {result}", full_name(shared, server)).into_bytes();
    push_cause(&mut text, report);
    let (steps, of) = health.shown();
    let word = match (health.is_up(), server.weight()) {
        (false, _) => "DOWN",
        (true, 0) => "DRAIN",
        (true, _) => "UP",
    };
    text.extend_from_slice(format!(", status: {steps}/{of} {word}.").as_bytes());
    tell(shared, server.proxy, "[WARNING]", Level::Notice, &text, &text);
}

/// A server's change of health, and its backend's if that was its last server.
pub(super) fn change(shared: &Shared, server: &Server, change: &Change, cause: Option<&CheckReport>) {
    let role = if server.role == Role::Backup { "Backup " } else { "" };
    let word = match change.to {
        Health::Down => "DOWN",
        Health::Stopping => "stopping",
        Health::Up | Health::Starting => "UP",
    };
    let mut text = format!("{role}Server {} is {word}", full_name(shared, server)).into_bytes();
    if let Some(report) = cause {
        push_cause(&mut text, report);
    }
    push_tracked(&mut text, shared, server);
    push_consequences(&mut text, server, change);
    // Nobody is alarmed by a server that had announced it.
    let level = if change.to == Health::Down && !change.was_leaving { Level::Alert } else { Level::Notice };
    tell(shared, server.proxy, "[WARNING]", level, &text, &text);
    if change.backend_went_down {
        went_down(shared, server.proxy);
    }
}

/// What is told of a change by an operator or by name servers.
#[derive(Debug, Clone)]
pub(super) struct Administered {
    /// What became of the server.
    pub(super) text: String,
    /// How bad it is.
    pub(super) level: Level,
    /// Whether it changed who serves.
    pub(super) has_consequences: bool,
    /// Whether the tracked server is named, as what was said of it may be why.
    pub(super) names_tracked: bool,
}

/// ` via BACKEND/SERVER`, for a server that tracks another.
fn push_tracked(text: &mut Vec<u8>, shared: &Shared, server: &Server) {
    let Some((proxy, id)) = shared.server(server).config(&shared.config).track else { return };
    if let Some(tracked) = shared.runtime.proxy(proxy).servers.get(id.index()) {
        text.extend_from_slice(b" via ");
        text.extend_from_slice(full_name(shared, &tracked).as_bytes());
    }
}

/// An operator's change of a server, and its backend's if that was its last server.
pub(super) fn administered(shared: &Shared, server: &Server, change: &Change, told: &Administered) {
    let Administered { text, level, has_consequences, names_tracked } = told;
    let role = if server.role == Role::Backup { "Backup " } else { "" };
    let mut line = format!("{role}Server {} {text}", full_name(shared, server)).into_bytes();
    if *names_tracked {
        push_tracked(&mut line, shared, server);
    }
    if *has_consequences {
        push_consequences(&mut line, server, change);
    } else {
        line.push(b'.');
    }
    tell(shared, server.proxy, "[WARNING]", *level, &line, &line);
    if change.backend_went_down {
        went_down(shared, server.proxy);
    }
}

/// A server's address changed: `changed` says how, and who did it.
pub(super) fn address(shared: &Shared, server: &Server, changed: &str) {
    let line = format!("{}: {changed}.", full_name(shared, server));
    tell(shared, server.proxy, "[WARNING]", Level::Notice, line.as_bytes(), line.as_bytes());
}

/// A server works again because its name has an address.
pub(super) fn resolved(shared: &Shared, server: &Server) {
    let name = full_name(shared, server);
    let line = format!("Server {name} administratively READY thanks to valid DNS answer.");
    tell(shared, server.proxy, "[WARNING]", Level::Notice, line.as_bytes(), line.as_bytes());
}

/// A server's host has another name.
pub(crate) fn renamed(shared: &Shared, server: &Server, changed: &str) {
    let proxy = shared.proxy(server.proxy);
    let origin = origin(shared, proxy.log_tag.as_deref());
    for logger in &proxy.loggers {
        logger.send(Level::Notice, &origin, &[], changed.as_bytes());
    }
}

/// The last server of a backend is gone.
fn went_down(shared: &Shared, proxy: ProxyId) {
    let proxy = shared.config.proxy(proxy);
    let title = title(proxy.sides);
    let line = format!("{title} {} has no server available!", proxy.name);
    let shown = format!("{title} '{}' has no server available!", proxy.name);
    tell(shared, proxy.id, "[ALERT]", Level::Emerg, line.as_bytes(), shown.as_bytes());
}

pub(super) fn full_name(shared: &Shared, server: &Server) -> String {
    format!("{}/{}", shared.runtime.proxy(server.proxy).name, server.name)
}

fn push_consequences(text: &mut Vec<u8>, server: &Server, change: &Change) {
    let Usable { active, backup } = change.usable;
    let on_backup = if backup > 0 && active == 0 { " Running on backup." } else { "" };
    let (requeued, queued) = (change.requeued, server.queued.get());
    let more = if change.to == Health::Down {
        let sessions = server.sessions.get();
        format!(
            ". {active} active and {backup} backup servers left.{on_backup} \
             {sessions} sessions active, {requeued} requeued, {queued} remaining in queue."
        )
    } else {
        format!(
            ". {active} active and {backup} backup servers online.{on_backup} \
             {requeued} sessions requeued, {queued} total in queue."
        )
    };
    text.extend_from_slice(more.as_bytes());
}

/// `, reason: ..., code: ..., info: "...", check duration: ...ms`.
fn push_cause(text: &mut Vec<u8>, report: &CheckReport) {
    text.extend_from_slice(b", reason: ");
    text.extend_from_slice(report.status.description().as_bytes());
    if report.status.has_code() {
        text.extend_from_slice(b", code: ");
        push_decimal(text, i64::from(report.code));
    }
    if !report.description.is_empty() {
        text.extend_from_slice(b", info: \"");
        push_encoded(text, &report.description);
        text.push(b'"');
    }
    if let Some(duration_ms) = report.duration_ms {
        text.extend_from_slice(format!(", check duration: {duration_ms}ms").as_bytes());
    }
}

/// What a server said, such that it cannot break the line: `<XX>` for everything odd.
fn push_encoded(text: &mut Vec<u8>, said: &[u8]) {
    for byte in said {
        match byte {
            b'"' | b'<' | b'>' => text.extend_from_slice(format!("<{byte:02X}>").as_bytes()),
            b' '..=b'~' => text.push(*byte),
            _ => text.extend_from_slice(format!("<{byte:02X}>").as_bytes()),
        }
    }
}

/// Something that keeps checks from running.
pub(crate) fn alert(shared: &Shared, text: &str) {
    print(shared, "[ALERT]", text.as_bytes());
}

/// Something that an operator did, worth a note.
pub(crate) fn notice(shared: &Shared, text: &str) {
    print(shared, "[NOTICE]", text.as_bytes());
}

fn tell(shared: &Shared, proxy: ProxyId, tag: &str, level: Level, line: &[u8], shown: &[u8]) {
    let run = shared.proxy(proxy);
    let origin = origin(shared, run.log_tag.as_deref());
    for logger in &run.loggers {
        logger.send(level, &origin, &[], line);
    }
    print(shared, tag, shown);
}

fn print(shared: &Shared, tag: &str, text: &[u8]) {
    if shared.config.global.is_quiet {
        return;
    }
    let mut line = format!("{tag:<11}({}) : ", shared.runtime.process.pid).into_bytes();
    line.extend_from_slice(text);
    line.push(b'\n');
    // Who closed standard error does not want to know.
    let _ = std::io::stderr().write_all(&line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use state::check::CheckStatus;

    #[test]
    fn causes() {
        let shown = |report: &CheckReport| {
            let mut text = Vec::new();
            push_cause(&mut text, report);
            String::from_utf8(text).unwrap()
        };
        let report =
            CheckReport { code: 503, duration_ms: Some(7), ..CheckReport::new(CheckStatus::L7Status) };
        assert_eq!(
            shown(&report.describe("say \"no\"\n<x>")),
            ", reason: Layer7 wrong status, code: 503, info: \"say <22>no<22><0A><3C>x<3E>\", check duration: 7ms"
        );
        assert_eq!(shown(&CheckReport::new(CheckStatus::L7Timeout)), ", reason: Layer7 timeout");
    }
}
