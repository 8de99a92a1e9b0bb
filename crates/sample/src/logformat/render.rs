//! Going through the items of a format.

use std::net::{IpAddr, SocketAddr};

use base::bytes::{Short, push_decimal};

use super::encode::{CBOR_ARRAY, CBOR_MAP, Sink, class};
use super::flags::Flags;
use super::plain::Around;
use super::variable::{DateForm, End, Hexable, Moment, Shape, Side, Text, Variable};
use super::{Cast, Lead, LogFormat, What, date, direct, plain, request_line, timers};
use crate::txn::Txn;

/// Appends what `format` says of `txn` to `out`.
pub(super) fn render(format: &LogFormat, txn: &Txn, out: &mut Vec<u8>) {
    if format.flags.has(Flags::ENCODE) {
        return render_encoded(format, txn, out);
    }
    let mut is_behind_space = true;
    for item in &format.items {
        if let What::Number(number, hint) = &item.what {
            push_number(out, &item.lead, is_behind_space, hint.is_due(&txn.log).then_some(b'+'), number(txn));
            is_behind_space = false;
            continue;
        }
        if !item.lead.text.is_empty() {
            push_lead(out, &item.lead, is_behind_space);
            is_behind_space = item.lead.ends_in_space;
        }
        match &item.what {
            What::Nothing | What::Number(..) => {}
            What::Name(name, around) => {
                is_behind_space &= push_name(out, name(txn), *around) == 0;
            }
            What::Plain(which, around) => {
                let before = out.len();
                around.write(out, |out| plain::push(*which, txn, out));
                is_behind_space &= out.len() == before;
            }
            What::Variable(which, options) => {
                let before = out.len();
                let mut sink = Sink { out, flags: options.flags, cast: options.cast, is_in_text: false };
                variable(*which, txn, &mut sink);
                if out.len() == before && options.flags.has(Flags::ENCODE) {
                    Sink { out, flags: options.flags, cast: options.cast, is_in_text: false }.null();
                }
                is_behind_space &= out.len() == before;
            }
            What::Expr(expr, options) => {
                let mut sink = Sink { out, flags: options.flags, cast: options.cast, is_in_text: false };
                sink.value(expr.eval(txn));
                is_behind_space = false;
            }
        }
    }
}

/// Appends a name and what stands around it; returns how many bytes that is.
#[inline]
fn push_name(out: &mut Vec<u8>, name: &[u8], around: Around) -> usize {
    let before = out.len();
    match (name, around) {
        ([], Around::Dash) => out.push(b'-'),
        (_, Around::Quotes) => around.write(out, |out| out.extend_from_slice(name)),
        (_, Around::Dash | Around::Nothing) => out.extend_from_slice(name),
    }
    out.len() - before
}

/// A number with the text and the sign before it, all at once where they are short.
#[inline]
fn push_number(out: &mut Vec<u8>, lead: &Lead, is_behind_space: bool, sign: Option<u8>, n: i64) {
    if !(lead.is_merging && is_behind_space)
        && sign.is_none()
        && let Some(short) = lead.short
        && let Some(digits) = Short::decimal(n)
        && let Some(both) = short.then(digits)
    {
        return both.push(out);
    }
    push_lead(out, lead, is_behind_space);
    if let Some(sign) = sign {
        out.push(sign);
    }
    push_decimal(out, n);
}

#[inline(always)]
fn push_lead(out: &mut Vec<u8>, lead: &Lead, is_behind_space: bool) {
    match lead.short {
        Some(short) if !(lead.is_merging && is_behind_space) => short.push(out),
        _ => push_rare_lead(out, lead, is_behind_space),
    }
}

#[cold]
fn push_rare_lead(out: &mut Vec<u8>, lead: &Lead, is_behind_space: bool) {
    out.extend_from_slice(&lead.text[usize::from(lead.is_merging && is_behind_space)..]);
}

/// A line that is one JSON or CBOR map.
fn render_encoded(format: &LogFormat, txn: &Txn, out: &mut Vec<u8>) {
    let flags = format.flags;
    let mut line = Sink { out, flags, cast: Cast::Same, is_in_text: false };
    let is_json = flags.has(Flags::JSON);
    if is_json {
        line.out.push(b'{')
    } else {
        line.cbor_raw(&[CBOR_MAP])
    }
    let mut is_first = true;
    for item in &format.items {
        let (What::Variable(_, options) | What::Expr(_, options)) = &item.what else { continue };
        line.key(options.name.as_deref().unwrap_or_default(), is_first);
        is_first = false;
        let before = line.out.len();
        let mut sink =
            Sink { out: &mut *line.out, flags: options.flags, cast: options.cast, is_in_text: false };
        match &item.what {
            What::Variable(which, _) => variable(*which, txn, &mut sink),
            What::Expr(expr, _) => sink.value(expr.eval(txn)),
            What::Nothing | What::Number(..) | What::Name(..) | What::Plain(..) => {}
        }
        if line.out.len() == before {
            line.null();
        }
    }
    if is_json { line.out.push(b'}') } else { line.cbor_break() }
}

fn variable(which: Variable, txn: &Txn, sink: &mut Sink<'_>) {
    match which {
        Variable::Flags => {}
        Variable::Ip(end) => ip(end, txn, sink),
        Variable::Port(end) => port(end, txn, sink),
        Variable::Date(moment, form) => when(moment, form, txn, sink),
        Variable::Hexable(number) => hexable(number, txn, sink),
        Variable::Timer(_) | Variable::Count(_) => {
            if let Some((number, hint)) = direct::number(which) {
                if hint.is_due(&txn.log) {
                    sink.hint(b'+');
                }
                sink.int(number(txn));
            }
        }
        Variable::Text(what) => match direct::name(which) {
            Some(name) => sink.name(name(txn)),
            None => text(what, txn, sink),
        },
        Variable::Request(part) => {
            sink.begin();
            sink.part(request_line::part(request_line::line(txn), part), class::URI);
            sink.end();
        }
        Variable::Captures(side, shape) => captures(side, shape, txn, sink),
    }
}

pub(super) fn address(end: End, txn: &Txn) -> Option<SocketAddr> {
    match end {
        End::Client => txn.session.src,
        End::Frontend => txn.session.dst,
        End::Backend => txn.server_src,
        End::Server => txn.server_dst,
    }
}

/// Whether `end` belongs to a client that came through a UNIX socket.
pub(super) fn is_unix(end: End, txn: &Txn) -> bool {
    matches!(end, End::Client | End::Frontend) && txn.session.src.is_none()
}

fn ip(end: End, txn: &Txn, sink: &mut Sink<'_>) {
    let addr: Option<IpAddr> = address(end, txn).map(|addr| addr.ip());
    if addr.is_none() && is_unix(end, txn) { sink.name(b"unix") } else { sink.ip(addr) }
}

fn port(end: End, txn: &Txn, sink: &mut Sink<'_>) {
    let addr = address(end, txn);
    if addr.is_none() && is_unix(end, txn) {
        sink.int(i64::from(txn.session.listener.id));
    } else {
        sink.port(addr);
    }
}

pub(super) fn date(moment: Moment, form: DateForm, txn: &Txn, out: &mut Vec<u8>) {
    let wall = match moment {
        Moment::Accept => timers::start_wall(txn),
        Moment::Request => timers::request_wall(txn),
    };
    match form {
        DateForm::LocalMillis => date::push_local_millis(out, wall),
        DateForm::Utc => date::push_utc(out, wall),
        DateForm::Local => date::push_local(out, wall),
    }
}

fn when(moment: Moment, form: DateForm, txn: &Txn, sink: &mut Sink<'_>) {
    if sink.flags.has(Flags::ENCODE) {
        let mut shown = Vec::with_capacity(32);
        date(moment, form, txn, &mut shown);
        sink.raw(&shown);
    } else {
        date(moment, form, txn, sink.out);
    }
}

fn hexable(number: Hexable, txn: &Txn, sink: &mut Sink<'_>) {
    let (n, width) = match number {
        Hexable::Seconds => (timers::start_wall(txn).as_secs(), 4),
        Hexable::Millis => (u64::from(timers::start_wall(txn).subsec_millis()), 2),
        Hexable::RequestNumber => (txn.log.request_number, 4),
        Hexable::LogNumber => (txn.log.log_number, 4),
        Hexable::Pid => (u64::from(txn.runtime.process.pid), 4),
    };
    if sink.flags.has(Flags::HEX) {
        return sink.hex(n, width);
    }
    if number == Hexable::Millis && !sink.flags.has(Flags::ENCODE) {
        // Padded to three digits, as it always was.
        for (limit, zero) in [(100, b'0'), (10, b'0')] {
            if n < limit {
                sink.out.push(zero);
            }
        }
    }
    sink.int(i64::try_from(n).unwrap_or(i64::MAX));
}

/// Texts that are put together; the others are names.
fn text(what: Text, txn: &Txn, sink: &mut Sink<'_>) {
    let (termination, cookie) = (txn.log.termination, txn.log.cookie);
    match what {
        Text::FrontendTransport => {
            sink.begin();
            sink.raw(txn.frontend.name.as_bytes());
            if txn.session.listener.is_tls {
                sink.byte(b'~');
            }
            sink.end();
        }
        Text::Termination => sink.raw(&[termination.cause, termination.phase]),
        Text::TerminationCookie => {
            sink.raw(&[termination.cause, termination.phase, cookie.request, cookie.response]);
        }
        Text::UniqueId => sink.text(txn.unique_id.as_deref().unwrap_or_default()),
        Text::Frontend
        | Text::Backend
        | Text::Server
        | Text::RequestCookie
        | Text::ResponseCookie
        | Text::Hostname
        | Text::Origin
        | Text::Cipher
        | Text::TlsVersion => {}
    }
}

fn captures(side: Side, shape: Shape, txn: &Txn, sink: &mut Sink<'_>) {
    let list = side.captures(txn);
    if list.is_empty() {
        return;
    }
    match shape {
        Shape::Braces => {
            sink.begin();
            sink.byte(b'{');
            for (index, captured) in list.iter().enumerate() {
                if index > 0 {
                    sink.byte(b'|');
                }
                sink.part(captured.as_deref().unwrap_or_default(), class::CAPTURE);
            }
            sink.byte(b'}');
            sink.end();
        }
        Shape::List => capture_list(&list, sink),
    }
}

fn capture_list(list: &[Option<Box<[u8]>>], sink: &mut Sink<'_>) {
    let (is_json, is_cbor) = (sink.flags.has(Flags::JSON), sink.flags.has(Flags::CBOR));
    if is_json {
        sink.out.push(b'[');
    } else if is_cbor {
        sink.cbor_raw(&[CBOR_ARRAY]);
    }
    for (index, captured) in list.iter().enumerate() {
        if index > 0 && !is_cbor {
            sink.out.extend_from_slice(if is_json { b", " } else { b" " });
        }
        sink.begin();
        match captured {
            Some(captured) => sink.part(captured, class::CAPTURE),
            None if sink.flags.has(Flags::QUOTE) => {}
            None => sink.byte(b'-'),
        }
        sink.end();
    }
    if is_json {
        sink.out.push(b']');
    } else if is_cbor {
        sink.cbor_break();
    }
}
