//! Name servers that are asked by datagrams.
//!
//! Each question has a socket of its own, connected to the name server: the kernel chooses its port anew each time and lets
//! nobody else answer. It closes with the answer, or when nobody waits for one any more.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::rc::Rc;
use std::task::Poll;

use ::resolve::{Counter, Question, Taken};
use net::{Polled, Timer};

use super::section::{Line, Section};

/// Questions under way to one name server; more wait for their turn.
const SOCKETS_MAX: usize = 256;

/// A name server.
pub(super) struct Nameserver {
    place: SocketAddr,
    sockets: Cell<usize>,
    waiting: RefCell<VecDeque<Question>>,
}

impl Nameserver {
    pub(super) fn new(place: SocketAddr) -> Nameserver {
        Nameserver { place, sockets: Cell::new(0), waiting: RefCell::default() }
    }

    /// Asks as soon as a socket may be had.
    pub(super) fn send(&self, section: &Rc<Section>, number: usize, question: Question) {
        if self.sockets.get() >= SOCKETS_MAX {
            self.waiting.borrow_mut().push_back(question);
            return;
        }
        self.sockets.set(self.sockets.get() + 1);
        net::spawn(ask_all(section.clone(), number, question));
    }

    /// The next question that waits; those that nobody waits for any more are passed over.
    fn next(&self, section: &Section) -> Option<Question> {
        let mut waiting = self.waiting.borrow_mut();
        while let Some(question) = waiting.pop_front() {
            if section.resolver.borrow().is_asked(question.number) {
                return Some(question);
            }
        }
        None
    }

    fn open(&self) -> io::Result<UdpSocket> {
        let any = match self.place {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(self.place)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// Asks one question, and those that wait for its place.
async fn ask_all(section: Rc<Section>, number: usize, question: Question) {
    let Line::Udp(nameserver) = section.line(number) else { return };
    let mut next = Some(question);
    while let Some(question) = next {
        ask(&section, nameserver, number, &question).await;
        next = nameserver.next(&section);
    }
    nameserver.sockets.set(nameserver.sockets.get() - 1);
}

async fn ask(section: &Section, nameserver: &Nameserver, number: usize, question: &Question) {
    let counters = &section.shared.resolvers[section.number()].counters[number];
    let opened = nameserver.open().and_then(|socket| {
        socket.send(&question.message)?;
        Polled::new(socket)
    });
    let Ok(mut socket) = opened else {
        counters.bump(Counter::SendError);
        section.resolver.borrow_mut().on_unsent(question.number);
        return;
    };
    counters.bump(Counter::Sent);
    let mut timer = Timer::new();
    timer.set(question.until);
    loop {
        let read = poll_fn(|cx| {
            let read = |socket: &UdpSocket| socket.recv(&mut section.buffer.borrow_mut());
            match socket.poll_read_with(cx, read) {
                Poll::Ready(read) => Poll::Ready(read.ok()),
                Poll::Pending => timer.poll(cx).map(|()| None),
            }
        })
        .await;
        // Time is over, or nobody listens there.
        let Some(len) = read else { return };
        if section.receive(number, len) == Taken::Answer(question.number) {
            return;
        }
    }
}
