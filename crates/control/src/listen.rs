//! The sockets of `stats socket`: bound at the start, before privileges are dropped, so that whoever waits for one finds
//! it.

use std::os::fd::OwnedFd;

use config::Config;
use config::model::{BindAddress, StatsSocket};
use diag::{Diagnostic, Diagnostics};
use net::handover::{Kind, OldSockets};

use crate::access::{Level, SeverityOutput};

/// A bound socket, and what those who connect to it may do.
#[derive(Debug)]
pub struct StatsListener {
    /// The listening socket.
    pub fd: OwnedFd,
    /// `level`.
    pub level: Level,
    /// `expose-fd listeners`.
    pub exposes_listeners: bool,
    /// `severity-output`.
    pub severity_output: SeverityOutput,
    /// Its address, as it is shown.
    pub name: String,
}

/// Binds all sockets of a configuration.
///
/// # Errors
/// One diagnostic for each that cannot be bound.
pub fn bind(config: &Config) -> Result<Vec<StatsListener>, Diagnostics> {
    bind_from(config, &OldSockets::default())
}

/// The same with the sockets of an old process where it listened on the same addresses.
///
/// # Errors
/// As [`bind`].
pub fn bind_from(config: &Config, old: &OldSockets) -> Result<Vec<StatsListener>, Diagnostics> {
    let mut listeners = Vec::new();
    let mut diags = Diagnostics::new();
    for socket in &config.global.stats_sockets {
        match bind_one(socket, old) {
            Ok(listener) => listeners.push(listener),
            Err(problem) => diags.push(*problem),
        }
    }
    if diags.has_errors() { Err(diags) } else { Ok(listeners) }
}

fn bind_one(socket: &StatsSocket, old: &OldSockets) -> Result<StatsListener, Box<Diagnostic>> {
    let endpoint = match &socket.address {
        BindAddress::Endpoint(endpoint) => endpoint.clone(),
        BindAddress::Inherited(fd) => net::Endpoint::Fd(*fd),
    };
    let options = net::ListenOptions {
        unix_mode: socket.permissions.mode,
        unix_uid: socket.permissions.uid,
        unix_gid: socket.permissions.gid,
        ..net::ListenOptions::default()
    };
    let name = endpoint.to_string();
    let again = |fd| net::listen::listen_again(fd, &endpoint, &options, &mut Vec::new()).ok();
    let taken = old.take(&endpoint, Kind::Stream, &options).into_iter().find_map(again);
    let made = taken.map_or_else(|| net::listen(&endpoint, &options), Ok);
    let fd = made.map_err(|error| {
        let text = format!("cannot listen on {endpoint} for `stats socket`: {error}");
        Box::new(Diagnostic::error(text).at(socket.span).code(diag::codes::CANNOT_LISTEN))
    })?;
    let level = Level::parse(&socket.level).unwrap_or(Level::Operator);
    let severity_output = SeverityOutput::parse(socket.severity_output.as_bytes()).unwrap_or_default();
    Ok(StatsListener { fd, level, exposes_listeners: socket.exposes_listeners, severity_output, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(path: &str, level: &str) -> Config {
        let mut config = Config::default();
        config.global.stats_sockets.push(StatsSocket {
            address: BindAddress::Endpoint(net::Endpoint::Unix(path.as_bytes().to_vec())),
            level: level.into(),
            severity_output: "number".into(),
            permissions: config::model::UnixPermissions { mode: Some(0o600), ..Default::default() },
            exposes_listeners: false,
            span: diag::Span::line(diag::FileId(0), 1),
        });
        config
    }

    #[test]
    fn a_socket_has_its_level() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s").to_string_lossy().into_owned();
        let listeners = bind(&config(&path, "admin")).unwrap();
        assert_eq!((listeners[0].level, listeners.len()), (Level::Admin, 1));
        assert_eq!(listeners[0].severity_output, SeverityOutput::Number);
    }

    #[test]
    fn what_cannot_be_bound_is_told() {
        assert_eq!(bind(&config("/nonexistent/dir/s", "user")).unwrap_err().errors(), 1);
    }
}
