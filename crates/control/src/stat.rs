//! The lines of `show stat`: frontends, servers, backends with their counters (management guide, chapter 9.1).
//!
//! What this process does not have or does not count is 0; what makes no sense for a line is left empty, as HAProxy
//! leaves it.

use state::proxy::Mode;

use crate::access::Level;
use crate::process::Process;
use crate::typed::{Explained, FieldRow, Form, Value, json_members, push_typed};

mod backend;
mod columns;
mod frontend;
mod server;

pub use columns::COLUMNS;
pub(crate) use server::is_in_maintenance;

/// The last column that stands at a fixed place; a `-` marks the end of these.
const FIXED_LAST: &str = "cache_hint_hits";

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// A frontend, type 0.
    Frontend,
    /// A backend, type 1.
    Backend,
    /// A server, type 2.
    Server,
}

impl LineKind {
    /// Its letter in typed lines.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            LineKind::Frontend => 'F',
            LineKind::Backend => 'B',
            LineKind::Server => 'S',
        }
    }

    fn name(self) -> &'static str {
        match self {
            LineKind::Frontend => "Frontend",
            LineKind::Backend => "Backend",
            LineKind::Server => "Server",
        }
    }

    /// Its bit in the second argument of `show stat`.
    fn bit(self) -> i64 {
        match self {
            LineKind::Frontend => 1,
            LineKind::Backend => 2,
            LineKind::Server => 4,
        }
    }
}

/// One line.
#[derive(Debug, Clone)]
pub struct StatLine {
    /// What it is about.
    pub kind: LineKind,
    /// The proxy's number.
    pub iid: u32,
    /// The server's number, 0 for proxies.
    pub sid: u32,
    /// One value for each of [`COLUMNS`]; `None`: empty.
    pub values: Vec<Option<Value>>,
}

impl StatLine {
    fn new(kind: LineKind, iid: u32, sid: u32, value: impl Fn(&'static str) -> Option<Value>) -> Self {
        StatLine { kind, iid, sid, values: COLUMNS.iter().map(|column| value(column.name)).collect() }
    }

    /// The columns that have a value.
    fn filled(&self) -> impl Iterator<Item = (FieldRow, &Value)> {
        COLUMNS.iter().zip(&self.values).filter_map(|(column, value)| {
            let tags = match (self.kind, column.name) {
                (LineKind::Backend, "act" | "bck" | "rate_max") => "MGPV",
                _ => column.tags,
            };
            Some((FieldRow { tags, ..*column }, value.as_ref()?))
        })
    }
}

/// Which lines are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The proxy's number; `None`: all.
    pub iid: Option<u32>,
    /// A sum of 1 frontends, 2 backends, 4 servers; -1: all.
    pub kinds: i64,
    /// The server's number; `None`: all.
    pub sid: Option<u32>,
    /// Servers in maintenance are left out.
    pub hides_maintenance: bool,
    /// Servers that are down are left out.
    pub hides_down: bool,
    /// Addresses, cookies and algorithms are for operators.
    pub level: Level,
}

impl Wanted {
    /// Everything.
    #[must_use]
    pub fn all(level: Level) -> Self {
        Wanted { iid: None, kinds: -1, sid: None, hides_maintenance: false, hides_down: false, level }
    }

    fn wants(&self, kind: LineKind) -> bool {
        self.kinds & kind.bit() != 0
    }
}

/// The lines of all proxies that are not disabled, in the order of the configuration.
#[must_use]
pub fn lines(process: &Process, wanted: &Wanted) -> Vec<StatLine> {
    let mut lines = Vec::new();
    for proxy in &process.shared.runtime.proxies {
        if process.shared.config.proxy(proxy.id).is_disabled
            || wanted.iid.is_some_and(|iid| iid != proxy.uuid)
        {
            continue;
        }
        if proxy.sides.has_frontend() && wanted.wants(LineKind::Frontend) {
            lines.push(frontend::line(process, proxy));
        }
        if !proxy.sides.has_backend() {
            continue;
        }
        if wanted.wants(LineKind::Server) {
            let servers = proxy.servers.iter().filter(|server| {
                wanted.sid.is_none_or(|sid| sid == server.puid)
                    && !(wanted.hides_maintenance && server::is_in_maintenance(server))
                    && (!wanted.hides_down || server.is_running())
            });
            lines.extend(servers.map(|server| server::line(process, proxy, server, wanted.level)));
        }
        if wanted.wants(LineKind::Backend) {
            lines.push(backend::line(process, proxy, wanted));
        }
    }
    lines
}

/// Writes lines in one of the forms.
#[must_use]
pub fn write(lines: &[StatLine], form: Form, explained: Explained) -> Vec<u8> {
    match form {
        Form::Plain => csv(lines),
        Form::Typed => typed(lines, explained),
        Form::Json => json(lines),
    }
}

fn csv(lines: &[StatLine]) -> Vec<u8> {
    let mut out = b"# ".to_vec();
    for column in COLUMNS {
        out.extend_from_slice(column.name.as_bytes());
        out.extend_from_slice(if column.name == FIXED_LAST { b",-," } else { b"," });
    }
    out.push(b'\n');
    for line in lines {
        for (column, value) in COLUMNS.iter().zip(&line.values) {
            match value {
                Some(Value::Str(text)) => push_csv(text, &mut out),
                Some(value) => value.write(&mut out),
                None => {}
            }
            out.extend_from_slice(if column.name == FIXED_LAST { b",-," } else { b"," });
        }
        out.push(b'\n');
    }
    out
}

/// Text with quotation marks where it would otherwise be misread.
fn push_csv(text: &str, out: &mut Vec<u8>) {
    if text.contains(['"', ',', '\r', '\n']) {
        let text = text.replace('"', "\"\"").replace(['\r', '\n'], " ");
        out.extend_from_slice(format!("\"{text}\"").as_bytes());
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

fn typed(lines: &[StatLine], explained: Explained) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines {
        for (column, value) in line.filled() {
            let place = format!(
                "{}.{}.{}.{}.{}",
                line.kind.letter(),
                line.iid,
                line.sid,
                column.position,
                column.name
            );
            out.extend_from_slice(place.as_bytes());
            push_typed(&column, value, explained, &mut out);
        }
    }
    out
}

fn json(lines: &[StatLine]) -> Vec<u8> {
    let mut list = Vec::new();
    for line in lines {
        let fields: Vec<serde_json::Value> = line
            .filled()
            .map(|(column, value)| {
                let mut members = serde_json::Map::new();
                members.insert("objType".into(), line.kind.name().into());
                members.insert("proxyId".into(), line.iid.into());
                members.insert("id".into(), line.sid.into());
                members.extend(json_members(&column, value));
                serde_json::Value::Object(members)
            })
            .collect();
        list.push(serde_json::Value::Array(fields));
    }
    let mut out = serde_json::to_vec(&list).unwrap_or_default();
    out.push(b'\n');
    out
}

/// The name of what a proxy carries.
fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Tcp => "tcp",
        Mode::Http => "http",
        Mode::Log => "syslog",
        Mode::Spop => "spop",
    }
}

fn text(text: impl Into<String>) -> Option<Value> {
    Some(Value::Str(text.into()))
}

fn small(number: impl Into<u64>) -> Option<Value> {
    Some(Value::U32(number.into()))
}

fn count(number: u64) -> Option<Value> {
    Some(Value::U64(number))
}
