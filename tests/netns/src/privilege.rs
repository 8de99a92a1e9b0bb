//! Whether this process may make network namespaces, and whether the programs for it are installed.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// CAP_NET_ADMIN and CAP_SYS_ADMIN of capabilities(7), as bits of `CapEff` in proc_pid_status(5).
const CAPABILITIES: [(&str, u32); 2] = [("CAP_NET_ADMIN", 12), ("CAP_SYS_ADMIN", 21)];

/// The programs that the harness and the tests run.
const PROGRAMS: [&str; 4] = ["ip", "iptables", "ip6tables", "nft"];

/// What is missing, as the rest of a sentence; `None` where the tests can run.
pub fn missing() -> Option<String> {
    let mut lacks: Vec<String> = Vec::new();
    let effective = effective_capabilities();
    lacks.extend(
        CAPABILITIES.iter().filter(|(_, bit)| effective >> bit & 1 == 0).map(|(name, _)| (*name).to_owned()),
    );
    lacks.extend(
        PROGRAMS.iter().filter(|name| find(name).is_none()).map(|name| format!("the program `{name}`")),
    );
    if lacks.is_empty() {
        lacks.extend(cannot_make_one());
    }
    (!lacks.is_empty()).then(|| lacks.join(", "))
}

fn effective_capabilities() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    field.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}

/// A container may grant the capabilities and still forbid it: one is made, and removed.
fn cannot_make_one() -> Option<String> {
    let name = format!("lgt-{}-probe", std::process::id());
    let made = Command::new("ip").args(["netns", "add", &name]).output();
    let failed = match made {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(error.to_string()),
    };
    let _ = Command::new("ip").args(["netns", "del", &name]).output();
    failed.map(|why| format!("`ip netns add` fails ({why})"))
}

/// Where a program is, from PATH and where Debian has its administrators' programs.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let directories = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    directories.map(|directory| directory.join(program)).find(|file| file.is_file())
}
