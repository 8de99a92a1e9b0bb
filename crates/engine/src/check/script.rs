//! A check by a script: its steps one after the other, as far as they succeed.
//!
//! ```text
//!          +-- connect: closes what was open, connects, shakes hands --+
//!   step --+-- send: drops what was received, sends                    +--> next step, or the report
//!     ^    +-- expect: receives once, judges; too little? -------------+
//!     |    +-- variables                       |
//!     +------ the first of the expectations ---+
//! ```

use std::io;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use base::clock;
use config::model::{
    CheckAction, CheckConnect, CheckExpect, CheckPattern, CheckPort, CheckProtocol, CheckScript, CheckSend,
    CheckStep, CheckText,
};
use net::PortLease;
use sample::logformat::LogFormat;
use sample::txn::{ListenerFacts, Message, Presence};
use sample::{Expr, Txn};
use state::Value;
use state::check::{CheckReport, CheckStatus};
use tls::Transport;

use super::connect::{self, Deadline, Trouble};
use super::reuse::Pooled;
use super::task::{Checker, bare};
use super::{expect, hello, http, reuse};

/// Bytes read at once.
const READ_BYTES: usize = 4096;

/// What came of a check.
pub(super) struct Outcome {
    pub(super) report: CheckReport,
    /// The line of an agent, which says what is to be recorded.
    pub(super) agent_line: Option<Vec<u8>>,
    /// Closed when the outcome has been acted upon: who sees the end of a check finds what came of it.
    _held: Option<Held>,
}

/// The connection of a check.
struct Held {
    /// Taken when somebody else keeps it.
    conn: Option<Transport>,
    /// Whether it is to be closed in good order.
    lingers: bool,
    /// The source port, out of a range; free again with the connection.
    _lease: Option<PortLease>,
    /// What is known of a connection that requests may use when the check is over.
    pooled: Option<Pooled>,
}

impl Held {
    fn conn(&mut self) -> &mut Transport {
        self.conn.as_mut().expect("the connection is given away when the check is over")
    }
}

impl Drop for Held {
    /// A check leaves nothing behind, neither at the server nor in TIME_WAIT here, unless it is asked to be polite.
    fn drop(&mut self) {
        if let Some(conn) = self.conn.as_mut().filter(|_| !self.lingers) {
            let _ = conn.set_linger_zero();
        }
    }
}

impl Outcome {
    pub(super) fn of(report: CheckReport) -> Outcome {
        Outcome { report, agent_line: None, _held: None }
    }
}

/// What an expectation wants next.
pub(super) enum Judged {
    /// The step behind it.
    Next,
    /// More of the answer.
    More,
    /// Nothing: the check is over.
    Over(CheckReport),
}

/// A check under way.
pub(super) struct Run<'c> {
    pub(super) checker: &'c Checker,
    pub(super) script: &'c CheckScript,
    held: Option<Held>,
    /// Whether anything was sent over it.
    has_sent: bool,
    deadline: Deadline,
    /// Whether nothing more will come: the server closed, or there is no room.
    pub(super) is_over: bool,
    /// What came, in HTTP taken apart.
    pub(super) answer: Message,
    pub(super) http: http::Reader,
    /// The code that reports tell.
    pub(super) code: i32,
    pub(super) agent_line: Option<Vec<u8>>,
    txn: Option<Box<Txn>>,
}

/// Makes one check.
pub(super) async fn run(checker: &Checker, script: &CheckScript) -> Outcome {
    let mut run = Run {
        checker,
        script,
        held: None,
        has_sent: false,
        deadline: Deadline::new(clock::now()),
        is_over: false,
        answer: Message::default(),
        http: http::Reader::new(checker),
        code: 0,
        agent_line: None,
        txn: None,
    };
    let report = match run.steps().await {
        Ok(report) | Err(report) => report,
    };
    let report = CheckReport { code: run.code, ..report };
    run.give_back();
    Outcome { report, agent_line: run.agent_line.take(), _held: run.held.take() }
}

impl Run<'_> {
    async fn steps(&mut self) -> Result<CheckReport, CheckReport> {
        let script = self.script;
        let (mut at, mut last, mut must_read) = (0, None, true);
        while let Some(step) = script.steps.get(at) {
            self.code = 0;
            match &step.action {
                CheckAction::Connect(connect) => {
                    last = Some(at);
                    self.connect(at, connect).await?;
                    must_read = true;
                }
                CheckAction::Send(what) => {
                    last = Some(at);
                    self.send(at, what).await?;
                    must_read = true;
                }
                CheckAction::Expect(expect) => {
                    last = Some(at);
                    if std::mem::take(&mut must_read) {
                        self.receive(at).await?;
                    }
                    match expect::judge(self, step, expect) {
                        Judged::Next => {}
                        Judged::Over(report) => return Ok(report),
                        Judged::More => {
                            (at, must_read) = (expect.head, true);
                            continue;
                        }
                    }
                }
                CheckAction::Act(action) => {
                    self.with_txn(|txn| action.run(txn));
                }
            }
            at += 1;
        }
        Ok(self.passed(last.map(|at| &script.steps[at])))
    }

    /// Everything went as expected; `last` is the last step that was no variable's.
    fn passed(&mut self, last: Option<&CheckStep>) -> CheckReport {
        match last.map(|step| &step.action) {
            Some(CheckAction::Expect(expect)) => expect::passed(self, expect),
            Some(CheckAction::Connect(connect)) => {
                let is_tls = self.held.as_mut().is_some_and(|held| held.conn().is_tls());
                let report = bare(if is_tls { CheckStatus::L6Ok } else { CheckStatus::L4Ok });
                if connect.is_implicit { report } else { report.describe("(tcp-check)") }
            }
            Some(CheckAction::Send(_) | CheckAction::Act(_)) | None => {
                bare(CheckStatus::L7Ok).describe("(tcp-check)")
            }
        }
    }

    /// A failure below the protocol, at step `at`.
    fn trouble(&self, at: usize, (status, trouble): (CheckStatus, Trouble)) -> CheckReport {
        let mut text = trouble.text();
        if self.script.protocol == CheckProtocol::Tcp {
            text.push_str(&place(&self.script.steps[at]));
        }
        bare(status).describe(text)
    }

    /// `timeout connect` bounds the connection only where `timeout check` bounds the rest; alone it may be too short for a
    /// whole check.
    fn start_clock(&mut self) {
        let (now, timeouts) = (clock::now(), &self.checker.proxy().timeouts);
        let whole = now.plus(self.checker.config.inter);
        self.deadline.set(match (timeouts.check, timeouts.connect) {
            (Some(_), Some(connect)) => whole.min(now.plus(connect)),
            (None, _) | (_, None) => whole,
        });
    }

    async fn connect(&mut self, at: usize, connect: &CheckConnect) -> Result<(), CheckReport> {
        (self.held, self.has_sent) = (None, false);
        self.forget();
        let is_pooled = reuse::is_wanted(self.checker, self.script, connect);
        if is_pooled && self.reuse(at, connect) {
            self.start_answer_clock();
            return Ok(());
        }
        self.start_clock();
        let computed = match &connect.port {
            Some(CheckPort::Computed(expr)) => self.number(expr).and_then(|port| u16::try_from(port).ok()),
            Some(CheckPort::Fixed(_)) | None => None,
        };
        let Some(endpoint) = connect::destination(self.checker, connect, computed) else {
            return Err(self.trouble(at, (CheckStatus::SocketError, Trouble::Nameless)));
        };
        let reached = connect::reach(self.checker, connect, endpoint, &mut self.deadline).await;
        let reached = reached.map_err(|failed| self.trouble(at, failed))?;
        let tls = self.checker.tls.as_ref();
        let tls = tls.filter(|tls| connect.uses_tls || connect.is_default && tls.is_default);
        let mut conn = match tls {
            None if connect.uses_tls => {
                return Err(self.trouble(at, (CheckStatus::SocketError, Trouble::Nameless)));
            }
            None => Transport::Plain(reached.conn),
            Some(tls) => {
                let told = tls.told(connect, self.script.protocol, || self.host_behind(at, connect));
                let address = reached.endpoint.inet().map(|to| to.ip());
                let stream = tls.handshake(reached.conn, address, &told, &mut self.deadline).await;
                Transport::Tls(stream.map_err(|failed| self.trouble(at, failed))?)
            }
        };
        // One that has no place under `strict-maxconn` is nobody else's.
        let (lease, pooled) = if is_pooled && self.checker.server.strict_maxconn.is_none() {
            (None, Some(Pooled::new(self.checker, &mut conn, reached.lease)))
        } else {
            (reached.lease, None)
        };
        self.held = Some(Held { conn: Some(conn), lingers: connect.lingers, _lease: lease, pooled });
        if self.checker.proxy().timeouts.check.is_some() {
            self.start_answer_clock();
        }
        Ok(())
    }

    /// The time for what follows the connection.
    fn start_answer_clock(&mut self) {
        let timeout = self.checker.proxy().timeouts.check.unwrap_or(self.checker.config.inter);
        self.deadline.set(clock::now().plus(timeout));
    }

    /// Takes a connection that requests left, if there is one.
    fn reuse(&mut self, at: usize, connect: &CheckConnect) -> bool {
        let tls = self.checker.tls.as_ref().filter(|tls| tls.is_default);
        let told = tls.map(|tls| tls.told(connect, self.script.protocol, || self.host_behind(at, connect)));
        let sni = told.as_ref().and_then(|told| told.sni.as_deref());
        let Some((conn, pooled)) = reuse::take(self.checker, sni) else { return false };
        let (conn, pooled) = (Some(conn), Some(pooled));
        self.held = Some(Held { conn, lingers: connect.lingers, _lease: None, pooled });
        true
    }

    /// Lets requests use the connection, where the last answer is complete and leaves it open.
    fn give_back(&mut self) {
        if !(self.answer.body_is_complete && self.http.leaves_open()) {
            return;
        }
        let Some(held) = &mut self.held else { return };
        if let Some(pooled) = held.pooled.take()
            && let Some(conn) = held.conn.take()
        {
            pooled.give_back(self.checker, conn);
        }
    }

    /// The host that the request behind a connection names, where no line asks for the connection.
    fn host_behind(&mut self, at: usize, connect: &CheckConnect) -> Option<Vec<u8>> {
        if !connect.is_implicit || self.script.protocol != CheckProtocol::Http {
            return None;
        }
        let script = self.script;
        let request = script.steps[at + 1..].iter().find_map(|step| match &step.action {
            CheckAction::Send(CheckSend::Http(request)) => Some(request),
            CheckAction::Send(_) | CheckAction::Connect(_) | CheckAction::Expect(_) | CheckAction::Act(_) => {
                None
            }
        })?;
        http::host(self, request)
    }

    async fn send(&mut self, at: usize, what: &CheckSend) -> Result<(), CheckReport> {
        self.begin_exchange();
        self.forget();
        let bytes = match what {
            CheckSend::Bytes(bytes) => bytes.to_vec(),
            CheckSend::Format(format) => self.rendered(format),
            CheckSend::HexFormat(format) => match from_hex(&self.rendered(format)) {
                Some(bytes) => bytes,
                None => {
                    let number = self.script.steps[at].number;
                    let text = format!("tcp-check send : failed to build log-format string at step {number}");
                    return Err(bare(CheckStatus::L7Response).describe(text));
                }
            },
            CheckSend::SslHello => hello::hello(hello::now_s()),
            CheckSend::AgentText => self.agent_text(),
            CheckSend::Http(request) => http::request(self, request),
        };
        let room = self.room();
        if bytes.len() >= room {
            let text = format!(
                "tcp-check send : string too large ({}) for buffer size ({room}) at step {}",
                bytes.len(),
                self.script.steps[at].number
            );
            return Err(bare(CheckStatus::L7Response).describe(text));
        }
        let Some(held) = &mut self.held else { return Ok(()) };
        match connect::send(held.conn(), &mut self.deadline, &bytes).await {
            Ok(()) => Ok(()),
            Err(Trouble::Timeout) => Err(self.trouble(at, (CheckStatus::L7Timeout, Trouble::Timeout))),
            Err(trouble) => Err(self.trouble(at, (CheckStatus::SocketError, trouble))),
        }
    }

    /// Notes that one more request goes over the connection; behind an answer that is not complete nobody else may use it.
    fn begin_exchange(&mut self) {
        let is_whole = !self.has_sent || self.answer.body_is_complete && self.http.leaves_open();
        self.has_sent = true;
        let Some(held) = &mut self.held else { return };
        match &mut held.pooled {
            Some(pooled) if is_whole => pooled.use_again(),
            Some(_) | None => held.pooled = None,
        }
    }

    /// `agent-send`, or what took its place at run time.
    fn agent_text(&self) -> Vec<u8> {
        let changed = self.checker.state().place().and_then(|place| place.send);
        let line = self.checker.server.config(&self.checker.shared.config);
        changed.unwrap_or_else(|| line.agent.send.to_vec())
    }

    /// Bytes of an answer that are kept.
    pub(super) fn room(&self) -> usize {
        self.checker.shared.config.global.tune.bufsize
    }

    /// Drops what came: a new question has a new answer.
    fn forget(&mut self) {
        self.answer = Message::default();
        self.http = http::Reader::new(self.checker);
        self.is_over = false;
    }

    /// Waits until something comes, and takes all there is.
    async fn receive(&mut self, at: usize) -> Result<(), CheckReport> {
        let (Some(held), false) = (&mut self.held, self.is_over) else { return Ok(()) };
        let conn = held.conn();
        let room = self.checker.shared.config.global.tune.bufsize;
        // What of an HTTP answer was understood already takes its share.
        let room = match self.script.protocol {
            CheckProtocol::Http => room.saturating_sub(self.answer.body.len()),
            CheckProtocol::Connection | CheckProtocol::Tcp | CheckProtocol::Other => room,
        };
        let input = match self.script.protocol {
            CheckProtocol::Http => &mut self.http.raw,
            CheckProtocol::Connection | CheckProtocol::Tcp | CheckProtocol::Other => &mut self.answer.body,
        };
        let is_over = &mut self.is_over;
        let received = self.deadline.limit(|cx| poll_answer(conn, cx, (&mut *input, room), is_over));
        match received.await {
            Ok(()) => {}
            Err(Trouble::Timeout) => {
                let CheckAction::Expect(expect) = &self.script.steps[at].action else { return Ok(()) };
                let status = expect.timeout_status.unwrap_or(CheckStatus::L7Timeout);
                return Err(self.trouble(at, (status, Trouble::Timeout)));
            }
            Err(trouble) => return Err(self.trouble(at, (CheckStatus::SocketError, trouble))),
        }
        self.answer.presence = Presence::Here;
        if self.script.protocol == CheckProtocol::Http && !self.http.read(&mut self.answer, self.is_over) {
            return Err(self.trouble(at, (CheckStatus::SocketError, Trouble::Nameless)));
        }
        self.is_over |= self.answer.body_is_complete;
        self.answer.body_is_final = self.is_over;
        Ok(())
    }

    /// Lets rules and formats see this check.
    pub(super) fn with_txn<T>(&mut self, work: impl FnOnce(&mut Txn) -> T) -> T {
        let mut txn = self.txn.take().unwrap_or_else(|| new_txn(self.checker, self.script));
        std::mem::swap(&mut txn.res, &mut self.answer);
        let result = work(&mut txn);
        std::mem::swap(&mut txn.res, &mut self.answer);
        self.txn = Some(txn);
        result
    }

    /// What a format says now.
    pub(super) fn rendered(&mut self, format: &LogFormat) -> Vec<u8> {
        if let Some(text) = format.is_constant() {
            return text.to_vec();
        }
        self.with_txn(|txn| {
            let mut text = Vec::new();
            format.render(txn, &mut text);
            text
        })
    }

    /// A text that may be a format.
    pub(super) fn text(&mut self, text: &CheckText) -> Vec<u8> {
        match text {
            CheckText::Fixed(text) => text.to_vec(),
            CheckText::Format(format) => self.rendered(format),
        }
    }

    /// The number that an expression makes.
    pub(super) fn number(&mut self, expr: &Expr) -> Option<i64> {
        self.with_txn(|txn| {
            let value = expr.eval(txn)?;
            if let Value::Int(number) = value {
                return Some(number);
            }
            let digits = base::bytes::parse_decimal(value.as_bytes()?.trim_ascii_end())?;
            i64::try_from(digits).ok()
        })
    }
}

/// Waits until something comes, and takes all there is, up to `room` bytes in all.
fn poll_answer(
    conn: &mut Transport,
    cx: &mut Context<'_>,
    (input, room): (&mut Vec<u8>, usize),
    is_over: &mut bool,
) -> Poll<io::Result<()>> {
    let before = input.len();
    let mut chunk = [0; READ_BYTES];
    loop {
        let wanted = chunk.len().min(room.saturating_sub(input.len()));
        if wanted == 0 {
            *is_over = true;
            return Poll::Ready(Ok(()));
        }
        match conn.poll_read(cx, &mut chunk[..wanted]) {
            Poll::Ready(Ok(0)) => *is_over = true,
            Poll::Ready(Ok(got)) => {
                input.extend_from_slice(&chunk[..got]);
                continue;
            }
            // What came before the connection broke may be all that is wanted.
            Poll::Ready(Err(_)) if !input.is_empty() => *is_over = true,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending if input.len() == before => return Poll::Pending,
            Poll::Pending => {}
        }
        return Poll::Ready(Ok(()));
    }
}

/// A check has no client; its exchange is one of its server's backend.
fn new_txn(checker: &Checker, script: &CheckScript) -> Box<Txn> {
    static NO_LISTENER: LazyLock<Arc<ListenerFacts>> = LazyLock::new(Arc::default);
    let server = &checker.server.state;
    let session = sample::txn::Session::vacant(server.proxy, NO_LISTENER.clone());
    let mut txn = Box::new(Txn::new(checker.shared.runtime.clone(), Box::new(session)));
    txn.has_backend = true;
    txn.server = Some(server.clone());
    txn.is_byte_check = script.protocol != CheckProtocol::Http;
    if let Some(format) = &checker.proxy().unique_id_format {
        let mut id = Vec::new();
        format.render(&txn, &mut id);
        txn.unique_id = Some(id.into());
    }
    txn
}

/// Which step failed, for checks whose steps stand in the file.
fn place(step: &CheckStep) -> String {
    if step.number == 0 {
        return " at initial connection step of tcp-check".to_owned();
    }
    let what = match &step.action {
        CheckAction::Connect(CheckConnect { port: Some(CheckPort::Fixed(port)), .. }) => {
            format!("connect port {port}")
        }
        CheckAction::Connect(_) => "connect".to_owned(),
        CheckAction::Send(_) => "send".to_owned(),
        CheckAction::Expect(expect) => expected(expect),
        CheckAction::Act(_) => String::new(),
    };
    let mut text = format!(" at step {} of tcp-check ({what})", step.number);
    if let Some(comment) = &step.comment {
        text.push_str(&format!(" comment: '{}'", base::Lossy(comment)));
    }
    text
}

fn expected(expect: &CheckExpect) -> String {
    match &expect.pattern {
        CheckPattern::Text(text) => format!("expect string '{}'", base::Lossy(text)),
        CheckPattern::Binary(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("expect binary '{digits}'")
        }
        CheckPattern::Regex(_) => "expect regex".to_owned(),
        CheckPattern::BinaryRegex(_) => "expect binary regex".to_owned(),
        CheckPattern::TextFormat(_) => "expect log-format string".to_owned(),
        CheckPattern::BinaryFormat(_) => "expect log-format binary".to_owned(),
        CheckPattern::Status(_) => "expect HTTP status codes".to_owned(),
        CheckPattern::StatusRegex(_) => "expect HTTP status regex".to_owned(),
        CheckPattern::Header(_) => "expect HTTP header pattern".to_owned(),
        CheckPattern::Custom(_) => "expect custom function".to_owned(),
    }
}

/// Bytes from hexadecimal digits.
pub(super) fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
