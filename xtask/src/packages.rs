//! Programs that the tests need beside Rust, from Debian's packages.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::step::{self, Trouble};

/// What to do about programs that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Install them, if this user may.
    Install,
    /// Say which ones, and fail.
    OnlyLook,
}

/// A program and the package that has it.
const PROGRAMS: &[(&str, &str)] = &[
    ("varnishtest", "varnish"),
    ("socat", "socat"),
    // Peers of the end-to-end tests of TLS.
    ("curl", "curl"),
    ("openssl", "openssl"),
    ("haproxy", "haproxy"),
    ("sslscan", "sslscan"),
    // Machines and rules of the tests in network namespaces.
    ("ip", "iproute2"),
    ("iptables", "iptables"),
    ("ip6tables", "iptables"),
    ("nft", "nftables"),
    // What the importer's results are compared with: the program and its modules, without the service that Debian's
    // package `apache2` would start on port 80.
    ("apache2", "apache2-bin"),
];

/// Makes sure that all programs are there.
pub(crate) fn ensure(policy: Policy) -> Result<(), Trouble> {
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get install {}", missing.join(" "));
    if policy == Policy::OnlyLook {
        return Err(Trouble::Other(format!("missing: as root, run: {by_hand}")));
    }
    let Some(prefix) = privileges() else {
        let text = format!("missing, and neither root nor a sudo without password: as root, run: {by_hand}");
        return Err(Trouble::Other(text));
    };
    let mut update = apt(prefix);
    update.arg("update");
    step::run("apt-get update", &mut update, Duration::from_secs(300))?;
    let mut install = apt(prefix);
    install.args(["install", "--yes", "--no-install-recommends"]).args(&missing);
    step::run(&by_hand, &mut install, Duration::from_secs(600))
}

/// The words before `apt-get`: none for root, `sudo` where it asks for no password; `None` without either.
fn privileges() -> Option<&'static [&'static str]> {
    if rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    let asked = Command::new("sudo").args(["-n", "true"]).status();
    asked.is_ok_and(|status| status.success()).then_some(&["sudo", "-n"])
}

fn apt(prefix: &[&str]) -> Command {
    let mut words = prefix.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    let mut command = Command::new(words.next().unwrap_or("apt-get"));
    command.args(words).arg("--quiet");
    command
}

/// Where a program is, from PATH and where Debian has its servers.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let directories = env::split_paths(&path).chain(["/usr/sbin".into()]);
    directories.map(|directory| directory.join(program)).find(|file| file.is_file())
}
