//! Buffering a request's body for rules that look at it (`wait-for-body`, `option http-buffer-request`,
//! `balance url_param check_post`).

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use base::clock;
use http::h1::BodyDecoder;

use super::{Exchange, Stop};
use crate::client::Client;
use crate::failure::Failure;

/// What a client is told that waits for it before it sends its body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

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
    if framing.expect_continue && x.txn.req.body.is_empty() && !decoder.is_ended() && client.input.is_empty() {
        poll_fn(|cx| client.conn.poll_write(cx, CONTINUE)).await.map_err(|_| Failure::RequestBodyAborted)?;
    }
    let room = x.shared.config.global.tune.bufsize.saturating_sub(x.shared.config.global.tune.maxrewrite);
    let deadline = clock::now().plus(time);
    let result = loop {
        while !client.input.is_empty() && !decoder.is_ended() {
            let Ok(decoded) = decoder.decode_in_place(client.input.data_mut()) else {
                return Err(Failure::BadRequest(400).into());
            };
            x.txn.req.body.extend_from_slice(&client.input.data()[decoded.data.clone()]);
            client.input.consume(decoded.consumed);
            if decoded.consumed == 0 {
                break;
            }
        }
        x.txn.req.body_is_complete = decoder.is_ended();
        let have = x.txn.req.body.len();
        if decoder.is_ended() || (bytes_min > 0 && have >= bytes_min) || have >= room {
            break Ok(());
        }
        let read = poll_fn(|cx| match client.poll_fill(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| None),
        })
        .await;
        match read {
            Some(Ok(n)) if n > 0 => x.txn.log.bytes_in += n as u64,
            Some(_) => break Err(Failure::RequestBodyAborted.into()),
            None => break Err(Failure::RequestBodyTimeout.into()),
        }
    };
    if client.input.is_empty() {
        client.input = net::Buf::none();
    }
    x.txn.req.body_is_final = true;
    x.body_decoder = Some(decoder);
    result
}
