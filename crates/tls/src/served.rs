//! A client's connection on rustls's unbuffered API: between two reads it holds no buffer. The buffered one keeps 4 KiB
//! for each connection as long as it lives, more than everything else that an idle connection needs.
//!
//! What always holds: `input` starts at the first byte that rustls has not given up, and is empty when the last record
//! was complete; `output` holds records that were made and are to go out in this order; vectors that are empty have
//! given their memory back.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;

use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError, UnbufferedStatus,
    WriteTraffic,
};
use rustls::{CommonState, ServerConfig};

use crate::records::{RECORD_BYTES, RecordLimit};

/// What a record has besides, at most, in bytes.
const RECORD_OVERHEAD: usize = 64;
/// Plaintext that one write encrypts, in bytes: records that stay in the processor's caches until the kernel has them.
const WRITE_BYTES_MAX: usize = 8 * RECORD_BYTES;
/// Records that may wait for the data behind them, in bytes; half of it leaves room for those that are made meanwhile.
const WAITING_BYTES_MAX: usize = RECORD_BYTES;
/// Ciphertext of one write, in bytes: a record more than full ones, for what begins in the middle.
pub(crate) const OUT_BYTES_MAX: usize =
    WAITING_BYTES_MAX + WRITE_BYTES_MAX + (WRITE_BYTES_MAX / RECORD_BYTES + 2) * RECORD_OVERHEAD;
/// What may arrive without being a whole record or handshake message, in bytes; a handshake message has 64 KiB at most.
const INPUT_BYTES_MAX: usize = 4 * 65_536;

thread_local! {
    /// Small pieces on their way into one record.
    static RECORD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// One connection.
pub(crate) struct Served {
    tls: UnbufferedServerConnection,
    input: Vec<u8>,
    output: Vec<u8>,
    /// What was decrypted and not read yet, from `plain_start` on.
    plain: Vec<u8>,
    plain_start: usize,
    /// The client has sent `close_notify`.
    is_closed: bool,
    has_early_data: bool,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").field("is_closed", &self.is_closed).finish_non_exhaustive()
    }
}

/// What is done with a connection that can send.
type Send<'s> = &'s mut dyn FnMut(&mut WriteTraffic<'_, ServerConnectionData>);

impl Served {
    /// A connection that begins with these bytes, the client's hello; nothing of them is looked at yet.
    pub(crate) fn new(config: Arc<ServerConfig>, hello: Vec<u8>) -> Result<Served, rustls::Error> {
        Ok(Served {
            tls: UnbufferedServerConnection::new(config)?,
            input: hello,
            output: Vec::new(),
            plain: Vec::new(),
            plain_start: 0,
            is_closed: false,
            has_early_data: false,
        })
    }

    /// What was agreed on.
    pub(crate) fn common(&self) -> &CommonState {
        &self.tls
    }

    /// Whether early data has come and was taken.
    pub(crate) fn has_early_data(&self) -> bool {
        self.has_early_data
    }

    /// Whether there is something to read, or the end.
    pub(crate) fn has_plaintext(&self) -> bool {
        !self.plain.is_empty() || self.is_closed
    }

    /// Takes what has arrived; it is decrypted in place.
    pub(crate) fn feed(&mut self, bytes: &mut [u8]) -> Result<(), rustls::Error> {
        if self.input.is_empty() {
            let used = self.turn(bytes, None)?;
            self.input.extend_from_slice(&bytes[used..]);
        } else {
            let mut input = std::mem::take(&mut self.input);
            input.extend_from_slice(bytes);
            let used = self.turn(&mut input, None)?;
            input.drain(..used);
            if !input.is_empty() {
                self.input = input;
            }
        }
        if self.is_closed {
            // Nothing counts behind `close_notify`.
            self.input = Vec::new();
        }
        if self.input.len() > INPUT_BYTES_MAX {
            return Err(rustls::Error::PeerSentOversizedRecord);
        }
        Ok(())
    }

    /// Does what there is to do, until more has to arrive; then `send`, if the connection can. Returns how many bytes
    /// of `input` are used up.
    fn turn(&mut self, input: &mut [u8], mut send: Option<Send<'_>>) -> Result<usize, rustls::Error> {
        let Served { tls, output, plain, .. } = self;
        let mut used = 0;
        loop {
            let UnbufferedStatus { mut discard, state, .. } = tls.process_tls_records(&mut input[used..]);
            let mut is_done = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut records)) => {
                    while let Some(record) = records.next_record() {
                        let record = record?;
                        discard += record.discard;
                        plain.extend_from_slice(record.payload);
                    }
                }
                Ok(ConnectionState::ReadEarlyData(mut records)) => {
                    self.has_early_data = true;
                    while let Some(record) = records.next_record() {
                        let record = record?;
                        discard += record.discard;
                        plain.extend_from_slice(record.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => encode(&mut data, output),
                // It has its place in `output`, from which nothing is lost.
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.is_closed = true,
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    if let Some(send) = &mut send {
                        send(&mut traffic);
                    }
                    is_done = true;
                }
                Ok(_) => is_done = true,
                Err(error) => {
                    used += discard;
                    self.take_alert(&mut input[used..]);
                    return Err(error);
                }
            }
            used += discard;
            if is_done {
                return Ok(used);
            }
        }
    }

    /// What rustls tells the client of an error.
    fn take_alert(&mut self, input: &mut [u8]) {
        loop {
            match self.tls.process_tls_records(input).state {
                Ok(ConnectionState::EncodeTlsData(mut data)) => encode(&mut data, &mut self.output),
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Reads what is decrypted; 0 behind `close_notify`, `None` when nothing is there.
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> Option<usize> {
        let there = &self.plain[self.plain_start..];
        if there.is_empty() {
            return self.is_closed.then_some(0);
        }
        let n = there.len().min(buf.len());
        buf[..n].copy_from_slice(&there[..n]);
        self.plain_start += n;
        if self.plain_start == self.plain.len() {
            (self.plain, self.plain_start) = (Vec::new(), 0);
        }
        Some(n)
    }

    /// The memory that its buffers hold.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        self.input.capacity() + self.output.capacity() + self.plain.capacity()
    }

    /// Records that are to go out.
    pub(crate) fn output(&self) -> &[u8] {
        &self.output
    }

    /// The first `n` bytes of the output are on their way.
    pub(crate) fn sent(&mut self, n: usize) {
        if n >= self.output.len() {
            self.output = Vec::new();
        } else {
            self.output.drain(..n);
        }
    }

    /// Whether so much waits that it has to go out before anything is encrypted.
    pub(crate) fn is_full(&self) -> bool {
        self.output.len() > WAITING_BYTES_MAX / 2
    }

    /// Encrypts as much of `bufs` as one write takes into `out`, behind what waited; `out` has [`OUT_BYTES_MAX`] bytes.
    /// Returns how many bytes were taken, and how many are to be sent.
    pub(crate) fn encrypt(
        &mut self,
        bufs: &[IoSlice<'_>],
        out: &mut [u8],
        mut limit: Option<&mut RecordLimit>,
    ) -> io::Result<(usize, usize)> {
        let mut result = None;
        self.send(&mut |traffic| {
            result = Some(RECORD.with_borrow_mut(|record| {
                let records = Records { traffic, record, at: 0 };
                match &mut limit {
                    None => records.write(bufs, out),
                    Some(limit) => records.write_limited(bufs, out, limit),
                }
            }));
        });
        let (taken, len) = result.ok_or(ErrorKind::NotConnected)??;
        // What waited was made before: it goes first.
        let waiting = self.output.len();
        if waiting > 0 {
            out.copy_within(..len, waiting);
            out[..waiting].copy_from_slice(&self.output);
            self.output = Vec::new();
        }
        Ok((taken, waiting + len))
    }

    /// Keeps what the socket did not take.
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        self.output = [rest, &self.output].concat();
    }

    /// Says that nothing more will come.
    pub(crate) fn say_goodbye(&mut self) {
        let mut goodbye = [0; 2 * RECORD_OVERHEAD];
        let mut len = 0;
        self.send(&mut |traffic| len = traffic.queue_close_notify(&mut goodbye).unwrap_or(0));
        self.output.extend_from_slice(&goodbye[..len]);
    }

    fn send(&mut self, send: Send<'_>) {
        let mut input = std::mem::take(&mut self.input);
        // An error has been told to whoever fed this; a connection that is broken does not send.
        let used = self.turn(&mut input, Some(send)).unwrap_or(input.len());
        input.drain(..used);
        if !input.is_empty() {
            self.input = input;
        }
    }
}

fn encode(data: &mut EncodeTlsData<'_, ServerConnectionData>, output: &mut Vec<u8>) {
    let at = output.len();
    if let Err(EncodeError::InsufficientSize(InsufficientSizeError { required_size })) = data.encode(&mut [])
    {
        output.resize(at + required_size, 0);
        let len = data.encode(&mut output[at..]).unwrap_or(0);
        output.truncate(at + len);
    }
}

/// Data on its way into records.
struct Records<'r, 'c, 'd> {
    traffic: &'r mut WriteTraffic<'c, ServerConnectionData>,
    /// The beginning of a record: pieces too small for one of their own.
    record: &'d mut Vec<u8>,
    /// Where the next one goes.
    at: usize,
}

impl Records<'_, '_, '_> {
    fn write(mut self, bufs: &[IoSlice<'_>], out: &mut [u8]) -> io::Result<(usize, usize)> {
        let mut taken = 0;
        self.record.clear();
        for buf in bufs {
            let mut piece = &buf[..buf.len().min(WRITE_BYTES_MAX - taken)];
            taken += piece.len();
            while !piece.is_empty() {
                if self.record.is_empty() && piece.len() >= RECORD_BYTES {
                    let (whole, rest) = piece.split_at(piece.len() / RECORD_BYTES * RECORD_BYTES);
                    self.at += encrypted(self.traffic, whole, &mut out[self.at..])?;
                    piece = rest;
                } else {
                    let (fits, rest) = piece.split_at(piece.len().min(RECORD_BYTES - self.record.len()));
                    self.record.extend_from_slice(fits);
                    piece = rest;
                    if self.record.len() == RECORD_BYTES {
                        self.flush(out)?;
                    }
                }
            }
        }
        self.flush(out)?;
        Ok((taken, self.at))
    }

    /// As [`Records::write`], in records that hold no more than `limit` says. What there is no room for is left.
    fn write_limited(
        mut self,
        bufs: &[IoSlice<'_>],
        out: &mut [u8],
        limit: &mut RecordLimit,
    ) -> io::Result<(usize, usize)> {
        let room = OUT_BYTES_MAX - WAITING_BYTES_MAX;
        let (mut taken, mut bytes_max) = (0, 0);
        self.record.clear();
        limit.begin();
        'bufs: for buf in bufs {
            let mut piece = &buf[..];
            while !piece.is_empty() {
                if self.record.is_empty() {
                    bytes_max = limit.next_bytes_max();
                    if self.at + bytes_max + RECORD_OVERHEAD > room {
                        break 'bufs;
                    }
                }
                let (fits, rest) = piece.split_at(piece.len().min(bytes_max - self.record.len()));
                self.record.extend_from_slice(fits);
                (piece, taken) = (rest, taken + fits.len());
                limit.sent(fits.len());
                if self.record.len() == bytes_max {
                    self.flush(out)?;
                }
            }
        }
        self.flush(out)?;
        Ok((taken, self.at))
    }

    fn flush(&mut self, out: &mut [u8]) -> io::Result<()> {
        if !self.record.is_empty() {
            self.at += encrypted(self.traffic, self.record, &mut out[self.at..])?;
            self.record.clear();
        }
        Ok(())
    }
}

fn encrypted(
    traffic: &mut WriteTraffic<'_, ServerConnectionData>,
    plain: &[u8],
    out: &mut [u8],
) -> io::Result<usize> {
    traffic.encrypt(plain, out).map_err(|error| match error {
        EncryptError::InsufficientSize(_) => io::Error::from(ErrorKind::WriteZero),
        EncryptError::EncryptExhausted => io::Error::other(error),
    })
}
