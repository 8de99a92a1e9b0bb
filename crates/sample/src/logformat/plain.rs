//! Variables put together from several parts and written as they are: no flag stands in them, only around them.
//!
//! This is the short way for what most lines consist of; [`super::render`] has the long one, through all flags.

use base::bytes::{Short, push_decimal, push_ip};

use super::encode::{Escapes, class, push_escaped, up_to_nul};
use super::flags::Flags;
use super::render::{address, date, is_unix};
use super::request_line;
use super::variable::{End, Shape, Side, Text, Variable};
use crate::txn::Txn;

/// What stands around a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    Nothing,
    /// A `-` in its place when it is empty.
    Dash,
    /// Quotes, also when it is empty.
    Quotes,
}

impl Around {
    /// What `flags` put around a text.
    pub(super) fn of(flags: Flags) -> Around {
        if flags.has(Flags::QUOTE) {
            Around::Quotes
        } else if flags.has(Flags::MANDATORY) {
            Around::Dash
        } else {
            Around::Nothing
        }
    }

    /// Appends what `text` appends, and what stands around it.
    #[inline]
    pub(super) fn write(self, out: &mut Vec<u8>, text: impl FnOnce(&mut Vec<u8>)) {
        if self == Around::Quotes {
            out.push(b'"');
        }
        let before = out.len();
        text(out);
        match self {
            Around::Dash if out.len() == before => out.push(b'-'),
            Around::Dash | Around::Nothing => {}
            Around::Quotes => out.push(b'"'),
        }
    }
}

/// What stands around `variable` where flags ask for `asked`; `None`: [`push`] cannot write it.
pub(super) fn around(variable: Variable, asked: Around) -> Option<Around> {
    let is_quoted = asked == Around::Quotes;
    match variable {
        Variable::Ip(_) | Variable::Text(Text::FrontendTransport | Text::UniqueId) => Some(asked),
        // Quotes are for an absent one alone.
        Variable::Port(_) => (!is_quoted).then_some(asked),
        // These are never quoted.
        Variable::Date(..) | Variable::Text(Text::Termination | Text::TerminationCookie) => {
            Some(Around::Nothing)
        }
        Variable::Request(_) => Some(if is_quoted { asked } else { Around::Nothing }),
        Variable::Captures(_, Shape::Braces) => (!is_quoted).then_some(Around::Nothing),
        Variable::Captures(_, Shape::List)
        | Variable::Flags
        | Variable::Hexable(_)
        | Variable::Timer(_)
        | Variable::Count(_)
        | Variable::Text(_) => None,
    }
}

/// Appends `variable`, which must be one that [`around`] knows.
pub(super) fn push(variable: Variable, txn: &Txn, out: &mut Vec<u8>) {
    let (termination, cookie) = (txn.log.termination, txn.log.cookie);
    match variable {
        Variable::Ip(end) => ip(end, txn, out),
        Variable::Port(end) => port(end, txn, out),
        Variable::Date(moment, form) => date(moment, form, txn, out),
        Variable::Text(Text::FrontendTransport) => {
            out.extend_from_slice(txn.frontend.name.as_bytes());
            if txn.session.listener.is_tls {
                out.push(b'~');
            }
        }
        Variable::Text(Text::Termination) => out.extend_from_slice(&[termination.cause, termination.phase]),
        Variable::Text(Text::TerminationCookie) => {
            let state = [termination.cause, termination.phase, cookie.request, cookie.response];
            Short::from(state).push(out);
        }
        Variable::Text(Text::UniqueId) => {
            out.extend_from_slice(up_to_nul(txn.unique_id.as_deref().unwrap_or_default()));
        }
        Variable::Request(part) => {
            let text = request_line::part(request_line::line(txn), part);
            push_escaped(out, text, Escapes::hashes(class::URI));
        }
        Variable::Captures(side, _) => captures(side, txn, out),
        Variable::Flags
        | Variable::Hexable(_)
        | Variable::Timer(_)
        | Variable::Count(_)
        | Variable::Text(_) => {}
    }
}

fn ip(end: End, txn: &Txn, out: &mut Vec<u8>) {
    match address(end, txn) {
        Some(addr) => push_ip(out, addr.ip()),
        None if is_unix(end, txn) => out.extend_from_slice(b"unix"),
        None => {}
    }
}

fn port(end: End, txn: &Txn, out: &mut Vec<u8>) {
    match address(end, txn) {
        Some(addr) => push_decimal(out, i64::from(addr.port())),
        None if is_unix(end, txn) => push_decimal(out, i64::from(txn.session.listener.id)),
        None => {}
    }
}

/// `{a|b}`, or nothing where nothing is captured.
fn captures(side: Side, txn: &Txn, out: &mut Vec<u8>) {
    let list = side.captures(txn);
    if list.is_empty() {
        return;
    }
    for (index, captured) in list.iter().enumerate() {
        out.push(if index == 0 { b'{' } else { b'|' });
        push_escaped(out, captured.as_deref().unwrap_or_default(), Escapes::hashes(class::CAPTURE));
    }
    out.push(b'}');
}
