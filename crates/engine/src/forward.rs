//! Moving a body from one side to the other: decode the sender's framing, frame it for the receiver, write head, data
//! and end of message with as few system calls as there can be.
//!
//! ```text
//! source --read--> input --decode--> [head | chunk header][data in place][chunk end | trailers] --writev--> sink
//!    \____________________ splice, from 64 KiB of known remainder on ______________________________/
//! ```
//! What is known to remain of a body in chunks is the rest of a chunk: it goes through a pipe as one chunk.
//! A body that is compressed leaves its place: what comes of it is written behind the head, in chunks.
//! A pump holds no buffer while it waits for its source: `input` gives its memory back when it is empty.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::compress::More;
use http::h1::{
    BodyDecoder, BodyLength, CHUNK_END, CHUNK_HEADER_BYTES_MAX, HeaderCases, Limits, chunk_header,
    write_last_chunk,
};
use http::message::Fields;
use net::Pipe;
use net::buffer::{self, Buf, Size};
use tls::Transport;

use crate::compress::Coding;
use crate::pacer::Pacer;

/// From this known remainder on a body is worth a pipe or a large buffer, in bytes.
const BULK_BYTES_MIN: u64 = 65_536;

/// How the receiver is told where the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// By `Content-Length` or the end of the connection: bytes as they are.
    Plain,
    /// In chunks.
    Chunked,
}

/// Whether data may go through the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Splicing {
    /// It may.
    Allowed,
    /// It is copied.
    Off,
}

/// What becomes of the fields behind a body in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trailers {
    /// They pass.
    Kept,
    /// The receiver gets none.
    Dropped,
}

impl Trailers {
    /// What is sent of the trailers that `decoder` read.
    pub(crate) fn of(self, decoder: &BodyDecoder) -> Option<&Fields> {
        if self == Trailers::Kept { decoder.trailers() } else { None }
    }
}

/// Writes the end of a body in chunks, the names of its trailers as the receiver wants them.
pub(crate) fn write_end(trailers: Option<&Fields>, cases: Option<&HeaderCases>, out: &mut Vec<u8>) {
    let at = out.len();
    write_last_chunk(trailers, out);
    if let Some(cases) = cases {
        cases.respell(&mut out[at..]);
    }
}

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the client to the server.
    Request,
    /// From the server to the client.
    Response,
}

/// Which side broke a transfer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The sender closed early, or with an error.
    Source,
    /// The receiver did.
    Sink,
    /// The sender's framing is wrong.
    Framing,
}

/// One direction of a transfer. Reused from one message to the next.
pub(crate) struct Pump {
    decoder: BodyDecoder,
    outgoing: Outgoing,
    splicing: Splicing,
    /// Set before a message begins.
    pub(crate) trailers: Trailers,
    /// What is sent is compressed, in chunks.
    coding: Option<Box<Coding>>,
    /// How names of trailers are spelt; `None`: as they are. Set by [`Pump::spell`] before a message begins.
    pub(crate) header_cases: Option<Arc<HeaderCases>>,
    /// The body is read and not sent: the receiver asked for none.
    is_discarding: bool,
    /// Bytes to be sent before the data.
    pub(crate) head: Vec<u8>,
    /// Decoded data within the input's data.
    data: Range<usize>,
    /// Bytes to be sent after the data.
    tail: Vec<u8>,
    /// Bytes of head, data and tail that were sent.
    sent: usize,
    /// Input bytes used up once the data has been sent.
    consumed: usize,
    has_ended: bool,
    is_abandoned: bool,
    /// The body is whatever comes until the connection ends.
    is_raw: bool,
    wants_bulk: bool,
    pipe: Option<Pipe>,
    /// What is still to go through the pipe of a chunk that the receiver was told of.
    chunk_left: u64,
    /// How fast bytes may pass; `None`: as fast as both sides can.
    pub(crate) pacer: Option<Box<Pacer>>,
    /// Bytes that went through the pipe.
    pub(crate) spliced: u64,
    /// Bytes received from the source since the body began.
    pub(crate) received: u64,
    /// Bytes of the body and its framing that were understood, those that had come with the head included.
    pub(crate) taken: u64,
    /// Bytes sent to the sink, head included.
    pub(crate) delivered: u64,
}

impl Pump {
    /// A pump without work.
    pub(crate) fn new() -> Self {
        Pump {
            decoder: BodyDecoder::new(BodyLength::None, Limits::default()),
            outgoing: Outgoing::Plain,
            splicing: Splicing::Off,
            trailers: Trailers::Kept,
            coding: None,
            header_cases: None,
            is_discarding: false,
            head: Vec::new(),
            data: 0..0,
            tail: Vec::new(),
            sent: 0,
            consumed: 0,
            has_ended: true,
            is_abandoned: false,
            is_raw: false,
            wants_bulk: false,
            pipe: None,
            chunk_left: 0,
            pacer: None,
            spliced: 0,
            received: 0,
            taken: 0,
            delivered: 0,
        }
    }

    /// Starts a message whose head the caller has put into `head`.
    pub(crate) fn begin(&mut self, body: BodyLength, outgoing: Outgoing, splicing: Splicing, limits: Limits) {
        self.decoder = BodyDecoder::new(body, limits);
        self.outgoing = outgoing;
        self.splicing = splicing;
        self.coding = None;
        self.data = 0..0;
        self.tail.clear();
        self.sent = 0;
        self.consumed = 0;
        self.has_ended = body == BodyLength::None || body == BodyLength::Length(0);
        self.is_abandoned = false;
        self.is_discarding = false;
        self.is_raw = body == BodyLength::UntilClose;
        self.wants_bulk = false;
        self.pipe = None;
        self.chunk_left = 0;
        self.spliced = 0;
        self.received = 0;
        self.taken = 0;
        self.delivered = 0;
    }

    /// Starts a message whose body was begun elsewhere: `decoder` stands behind what `head` already holds.
    pub(crate) fn resume(&mut self, decoder: BodyDecoder, has_ended: bool, outgoing: Outgoing) {
        self.begin(BodyLength::None, outgoing, Splicing::Off, Limits::default());
        self.decoder = decoder;
        self.has_ended = has_ended;
    }

    /// Spells names as `cases` says: those of the head, which begins at byte `head_at` of what is sent first, and those of the
    /// trailers that may come.
    pub(crate) fn spell(&mut self, cases: Option<&Arc<HeaderCases>>, head_at: usize) {
        if let Some(cases) = cases {
            cases.respell(&mut self.head[head_at..]);
        }
        self.header_cases = cases.cloned();
    }

    /// The body that has begun is sent through `coding`, which gives up its memory at the end.
    pub(crate) fn compress(&mut self, coding: Box<Coding>) {
        self.coding = Some(coding);
        self.outgoing = Outgoing::Chunked;
        self.splicing = Splicing::Off;
    }

    /// Gives up what a body that did not come to its end holds.
    pub(crate) fn stop_compressing(&mut self) {
        self.coding = None;
        self.head = Vec::new();
    }

    /// Whether everything was received and sent.
    pub(crate) fn is_done(&self) -> bool {
        self.has_ended && self.is_flushed()
    }

    /// Nothing of the body that has begun is sent.
    pub(crate) fn discard(&mut self) {
        self.is_discarding = true;
        self.splicing = Splicing::Off;
    }

    /// Gives the message up: nothing more is read or sent. The rest of it stays with its source.
    pub(crate) fn abandon(&mut self) {
        self.is_abandoned = true;
        self.pipe = None;
    }

    fn is_flushed(&self) -> bool {
        self.head.is_empty() && self.data.is_empty() && self.tail.is_empty() && self.pipe_len() == 0
    }

    /// Whether it waits for its source rather than for its sink.
    pub(crate) fn waits_for_source(&self) -> bool {
        !self.has_ended && !self.is_abandoned && self.is_flushed() && !self.is_paced()
    }

    /// Whether a bandwidth limit lets nothing pass now: neither side is to blame.
    pub(crate) fn is_paced(&self) -> bool {
        self.pacer.as_ref().is_some_and(|pacer| pacer.is_waiting())
    }

    fn pipe_len(&self) -> usize {
        self.pipe.as_ref().map_or(0, Pipe::len)
    }

    /// Moves what can be moved. Ready when the message is over on both sides.
    pub(crate) fn poll(
        &mut self,
        input: &mut Buf,
        source: &mut Transport,
        sink: &mut Transport,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        if self.is_abandoned {
            return Poll::Pending;
        }
        loop {
            if !self.has_ended && self.data.is_empty() && !input.is_empty() && self.consumed == 0 {
                let most = ready!(self.poll_pace(input.len(), cx));
                self.decode(input, most)?;
            }
            if !self.is_flushed() {
                ready!(self.poll_send(input, sink, cx)).map_err(|_| Broken::Sink)?;
                continue;
            }
            self.release(input);
            if self.has_ended {
                return Poll::Ready(Ok(()));
            }
            if !input.is_empty() {
                // A limit let only a part of it pass.
                continue;
            }
            if let (true, Transport::Plain(from), Transport::Plain(_)) =
                (self.may_splice(), &mut *source, &*sink)
            {
                ready!(self.poll_splice(from, cx))?;
            } else {
                ready!(self.poll_receive(input, source, cx))?;
            }
        }
    }

    /// Decodes what is there. Whether that is all of the message, with nothing behind it: then its source is no longer
    /// needed, and [`Pump::poll_flush`] does the rest. Where bytes may only pass slowly they stay where they are.
    ///
    /// # Errors
    /// [`Broken::Framing`].
    pub(crate) fn take_in(&mut self, input: &mut Buf) -> Result<bool, Broken> {
        if self.pacer.is_some() {
            return Ok(false);
        }
        if !self.has_ended && !input.is_empty() {
            self.decode(input, input.len())?;
        }
        Ok(self.has_ended && self.consumed == input.len())
    }

    /// Sends what is decoded.
    ///
    /// # Errors
    /// [`Broken::Sink`].
    pub(crate) fn poll_flush(
        &mut self,
        input: &mut Buf,
        sink: &mut Transport,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        while !self.is_flushed() {
            ready!(self.poll_send(input, sink, cx)).map_err(|_| Broken::Sink)?;
        }
        self.release(input);
        Poll::Ready(Ok(()))
    }

    /// Uses up the input whose data has been sent, and gives an empty buffer back.
    fn release(&mut self, input: &mut Buf) {
        if self.consumed > 0 {
            input.consume(self.consumed);
            self.consumed = 0;
        }
        if input.is_empty() && input.capacity() > 0 {
            *input = Buf::none();
        }
    }

    /// How many of `wanted` bytes may be taken in now.
    fn poll_pace(&mut self, wanted: usize, cx: &mut Context<'_>) -> Poll<usize> {
        match &mut self.pacer {
            None => Poll::Ready(wanted),
            Some(pacer) => pacer.poll_grant(wanted, cx),
        }
    }

    /// Takes in `most` bytes of the input, less where the message ends.
    fn decode(&mut self, input: &mut Buf, most: usize) -> Result<(), Broken> {
        let raw = &mut input.data_mut()[..most];
        let decoded = self.decoder.decode_in_place(raw).map_err(|_| Broken::Framing)?;
        if let Some(pacer) = &mut self.pacer {
            pacer.spend(decoded.data.len());
        }
        self.consumed = decoded.consumed;
        self.taken += decoded.consumed as u64;
        self.data = if self.is_discarding { 0..0 } else { decoded.data };
        match self.coding.take() {
            None => self.frame(decoded.end),
            Some(coding) => self.code(coding, input, decoded.end),
        }
        if self.data.is_empty() && !self.has_ended {
            self.release(input);
        }
        Ok(())
    }

    /// Puts what comes of the data just decoded behind what is to be sent.
    fn code(&mut self, mut coding: Box<Coding>, input: &Buf, is_end: bool) {
        let data = &input.data()[std::mem::take(&mut self.data)];
        let more = if is_end { More::Nothing } else { More::Follows };
        coding.push(data, more, &mut self.head);
        self.has_ended = is_end;
        if is_end {
            self.write_end();
        } else {
            self.coding = Some(coding);
        }
    }

    /// Puts the receiver's framing around the data just decoded.
    fn frame(&mut self, is_end: bool) {
        self.has_ended = is_end;
        if self.outgoing == Outgoing::Plain || self.is_discarding {
            return;
        }
        if !self.data.is_empty() {
            let mut header = [0; CHUNK_HEADER_BYTES_MAX];
            let len = chunk_header(self.data.len(), &mut header);
            self.head.extend_from_slice(&header[..len]);
            self.tail.extend_from_slice(CHUNK_END);
        }
        if is_end {
            self.write_end();
        }
    }

    fn write_end(&mut self) {
        let trailers = self.trailers.of(&self.decoder);
        write_end(trailers, self.header_cases.as_deref(), &mut self.tail);
    }

    fn poll_receive(
        &mut self,
        input: &mut Buf,
        source: &mut Transport,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        if input.capacity() == 0 {
            *input = buffer::take(if self.wants_bulk { Size::Bulk } else { Size::Normal });
        }
        let room = input.space_len();
        let result = crate::client::poll_fill(source, input, cx);
        match ready!(result) {
            Ok(0) => {
                self.decoder.finish_on_eof().map_err(|_| Broken::Source)?;
                self.frame(true);
            }
            Ok(n) => {
                self.received += n as u64;
                // Coding much at once keeps others waiting.
                self.wants_bulk = n == room
                    && self.coding.is_none()
                    && self.decoder.remaining_known().is_none_or(|r| r >= BULK_BYTES_MIN);
            }
            Err(_) => return Poll::Ready(Err(Broken::Source)),
        }
        Poll::Ready(Ok(()))
    }

    /// A body of known length, or a chunk, is spliced when enough of it is left; a body that ends with its connection, once
    /// it has filled a buffer.
    fn may_splice(&self) -> bool {
        if self.splicing == Splicing::Off {
            return false;
        }
        match self.decoder.remaining_known() {
            Some(left) if self.outgoing == Outgoing::Chunked => left >= BULK_BYTES_MIN || self.chunk_left > 0,
            Some(left) => left >= BULK_BYTES_MIN || (left > 0 && self.pipe.is_some()),
            None => self.is_raw && (self.wants_bulk || self.pipe.is_some()),
        }
    }

    /// Announces the rest of a chunk as a chunk of the receiver's.
    fn announce_chunk(&mut self, left: u64) {
        let mut header = [0; CHUNK_HEADER_BYTES_MAX];
        let len = chunk_header(usize::try_from(left).unwrap_or(usize::MAX), &mut header);
        self.head.extend_from_slice(&header[..len]);
        self.chunk_left = left;
    }

    fn poll_splice(&mut self, source: &mut net::Conn, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.pipe.is_none() {
            self.pipe = Pipe::take().ok();
        }
        let left = self.decoder.remaining_known().unwrap_or(u64::MAX);
        let announces = self.outgoing == Outgoing::Chunked && self.chunk_left == 0;
        let Some(pipe) = &mut self.pipe else {
            self.splicing = Splicing::Off;
            return Poll::Ready(Ok(()));
        };
        if announces {
            self.announce_chunk(left);
            return Poll::Ready(Ok(()));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let most = match &mut self.pacer {
            None => most,
            Some(pacer) => ready!(pacer.poll_grant(most, cx)),
        };
        match ready!(net::poll_splice_in(source, pipe, cx, most)) {
            Ok(0) if self.is_raw => {
                self.has_ended = true;
                Poll::Ready(Ok(()))
            }
            Ok(0) | Err(_) => Poll::Ready(Err(Broken::Source)),
            Ok(n) => {
                self.received += n as u64;
                self.taken += n as u64;
                self.spliced += n as u64;
                if let Some(pacer) = &mut self.pacer {
                    pacer.spend(n);
                }
                if !self.is_raw {
                    self.decoder.skip(n as u64);
                    self.has_ended = self.decoder.is_ended();
                }
                if self.chunk_left > 0 {
                    self.chunk_left -= n as u64;
                    if self.chunk_left == 0 {
                        self.tail.extend_from_slice(CHUNK_END);
                    }
                }
                Poll::Ready(Ok(()))
            }
        }
    }

    fn poll_send(&mut self, input: &Buf, sink: &mut Transport, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let (Some(pipe), Some(sink)) =
            (self.pipe.as_mut().filter(|pipe| !pipe.is_empty()), sink.plain_mut())
        {
            let n = ready!(net::poll_splice_out(sink, pipe, cx))?;
            self.delivered += n as u64;
            return Poll::Ready(Ok(()));
        }
        let parts = [&self.head[..], &input.data()[self.data.clone()], &self.tail[..]];
        let total = parts.iter().map(|part| part.len()).sum::<usize>();
        while self.sent < total {
            let n = ready!(poll_write_from(sink, &parts, self.sent, cx))?;
            self.sent += n;
            self.delivered += n as u64;
        }
        self.sent = 0;
        self.head.clear();
        self.tail.clear();
        self.data = 0..0;
        Poll::Ready(Ok(()))
    }
}

/// Writes what follows the first `skip` bytes of three parts.
fn poll_write_from(
    sink: &mut Transport,
    parts: &[&[u8]; 3],
    mut skip: usize,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut slices = [IoSlice::new(&[]), IoSlice::new(&[]), IoSlice::new(&[])];
    let mut count = 0;
    for part in parts {
        let used = skip.min(part.len());
        skip -= used;
        if used < part.len() {
            slices[count] = IoSlice::new(&part[used..]);
            count += 1;
        }
    }
    let wrote = match &slices[..count] {
        [one] => ready!(sink.poll_write(cx, one))?,
        many => ready!(sink.poll_write_vectored(cx, many))?,
    };
    Poll::Ready(if wrote == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(wrote) })
}

#[cfg(test)]
#[path = "forward_tests.rs"]
mod tests;
