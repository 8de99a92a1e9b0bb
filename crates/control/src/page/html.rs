//! The page for browsers: a head with facts about the process and links, one table a proxy. Markup and words are our own; columns
//! and colours mean what they mean on HAProxy's page.

use std::io::Write;

use base::ProxyId;
use base::clock;
use engine::service::{Left, Request};

use super::cells::push_text;
use super::table::{self, Style};
use super::{Query, lines};
use crate::command::Producer;
use crate::info::{self, Fraction};
use crate::process::Process;
use crate::stat::{Lines, PART_BYTES};
use crate::typed::{Value, age};

const STYLE: &str = include_str!("style.css");

/// What the colours of rows mean.
const KEY: &[(&str, &str)] = &[
    ("up", "up"),
    ("backup up", "backup, up"),
    ("falling", "up, going down"),
    ("rising", "down, going up"),
    ("down", "down"),
    ("unchecked", "not checked"),
    ("drain", "draining: known clients only"),
    ("maint", "maintenance"),
];

/// The page on its way out.
#[derive(Debug)]
pub(super) struct Page {
    lines: Lines,
    style: Style,
    /// What stands before the tables, until it was sent.
    head: Vec<u8>,
    /// The proxy whose table is open.
    open: Option<ProxyId>,
}

impl Page {
    pub(super) fn new(process: &Process, request: &Request<'_>, query: Query) -> Self {
        let lines = lines(process, request, &query);
        let style = Style::of(request.page, request.rights);
        Page { lines, style, head: head(process, request, &query), open: None }
    }

    fn close(&mut self, process: &Process, out: &mut Vec<u8>) {
        if let Some(id) = self.open.take() {
            table::end(process.shared.runtime.proxy(id), self.style, out);
        }
    }
}

impl Producer for Page {
    fn fill(&mut self, process: &Process, out: &mut Vec<u8>) -> Left {
        let end = out.len() + PART_BYTES;
        out.append(&mut self.head);
        while out.len() < end {
            let Some(line) = self.lines.next(process) else {
                self.close(process, out);
                out.extend_from_slice(b"</body></html>\n");
                return Left::Nothing;
            };
            if self.open != Some(line.proxy) {
                self.close(process, out);
                table::begin(process, process.shared.runtime.proxy(line.proxy), self.style, out);
                self.open = Some(line.proxy);
            }
            table::row(&line, self.style, out);
        }
        Left::More
    }
}

fn head(process: &Process, request: &Request<'_>, query: &Query) -> Vec<u8> {
    let mut out = Vec::new();
    let facts = &process.shared.runtime.process;
    let page = request.page;
    out.extend_from_slice(
        b"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Statistics",
    );
    let node = page.node.as_ref().map(|own| own.as_deref().unwrap_or(&facts.node));
    if let Some(node) = node {
        out.extend_from_slice(b" of ");
        push_text(node, &mut out);
    }
    let _ = write!(
        out,
        "</title><link rel=\"icon\" href=\"data:,\"><style>\n{STYLE}</style></head>\n<body>\n<h1>Statistics"
    );
    if let Some(node) = node {
        out.extend_from_slice(b" of ");
        push_text(node, &mut out);
    }
    if page.shows_version {
        out.extend_from_slice(b", version ");
        push_text(&process.about.version, &mut out);
    }
    out.extend_from_slice(b"</h1>\n");
    if let Some(own) = &page.description {
        out.extend_from_slice(b"<p>");
        push_text(own.as_deref().unwrap_or(&facts.description), &mut out);
        out.extend_from_slice(b"</p>\n");
    }
    push_process(process, &mut out);
    push_links(request, query, &mut out);
    push_key(&mut out);
    push_outcome(request, query, &mut out);
    out
}

/// The figures of the process.
fn push_process(process: &Process, out: &mut Vec<u8>) {
    let fields = info::fields(process, Fraction::Cut);
    let number = |name: &str| {
        let found = fields.iter().find(|(row, _)| row.name == name);
        found.map_or(0, |(_, value)| match value {
            Value::U32(number) | Value::U64(number) => *number,
            Value::S32(_) | Value::Str(_) | Value::Flt(_) => 0,
        })
    };
    let up = age(process.uptime(clock::now()).as_secs());
    let _ = writeln!(
        out,
        "<dl><dt>Process</dt><dd>{}, {} threads, up for {up}, {}&nbsp;% idle</dd>\
         <dt>Limits</dt><dd>{} connections (reached {} times), {} descriptors</dd>\
         <dt>Now</dt><dd>{} connections, {} of them new within a second; {} requests since the start</dd></dl>",
        number("Pid"),
        number("Nbthread"),
        number("Idle_pct"),
        number("Maxconn"),
        number("MaxconnReached"),
        number("Ulimit-n"),
        number("CurrConns"),
        number("ConnRate"),
        number("CumReq"),
    );
}

/// Other views of the page.
fn push_links(request: &Request<'_>, query: &Query, out: &mut Vec<u8>) {
    let page = request.page;
    out.extend_from_slice(b"<nav>");
    let mut link = |options: String, text: &str| {
        out.extend_from_slice(b"<a href=\"");
        push_text(&String::from_utf8_lossy(&page.uri), out);
        push_text(&options, out);
        out.extend_from_slice(b"\">");
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"</a>");
    };
    let other = |change: fn(&mut Query)| {
        let mut other = query.clone();
        change(&mut other);
        other.options(page)
    };
    let down = if query.hides_down { "show all servers" } else { "hide servers that are down" };
    link(other(|query| query.hides_down = !query.hides_down), down);
    if page.refresh_s > 0 {
        let text = if query.has_no_refresh { "load again by itself" } else { "stop loading again" };
        link(other(|query| query.has_no_refresh = !query.has_no_refresh), text);
    }
    link(query.options(page), "load now");
    let scope = query.scope_option();
    link(format!(";csv{scope}"), "CSV");
    link(format!(";json{scope}"), "JSON");
    link(";json-schema".to_owned(), "schema");
    let _ = write!(
        out,
        "<form method=\"get\">only proxies with <input name=\"scope\" size=\"8\" maxlength=\"20\" value=\"{}\"></form>",
        query.scope
    );
    out.extend_from_slice(b"</nav>\n");
}

fn push_key(out: &mut Vec<u8>) {
    out.extend_from_slice(b"<p class=\"key\">");
    for (class, text) in KEY {
        let _ = write!(out, "<span class=\"{class}\">{text}</span>");
    }
    out.extend_from_slice(b"</p>\n");
}

/// What came of the change that led here.
fn push_outcome(request: &Request<'_>, query: &Query, out: &mut Vec<u8>) {
    let Some(outcome) = query.outcome else { return };
    let _ = write!(out, "<p class=\"outcome\">{} <a href=\"", outcome.text());
    push_text(&String::from_utf8_lossy(&request.page.uri), out);
    push_text(&query.options(request.page), out);
    out.extend_from_slice(b"\">close</a></p>\n");
}
