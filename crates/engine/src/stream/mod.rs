//! One exchange on an HTTP session: a request, its way to a server or to an answer made here, the response, the log.
//!
//! ```text
//! read_request -> frontend rules -> switch -> backend rules -> server -> send -> response head -> rules -> forward -> log
//!      |               |                          |              |         |          |
//!      +---- Stop::Failure, Stop::Verdict --------+--------------+---------+----------+---> answer made here -> log
//! ```
//! The parts that rarely run are boxed where they are awaited, so that the future of the usual way stays small.

pub(crate) mod body;
pub(crate) mod read;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod transfer;

use std::rc::Rc;
use std::sync::Arc;

use base::ServerId;
use http::h1::{Framing, FramingPolicy, Leniency, Limits, Parser, Role};
use rules::ruleset::Verdict;
use sample::{Session, Txn};

use crate::client::Client;
use crate::compress::Agreed;
use crate::failure::Failure;
use crate::forward::{Pump, Splicing, Way};
use crate::reply;
use crate::shared::Shared;
use crate::streams::Card;
use crate::worker::Worker;

pub(crate) use body::{buffer_request, buffer_response, drain_request, skip_request};
pub(crate) use read::ReadRequest;
pub(crate) use request::{make_unique_id, switch};
pub(crate) use transfer::connect_stream;

/// What the session does after an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Reads the next request.
    Again,
    /// Nothing came for a while: give the working memory back and wait.
    Park,
    /// Closes.
    Close,
}

/// Why the usual way of an exchange was left.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something broke.
    Failure(Failure),
    /// A rule decided.
    Verdict(Verdict),
    /// A server answers with a redirection to itself.
    Redirect(Box<http::Head>),
    /// The program answers itself.
    Service(Box<crate::service::Opened>),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failure(failure)
    }
}

/// Bytes that have moved: from and to the client, to and from the server.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moved {
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) server_bytes_in: u64,
    pub(crate) server_bytes_out: u64,
}

/// The working state of an exchange, pooled by its worker.
pub(crate) struct Exchange {
    pub(crate) shared: Arc<Shared>,
    pub(crate) txn: Txn,
    pub(crate) request_parser: Parser,
    pub(crate) response_parser: Parser,
    /// What the request's head said about its body and connection.
    pub(crate) framing: Option<Framing>,
    /// What the response's head said, until it is forwarded.
    pub(crate) response_framing: Option<Framing>,
    /// How malformed requests may be.
    pub(crate) request_policy: FramingPolicy,
    /// How malformed responses may be.
    pub(crate) response_policy: FramingPolicy,
    /// Moves the request's body.
    pub(crate) upload: Pump,
    /// Moves the response's body.
    pub(crate) download: Pump,
    /// What is compressed, and could be; `None`: nothing.
    pub(crate) agreed: Option<Agreed>,
    /// Whether any byte of a response was sent to the client.
    pub(crate) has_answered: bool,
    /// Whether the body was decoded from the client as far as `txn.req.body` holds it.
    pub(crate) body_decoder: Option<http::h1::BodyDecoder>,
    /// The same for the response's body and `txn.res.body`.
    pub(crate) response_decoder: Option<http::h1::BodyDecoder>,
    /// Keys to be stored with the server that answers.
    pub(crate) stick_stores: Vec<crate::stick::Store>,
    /// The client closed while its request's body was awaited for rules.
    pub(crate) has_client_left: bool,
    /// What of its bytes is in the counters already.
    pub(crate) counted: Moved,
    /// The server that the client's connection has a connection of its own to, where that decides.
    pub(crate) preferred: Option<ServerId>,
    /// The server asks the client to show who it is once for its connection, so that nobody else may use that.
    pub(crate) is_server_private: bool,
    /// Counted in `backend_sessions`.
    pub(crate) is_in_backend: bool,
    /// Scratch for formats and heads.
    pub(crate) scratch: Vec<u8>,
    /// What operators see of it.
    pub(crate) card: Rc<Card>,
}

impl Exchange {
    pub(crate) fn new(shared: Arc<Shared>, session: Box<Session>) -> Box<Exchange> {
        let txn = Txn::new(shared.runtime.clone(), session);
        let limits = Limits::default();
        Box::new(Exchange {
            shared,
            txn,
            request_parser: Parser::new(Role::Request, Leniency::Strict, limits),
            response_parser: Parser::new(Role::Response, Leniency::Strict, limits),
            framing: None,
            response_framing: None,
            request_policy: FramingPolicy::default(),
            response_policy: FramingPolicy::default(),
            upload: Pump::new(),
            download: Pump::new(),
            agreed: None,
            has_answered: false,
            body_decoder: None,
            response_decoder: None,
            stick_stores: Vec::new(),
            has_client_left: false,
            counted: Moved::default(),
            preferred: None,
            is_server_private: false,
            is_in_backend: false,
            scratch: Vec::new(),
            card: Rc::default(),
        })
    }

    /// Ready for the next request of the same session.
    fn reset(&mut self) {
        self.leave_backend();
        self.txn.reset();
        self.request_parser.reset();
        self.response_parser.reset();
        self.framing = None;
        self.response_framing = None;
        if self.agreed.take().is_some() {
            self.upload.stop_compressing();
            self.download.stop_compressing();
        }
        self.has_answered = false;
        self.body_decoder = None;
        self.response_decoder = None;
        self.stick_stores.clear();
        self.has_client_left = false;
        self.counted = Moved::default();
        self.preferred = None;
        self.is_server_private = false;
        // What was taken of an earlier body says nothing about whether this request's was read.
        self.upload.taken = 0;
        self.upload.pacer = None;
        self.download.pacer = None;
    }

    /// Whether the client asked for a head alone, whatever rules made of its method.
    pub(crate) fn wants_head_only(&self) -> bool {
        self.txn.req.head.original_start_line().is_some_and(|line| line.starts_with(b"HEAD "))
    }

    /// Whether a body may go through the kernel: where one of both proxies asks for it, and `nosplice` does not forbid it.
    pub(crate) fn splicing(&self, way: Way) -> Splicing {
        let config = &self.shared.config;
        let is_wanted = |id| {
            let splice = &config.proxy(id).options.splice;
            let asked = match way {
                Way::Request => splice.request,
                Way::Response => splice.response,
            };
            splice.auto.is_on() || asked.is_on()
        };
        let is_wanted = is_wanted(self.txn.frontend.id) || is_wanted(self.txn.backend.id);
        if is_wanted && !config.global.is_nosplice { Splicing::Allowed } else { Splicing::Off }
    }

    /// The session is counted in its backend's sessions from now on.
    pub(crate) fn enter_backend(&mut self) {
        if !self.is_in_backend {
            self.is_in_backend = true;
            self.txn.backend.backend_sessions.enter();
        }
    }

    /// It is no longer.
    pub(crate) fn leave_backend(&mut self) {
        if self.is_in_backend {
            self.is_in_backend = false;
            self.txn.backend.backend_sessions.leave();
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.leave_backend();
    }
}

/// An exchange for `client`, whose session moves into it.
pub(crate) fn begin(worker: &Rc<Worker>, client: &mut Client) -> Box<Exchange> {
    let pooled = worker.take_exchange();
    let shared = &worker.shared;
    let mut exchange = match pooled {
        Some(exchange) => exchange,
        None => {
            let (frontend, listener) = (client.session.frontend, client.session.listener.clone());
            let exchange = Exchange::new(shared.clone(), Box::new(Session::vacant(frontend, listener)));
            worker.streams.add(&exchange.card);
            exchange
        }
    };
    std::mem::swap(&mut exchange.txn.session, &mut client.session);
    let frontend = shared.runtime.proxy(exchange.txn.session.frontend);
    if !Arc::ptr_eq(frontend, &exchange.txn.frontend) {
        exchange.txn.frontend = frontend.clone();
        exchange.txn.backend = frontend.clone();
    }
    configure(&mut exchange);
    exchange
}

/// Sets the parsers as the frontend of the exchange asks.
pub(crate) fn configure(exchange: &mut Exchange) {
    let options = &exchange.shared.config.proxy(exchange.txn.frontend.id).options;
    let http1 = &exchange.shared.config.global.http1;
    let policy = |is_on: bool| FramingPolicy {
        leniency: if is_on { Leniency::AcceptUnsafe } else { Leniency::Strict },
        transfer_encoding_close: http1.transfer_encoding_close,
        payload_methods: http1.payload_methods,
    };
    let limits = limits(&exchange.shared);
    exchange.request_policy = policy(options.accept_unsafe_request.is_on());
    exchange.response_policy = policy(options.accept_unsafe_response.is_on());
    exchange.request_parser = Parser::new(Role::Request, exchange.request_policy.leniency, limits);
    exchange.response_parser = Parser::new(Role::Response, exchange.response_policy.leniency, limits);
}

/// Gives the session back to `client` and the exchange to the pool.
pub(crate) fn end(worker: &Rc<Worker>, client: &mut Client, mut exchange: Box<Exchange>) {
    exchange.reset();
    std::mem::swap(&mut exchange.txn.session, &mut client.session);
    worker.give_exchange(exchange);
}

/// Round-trip time and its variance in microseconds, where the kernel tells them.
pub(crate) fn rtt_us(conn: &net::Conn) -> Option<(u32, u32)> {
    conn.tcp_info().ok().map(|info| (info.rtt_us, info.rttvar_us))
}

/// Keeps what the kernel tells of the client's connection now, for the fetches that ask.
pub(crate) fn note_tcp_info(x: &mut Exchange, client: &Client) {
    let kept = &mut x.txn.session.tcp_info;
    match (client.conn.conn().tcp_info().ok(), kept.as_mut()) {
        (Some(info), Some(kept)) => **kept = info,
        (info, _) => *kept = info.map(Box::new),
    }
}

/// Whether only what the server sends shows that it lives (`option independent-streams`).
pub(crate) fn is_server_independent(x: &Exchange) -> bool {
    x.shared.config.proxy(x.txn.backend.id).options.independent_streams.is_on()
}

/// Counts what went through pipes, when bodies have gone.
pub(crate) fn count_spliced(x: &Exchange) {
    let (up, down) = (x.upload.spliced, x.download.spliced);
    if up + down > 0 {
        let (front, back) = (x.txn.frontend.frontend.here(), x.txn.backend.backend.here());
        front.spliced_in.add(up);
        back.spliced_out.add(up);
        back.spliced_in.add(down);
        front.spliced_out.add(down);
    }
}

/// Whether bytes are counted while they move (`option contstats`), not when the exchange is over.
pub(crate) fn counts_on(x: &Exchange) -> bool {
    x.shared.config.proxy(x.txn.frontend.id).options.contstats.is_on()
}

/// Whether the exchange ends when its client goes before it was answered (`option abortonclose`).
pub(crate) fn watches_client(x: &Exchange) -> bool {
    let backend = &x.txn.backend;
    x.shared.config.proxy(backend.id).options.aborts_on_close(backend.mode)
}

/// The bounds of a head: a buffer less the room that rewriting is promised.
pub(crate) fn limits(shared: &Shared) -> Limits {
    let tune = &shared.config.global.tune;
    Limits {
        head_bytes_max: tune.bufsize.saturating_sub(tune.maxrewrite).max(512),
        fields_max: tune.http_maxhdr.saturating_sub(1),
    }
}

/// Carries out one exchange.
pub(crate) async fn run(worker: &Rc<Worker>, client: &mut Client, x: &mut Exchange) -> Next {
    x.reset();
    let stop = match read::request(client, x).await {
        ReadRequest::Complete => match process(worker, client, x).await {
            Ok(next) => return next,
            Err(stop) => stop,
        },
        ReadRequest::Park => return Next::Park,
        ReadRequest::Nothing => return Next::Close,
        ReadRequest::Failed(failure) => Stop::Failure(failure),
    };
    Box::pin(reply::answer(worker, client, x, stop)).await
}

async fn process(worker: &Rc<Worker>, client: &mut Client, x: &mut Exchange) -> Result<Next, Stop> {
    body::note_waiting_request(client, x);
    if x.shared.config.uses.rtt {
        note_tcp_info(x, client);
    }
    if client.place.listener.acks_late && body::is_awaited(client, x) {
        // The client may wait for this before it sends the rest.
        let _ = client.conn.conn().set_quickack();
    }
    request::prepare(worker, client, x).await?;
    if x.has_client_left {
        return Err(Failure::RequestBodyAborted.into());
    }
    let server = transfer::send_request(worker, client, x).await?;
    response::forward(worker, client, x, server).await
}
