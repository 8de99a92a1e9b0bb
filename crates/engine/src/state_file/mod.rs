//! State files: what servers were when `show servers state` wrote it down, for a process that goes on where another one ended
//! (configuration manual, chapters 3.1 "server-state-file", 4.2 "load-server-state-from-file").
//!
//! A file begins with the version of its form; each line is one server. What the configuration says now goes before what a
//! file says where the configuration changed in between: `disabled`, and the weight.

mod line;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;

use base::clock::{self, Millis};
use config::model::{ServerConfig, StateFrom};
use config::{Config, ProxyConfig};
use diag::{Diagnostic, Diagnostics, codes};
use rustc_hash::FxHashMap;
use state::Server;
use state::check::{CheckPlace, CheckState, Disabled};
use state::server::{ADMIN_DRAIN, ADMIN_MAINT, Health};

use crate::shared::{ServerRun, TlsUse};
pub(crate) use line::StateLine;
pub use line::{COLUMNS, VERSION};
use line::{CONFIG_MAINT, FORCED_DRAIN, FORCED_MAINT, Operation};

/// The lines of one file, by backend and server.
type Lines = FxHashMap<(String, String), StateLine>;

/// The state files of a configuration, each read once.
pub(crate) struct StateFiles {
    global: Option<Rc<Lines>>,
    /// Whether files of single proxies are read.
    reads: bool,
}

impl StateFiles {
    /// Reads the file that proxies share, if some proxy asks for it.
    pub(crate) fn open(config: &Config, diags: &mut Diagnostics) -> Self {
        let wants = |proxy: &ProxyConfig| proxy.state_from == StateFrom::Global && is_concerned(proxy);
        let path = config.global.server_state_file.as_deref().filter(|_| config.proxies.iter().any(wants));
        let global = path.and_then(|path| read(&path_of(config, path), "", diags));
        StateFiles { global: global.map(Rc::new), reads: true }
    }

    /// No file is read.
    pub(crate) fn none() -> Self {
        StateFiles { global: None, reads: false }
    }

    /// What is known of the servers of `proxy`.
    pub(crate) fn of(&self, config: &Config, proxy: &ProxyConfig, diags: &mut Diagnostics) -> States {
        let lines = match proxy.state_from {
            _ if !self.reads || !is_concerned(proxy) => None,
            StateFrom::None => None,
            StateFrom::Global => self.global.clone(),
            StateFrom::Local => {
                let name = proxy.server_state_file_name.as_deref().unwrap_or(proxy.name.as_bytes());
                let whose = format!("Proxy '{}': ", proxy.name);
                read(&path_of(config, name), &whose, diags).map(Rc::new)
            }
        };
        States { lines }
    }
}

/// Whether files are looked at for its servers.
fn is_concerned(proxy: &ProxyConfig) -> bool {
    proxy.sides.has_backend() && !proxy.is_disabled && !proxy.servers.is_empty()
}

/// A relative path is relative to `server-state-base`.
fn path_of(config: &Config, name: &[u8]) -> PathBuf {
    let name = PathBuf::from(OsStr::from_bytes(name));
    match &config.global.server_state_base {
        Some(base) => PathBuf::from(OsStr::from_bytes(base)).join(name),
        None => name,
    }
}

/// Reads one file; `None` where nothing can be learnt from it, which is told.
fn read(path: &std::path::Path, whose: &str, diags: &mut Diagnostics) -> Option<Lines> {
    let shown = path.display();
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) => {
            let text = format!("{whose}the state file '{shown}' cannot be read: {error}");
            // At the first start there is none.
            let is_absent = error.kind() == ErrorKind::NotFound;
            diags.push(
                if is_absent { Diagnostic::notice(text) } else { Diagnostic::warning(text) }
                    .code(codes::CANNOT_START),
            );
            return None;
        }
    };
    if text.is_empty() {
        diags.push(
            Diagnostic::notice(format!("{whose}the state file '{shown}' is empty")).code(codes::CANNOT_START),
        );
        return None;
    }
    match parse(&text) {
        Ok(lines) => Some(lines),
        Err(0) => {
            let text = format!("{whose}the state file '{shown}' does not begin with a version that is known");
            diags.push(Diagnostic::warning(text).code(codes::CANNOT_START));
            None
        }
        Err(number) => {
            let text = format!("{whose}the state file '{shown}' is corrupt at line {number}; it is not used");
            diags.push(Diagnostic::warning(text).code(codes::CANNOT_START));
            None
        }
    }
}

/// The lines of a text, or the number of the line that is wrong, 0 for that of the version.
fn parse(text: &[u8]) -> Result<Lines, usize> {
    let text = String::from_utf8_lossy(text);
    let Some((version, rest)) = text.split_once('\n') else { return Err(0) };
    if version.trim_ascii().parse() != Ok(VERSION) {
        return Err(0);
    }
    let mut lines = Lines::default();
    for (at, text) in rest.split_inclusive('\n').enumerate() {
        // A line that was cut off has no end.
        let Some(text) = text.strip_suffix('\n') else { return Err(at + 1) };
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        if fields.first().is_none_or(|first| first.starts_with('#')) {
            continue;
        }
        let (key, line) = StateLine::parse(&fields).ok_or(at + 1)?;
        // The first of several counts.
        lines.entry(key).or_insert(line);
    }
    Ok(lines)
}

/// What is known of the servers of one proxy.
pub(crate) struct States {
    lines: Option<Rc<Lines>>,
}

impl States {
    /// What is known of one server.
    pub(crate) fn server(&self, proxy: &ProxyConfig, server: &ServerConfig) -> Option<&StateLine> {
        self.lines.as_ref()?.get(&(proxy.name.to_string(), server.name.to_string()))
    }
}

impl StateLine {
    /// Gives a server that is being built what it had; `line` is what the configuration says of it now.
    pub(crate) fn restore(
        &self,
        proxy: &ProxyConfig,
        line: &ServerConfig,
        server: &Server,
        diags: &mut Diagnostics,
    ) -> Option<Restored> {
        if let Some(wrong) = self.wrong() {
            let name = format!("{}/{}", proxy.name, server.name);
            let text = format!("the state of server '{name}' in its state file is not used: {wrong}");
            diags.push(Diagnostic::warning(text).at(line.span).code(codes::CANNOT_START));
            return None;
        }
        self.restore_administration(line, server);
        if self.initial_weight == i64::from(server.initial_weight) {
            server.set_weight(u32::try_from(self.weight).unwrap_or(0));
        }
        if let Some(mut addr) = server.endpoint().inet()
            && self.port > 0
            && line.port_offset.is_none()
        {
            addr.set_port(u16::try_from(self.port).unwrap_or(0));
            server.set_endpoint(net::Endpoint::Inet(addr));
        }
        self.restore_health(server);
        Some(Restored {
            operation: self.operation,
            health: self.health,
            checks: self.checks(),
            agent: self.agent(),
            uses_tls: self.uses_tls,
            check_place: self.check_place.clone(),
            agent_place: self.agent_place.clone(),
        })
    }

    /// Whether it is up, and since when.
    fn restore_health(&self, server: &Server) {
        let is_maintained = server.admin() & ADMIN_MAINT != 0;
        match self.operation {
            // What is in maintenance is down in the file, and up when it comes back.
            Operation::Stopped if self.admin & (FORCED_MAINT | CONFIG_MAINT) == 0 => {
                server.set_health(Health::Down)
            }
            Operation::Stopping => server.set_health(Health::Stopping),
            Operation::Stopped | Operation::Starting | Operation::Running => {}
        }
        let since = Millis(clock::now().0.saturating_sub(self.since_change_s.saturating_mul(1000)));
        server.uptime.restore(since, is_maintained || server.health() == Health::Down);
    }

    fn restore_administration(&self, line: &ServerConfig, server: &Server) {
        let was_disabled = self.admin & CONFIG_MAINT != 0;
        let was_maintained = self.admin & FORCED_MAINT != 0;
        // Whoever changed the configuration meant it.
        let is_maintained = if was_disabled == line.is_disabled { was_maintained } else { line.is_disabled };
        let (set, clear) = if is_maintained { (ADMIN_MAINT, 0) } else { (0, ADMIN_MAINT) };
        server.change_admin(set, clear);
        let was_forced = self.initial_weight > 0 || server.initial_weight == 0;
        if !is_maintained && self.admin & FORCED_DRAIN != 0 && was_forced {
            server.change_admin(ADMIN_DRAIN, 0);
        }
    }
}

/// What is restored of a server once its checks and its TLS are known.
#[derive(Debug, Clone)]
pub struct Restored {
    operation: Operation,
    health: u32,
    checks: Disabled,
    agent: Disabled,
    uses_tls: Option<bool>,
    check_place: CheckPlace,
    agent_place: CheckPlace,
}

impl Restored {
    /// Gives the checks of a server that is being started what they had.
    pub(crate) fn restore_checks(&self, server: &Server) {
        let check = &server.check;
        restore_place(&self.check_place, check);
        let full = check.health().full();
        let rise = check.health().rise;
        check.set_health(match self.operation {
            Operation::Stopped => 0,
            Operation::Starting if rise == 1 => full,
            Operation::Starting => self.health.clamp(1, rise - 1),
            Operation::Running => full,
            Operation::Stopping => self.health.clamp(rise, full.saturating_sub(1).max(rise)),
        });
        if self.checks == Disabled::Yes {
            check.set_disabled(Disabled::Yes);
        }
    }

    /// Gives the agent of a server that is being started what it had.
    pub(crate) fn restore_agent(&self, server: &Server) {
        restore_place(&self.agent_place, &server.agent);
        server.agent.set_disabled(self.agent);
    }

    /// Switches TLS as it was, where the server's line prepares it.
    pub(crate) fn restore_tls(&self, run: &ServerRun) {
        if let Some(uses_tls) = self.uses_tls {
            run.set_tls(if uses_tls { TlsUse::On } else { TlsUse::Off });
        }
    }
}

fn restore_place(place: &CheckPlace, check: &CheckState) {
    if *place != CheckPlace::default() {
        check.change_place(|changed| *changed = place.clone());
    }
}

#[cfg(test)]
mod tests;
