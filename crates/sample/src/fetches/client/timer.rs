//! `fc.timer.handshake`, `fc.timer.total`, `req.timer.*`, `res.timer.*`, `bc.timer.connect`, `txn.timer.*`, and the
//! other counts of a log line: what the classic log variables show, for use in rules.

use crate::fetches::prelude::*;
use crate::logformat::timers;

const fn timer(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    row(
        name,
        Type::Int,
        Needs::STREAM,
        run,
        Doc { brief, long: "In milliseconds; -1 for what did not happen.", examples: &[] },
    )
}

const fn number(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    row(name, Type::Int, Needs::STREAM, run, Doc::brief(brief))
}

pub(super) static ROWS: &[&Fetch] = &[
    &timer(
        "fc.timer.handshake",
        |txn, _, _| Value::Int(timers::handshake(&txn.times)).into(),
        "time of the TLS and PROXY handshakes (%Th)",
    ),
    &timer(
        "fc.timer.total",
        |txn, _, _| Value::Int(timers::total(&txn.times)).into(),
        "time of all together (%Tt)",
    ),
    &timer(
        "req.timer.idle",
        |txn, _, _| Value::Int(timers::idle(&txn.times)).into(),
        "idle time before the request (%Ti)",
    ),
    &timer(
        "req.timer.tq",
        |txn, _, _| Value::Int(timers::request(&txn.times)).into(),
        "handshake, idle and request time together (%Tq)",
    ),
    &timer(
        "req.timer.hdr",
        |txn, _, _| Value::Int(timers::head(&txn.times)).into(),
        "time that the client took to send its request's head (%TR)",
    ),
    &timer(
        "req.timer.queue",
        |txn, _, _| Value::Int(timers::queue(&txn.times)).into(),
        "time spent in queues (%Tw)",
    ),
    &timer(
        "bc.timer.connect",
        |txn, _, _| Value::Int(timers::connect(&txn.times)).into(),
        "time that connecting to the server took (%Tc)",
    ),
    &timer(
        "res.timer.hdr",
        |txn, _, _| Value::Int(timers::response(&txn.times)).into(),
        "time that the server took to send its response's head (%Tr)",
    ),
    &timer(
        "res.timer.data",
        |txn, _, _| Value::Int(timers::data(txn)).into(),
        "time of the data transfer (%Td)",
    ),
    &timer(
        "txn.timer.total",
        |txn, _, _| Value::Int(timers::active(&txn.times)).into(),
        "time from the request's first byte to the end (%Ta)",
    ),
    &timer(
        "txn.timer.user",
        |txn, _, _| Value::Int(timers::user(&txn.times)).into(),
        "time as the user sees it: all but the idle time (%Tu)",
    ),
    &number("bytes_in", |txn, _, _| count(txn.log.bytes_in), "bytes received from the client"),
    &number("bytes_out", |txn, _, _| count(txn.log.bytes_out), "bytes sent to the client"),
    &number("req.bytes_in", |txn, _, _| count(txn.log.bytes_in), "bytes received from the client"),
    &number("req.bytes_out", |txn, _, _| count(txn.log.server_bytes_in), "bytes sent to the server"),
    &number("res.bytes_in", |txn, _, _| count(txn.log.server_bytes_out), "bytes received from the server"),
    &number("res.bytes_out", |txn, _, _| count(txn.log.bytes_out), "bytes sent to the client"),
    &number(
        "txn.conn_retries",
        |txn, _, _| count(txn.log.retries),
        "connection attempts after the first (%rc)",
    ),
    &number(
        "txn.id32",
        |txn, _, _| count(txn.log.request_number & 0xffff_ffff),
        "number of this request (%rt)",
    ),
    &row(
        "txn.redispatched",
        Type::Bool,
        Needs::STREAM,
        |txn, _, _| Value::Bool(txn.log.is_redispatched).into(),
        Doc::brief("whether another server was tried in the end"),
    ),
    &row(
        "txn.sess_term_state",
        Type::Str,
        Needs::STREAM,
        |txn, _, _| Value::string(vec![txn.log.termination.cause, txn.log.termination.phase]).into(),
        doc("the two characters that tell how it ended (%ts)", &[example("txn.sess_term_state", "", "--")]),
    ),
];

#[cfg(test)]
mod tests {
    use base::clock::Millis;

    use crate::testing::{eval, txn};

    #[test]
    fn as_in_the_log() {
        let mut txn = txn();
        assert_eq!(eval("req.timer.hdr", &txn).as_deref(), Some("-1"));
        txn.times.start = Millis(10);
        txn.times.first_byte = Some(Millis(15));
        txn.times.request = Some(Millis(17));
        txn.log.server_bytes_out = 9;
        assert_eq!(eval("req.timer.hdr", &txn).as_deref(), Some("2"));
        assert_eq!(eval("req.timer.idle", &txn).as_deref(), Some("5"));
        assert_eq!(eval("res.bytes_in", &txn).as_deref(), Some("9"));
    }
}
