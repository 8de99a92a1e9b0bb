//! What SIGHUP asks for: the state of all servers, in the proxies' logs and on standard error; and the line that each
//! proxy logs when it has stopped. Tools match the wording of HAProxy's lines, so theirs is kept.

use diag::Diagnostic;
use engine::Shared;
use logs::{Level, Origin};
use state::Proxy;
use state::server::Role;

use crate::report::Report;

/// Tells the states of all servers.
pub(crate) fn tell(shared: &Shared, report: Option<&Report>) {
    let say = |text: &str| {
        if let Some(report) = report {
            report.tell_one(Diagnostic::warning(text));
        }
    };
    say("SIGHUP received, dumping servers states.");
    for proxy in &shared.runtime.proxies {
        let head = format!("SIGHUP received, dumping servers states for proxy {}.", proxy.name);
        log(shared, proxy, Level::Notice, &head);
        for line in lines(proxy) {
            say(&line);
            log(shared, proxy, Level::Notice, &line);
        }
    }
}

/// A line for each server of a proxy, and one for the proxy.
fn lines(proxy: &Proxy) -> Vec<String> {
    let mut lines = Vec::new();
    for server in &proxy.servers {
        lines.push(format!(
            "SIGHUP: Server {}/{} is {}. Conn: {} act, {} pend, {} tot.",
            proxy.name,
            server.name,
            if server.is_running() { "UP" } else { "DOWN" },
            server.sessions.get(),
            server.queued.get(),
            server.counters.sum(|c| &c.cum_sess),
        ));
    }
    let counts = format!(
        "Conn: act(FE+BE): {}+{}, {} pend ({} unass), tot(FE+BE): {}+{}.",
        proxy.frontend_sessions.get(),
        proxy.backend_sessions.get(),
        proxy.queued.get() + proxy.servers.iter().map(|server| server.queued.get()).sum::<u32>(),
        proxy.queued.get(),
        proxy.frontend.sum(|c| &c.cum_conn),
        proxy.backend.sum(|c| &c.cum_sess),
    );
    let usable = |role: Role| proxy.servers.iter().filter(|s| s.role == role && s.is_usable()).count();
    let state = match (proxy.servers.is_empty(), usable(Role::Active), usable(Role::Backup)) {
        (true, ..) => "has no servers.".to_owned(),
        (_, 0, 0) => "has no server available !".to_owned(),
        (_, 0, _) => "is running on backup servers !".to_owned(),
        (_, active, backup) => {
            format!("has {active} active servers and {backup} backup servers available.")
        }
    };
    lines.push(format!("SIGHUP: Proxy {} {state} {counts}", proxy.name));
    lines
}

/// Logs for each proxy that it has stopped.
pub(crate) fn log_stopped(shared: &Shared) {
    for proxy in &shared.runtime.proxies {
        let text = format!(
            "Proxy {} stopped (cumulated conns: FE: {}, BE: {}).",
            proxy.name,
            proxy.frontend.sum(|c| &c.cum_conn),
            proxy.backend.sum(|c| &c.cum_sess),
        );
        log(shared, proxy, Level::Warning, &text);
    }
}

/// Sends one message to all log targets of a proxy.
fn log(shared: &Shared, proxy: &Proxy, level: Level, text: &str) {
    let run = shared.proxy(proxy.id);
    let origin = Origin {
        hostname: shared.log_hostname.as_deref(),
        tag: run.log_tag.as_deref().unwrap_or(&shared.log_tag),
        pid: shared.runtime.process.pid,
    };
    for logger in &run.loggers {
        logger.send(level, &origin, b"", text.as_bytes());
    }
}
