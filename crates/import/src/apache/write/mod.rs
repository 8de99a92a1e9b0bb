//! From servers to our text. A frontend keeps Apache's phases apart: what chooses, what changes the request, what changes
//! the answer. Conditions look at variables of the transaction (`txn.path`, `txn.host`, `txn.pass`), which say what the
//! request was before it was changed.

mod access;
mod answers;
mod backends;
mod errors;
mod forward;
mod frontend;
mod headers;
mod hosts;
mod logs;
mod redirects;
mod rewrite;
mod routing;
mod text;
mod tls;

use backends::Backends;
use text::{Lines, Names};

use super::model::Config;
use super::reader::Source;
use super::{Problem, Tree};

/// What writing has at hand.
struct Shared<'a> {
    tree: &'a dyn Tree,
    config: &'a Config,
    problems: &'a mut Vec<Problem>,
    backends: Backends,
    /// The one address that log lines go to.
    has_logs: bool,
    /// `issuers-chain-path` lines.
    chains: Vec<(String, Source)>,
}

impl Shared<'_> {
    fn problem(&mut self, source: &Source, message: impl Into<String>) {
        let problem = Problem { place: source.place.clone(), message: message.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// Writes the configuration.
pub(super) fn write(tree: &dyn Tree, config: &Config, problems: &mut Vec<Problem>) -> String {
    let entries = hosts::entries(config, problems);
    let mut shared =
        Shared { tree, config, problems, backends: Backends::default(), has_logs: false, chains: Vec::new() };
    let mut frontends = String::new();
    let mut names = Names::default();
    for entry in &entries {
        frontends.push_str(&frontend::write(&mut shared, entry, &mut names));
    }
    let mut out = String::new();
    section(&mut out, "global", &global(&shared));
    section(&mut out, "defaults", &defaults(config));
    out.push_str(&frontends);
    out.push_str(&shared.backends.render());
    out
}

/// What was not carried over, as comments.
pub(super) fn trailer(problems: &[Problem]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n# Not carried over:\n");
    for problem in problems {
        out.push_str(&format!("# {}\n", problem.to_string().replace(char::is_control, " ")));
    }
    out
}

/// A section's text.
fn section(out: &mut String, header: &str, lines: &Lines) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&format!("{header}\n"));
    lines.render(out);
}

fn global(shared: &Shared<'_>) -> Lines {
    let mut lines = Lines::default();
    lines.note(
        "Paths are brought into one form before they are compared (normalize-uri below).",
        "expose-experimental-directives",
    );
    for (line, source) in &shared.chains {
        lines.add(source, line.clone());
    }
    if shared.has_logs {
        let target = "log /dev/log local0";
        match &shared.config.main.error_log {
            Some((_, source)) => lines.add(source, target),
            None => lines.note("The lines of logs go to syslog.", target),
        }
    }
    lines
}

/// Times that Apache has without being told, milliseconds.
const TIMEOUT_MS: u64 = 60_000;
const KEEP_ALIVE_MS: u64 = 5_000;

fn defaults(config: &Config) -> Lines {
    let mut lines = Lines::default();
    let main = &config.main.seconds;
    lines.note("Apache's own times where it is not told others.", "mode http");
    let whole = main.timeout.as_ref().map_or(TIMEOUT_MS, |(ms, _)| *ms);
    let source = main.timeout.as_ref().map(|(_, source)| source);
    const NOTE: &str = "Apache's own times where it is not told others.";
    lines.add_or_note(source, NOTE, format!("timeout client {}", time(whole)));
    lines.add_or_note(source, NOTE, format!("timeout connect {}", time(whole)));
    let (proxy, source) = match &main.proxy {
        Some((ms, proxy)) => (*ms, Some(proxy)),
        None => (whole, source),
    };
    lines.add_or_note(source, NOTE, format!("timeout server {}", time(proxy)));
    let (idle, source) =
        main.keep_alive.as_ref().map_or((KEEP_ALIVE_MS, None), |(ms, source)| (*ms, Some(source)));
    lines.add_or_note(source, NOTE, format!("timeout http-keep-alive {}", time(idle)));
    if let Some((head, source)) = &main.head {
        lines.add(source, format!("timeout http-request {}", time(*head)));
    }
    lines
}

/// A time as our lines have it.
fn time(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}
