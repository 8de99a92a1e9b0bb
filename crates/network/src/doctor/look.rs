//! Looking at the machine: `/proc`, rtnetlink, and the programs that tell the packet filter's rules. Nothing here
//! fails: what cannot be known is left out, and the lists take that for missing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{Resource, getrlimit};
use serde_json::Value;

use super::{Facts, Listening, Needs, Netfilter};
use crate::apply::Machine;
use crate::netlink::Netlink;

/// The settings that the lists speak about; those of devices come on top.
const SYSCTLS: &[&str] = &[
    "fs.file-max",
    "fs.nr_open",
    "net.core.somaxconn",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_nonlocal_bind",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv6.conf.all.forwarding",
    "net.ipv6.ip_nonlocal_bind",
];

/// Everything that the lists may ask for.
#[must_use]
pub fn look(needs: &Needs) -> Facts {
    let mut facts = Facts {
        sysctls: sysctls(needs),
        capabilities: capabilities(),
        kernel_options: kernel_options(),
        netfilter_modules: netfilter_modules(),
        netfilter: netfilter(),
        files: files(),
        listening: listening(),
        now: now(),
        program: program(),
        ..Facts::default()
    };
    if let Ok(mut netlink) = Netlink::open() {
        facts.network = netlink.snapshot().unwrap_or_default();
        facts.rules = netlink.rules().unwrap_or_default();
        facts.tables = netlink.tables_that_deliver().unwrap_or_default();
    }
    facts
}

fn sysctls(needs: &Needs) -> BTreeMap<String, String> {
    let plain = SYSCTLS.iter().map(|name| ((*name).to_owned(), name.replace('.', "/")));
    // A device's name may have dots, which are no separators.
    let devices = needs.interfaces.iter().map(|(_, name)| {
        (format!("net.ipv4.conf.{name}.rp_filter"), format!("net/ipv4/conf/{name}/rp_filter"))
    });
    plain
        .chain(devices)
        .filter_map(|(name, path)| {
            let value = fs::read_to_string(format!("/proc/sys/{path}")).ok()?;
            Some((name, value.trim().to_owned()))
        })
        .collect()
}

/// `CapEff` of proc_pid_status(5).
fn capabilities() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    field.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}

/// What is `y` or `m` in the kernel's configuration, from the kernel itself or from beside its image.
fn kernel_options() -> Option<BTreeSet<String>> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let text = output("gzip", &["-dc", "/proc/config.gz"])
        .ok()
        .or_else(|| fs::read_to_string(format!("/boot/config-{}", release.trim())).ok())?;
    let set = |line: &str| {
        let (name, value) = line.split_once('=')?;
        matches!(value, "y" | "m").then(|| name.to_owned())
    };
    Some(text.lines().filter_map(set).collect())
}

fn netfilter_modules() -> BTreeSet<String> {
    let files = ["ip_tables_matches", "ip_tables_targets", "ip6_tables_matches", "ip6_tables_targets"];
    let texts = files.iter().filter_map(|name| fs::read_to_string(format!("/proc/self/net/{name}")).ok());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Both variants of iptables may hold rules, and nft holds its own.
fn netfilter() -> Netfilter {
    let saved = |names: &[&str]| {
        let told: Vec<_> = names.iter().filter_map(|name| saved(name)).collect();
        told
    };
    Netfilter {
        v4: saved(&["iptables-save", "iptables-nft-save", "iptables-legacy-save"]),
        v6: saved(&["ip6tables-save", "ip6tables-nft-save", "ip6tables-legacy-save"]),
        nft: output("nft", &["-j", "list", "ruleset"])
            .ok()
            .and_then(|text| serde_json::from_str::<Value>(&text).ok()),
    }
}

/// `None` where the program is not installed.
fn saved(program: &str) -> Option<Result<String, String>> {
    match output(program, &["-t", "mangle"]) {
        Err(Failure::Absent) => None,
        Err(Failure::Said(text)) => Some(Err(text)),
        Ok(text) => Some(Ok(text)),
    }
}

enum Failure {
    Absent,
    Said(String),
}

/// Runs a program from PATH, or from where administrators' programs are.
fn output(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let candidates = [program.to_owned(), format!("/usr/sbin/{program}"), format!("/sbin/{program}")];
    for candidate in candidates {
        let Ok(output) = Command::new(candidate).args(arguments).stdin(Stdio::null()).output() else {
            continue;
        };
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::Said(
            errors.lines().next().unwrap_or("it fails without a word").trim().to_owned(),
        ));
    }
    Err(Failure::Absent)
}

fn files() -> (u64, u64) {
    let limit = getrlimit(Resource::Nofile);
    (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn program() -> String {
    std::env::current_exe().map_or_else(|_| "lockgate".to_owned(), |path| path.display().to_string())
}

/// All TCP sockets that listen in this network namespace, with their programs as far as this user may see them.
fn listening() -> Vec<Listening> {
    let mut sockets: Vec<(SocketAddr, u64)> = Vec::new();
    for file in ["tcp", "tcp6"] {
        let text = fs::read_to_string(format!("/proc/self/net/{file}")).unwrap_or_default();
        sockets.extend(text.lines().skip(1).filter_map(listening_line));
    }
    let programs = if sockets.is_empty() { HashMap::new() } else { programs() };
    let mut found: Vec<Listening> = Vec::new();
    for (address, inode) in sockets {
        let program = programs.get(&inode).cloned();
        let one = Listening { address, program };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// A line of `/proc/net/tcp` (proc_pid_net(5)): the address and the inode of a socket in state LISTEN, 0A.
fn listening_line(line: &str) -> Option<(SocketAddr, u64)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    if *fields.get(3)? != "0A" {
        return None;
    }
    let (ip, port) = fields.get(1)?.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some((SocketAddr::new(address(ip)?, port), fields.get(9)?.parse().ok()?))
}

/// Words of 32 bits in the machine's byte order, eight digits each.
fn address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let bytes = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
            Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)))
        }
        _ => None,
    }
}

/// The programs that have sockets open, by the sockets' inodes.
fn programs() -> HashMap<u64, String> {
    let mut programs = HashMap::new();
    let Ok(processes) = fs::read_dir("/proc") else { return programs };
    for process in processes.flatten() {
        let path = process.path();
        let Ok(descriptors) = fs::read_dir(path.join("fd")) else { continue };
        let inodes = descriptors.flatten().filter_map(|fd| {
            let target = fs::read_link(fd.path()).ok()?;
            target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
        });
        let inodes: Vec<u64> = inodes.collect();
        if inodes.is_empty() {
            continue;
        }
        let name = fs::read_to_string(path.join("comm")).unwrap_or_default().trim().to_owned();
        programs.extend(inodes.into_iter().map(|inode| (inode, name.clone())));
    }
    programs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_listen() {
        let v4 = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22641 1 0 100";
        let v6 = "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A \
                  00000000:00000000 00:00000000 00000000     0        0 22 1 0";
        if cfg!(target_endian = "little") {
            assert_eq!(listening_line(v4), Some(("127.0.0.1:8080".parse().unwrap(), 22641)));
            assert_eq!(listening_line(v6), Some(("[::1]:80".parse().unwrap(), 22)));
        }
        assert_eq!(listening_line(&v4.replace(" 0A ", " 01 ")), None);
        assert_eq!(listening_line("nonsense"), None);
    }

    #[test]
    fn this_machine_can_be_looked_at() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let facts = look(&Needs::default());
        let own = socket.local_addr().unwrap();
        let found = facts.listening.iter().find(|one| one.address == own);
        assert!(found.is_some_and(|one| one.program.is_some()), "{:?}", facts.listening);
        assert!(facts.network.link("lo").is_some());
        assert!(facts.sysctls.contains_key("net.core.somaxconn"), "{:?}", facts.sysctls);
        assert!(facts.files.1 > 0 && facts.now > 1_700_000_000);
    }
}
