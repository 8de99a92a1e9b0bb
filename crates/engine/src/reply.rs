//! Answers made here: errors, and what rules decided.

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base::clock;
use http::connection_header::{self, Wanted};
use http::h1::{BodyLength, Connection};
use rules::observe::{NoTrace, Observer};
use rules::reply::{Answer, Reply};
use rules::ruleset::{Undecided, Verdict};
use sample::txn::Presence;

use crate::client::Client;
use crate::failure::Failure;
use crate::stream::{Exchange, Next, Stop};
use crate::worker::Worker;
use crate::{h1, log, rules_run, service};

/// How long a client may take to notice that its connection closes under a request body nobody reads.
const LINGER_TIME: Duration = Duration::from_secs(2);

/// How many buffers of unread bytes are emptied before a connection is closed.
const UNREAD_PIECES_MAX: usize = 64;

/// How an exchange ends that left its usual way.
pub(crate) enum Ending {
    /// Nothing is said.
    Close,
    /// Nothing is said, and the client does not even learn that the connection is closed.
    Drop,
    /// This is said.
    Reply(Arc<Reply>),
    /// The same, after `timeout tarpit`.
    Tarpit(Arc<Reply>),
    /// A head alone.
    Head(Box<http::Head>),
}

/// Notes in the books why an exchange left its usual way, and says what is to be done.
pub(crate) fn ending(x: &mut Exchange, stop: Stop) -> Ending {
    let is_response = x.txn.res.presence == Presence::Here;
    match stop {
        Stop::Failure(failure) => {
            log::note_failure(&mut x.txn, failure);
            match failure.row().status {
                0 => Ending::Close,
                status => Ending::Reply(Arc::new(Reply::Error(status))),
            }
        }
        Stop::Verdict(Verdict::Reply(reply)) => {
            note_local(x, if is_response { b'H' } else { b'R' });
            Ending::Reply(reply)
        }
        Stop::Redirect(head) => {
            note_local(x, b'C');
            Ending::Head(head)
        }
        Stop::Service(_) => {
            note_local(x, b'R');
            Ending::Close
        }
        Stop::Verdict(verdict) => {
            log::note_failure(&mut x.txn, rules_run::refusal(&verdict, is_response));
            refused(x, verdict)
        }
    }
}

/// How an exchange ends that rules refused.
fn refused(x: &mut Exchange, verdict: Verdict) -> Ending {
    match verdict {
        Verdict::Deny(reply) => Ending::Reply(reply),
        Verdict::Tarpit(reply) => Ending::Tarpit(reply),
        Verdict::Fail => Ending::Reply(Arc::new(Reply::Error(500))),
        Verdict::SilentDrop => {
            x.txn.times.request = None;
            Ending::Drop
        }
        Verdict::Reject
        | Verdict::Log { .. }
        | Verdict::Service(_)
        | Verdict::Pass
        | Verdict::Reply(_)
        | Verdict::NotYet { .. }
        | Verdict::Wait { .. } => {
            // A request that was never answered counts as never received, in the log as well.
            x.txn.times.request = None;
            Ending::Close
        }
    }
}

/// Answers an exchange that left its usual way, and logs it.
pub(crate) async fn answer(worker: &Rc<Worker>, client: &mut Client, x: &mut Exchange, stop: Stop) -> Next {
    let stop = match stop {
        Stop::Service(opened) => return Box::pin(service::serve(worker, client, x, *opened)).await,
        stop @ (Stop::Failure(_) | Stop::Verdict(_) | Stop::Redirect(_)) => stop,
    };
    let reply = match ending(x, stop) {
        Ending::Close => return close(x),
        Ending::Drop => {
            drop_silently(client, x);
            return close(x);
        }
        Ending::Head(head) => {
            return send(worker, client, x, Answer { head: *head, ..Answer::default() }).await;
        }
        Ending::Reply(reply) => reply,
        Ending::Tarpit(reply) => {
            tarpit(client, x).await;
            reply
        }
    };
    if x.has_answered {
        return close(x);
    }
    let answer = build(x, &reply);
    send(worker, client, x, answer).await
}

/// The answer that `reply` means for this exchange.
pub(crate) fn build(x: &mut Exchange, reply: &Reply) -> Answer {
    let config = x.shared.config.clone();
    let tables = [&config.proxy(x.txn.backend.id).errors, &config.proxy(x.txn.frontend.id).errors];
    let answer = reply.build(&x.txn, &tables);
    // An empty error file sends nothing; the log tells the status all the same.
    x.txn.log.status = reply.status();
    answer
}

fn close(x: &mut Exchange) -> Next {
    log::finish(x);
    Next::Close
}

fn note_local(x: &mut Exchange, phase: u8) {
    x.txn.log.termination.cause = b'L';
    x.txn.log.termination.phase = phase;
    x.txn.frontend.frontend.here().intercepted.bump();
}

/// Holds the client for `timeout tarpit`, or until it goes.
async fn tarpit(client: &mut Client, x: &mut Exchange) {
    let timeouts = &x.txn.backend.timeouts;
    let time = x.txn.overrides.tarpit.or(timeouts.tarpit).or(timeouts.connect);
    let deadline = clock::now().plus(time.unwrap_or(Duration::from_secs(10)));
    poll_fn(|cx| {
        if client.has_gone(cx) {
            return Poll::Ready(());
        }
        client.poll_deadline(deadline, cx)
    })
    .await;
    note_tarpit(x);
}

/// The log shows the time in the tarpit as one in a queue.
pub(crate) fn note_tarpit(x: &mut Exchange) {
    x.txn.times.request = None;
    x.txn.times.queued = Some(clock::now());
}

/// Makes the close to come one that the client does not learn of, as far as the kernel allows.
pub(crate) fn drop_silently(client: &mut Client, x: &Exchange) {
    let hops = x.txn.overrides.rst_ttl.unwrap_or(1);
    // What has no acknowledgement yet would be sent again, and answered with a reset.
    let _ = client.conn.conn().set_quickack();
    if let Some(addr) = x.txn.session.socket_src {
        net::options::drop_silently(client.conn.conn().fd(), &addr, hops);
    }
    let _ = client.conn.set_linger_zero();
}

/// Sends an answer, logs, and says what becomes of the session.
async fn send(worker: &Rc<Worker>, client: &mut Client, x: &mut Exchange, answer: Answer) -> Next {
    let Answer { head, body, is_silent } = answer;
    if is_silent {
        return close(x);
    }
    if !after_rules(x, head, &mut NoTrace) {
        return close(x);
    }
    crate::stream::skip_request(client, x);
    let stays = client_stays(x) && !worker.sends_away();
    write_answer(x, &body, stays);
    let sent = write_all(client, x).await;
    x.txn.log.bytes_out += sent as u64;
    client.idle_since = log::finish(x);
    if stays {
        return Next::Again;
    }
    if !is_read(x) {
        linger(client).await;
    }
    Next::Close
}

/// Leaves an answer made here in `scratch`, as it is sent to a client whose connection `stays` or not.
pub(crate) fn write_answer(x: &mut Exchange, body: &[u8], stays: bool) {
    let wanted = if stays { Wanted::KeepAlive } else { Wanted::Close };
    let version = if x.framing.is_some() { x.txn.req.head.version() } else { http::message::Version::Http11 };
    let tokens = connection_header::clean(&mut x.txn.res.head.fields);
    connection_header::set_for_response(&mut x.txn.res.head, wanted, tokens, version);
    x.txn.log.status = x.txn.res.head.status();
    x.scratch.clear();
    x.txn.res.head.write_to(&mut x.scratch);
    h1::respell_answer(x);
    if x.framing.is_none() || !x.wants_head_only() {
        x.scratch.extend_from_slice(body);
    }
}

/// `http-after-response` rules see every answer. False: one of them refuses it, which ends in silence, as there is
/// nothing left to say.
pub(crate) fn after_rules<O: Observer>(x: &mut Exchange, head: http::Head, o: &mut O) -> bool {
    x.txn.res.head = head;
    x.txn.res.presence = Presence::Here;
    x.txn.is_internal_reply = true;
    if !x.txn.req.is_here() {
        // What could not be read as a request never came to the rules.
        return true;
    }
    let config = x.shared.config.clone();
    let (back, front) = (x.txn.backend.id, x.txn.frontend.id);
    for id in [Some(back), (front != back).then_some(front)].into_iter().flatten() {
        let rules = &config.proxy(id).rules.http_after;
        let mut verdict = rules.run_watched(&mut x.txn, 0, Undecided::IsFalse, o);
        while let Verdict::Log { call, resume } = verdict {
            if !O::IS_ON {
                log::write_call(x, call);
            }
            verdict = rules.run_watched(&mut x.txn, resume, Undecided::IsFalse, o);
        }
        match verdict {
            Verdict::Pass
            | Verdict::NotYet { .. }
            | Verdict::Wait { .. }
            | Verdict::Log { .. }
            | Verdict::Reply(_) => {}
            Verdict::Deny(_)
            | Verdict::Tarpit(_)
            | Verdict::Reject
            | Verdict::SilentDrop
            | Verdict::Service(_)
            | Verdict::Fail => {
                log::note_failure(&mut x.txn, Failure::Internal);
                return false;
            }
        }
    }
    true
}

/// Whether the request was read to its end.
pub(crate) fn is_read(x: &Exchange) -> bool {
    x.framing.is_some_and(|framing| match framing.body {
        BodyLength::None | BodyLength::Length(0) => true,
        BodyLength::Length(_) | BodyLength::Chunked | BodyLength::UntilClose => {
            x.txn.req.body_is_complete || (x.upload.taken > 0 && x.upload.is_done())
        }
    })
}

/// Whether the request was read to its end and both sides keep their connection.
pub(crate) fn client_stays(x: &Exchange) -> bool {
    is_read(x) && wants_to_stay(x)
}

/// Whether both sides keep their connection once the rest of the request has been read, which the client sends unasked.
pub(crate) fn client_may_stay(x: &Exchange) -> bool {
    let is_sent = is_read(x) || x.framing.is_some_and(|framing| !framing.expect_continue);
    is_sent && wants_to_stay(x)
}

fn wants_to_stay(x: &Exchange) -> bool {
    x.framing.is_some_and(|framing| framing.connection == Connection::KeepAlive) && h1::keeps_client(x)
}

pub(crate) async fn write_all(client: &mut Client, x: &Exchange) -> usize {
    let deadline = clock::now().deadline(x.txn.frontend.timeouts.client);
    let mut sent = 0;
    while sent < x.scratch.len() {
        let wrote = poll_fn(|cx| match client.conn.poll_write(cx, &x.scratch[sent..]) {
            Poll::Ready(result) => Poll::Ready(result.unwrap_or(0)),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| 0),
        })
        .await;
        if wrote == 0 {
            break;
        }
        sent += wrote;
    }
    sent
}

/// Closes the sending side and reads on for a moment, so that an answer is not lost to the reset that unread bytes
/// would cause (RFC 9112 section 9.6).
pub(crate) async fn linger(client: &mut Client) {
    if client.conn.shutdown_write().is_err() {
        return;
    }
    let deadline = clock::now().plus(LINGER_TIME);
    loop {
        client.input.clear();
        let more = poll_fn(|cx| match client.poll_fill(cx) {
            Poll::Ready(result) => Poll::Ready(matches!(result, Ok(n) if n > 0)),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| false),
        })
        .await;
        if !more || clock::now() >= deadline {
            return;
        }
    }
}

/// Closes the sending side and reads what has come, without waiting for more: then the close is no reset.
pub(crate) async fn close_cleanly(client: &mut Client) {
    if client.conn.shutdown_write().is_err() {
        return;
    }
    poll_fn(|cx| {
        // A client that sends faster than this is read from is reset after all.
        for _ in 0..UNREAD_PIECES_MAX {
            client.input.clear();
            if !matches!(client.poll_fill(cx), Poll::Ready(Ok(n)) if n > 0) {
                break;
            }
        }
        Poll::Ready(())
    })
    .await;
}
