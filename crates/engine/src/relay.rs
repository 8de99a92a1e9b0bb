//! Bytes both ways until both directions are over: TCP, and what an HTTP connection becomes after an upgrade (manual:
//! `timeout client`, `server`, `tunnel`, `client-fin`, `server-fin`, `option independent-streams`).
//!
//! ```text
//! both open --a source ends, or is silent for too long--> its receiver gets the end of the stream; the other way goes on
//!     \____ a receiver takes nothing for too long, a connection breaks, the server's sessions end ____> over
//! ```
//! Each side has two times: since when nothing has shown that it lives, which counts while it is read from, and since when
//! it takes nothing of what waits for it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use base::clock::{self, Millis, NEVER};
use http::h1::{BodyLength, Limits};
use state::proxy::Mode;
use tokio::sync::futures::Notified;

use crate::client::Client;
use crate::failure::Failure;
use crate::forward::{Broken, Outgoing, Way};
use crate::log;
use crate::server_conn::ServerConn;
use crate::stream::{self, Exchange};
use crate::worker::Worker;

/// Sets both pumps to carry whatever comes.
pub(crate) fn begin(x: &mut Exchange) {
    let (up, down) = (x.splicing(Way::Request), x.splicing(Way::Response));
    x.upload.begin(BodyLength::UntilClose, Outgoing::Plain, up, Limits::default());
    x.download.begin(BodyLength::UntilClose, Outgoing::Plain, down, Limits::default());
}

/// Moves bytes until both directions are over.
///
/// # Errors
/// What ended the first of them before its time.
pub(crate) async fn run(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    server: &mut ServerConn,
) -> Result<(), Failure> {
    let mut relay = Relay::new(x);
    let mut shutdown = pin!(worker.pools.shutdown.notified());
    poll_fn(|cx| relay.poll(worker, client, x, server, shutdown.as_mut(), cx)).await
}

/// By when one of the sides must move, where none has moved yet; and what it means if none does.
pub(crate) fn first_deadline(x: &Exchange) -> (Millis, Failure) {
    let (at, late) = Relay::new(x).due();
    (at, late.failure())
}

/// What a deadline means that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Late {
    ClientSilent,
    ServerSilent,
    ClientStuck,
    ServerStuck,
}

impl Late {
    fn failure(self) -> Failure {
        match self {
            Late::ClientSilent | Late::ClientStuck => Failure::ClientTimeout,
            Late::ServerSilent | Late::ServerStuck => Failure::ServerTimeout,
        }
    }
}

/// How long one side may be silent, or take nothing.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// While both directions are open.
    open: Option<Duration>,
    /// Once one of them is over.
    half: Option<Duration>,
}

/// One side of a relay.
#[derive(Debug, Clone, Copy)]
struct Side {
    patience: Patience,
    /// Whether what goes to it does not show that it lives (`option independent-streams`).
    is_independent: bool,
    /// When it last showed that it lives.
    heard: Millis,
    /// Since when it takes nothing of what waits for it.
    stuck: Option<Millis>,
}

impl Side {
    fn time(&self, is_half: bool) -> Option<Duration> {
        if is_half { self.patience.half } else { self.patience.open }
    }

    /// Notes what was seen: bytes from it, bytes to it, whether more waits for it.
    fn saw(&mut self, now: Millis, has_spoken: bool, has_taken: bool, is_stuck: bool) {
        if has_spoken || (has_taken && !self.is_independent) {
            self.heard = now;
        }
        self.stuck = is_stuck.then(|| self.stuck.filter(|_| !has_taken).unwrap_or(now));
    }
}

/// Bytes that have moved: from the client, to the server, from the server, to the client.
type Moved = [u64; 4];

struct Relay {
    client: Side,
    server: Side,
    is_up_over: bool,
    is_down_over: bool,
    /// Whether bandwidth limits let nothing pass, up and down: no receiver is stuck for it.
    paced: (bool, bool),
    /// What ended the first direction that ended before its time.
    failure: Option<Failure>,
    moved: Moved,
    due: (Millis, Late),
    counts_on: bool,
}

impl Relay {
    fn new(x: &Exchange) -> Relay {
        let (front, back, o) = (&x.txn.frontend.timeouts, &x.txn.backend.timeouts, &x.txn.overrides);
        let is_independent = |id| x.shared.config.proxy(id).options.independent_streams.is_on();
        let tunnel = o.tunnel.or(back.tunnel);
        // HTTP connections that were upgraded know no half-closed state.
        let has_fin = x.txn.frontend.mode != Mode::Http;
        let patience = |time: Option<Duration>, fin: Option<Duration>| {
            let open = tunnel.or(time);
            Patience { open, half: fin.filter(|_| has_fin).or(open) }
        };
        let now = clock::now();
        let side =
            |patience, id| Side { patience, is_independent: is_independent(id), heard: now, stuck: None };
        let mut relay = Relay {
            client: side(patience(o.client.or(front.client), front.client_fin), x.txn.frontend.id),
            server: side(patience(o.server.or(back.server), back.server_fin), x.txn.backend.id),
            is_up_over: false,
            is_down_over: false,
            paced: (false, false),
            failure: None,
            moved: [0; 4],
            due: (now, Late::ClientSilent),
            counts_on: stream::counts_on(x),
        };
        relay.due = relay.due();
        relay
    }

    fn poll<'w>(
        &mut self,
        worker: &'w Rc<Worker>,
        client: &mut Client,
        x: &mut Exchange,
        server: &mut ServerConn,
        shutdown: Pin<&mut Notified<'w>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if let Err(failure) = self.poll_both(client, x, server, cx) {
            return Poll::Ready(Err(self.failure.unwrap_or(failure)));
        }
        if x.txn.times.response.is_none() && x.download.received > 0 {
            x.txn.times.response = Some(clock::now());
        }
        if !self.is_over() && server.poll_shutdown(&worker.pools, shutdown, cx).is_ready() {
            return Poll::Ready(Err(Failure::ServerDown));
        }
        if self.note_moves(x) && self.counts_on {
            log::count_moved(x);
        }
        while !self.is_over() {
            if client.poll_deadline(self.due.0, cx).is_pending() {
                return Poll::Pending;
            }
            if let Err(failure) = self.be_late(client, x, server) {
                return Poll::Ready(Err(failure));
            }
        }
        Poll::Ready(self.failure.map_or(Ok(()), Err))
    }

    fn is_over(&self) -> bool {
        self.is_up_over && self.is_down_over
    }

    /// Moves what can be moved; a direction that has ended is ended for its receiver.
    fn poll_both(
        &mut self,
        client: &mut Client,
        x: &mut Exchange,
        server: &mut ServerConn,
        cx: &mut Context<'_>,
    ) -> Result<(), Failure> {
        if !self.is_up_over {
            match x.upload.poll(&mut client.input, &mut client.conn, &mut server.conn, cx) {
                Poll::Ready(Ok(())) => self.end_up(server),
                Poll::Ready(Err(Broken::Source)) => return Err(Failure::ClientAborted),
                Poll::Ready(Err(Broken::Sink | Broken::Framing)) => return Err(Failure::ServerAborted),
                Poll::Pending => {}
            }
        }
        if !self.is_down_over {
            match x.download.poll(&mut server.input, &mut server.conn, &mut client.conn, cx) {
                Poll::Ready(Ok(())) => self.end_down(client),
                Poll::Ready(Err(Broken::Source)) => return Err(Failure::ServerAborted),
                Poll::Ready(Err(Broken::Sink | Broken::Framing)) => return Err(Failure::ClientAborted),
                Poll::Pending => {}
            }
        }
        Ok(())
    }

    fn end_up(&mut self, server: &mut ServerConn) {
        self.is_up_over = true;
        self.server.stuck = None;
        // Who has gone meanwhile needs no end of the stream.
        let _ = server.conn.shutdown_write();
        self.due = self.due();
    }

    fn end_down(&mut self, client: &mut Client) {
        self.is_down_over = true;
        self.client.stuck = None;
        let _ = client.conn.shutdown_write();
        self.due = self.due();
    }

    /// Looks at what has moved, and sets the deadlines anew if anything has.
    fn note_moves(&mut self, x: &Exchange) -> bool {
        let (up, down) = (&x.upload, &x.download);
        let moved = [up.received, up.delivered, down.received, down.delivered];
        let to_server_waits = !self.is_up_over && !up.waits_for_source();
        let to_client_waits = !self.is_down_over && !down.waits_for_source();
        let (had_waited_up, had_waited_down) = (self.server.stuck.is_some(), self.client.stuck.is_some());
        let paced = (!self.is_up_over && up.is_paced(), !self.is_down_over && down.is_paced());
        let waits = (to_server_waits, to_client_waits);
        if moved == self.moved && waits == (had_waited_up, had_waited_down) && paced == self.paced {
            return false;
        }
        self.paced = paced;
        let has = |at: usize| moved[at] != self.moved[at];
        let now = clock::now();
        // Whoever was not read from, as the other took nothing, is given its time again.
        let is_heard_again = (had_waited_up && !to_server_waits, had_waited_down && !to_client_waits);
        self.client.saw(now, has(0) || is_heard_again.0, has(3), to_client_waits);
        self.server.saw(now, has(2) || is_heard_again.1, has(1), to_server_waits);
        self.moved = moved;
        self.due = self.due();
        true
    }

    /// The deadline that passes first.
    fn due(&self) -> (Millis, Late) {
        let is_half = self.is_up_over || self.is_down_over;
        let (client, server) = (self.client.time(is_half), self.server.time(is_half));
        let reads_client = !self.is_up_over && self.server.stuck.is_none();
        let reads_server = !self.is_down_over && self.client.stuck.is_none();
        let all = [
            (reads_client.then_some(self.client.heard), client, Late::ClientSilent),
            (self.client.stuck.filter(|_| !self.paced.1), client, Late::ClientStuck),
            (reads_server.then_some(self.server.heard), server, Late::ServerSilent),
            (self.server.stuck.filter(|_| !self.paced.0), server, Late::ServerStuck),
        ];
        let deadlines = all.map(|(since, time, late)| (since.map_or(NEVER, |at| at.deadline(time)), late));
        deadlines.into_iter().min_by_key(|(at, _)| *at).unwrap_or((NEVER, Late::ClientSilent))
    }

    /// The deadline has passed: a silent side is no longer read from, and one that takes nothing ends all.
    fn be_late(
        &mut self,
        client: &mut Client,
        x: &mut Exchange,
        server: &mut ServerConn,
    ) -> Result<(), Failure> {
        let late = self.due.1;
        let failure = *self.failure.get_or_insert(late.failure());
        match late {
            Late::ClientSilent => {
                x.upload.abandon();
                self.end_up(server);
            }
            Late::ServerSilent => {
                x.download.abandon();
                self.end_down(client);
            }
            Late::ClientStuck | Late::ServerStuck => return Err(failure),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(open_ms: u64, is_independent: bool) -> Side {
        let time = Some(Duration::from_millis(open_ms));
        Side {
            patience: Patience { open: time, half: Some(Duration::from_millis(10)) },
            is_independent,
            heard: Millis(0),
            stuck: None,
        }
    }

    fn relay(client: Side, server: Side) -> Relay {
        Relay {
            client,
            server,
            is_up_over: false,
            is_down_over: false,
            paced: (false, false),
            failure: None,
            moved: [0; 4],
            due: (NEVER, Late::ClientSilent),
            counts_on: false,
        }
    }

    #[test]
    fn the_less_patient_side_is_due_first() {
        let both = relay(side(300, false), side(200, false));
        assert_eq!(both.due(), (Millis(200), Late::ServerSilent));
        let both = relay(side(300, false), side(300, false));
        assert_eq!(both.due(), (Millis(300), Late::ClientSilent));
    }

    #[test]
    fn a_direction_that_is_over_is_not_waited_for() {
        let mut half = relay(side(1, false), side(200, false));
        half.is_up_over = true;
        assert_eq!(half.due(), (Millis(10), Late::ServerSilent));
        half.is_down_over = true;
        assert_eq!(half.due().0, NEVER);
    }

    #[test]
    fn who_is_not_read_from_is_not_silent() {
        let mut both = relay(side(100, false), side(200, false));
        both.server.saw(Millis(50), false, false, true);
        assert_eq!(both.due(), (Millis(200), Late::ServerSilent));
        both.server.saw(Millis(60), false, true, true);
        assert_eq!((both.server.heard, both.server.stuck), (Millis(60), Some(Millis(60))));
        both.server.saw(Millis(90), true, false, true);
        assert_eq!(both.due(), (Millis(260), Late::ServerStuck));
    }

    #[test]
    fn who_is_served_slowly_is_not_stuck() {
        let mut both = relay(side(100, false), side(200, false));
        both.client.saw(Millis(10), false, false, true);
        both.paced = (false, true);
        // The server is not read from either.
        assert_eq!(both.due(), (Millis(100), Late::ClientSilent));
        both.paced = (false, false);
        assert_eq!(both.due(), (Millis(100), Late::ClientSilent));
        both.client.heard = Millis(500);
        assert_eq!(both.due(), (Millis(110), Late::ClientStuck));
    }

    #[test]
    fn what_goes_to_an_independent_side_shows_nothing() {
        for (is_independent, heard) in [(true, 0), (false, 70)] {
            let mut one = side(100, is_independent);
            one.saw(Millis(70), false, true, false);
            assert_eq!(one.heard, Millis(heard));
            one.saw(Millis(80), true, false, false);
            assert_eq!(one.heard, Millis(80));
        }
    }
}
