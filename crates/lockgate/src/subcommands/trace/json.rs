//! A trace as one JSON object; `docs/trace.md` describes it.

use diag::Sources;
use engine::trace::{Effect, Ending, Looked, Message, Named, Step, Target, Tested, Text, Trace};
use rules::{Place, Tri};
use serde_json::{Map, Value, json};

use super::line_text;

/// The object, on lines of its own.
pub(super) fn told(trace: &Trace, sources: &Sources) -> String {
    let steps: Vec<Value> = trace.steps.iter().map(|one| step(one, sources)).collect();
    let ending = match trace.ending {
        Ending::Served => "served",
        Ending::Answered => "answered",
        Ending::Closed => "closed",
    };
    let log = trace
        .log
        .as_ref()
        .map(|line| json!({"level": line.level, "message": line.message, "is_written": line.is_written}));
    let object = json!({
        "frontend": named(&trace.entry.frontend, sources),
        "bind": trace.entry.bind.as_ref().map(|bind| named(bind, sources)),
        "is_tls": trace.entry.is_tls,
        "steps": steps,
        "backend": trace.backend.as_ref().map(|backend| named(backend, sources)),
        "server": trace.target.as_ref().map(|one| target(one, sources)),
        "preamble": Some(&trace.preamble).filter(|bytes| !bytes.is_empty()).map(|bytes| message(bytes)),
        "to_server": trace.to_server.as_deref().map(message),
        "to_client": trace.to_client.as_deref().map(message),
        "ending": ending,
        "status": trace.status,
        "termination": trace.termination,
        "log": log,
        "notes": trace.notes,
    });
    format!("{object:#}\n")
}

fn place(place: Option<Place>, sources: &Sources, object: &mut Map<String, Value>) {
    object.insert("file".to_owned(), place.map(|p| sources.name(p.file)).into());
    object.insert("line".to_owned(), place.map(|p| p.line).into());
}

fn named(one: &Named, sources: &Sources) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), (*one.name).into());
    place(one.place, sources, &mut object);
    object.into()
}

fn target(one: &Target, sources: &Sources) -> Value {
    let mut object = named(&one.server, sources);
    object["address"] = (*one.address).into();
    object["is_tls"] = one.is_tls.into();
    object["sni"] = one.sni.as_deref().into();
    object
}

/// Bytes: as text where they are text, else in hexadecimal as well.
fn message(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({"text": text}),
        Err(_) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"text": String::from_utf8_lossy(bytes), "hex": hex})
        }
    }
}

fn step(one: &Step, sources: &Sources) -> Value {
    let mut object = Map::new();
    object.insert("phase".to_owned(), one.phase.into());
    object.insert("proxy".to_owned(), (*one.proxy).into());
    place(one.place, sources, &mut object);
    object.insert("text".to_owned(), one.place.map(|place| line_text(sources, place)).into());
    object.insert("holds".to_owned(), one.holds.map(tri).into());
    let tests: Vec<Value> = one.tests.iter().map(|test| tested(test, sources)).collect();
    object.insert("tests".to_owned(), tests.into());
    object.insert("effects".to_owned(), one.effects.iter().map(effect).collect::<Vec<_>>().into());
    object.insert("notes".to_owned(), one.notes.clone().into());
    object.into()
}

fn tri(value: Tri) -> &'static str {
    match value {
        Tri::Yes => "yes",
        Tri::No => "no",
        Tri::NotYet => "not yet",
    }
}

fn tested(test: &Tested, sources: &Sources) -> Value {
    let looks: Vec<Value> = test.looks.iter().map(|look| looked(look, sources)).collect();
    json!({
        "acl": Some(&*test.acl).filter(|name| !name.is_empty()),
        "is_negated": test.is_negated,
        "result": tri(test.result),
        "looks": looks,
    })
}

fn looked(look: &Looked, sources: &Sources) -> Value {
    let mut object = Map::new();
    place(Some(look.place), sources, &mut object);
    let rest = json!({
        "expression": look.expression,
        "value": look.value.as_ref().map(plain),
        "method": look.method,
        "patterns": look.patterns,
        "matched": look.matched.as_ref().map(plain),
        "matched_file": look.matched_in.as_ref().map(|(file, _)| file),
        "matched_line": look.matched_in.as_ref().map(|(_, line)| line),
        "result": tri(look.result),
    });
    if let Value::Object(rest) = rest {
        object.extend(rest);
    }
    object.into()
}

fn plain(text: &Text) -> &str {
    match text {
        Text::Bare(text) | Text::Quoted(text) | Text::Hex(text) => text,
    }
}

fn side(message: Message) -> &'static str {
    match message {
        Message::Request => "request",
        Message::Response => "response",
    }
}

fn effect(effect: &Effect) -> Value {
    match effect {
        Effect::StartLine { message, old, new } => {
            json!({"kind": "start line", "message": side(*message), "old": old, "new": new})
        }
        Effect::Header { message, name, old, new } => {
            json!({"kind": "header", "message": side(*message), "name": name, "old": old, "new": new})
        }
        Effect::Value { kind, name, old, new } => {
            json!({"kind": kind, "name": name, "old": old, "new": new})
        }
    }
}
