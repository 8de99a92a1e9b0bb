//! The lines of `show stat`: frontends, listeners, servers, backends with their counters (management guide, chapter 9.1).
//!
//! What this process does not have or does not count is 0; what makes no sense for a line is left empty, as HAProxy
//! leaves it.

use base::ProxyId;
use state::Proxy;
use state::counters::{Mean, MeanTimes};
use state::proxy::Mode;

use crate::access::Level;
use crate::typed::{FieldRow, Value};

mod backend;
mod columns;
mod counters;
mod frontend;
mod lines;
mod listener;
mod object;
mod preload;
mod quic;
pub(crate) mod resolvers;
mod server;
mod write;

pub(crate) use backend::is_up;
pub use columns::{COLUMNS, column};
pub use counters::Side;
pub use lines::Lines;
pub(crate) use listener::{Status as ListenerStatus, of as listeners};
pub(crate) use object::Object;
pub(crate) use preload::guid_of;
pub use preload::preload;
pub use quic::QUIC_COLUMNS;
pub(crate) use server::is_in_maintenance;
pub use write::Dump;
pub(crate) use write::PART_BYTES;

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
    /// A `bind` address that counts for itself, type 3.
    Listener,
}

impl LineKind {
    /// Its letter in typed lines.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            LineKind::Frontend => 'F',
            LineKind::Backend => 'B',
            LineKind::Server => 'S',
            LineKind::Listener => 'L',
        }
    }

    fn name(self) -> &'static str {
        match self {
            LineKind::Frontend => "Frontend",
            LineKind::Backend => "Backend",
            LineKind::Server => "Server",
            LineKind::Listener => "Listener",
        }
    }

    /// Its bit in the second argument of `show stat`.
    fn bit(self) -> i64 {
        match self {
            LineKind::Frontend => 1,
            LineKind::Backend => 2,
            LineKind::Server => 4,
            LineKind::Listener => 8,
        }
    }
}

/// One line.
#[derive(Debug, Clone)]
pub struct StatLine {
    /// What it is about.
    pub kind: LineKind,
    /// The proxy.
    pub proxy: ProxyId,
    /// The proxy's number.
    pub iid: u32,
    /// The number of the server or of the listener within its proxy, 0 for proxies.
    pub sid: u32,
    /// One value for each of [`COLUMNS`]; `None`: empty.
    pub values: Vec<Option<Value>>,
}

impl StatLine {
    fn new(kind: LineKind, proxy: &Proxy, sid: u32, value: impl Fn(&'static str) -> Option<Value>) -> Self {
        let values = COLUMNS.iter().map(|column| value(column.name)).collect();
        StatLine { kind, proxy: proxy.id, iid: proxy.uuid, sid, values }
    }

    /// The value of a column, by its place in [`COLUMNS`].
    #[must_use]
    pub fn value(&self, column: usize) -> Option<&Value> {
        self.values.get(column)?.as_ref()
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
    /// A sum of 1 frontends, 2 backends, 4 servers, 8 listeners; -1: all.
    pub kinds: i64,
    /// The number of the server or of the listener; `None`: all.
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

/// The columns of responses by class: the sum of class 1 to 5, 0 for other ones.
fn responses(name: &str, sum: impl Fn(usize) -> u64) -> Option<Value> {
    let class = counters::response_class(name)?;
    count(sum(class))
}

/// The columns of times: means and maxima of all workers.
fn time<'c, I>(name: &str, mode: Mode, times: impl Fn() -> I) -> Option<Value>
where
    I: Iterator<Item = &'c MeanTimes>,
{
    let (name, is_max) = name.strip_suffix("_max").map_or((name, false), |name| (name, true));
    let pick: fn(&MeanTimes) -> &Mean = match name {
        "qtime" => |times| &times.queue,
        "ctime" => |times| &times.connect,
        "rtime" if mode == Mode::Http => |times| &times.response,
        "ttime" => |times| &times.total,
        "rtime" => return small(0u32),
        _ => return None,
    };
    let value = if is_max {
        times().map(|t| u64::from(pick(t).max())).max()
    } else {
        Some(Mean::of(times().map(pick)))
    };
    value.and_then(small)
}

fn count(number: u64) -> Option<Value> {
    Some(Value::U64(number))
}
