//! One line of a state file.

use state::check::{CheckPlace, Disabled};

/// The version of the form.
pub const VERSION: u32 = 1;

/// The names of the columns.
pub const COLUMNS: &str = "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight \
                           srv_iweight srv_time_since_last_change srv_check_status srv_check_result \
                           srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn \
                           srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr \
                           srv_agent_port";

/// Columns that every line has; those about TLS and the places of checks came later.
const COLUMNS_MIN: usize = 20;
const COLUMNS_MAX: usize = 25;

/// Maintenance by an operator, in `srv_admin_state`.
pub(super) const FORCED_MAINT: u32 = 1;
/// Maintenance by the configuration.
pub(super) const CONFIG_MAINT: u32 = 4;
/// Draining by an operator.
pub(super) const FORCED_DRAIN: u32 = 8;
/// What other servers and name servers led to; it is found out anew.
const DERIVED: u32 = 2 | 16 | 32 | 64;

/// Its host had been given another name.
const RENAMED: u32 = 64;

/// A check that is configured, in `srv_check_state`.
const CHECK_CONFIGURED: u32 = 2;
/// One that is not switched off.
const CHECK_ENABLED: u32 = 4;
const CHECK_FLAGS: u32 = 1 | CHECK_CONFIGURED | CHECK_ENABLED | 8 | 16;

/// `srv_op_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Stopped,
    Starting,
    Running,
    Stopping,
}

/// One server as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateLine {
    pub(super) address: Option<std::net::IpAddr>,
    pub(super) operation: Operation,
    pub(super) admin: u32,
    pub(super) weight: i64,
    pub(super) initial_weight: i64,
    pub(super) since_change_s: u64,
    pub(super) health: u32,
    check_state: u32,
    agent_state: u32,
    pub(super) port: u32,
    /// Whether TLS was spoken; `None`: as its line said.
    pub(super) uses_tls: Option<bool>,
    /// Where checks went, where not to the server's own place.
    pub(super) check_place: CheckPlace,
    /// Where the agent was.
    pub(super) agent_place: CheckPlace,
    /// The name of its host, and whether it had been changed.
    host: Option<Box<str>>,
    is_renamed: bool,
    /// The service that it was filled from.
    service: Option<Box<str>>,
    /// Fields that say nothing that is known.
    wrong: Option<&'static str>,
}

/// The columns that hold numbers: their places, their names, and the largest numbers that they may have.
const NUMBERS: [(usize, &str, u32); 13] = [
    (5, "srv_op_state", 3),
    (6, "srv_admin_state", u32::MAX),
    (7, "srv_uweight", 256),
    (8, "srv_iweight", 256),
    (9, "srv_time_since_last_change", u32::MAX),
    (10, "srv_check_status", u32::MAX),
    (11, "srv_check_result", 4),
    (12, "srv_check_health", u32::MAX),
    (13, "srv_check_state", CHECK_FLAGS),
    (14, "srv_agent_state", CHECK_FLAGS),
    (15, "bk_f_forced_id", 1),
    (16, "srv_f_forced_id", 1),
    (18, "srv_port", 65_535),
];

impl StateLine {
    /// A line's backend and server, and what it says of them; `None` when it has another number of columns.
    pub(super) fn parse(fields: &[&str]) -> Option<((String, String), StateLine)> {
        if !(COLUMNS_MIN..=COLUMNS_MAX).contains(&fields.len()) {
            return None;
        }
        let number = |(at, _, max): &(usize, &str, u32)| {
            fields[*at].parse::<u32>().ok().filter(|number| number <= max)
        };
        let column =
            |name: &str| NUMBERS.iter().find(|column| column.1 == name).and_then(number).unwrap_or(0);
        let mut wrong = NUMBERS.iter().find(|column| number(column).is_none()).map(|column| column.1);
        let admin = column("srv_admin_state") & !DERIVED;
        const KNOWN: [u32; 6] = [0, FORCED_MAINT, CONFIG_MAINT, 5, 12, FORCED_DRAIN];
        if !KNOWN.contains(&admin) {
            wrong.get_or_insert("srv_admin_state");
        }
        let line = StateLine {
            address: fields[4].parse().ok(),
            operation: match column("srv_op_state") {
                0 => Operation::Stopped,
                1 => Operation::Starting,
                2 => Operation::Running,
                _ => Operation::Stopping,
            },
            admin,
            weight: column("srv_uweight").into(),
            initial_weight: column("srv_iweight").into(),
            since_change_s: column("srv_time_since_last_change").into(),
            health: column("srv_check_health"),
            check_state: column("srv_check_state"),
            agent_state: column("srv_agent_state"),
            port: column("srv_port"),
            uses_tls: match fields.get(20) {
                Some(&"1") => Some(true),
                Some(&"0") => Some(false),
                Some(_) | None => None,
            },
            check_place: place(fields, 22, 21),
            agent_place: place(fields, 23, 24),
            host: name(fields[17]),
            is_renamed: column("srv_admin_state") & RENAMED != 0,
            service: name(fields[19]).filter(|name| name.starts_with('_')),
            wrong,
        };
        Some(((fields[1].to_owned(), fields[3].to_owned()), line))
    }

    /// The column that says nothing that is known, if there is one.
    pub(super) fn wrong(&self) -> Option<String> {
        self.wrong.map(|name| format!("`{name}` has no such value"))
    }

    /// Where it was, for `init-addr last`.
    pub(crate) fn address(&self) -> Option<std::net::IpAddr> {
        self.address.filter(|_| self.wrong.is_none())
    }

    /// The name of its host, for a server that `service` fills now, or that has a host called `line`; `None`: what was does not
    /// count any more.
    pub(crate) fn host(&self, service: Option<&str>, line: Option<&str>) -> Option<&str> {
        let host = self.host.as_deref().filter(|_| self.wrong.is_none())?;
        let counts = match service {
            Some(service) => {
                self.service.as_deref() == Some(service) && self.address.is_some() && self.port > 0
            }
            None => line.is_some() && line != Some(host) && self.is_renamed,
        };
        counts.then_some(host)
    }

    /// Whether its checks had been switched off.
    pub(super) fn checks(&self) -> Disabled {
        switched_off(self.check_state)
    }

    /// Whether its agent had been switched off.
    pub(super) fn agent(&self) -> Disabled {
        switched_off(self.agent_state)
    }
}

/// A name, which `-` leaves out.
fn name(field: &str) -> Option<Box<str>> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (field != "-" && field.bytes().all(is_name)).then(|| field.into())
}

/// An address and a port, which `-` and 0 leave out.
fn place(fields: &[&str], addr: usize, port: usize) -> CheckPlace {
    let port = fields.get(port).and_then(|field| field.parse().ok());
    let addr = fields.get(addr).and_then(|field| field.parse().ok());
    CheckPlace { addr, port: port.filter(|port| *port > 0), send: None }
}

fn switched_off(state: u32) -> Disabled {
    let is_off = state & CHECK_CONFIGURED != 0 && state & CHECK_ENABLED == 0;
    if is_off { Disabled::Yes } else { Disabled::No }
}
