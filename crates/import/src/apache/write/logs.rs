//! CustomLog, LogFormat, ErrorLog (mod_log_config): lines go to syslog, in a format as near as possible.

use super::frontend::Frontend;
use super::headers;
use super::hosts::Entry;
use crate::apache::model::{CustomLog, When};
use crate::apache::pattern::{literal, word};
use crate::apache::reader::Source;
use crate::apache::value::env;

/// Formats that have a name without being told.
const COMMON: &str = "%h %l %u %t \"%r\" %>s %b";
const COMBINED: &str = "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"";

/// Writes the log lines of a frontend: those of the first host that has some.
pub(super) fn write(front: &mut Frontend<'_, '_>, entry: &Entry) {
    let all: Vec<&CustomLog> = entry.hosts().flat_map(|host| &host.server.logs).collect();
    let Some(first) = all.first() else { return };
    match first.target.strip_prefix("syslog:") {
        Some(facility) => {
            let facility = facility.split(':').next().filter(|name| !name.is_empty()).unwrap_or("local7");
            front.head.add(&first.source, format!("log /dev/log {}", word(facility)));
        }
        None => {
            front.shared.has_logs = true;
            front.head.add(&first.source, "log global");
        }
    }
    let format = format_of(front, first);
    match translate(front, &format, &first.source) {
        Ok(text) => front.head.add(&first.source, format!("log-format {}", word(&text))),
        Err(text) => {
            front.shared.problem(&first.source, format!("{text}: the lines have the form of HAProxy's"));
            front.head.add(&first.source, "option httplog");
        }
    }
    if first.when != When::Always {
        silence(front, first);
    }
    for other in &all[1..] {
        let is_same = format_of(front, other) == format && other.when == first.when;
        if !is_same {
            front.shared.problem(
                &other.source,
                "a frontend writes one line for each request, in the form of its first log",
            );
        }
    }
}

fn format_of(front: &Frontend<'_, '_>, log: &CustomLog) -> String {
    let named = front.shared.config.log_formats.get(&log.format);
    match (named, log.format.as_str()) {
        (Some(format), _) => format.clone(),
        (None, "" | "common") => COMMON.to_owned(),
        (None, "combined") => COMBINED.to_owned(),
        (None, format) => format.to_owned(),
    }
}

/// `env=`: other requests are not logged.
fn silence(front: &mut Frontend<'_, '_>, log: &CustomLog) {
    let test = headers::when(&log.when);
    match test.ok().and_then(|test| test.condition.not()) {
        Some(not) => {
            front.after.add(&log.source, format!("http-after-response set-log-level silent{}", not.suffix()))
        }
        None => {
            front.shared.problem(&log.source, "the condition is not carried over: all requests are logged")
        }
    }
}

/// Apache's format as ours.
fn translate(front: &mut Frontend<'_, '_>, format: &str, source: &Source) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(&literal(&unescaped(before)));
        let after = after.trim_start_matches(|char: char| char.is_ascii_digit() || "!,<>".contains(char));
        let (name, kind, behind) = match after.strip_prefix('{').and_then(|after| after.split_once('}')) {
            Some((name, behind)) => (name, behind.chars().next(), behind),
            None => ("", after.chars().next(), after),
        };
        let kind = kind.ok_or("the format ends with '%'")?;
        out.push_str(
            &field(front, name, kind, source).ok_or_else(|| format!("'%{kind}' has no counterpart"))?,
        );
        rest = &behind[kind.len_utf8()..];
    }
    Ok(out + &literal(&unescaped(rest)))
}

fn unescaped(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\t", "\t").replace("\\n", "")
}

fn field(front: &mut Frontend<'_, '_>, name: &str, kind: char, source: &Source) -> Option<String> {
    let text = match kind {
        '%' => "%%",
        'h' | 'a' => "%ci",
        'A' => "%fi",
        'B' | 'b' | 'O' => "%B",
        'D' => "%[txn.timer.total,mul(1000)]",
        'T' if name == "ms" => "%Tt",
        'T' if name == "us" => "%[txn.timer.total,mul(1000)]",
        'T' => "%[txn.timer.total,div(1000)]",
        'f' | 'l' | 'R' | 'X' => "-",
        'H' => "%HV",
        'I' => "%U",
        'i' => return remembered(front, "http-request", name, &format!("req.fhdr({name})"), source),
        'o' => return remembered(front, "http-response", name, &format!("res.fhdr({name})"), source),
        'C' => return remembered(front, "http-request", name, &format!("req.cook({name})"), source),
        'e' => return Some(format!("%[var({})]", env(name))),
        'x' => return crate::apache::value::variable(name).map(|sample| format!("%[{}]", sample.text)),
        'k' => "0",
        'L' => "%ID",
        'm' => "%HM",
        'p' => "%fp",
        'P' => "%pid",
        'q' => "%HQ",
        'r' => "%HM %HU %HV",
        's' => "%ST",
        't' => "[%tr]",
        'u' => "-",
        'U' => "%HPO",
        'v' | 'V' => {
            return remembered(front, "http-request", "server_name", "req.hdr(host),host_only", source);
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Logs are written when the messages are gone: what they need is remembered.
fn remembered(
    front: &mut Frontend<'_, '_>,
    ruleset: &str,
    name: &str,
    sample: &str,
    source: &Source,
) -> Option<String> {
    let plain: String = name
        .chars()
        .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' })
        .collect();
    if plain.is_empty() || name.contains(['(', ')', ',', '\'', '"', '\\', ' ']) {
        return None;
    }
    let line = format!("{ruleset} set-var(txn.log_{plain}) {sample}");
    if ruleset == "http-request" {
        front.request.add(source, line);
    } else {
        front.response.add(source, line);
    }
    Some(format!("%[var(txn.log_{plain})]"))
}
