//! The client's side of a session: its socket, its one timer, what has been read and not yet used.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use base::clock::Millis;
use net::Timer;
use net::buffer::{self, Buf, Size};
use sample::Session;
use smallvec::SmallVec;
use state::servers::ServerList;
use state::{Proxy, Server};
use tls::Transport;

use crate::pool::{Idle, Wanted};
use crate::shared::ListenerRun;
use crate::worker::{SessionGuard, Worker};

/// A client's connection. What it holds while idle is all that an idle session costs.
pub(crate) struct Client {
    pub(crate) conn: Transport,
    pub(crate) timer: Timer,
    /// Bytes received and not yet understood; without memory while there are none.
    pub(crate) input: Buf,
    /// The session's facts. Swapped into the exchange while one is under way.
    pub(crate) session: Box<Session>,
    /// Server connections that only this session may use (`http-reuse never`, `dispatch`).
    pub(crate) private: Option<Box<Private>>,
    /// Counts the session out when it ends.
    pub(crate) place: Box<Place>,
    /// When the last response ended.
    pub(crate) idle_since: Millis,
}

/// A session's own server connections, the one that was used last at the end.
#[derive(Default)]
pub(crate) struct Private(SmallVec<[Idle; 1]>);

/// What a session occupies: counted down when it ends.
pub(crate) struct Place {
    pub(crate) listener: Arc<ListenerRun>,
    frontend: Arc<Proxy>,
    runtime: Arc<state::Runtime>,
    /// Its place among the sessions under TLS.
    pub(crate) tls: Option<crate::secure::Seat>,
    _guard: SessionGuard,
}

impl Place {
    /// Counts the session in; its frontend and the process were asked for room before.
    pub(crate) fn new(worker: &Rc<Worker>, listener: Arc<ListenerRun>) -> Self {
        let runtime = worker.shared.runtime.clone();
        let frontend = runtime.proxy(listener.proxy).clone();
        listener.sessions.enter();
        Place { listener, frontend, runtime, tls: None, _guard: SessionGuard::new(worker) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.listener.sessions.leave();
        self.frontend.frontend_sessions.leave();
        self.runtime.connections.leave();
    }
}

impl Client {
    /// Takes the session's own connection to `server` of the kind that is wanted, if there is one that lives.
    pub(crate) fn take_private(&mut self, server: &Arc<Server>, wanted: &Wanted<'_>) -> Option<Idle> {
        let kept = &mut self.private.as_mut()?.0;
        let at = kept.iter().rposition(|idle| idle.is_the_one(server, wanted))?;
        let mut idle = kept.remove(at);
        idle.is_alive().then_some(idle)
    }

    /// Whether it has a connection of its own on which it has shown who it is.
    pub(crate) fn has_shown_itself(&self) -> bool {
        self.private.as_ref().is_some_and(|kept| kept.0.iter().any(|idle| idle.is_private))
    }

    /// The one of `servers` that this session has used last and still has a connection of its own to.
    pub(crate) fn last_server(&self, servers: &ServerList) -> Option<Arc<Server>> {
        let kept = &self.private.as_ref()?.0;
        let find = |idle: &Idle| servers.iter().find(|server| Arc::ptr_eq(server, &idle.server));
        kept.iter().rev().find_map(find).cloned()
    }

    /// Keeps a connection for this session alone; the one that has been idle for the longest time goes where there would
    /// be more than `connections_max`.
    pub(crate) fn keep_private(&mut self, idle: Idle, connections_max: usize) {
        let kept = &mut self.private.get_or_insert_default().0;
        kept.push(idle);
        if kept.len() > connections_max {
            kept.remove(0);
        }
    }

    /// Reads more behind what is there. Ready with 0 at the end of the stream. While it is pending an empty buffer is
    /// given back to the pool.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        poll_fill(&mut self.conn, &mut self.input, cx)
    }

    /// Whether the client has closed its side and nothing that it sent is left to be read; else the task is woken when
    /// it does. No system call once registered.
    pub(crate) fn has_gone(&mut self, cx: &mut Context<'_>) -> bool {
        self.input.is_empty() && self.conn.poll_peek_eof(cx).is_ready()
    }

    /// Ready when the deadline has passed.
    pub(crate) fn poll_deadline(&mut self, at: Millis, cx: &mut Context<'_>) -> Poll<()> {
        // A deadline that has fired must not be set again to the same time: it would be armed anew.
        if self.timer.deadline() != at {
            self.timer.set(at);
        }
        self.timer.poll(cx)
    }
}

/// Reads from `conn` behind the data of `input`, which borrows its memory from the pool only while it has data.
pub(crate) fn poll_fill(
    conn: &mut Transport,
    input: &mut Buf,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    if input.capacity() == 0 {
        *input = buffer::take(Size::Normal);
    } else if input.is_empty() {
        input.clear();
    } else if input.space_len() == 0 {
        input.compact();
        if input.space_len() == 0 {
            return Poll::Ready(Err(io::ErrorKind::StorageFull.into()));
        }
    }
    let result = conn.poll_read(cx, input.space());
    match &result {
        Poll::Ready(Ok(n)) if *n > 0 => input.filled(*n),
        Poll::Ready(_) => {}
        Poll::Pending if input.is_empty() => *input = Buf::none(),
        Poll::Pending => {}
    }
    result
}
