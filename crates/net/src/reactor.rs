//! The poller: one epoll instance for each thread, edge-triggered, and who waits for which socket.
//!
//! A registered socket has a slot of 48 bytes with what epoll has reported and not been disproved since, and the
//! tasks that wait for reading and for writing. What always holds:
//! - Readiness changes in [`wait`] alone, between the polls of tasks: a task that hears EAGAIN clears what it
//!   believed until then, and loses no report by that.
//! - A socket is closed without a word to epoll, which forgets it by itself. Reports that were already on their way
//!   carry the old generation of the slot and are dropped.
//!
//! Source: epoll(7).

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Waker};
use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use crate::slab::{Key, Slab};

/// Reports taken at once.
const EVENTS_MAX: usize = 256;

/// A set of things that a socket is ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ready(u8);

impl Ready {
    pub(crate) const READ: Ready = Ready(1);
    pub(crate) const WRITE: Ready = Ready(2);
    /// The peer has sent the end of its stream, or the connection is gone. Never cleared.
    pub(crate) const READ_CLOSED: Ready = Ready(4);
    /// The connection is gone. Never cleared.
    const BROKEN: Ready = Ready(8);

    pub(crate) fn has(self, other: Ready) -> bool {
        self.0 & other.0 != 0
    }

    fn add(&mut self, other: Ready) {
        self.0 |= other.0;
    }

    fn clear(&mut self, other: Ready) {
        self.0 &= !other.0;
    }

    fn of_event(flags: EventFlags) -> Ready {
        let mut ready = Ready::default();
        if flags.contains(EventFlags::IN) {
            ready.add(Ready::READ);
        }
        if flags.contains(EventFlags::OUT) {
            ready.add(Ready::WRITE);
        }
        if flags.contains(EventFlags::RDHUP) {
            ready.add(Ready(Self::READ.0 | Self::READ_CLOSED.0));
        }
        if flags.contains(EventFlags::HUP) {
            ready.add(Ready(Self::READ.0 | Self::WRITE.0 | Self::READ_CLOSED.0 | Self::BROKEN.0));
        }
        if flags.contains(EventFlags::ERR) {
            // Whichever call comes next takes the error.
            ready.add(Ready(Self::READ.0 | Self::WRITE.0));
        }
        ready
    }
}

/// Which way a task waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Read,
    Write,
}

/// What epoll watches a descriptor for. Room to write is watched for only once it has run out: epoll would report it
/// at once for nearly every socket, and wake the thread for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Watch {
    #[default]
    Read,
    Both,
}

impl Watch {
    fn flags(self) -> EventFlags {
        let read = EventFlags::ET | EventFlags::IN | EventFlags::RDHUP;
        match self {
            Watch::Read => read,
            Watch::Both => read | EventFlags::OUT,
        }
    }
}

#[derive(Default)]
struct Slot {
    reader: Option<Waker>,
    writer: Option<Waker>,
    ready: Ready,
    watch: Watch,
}

struct Reactor {
    epoll: Option<OwnedFd>,
    slots: Slab<Slot>,
    events: Vec<Event>,
}

thread_local! {
    static REACTOR: RefCell<Reactor> =
        const { RefCell::new(Reactor { epoll: None, slots: Slab::new(), events: Vec::new() }) };
}

impl Reactor {
    /// The epoll instance, made when it is first needed.
    fn epoll(&mut self) -> io::Result<BorrowedFd<'_>> {
        if self.epoll.is_none() {
            self.epoll = Some(epoll::create(CreateFlags::CLOEXEC)?);
            self.events.reserve_exact(EVENTS_MAX);
        }
        Ok(self.epoll.as_ref().expect("just made").as_fd())
    }

    fn dispatch(&mut self, wakers: &mut Vec<Waker>) {
        for event in &self.events {
            let Some(slot) = self.slots.get(Key::from_u64(event.data.u64())) else { continue };
            let ready = Ready::of_event(event.flags);
            slot.ready.add(ready);
            if ready.has(Ready::READ) {
                wakers.extend(slot.reader.take());
            }
            if ready.has(Ready::WRITE) {
                wakers.extend(slot.writer.take());
            }
        }
    }
}

/// A socket's slot. Dropping it gives the slot back; the descriptor is closed beside it, which is all that epoll needs
/// to know. For one that stays open there is [`Source::remove`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source(u32);

impl Source {
    /// No slot.
    pub(crate) const NONE: Source = Source(u32::MAX);

    pub(crate) fn is_none(&self) -> bool {
        self.0 == u32::MAX
    }

    /// Has epoll watch `fd`.
    pub(crate) fn new(fd: BorrowedFd<'_>, watch: Watch) -> io::Result<Source> {
        REACTOR.with_borrow_mut(|reactor| {
            reactor.epoll()?;
            let key = reactor.slots.insert(Slot { watch, ..Slot::default() });
            let added = epoll::add(reactor.epoll()?, fd, EventData::new_u64(key.to_u64()), watch.flags());
            if let Err(error) = added {
                reactor.slots.remove(key);
                return Err(error.into());
            }
            Ok(Source(key.index))
        })
    }

    /// Has epoll watch `fd`, which is this source's, for room to write as well; nothing happens if it does already.
    pub(crate) fn watch_writes(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        REACTOR.with_borrow_mut(|reactor| {
            if reactor.slots.owned(self.0).watch == Watch::Both {
                return Ok(());
            }
            let data = EventData::new_u64(reactor.slots.key_of(self.0).to_u64());
            epoll::modify(reactor.epoll()?, fd, data, Watch::Both.flags())?;
            reactor.slots.owned(self.0).watch = Watch::Both;
            Ok(())
        })
    }

    /// What the socket is ready for, as far as has been reported.
    pub(crate) fn ready(&self) -> Ready {
        REACTOR.with_borrow_mut(|reactor| reactor.slots.owned(self.0).ready)
    }

    /// Takes readiness back that a call has disproved.
    pub(crate) fn clear(&self, way: Way) {
        REACTOR.with_borrow_mut(|reactor| {
            let ready = &mut reactor.slots.owned(self.0).ready;
            match way {
                Way::Read if !ready.has(Ready::READ_CLOSED) => ready.clear(Ready::READ),
                Way::Write if !ready.has(Ready::BROKEN) => ready.clear(Ready::WRITE),
                Way::Read | Way::Write => {}
            }
        });
    }

    /// Says whether the socket is ready that way; if not, the task is woken when it is.
    pub(crate) fn poll(&self, way: Way, cx: &mut Context<'_>) -> bool {
        self.poll_until(way, ready_for(way), cx)
    }

    /// The same, of which only the end of the stream counts as ready.
    pub(crate) fn poll_closed(&self, cx: &mut Context<'_>) -> bool {
        self.poll_until(Way::Read, Ready::READ_CLOSED, cx)
    }

    fn poll_until(&self, way: Way, wanted: Ready, cx: &mut Context<'_>) -> bool {
        let replaced = REACTOR.with_borrow_mut(|reactor| {
            let slot = reactor.slots.owned(self.0);
            if slot.ready.has(wanted) {
                return Err(());
            }
            let waker = match way {
                Way::Read => &mut slot.reader,
                Way::Write => &mut slot.writer,
            };
            match waker {
                Some(known) if known.will_wake(cx.waker()) => Ok(None),
                Some(_) | None => Ok(waker.replace(cx.waker().clone())),
            }
        });
        // A replaced waker is dropped here, outside of the borrow: it may take a task with sockets along.
        replaced.is_err()
    }

    /// Gives the slot back for a descriptor that stays open, here or in another process.
    pub(crate) fn remove(self, fd: BorrowedFd<'_>) {
        if !self.is_none() {
            let _ = REACTOR.try_with(|reactor| {
                // Deleting what was added cannot fail in a way that matters.
                reactor.borrow_mut().epoll().is_ok_and(|epoll| epoll::delete(epoll, fd).is_ok())
            });
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if !self.is_none() {
            // At the end of the thread the slots may be gone already. The wakers are dropped outside of the borrow.
            let slot = REACTOR.try_with(|reactor| reactor.borrow_mut().slots.remove_owned(self.0));
            drop(slot);
        }
    }
}

fn ready_for(way: Way) -> Ready {
    match way {
        Way::Read => Ready::READ,
        Way::Write => Ready::WRITE,
    }
}

/// Another descriptor of the thread's epoll instance, for a poller that watches this one.
pub(crate) fn epoll_fd() -> io::Result<OwnedFd> {
    REACTOR.with_borrow_mut(|reactor| reactor.epoll()?.try_clone_to_owned())
}

/// Takes reports, waiting at most `timeout` for the first (for ever without one), and puts who waits for them into
/// `wakers`. Returns whether there may be more.
///
/// # Errors
/// What epoll refuses, which would be a fault of this program; a signal is no error.
pub(crate) fn wait(timeout: Option<Duration>, wakers: &mut Vec<Waker>) -> io::Result<bool> {
    REACTOR.with_borrow_mut(|reactor| {
        let mut events = std::mem::take(&mut reactor.events);
        let waited = wait_for_events(reactor.epoll()?, timeout, &mut events);
        reactor.events = events;
        waited?;
        reactor.dispatch(wakers);
        Ok(reactor.events.len() == EVENTS_MAX)
    })
}

fn wait_for_events(
    epoll: BorrowedFd<'_>,
    timeout: Option<Duration>,
    events: &mut Vec<Event>,
) -> io::Result<()> {
    // Longer waits than the 24 days that an int of milliseconds holds just come back early.
    let seconds = timeout.map(|span| Timespec {
        tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX).min(2_000_000),
        tv_nsec: i64::from(span.subsec_nanos()),
    });
    events.clear();
    events.reserve_exact(EVENTS_MAX);
    match epoll::wait(epoll, rustix::buffer::spare_capacity(events), seconds.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
pub(crate) fn slots_in_use() -> usize {
    REACTOR.with_borrow(|reactor| reactor.slots.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    fn turn() -> Vec<Waker> {
        let mut wakers = Vec::new();
        wait(Some(Duration::ZERO), &mut wakers).unwrap();
        wakers
    }

    #[test]
    fn a_slot_is_small() {
        assert!(size_of::<Slot>() <= 40);
    }

    #[test]
    fn a_closed_socket_leaves_nothing() {
        let (ours, peer) = UnixStream::pair().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let source = Source::new(ours.as_fd(), Watch::Both).unwrap();
        assert!(!source.poll(Way::Read, &mut cx));
        assert_eq!(slots_in_use(), 1);
        drop(source);
        drop(ours);
        assert_eq!(slots_in_use(), 0);
        drop(peer);
        assert!(turn().is_empty());
    }

    #[test]
    fn reports_for_an_earlier_owner_of_the_slot_are_dropped() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let source = Source::new(ours.as_fd(), Watch::Read).unwrap();
        let place = source.0;
        drop(source);
        // The old socket stays open, so epoll still reports it, under a key that is no longer valid.
        let (other, _other_peer) = UnixStream::pair().unwrap();
        let successor = Source::new(other.as_fd(), Watch::Read).unwrap();
        assert_eq!(successor.0, place);
        assert!(!successor.poll(Way::Read, &mut cx));
        std::io::Write::write_all(&mut peer, b"x").unwrap();
        assert!(turn().is_empty());
        assert!(!successor.ready().has(Ready::READ));
        successor.remove(other.as_fd());
    }

    #[test]
    fn readiness_lasts_until_disproved_and_the_end_for_ever() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let source = Source::new(ours.as_fd(), Watch::Both).unwrap();
        assert!(!source.poll(Way::Read, &mut cx) && !source.poll(Way::Write, &mut cx));
        assert_eq!(turn().len(), 1, "there is room to write");
        std::io::Write::write_all(&mut peer, b"x").unwrap();
        assert_eq!(turn().len(), 1);
        assert!(source.poll(Way::Read, &mut cx));
        source.clear(Way::Read);
        assert!(!source.poll(Way::Read, &mut cx) && !source.poll_closed(&mut cx));
        drop(peer);
        assert_eq!(turn().len(), 1);
        assert!(source.poll_closed(&mut cx));
        source.clear(Way::Read);
        source.clear(Way::Write);
        assert!(source.poll(Way::Read, &mut cx) && source.poll(Way::Write, &mut cx));
        drop(source);
    }
}
