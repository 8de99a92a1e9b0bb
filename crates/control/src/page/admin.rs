//! Changes that an administrator sends from the page: servers, what to do with them, and their backend, as a form.

use std::sync::Arc;

use engine::check::{Administration, end_sessions, set_administration, set_health};
use engine::service::Request;
use http::message::Head;
use state::check::Disabled;
use state::server::{ADMIN_DRAIN, ADMIN_MAINT, Health};
use state::{Proxy, Server};

use super::is_in_scope;
use crate::names::{self, Side};
use crate::process::Process;

/// The longest name and value of a field together.
const FIELD_BYTES_MAX: usize = 4_096;

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All servers were changed.
    Done,
    /// No server was named.
    None,
    /// Some were.
    Part,
    /// The form was wrong, or no server could be changed.
    Wrong,
    /// The form was too long.
    TooLong,
    /// The client may not.
    Deny,
    /// The request was of no use.
    Invalid,
    /// Nobody knows.
    Unknown,
}

const OUTCOMES: &[(Outcome, &str)] = &[
    (Outcome::Done, "DONE"),
    (Outcome::None, "NONE"),
    (Outcome::Part, "PART"),
    (Outcome::Wrong, "ERRP"),
    (Outcome::TooLong, "EXCD"),
    (Outcome::Deny, "DENY"),
    (Outcome::Invalid, "IVAL"),
    (Outcome::Unknown, "UNKN"),
];

impl Outcome {
    /// How it is written behind `;st=`.
    pub(crate) fn code(self) -> &'static str {
        OUTCOMES.iter().find(|(outcome, _)| *outcome == self).map_or("UNKN", |(_, code)| code)
    }

    /// The one whose code a text begins with.
    pub(crate) fn of_code(text: &[u8]) -> Outcome {
        let found = OUTCOMES.iter().find(|(_, code)| text.starts_with(code.as_bytes()));
        found.map_or(Outcome::Unknown, |(outcome, _)| *outcome)
    }

    /// What it means, for people.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Outcome::Done => "Done: all chosen servers were changed.",
            Outcome::None => "No server was chosen, so nothing changed.",
            Outcome::Part => "Only some of the chosen servers could be changed.",
            Outcome::Wrong => "Nothing changed: the action, the backend or the servers are not known here.",
            Outcome::TooLong => "Nothing changed: the form was too long. Choose fewer servers at a time.",
            Outcome::Deny => "Nothing changed: you may not do that.",
            Outcome::Invalid => "Nothing changed: the request was of no use.",
            Outcome::Unknown => "It is not known what came of it.",
        }
    }
}

/// Whether the page itself sent the form, and not another site: what the browser calls its origin, if it does, is the host asked.
pub(crate) fn is_same_origin(head: &Head) -> bool {
    let Some(source) = head.fields.get(b"origin").or_else(|| head.fields.get(b"referer")) else {
        // Scripts say nothing of the kind.
        return true;
    };
    let host = head.fields.get(b"host").unwrap_or_default();
    authority(source).is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// `host:port` of `scheme://host:port/...`.
fn authority(uri: &[u8]) -> Option<&[u8]> {
    let at = uri.windows(3).position(|part| part == b"://")? + 3;
    let rest = &uri[at..];
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// The form of a request, carried out.
pub(crate) fn carry_out(process: &Process, request: &Request<'_>) -> Outcome {
    let message = &request.txn.req;
    if !message.body_is_complete && message.length != Some(0) {
        return Outcome::TooLong;
    }
    let form = match Form::read(&message.body) {
        Ok(form) => form,
        Err(outcome) => return outcome,
    };
    let Some(backend) = &form.backend else { return Outcome::None };
    let found = names::proxy(process, backend, Side::Backend);
    let proxy = match found {
        Some(proxy) if is_in_scope(proxy, request) => proxy,
        // Whether there is such a backend is nobody's business who may not see it.
        _ if !request.page.scopes.is_empty() => return Outcome::Deny,
        _ => return Outcome::Wrong,
    };
    let Some(action) = form.action else { return Outcome::None };
    let changed = |name: &&String| {
        let server = proxy.servers.iter().find(|server| *server.name == ***name);
        server.map(|server| action.apply(process, proxy, &server))
    };
    // A server that is as it should be counts neither as changed nor as wrong.
    let results: Vec<Option<Change>> = form.servers.iter().map(|name| changed(&name)).collect();
    let made = results.iter().filter(|result| **result == Some(Change::Made)).count();
    let all = results.iter().filter(|result| **result != Some(Change::Needless)).count();
    match (all, made) {
        (0, _) => Outcome::None,
        (_, 0) => Outcome::Wrong,
        (all, made) if all == made => Outcome::Done,
        _ => Outcome::Part,
    }
}

/// The fields of a form.
#[derive(Debug, Default)]
struct Form {
    backend: Option<String>,
    action: Option<Action>,
    servers: Vec<String>,
}

impl Form {
    /// Reads it. Of several backends or actions the last one counts.
    fn read(body: &[u8]) -> Result<Form, Outcome> {
        let mut form = Form::default();
        for field in body.split(|byte| *byte == b'&').filter(|field| !field.is_empty()) {
            if field.len() > FIELD_BYTES_MAX {
                return Err(Outcome::Wrong);
            }
            let (name, value) = match field.iter().position(|byte| *byte == b'=') {
                Some(at) => (&field[..at], decoded(&field[at + 1..])),
                None => (field, String::new()),
            };
            match name {
                b"b" => form.backend = Some(value),
                b"action" if value.is_empty() => return Err(Outcome::Wrong),
                b"action" => form.action = Some(Action::parse(&value).ok_or(Outcome::Wrong)?),
                b"s" => form.servers.push(value),
                _ => {}
            }
        }
        Ok(form)
    }
}

/// A value of a form without its escapes.
fn decoded(value: &[u8]) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(byte) = value.get(at) {
        at += 1;
        match byte {
            b'+' => out.push(b' '),
            b'%' => match (digit(value.get(at)), digit(value.get(at + 1))) {
                (Some(high), Some(low)) => {
                    out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                    at += 2;
                }
                _ => out.push(b'%'),
            },
            byte => out.push(*byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What became of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// It was changed.
    Made,
    /// It was so already, or has nothing that could be changed.
    Needless,
}

/// What a form can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    State(Administration),
    /// Into maintenance, or out of it, where it is not there already (`disable`, `enable`).
    Maintenance(Wish),
    /// The same for draining (`stop`, `start`).
    Drain(Wish),
    Checks(Disabled),
    Health(Health),
    EndSessions,
    /// Agent checks, which no server has here.
    Agent,
}

/// Whether a state is to begin or to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Begin,
    End,
}

impl Action {
    fn parse(name: &str) -> Option<Action> {
        Some(match name {
            "ready" => Action::State(Administration::Ready),
            "drain" => Action::State(Administration::Drain),
            "maint" => Action::State(Administration::Maintenance),
            "disable" => Action::Maintenance(Wish::Begin),
            "enable" => Action::Maintenance(Wish::End),
            "stop" => Action::Drain(Wish::Begin),
            "start" => Action::Drain(Wish::End),
            "dhlth" => Action::Checks(Disabled::Yes),
            "ehlth" => Action::Checks(Disabled::No),
            "hrunn" => Action::Health(Health::Up),
            "hnolb" => Action::Health(Health::Stopping),
            "hdown" => Action::Health(Health::Down),
            "shutdown" => Action::EndSessions,
            "dagent" | "eagent" | "arunn" | "adown" => Action::Agent,
            _ => return None,
        })
    }

    fn apply(self, process: &Process, proxy: &Arc<Proxy>, server: &Arc<Server>) -> Change {
        let shared = &process.shared;
        let is_there = |flag: u8| server.admin() & flag != 0;
        match self {
            Action::State(to) => {
                set_administration(shared, server, to);
            }
            Action::Maintenance(wish) if is_there(ADMIN_MAINT) == (wish == Wish::Begin) => {
                return Change::Needless;
            }
            Action::Drain(wish) if is_there(ADMIN_DRAIN) == (wish == Wish::Begin) => return Change::Needless,
            Action::Maintenance(Wish::Begin) => {
                set_administration(shared, server, Administration::Maintenance);
            }
            Action::Drain(Wish::Begin) => {
                set_administration(shared, server, Administration::Drain);
            }
            Action::Maintenance(Wish::End) | Action::Drain(Wish::End) => {
                set_administration(shared, server, Administration::Ready);
            }
            Action::Checks(disabled) if server.check.facts().is_configured => {
                server.check.set_disabled(disabled)
            }
            Action::Checks(_) | Action::Agent => return Change::Needless,
            Action::Health(health) => {
                server.check.set_health(if health == Health::Down { 0 } else { u32::MAX });
                set_health(shared, server, health, None);
            }
            Action::EndSessions if shared.config.proxy(proxy.id).is_disabled => return Change::Needless,
            Action::EndSessions => end_sessions(shared, server),
        }
        Change::Made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let form = Form::read(b"s=a&s=b%2Bc+d&action=maint&b=%233").unwrap();
        assert_eq!(
            (form.backend.as_deref(), form.servers),
            (Some("#3"), vec!["a".into(), "b+c d".to_owned()])
        );
        assert_eq!(form.action, Some(Action::State(Administration::Maintenance)));
        assert_eq!(Form::read(b"action=foo").unwrap_err(), Outcome::Wrong);
        assert_eq!(decoded(b"%zz%4"), "%zz%4");
    }

    #[test]
    fn origins() {
        let head = |fields: &[(&[u8], &[u8])]| {
            let mut head = Head::default();
            fields.iter().for_each(|(name, value)| head.fields.push(*name, value));
            head
        };
        let host: (&[u8], &[u8]) = (b"host", b"lb:80");
        assert!(is_same_origin(&head(&[host])));
        assert!(is_same_origin(&head(&[host, (b"origin", b"http://LB:80")])));
        assert!(is_same_origin(&head(&[host, (b"referer", b"http://lb:80/stats?x")])));
        assert!(!is_same_origin(&head(&[host, (b"origin", b"http://evil"), (b"referer", b"http://lb:80/")])));
        assert!(!is_same_origin(&head(&[host, (b"origin", b"null")])));
    }

    proptest::proptest! {
        /// Any bytes are read or refused.
        #[test]
        fn any_form(body in "([sb]=|action=|&|%|[0-9a-f]|maint|\\+|\\PC){0,40}") {
            if let Ok(form) = Form::read(body.as_bytes()) {
                proptest::prop_assert!(form.servers.len() <= body.len());
            }
            proptest::prop_assert!(decoded(body.as_bytes()).len() <= 3 * body.len());
        }
    }
}
