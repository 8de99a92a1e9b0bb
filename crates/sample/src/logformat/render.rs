//! Going through the items of a format.

use std::net::{IpAddr, SocketAddr};

use super::encode::{CBOR_ARRAY, CBOR_MAP, Sink, class};
use super::flags::Flags;
use super::variable::{Count, DateForm, End, Hexable, Moment, Shape, Side, Text, Timer, Variable};
use super::{Cast, Item, LogFormat, date, request_line, timers};
use crate::txn::Txn;

/// Appends what `format` says of `txn` to `out`.
pub(super) fn render(format: &LogFormat, txn: &Txn, out: &mut Vec<u8>) {
    if format.flags.has(Flags::ENCODE) {
        return render_encoded(format, txn, out);
    }
    let mut is_behind_space = true;
    for item in &format.items {
        match item {
            Item::Text(text) => {
                out.extend_from_slice(text);
                is_behind_space = false;
            }
            Item::Byte(byte) => {
                out.push(*byte);
                is_behind_space = false;
            }
            Item::Space => {
                if !is_behind_space {
                    out.push(b' ');
                    is_behind_space = true;
                }
            }
            Item::Variable(which, options) => {
                let before = out.len();
                let mut sink = Sink { out, flags: options.flags, cast: options.cast, is_in_text: false };
                variable(*which, txn, &mut sink);
                if out.len() == before {
                    Sink { out, flags: options.flags, cast: options.cast, is_in_text: false }.null();
                }
                is_behind_space &= out.len() == before;
            }
            Item::Expr(expr, options) => {
                let mut sink = Sink { out, flags: options.flags, cast: options.cast, is_in_text: false };
                sink.value(expr.eval(txn));
                is_behind_space = false;
            }
        }
    }
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
        let (Item::Variable(_, options) | Item::Expr(_, options)) = item else { continue };
        line.key(options.name.as_deref().unwrap_or_default(), is_first);
        is_first = false;
        let before = line.out.len();
        let mut sink =
            Sink { out: &mut *line.out, flags: options.flags, cast: options.cast, is_in_text: false };
        match item {
            Item::Variable(which, _) => variable(*which, txn, &mut sink),
            Item::Expr(expr, _) => sink.value(expr.eval(txn)),
            Item::Text(_) | Item::Byte(_) | Item::Space => {}
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
        Variable::Timer(timer) => time(timer, txn, sink),
        Variable::Count(number) => count(number, txn, sink),
        Variable::Text(what) => text(what, txn, sink),
        Variable::Request(part) => {
            sink.begin();
            sink.part(request_line::part(request_line::line(txn), part), class::URI);
            sink.end();
        }
        Variable::Captures(side, shape) => captures(side, shape, txn, sink),
    }
}

fn address(end: End, txn: &Txn) -> Option<SocketAddr> {
    match end {
        End::Client => txn.session.src,
        End::Frontend => txn.session.dst,
        End::Backend => txn.server_src,
        End::Server => txn.server_dst,
    }
}

/// Whether `end` belongs to a client that came through a UNIX socket.
fn is_unix(end: End, txn: &Txn) -> bool {
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

fn when(moment: Moment, form: DateForm, txn: &Txn, sink: &mut Sink<'_>) {
    let wall = match moment {
        Moment::Accept => timers::start_wall(txn),
        Moment::Request => timers::request_wall(txn),
    };
    let push = match form {
        DateForm::LocalMillis => date::push_local_millis,
        DateForm::Utc => date::push_utc,
        DateForm::Local => date::push_local,
    };
    if sink.flags.has(Flags::ENCODE) {
        let mut shown = Vec::with_capacity(32);
        push(&mut shown, wall);
        sink.raw(&shown);
    } else {
        push(sink.out, wall);
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

fn time(timer: Timer, txn: &Txn, sink: &mut Sink<'_>) {
    let times = &txn.times;
    if txn.log.is_early && matches!(timer, Timer::Active | Timer::Total | Timer::User) {
        sink.hint(b'+');
    }
    sink.int(match timer {
        Timer::Handshake => timers::handshake(times),
        Timer::Idle => timers::idle(times),
        Timer::Head => timers::head(times),
        Timer::Request => timers::request(times),
        Timer::Queue => timers::queue(times),
        Timer::Connect => timers::connect(times),
        Timer::Response => timers::response(times),
        Timer::Data => timers::data(txn),
        Timer::Active => timers::active(times),
        Timer::Total => timers::total(times),
        Timer::User => timers::user(times),
    });
}

fn count(number: Count, txn: &Txn, sink: &mut Sink<'_>) {
    let log = &txn.log;
    let [process, frontend, backend, server] = log.connections;
    let n = match number {
        Count::Status => u64::from(log.status),
        Count::BytesToClient => {
            if log.is_early {
                sink.hint(b'+');
            }
            log.bytes_out
        }
        Count::BytesFromClient => log.bytes_in,
        Count::ProcessConnections => u64::from(process),
        Count::FrontendConnections => u64::from(frontend),
        Count::BackendConnections => u64::from(backend),
        Count::ServerConnections => u64::from(server),
        Count::Retries => {
            if log.is_redispatched {
                sink.hint(b'+');
            }
            u64::from(log.retries)
        }
        Count::ServerQueue => u64::from(log.server_queue),
        Count::BackendQueue => u64::from(log.backend_queue),
    };
    sink.int(i64::try_from(n).unwrap_or(i64::MAX));
}

fn text(what: Text, txn: &Txn, sink: &mut Sink<'_>) {
    let log = &txn.log;
    let (termination, cookie) = (log.termination, log.cookie);
    match what {
        Text::Frontend => sink.name(txn.frontend.name.as_bytes()),
        Text::FrontendTransport => {
            sink.begin();
            sink.raw(txn.frontend.name.as_bytes());
            if txn.session.listener.is_tls {
                sink.byte(b'~');
            }
            sink.end();
        }
        Text::Backend => sink.name(txn.backend.name.as_bytes()),
        Text::Server => {
            let service = || log.service.unwrap_or("<NOSRV>");
            sink.name(txn.server.as_ref().map_or_else(service, |server| &server.name).as_bytes());
        }
        Text::RequestCookie => sink.text(log.request_cookie.as_deref().unwrap_or_default()),
        Text::ResponseCookie => sink.text(log.response_cookie.as_deref().unwrap_or_default()),
        Text::Termination => sink.raw(&[termination.cause, termination.phase]),
        Text::TerminationCookie => {
            sink.raw(&[termination.cause, termination.phase, cookie.request, cookie.response]);
        }
        Text::Hostname => sink.name(txn.runtime.process.hostname.as_bytes()),
        Text::UniqueId => sink.text(txn.unique_id.as_deref().unwrap_or_default()),
        Text::Origin => sink.name(log.origin.unwrap_or("unspec").as_bytes()),
        // Of a connection without TLS.
        Text::Cipher | Text::TlsVersion => sink.name(b""),
    }
}

fn captures(side: Side, shape: Shape, txn: &Txn, sink: &mut Sink<'_>) {
    let list = match side {
        Side::Request => &txn.req_captures,
        Side::Response => &txn.res_captures,
    };
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
        Shape::List => capture_list(list, sink),
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
