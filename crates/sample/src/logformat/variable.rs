//! The classic variables: their names and what each of them needs.

use std::borrow::Cow;

use super::request_line::Part;
use crate::compile::Uses;
use crate::rows::Needs;
use crate::txn::{CaptureSide, Txn};

/// One variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    /// `%o`: flags for all that follow.
    Flags,
    Ip(End),
    Port(End),
    Date(Moment, DateForm),
    /// A number that `+X` writes in hexadecimal.
    Hexable(Hexable),
    Timer(Timer),
    /// A number.
    Count(Count),
    Text(Text),
    Request(Part),
    Captures(Side, Shape),
}

/// One end of one of the two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Client,
    Frontend,
    Backend,
    Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Accept,
    Request,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateForm {
    LocalMillis,
    Utc,
    Local,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hexable {
    Seconds,
    Millis,
    RequestNumber,
    LogNumber,
    Pid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Handshake,
    Idle,
    Head,
    Request,
    Queue,
    Connect,
    Response,
    Data,
    Active,
    Total,
    User,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Status,
    BytesToClient,
    BytesFromClient,
    ProcessConnections,
    FrontendConnections,
    BackendConnections,
    ServerConnections,
    Retries,
    ServerQueue,
    BackendQueue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Frontend,
    FrontendTransport,
    Backend,
    Server,
    RequestCookie,
    ResponseCookie,
    Termination,
    TerminationCookie,
    Hostname,
    UniqueId,
    Origin,
    Cipher,
    TlsVersion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

impl Side {
    /// What the `capture` lines of this side took.
    pub(super) fn captures(self, txn: &Txn) -> Cow<'_, [Option<Box<[u8]>>]> {
        let (side, slots) = match self {
            Side::Request => (CaptureSide::Request, &txn.req_captures),
            Side::Response => (CaptureSide::Response, &txn.res_captures),
        };
        let mut slots = Cow::Borrowed(slots.as_slice());
        for kept in txn.late_captures.borrow().iter().filter(|kept| kept.side == side) {
            let slots = slots.to_mut();
            if slots.len() <= kept.index {
                slots.resize(kept.index + 1, None);
            }
            slots[kept.index] = Some(kept.value.clone());
        }
        slots
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{a|b}`.
    Braces,
    /// One word each.
    List,
}

const CLIENT: Needs = Needs::CLIENT;
const REQUEST: Needs = Needs::REQUEST;
const END: Needs = Needs::END;

/// Names, sorted, with what must exist for them to have a value.
static VARIABLES: &[(&str, Variable, Needs)] = &[
    ("B", Variable::Count(Count::BytesToClient), END),
    ("CC", Variable::Text(Text::RequestCookie), REQUEST),
    ("CS", Variable::Text(Text::ResponseCookie), Needs::RESPONSE),
    ("H", Variable::Text(Text::Hostname), Needs::NOTHING),
    ("HM", Variable::Request(Part::Method), REQUEST),
    ("HP", Variable::Request(Part::UriWithoutQuery), REQUEST),
    ("HPO", Variable::Request(Part::Path), REQUEST),
    ("HQ", Variable::Request(Part::Query), REQUEST),
    ("HU", Variable::Request(Part::Uri), REQUEST),
    ("HV", Variable::Request(Part::Version), REQUEST),
    ("ID", Variable::Text(Text::UniqueId), END),
    ("OG", Variable::Text(Text::Origin), Needs::NOTHING),
    ("ST", Variable::Count(Count::Status), Needs::RESPONSE),
    ("T", Variable::Date(Moment::Accept, DateForm::Utc), Needs::NOTHING),
    ("TR", Variable::Timer(Timer::Head), END),
    ("Ta", Variable::Timer(Timer::Active), END),
    ("Tc", Variable::Timer(Timer::Connect), END),
    ("Td", Variable::Timer(Timer::Data), END),
    ("Th", Variable::Timer(Timer::Handshake), END),
    ("Ti", Variable::Timer(Timer::Idle), END),
    ("Tl", Variable::Date(Moment::Accept, DateForm::Local), Needs::NOTHING),
    ("Tq", Variable::Timer(Timer::Request), END),
    ("Tr", Variable::Timer(Timer::Response), END),
    ("Ts", Variable::Hexable(Hexable::Seconds), Needs::NOTHING),
    ("Tt", Variable::Timer(Timer::Total), END),
    ("Tu", Variable::Timer(Timer::User), END),
    ("Tw", Variable::Timer(Timer::Queue), END),
    ("U", Variable::Count(Count::BytesFromClient), END),
    ("ac", Variable::Count(Count::ProcessConnections), END),
    ("b", Variable::Text(Text::Backend), Needs::NOTHING),
    ("bc", Variable::Count(Count::BackendConnections), END),
    ("bi", Variable::Ip(End::Backend), Needs::SERVER),
    ("bp", Variable::Port(End::Backend), Needs::SERVER),
    ("bq", Variable::Count(Count::BackendQueue), END),
    ("ci", Variable::Ip(End::Client), CLIENT),
    ("cp", Variable::Port(End::Client), CLIENT),
    ("f", Variable::Text(Text::Frontend), Needs::NOTHING),
    ("fc", Variable::Count(Count::FrontendConnections), END),
    ("fi", Variable::Ip(End::Frontend), CLIENT),
    ("fp", Variable::Port(End::Frontend), CLIENT),
    ("ft", Variable::Text(Text::FrontendTransport), Needs::NOTHING),
    ("hr", Variable::Captures(Side::Request, Shape::Braces), REQUEST),
    ("hrl", Variable::Captures(Side::Request, Shape::List), REQUEST),
    ("hs", Variable::Captures(Side::Response, Shape::Braces), Needs::RESPONSE),
    ("hsl", Variable::Captures(Side::Response, Shape::List), Needs::RESPONSE),
    ("lc", Variable::Hexable(Hexable::LogNumber), Needs::NOTHING),
    ("ms", Variable::Hexable(Hexable::Millis), Needs::NOTHING),
    ("o", Variable::Flags, Needs::NOTHING),
    ("pid", Variable::Hexable(Hexable::Pid), Needs::NOTHING),
    ("r", Variable::Request(Part::Line), REQUEST),
    ("rc", Variable::Count(Count::Retries), END),
    ("rt", Variable::Hexable(Hexable::RequestNumber), REQUEST),
    ("s", Variable::Text(Text::Server), Needs::SERVER),
    ("sc", Variable::Count(Count::ServerConnections), END),
    ("si", Variable::Ip(End::Server), Needs::SERVER),
    ("sp", Variable::Port(End::Server), Needs::SERVER),
    ("sq", Variable::Count(Count::ServerQueue), END),
    ("sslc", Variable::Text(Text::Cipher), CLIENT),
    ("sslv", Variable::Text(Text::TlsVersion), CLIENT),
    ("t", Variable::Date(Moment::Accept, DateForm::LocalMillis), Needs::NOTHING),
    ("tr", Variable::Date(Moment::Request, DateForm::LocalMillis), Needs::NOTHING),
    ("trg", Variable::Date(Moment::Request, DateForm::Utc), Needs::NOTHING),
    ("trl", Variable::Date(Moment::Request, DateForm::Local), Needs::NOTHING),
    ("ts", Variable::Text(Text::Termination), END),
    ("tsc", Variable::Text(Text::TerminationCookie), END),
];

/// The names of all variables, without their `%`.
pub fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|(name, ..)| *name)
}

/// The variable called `name` and what it needs.
pub(super) fn lookup(name: &[u8]) -> Option<(Variable, Needs)> {
    let at = VARIABLES.binary_search_by(|(have, ..)| have.as_bytes().cmp(name)).ok()?;
    Some((VARIABLES[at].1, VARIABLES[at].2))
}

/// Records what the engine must gather for `variable`.
pub(super) fn record(variable: Variable, uses: &mut Uses) {
    match variable {
        Variable::Ip(End::Frontend) | Variable::Port(End::Frontend) => uses.dst = true,
        Variable::Ip(End::Backend) | Variable::Port(End::Backend) => uses.server_src = true,
        Variable::Flags
        | Variable::Ip(End::Client | End::Server)
        | Variable::Port(End::Client | End::Server)
        | Variable::Date(..)
        | Variable::Hexable(_)
        | Variable::Timer(_)
        | Variable::Count(_)
        | Variable::Text(_)
        | Variable::Request(_)
        | Variable::Captures(..) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        for (name, variable, _) in VARIABLES {
            assert_eq!(lookup(name.as_bytes()).map(|(found, _)| found), Some(*variable), "%{name}");
        }
        assert_eq!(lookup(b"zz"), None);
    }
}
