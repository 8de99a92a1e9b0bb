//! `tune.*` (chapter 3.2): the ones that have an effect, and those of HAProxy's machinery that have none here.

use base::units::TimeUnit;
use diag::codes;
use http::compress::WINDOW_BITS;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use super::kinds;
use super::rows::usage;
use crate::context::GlobalParse;
use crate::model::{CompressionLimits, IdleSharing, Tune};
use crate::row::GlobalRow;
use crate::sections::value;

pub(super) static ROWS: &[GlobalRow] = &[
    // With an effect.
    GlobalRow::new(
        "tune.bufsize",
        |w, p| size_into(w, p, BUFSIZE_MIN, |t| &mut t.bufsize),
        "how large a buffer is",
    )
    .examples(usage!["tune.bufsize 32768", "tune.bufsize 32k"]),
    GlobalRow::new("tune.chksize", kinds::size, "how large a buffer of health checks was")
        .internal()
        .removed("tune.bufsize"),
    GlobalRow::new(
        "tune.maxrewrite",
        |w, p| size_into(w, p, 0, |t| &mut t.maxrewrite),
        "how much of a buffer is kept free for rules that add headers",
    )
    .examples(usage!["tune.maxrewrite 1024"]),
    GlobalRow::new(
        "tune.cli.max-payload-size",
        |w, p| size_into(w, p, 0, |t| &mut t.cli_payload_bytes_max),
        "how much a command of the runtime API takes",
    )
    .examples(usage!["tune.cli.max-payload-size 1m"]),
    GlobalRow::new("tune.http.maxhdr", maxhdr, "how many headers a message may have")
        .examples(usage!["tune.http.maxhdr 200"]),
    GlobalRow::new(
        "tune.http.logurilen",
        |w, p| size_into(w, p, 1, |t| &mut t.http_logurilen),
        "how much of a request line is logged",
    )
    .examples(usage!["tune.http.logurilen 2048"]),
    GlobalRow::new(
        "tune.http.cookielen",
        |w, p| size_into(w, p, 1, |t| &mut t.http_cookielen),
        "how much of a captured cookie is kept",
    )
    .examples(usage!["tune.http.cookielen 128"]),
    GlobalRow::new("tune.maxaccept", maxaccept, "how many connections are accepted in a row")
        .internal()
        .examples(usage!["tune.maxaccept 64"]),
    GlobalRow::new(
        "tune.pipesize",
        |w, p| size_into(w, p, 0, |t| &mut t.pipesize),
        "how large a pipe of splicing is",
    )
    .internal()
    .examples(usage!["tune.pipesize 1m"]),
    GlobalRow::new("tune.idle-pool.shared", idle_sharing, "threads share idle server connections")
        .examples(usage!["tune.idle-pool.shared off"]),
    GlobalRow::new("tune.idletimer", idletimer, "when a stream counts as idle")
        .examples(usage!["tune.idletimer 1s"]),
    GlobalRow::new(
        "tune.rcvbuf.client",
        |w, p| size_into(w, p, 0, |t| &mut t.rcvbuf_client),
        "the kernel's receive buffer of clients' sockets",
    )
    .internal()
    .examples(usage!["tune.rcvbuf.client 65536"]),
    GlobalRow::new(
        "tune.rcvbuf.server",
        |w, p| size_into(w, p, 0, |t| &mut t.rcvbuf_server),
        "the kernel's receive buffer of servers' sockets",
    )
    .internal(),
    GlobalRow::new(
        "tune.sndbuf.client",
        |w, p| size_into(w, p, 0, |t| &mut t.sndbuf_client),
        "the kernel's send buffer of clients' sockets",
    )
    .internal(),
    GlobalRow::new(
        "tune.sndbuf.server",
        |w, p| size_into(w, p, 0, |t| &mut t.sndbuf_server),
        "the kernel's send buffer of servers' sockets",
    )
    .internal(),
    GlobalRow::new(
        "tune.vars.check-max-size",
        |w, p| size_into(w, p, 0, |t| &mut t.vars.check),
        "how much memory variables of a check take",
    )
    .examples(usage!["tune.vars.check-max-size 4k"]),
    GlobalRow::new(
        "tune.vars.global-max-size",
        |w, p| size_into(w, p, 0, |t| &mut t.vars.global),
        "how much memory all variables take",
    )
    .examples(usage!["tune.vars.global-max-size 4k"]),
    GlobalRow::new(
        "tune.vars.proc-max-size",
        |w, p| size_into(w, p, 0, |t| &mut t.vars.proc),
        "how much memory variables of the process take, all others included",
    )
    .examples(usage!["tune.vars.proc-max-size 4k"]),
    GlobalRow::new(
        "tune.vars.reqres-max-size",
        |w, p| size_into(w, p, 0, |t| &mut t.vars.reqres),
        "how much memory variables of a message take",
    )
    .examples(usage!["tune.vars.reqres-max-size 4k"]),
    GlobalRow::new(
        "tune.vars.sess-max-size",
        |w, p| size_into(w, p, 0, |t| &mut t.vars.sess),
        "how much memory variables of a session take, those of its exchanges included",
    )
    .examples(usage!["tune.vars.sess-max-size 4k"]),
    GlobalRow::new(
        "tune.vars.txn-max-size",
        |w, p| size_into(w, p, 0, |t| &mut t.vars.txn),
        "how much memory variables of an exchange take, those of its messages included",
    )
    .examples(usage!["tune.vars.txn-max-size 4k"]),
    // Without.
    GlobalRow::new(
        "tune.rcvbuf.frontend",
        kinds::size,
        "the receive buffer of sockets for datagrams from clients",
    )
    .internal(),
    GlobalRow::new(
        "tune.rcvbuf.backend",
        kinds::size,
        "the receive buffer of sockets for datagrams from servers",
    )
    .internal(),
    GlobalRow::new(
        "tune.sndbuf.frontend",
        kinds::size,
        "the send buffer of sockets for datagrams to clients",
    )
    .internal(),
    GlobalRow::new("tune.sndbuf.backend", kinds::size, "the send buffer of sockets for datagrams to servers")
        .internal(),
    GlobalRow::new(
        "tune.applet.zero-copy-forwarding",
        kinds::on_off,
        "own services hand data on without a copy",
    )
    .internal(),
    GlobalRow::new("tune.buffers.limit", kinds::number, "how many buffers there are at most").internal(),
    GlobalRow::new("tune.buffers.reserve", kinds::number, "how many are kept for responses").internal(),
    GlobalRow::new("tune.bufsize.large", kinds::size, "how large a large buffer is").internal(),
    GlobalRow::new("tune.bufsize.small", kinds::size, "how large a small buffer is").internal(),
    GlobalRow::new("tune.comp.maxlevel", compression_level, "how hard compression tries, 1 to 9")
        .examples(usage!["tune.comp.maxlevel 5"]),
    GlobalRow::new("tune.defaults.purge", kinds::none, "`defaults` sections are forgotten after the start")
        .internal(),
    GlobalRow::new("tune.disable-fast-forward", kinds::none, "data goes through every layer").internal(),
    GlobalRow::new("tune.disable-zero-copy-forwarding", kinds::none, "data is copied between the sides")
        .internal(),
    GlobalRow::new("tune.epoll.mask-events", kinds::word, "events that the poller leaves out").internal(),
    GlobalRow::new("tune.events.max-events-at-once", kinds::number, "how many internal events run in a row")
        .internal(),
    GlobalRow::new("tune.fail-alloc", kinds::percent, "how often memory is refused, for tests").internal(),
    GlobalRow::new("tune.fd.edge-triggered", kinds::on_off, "the poller reports changes only").internal(),
    GlobalRow::new("tune.fd.tables", kinds::word, "who shares the table of descriptors").internal(),
    GlobalRow::new(
        "tune.glitches.kill.cpu-usage",
        kinds::percent,
        "the load from which faulty clients are closed",
    )
    .internal(),
    GlobalRow::new("tune.h1.be.glitches-threshold", kinds::number, "faults of a server before it is closed")
        .internal(),
    GlobalRow::new("tune.h1.fe.glitches-threshold", kinds::number, "faults of a client before it is closed")
        .internal(),
    GlobalRow::new("tune.h1.zero-copy-fwd-recv", kinds::on_off, "HTTP/1 takes data without a copy")
        .internal(),
    GlobalRow::new("tune.h1.zero-copy-fwd-send", kinds::on_off, "HTTP/1 hands data on without a copy")
        .internal(),
    GlobalRow::new("tune.listener.default-shards", kinds::word, "how many sockets share an address")
        .internal(),
    GlobalRow::new("tune.listener.multi-queue", kinds::word, "how connections are handed to threads")
        .internal(),
    GlobalRow::new("tune.max-checks-per-thread", kinds::number, "how many checks a thread runs at once")
        .internal(),
    GlobalRow::new("tune.max-rules-at-once", kinds::number, "how many rules run in a row").internal(),
    GlobalRow::new("tune.maxpollevents", kinds::number, "how many events the poller hands over at once")
        .internal(),
    GlobalRow::new("tune.memory.hot-size", kinds::size, "how much memory a thread keeps at hand").internal(),
    GlobalRow::new("tune.notsent-lowat.client", kinds::size, "how much may wait unsent for a client")
        .internal(),
    GlobalRow::new("tune.notsent-lowat.server", kinds::size, "how much may wait unsent for a server")
        .internal(),
    GlobalRow::new("tune.pattern.cache-size", kinds::number, "how many look-ups of patterns are remembered")
        .internal(),
    GlobalRow::new("tune.peers.max-updates-at-once", kinds::number, "how many entries peers send in a row")
        .internal(),
    GlobalRow::new(
        "tune.pool-high-fd-ratio",
        kinds::percent,
        "share of descriptors at which idle connections are closed",
    )
    .internal(),
    GlobalRow::new("tune.pool-low-fd-ratio", kinds::percent, "share of descriptors at which none are kept")
        .internal(),
    GlobalRow::new("tune.pt.zero-copy-forwarding", kinds::on_off, "tunnels hand data on without a copy")
        .internal(),
    GlobalRow::new("tune.recv_enough", kinds::size, "after how much a socket is not read again").internal(),
    GlobalRow::new("tune.renice.runtime", kinds::number, "the process's priority").internal(),
    GlobalRow::new("tune.renice.startup", kinds::number, "its priority at the start").internal(),
    GlobalRow::new("tune.ring.queues", kinds::number, "how many writers a ring has at once").internal(),
    GlobalRow::new("tune.runqueue-depth", kinds::number, "how many tasks run in a row").internal(),
    GlobalRow::new("tune.sched.low-latency", kinds::on_off, "short tasks go first").internal(),
    GlobalRow::new("tune.stick-counters", kinds::number, "how many counters a session may track").internal(),
    GlobalRow::new("tune.streams-elasticity", kinds::percent, "how far limits of streams give way")
        .internal(),
    GlobalRow::new("tune.takeover-other-tg-connections", kinds::word, "who takes idle connections over")
        .internal(),
    GlobalRow::new("tune.zlib.memlevel", kinds::number, "how much memory compression takes, 1 to 9")
        .internal(),
    GlobalRow::new("tune.zlib.windowsize", compression_window, "how far back compression looks, 8 to 15")
        .examples(usage!["tune.zlib.windowsize 13"]),
];

/// Less than this holds no request.
const BUFSIZE_MIN: u64 = 1_024;
/// More than this is a mistake: each connection may take several buffers.
const SIZE_MAX: u64 = 1 << 30;

fn size_into(
    words: &mut Words<'_>,
    parse: &mut GlobalParse<'_>,
    min: u64,
    field: fn(&mut Tune) -> &mut usize,
) -> Result<(), Problem> {
    let word = words.need("a size in bytes")?;
    let size = value::size(word)?;
    words.done()?;
    if !(min..=SIZE_MAX).contains(&size) {
        return Err(problem_of(
            codes::SIZE,
            word.span,
            format!("a size from {min} to {SIZE_MAX} is possible, not {size}"),
        ));
    }
    *field(&mut parse.global.tune) = usize::try_from(size).unwrap_or(usize::MAX);
    Ok(())
}

/// HAProxy counts the request line as well, and so does the model.
fn maxhdr(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a number")?;
    let number: usize = value::number(word, "the number of headers", 1..=32_767, parse.cx.diags)?;
    parse.global.tune.http_maxhdr = number;
    words.done()
}

fn compression_level(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a level from 1 to 9")?;
    let levels = CompressionLimits::LEVELS;
    parse.global.compression.level_max = value::number(word, "the level", levels, parse.cx.diags)?;
    words.done()
}

/// The coder's least window is that of 9, which zlib takes for 8 as well.
fn compression_window(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a number from 8 to 15")?;
    let bits: u8 = value::number(word, "the window's logarithm", 8..=15, parse.cx.diags)?;
    parse.global.compression.window_bits = bits.max(*WINDOW_BITS.start());
    words.done()
}

fn maxaccept(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a number, -1 for no limit")?;
    let range = -1..=i64::from(i32::MAX);
    parse.global.tune.maxaccept = value::number(word, "the number of connections", range, parse.cx.diags)?;
    words.done()
}

fn idletimer(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a duration")?;
    let time = value::duration(word, TimeUnit::Millis)?;
    if time.as_millis() > 65_535 {
        return Err(problem_of(codes::TIME, word.span, "65535 milliseconds are the limit"));
    }
    parse.global.tune.idletimer = time;
    words.done()
}

/// Threads form no groups here, so that sharing within a group is sharing with all.
fn idle_sharing(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("`full`, `on` or `off`")?;
    // `auto` was its name for `on` once.
    let at = value::choice(word, &["full", "on", "off", "auto"])?;
    parse.global.tune.idle_sharing =
        [IdleSharing::On, IdleSharing::On, IdleSharing::Off, IdleSharing::On][at];
    words.done()
}
