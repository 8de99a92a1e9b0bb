//! Going through metrics and objects, part by part.

use engine::service::Left;
use smallvec::{SmallVec, smallvec};
use state::server::{ADMIN_DRAIN, Health};
use state::{Proxy, Server};

use super::sample::Series;
use super::selection::Selection;
use super::{METRICS, Metric, Origin, Row, Scope, Source, resolvers};
use crate::command::Producer;
use crate::info::{self, Fraction};
use crate::process::Process;
use crate::stat::{ListenerStatus, Object, PART_BYTES, is_in_maintenance, is_up, listeners};
use crate::typed::{FieldRow, Value};

/// The states of servers.
const SERVER_STATES: &[&str] = &["DOWN", "UP", "MAINT", "DRAIN", "NOLB"];
/// The states of proxies.
const PROXY_STATES: &[&str] = &["DOWN", "UP"];
/// How checks end, those that have not ended aside.
const CHECK_STATES: &[&str] = &[
    "HANA", "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP", "L7TOUT", "L7RSP", "L7OK",
    "L7OKC", "L7STS", "PROCERR", "PROCTOUT", "PROCOK",
];

/// The labels of a sample: names and values.
type Labels<'l> = SmallVec<[(&'l str, &'l str); 5]>;

/// Metrics on their way out.
pub(super) struct Dump {
    selection: Selection,
    /// The next metric, by its place in [`METRICS`].
    metric: usize,
    /// The next object of it.
    place: Place,
    /// Whether the heading of the metric has been written.
    has_heading: bool,
    /// The fields of `show info`, all of one moment.
    fields: Option<Vec<(FieldRow, Value)>>,
}

impl std::fmt::Debug for Dump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dump").field("metric", &self.metric).finish_non_exhaustive()
    }
}

/// A place among all objects of a kind.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// The proxy, by its place among all.
    proxy: usize,
    /// The server or listener, by its place within the proxy.
    part: usize,
}

impl Dump {
    /// What `selection` asks for.
    pub(super) fn new(selection: Selection) -> Self {
        Dump { selection, metric: 0, place: Place::default(), has_heading: false, fields: None }
    }

    /// Goes on to the next metric.
    fn advance(&mut self) {
        let name = &METRICS[self.metric].name;
        self.metric += 1;
        self.place = Place::default();
        // Responses are told class by class under one heading.
        self.has_heading &= METRICS.get(self.metric).is_some_and(|next| next.name == *name);
    }

    /// The samples of one metric, until the part is full.
    fn samples(&mut self, metric: &Metric, process: &Process, out: &mut Vec<u8>, end: usize) -> Left {
        let mut has_heading = self.has_heading;
        let mut series = Series::new(metric, &mut has_heading, out);
        let left = match &metric.origin {
            Origin::Field(field) => {
                self.field(field.field, process, &mut series);
                Left::Nothing
            }
            Origin::Column(row) => self.column(metric.scope, row, process, &mut series, end),
            Origin::Table(at) => {
                tables(*at, process, &mut series);
                Left::Nothing
            }
            Origin::Resolver(counter) => {
                resolvers::samples(*counter, process, &mut series);
                Left::Nothing
            }
        };
        self.has_heading = has_heading;
        left
    }

    fn field(&mut self, name: &str, process: &Process, series: &mut Series<'_>) {
        let fields = self.fields.get_or_insert_with(|| info::fields(process, Fraction::Cut));
        let value = fields.iter().find(|(row, _)| row.name == name).map(|(_, value)| value);
        let facts = &process.shared.runtime.process;
        let description = (!facts.description.is_empty()).then_some(("desc", &*facts.description));
        let one = Value::U32(1);
        let (label, value) = match name {
            "node" => (Some(("node", &*facts.node)), Some(&one)),
            "Build info" => (Some(("version", process.about.version.as_str())), Some(&one)),
            "description" if description.is_none() => return,
            "description" => (None, Some(&one)),
            _ => (None, value),
        };
        let described = description.filter(|_| name == "description" || self.selection.has_descriptions);
        let labels: Vec<(&str, &str)> = label.into_iter().chain(described).collect();
        series.push(&labels, value);
    }

    fn column(
        &mut self,
        scope: Scope,
        row: &Row,
        process: &Process,
        series: &mut Series<'_>,
        end: usize,
    ) -> Left {
        let proxies = &process.shared.runtime.proxies;
        while let Some(proxy) = proxies.get(self.place.proxy) {
            let is_disabled = process.shared.config.proxy(proxy.id).is_disabled;
            let is_shown = !is_disabled && proxy.is_there();
            if is_shown && self.of_proxy(scope, row, process, proxy, series, end) == Left::More {
                return Left::More;
            }
            self.place = Place { proxy: self.place.proxy + 1, part: 0 };
            if series.len() >= end {
                return Left::More;
            }
        }
        Left::Nothing
    }

    fn of_proxy(
        &mut self,
        scope: Scope,
        row: &Row,
        process: &Process,
        proxy: &Proxy,
        series: &mut Series<'_>,
        end: usize,
    ) -> Left {
        match scope {
            Scope::Frontend if proxy.sides.has_frontend() => {
                self.object(Object::Frontend(proxy), row, process, series);
            }
            Scope::Backend if proxy.sides.has_backend() => {
                self.object(Object::Backend(proxy), row, process, series);
            }
            Scope::Listener => {
                for listener in listeners(process, proxy).skip(self.place.part) {
                    self.object(Object::Listener(proxy, listener), row, process, series);
                    self.place.part += 1;
                    if series.len() >= end {
                        return Left::More;
                    }
                }
            }
            Scope::Server => {
                for server in proxy.servers.load().iter().skip(self.place.part) {
                    if !(self.selection.hides_maintenance && is_in_maintenance(server)) {
                        self.object(Object::Server(proxy, server), row, process, series);
                    }
                    self.place.part += 1;
                    if series.len() >= end {
                        return Left::More;
                    }
                }
            }
            Scope::Frontend | Scope::Backend | Scope::Global | Scope::StickTable | Scope::Resolver => {}
        }
        Left::Nothing
    }

    fn object(&self, object: Object<'_>, row: &Row, process: &Process, series: &mut Series<'_>) {
        let proxy = object.proxy();
        let description = &process.shared.config.proxy(proxy.id).description;
        let description = description.as_deref().filter(|_| self.selection.has_descriptions);
        let name = object.own_name();
        let (title, before) = match object {
            Object::Listener(..) => ("listener", true),
            Object::Server(..) => ("server", true),
            Object::Frontend(_) | Object::Backend(_) => ("", false),
        };
        let module = if let Source::Module(module) = row.source { Some(("mod", module)) } else { None };
        let described = description.map(|description| ("desc", description));
        let named = before.then_some((title, &*name));
        let mut labels: Labels<'_> = smallvec![("proxy", &*proxy.name)];
        match before {
            true => labels.extend(described.into_iter().chain(named).chain(module)),
            false => labels.extend(module.into_iter().chain(described)),
        }
        samples(object, row, process, &mut labels, series);
    }
}

impl Producer for Dump {
    fn fill(&mut self, process: &Process, out: &mut Vec<u8>) -> Left {
        let end = out.len() + PART_BYTES;
        while let Some(metric) = METRICS.get(self.metric) {
            if self.selection.wants(metric) && self.samples(metric, process, out, end) == Left::More {
                return Left::More;
            }
            self.advance();
        }
        Left::Nothing
    }
}

/// The samples of a column of one object.
fn samples<'l>(
    object: Object<'_>,
    row: &Row,
    process: &Process,
    labels: &mut Labels<'l>,
    series: &mut Series<'_>,
) {
    let value = || object.value(process, row.column);
    let is_http = || object.proxy().mode == state::proxy::Mode::Http;
    match row.source {
        Source::Plain | Source::Module(_) => series.push(labels, value().as_ref()),
        Source::Http if is_http() => series.push(labels, value().as_ref()),
        Source::Class(class) if is_http() => {
            labels.push(("code", class));
            series.push(labels, value().as_ref());
        }
        Source::Http | Source::Class(_) => {}
        Source::Seconds => series.push(labels, Some(&seconds(value().as_ref()))),
        Source::Duration => {
            if let Some(value) = value() {
                series.push(labels, Some(&seconds(Some(&value))));
            }
        }
        Source::Status => status(object, process, labels, series),
        Source::Servers => servers(object.proxy(), labels, series),
        Source::Checks => checks(object.proxy(), process, labels, series),
        Source::Result => {
            if let Some(result) = result(object, row.column, process) {
                series.push_states(labels, CHECK_STATES, |state| u64::from(state == result));
            }
        }
        Source::Code => {
            let checked = if row.column.starts_with("agent") { "agent_status" } else { "check_status" };
            if result(object, checked, process).is_some() {
                series.push(labels, Some(&value().unwrap_or(Value::U32(0))));
            }
        }
    }
}

/// How the last check ended; `None` for servers that are not checked.
fn result(object: Object<'_>, column: &str, process: &Process) -> Option<String> {
    match object.value(process, column)? {
        // A star stands before it while the next one runs.
        Value::Str(text) => Some(text.trim_start_matches("* ").to_owned()),
        Value::U32(_) | Value::S32(_) | Value::U64(_) | Value::Flt(_) => None,
    }
}

/// A number of milliseconds, in seconds.
fn seconds(value: Option<&Value>) -> Value {
    match value {
        Some(Value::U32(ms) | Value::U64(ms)) => {
            Value::Flt(std::time::Duration::from_millis(*ms).as_secs_f64())
        }
        Some(Value::S32(_) | Value::Flt(_) | Value::Str(_)) | None => Value::Flt(0.0),
    }
}

fn status(object: Object<'_>, process: &Process, labels: &[(&str, &str)], series: &mut Series<'_>) {
    let (states, now) = match object {
        Object::Listener(_, listener) => {
            let names = ListenerStatus::ALL.map(ListenerStatus::name);
            let now = ListenerStatus::of(process, listener).name();
            return series.push_states(labels, &names, |state| u64::from(state == now));
        }
        Object::Frontend(_) => {
            let is_stopped =
                matches!(object.value(process, "status"), Some(Value::Str(text)) if text == "STOP");
            (PROXY_STATES, if is_stopped { "DOWN" } else { "UP" })
        }
        Object::Backend(proxy) => (PROXY_STATES, if is_up(proxy) { "UP" } else { "DOWN" }),
        Object::Server(_, server) => (SERVER_STATES, server_state(server)),
    };
    series.push_states(labels, states, |state| u64::from(state == now));
}

fn server_state(server: &Server) -> &'static str {
    if is_in_maintenance(server) {
        return "MAINT";
    }
    match server.health() {
        Health::Up | Health::Starting if server.admin() & ADMIN_DRAIN != 0 => "DRAIN",
        Health::Up | Health::Starting => "UP",
        Health::Stopping => "NOLB",
        Health::Down => "DOWN",
    }
}

/// How many servers of a backend are in each state.
fn servers(proxy: &Proxy, labels: &[(&str, &str)], series: &mut Series<'_>) {
    if proxy.servers.is_empty() {
        return;
    }
    let mut counts = [0; SERVER_STATES.len()];
    for server in proxy.servers.load().iter() {
        count(SERVER_STATES, &mut counts, server_state(server));
    }
    push_counts(SERVER_STATES, &counts, labels, series);
}

/// How many checks of a backend's servers ended in each way.
fn checks(proxy: &Proxy, process: &Process, labels: &[(&str, &str)], series: &mut Series<'_>) {
    if proxy.servers.is_empty() {
        return;
    }
    let mut counts = [0; CHECK_STATES.len()];
    for server in proxy.servers.load().iter() {
        if let Some(result) = result(Object::Server(proxy, server), "check_status", process) {
            count(CHECK_STATES, &mut counts, &result);
        }
    }
    push_counts(CHECK_STATES, &counts, labels, series);
}

fn count(states: &[&str], counts: &mut [u64], state: &str) {
    if let Some(at) = states.iter().position(|known| *known == state) {
        counts[at] += 1;
    }
}

fn push_counts(states: &[&str], counts: &[u64], labels: &[(&str, &str)], series: &mut Series<'_>) {
    let of = |state: &str| states.iter().position(|known| *known == state).map_or(0, |at| counts[at]);
    series.push_states(labels, states, of);
}

/// A figure of all stick tables, by its place in [`super::rows::TABLES`].
fn tables(figure: usize, process: &Process, series: &mut Series<'_>) {
    let now = base::clock::now();
    for table in process.shared.runtime.proxies.iter().filter_map(|proxy| proxy.table.as_ref()) {
        let spec = table.spec();
        let value = match figure {
            0 => u64::try_from(spec.size).unwrap_or(u64::MAX),
            1 => u64::try_from(table.used(now)).unwrap_or(u64::MAX),
            // Nobody is told of updates as long as there are no peers.
            _ => 0,
        };
        series.push_count(&[("name", table.name()), ("type", spec.key.name())], value);
    }
}
