//! One end of a TCP connection, scripted: clients and servers alike.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_linger;

use crate::{DEADLINE, Request, Response, http};

/// How the other side ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It sent its last byte and said so (FIN).
    Closed,
    /// It cut the connection (RST).
    Reset,
}

/// A connection with what was read ahead.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
    /// Received, not yet asked for.
    pending: Vec<u8>,
}

impl Peer {
    /// Connects.
    ///
    /// # Panics
    /// If the connection is refused.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE);
        Self::new(stream.unwrap_or_else(|error| panic!("{address}: {error}")))
    }

    /// Takes a connection over.
    ///
    /// # Panics
    /// If the socket's options cannot be set.
    pub fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("an open socket");
        stream.set_read_timeout(Some(DEADLINE)).expect("an open socket");
        stream.set_write_timeout(Some(DEADLINE)).expect("an open socket");
        Self { stream, pending: Vec::new() }
    }

    /// This side's address.
    ///
    /// # Panics
    /// If the socket has none any more.
    pub fn local_address(&self) -> SocketAddr {
        self.stream.local_addr().expect("a connected socket has an address")
    }

    /// Sends all bytes.
    ///
    /// # Panics
    /// If the other side does not take them before [`DEADLINE`].
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("the other side takes what is sent");
    }

    /// Sends bytes to a side that may have gone.
    ///
    /// # Errors
    /// As the socket says.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Says that nothing more will be sent.
    pub fn half_close(&mut self) {
        // A side that is gone already has nothing to be told.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Cuts the connection with a reset.
    ///
    /// # Panics
    /// If the socket's options cannot be set.
    pub fn reset(self) {
        set_socket_linger(&self.stream, Some(Duration::ZERO)).expect("an open socket");
    }

    /// Reads what has come until `done` finds the length of what it wants in it.
    ///
    /// # Panics
    /// If the connection ends before, or nothing comes before [`DEADLINE`].
    pub fn take(&mut self, wanted: &str, done: impl FnMut(&[u8]) -> Option<usize>) -> Vec<u8> {
        match self.try_take(wanted, done) {
            Ok(bytes) => bytes,
            Err(ending) => panic!("{ending:?} before {wanted} was complete: {}", self.shown()),
        }
    }

    /// The same from a side that may go before all has come.
    fn try_take(
        &mut self,
        wanted: &str,
        mut done: impl FnMut(&[u8]) -> Option<usize>,
    ) -> Result<Vec<u8>, Ending> {
        let started = Instant::now();
        loop {
            if let Some(length) = done(&self.pending) {
                return Ok(self.pending.drain(..length).collect());
            }
            assert!(started.elapsed() < DEADLINE, "still no {wanted} after: {}", self.shown());
            if let Some(ending) = self.fill() {
                return Err(ending);
            }
        }
    }

    /// Exactly these bytes come next.
    ///
    /// # Panics
    /// If something else comes.
    pub fn expect(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        let got = self.take("the expected bytes", |pending| {
            let is_other = !bytes.starts_with(&pending[..pending.len().min(bytes.len())]);
            (is_other || pending.len() >= bytes.len()).then(|| pending.len().min(bytes.len()))
        });
        assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(bytes));
    }

    /// What comes up to `end`, it included.
    ///
    /// # Panics
    /// If the connection ends before, or nothing comes before [`DEADLINE`].
    pub fn until(&mut self, end: &str) -> String {
        let got = self.take(end, |pending| http::find(pending, end.as_bytes()).map(|at| at + end.len()));
        String::from_utf8_lossy(&got).into_owned()
    }

    /// The next response, with a body as long as its head says. Not for answers to HEAD.
    ///
    /// # Panics
    /// If there is none, or it is malformed.
    pub fn response(&mut self) -> Response {
        let head = self.until("\r\n\r\n");
        let response = Response::parse(&head);
        let body = http::ResponseBody::of(&response);
        self.with_body(response, body)
    }

    /// The next response, or `None` if the connection ends before a byte of it.
    ///
    /// # Panics
    /// If there is a malformed or an incomplete one.
    pub fn rest_or_response(&mut self) -> Option<Response> {
        while self.pending.is_empty() {
            if self.fill().is_some() {
                return None;
            }
        }
        Some(self.response())
    }

    /// The next response, of which only a head is expected.
    ///
    /// # Panics
    /// If there is none, or it is malformed.
    pub fn response_head(&mut self) -> Response {
        Response::parse(&self.until("\r\n\r\n"))
    }

    fn with_body(&mut self, mut response: Response, body: http::ResponseBody) -> Response {
        match body {
            http::ResponseBody::Length(length) => {
                response.body = self.take("the body", |pending| (pending.len() >= length).then_some(length));
            }
            http::ResponseBody::Chunked => {
                response.raw_body = self.take("the chunked body", http::chunked_length);
                (response.body, response.trailers) = http::dechunk(&response.raw_body);
            }
            http::ResponseBody::UntilClose => response.body = self.rest().0,
        }
        response
    }

    /// The next request with its body, for a scripted server; `None` if the client has gone before its end.
    /// A body that waits for `100 Continue` is left to [`Peer::read_body`].
    ///
    /// # Panics
    /// If the request is malformed, or stops before its end.
    pub fn request(&mut self) -> Option<Request> {
        let end = |pending: &[u8]| http::find(pending, b"\r\n\r\n").map(|at| at + 4);
        let head = self.try_take("the head", end).ok()?;
        let mut request = Request::parse(&String::from_utf8_lossy(&head));
        if request.header("expect").is_none() {
            self.try_read_body(&mut request).ok()?;
        }
        Some(request)
    }

    /// The head of the next request, for a scripted server.
    ///
    /// # Panics
    /// If it is malformed, or cut short.
    pub fn request_head(&mut self) -> Request {
        Request::parse(&self.until("\r\n\r\n"))
    }

    /// The body that belongs to a head read before.
    ///
    /// # Panics
    /// If it is cut short.
    pub fn read_body(&mut self, request: &mut Request) {
        self.try_read_body(request).expect("the whole body comes");
    }

    fn try_read_body(&mut self, request: &mut Request) -> Result<(), Ending> {
        if request.header("transfer-encoding").is_some() {
            request.raw_body = self.try_take("the chunked body", http::chunked_length)?;
            (request.body, request.trailers) = http::dechunk(&request.raw_body);
        } else if let Some(length) = request.header("content-length") {
            let length: usize = length.parse().expect("a length in digits");
            request.body =
                self.try_take("the body", |pending| (pending.len() >= length).then_some(length))?;
        }
        Ok(())
    }

    /// Everything that still comes, and how the connection ended.
    ///
    /// # Panics
    /// If it does not end before [`DEADLINE`].
    pub fn rest(&mut self) -> (Vec<u8>, Ending) {
        loop {
            if let Some(ending) = self.fill() {
                return (std::mem::take(&mut self.pending), ending);
            }
        }
    }

    /// The other side closes now, without another byte.
    ///
    /// # Panics
    /// If bytes come, or the connection is reset.
    pub fn expect_close(&mut self) {
        let (rest, ending) = self.rest();
        assert!(rest.is_empty(), "bytes before the end: {}", String::from_utf8_lossy(&rest));
        assert_eq!(ending, Ending::Closed);
    }

    /// The connection ends now, whichever way, without another byte.
    ///
    /// # Panics
    /// If bytes come.
    pub fn expect_end(&mut self) {
        let (rest, _) = self.rest();
        assert!(rest.is_empty(), "bytes before the end: {}", String::from_utf8_lossy(&rest));
    }

    /// Whether nothing has come yet and the connection stands. An event that must have caused bytes has to have
    /// been waited for before.
    ///
    /// # Panics
    /// If the socket's options cannot be set.
    pub fn is_quiet(&mut self) -> bool {
        self.stream.set_nonblocking(true).expect("an open socket");
        let mut byte = [0];
        let got = self.stream.peek(&mut byte);
        self.stream.set_nonblocking(false).expect("an open socket");
        self.pending.is_empty() && got.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Reads once; the ending, if the connection has ended.
    fn fill(&mut self) -> Option<Ending> {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Ok(0) => Some(Ending::Closed),
            Ok(length) => {
                self.pending.extend_from_slice(&buffer[..length]);
                None
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Some(Ending::Reset),
            Err(error) if error.kind() == ErrorKind::Interrupted => None,
            Err(error) => panic!("nothing comes ({error}) after: {}", self.shown()),
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.pending[..self.pending.len().min(2000)]).into_owned()
    }
}
