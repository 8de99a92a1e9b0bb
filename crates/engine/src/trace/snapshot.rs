//! What a step changed: the transaction before it against the transaction after it.
//!
//! Comparing finds whatever an action did, without asking the action.

use std::cell::RefCell;

use sample::Txn;
use state::value::Value;
use state::vars::{Scope, VarRef, Vars};

use super::{Effect, Message, Text};

/// What of a transaction rules can change and people want to know.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Snapshot {
    request: Head,
    response: Head,
    values: Vec<Named>,
}

/// Something with a name that may have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    kind: &'static str,
    name: String,
    value: String,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Head {
    start: String,
    fields: Vec<(String, String)>,
}

/// Bytes for people: what is not text is escaped.
pub(super) fn lossy(bytes: &[u8]) -> String {
    base::Lossy(bytes).to_string()
}

/// A value for people.
pub(super) fn text(value: &Value<'_>) -> Text {
    match value {
        Value::Bool(is_on) => Text::Bare(is_on.to_string()),
        Value::Int(_) | Value::Ipv4(_) | Value::Ipv6(_) => Text::Bare(lossy(&value.text())),
        Value::Str(bytes) | Value::Method(_, bytes) => Text::Quoted(lossy(bytes)),
        Value::Bin(bytes) => Text::Hex(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

impl Snapshot {
    pub(super) fn of(txn: &Txn) -> Snapshot {
        Snapshot { request: head(&txn.req.head), response: head(&txn.res.head), values: values(txn) }
    }

    /// What became different from this to `now`.
    pub(super) fn changes(&self, now: &Snapshot) -> Vec<Effect> {
        let mut effects = Vec::new();
        heads(Message::Request, &self.request, &now.request, &mut effects);
        heads(Message::Response, &self.response, &now.response, &mut effects);
        for after in &now.values {
            let before = find(&self.values, after);
            if before.is_none_or(|before| before.value != after.value) {
                effects.push(after.effect(before.map(|b| b.value.clone()), Some(after.value.clone())));
            }
        }
        for gone in self.values.iter().filter(|before| find(&now.values, before).is_none()) {
            effects.push(gone.effect(Some(gone.value.clone()), None));
        }
        effects
    }
}

impl Named {
    fn effect(&self, old: Option<String>, new: Option<String>) -> Effect {
        Effect::Value { kind: self.kind, name: self.name.clone(), old, new }
    }
}

fn find<'n>(list: &'n [Named], like: &Named) -> Option<&'n Named> {
    list.iter().find(|one| one.kind == like.kind && one.name == like.name)
}

fn head(head: &http::Head) -> Head {
    if head.method().is_empty() && head.status() == 0 {
        return Head::default();
    }
    let mut line = Vec::new();
    head.write_start_line(&mut line);
    let fields = head.fields.iter().map(|(name, value)| (lossy(name), lossy(value))).collect();
    Head { start: lossy(line.trim_ascii_end()), fields }
}

fn heads(message: Message, old: &Head, new: &Head, effects: &mut Vec<Effect>) {
    if old.start != new.start {
        effects.push(Effect::StartLine { message, old: old.start.clone(), new: new.start.clone() });
    }
    if old.fields == new.fields {
        return;
    }
    let mut seen: Vec<&str> = Vec::new();
    for (name, _) in old.fields.iter().chain(&new.fields) {
        if seen.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        seen.push(name);
        let (before, after) = (all(old, name), all(new, name));
        if before != after {
            let strings = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
            let (name, old, new) = (name.clone(), strings(before), strings(after));
            effects.push(Effect::Header { message, name, old, new });
        }
    }
}

fn all<'h>(head: &'h Head, name: &str) -> Vec<&'h str> {
    let fields = head.fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    fields.map(|(_, value)| value.as_str()).collect()
}

fn values(txn: &Txn) -> Vec<Named> {
    let mut list = Vec::new();
    let mut add = |kind, name: &str, value: String| list.push(Named { kind, name: name.to_owned(), value });
    for (slots, kind) in [(&txn.req_captures, "request capture"), (&txn.res_captures, "response capture")] {
        for (slot, value) in slots.iter().enumerate().filter_map(|(i, v)| Some((i, v.as_deref()?))) {
            add(kind, &slot.to_string(), lossy(value));
        }
    }
    let cookies = [(&txn.log.request_cookie, "request"), (&txn.log.response_cookie, "response")];
    for (cookie, name) in cookies {
        if let Some(cookie) = cookie {
            add("captured cookie", name, lossy(cookie));
        }
    }
    if let Some(id) = &txn.unique_id {
        add("unique id", "", lossy(id));
    }
    for (name, address) in [("src", txn.session.src), ("dst", txn.session.dst)] {
        if let Some(address) = address {
            add("address", name, address.to_string());
        }
    }
    if txn.session.expects_proxy {
        add("connection", "PROXY header", "expected".to_owned());
    }
    for (number, hint) in (1..).zip(&txn.early_hints) {
        let mut lines = Vec::new();
        hint.write_to(&mut lines);
        let lines = lossy(lines.trim_ascii_end()).replace("\\x0d\\x0a", " | ");
        add("early hint (103)", &number.to_string(), lines);
    }
    overrides(txn, &mut list);
    tracked(txn, &mut list);
    variables(txn, &mut list);
    list
}

fn overrides(txn: &Txn, list: &mut Vec<Named>) {
    use sample::txn::LogOverride;
    let o = &txn.overrides;
    let mut add = |kind, name: &str, value: Option<String>| {
        if let Some(value) = value {
            list.push(Named { kind, name: name.to_owned(), value });
        }
    };
    let times = [
        ("client", o.client),
        ("server", o.server),
        ("connect", o.connect),
        ("queue", o.queue),
        ("tarpit", o.tarpit),
        ("tunnel", o.tunnel),
    ];
    for (name, time) in times {
        add("timeout", name, time.map(|time| format!("{time:?}")));
    }
    let level = |level| match level {
        LogOverride::Silent => "silent".to_owned(),
        LogOverride::Level(number) => logs::Level::ALL
            .get(usize::from(number))
            .map_or_else(|| number.to_string(), |level| level.name().to_owned()),
    };
    add("log", "level", o.log.map(level));
    add("setting", "retries", o.retries.map(|n| n.to_string()));
    add("setting", "disable-l7-retry", o.is_l7_retry_disabled.then(|| "yes".to_owned()));
    let nonzero = |n: i32| (n != 0).then(|| n.to_string());
    add("setting", "priority class", nonzero(o.priority_class));
    add("setting", "priority offset", nonzero(o.priority_offset_ms));
    let tos = [("client tos", o.client_tos), ("server tos", o.server_tos)];
    for (name, tos) in tos {
        add("setting", name, tos.map(|n| n.to_string()));
    }
    for (name, mark) in [("client mark", o.client_mark), ("server mark", o.server_mark)] {
        add("setting", name, mark.map(|n| n.to_string()));
    }
}

fn tracked(txn: &Txn, list: &mut Vec<Named>) {
    for tracked in [&txn.session.tracked, &txn.tracked] {
        for (number, entry) in tracked.borrow().iter() {
            let key = lossy(&entry.key_value().to_str());
            let value = format!("{key} in table {}", entry.table().name());
            list.push(Named { kind: "tracked", name: format!("sc{number}"), value });
        }
    }
}

fn variables(txn: &Txn, list: &mut Vec<Named>) {
    let mut add = |scope: Scope, prefix: &str, vars: &Vars| {
        for (id, value) in vars.iter() {
            let name = format!("{prefix}.{}", lossy(&VarRef { scope, id }.name()));
            let value = match text(value) {
                Text::Bare(text) | Text::Hex(text) => text,
                Text::Quoted(text) => format!("\"{text}\""),
            };
            list.push(Named { kind: "variable", name, value });
        }
    };
    let mut cell = |scope, prefix, vars: &RefCell<Vars>| add(scope, prefix, &vars.borrow());
    cell(Scope::Sess, "sess", &txn.session.vars);
    cell(Scope::Txn, "txn", &txn.vars);
    cell(Scope::Req, "req", &txn.req_vars);
    cell(Scope::Res, "res", &txn.res_vars);
    add(Scope::Proc, "proc", &txn.runtime.vars.read());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(fields: &[(&str, &str)]) -> Head {
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Head { start: "GET / HTTP/1.1".to_owned(), fields }
    }

    fn header(name: &str, old: &[&str], new: &[&str]) -> Effect {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        Effect::Header { message: Message::Request, name: name.to_owned(), old: own(old), new: own(new) }
    }

    #[test]
    fn headers_are_compared_by_name() {
        let old = with(&[("Host", "a"), ("X", "1"), ("x", "2"), ("Gone", "g")]);
        let new = with(&[("Host", "a"), ("x", "2"), ("New", "n")]);
        let mut effects = Vec::new();
        heads(Message::Request, &old, &new, &mut effects);
        assert_eq!(
            effects,
            [header("X", &["1", "2"], &["2"]), header("Gone", &["g"], &[]), header("New", &[], &["n"])]
        );
    }

    #[test]
    fn values_come_change_and_go() {
        let named = |name: &str, value: &str| Named {
            kind: "variable",
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let old = Snapshot { values: vec![named("a", "1"), named("b", "1")], ..Snapshot::default() };
        let new = Snapshot { values: vec![named("b", "2"), named("c", "3")], ..Snapshot::default() };
        let effect = |name: &str, old: Option<&str>, new: Option<&str>| Effect::Value {
            kind: "variable",
            name: name.to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        };
        assert_eq!(
            old.changes(&new),
            [effect("b", Some("1"), Some("2")), effect("c", None, Some("3")), effect("a", Some("1"), None)]
        );
        assert_eq!(old.changes(&old.clone()), []);
    }
}
