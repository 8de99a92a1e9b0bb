//! Name servers that are asked over a connection (RFC 1035, chapter 4.2.2: each message behind its length; RFC 7766).
//!
//! ```text
//!   idle --question--> connecting --> talking: questions out, answers in, in any order
//!    ^                     | fails        |
//!    +---------------------+--------------+ closed by the peer, broken, or silent for long
//! ```

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use ::resolve::{Counter, Question};
use base::clock::{self, Millis};
use net::{Conn, ConnectOptions, Endpoint, Timer, start_connect};
use tokio::sync::Notify;

use super::section::{Line, Section};

/// A connection over which nothing was asked for so long is closed.
const IDLE: Duration = Duration::from_secs(5);
/// Questions that wait for a connection; older ones are dropped, and asked again in time.
const WAITING_MAX: usize = 1_024;
/// What is read at once.
const READ_BYTES: usize = 4_096;

/// A name server.
pub(super) struct Nameserver {
    place: SocketAddr,
    waiting: RefCell<VecDeque<Question>>,
    news: Notify,
}

impl Nameserver {
    pub(super) fn new(place: SocketAddr) -> Nameserver {
        Nameserver { place, waiting: RefCell::default(), news: Notify::new() }
    }

    /// Asks as soon as the connection stands.
    pub(super) fn send(&self, question: Question) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back(question);
        self.news.notify_one();
    }
}

/// Keeps a connection to the name server at `number` while there is something to ask.
pub(super) async fn serve(section: Rc<Section>, number: usize) {
    let Line::Tcp(nameserver) = section.line(number) else { return };
    loop {
        while nameserver.waiting.borrow().is_empty() {
            nameserver.news.notified().await;
        }
        let until = clock::now().plus(section.config().settings.resolve);
        match connect(nameserver.place, until).await {
            Ok(conn) => talk(&section, nameserver, number, conn).await,
            Err(_) => {
                refuse_all(&section, nameserver, number);
                // Who refuses at once is not asked without pause.
                net::timer::sleep_until(until).await;
            }
        }
    }
}

async fn connect(place: SocketAddr, until: Millis) -> io::Result<Conn> {
    let mut connecting = start_connect(&Endpoint::Inet(place), &ConnectOptions::default())?;
    let mut timer = Timer::new();
    timer.set(until);
    poll_fn(|cx| match connecting.poll(cx) {
        Poll::Ready(conn) => Poll::Ready(conn),
        Poll::Pending => timer.poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
    })
    .await
}

/// Questions that cannot be asked.
fn refuse_all(section: &Section, nameserver: &Nameserver, number: usize) {
    let counters = &section.shared.resolvers[section.number()].counters[number];
    for question in nameserver.waiting.borrow_mut().drain(..) {
        counters.bump(Counter::SendError);
        section.resolver.borrow_mut().on_unsent(question.number);
    }
}

/// What becomes of a connection.
enum Step {
    /// So many bytes came.
    Read(usize),
    /// Something is to be asked.
    Asked,
    /// Nothing happens any more.
    End,
}

async fn talk(section: &Section, nameserver: &Nameserver, number: usize, mut conn: Conn) {
    let mut pending = Vec::new();
    let mut chunk = vec![0; READ_BYTES];
    let mut timer = Timer::new();
    timer.set(clock::now().plus(IDLE));
    loop {
        if write_all(section, nameserver, number, &mut conn).await.is_err() {
            return;
        }
        let step = {
            let mut news = pin!(nameserver.news.notified());
            poll_fn(|cx| {
                match conn.poll_read(cx, &mut chunk) {
                    Poll::Ready(Ok(len)) if len > 0 => return Poll::Ready(Step::Read(len)),
                    Poll::Ready(_) => return Poll::Ready(Step::End),
                    Poll::Pending => {}
                }
                if news.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Step::Asked);
                }
                timer.poll(cx).map(|()| Step::End)
            })
            .await
        };
        match step {
            Step::End => return,
            Step::Asked => timer.set(clock::now().plus(IDLE)),
            Step::Read(len) => {
                pending.extend_from_slice(&chunk[..len]);
                if !take_messages(section, number, &mut pending) {
                    return;
                }
            }
        }
    }
}

/// Writes the questions that wait, each behind its length.
async fn write_all(
    section: &Section,
    nameserver: &Nameserver,
    number: usize,
    conn: &mut Conn,
) -> io::Result<()> {
    let counters = &section.shared.resolvers[section.number()].counters[number];
    loop {
        let Some(question) = nameserver.waiting.borrow_mut().pop_front() else { return Ok(()) };
        if !section.resolver.borrow().is_asked(question.number) {
            continue;
        }
        let len = u16::try_from(question.message.len()).unwrap_or(0);
        let framed = [&len.to_be_bytes()[..], &question.message].concat();
        let mut timer = Timer::new();
        timer.set(question.until);
        let mut sent = 0;
        while sent < framed.len() {
            let written = poll_fn(|cx| match conn.poll_write(cx, &framed[sent..]) {
                Poll::Ready(written) => Poll::Ready(written),
                Poll::Pending => timer.poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            })
            .await;
            match written {
                Ok(len) if len > 0 => sent += len,
                Ok(_) | Err(_) => {
                    counters.bump(Counter::SendError);
                    section.resolver.borrow_mut().on_unsent(question.number);
                    return Err(io::ErrorKind::WriteZero.into());
                }
            }
        }
        counters.bump(Counter::Sent);
    }
}

/// Takes the whole messages of what came; false: one is longer than any that is taken.
fn take_messages(section: &Section, number: usize, pending: &mut Vec<u8>) -> bool {
    let mut at = 0;
    while let Some(head) = pending.get(at..at + 2) {
        let len = usize::from(u16::from_be_bytes([head[0], head[1]]));
        if len >= section.buffer.borrow().len() {
            let counters = &section.shared.resolvers[section.number()].counters[number];
            counters.bump(Counter::TooBig);
            return false;
        }
        let Some(message) = pending.get(at + 2..at + 2 + len) else { break };
        section.buffer.borrow_mut()[..len].copy_from_slice(message);
        section.receive(number, len);
        at += 2 + len;
    }
    pending.drain(..at);
    true
}
