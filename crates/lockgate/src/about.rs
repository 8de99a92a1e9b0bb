//! What the runtime API tells about the program and its start.

use ::control::machine::Machine;
use ::control::{About, StatsListener};
use base::clock;
use syntax::Environment;

use crate::version::{HAPROXY_RELEASE_DATE, HAPROXY_VERSION};
use crate::{facts, version, worker};

/// Gathers it when the start is over. `sockets` are those of the runtime API; `machine` was looked at when it began.
pub(crate) fn gather(environment: &Environment, sockets: &[StatsListener], machine: Machine) -> About {
    let mut environment: Vec<_> =
        environment.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    if !sockets.is_empty() && worker::link().is_some() {
        let names: Vec<&str> = sockets.iter().map(|socket| socket.name.as_str()).collect();
        environment.push((b"HAPROXY_CLI".to_vec(), names.join(";").into_bytes()));
    }
    let nofile = net::process::nofile_limit().0;
    About {
        version: HAPROXY_VERSION.to_owned(),
        build: format!("{HAPROXY_VERSION} (lockgate {})", env!("CARGO_PKG_VERSION")),
        release_date: HAPROXY_RELEASE_DATE.to_owned(),
        environment,
        nofile,
        // A connection through the proxy takes two descriptors.
        hard_maxconn: u32::try_from(nofile / 2).unwrap_or(u32::MAX),
        sockets: sockets.iter().map(|socket| (socket.name.clone(), socket.level)).collect(),
        boot: std::time::Duration::from_millis(clock::now().0),
        features: facts::feature_list(),
        build_lines: version::built_with(),
        machine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_kept() {
        let mut environment = Environment::new();
        environment.set("A", "1");
        let about = gather(&environment, &[], Machine::default());
        assert_eq!(about.environment, [(b"A".to_vec(), b"1".to_vec())]);
        assert!(about.nofile > 0 && about.version.starts_with("3.5"));
    }
}
