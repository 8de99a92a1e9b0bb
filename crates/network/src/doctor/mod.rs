//! What a machine lacks for a configuration: the list that an administrator goes through.
//!
//! ```text
//!   configuration -> Needs -.
//!                           +-> findings: ok or missing, why it matters, the command that adds it
//!   machine -> look::look -> Facts -'
//! ```
//! Nothing is changed. Only [`look`] makes system calls; the lists themselves are functions of plain data. A finding's
//! commands can be run as they stand, from top to bottom; where no command helps, what helps stands in a line that a
//! shell takes for a comment.

mod addresses;
mod kernel;
mod limits;
pub mod look;
mod netfilter;
mod render;
#[cfg(test)]
mod testing;
mod tls;
mod transparent;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

pub use netfilter::Netfilter;
pub use render::{json, text};

use crate::machine::Snapshot;
use crate::netlink::Rule;
use crate::prefix::Family;

/// Which list is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Transparent binds and sources, and the addresses that the configuration names.
    Transparent,
    /// Files, queues, ports.
    Limits,
    /// Certificates and keys.
    Tls,
    /// All of them.
    All,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Transparent binds and sources.
    Transparent,
    /// Interfaces, addresses and ports that the configuration names.
    Addresses,
    /// Files, queues, ports to connect from.
    Limits,
    /// Certificates and keys.
    Tls,
}

/// Whether a thing is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    Ok,
    /// It is not, or not enough of it, or nobody can tell.
    Missing,
}

/// One thing of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub topic: Topic,
    /// Whether it is there.
    pub state: State,
    /// The thing, and how it was found.
    pub what: String,
    /// What it is needed for.
    pub why: String,
    /// What adds it, a shell's line each; empty where it is there.
    pub commands: Vec<String>,
}

/// What a configuration asks of its machine. The default asks for what every proxy needs.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Whether there is a configuration at all.
    pub scope: Scope,
    /// Lines that use transparency.
    pub transparent: Vec<TransparentLine>,
    /// Addresses that are listened on.
    pub binds: Vec<BindNeed>,
    /// Devices that are named, with the place of the name; those of `binds` as well.
    pub interfaces: Vec<(String, String)>,
    /// Addresses that connections are made from, with the place of the line.
    pub sources: Vec<(String, std::net::IpAddr)>,
    /// The user that the process becomes without keeping the capability for foreign addresses; `None`: it stays who it
    /// is, or keeps it (`setcap`).
    pub user: Option<u32>,
    /// Client connections at once, and open files for them; `None`: as many as the machine allows.
    pub connections: Option<u32>,
    /// Open files.
    pub files: Option<u64>,
    /// The most connections to one server, if they are spread evenly, with the name of its backend.
    pub to_one_server: Option<(u32, String)>,
    /// Certificates.
    pub certificates: Vec<CertificateFile>,
}

/// Which list is gone through for want of a better one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Nothing is known of the configuration: what is usually needed.
    #[default]
    General,
    /// What this configuration needs.
    Configuration,
}

/// A line that uses transparency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransparentLine {
    /// `FILE:LINE`.
    pub place: String,
    /// Which addresses.
    pub family: Family,
    /// What it does.
    pub kind: TransparentKind,
}

/// How transparency is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransparentKind {
    /// `bind ... transparent` on an address.
    Bind,
    /// `bind ... transparent` on all addresses: packets must be led to this port.
    BindAll {
        /// The port.
        port: u16,
    },
    /// `source ... usesrc`: connections are made from foreign addresses while the proxy runs.
    Source,
}

/// An address that is listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindNeed {
    /// `FILE:LINE`.
    pub place: String,
    /// It.
    pub address: SocketAddr,
    /// `interface`.
    pub interface: Option<String>,
    /// Whether the machine need not have it (`transparent`).
    pub is_foreign: bool,
    /// Connections that may wait.
    pub backlog: u32,
}

/// A file with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFile {
    /// Its path.
    pub path: String,
    /// When the first certificate in it ends, seconds since 1970; `None` for a file with a key alone.
    pub not_after: Option<i64>,
    /// Permission bits of a file that has a key in it.
    pub key_mode: Option<u32>,
}

/// What is known of a machine.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Values under `/proc/sys`, by their names with dots.
    pub sysctls: BTreeMap<String, String>,
    /// Effective capabilities of this process, as the bits of capabilities(7).
    pub capabilities: u64,
    /// Options that the kernel was built with or has modules for; `None` where its configuration is not to be found.
    pub kernel_options: Option<BTreeSet<String>>,
    /// Matches and targets that netfilter has loaded.
    pub netfilter_modules: BTreeSet<String>,
    /// The packet filters' rules.
    pub netfilter: Netfilter,
    /// Devices, addresses, routes.
    pub network: Snapshot,
    /// Policy rules that send marked packets to a table.
    pub rules: Vec<Rule>,
    /// Tables that deliver everything to this machine.
    pub tables: Vec<(Family, u32)>,
    /// Open files: the soft and the hard limit of this process.
    pub files: (u64, u64),
    /// Who listens.
    pub listening: Vec<Listening>,
    /// Seconds since 1970.
    pub now: i64,
    /// This program.
    pub program: String,
}

/// A socket that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// The program, if it may be known.
    pub program: Option<String>,
}

/// Goes through a list.
#[must_use]
pub fn examine(list: List, needs: &Needs, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if matches!(list, List::Transparent | List::All) {
        findings.extend(transparent::findings(needs, facts));
        findings.extend(addresses::findings(needs, facts));
    }
    if matches!(list, List::Limits | List::All) {
        findings.extend(limits::findings(needs, facts));
    }
    if matches!(list, List::Tls | List::All) {
        findings.extend(tls::findings(needs, facts));
    }
    findings
}

impl Finding {
    fn ok(topic: Topic, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { topic, state: State::Ok, what: what.into(), why: why.into(), commands: Vec::new() }
    }

    fn missing(
        topic: Topic,
        what: impl Into<String>,
        why: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        let commands = vec![command.into()];
        Self { topic, state: State::Missing, what: what.into(), why: why.into(), commands }
    }

    /// `ok` when it is there, else missing with a command.
    fn judged(is_there: bool, topic: Topic, what: &str, why: &str, command: impl Into<String>) -> Self {
        if is_there { Self::ok(topic, what, why) } else { Self::missing(topic, what, why, command) }
    }
}

impl Facts {
    fn sysctl(&self, name: &str) -> Option<&str> {
        self.sysctls.get(name).map(String::as_str)
    }

    fn sysctl_number(&self, name: &str) -> Option<u64> {
        self.sysctl(name)?.trim().parse().ok()
    }

    fn has_capability(&self, capability: Capability) -> bool {
        self.capabilities >> capability.bit & 1 == 1
    }
}

/// A capability of capabilities(7).
#[derive(Clone, Copy)]
struct Capability {
    name: &'static str,
    bit: u32,
}

const NET_BIND_SERVICE: Capability = Capability { name: "CAP_NET_BIND_SERVICE", bit: 10 };
const NET_ADMIN: Capability = Capability { name: "CAP_NET_ADMIN", bit: 12 };
const NET_RAW: Capability = Capability { name: "CAP_NET_RAW", bit: 13 };

/// What gives a program's file its capabilities.
fn setcap(facts: &Facts) -> String {
    format!("setcap cap_net_admin,cap_net_raw,cap_net_bind_service=ep {}", facts.program)
}
