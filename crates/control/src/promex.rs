//! `http-request use-service prometheus-exporter`: all figures of the process in Prometheus's text format, version 0.0.4.
//!
//! ```text
//! query string -> Selection -> Dump: metric by metric, and of each metric object by object, made while it is sent
//! ```
//! The format wants all samples of a metric together, so the figures are gone through by columns, not by lines. Nothing
//! is kept between two parts but the place reached: the page of 20,000 servers is as little memory as that of one.
//!
//! Names, types, labels and the query string are HAProxy's. Label values are escaped, as the format wants it.

use std::sync::{Arc, LazyLock};

use engine::service::{Body, Left, Response};
use keyword::{Built, Entry};

use crate::command::Producer;
use crate::process::Process;
use crate::typed::FieldRow;

mod dump;
mod resolvers;
mod rows;
mod sample;
mod selection;
#[cfg(test)]
mod tests;

use dump::Dump;
use rows::{Field, Row, Source};
use selection::Selection;

/// What metrics are about, as `scope=` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The process.
    Global,
    /// Frontends.
    Frontend,
    /// `bind` addresses that count for themselves (`option socket-stats`).
    Listener,
    /// Backends.
    Backend,
    /// Servers.
    Server,
    /// Stick tables.
    StickTable,
    /// Name servers of `resolvers` sections.
    Resolver,
}

impl Scope {
    /// Those whose figures are columns of `show stat`, in the order in which they are told.
    const WITH_COLUMNS: [Scope; 4] = [Scope::Frontend, Scope::Listener, Scope::Backend, Scope::Server];
    /// Those that are modules of their own.
    const MODULES: [Scope; 2] = [Scope::StickTable, Scope::Resolver];

    /// Its name in the query string.
    fn name(self) -> &'static str {
        match self {
            Scope::Global => "global",
            Scope::Frontend => "frontend",
            Scope::Listener => "listener",
            Scope::Backend => "backend",
            Scope::Server => "server",
            Scope::StickTable => "sticktable",
            Scope::Resolver => "resolver",
        }
    }

    /// What the names of its metrics begin with.
    fn prefix(self) -> &'static str {
        match self {
            Scope::Global => "haproxy_process_",
            Scope::Frontend => "haproxy_frontend_",
            Scope::Listener => "haproxy_listener_",
            Scope::Backend => "haproxy_backend_",
            Scope::Server => "haproxy_server_",
            Scope::StickTable => "haproxy_sticktable_",
            Scope::Resolver => "haproxy_resolver_",
        }
    }
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gauge,
    Counter,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        }
    }
}

/// Where the samples of a metric come from.
enum Origin {
    /// A field of `show info`.
    Field(&'static Field),
    /// A column of `show stat`.
    Column(&'static Row),
    /// A figure of stick tables, by its place in [`rows::TABLES`].
    Table(usize),
    /// A figure of name servers.
    Resolver(resolve::Counter),
}

/// A metric.
struct Metric {
    name: String,
    scope: Scope,
    kind: Kind,
    brief: &'static str,
    origin: Origin,
}

impl Metric {
    /// Whether it is told with `extra-counters` only.
    fn is_extra(&self) -> bool {
        matches!(self.origin, Origin::Column(Row { source: Source::Module(_), .. }))
    }
}

/// All metrics that are told, in order.
static METRICS: LazyLock<Vec<Metric>> = LazyLock::new(|| {
    let fields = rows::FIELDS.iter().map(|field| Metric {
        name: format!("{}{}", Scope::Global.prefix(), field.name),
        scope: Scope::Global,
        kind: field.kind,
        brief: brief(crate::info::ROWS, field.field),
        origin: Origin::Field(field),
    });
    let columns = Scope::WITH_COLUMNS.into_iter().flat_map(|scope| {
        let rows = rows::ROWS.iter().filter(move |row| row.scopes.contains(&scope));
        rows.map(move |row| Metric {
            name: format!("{}{}", scope.prefix(), row.name),
            scope,
            kind: row.kind,
            brief: if let Source::Class(_) = row.source {
                "Responses by class"
            } else {
                brief(crate::stat::COLUMNS, row.column)
            },
            origin: Origin::Column(row),
        })
    });
    let gauge = |scope: Scope, name: &str, brief, origin| Metric {
        name: format!("{}{name}", scope.prefix()),
        scope,
        kind: Kind::Gauge,
        brief,
        origin,
    };
    let tables = rows::TABLES.iter().enumerate();
    let tables = tables.map(|(at, (name, brief))| gauge(Scope::StickTable, name, brief, Origin::Table(at)));
    let resolvers = resolve::COUNTERS.iter();
    let resolvers =
        resolvers.map(|row| gauge(Scope::Resolver, row.name, row.brief, Origin::Resolver(row.counter)));
    fields.chain(columns).chain(tables).chain(resolvers).collect()
});

/// What a field or column means.
fn brief(rows: &[FieldRow], name: &str) -> &'static str {
    /// Fields that `show info` has only where a library is used that is not used here.
    const ABSENT: &str = "Memory of zlib, which is not used";
    rows.iter().find(|row| row.name == name).map_or(ABSENT, |row| row.brief)
}

/// All metrics, for lists and the reference: those of HTTP/3 and QUIC are known, but not told.
pub(crate) fn entries() -> impl Iterator<Item = Entry> {
    const KIND: &str = "prometheus metric";
    let mut told: Vec<(&'static str, &Metric)> =
        METRICS.iter().map(|metric| (metric.kind.name(), metric)).collect();
    // Responses are one metric in six rows.
    told.dedup_by(|a, b| a.1.name == b.1.name);
    let told = told.into_iter().map(|(kind, metric)| {
        Entry::new(KIND, metric.name.clone(), metric.brief).place(metric.scope.name()).arguments(kind)
    });
    let sides = [Scope::Frontend, Scope::Backend].into_iter();
    let quic = sides.flat_map(|scope| {
        rows::QUIC.iter().map(move |name| {
            Entry::new(KIND, format!("{}{name}", scope.prefix()), "A figure of HTTP/3 or QUIC")
                .place(scope.name())
                .arguments(Kind::Counter.name())
                .built(Built::Noted)
        })
    });
    told.chain(quic)
}

/// Begins the answer to a request for `uri`.
pub(crate) fn respond(process: Arc<Process>, uri: &[u8]) -> Response {
    let Ok(selection) = Selection::parse(uri) else { return refusal() };
    let fields: [(&[u8], &[u8]); 2] =
        [(b"cache-control", b"no-cache"), (b"content-type", b"text/plain; version=0.0.4")];
    let body = Made { process, dump: Dump::new(selection) };
    Response { head: crate::page::head(200, &fields), body: Some(Box::new(body)) }
}

/// The answer to a query string that makes no sense.
fn refusal() -> Response {
    let message = rules::reply::defaults::message(400);
    let body = message.body.clone();
    Response { head: message.head.clone(), body: Some(Box::new(Whole(body))) }
}

/// A body of metrics, with the process that they are of.
struct Made {
    process: Arc<Process>,
    dump: Dump,
}

impl Body for Made {
    fn fill(&mut self, out: &mut Vec<u8>) -> Left {
        self.dump.fill(&self.process, out)
    }
}

/// A body that is there already.
struct Whole(Vec<u8>);

impl Body for Whole {
    fn fill(&mut self, out: &mut Vec<u8>) -> Left {
        out.append(&mut self.0);
        Left::Nothing
    }
}
