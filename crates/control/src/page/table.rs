//! A proxy's table: its headings, one row a line, and the form for administrators below it.

use std::io::Write;
use std::sync::LazyLock;

use config::model::StatsPage;
use engine::service::Rights;
use state::Proxy;

use super::cells::{CELLS, push_text, push_value};
use crate::process::Process;
use crate::stat::{COLUMNS, LineKind, StatLine, column};
use crate::typed::{Value, age};

/// What an administrator can do, as the form sends it and as people read it.
const ACTIONS: &[(&str, &str)] = &[
    ("ready", "ready: let it work"),
    ("drain", "drain: no new clients"),
    ("maint", "maintenance: no traffic, no checks"),
    ("dhlth", "stop its health checks"),
    ("ehlth", "begin its health checks again"),
    ("hrunn", "count it as up"),
    ("hnolb", "count it as up, for known clients only"),
    ("hdown", "count it as down"),
    ("shutdown", "end its sessions"),
];

/// The columns that tables need by name.
struct Known {
    svname: usize,
    status: usize,
    lastchg: usize,
    addr: usize,
    cookie: usize,
    algo: usize,
    bck: usize,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| Known {
    svname: column("svname"),
    status: column("status"),
    lastchg: column("lastchg"),
    addr: column("addr"),
    cookie: column("cookie"),
    algo: column("algo"),
    bck: column("bck"),
});

/// How the page's tables look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) rights: Rights,
    pub(super) shows_legends: bool,
    pub(super) shows_modules: bool,
}

impl Style {
    pub(super) fn of(page: &StatsPage, rights: Rights) -> Self {
        Style { rights, shows_legends: page.shows_legends, shows_modules: page.shows_modules }
    }

    fn has_form(self, proxy: &Proxy) -> bool {
        self.rights == Rights::Admin && proxy.sides.has_backend() && !proxy.servers.is_empty()
    }
}

/// Begins the table of a proxy.
pub(super) fn begin(process: &Process, proxy: &Proxy, style: Style, out: &mut Vec<u8>) {
    if style.has_form(proxy) {
        out.extend_from_slice(b"<form method=\"post\">\n");
    }
    out.extend_from_slice(b"<table><caption id=\"");
    push_text(&proxy.name, out);
    out.extend_from_slice(b"\"><a href=\"#");
    push_text(&proxy.name, out);
    out.extend_from_slice(b"\">");
    push_text(&proxy.name, out);
    out.extend_from_slice(b"</a>");
    if style.shows_legends {
        let sides = match (proxy.sides.has_frontend(), proxy.sides.has_backend()) {
            (true, true) => "listen",
            (true, false) => "frontend",
            _ => "backend",
        };
        let _ = write!(out, " <small>{sides}, {:?}, number {}</small>", proxy.mode, proxy.uuid);
    }
    if let Some(description) = &process.shared.config.proxy(proxy.id).description {
        out.extend_from_slice(b" <small>");
        push_text(description, out);
        out.extend_from_slice(b"</small>");
    }
    out.extend_from_slice(b"</caption>\n<thead>");
    headings(style, out);
    out.extend_from_slice(b"</thead>\n<tbody>\n");
}

/// Two rows: groups of columns, and columns.
fn headings(style: Style, out: &mut Vec<u8>) {
    let before: &[u8] = match style.rights {
        Rights::Admin => b"<tr><th rowspan=\"2\"></th><th rowspan=\"2\"></th>",
        Rights::Read => b"<tr><th rowspan=\"2\"></th>",
    };
    out.extend_from_slice(before);
    for group in CELLS.chunk_by(|a, b| a.group == b.group) {
        let _ = write!(out, "<th colspan=\"{}\">{}</th>", group.len(), group[0].group);
    }
    if style.shows_modules {
        out.extend_from_slice(b"<th rowspan=\"2\">Modules</th>");
    }
    out.extend_from_slice(b"</tr>\n<tr>");
    for cell in CELLS.iter() {
        let _ = write!(out, "<th title=\"{}\">{}</th>", cell.meaning, cell.title);
    }
    out.extend_from_slice(b"</tr>");
}

/// Ends the table of a proxy.
pub(super) fn end(proxy: &Proxy, style: Style, out: &mut Vec<u8>) {
    out.extend_from_slice(b"</tbody></table>\n");
    if !style.has_form(proxy) {
        return;
    }
    out.extend_from_slice(
        b"<p>With the chosen servers: <select name=\"action\"><option value=\"\"></option>",
    );
    for (value, text) in ACTIONS {
        let _ = write!(out, "<option value=\"{value}\">{text}</option>");
    }
    let _ = writeln!(
        out,
        "</select> <input type=\"hidden\" name=\"b\" value=\"#{}\"><input type=\"submit\" value=\"Do it\"></p></form>",
        proxy.uuid
    );
}

/// One row.
pub(super) fn row(line: &StatLine, style: Style, out: &mut Vec<u8>) {
    let _ = write!(out, "<tr class=\"{}\">", class(line));
    if style.rights == Rights::Admin {
        out.extend_from_slice(b"<td>");
        if line.kind == LineKind::Server {
            out.extend_from_slice(b"<input type=\"checkbox\" name=\"s\" value=\"");
            push_name(line, out);
            out.extend_from_slice(b"\">");
        }
        out.extend_from_slice(b"</td>");
    }
    name(line, style, out);
    for cell in CELLS.iter() {
        let details = cell.details(line);
        if details.is_empty() {
            out.extend_from_slice(b"<td>");
        } else {
            out.extend_from_slice(b"<td class=\"more\" title=\"");
            push_text(details.trim_end(), out);
            out.extend_from_slice(b"\">");
        }
        if cell.columns.first() == Some(&KNOWN.status) {
            push_since(line, out);
        }
        cell.write(line, out);
        out.extend_from_slice(b"</td>");
    }
    if style.shows_modules {
        modules(line, out);
    }
    out.extend_from_slice(b"</tr>\n");
}

/// The first cell: what the row is about; with its address and the like in the legends.
fn name(line: &StatLine, style: Style, out: &mut Vec<u8>) {
    let about = [("address", KNOWN.addr), ("cookie", KNOWN.cookie), ("balance", KNOWN.algo)];
    let about: Vec<String> = about
        .iter()
        .filter_map(|(title, column)| match line.value(*column) {
            Some(Value::Str(text)) => Some(format!("{title}: {text}")),
            _ => None,
        })
        .collect();
    if style.shows_legends && !about.is_empty() {
        out.extend_from_slice(b"<th class=\"more\" title=\"");
        push_text(&format!("number: {}\n{}", line.sid, about.join("\n")), out);
        out.extend_from_slice(b"\">");
    } else {
        out.extend_from_slice(b"<th>");
    }
    match line.kind {
        LineKind::Frontend => out.extend_from_slice(b"Frontend"),
        LineKind::Backend => out.extend_from_slice(b"Backend"),
        LineKind::Server | LineKind::Listener => push_name(line, out),
    }
    out.extend_from_slice(b"</th>");
}

fn push_name(line: &StatLine, out: &mut Vec<u8>) {
    if let Some(value @ Value::Str(_)) = line.value(KNOWN.svname) {
        push_value(value, out);
    }
}

/// For how long the state has been what it is.
fn push_since(line: &StatLine, out: &mut Vec<u8>) {
    if let Some(Value::U32(seconds)) = line.value(KNOWN.lastchg) {
        out.extend_from_slice(age(*seconds).as_bytes());
        out.push(b' ');
    }
}

/// The class that gives a row its colour.
fn class(line: &StatLine) -> &'static str {
    let status = match line.value(KNOWN.status) {
        Some(Value::Str(status)) => status.as_str(),
        _ => "",
    };
    let is_backup = matches!(line.value(KNOWN.bck), Some(Value::U32(1)));
    match line.kind {
        LineKind::Frontend => "frontend",
        LineKind::Listener => "listener",
        LineKind::Backend => "backend",
        LineKind::Server => match status {
            text if text.starts_with("MAINT") => "maint",
            text if text.starts_with("DRAIN") || text.starts_with("NOLB") => "drain",
            "no check" if is_backup => "backup unchecked",
            "no check" => "unchecked",
            "UP" if is_backup => "backup up",
            "UP" => "up",
            text if text.starts_with("UP") => "falling",
            "DOWN" => "down",
            _ => "rising",
        },
    }
}

/// The figures of modules, folded up.
fn modules(line: &StatLine, out: &mut Vec<u8>) {
    static FIRST: LazyLock<usize> = LazyLock::new(|| column("cache_hint_hits") + 1);
    out.extend_from_slice(b"<td><details><summary>show</summary>");
    for (column, value) in COLUMNS.iter().zip(&line.values).skip(*FIRST) {
        if let Some(value) = value {
            let _ = write!(out, "{}: ", column.brief);
            push_value(value, out);
            out.extend_from_slice(b"<br>");
        }
    }
    out.extend_from_slice(b"</details></td>");
}
