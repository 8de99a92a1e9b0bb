//! The statistics page of a proxy (chapter 4.2, `stats ...`): the figures of `show stat` for browsers and for scripts, and the
//! changes that an administrator sends from it.
//!
//! ```text
//! GET, HEAD  -> Query -> HTML, CSV, typed lines or JSON, made while it is sent
//! POST       -> admin::carry_out -> 303 to the page, with what came of it in `;st=`
//! ```

use std::sync::{Arc, Weak};

use config::model::{StatsPage, StatsScope};
use engine::service::{Body, Left, Request, Response, Rights, Service};
use http::message::{Head, Version};
use state::Proxy;

use crate::access::Level;
use crate::command::Producer;
use crate::process::Process;
use crate::stat::{Dump, Lines, Wanted};
use crate::typed::{Explained, Form};

mod admin;
mod cells;
mod html;
mod query;
mod schema;
mod table;

pub(crate) use admin::Outcome;
pub(crate) use query::{Query, Shape};
pub(crate) use schema::schema;

/// Serves the statistics pages of a process, and its figures to Prometheus.
pub struct Statistics {
    /// The process holds the configuration, and that holds this.
    process: Weak<Process>,
}

impl Statistics {
    /// The pages of `process`.
    #[must_use]
    pub fn of(process: &Arc<Process>) -> Self {
        Statistics { process: Arc::downgrade(process) }
    }
}

impl Service for Statistics {
    fn respond(&self, request: &Request<'_>) -> Response {
        let Some(process) = self.process.upgrade() else {
            return Response { head: head(503, &[(b"content-length", b"0")]), body: None };
        };
        let uri = request.txn.req.head.uri();
        let after = after_prefix(uri, request);
        let query = Query::parse(after);
        if request.txn.req.head.method() == b"POST" {
            let outcome = match request.rights {
                Rights::Admin if admin::is_same_origin(&request.txn.req.head) => {
                    admin::carry_out(&process, request)
                }
                Rights::Admin | Rights::Read => Outcome::Deny,
            };
            return redirect(request.page, &query, outcome);
        }
        show(process, request, query)
    }

    fn serve(&self, service: rules::Service, txn: &sample::Txn) -> Response {
        let Some(process) = self.process.upgrade() else {
            return Response { head: head(503, &[(b"content-length", b"0")]), body: None };
        };
        match service {
            rules::Service::PrometheusExporter => crate::promex::respond(process, txn.req.head.uri()),
        }
    }
}

/// What stands behind the page's path in the URI.
fn after_prefix<'a>(uri: &'a [u8], request: &'a Request<'_>) -> &'a [u8] {
    let prefix = &*request.page.uri;
    let path = if prefix.first() == Some(&b'/') { request.txn.req.head.path_and_query() } else { Some(uri) };
    path.and_then(|path| path.strip_prefix(prefix)).unwrap_or_default()
}

/// An answer's status line and fields.
pub(crate) fn head(status: u16, fields: &[(&[u8], &[u8])]) -> Head {
    let mut head = Head::default();
    head.start_response(Version::Http11, status, Some(http::status::reason(status).as_bytes()));
    for (name, value) in fields {
        head.fields.push(*name, value);
    }
    head
}

/// Where a browser goes after a change, so that loading the page again does not repeat it.
fn redirect(page: &StatsPage, query: &Query, outcome: Outcome) -> Response {
    let mut location = page.uri.to_vec();
    location.extend_from_slice(b";st=");
    location.extend_from_slice(outcome.code().as_bytes());
    location.extend_from_slice(query.options(page).as_bytes());
    let fields: [(&[u8], &[u8]); 4] = [
        (b"cache-control", b"no-cache"),
        (b"content-type", b"text/plain"),
        (b"content-length", b"0"),
        (b"location", &location),
    ];
    Response { head: head(303, &fields), body: None }
}

fn show(process: Arc<Process>, request: &Request<'_>, query: Query) -> Response {
    let page = request.page;
    let mut head = head(200, &[(b"cache-control", b"no-cache"), (b"content-type", query.shape.media_type())]);
    if page.refresh_s > 0 && !query.has_no_refresh {
        head.fields.push(b"refresh", page.refresh_s.to_string().as_bytes());
    }
    let producer: Box<dyn Producer> = match query.shape {
        Shape::Html => Box::new(html::Page::new(&process, request, query)),
        Shape::Csv => dump(&process, request, &query, Form::Plain),
        Shape::Typed => dump(&process, request, &query, Form::Typed),
        Shape::Json => dump(&process, request, &query, Form::Json),
        Shape::Schema => Box::new(Whole(schema())),
    };
    Response { head, body: Some(Box::new(Made { process, producer })) }
}

fn dump(process: &Process, request: &Request<'_>, query: &Query, form: Form) -> Box<dyn Producer> {
    Box::new(Dump::new(lines(process, request, query), form, Explained::No))
}

/// The lines that the page shows: those in its scope, among them those that the client looks for.
fn lines(process: &Process, request: &Request<'_>, query: &Query) -> Lines {
    // Addresses, cookies and algorithms are shown with the legends.
    let level = if request.page.shows_legends { Level::Operator } else { Level::User };
    let wanted = Wanted {
        hides_maintenance: query.hides_maintenance,
        hides_down: query.hides_down,
        ..Wanted::all(level)
    };
    Lines::new(process, wanted, |proxy| is_in_scope(proxy, request) && query.is_looked_for(&proxy.name))
}

/// Whether `stats scope` lets the page show a proxy.
pub(crate) fn is_in_scope(proxy: &Proxy, request: &Request<'_>) -> bool {
    let is_named = |scope: &StatsScope| match scope {
        StatsScope::Own => proxy.id == request.proxy,
        StatsScope::Named(name) => proxy.name.as_bytes() == &**name,
    };
    request.page.scopes.is_empty() || request.page.scopes.iter().any(is_named)
}

/// A body of a page, with the process that it tells about.
struct Made {
    process: Arc<Process>,
    producer: Box<dyn Producer>,
}

impl Body for Made {
    fn fill(&mut self, out: &mut Vec<u8>) -> Left {
        self.producer.fill(&self.process, out)
    }
}

/// A body that is there already.
#[derive(Debug)]
struct Whole(Vec<u8>);

impl Producer for Whole {
    fn fill(&mut self, _: &Process, out: &mut Vec<u8>) -> Left {
        out.append(&mut self.0);
        Left::Nothing
    }
}

#[cfg(test)]
mod tests;
