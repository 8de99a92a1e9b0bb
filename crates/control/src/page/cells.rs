//! The columns of the page's tables: which figure each shows, under which heading.

use std::fmt::Write;
use std::sync::LazyLock;

use crate::stat::{StatLine, column};
use crate::typed::{Value, age};

/// How a figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// A number, in groups of three digits, or a text.
    Plain,
    /// A limit: 0 is none.
    Limit,
    /// Seconds.
    Age,
}

/// One column.
#[derive(Debug)]
pub(crate) struct Cell {
    /// The heading above several columns; the same for neighbours.
    pub(crate) group: &'static str,
    /// Its own heading.
    pub(crate) title: &'static str,
    /// What the heading means, shown by the browser on request.
    pub(crate) meaning: &'static str,
    /// The columns of `show stat` that it shows, with a slash between them.
    pub(crate) columns: Vec<usize>,
    /// How.
    pub(crate) written: Written,
    /// More figures, shown by the browser on request: their names and columns.
    pub(crate) details: Vec<(&'static str, usize)>,
}

/// A row of [`TABLE`]: group, title, meaning, columns, way of writing, details.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    Written,
    &'static [(&'static str, &'static str)],
);

const RATES: &[(&str, &str)] =
    &[("connections/s", "conn_rate"), ("sessions/s", "rate"), ("requests/s", "req_rate")];
const RATE_MAXIMA: &[(&str, &str)] =
    &[("connections/s", "conn_rate_max"), ("sessions/s", "rate_max"), ("requests/s", "req_rate_max")];
const NOW: &[(&str, &str)] = &[
    ("connections in use", "used_conn_cur"),
    ("needed, by estimate", "need_conn_est"),
    ("idle", "idle_conn_cur"),
];
const TOTALS: &[(&str, &str)] = &[
    ("connections", "conn_tot"),
    ("sessions", "stot"),
    ("requests", "req_tot"),
    ("1xx", "hrsp_1xx"),
    ("2xx", "hrsp_2xx"),
    ("3xx", "hrsp_3xx"),
    ("4xx", "hrsp_4xx"),
    ("5xx", "hrsp_5xx"),
    ("other responses", "hrsp_other"),
    ("answered here", "intercepted"),
    ("failed rewrites", "wrew"),
    ("internal errors", "eint"),
    ("connections opened", "connect"),
    ("connections reused", "reuse"),
    ("mean time in queue, ms", "qtime"),
    ("longest", "qtime_max"),
    ("mean time to connect, ms", "ctime"),
    ("longest", "ctime_max"),
    ("mean time to respond, ms", "rtime"),
    ("longest", "rtime_max"),
    ("mean time in all, ms", "ttime"),
    ("longest", "ttime_max"),
];
const ABORTS: &[(&str, &str)] =
    &[("broken off by clients", "cli_abrt"), ("broken off by servers", "srv_abrt")];
const CHECK: &[(&str, &str)] =
    &[("what", "check_desc"), ("last answer", "last_chk"), ("rise", "check_rise"), ("fall", "check_fall")];

/// All columns, in order.
static TABLE: &[Row] = &[
    ("Queue", "Cur", "requests that wait", &["qcur"], Written::Plain, &[]),
    ("Queue", "Max", "most that ever waited", &["qmax"], Written::Plain, &[]),
    ("Queue", "Limit", "how many may wait", &["qlimit"], Written::Limit, &[]),
    ("Session rate", "Cur", "sessions within the last second", &["rate"], Written::Plain, RATES),
    ("Session rate", "Max", "most sessions within a second", &["rate_max"], Written::Plain, RATE_MAXIMA),
    ("Session rate", "Limit", "how many may begin within a second", &["rate_lim"], Written::Limit, &[]),
    ("Sessions", "Cur", "sessions now", &["scur"], Written::Plain, NOW),
    ("Sessions", "Max", "most sessions at once", &["smax"], Written::Plain, &[]),
    ("Sessions", "Limit", "how many there may be at once", &["slim"], Written::Limit, &[]),
    ("Sessions", "Total", "sessions since the start", &["stot"], Written::Plain, TOTALS),
    ("Sessions", "LbTot", "times that balancing chose it", &["lbtot"], Written::Plain, &[]),
    ("Sessions", "Last", "time since the last session", &["lastsess"], Written::Age, &[]),
    ("Bytes", "In", "bytes of requests", &["bin"], Written::Plain, &[]),
    ("Bytes", "Out", "bytes of responses", &["bout"], Written::Plain, &[]),
    ("Denied", "Req", "requests that rules refused", &["dreq"], Written::Plain, &[]),
    ("Denied", "Resp", "responses that rules refused", &["dresp"], Written::Plain, &[]),
    ("Errors", "Req", "requests that were no good", &["ereq"], Written::Plain, &[]),
    ("Errors", "Conn", "connections that failed", &["econ"], Written::Plain, &[]),
    ("Errors", "Resp", "responses that were no good", &["eresp"], Written::Plain, ABORTS),
    ("Warnings", "Retr", "connections tried again", &["wretr"], Written::Plain, &[]),
    ("Warnings", "Redis", "requests that went to another server", &["wredis"], Written::Plain, &[]),
    ("Server", "Status", "state, and for how long", &["status"], Written::Plain, &[]),
    ("Server", "LastChk", "how the last check ended", &["check_status"], Written::Plain, CHECK),
    ("Server", "Wght", "weight in force, and as set", &["weight", "uweight"], Written::Plain, &[]),
    ("Server", "Act", "active servers", &["act"], Written::Plain, &[]),
    ("Server", "Bck", "backup servers", &["bck"], Written::Plain, &[]),
    ("Server", "Chk", "checks that failed", &["chkfail"], Written::Plain, &[]),
    ("Server", "Dwn", "times that it went down", &["chkdown"], Written::Plain, &[]),
    ("Server", "Dwntme", "time that it was down", &["downtime"], Written::Age, &[]),
    ("Server", "Thrtle", "share of its limit while it warms up", &["throttle"], Written::Plain, &[]),
];

/// The columns with their places found.
pub(crate) static CELLS: LazyLock<Vec<Cell>> = LazyLock::new(|| {
    let find = |(group, title, meaning, columns, written, details): &Row| Cell {
        group,
        title,
        meaning,
        columns: columns.iter().map(|name| column(name)).collect(),
        written: *written,
        details: details.iter().map(|(title, name)| (*title, column(name))).collect(),
    };
    TABLE.iter().map(find).collect()
});

impl Cell {
    /// Appends what it shows of a line.
    pub(crate) fn write(&self, line: &StatLine, out: &mut Vec<u8>) {
        for (at, column) in self.columns.iter().enumerate() {
            let Some(value) = line.value(*column) else { continue };
            if at > 0 {
                out.push(b'/');
            }
            match (self.written, value) {
                (Written::Limit, Value::U32(0)) => out.push(b'-'),
                (Written::Age, Value::U32(seconds)) => out.extend_from_slice(age(*seconds).as_bytes()),
                (Written::Age, Value::S32(seconds)) => match u64::try_from(*seconds) {
                    Ok(seconds) => out.extend_from_slice(age(seconds).as_bytes()),
                    Err(_) => out.push(b'?'),
                },
                _ => push_value(value, out),
            }
        }
    }

    /// The figures behind the one that it shows, one a line; empty if the line has none of them.
    pub(crate) fn details(&self, line: &StatLine) -> String {
        let mut text = String::new();
        for (title, column) in &self.details {
            if let Some(value) = line.value(*column) {
                let mut shown = Vec::new();
                value.write(&mut shown);
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{title}: {}", String::from_utf8_lossy(&shown));
            }
        }
        text
    }
}

/// Appends a value for people: safe in HTML, numbers in groups of three digits.
pub(crate) fn push_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Str(text) => push_text(text, out),
        Value::U32(number) => push_number(number & 0xffff_ffff, out),
        Value::U64(number) => push_number(*number, out),
        Value::S32(_) | Value::Flt(_) => value.write(out),
    }
}

fn push_number(number: u64, out: &mut Vec<u8>) {
    let digits = number.to_string();
    for (at, digit) in digits.bytes().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            // A narrow space keeps its groups together.
            out.extend_from_slice(b"&#8239;");
        }
        out.push(digit);
    }
}

/// Appends text that may hold what HTML would take for its own.
pub(crate) fn push_text(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            byte => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_columns_are_there() {
        assert_eq!(CELLS.len(), 30);
    }

    #[test]
    fn for_people() {
        assert_eq!([age(5), age(65), age(7_320), age(180_000)], ["5s", "1m5s", "2h2m", "2d2h"]);
        let mut out = Vec::new();
        push_number(1_234_567, &mut out);
        assert_eq!(out, b"1&#8239;234&#8239;567");
        out.clear();
        push_text("a<b>&\"'", &mut out);
        assert_eq!(out, b"a&lt;b&gt;&amp;&quot;&#39;");
    }
}
