//! The end of an exchange in the books: counters, timers, the log line; and lines on the way there.

use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;

use base::clock::{self, Millis};
use config::Config;
use config::model::{LogOrigin, ProxyConfig};
use logs::{Level, Origin};
use rules::action::{Kinds, LogCall};
use sample::Txn;
use sample::conn_error::ConnError;
use sample::txn::{LogOverride, Termination};
use state::counters::{Counter, ProxyCounters, ServerCounters};
use state::proxy::Mode;

use crate::client::Client;
use crate::failure::Failure;
use crate::shared::Shared;
use crate::stream::{self, Exchange, Moved};
use crate::worker::Worker;

mod send;

use send::{Wants, send, wants};

/// Records how the exchange failed. The first failure is the one that counts.
pub(crate) fn note_failure(txn: &mut Txn, failure: Failure) {
    let row = failure.row();
    if txn.log.termination.cause == b'-' {
        txn.log.termination.cause = row.cause;
        txn.log.termination.phase = row.phase;
    }
    count_failure(txn, failure);
}

/// Counts a failure wherever it shows.
fn count_failure(txn: &Txn, failure: Failure) {
    let in_frontend = |counter: fn(&ProxyCounters) -> &Counter| txn.count_frontend(|c| counter(c).bump());
    let in_backend = |counter: fn(&ProxyCounters) -> &Counter| {
        if txn.has_backend {
            counter(txn.backend.backend.here()).bump();
        }
    };
    let in_server = |counter: fn(&ServerCounters) -> &Counter| {
        if let Some(server) = &txn.server {
            counter(server.counters.here()).bump();
        }
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others have no counter of their own")]
    match failure {
        Failure::BadRequest(_) | Failure::RequestTimeout | Failure::RequestAborted => {
            in_frontend(|c| &c.failed_req);
        }
        Failure::Denied | Failure::Rejected | Failure::Tarpitted => in_frontend(|c| &c.denied_req),
        Failure::Internal | Failure::ResponseInternal => {
            in_frontend(|c| &c.internal_errors);
            in_backend(|c| &c.internal_errors);
            in_server(|c| &c.internal_errors);
        }
        Failure::ResponseDenied => {
            in_frontend(|c| &c.denied_resp);
            in_server(|c| &c.denied_resp);
        }
        Failure::ResponseAborted | Failure::ResponseTimeout | Failure::BadResponse => {
            in_backend(|c| &c.failed_resp);
            in_server(|c| &c.failed_resp);
        }
        Failure::ServerAborted | Failure::ServerTimeout => {
            in_backend(|c| &c.srv_aborts);
            in_server(|c| &c.srv_aborts);
        }
        _ if failure.is_client_abort() => {
            in_backend(|c| &c.cli_aborts);
            in_server(|c| &c.cli_aborts);
        }
        _ => {}
    }
}

/// Closes the books of an exchange and writes its line. Returns the time it ended.
pub(crate) fn finish(x: &mut Exchange) -> Millis {
    let now = close_books(x);
    let origin = last_origin(x);
    let steps = x.shared.config.proxy(x.txn.frontend.id).log_steps;
    let is_wanted = match steps {
        // Sessions that failed are no steps of an exchange.
        Some(_) if origin == LogOrigin::SessionError => true,
        Some(steps) => steps.has(origin),
        None => !x.txn.log.is_early,
    };
    if is_wanted {
        write(x, origin);
    }
    now
}

/// Where the last line of an exchange is written from: an exchange without a request is none.
fn last_origin(x: &Exchange) -> LogOrigin {
    let has_begun = x.txn.frontend.mode != Mode::Http || x.txn.req.is_here();
    if has_begun { LogOrigin::Close } else { LogOrigin::SessionError }
}

/// Notes that an exchange ends now, and counts what came of it.
pub(crate) fn close_books(x: &mut Exchange) -> Millis {
    let now = clock::now();
    x.txn.times.end = Some(now);
    if x.txn.times.first_byte.is_none() {
        x.txn.times.request_wall = x.txn.session.accepted_wall;
    }
    count(x);
    count_times(&x.txn, now);
    count_tracked(&x.shared.config, &x.txn, now);
    x.card.end();
    x.leave_backend();
    now
}

/// Closes the books of an exchange that an operator ended, wherever it stood.
pub(crate) fn finish_killed(x: &mut Exchange) {
    let times = &x.txn.times;
    let phase = match (times.response, times.connected, times.queued, times.request) {
        (Some(_), ..) => b'D',
        (None, Some(_), ..) => b'H',
        (None, None, Some(_), _) => b'C',
        (None, None, None, Some(_)) => b'Q',
        (None, None, None, None) => b'R',
    };
    x.txn.log.termination = sample::txn::Termination { cause: b'K', phase };
    finish(x);
}

/// Writes a line if the frontend wants one at this step (`log-steps`).
pub(crate) fn at_step(x: &mut Exchange, origin: LogOrigin) {
    let steps = x.shared.config.proxy(x.txn.frontend.id).log_steps;
    if steps.is_some_and(|steps| steps.has(origin)) {
        write(x, origin);
    }
}

/// The response, or what stands for it, begins now: writes a line if the frontend wants one at this step, or if its only line
/// comes as early as it can (`option logasap`). Times and sizes are those so far.
pub(crate) fn at_response(x: &mut Exchange, origin: LogOrigin) {
    let frontend = x.shared.config.proxy(x.txn.frontend.id);
    let (steps, is_early) = (frontend.log_steps, frontend.options.logasap.is_on());
    let is_wanted = steps.map_or(is_early, |steps| steps.has(origin));
    if !is_wanted {
        return;
    }
    let total = x.txn.log.bytes_out;
    x.txn.log.bytes_out += x.download.head.len() as u64;
    x.txn.log.is_early = steps.is_none();
    write(x, origin);
    x.txn.log.bytes_out = total;
}

/// Writes the line that a rule wants (`do-log`): by the usual format, whatever the exchange came to, and beside the lines of
/// its steps.
pub(crate) fn write_call(x: &mut Exchange, call: LogCall) {
    let shared = x.shared.clone();
    let config = shared.config.proxy(x.txn.frontend.id);
    let level = match x.txn.overrides.log {
        Some(LogOverride::Silent) => return,
        Some(LogOverride::Level(n)) => Level::ALL.get(usize::from(n)).copied().unwrap_or(Level::Info),
        None => Level::Info,
    };
    let origin = origin_of(call);
    let wants = wants(&shared, x.txn.frontend.id, level, origin, call.profile);
    if wants == Wants::Nothing {
        return;
    }
    x.txn.log.origin = Some(origin.text());
    note_connections(x);
    let status = x.txn.log.status;
    if status == 0 && x.txn.res.is_here() {
        x.txn.log.status = x.txn.res.head.status();
    }
    x.scratch.clear();
    if let Some(format) = config.log_format.format().filter(|_| wants == Wants::UsualLine) {
        format.render(&x.txn, &mut x.scratch);
    }
    send(x, level, origin, call.profile);
    x.txn.log.status = status;
}

fn origin_of(call: LogCall) -> LogOrigin {
    match call.kind {
        Kinds::TCP_CONNECTION => LogOrigin::TcpReqConn,
        Kinds::TCP_SESSION => LogOrigin::TcpReqSess,
        Kinds::TCP_CONTENT => LogOrigin::TcpReqCont,
        Kinds::TCP_RESPONSE => LogOrigin::TcpResCont,
        Kinds::HTTP_REQUEST => LogOrigin::HttpReq,
        Kinds::HTTP_RESPONSE => LogOrigin::HttpRes,
        // A rule stands in one ruleset: nothing else comes here.
        Kinds::HTTP_AFTER | Kinds(_) => LogOrigin::HttpAfterRes,
    }
}

/// Counts the bytes that have moved so far, as far as they are not counted yet (`option contstats`).
pub(crate) fn count_moved(x: &mut Exchange) {
    let log = &x.txn.log;
    let moved = Moved {
        bytes_in: log.bytes_in + x.upload.taken,
        bytes_out: log.bytes_out + x.download.delivered,
        server_bytes_in: log.server_bytes_in + x.upload.delivered,
        server_bytes_out: log.server_bytes_out + x.download.received,
    };
    count_bytes(x, moved);
}

/// Adds what has moved since the last time.
fn count_bytes(x: &mut Exchange, moved: Moved) {
    let last = std::mem::replace(&mut x.counted, moved);
    let bytes_in = moved.bytes_in.saturating_sub(last.bytes_in);
    let bytes_out = moved.bytes_out.saturating_sub(last.bytes_out);
    let server_bytes_in = moved.server_bytes_in.saturating_sub(last.server_bytes_in);
    let server_bytes_out = moved.server_bytes_out.saturating_sub(last.server_bytes_out);
    let txn = &x.txn;
    let count = |counters: &ProxyCounters| {
        counters.bytes_in.add(bytes_in);
        counters.bytes_out.add(bytes_out);
        counters.server_bytes_in.add(server_bytes_in);
        counters.server_bytes_out.add(server_bytes_out);
    };
    txn.count_frontend(count);
    // Until a backend is chosen this is the frontend's own, which a `listen` section shows.
    count(txn.backend.backend.here());
    if let Some(server) = &txn.server {
        let server = server.counters.here();
        server.bytes_in.add(bytes_in);
        server.bytes_out.add(bytes_out);
        server.sent.add(server_bytes_in);
        server.received.add(server_bytes_out);
    }
}

fn count(x: &mut Exchange) {
    let log = &x.txn.log;
    let moved = Moved {
        bytes_in: log.bytes_in,
        bytes_out: log.bytes_out,
        server_bytes_in: log.server_bytes_in,
        server_bytes_out: log.server_bytes_out,
    };
    count_bytes(x, moved);
    let txn = &x.txn;
    let log = &txn.log;
    let front = txn.frontend.frontend.here();
    if log.status > 0 {
        front.count_status(log.status);
    }
    if txn.has_backend {
        let back = txn.backend.backend.here();
        if log.status > 0 {
            back.count_status(log.status);
        }
    }
}

/// How long the parts of an exchange took that a server answered.
fn count_times(txn: &Txn, end: Millis) {
    let (Some(server), Some(queued), Some(connected)) = (&txn.server, txn.times.queued, txn.times.connected)
    else {
        return;
    };
    let ms = |from: Millis, to: Millis| u32::try_from(to.since(from)).unwrap_or(u32::MAX);
    let request = txn.times.request.unwrap_or(txn.times.start);
    for times in [&server.counters.here().times, &txn.backend.backend.here().times] {
        times.queue.add(ms(request, queued));
        times.connect.add(ms(queued, connected));
        if let Some(response) = txn.times.response {
            times.response.add(ms(connected, response));
        }
        times.total.add(ms(request, end));
    }
}

/// Counts bytes and failures in the stick-table entries that the stream or its session tracks.
fn count_tracked(config: &Config, txn: &Txn, now: Millis) {
    for list in [&txn.session.tracked, &txn.tracked] {
        for (_, tracked) in list.borrow().iter() {
            tracked.count_bytes_in(txn.log.bytes_in, now);
            tracked.count_bytes_out(txn.log.bytes_out, now);
        }
    }
    if txn.log.server_status == 0 {
        count_tracked_status(config, txn, txn.log.status, now);
    }
}

/// Counts a status as an error of the client's or a failure of the server's. That of a server counts as soon as it is
/// known, so that rules on the response see it.
pub(crate) fn count_tracked_status(config: &Config, txn: &Txn, status: u16, now: Millis) {
    for list in [&txn.session.tracked, &txn.tracked] {
        for (_, tracked) in list.borrow().iter() {
            if config.global.statuses.errors.has(status) {
                tracked.count_http_error(now);
            }
            if config.global.statuses.failures.has(status) {
                tracked.count_http_failure(now);
            }
        }
    }
}

/// Writes the line, if the frontend logs and nothing says that this exchange is not worth one.
fn write(x: &mut Exchange, origin: LogOrigin) {
    let shared = x.shared.clone();
    let run = shared.proxy(x.txn.frontend.id);
    let config = shared.config.proxy(x.txn.frontend.id);
    if run.loggers.is_empty() {
        return;
    }
    let Some(level) = level(&x.txn, config) else { return };
    let wants = wants(&shared, x.txn.frontend.id, level, origin, None);
    if wants == Wants::Nothing {
        return;
    }
    x.txn.log.log_number = run.log_lines.fetch_add(1, Relaxed);
    x.txn.log.origin = Some(origin.text());
    if wants == Wants::UsualLine {
        compose(x, config);
    } else {
        note_connections(x);
    }
    send(x, level, origin, None);
}

/// Leaves the line of an exchange in `scratch`, without the header that each target gets.
pub(crate) fn compose(x: &mut Exchange, config: &ProxyConfig) {
    note_connections(x);
    let format = match &config.error_log_format {
        Some(format) if is_error(&x.txn) => Some(format),
        _ => config.log_format.format(),
    };
    x.scratch.clear();
    match format {
        Some(format) => format.render(&x.txn, &mut x.scratch),
        None => plain(&x.txn, &mut x.scratch),
    }
}

/// Keeps how many connections there are for the line.
fn note_connections(x: &mut Exchange) {
    x.txn.log.connections = [
        x.shared.runtime.connections.get(),
        x.txn.frontend.frontend_sessions.get(),
        x.txn.backend.backend_sessions.get(),
        x.txn.server.as_ref().map_or(0, |server| server.sessions.get()),
    ];
}

/// Logs a client whose handshake did not come to its end: by `error-log-format`, else in the short form of such lines
/// (chapter 8.2.6).
pub(crate) fn write_embryonic(worker: &Rc<Worker>, client: &mut Client, what: &str) {
    let shared = &worker.shared;
    let (run, config) = (shared.proxy(client.session.frontend), shared.config.proxy(client.session.frontend));
    let is_probe = matches!(
        client.session.conn_error,
        Some(
            ConnError::PrxEmpty
                | ConnError::PrxAbort
                | ConnError::CipEmpty
                | ConnError::CipAbort
                | ConnError::SslEmpty
                | ConnError::SslAbort
        )
    );
    if run.loggers.is_empty() || (is_probe && config.options.dontlognull.is_on()) {
        return;
    }
    let mut exchange = stream::begin(worker, client);
    let x = &mut *exchange;
    x.txn.times.start = x.txn.session.accepted;
    x.txn.times.end = Some(clock::now());
    x.txn.log.termination = Termination { cause: b'P', phase: b'R' };
    x.txn.log.origin = Some(LogOrigin::SessionKilled.text());
    x.scratch.clear();
    match &config.error_log_format {
        Some(format) => format.render(&x.txn, &mut x.scratch),
        None => embryonic(&x.txn, what, &mut x.scratch),
    }
    let separates = config.options.log_separate_errors.is_on();
    let level = if separates { Level::Err } else { Level::Info };
    send(x, level, LogOrigin::SessionKilled, None);
    stream::end(worker, client, exchange);
}

/// The client, the time, the `bind` line, what happened.
fn embryonic(txn: &Txn, what: &str, out: &mut Vec<u8>) {
    use std::io::Write;
    let session = &txn.session;
    match session.src {
        Some(src) => drop(write!(out, "{}:{}", src.ip(), src.port())),
        None => drop(write!(out, "unix:{}", session.listener.id)),
    }
    out.extend_from_slice(b" [");
    sample::logformat::push_local_millis(out, session.accepted_wall);
    let _ = write!(out, "] {}/", txn.frontend.name);
    match &session.listener.name {
        Some(name) => drop(write!(out, "{name}: {what}")),
        None => drop(write!(out, "{}: {what}", session.listener.id)),
    }
}

/// Host name, tag and process id of log headers.
pub(crate) fn origin<'s>(shared: &'s Shared, tag: Option<&'s [u8]>) -> Origin<'s> {
    Origin {
        hostname: shared.log_hostname.as_deref(),
        tag: tag.unwrap_or(&shared.log_tag),
        pid: shared.runtime.process.pid,
    }
}

/// What counts as an error for `log-separate-errors` and `dontlog-normal`: anything that did not go as it should, a
/// retry included (chapter 4.2, "option dontlog-normal").
fn is_error(txn: &Txn) -> bool {
    !matches!(txn.log.termination.cause, b'-' | b'L') || txn.log.status >= 500 || txn.log.retries > 0
}

/// The level of the line, unless it is not worth one.
pub(crate) fn level(txn: &Txn, config: &ProxyConfig) -> Option<Level> {
    let is_error = is_error(txn);
    if config.options.dontlog_normal.is_on() && !is_error {
        return None;
    }
    match txn.overrides.log {
        Some(LogOverride::Silent) => None,
        Some(LogOverride::Level(n)) => Level::ALL.get(usize::from(n)).copied(),
        None if is_error && config.options.log_separate_errors.is_on() => Some(Level::Err),
        None => Some(Level::Info),
    }
}

/// The line of a proxy without a format (chapter 8.2.1).
fn plain(txn: &Txn, out: &mut Vec<u8>) {
    use std::io::Write;
    let (src, dst) = (txn.session.src, txn.session.dst);
    let text = |addr: Option<std::net::SocketAddr>| {
        addr.map_or_else(|| "unix:1".to_owned(), |a| format!("{}:{}", a.ip(), a.port()))
    };
    let mode = match txn.frontend.mode {
        Mode::Http => "HTTP",
        Mode::Tcp | Mode::Log | Mode::Spop => "TCP",
    };
    let _ = write!(out, "Connect from {} to {} ({}/{mode})", text(src), text(dst), txn.frontend.name);
}
