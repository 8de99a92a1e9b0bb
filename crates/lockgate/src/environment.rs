//! The variables that a configuration finds set (chapter 2.3 of the manual): the process's own, and HAProxy's.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use sample::logformat as formats;
use syntax::Environment;

use crate::version::{HAPROXY_BRANCH, HAPROXY_VERSION};

/// The host's name, as the kernel knows it.
pub(crate) fn hostname() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    text.trim().to_owned()
}

/// The process's environment with HAProxy's variables on top. `files` are all files of the configuration.
pub(crate) fn presets(local_peer: &str, files: &[OsString]) -> Environment {
    let mut env = Environment::from_process();
    env.set_if_absent("HAPROXY_STARTUP_VERSION", HAPROXY_VERSION);
    env.set("HAPROXY_LOCALPEER", local_peer);
    env.set("HAPROXY_BRANCH", HAPROXY_BRANCH);
    env.set("HAPROXY_CFGFILES", files.iter().map(|file| file.as_bytes()).collect::<Vec<_>>().join(&b';'));
    env.set("HAPROXY_HTTP_LOG_FMT", formats::HTTP);
    env.set("HAPROXY_HTTP_CLF_LOG_FMT", formats::HTTP_CLF);
    env.set("HAPROXY_HTTPS_LOG_FMT", formats::HTTPS);
    env.set("HAPROXY_TCP_LOG_FMT", formats::TCP);
    env.set("HAPROXY_TCP_CLF_LOG_FMT", formats::TCP_CLF);
    env.set("HAPROXY_KEYLOG_FC_LOG_FMT", key_log("fc"));
    env.set("HAPROXY_KEYLOG_BC_LOG_FMT", key_log("bc"));
    env
}

/// A log format that writes the secrets of a TLS connection as `SSLKEYLOGFILE` has them. `side` is `fc` or `bc`.
fn key_log(side: &str) -> String {
    let mut lines =
        vec![format!("CLIENT_RANDOM %[ssl_{side}_client_random,hex]  %[ssl_{side}_session_key,hex]")];
    let secrets = [
        "client_early_traffic_secret",
        "client_handshake_traffic_secret",
        "server_handshake_traffic_secret",
        "client_traffic_secret_0",
        "server_traffic_secret_0",
        "exporter_secret",
        "early_exporter_secret",
    ];
    for secret in secrets {
        let label = secret.to_uppercase();
        lines.push(format!("{label} %[ssl_{side}_client_random,hex] %[ssl_{side}_{secret}]"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_there() {
        let env = presets("lb1", &["a.cfg".into(), "b.cfg".into()]);
        assert_eq!(env.get(b"HAPROXY_LOCALPEER"), Some(&b"lb1"[..]));
        assert_eq!(env.get(b"HAPROXY_CFGFILES"), Some(&b"a.cfg;b.cfg"[..]));
        assert!(env.get(b"HAPROXY_TCP_LOG_FMT").unwrap().starts_with(b"%ci:%cp"));
        assert!(
            env.get(b"HAPROXY_KEYLOG_FC_LOG_FMT")
                .unwrap()
                .starts_with(b"CLIENT_RANDOM %[ssl_fc_client_random")
        );
    }
}
