//! A trace as text for people: one numbered paragraph a step, quiet where nothing happened.

use std::fmt::Write;

use diag::Sources;
use engine::trace::{Effect, Ending, Looked, Message, Named, Step, Tested, Text, Trace};
use rules::{Place, Tri};

use super::line_text;

/// The whole text.
pub(super) fn told(trace: &Trace, sources: &Sources) -> String {
    let mut out = String::new();
    entry(trace, sources, &mut out);
    for note in &trace.notes {
        line(&mut out, 0, &format!("note: {note}"));
    }
    let mut last = ("", "");
    for (number, step) in (1..).zip(&trace.steps) {
        let here = (&*step.proxy, if step.place.is_some() { step.phase } else { last.1 });
        if here != last || (step.place.is_none() && here.0 != last.0) {
            line(&mut out, 0, "");
            last = here;
        }
        tell_step(number, step, sources, &mut out);
    }
    line(&mut out, 0, "");
    result(trace, sources, &mut out);
    out
}

fn line(out: &mut String, indent: usize, text: &str) {
    let text = text.trim_end();
    if text.is_empty() {
        out.push('\n');
    } else {
        let _ = writeln!(out, "{:indent$}{text}", "");
    }
}

fn at(place: Option<Place>, sources: &Sources) -> String {
    place.map(|place| format!("{}:{}", sources.name(place.file), place.line)).unwrap_or_default()
}

fn with_place(one: &Named, sources: &Sources) -> String {
    match one.place {
        Some(_) => format!("{} ({})", one.name, at(one.place, sources)),
        None => one.name.to_string(),
    }
}

fn entry(trace: &Trace, sources: &Sources, out: &mut String) {
    let mut text = format!("frontend {}", with_place(&trace.entry.frontend, sources));
    if let Some(bind) = &trace.entry.bind {
        let _ = write!(text, ", {}", with_place(bind, sources));
    }
    line(out, 0, &text);
}

fn tell_step(number: usize, step: &Step, sources: &Sources, out: &mut String) {
    let head = match step.place {
        Some(place) => format!("{number:3}  {}  {}", at(step.place, sources), line_text(sources, place)),
        None => format!("{number:3}  {}", step.phase),
    };
    line(out, 0, &head);
    for test in &step.tests {
        tell_test(test, step.place, sources, out);
    }
    match step.holds {
        Some(Tri::No) => line(out, 7, "-> passed over"),
        Some(Tri::NotYet) => line(out, 7, "-> cannot be told yet"),
        Some(Tri::Yes) | None => {}
    }
    for effect in &step.effects {
        line(out, 7, &effect_text(effect));
    }
    for note in &step.notes {
        line(out, 7, &format!("-> {note}"));
    }
}

fn tell_test(test: &Tested, rule: Option<Place>, sources: &Sources, out: &mut String) {
    let sign = if test.is_negated { "!" } else { "" };
    if test.looks.is_empty() {
        line(out, 7, &format!("{sign}{}: {}", test.acl, verdict(test.result)));
        return;
    }
    for look in &test.looks {
        let mut text = String::new();
        if !test.acl.is_empty() {
            let _ = write!(text, "{sign}{}", test.acl);
            if Some(look.place) != rule {
                let _ = write!(text, " ({})", at(Some(look.place), sources));
            }
            text.push_str(": ");
        } else if test.is_negated {
            text.push_str("!: ");
        }
        text.push_str(&look_text(look));
        line(out, 7, &text);
    }
}

fn verdict(result: Tri) -> &'static str {
    match result {
        Tri::Yes => "yes",
        Tri::No => "no",
        Tri::NotYet => "not known yet",
    }
}

/// The value, and how it compares.
fn look_text(look: &Looked) -> String {
    let Some(value) = &look.value else {
        let why = if look.result == Tri::NotYet { "is not known yet" } else { "has no value" };
        return format!("{} {why}", look.expression);
    };
    let mut text = format!("{} = {}", look.expression, shown(value));
    match (&look.matched, look.patterns, look.result) {
        (Some(pattern), _, _) => {
            let method = look.method.filter(|method| *method != "str").map(|m| format!("{m} "));
            let _ = write!(text, ", matches {}{}", method.unwrap_or_default(), shown(pattern));
            if let Some((file, line)) = &look.matched_in {
                let _ = write!(text, " ({file}:{line})");
            }
        }
        (None, Some(count), Tri::No) => {
            let plural = if count == 1 { "pattern" } else { "patterns" };
            let method = look.method.map(|method| format!(" ({method})")).unwrap_or_default();
            let _ = write!(text, ", matches none of {count} {plural}{method}");
        }
        (None, _, Tri::Yes) => text.push_str(", matches"),
        (None, _, Tri::No | Tri::NotYet) => text.push_str(", does not match"),
    }
    text
}

fn shown(text: &Text) -> String {
    match text {
        Text::Bare(text) => text.clone(),
        Text::Quoted(text) => format!("\"{text}\""),
        Text::Hex(text) => format!("0x{text}"),
    }
}

fn effect_text(effect: &Effect) -> String {
    let side = |message: &Message| match message {
        Message::Request => "",
        Message::Response => "response ",
    };
    match effect {
        Effect::StartLine { message, old, new } if old.is_empty() => {
            format!("{}line: {new}", side(message))
        }
        Effect::StartLine { message, old, new } => format!("{}line: {old} -> {new}", side(message)),
        Effect::Header { message, name, old, new } => {
            let what = format!("{}header {name}", side(message));
            match (old.is_empty(), new.is_empty()) {
                (true, _) => format!("{what}: {} (new)", new.join(" | ")),
                (false, true) => format!("{what}: removed (was {})", old.join(" | ")),
                (false, false) => format!("{what}: {} -> {}", old.join(" | "), new.join(" | ")),
            }
        }
        Effect::Value { kind, name, old, new } => {
            let what = if name.is_empty() { (*kind).to_owned() } else { format!("{kind} {name}") };
            match (old, new) {
                (None, Some(new)) => format!("{what} = {new}"),
                (Some(old), Some(new)) => format!("{what} = {new} (was {old})"),
                (Some(old), None) => format!("{what}: removed (was {old})"),
                (None, None) => what,
            }
        }
    }
}

fn result(trace: &Trace, sources: &Sources, out: &mut String) {
    match &trace.backend {
        Some(backend) => line(out, 0, &format!("backend {}", with_place(backend, sources))),
        None => line(out, 0, "no backend was chosen"),
    }
    if let Some(target) = &trace.target {
        let mut text = format!("server {}, {}", with_place(&target.server, sources), target.address);
        if target.is_tls {
            text.push_str(" under TLS");
        }
        if let Some(sni) = &target.sni {
            let _ = write!(text, ", told the name {sni}");
        }
        line(out, 0, &text);
    }
    messages(trace, out);
    line(out, 0, "");
    match &trace.log {
        Some(log) => {
            let silent =
                if log.is_written { "" } else { " (no `log` line in the frontend: it is not written)" };
            line(out, 0, &format!("log, {}{silent}:", log.level));
            line(out, 4, &log.message);
        }
        None => line(out, 0, "nothing is logged"),
    }
}

/// What the server and the client are sent.
fn messages(trace: &Trace, out: &mut String) {
    if !trace.preamble.is_empty() {
        bytes("before it, to the server:", &trace.preamble, out);
    }
    if let Some(head) = &trace.to_server {
        bytes("to the server:", head, out);
    }
    match (&trace.to_client, trace.ending) {
        (Some(head), Ending::Answered) => {
            bytes(&format!("the proxy answers {} itself:", trace.status), head, out);
        }
        (Some(head), Ending::Served | Ending::Closed) => bytes("to the client:", head, out),
        (None, Ending::Closed) => {
            line(out, 0, "");
            line(out, 0, "the connection is closed without an answer");
        }
        (None, Ending::Answered) => {
            line(out, 0, "");
            line(out, 0, &format!("the proxy answers {} itself", trace.status));
        }
        (None, Ending::Served) => {}
    }
}

/// Bytes line by line; what is no text is shown in hexadecimal.
fn bytes(title: &str, bytes: &[u8], out: &mut String) {
    line(out, 0, "");
    line(out, 0, title);
    if bytes.iter().any(|byte| byte.is_ascii_control() && !matches!(byte, b'\r' | b'\n' | b'\t')) {
        line(out, 4, &format!("{} bytes:", bytes.len()));
        for row in bytes.chunks(32) {
            let row: String = row.iter().map(|byte| format!("{byte:02x}")).collect();
            line(out, 4, &row);
        }
        return;
    }
    for one in bytes.split(|byte| *byte == b'\n') {
        let text = base::Lossy(one.strip_suffix(b"\r").unwrap_or(one)).to_string();
        line(out, 4, &text);
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
}
