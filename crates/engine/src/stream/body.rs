//! Buffering a message's body for rules that look at it (`wait-for-body`, `option http-buffer-request`,
//! `balance url_param check_post`). Head and body share one buffer less the room that rewriting is promised.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use base::clock;
use http::Head;
use http::h1::{BodyDecoder, BodyLength};
use net::Buf;
use sample::Message;

use super::{Exchange, Stop};
use crate::client::{Client, poll_fill};
use crate::failure::Failure;
use crate::server_conn::ServerConn;

/// What a client is told that waits for it before it sends its body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What HAProxy's representation of a message adds for each field, which is how its buffers fill.
const FIELD_BYTES: usize = 8;

/// One more piece of a body, or why there is none.
enum Piece {
    Bytes,
    Closed,
    Late,
}

/// The payload that fits behind `head`, in bytes.
pub(crate) fn room(x: &Exchange, head: &Head) -> usize {
    let fields: usize = head.fields.iter().map(|(name, value)| name.len() + value.len() + FIELD_BYTES).sum();
    let line = head.method().len() + head.uri().len() + head.reason().len() + 4 * FIELD_BYTES;
    let tune = &x.shared.config.global.tune;
    tune.bufsize.saturating_sub(tune.maxrewrite).saturating_sub(fields + line)
}

/// Notes how much of the request's body came with its head, since it leaves rules less room to add to the head.
pub(super) fn note_waiting_request(client: &Client, x: &mut Exchange) {
    if x.framing.is_some_and(|framing| framing.body != BodyLength::None) && !client.input.is_empty() {
        x.txn.req.waiting_bytes = client.input.len().min(room(x, &x.txn.req.head));
    }
}

/// Whether the client has more of its request to send.
pub(super) fn is_awaited(client: &Client, x: &Exchange) -> bool {
    match x.framing.map(|framing| framing.body) {
        None | Some(BodyLength::None) => false,
        Some(BodyLength::Length(n)) => n > client.input.len() as u64,
        Some(BodyLength::Chunked | BodyLength::UntilClose) => true,
    }
}

/// As [`note_waiting_request`], for the response.
pub(super) fn note_waiting_response(server: &ServerConn, x: &mut Exchange) {
    x.txn.res.waiting_bytes = server.input.len().min(room(x, &x.txn.res.head));
}

/// Decodes what lies in `input` into the message's body, as far as `room` goes. Whether that is enough.
fn take_in(
    decoder: &mut BodyDecoder,
    input: &mut Buf,
    message: &mut Message,
    room: usize,
    bytes_min: usize,
) -> Result<bool, http::h1::BodyError> {
    while !input.is_empty() && !decoder.is_ended() && message.body.len() < room {
        let most = input.len().min(room - message.body.len());
        let decoded = decoder.decode_in_place(&mut input.data_mut()[..most])?;
        message.body.extend_from_slice(&input.data()[decoded.data.clone()]);
        input.consume(decoded.consumed);
        if decoded.consumed == 0 {
            break;
        }
    }
    message.body_is_complete = decoder.is_ended();
    message.waiting_bytes = input.len().min(room.saturating_sub(message.body.len()));
    let have = message.body.len();
    Ok(decoder.is_ended() || (bytes_min > 0 && have >= bytes_min) || have >= room)
}

/// Passes over what is left of the request's body, if all of it has arrived, so that the connection can go on behind
/// an answer that needed no more of it.
pub(crate) fn skip_request(client: &mut Client, x: &mut Exchange) {
    let Some(framing) = x.framing.filter(|_| x.upload.taken == 0 && !x.txn.req.body_is_complete) else {
        return;
    };
    let limits = super::limits(&x.shared);
    let mut decoder = x.body_decoder.take().unwrap_or_else(|| BodyDecoder::new(framing.body, limits));
    while !client.input.is_empty() && !decoder.is_ended() {
        // What is no body ends the connection, as does a body whose end is still to come.
        match decoder.decode_in_place(client.input.data_mut()) {
            Ok(decoded) if decoded.consumed > 0 => client.input.consume(decoded.consumed),
            Ok(_) | Err(_) => break,
        }
    }
    x.txn.req.body_is_complete = decoder.is_ended();
}

/// Reads the rest of the request's body and forgets it: at most `bytes_max` bytes, within `time`. A client that waits to
/// be asked for its body is not asked.
pub(crate) async fn drain_request(client: &mut Client, x: &mut Exchange, time: Duration, bytes_max: u64) {
    let Some(framing) = x.framing.filter(|_| x.upload.taken == 0 && !x.txn.req.body_is_complete) else {
        return;
    };
    if framing.expect_continue && client.input.is_empty() {
        return;
    }
    let limits = super::limits(&x.shared);
    let mut decoder = x.body_decoder.take().unwrap_or_else(|| BodyDecoder::new(framing.body, limits));
    let deadline = clock::now().plus(time);
    let mut read = 0;
    loop {
        while !client.input.is_empty() && !decoder.is_ended() {
            match decoder.decode_in_place(client.input.data_mut()) {
                Ok(decoded) if decoded.consumed > 0 => {
                    client.input.consume(decoded.consumed);
                    read += decoded.consumed as u64;
                }
                Ok(_) => break,
                Err(_) => return,
            }
        }
        if decoder.is_ended() || read >= bytes_max {
            break;
        }
        let has_more = poll_fn(|cx| match client.poll_fill(cx) {
            Poll::Ready(result) => Poll::Ready(matches!(result, Ok(n) if n > 0)),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| false),
        });
        if !has_more.await {
            break;
        }
    }
    x.txn.log.bytes_in += read;
    x.txn.req.body_is_complete = decoder.is_ended();
    if client.input.is_empty() {
        client.input = Buf::none();
    }
}

/// Reads decoded body bytes into `txn.req.body` until `bytes_min` (0: all) are there, the buffer is full, or `time` is
/// over.
pub(crate) async fn buffer_request(
    client: &mut Client,
    x: &mut Exchange,
    time: Duration,
    bytes_min: usize,
) -> Result<(), Stop> {
    let Some(framing) = x.framing else { return Ok(()) };
    let limits = super::limits(&x.shared);
    let mut decoder = x.body_decoder.take().unwrap_or_else(|| BodyDecoder::new(framing.body, limits));
    if framing.expect_continue && x.txn.req.body.is_empty() && !decoder.is_ended() && client.input.is_empty()
    {
        poll_fn(|cx| client.conn.poll_write(cx, CONTINUE)).await.map_err(|_| Failure::RequestBodyAborted)?;
    }
    let room = room(x, &x.txn.req.head);
    let deadline = clock::now().plus(time);
    let result = loop {
        let before = client.input.len();
        let is_enough = take_in(&mut decoder, &mut client.input, &mut x.txn.req, room, bytes_min);
        x.txn.log.bytes_in += (before - client.input.len()) as u64;
        match is_enough {
            Err(_) => return Err(Failure::BadRequest(400).into()),
            Ok(true) => break Ok(()),
            Ok(false) => {}
        }
        let piece = poll_fn(|cx| match client.poll_fill(cx) {
            Poll::Ready(Ok(n)) if n > 0 => Poll::Ready(Piece::Bytes),
            Poll::Ready(_) => Poll::Ready(Piece::Closed),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| Piece::Late),
        })
        .await;
        match piece {
            Piece::Bytes => {}
            // Rules still run, so that the log tells what would have become of the request.
            Piece::Closed => {
                x.has_client_left = true;
                break Ok(());
            }
            Piece::Late => {
                // A request counts as complete with what was asked of its body.
                x.txn.times.request = None;
                break Err(Failure::RequestBodyTimeout.into());
            }
        }
    };
    if client.input.is_empty() {
        client.input = Buf::none();
    }
    x.txn.req.body_is_final = true;
    x.body_decoder = Some(decoder);
    result
}

/// As [`buffer_request`], from the server into `txn.res.body`.
pub(crate) async fn buffer_response(
    client: &mut Client,
    server: &mut ServerConn,
    x: &mut Exchange,
    time: Duration,
    bytes_min: usize,
) -> Result<(), Stop> {
    let Some(framing) = x.response_framing else { return Ok(()) };
    let limits = super::limits(&x.shared);
    let mut decoder = x.response_decoder.take().unwrap_or_else(|| BodyDecoder::new(framing.body, limits));
    let room = room(x, &x.txn.res.head);
    let deadline = clock::now().plus(time);
    let result = loop {
        match take_in(&mut decoder, &mut server.input, &mut x.txn.res, room, bytes_min) {
            Err(_) => return Err(Failure::BadResponse.into()),
            Ok(true) => break Ok(()),
            Ok(false) => {}
        }
        let piece = poll_fn(|cx| match poll_fill(&mut server.conn, &mut server.input, cx) {
            Poll::Ready(Ok(n)) if n > 0 => {
                x.txn.log.server_bytes_out += n as u64;
                Poll::Ready(Piece::Bytes)
            }
            Poll::Ready(_) => Poll::Ready(Piece::Closed),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| Piece::Late),
        })
        .await;
        match piece {
            Piece::Bytes => {}
            // Whether the body was complete is told by its transfer.
            Piece::Closed => {
                x.txn.res.body_is_complete = decoder.finish_on_eof().is_ok();
                break Ok(());
            }
            Piece::Late => break Err(Failure::ResponseBodyTimeout.into()),
        }
    };
    if server.input.is_empty() {
        server.input = Buf::none();
    }
    x.txn.res.body_is_final = true;
    x.response_decoder = Some(decoder);
    result
}
