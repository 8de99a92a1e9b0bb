//! The end of an exchange in the books: counters, timers, the log line.

use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;

use base::clock::{self, Millis};
use config::Config;
use config::model::ProxyConfig;
use logs::{Level, Origin};
use sample::Txn;
use sample::conn_error::ConnError;
use sample::txn::{LogOverride, Termination};
use state::counters::ProxyCounters;

use crate::client::Client;
use crate::failure::Failure;
use crate::shared::Shared;
use crate::stream::{self, Exchange, Moved};
use crate::worker::Worker;

/// Records how the exchange failed. The first failure is the one that counts.
pub(crate) fn note_failure(txn: &mut Txn, failure: Failure) {
    let row = failure.row();
    if txn.log.termination.cause == b'-' {
        txn.log.termination.cause = row.cause;
        txn.log.termination.phase = row.phase;
    }
    let back = txn.has_backend.then(|| txn.backend.backend.here());
    let server = txn.server.as_ref().map(|s| s.counters.here());
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others have no counter of their own")]
    match failure {
        Failure::BadRequest(_) | Failure::RequestTimeout | Failure::RequestAborted => {
            txn.count_frontend(|counters| counters.failed_req.bump());
        }
        Failure::Denied | Failure::Rejected | Failure::Tarpitted => {
            txn.count_frontend(|counters| counters.denied_req.bump());
        }
        Failure::Internal | Failure::ResponseInternal => {
            txn.count_frontend(|counters| counters.internal_errors.bump());
            if let Some(back) = back {
                back.internal_errors.bump();
            }
            if let Some(server) = server {
                server.internal_errors.bump();
            }
        }
        Failure::ResponseDenied => {
            txn.count_frontend(|counters| counters.denied_resp.bump());
            if let Some(server) = server {
                server.denied_resp.bump();
            }
        }
        Failure::ResponseAborted | Failure::ResponseTimeout | Failure::BadResponse => {
            if let Some(back) = back {
                back.failed_resp.bump();
            }
            if let Some(server) = server {
                server.failed_resp.bump();
            }
        }
        Failure::ServerAborted | Failure::ServerTimeout => {
            if let Some(back) = back {
                back.srv_aborts.bump();
            }
            if let Some(server) = server {
                server.srv_aborts.bump();
            }
        }
        _ if failure.is_client_abort() => {
            if let Some(back) = back {
                back.cli_aborts.bump();
            }
            if let Some(server) = server {
                server.cli_aborts.bump();
            }
        }
        _ => {}
    }
}

/// Closes the books of an exchange and writes its line. Returns the time it ended.
pub(crate) fn finish(x: &mut Exchange) -> Millis {
    let now = close_books(x);
    if !x.txn.log.is_early {
        write(x);
    }
    now
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

/// Writes the line of an exchange whose response begins now (`option logasap`): times and sizes are those so far.
pub(crate) fn write_early(x: &mut Exchange) {
    let total = x.txn.log.bytes_out;
    x.txn.log.bytes_out += x.download.head.len() as u64;
    x.txn.log.is_early = true;
    write(x);
    x.txn.log.bytes_out = total;
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
pub(crate) fn write(x: &mut Exchange) {
    let shared = x.shared.clone();
    let run = shared.proxy(x.txn.frontend.id);
    let config = shared.config.proxy(x.txn.frontend.id);
    if run.loggers.is_empty() {
        return;
    }
    let Some(level) = level(&x.txn, config) else { return };
    if !run.loggers.iter().any(|logger| logger.is_enabled(level)) {
        return;
    }
    x.txn.log.log_number = run.log_lines.fetch_add(1, Relaxed);
    compose(x, config);
    let mut sd = Vec::new();
    if let Some(format) = &config.log_format_sd {
        format.render(&x.txn, &mut sd);
    }
    let origin = origin(&shared, run.log_tag.as_deref());
    for logger in &run.loggers {
        logger.send(level, &origin, &sd, &x.scratch);
    }
}

/// Leaves the line of an exchange in `scratch`, without the header that each target gets.
pub(crate) fn compose(x: &mut Exchange, config: &ProxyConfig) {
    let runtime = &x.shared.runtime;
    x.txn.log.connections = [
        runtime.connections.get(),
        x.txn.frontend.frontend_sessions.get(),
        x.txn.backend.backend_sessions.get(),
        x.txn.server.as_ref().map_or(0, |server| server.sessions.get()),
    ];
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
    x.scratch.clear();
    match &config.error_log_format {
        Some(format) => format.render(&x.txn, &mut x.scratch),
        None => embryonic(&x.txn, what, &mut x.scratch),
    }
    let separates = config.options.log_separate_errors.is_on();
    let level = if separates { Level::Err } else { Level::Info };
    let origin = origin(shared, run.log_tag.as_deref());
    for logger in run.loggers.iter().filter(|logger| logger.is_enabled(level)) {
        logger.send(level, &origin, &[], &x.scratch);
    }
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
        state::proxy::Mode::Http => "HTTP",
        state::proxy::Mode::Tcp | state::proxy::Mode::Log | state::proxy::Mode::Spop => "TCP",
    };
    let _ = write!(out, "Connect from {} to {} ({}/{mode})", text(src), text(dst), txn.frontend.name);
}
