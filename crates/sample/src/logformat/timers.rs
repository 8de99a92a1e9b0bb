//! The timers of log lines as differences of a stream's [`Times`] (configuration manual, chapter 8.4), in
//! milliseconds. -1 stands for a part that never happened.

use base::clock::Millis;
use state::proxy::Mode;

use crate::txn::{Times, Txn};

fn since_start(times: &Times, at: Option<Millis>) -> i64 {
    at.map_or(-1, |at| i64::try_from(at.since(times.start)).unwrap_or(i64::MAX))
}

fn difference(later: i64, earlier: i64) -> i64 {
    if later < 0 { -1 } else { later - earlier }
}

/// `%Th`: handshakes of TLS and of the PROXY protocol.
#[must_use]
pub fn handshake(times: &Times) -> i64 {
    i64::from(times.handshake_ms)
}

/// `%Ti`: from the end of the handshakes, or of the response before, to the first byte of the request.
#[must_use]
pub fn idle(times: &Times) -> i64 {
    match since_start(times, times.first_byte) {
        -1 => -1,
        first => (first - handshake(times)).max(0),
    }
}

/// What came before the request: handshakes and idle time, 0 when there was no request.
fn before(times: &Times) -> i64 {
    match idle(times) {
        -1 => 0,
        idle => idle + handshake(times),
    }
}

/// `%Tq`: from the start to the complete request.
#[must_use]
pub fn request(times: &Times) -> i64 {
    since_start(times, times.request)
}

/// `%TR`: from the request's first byte to its head's last.
#[must_use]
pub fn head(times: &Times) -> i64 {
    difference(request(times), before(times))
}

/// `%Tw`: in queues. In TCP mode, where no request is waited for, this begins one millisecond before the start, as
/// it always did.
#[must_use]
pub fn queue(times: &Times) -> i64 {
    difference(since_start(times, times.queued), request(times))
}

/// `%Tc`: connecting to the server.
#[must_use]
pub fn connect(times: &Times) -> i64 {
    difference(since_start(times, times.connected), since_start(times, times.queued))
}

/// `%Tr`: the server's time to send its response's head.
#[must_use]
pub fn response(times: &Times) -> i64 {
    difference(since_start(times, times.response), since_start(times, times.connected))
}

/// `%Tt`: from the start to the last byte; so far, for a line that is written early.
#[must_use]
pub fn total(times: &Times) -> i64 {
    since_start(times, times.end.or(times.response).or(times.connected)).max(0)
}

/// `%Ta`: [`total`] without what came before the request.
#[must_use]
pub fn active(times: &Times) -> i64 {
    total(times) - before(times)
}

/// `%Tu`: [`total`] without the idle time.
#[must_use]
pub fn user(times: &Times) -> i64 {
    total(times) - idle(times).max(0)
}

/// `%Td`: transferring data, after the response's head in HTTP, after the connection otherwise.
#[must_use]
pub fn data(txn: &Txn) -> i64 {
    let times = &txn.times;
    let from = if txn.backend.mode == Mode::Http { times.response } else { times.connected };
    match since_start(times, from) {
        -1 => -1,
        from => total(times) - from,
    }
}

/// Wall-clock time at which this exchange's clock started, since 1970: `%t`.
#[must_use]
pub fn start_wall(txn: &Txn) -> std::time::Duration {
    let session = &txn.session;
    session.accepted_wall + std::time::Duration::from_millis(txn.times.start.since(session.accepted))
}

/// Wall-clock time of the request's first byte, since 1970: `%tr`.
#[must_use]
pub fn request_wall(txn: &Txn) -> std::time::Duration {
    let session = &txn.session;
    let before_ms = u64::try_from(before(&txn.times)).unwrap_or(0);
    let since_accept_ms = txn.times.start.since(session.accepted).saturating_add(before_ms);
    session.accepted_wall + std::time::Duration::from_millis(since_accept_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> Times {
        Times {
            start: Millis(1000),
            handshake_ms: 5,
            first_byte: Some(Millis(1025)),
            request: Some(Millis(1030)),
            queued: Some(Millis(1033)),
            connected: Some(Millis(1040)),
            response: Some(Millis(1090)),
            end: Some(Millis(1100)),
            ..Times::default()
        }
    }

    #[test]
    fn a_complete_exchange() {
        let times = times();
        assert_eq!((handshake(&times), idle(&times), head(&times), request(&times)), (5, 20, 5, 30));
        assert_eq!((queue(&times), connect(&times), response(&times)), (3, 7, 50));
        assert_eq!((total(&times), active(&times), user(&times)), (100, 75, 80));
    }

    #[test]
    fn what_never_happened_is_minus_one() {
        let times = Times { start: Millis(7), end: Some(Millis(9)), ..Times::default() };
        let all =
            [idle(&times), head(&times), request(&times), queue(&times), connect(&times), response(&times)];
        assert_eq!(all, [-1; 6]);
        assert_eq!((total(&times), active(&times), user(&times)), (2, 2, 2));
    }

    #[test]
    fn tcp_waits_for_no_request() {
        let times = Times { first_byte: None, request: None, ..times() };
        assert_eq!((queue(&times), connect(&times), total(&times)), (34, 7, 100));
    }
}
