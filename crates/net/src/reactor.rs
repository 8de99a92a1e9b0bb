//! The poller: one epoll instance for each thread, edge-triggered, and who waits for which socket.
//!
//! A registered socket has a slot of 48 bytes with what epoll has reported and not been disproved since, and the
//! tasks that wait for reading and for writing. A socket may go over to another thread: that one takes it out of the
//! epoll instance that watched it, and leaves word there that the slot is free. What always holds:
//! - Readiness changes in [`wait`] alone, between the polls of tasks: a task that hears EAGAIN clears what it
//!   believed until then, and loses no report by that.
//! - A socket is closed without a word to epoll, which forgets it by itself. Reports that were already on their way
//!   carry the old generation of the slot and are dropped.
//! - Only its own thread touches a slot. Another one that has done with it puts its number among the strays, and the
//!   thread frees it before it next takes reports.
//!
//! Source: epoll(7).

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
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

/// What other threads may touch of a thread's poller.
struct Home {
    epoll: OwnedFd,
    /// Slots that other threads have done with.
    strays: Mutex<Vec<u32>>,
    has_strays: AtomicBool,
}

/// The pollers of all threads, by their numbers. A number is given out again when its thread has ended.
static HOMES: RwLock<Vec<Option<Arc<Home>>>> = RwLock::new(Vec::new());

impl Home {
    /// Makes one for the calling thread, with its number.
    fn found() -> io::Result<(u16, Arc<Home>)> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let home = Arc::new(Home { epoll, strays: Mutex::default(), has_strays: AtomicBool::new(false) });
        let mut homes = HOMES.write().unwrap_or_else(PoisonError::into_inner);
        let free = homes.iter().position(Option::is_none);
        let at = free.unwrap_or(homes.len());
        // `NOWHERE` is nobody's number.
        let number = u16::try_from(at).ok().filter(|number| *number != NOWHERE);
        let number = number.ok_or(io::ErrorKind::OutOfMemory)?;
        match free {
            Some(at) => homes[at] = Some(home.clone()),
            None => homes.push(Some(home.clone())),
        }
        Ok((number, home))
    }

    /// The poller of another thread, unless that has ended.
    fn of(number: u16) -> Option<Arc<Home>> {
        let homes = HOMES.read().unwrap_or_else(PoisonError::into_inner);
        homes.get(usize::from(number))?.clone()
    }

    fn strays(&self) -> MutexGuard<'_, Vec<u32>> {
        // Nothing that holds the lock can panic half-way.
        self.strays.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves word that a slot is no longer used.
    fn leave(&self, slot: u32) {
        let mut strays = self.strays();
        strays.push(slot);
        self.has_strays.store(true, Ordering::Release);
    }
}

/// The number of a thread whose poller was never needed.
const NOWHERE: u16 = u16::MAX;

struct Reactor {
    home: Option<Arc<Home>>,
    number: u16,
    slots: Slab<Slot>,
    events: Vec<Event>,
}

thread_local! {
    static REACTOR: RefCell<Reactor> =
        const { RefCell::new(Reactor { home: None, number: NOWHERE, slots: Slab::new(), events: Vec::new() }) };
}

impl Reactor {
    /// The epoll instance, made when it is first needed.
    fn epoll(&mut self) -> io::Result<BorrowedFd<'_>> {
        if self.home.is_none() {
            let (number, home) = Home::found()?;
            (self.number, self.home) = (number, Some(home));
            self.events.reserve_exact(EVENTS_MAX);
        }
        Ok(self.home.as_ref().expect("just made").epoll.as_fd())
    }

    /// Takes out the slots that other threads have done with. The caller drops them, outside of every borrow.
    fn take_strays(&mut self) -> Vec<Slot> {
        let Some(home) = self.home.as_ref().filter(|home| home.has_strays.load(Ordering::Acquire)) else {
            return Vec::new();
        };
        let strays = {
            let mut strays = home.strays();
            home.has_strays.store(false, Ordering::Release);
            std::mem::take(&mut *strays)
        };
        strays.into_iter().map(|slot| self.slots.remove_owned(slot)).collect()
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

impl Drop for Reactor {
    fn drop(&mut self) {
        if self.home.is_some() {
            HOMES.write().unwrap_or_else(PoisonError::into_inner)[usize::from(self.number)] = None;
        }
    }
}

/// A socket's slot. Dropping it gives the slot back, on whichever thread; the descriptor is closed beside it, which is all
/// that epoll needs to know. For one that stays open there is [`Source::remove`]. Everything else is for the thread that
/// made it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    slot: u32,
    /// The number of the thread's poller.
    home: u16,
}

impl Source {
    /// No slot.
    pub(crate) const NONE: Source = Source { slot: u32::MAX, home: NOWHERE };

    pub(crate) fn is_none(&self) -> bool {
        self.slot == u32::MAX
    }

    /// Whether it is the calling thread's.
    pub(crate) fn is_here(&self) -> bool {
        REACTOR.with_borrow(|reactor| reactor.number == self.home)
    }

    fn owned<'r>(&self, reactor: &'r mut Reactor) -> &'r mut Slot {
        debug_assert_eq!(self.home, reactor.number, "a socket is used by the thread that watches it");
        reactor.slots.owned(self.slot)
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
            Ok(Source { slot: key.index, home: reactor.number })
        })
    }

    /// Has epoll watch `fd`, which is this source's, for room to write as well; nothing happens if it does already.
    pub(crate) fn watch_writes(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        REACTOR.with_borrow_mut(|reactor| {
            if self.owned(reactor).watch == Watch::Both {
                return Ok(());
            }
            let data = EventData::new_u64(reactor.slots.key_of(self.slot).to_u64());
            epoll::modify(reactor.epoll()?, fd, data, Watch::Both.flags())?;
            self.owned(reactor).watch = Watch::Both;
            Ok(())
        })
    }

    /// What the socket is ready for, as far as has been reported.
    pub(crate) fn ready(&self) -> Ready {
        REACTOR.with_borrow_mut(|reactor| self.owned(reactor).ready)
    }

    /// Takes readiness back that a call has disproved.
    pub(crate) fn clear(&self, way: Way) {
        REACTOR.with_borrow_mut(|reactor| {
            let ready = &mut self.owned(reactor).ready;
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
            let slot = self.owned(reactor);
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

    /// Gives the slot back for a descriptor that stays open, here, on another thread or in another process.
    pub(crate) fn remove(self, fd: BorrowedFd<'_>) {
        if self.is_none() {
            return;
        }
        // Deleting what was added cannot fail in a way that matters.
        let _ = REACTOR.try_with(|reactor| match &reactor.borrow().home {
            Some(home) if reactor.borrow().number == self.home => epoll::delete(&home.epoll, fd).is_ok(),
            Some(_) | None => Home::of(self.home).is_some_and(|home| epoll::delete(&home.epoll, fd).is_ok()),
        });
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if self.is_none() {
            return;
        }
        // At the end of the thread the slots may be gone already. The wakers are dropped outside of the borrow.
        let here = REACTOR.try_with(|reactor| {
            let mut reactor = reactor.borrow_mut();
            (reactor.number == self.home).then(|| reactor.slots.remove_owned(self.slot))
        });
        if !matches!(here, Ok(Some(_)))
            && let Some(home) = Home::of(self.home)
        {
            home.leave(self.slot);
        }
    }
}

fn ready_for(way: Way) -> Ready {
    match way {
        Way::Read => Ready::READ,
        Way::Write => Ready::WRITE,
    }
}

/// Takes reports, waiting at most `timeout` for the first (for ever without one), and puts who waits for them into
/// `wakers`.
///
/// # Errors
/// What epoll refuses, which would be a fault of this program; a signal is no error.
pub(crate) fn wait(timeout: Option<Duration>, wakers: &mut Vec<Waker>) -> io::Result<()> {
    let strays = REACTOR.with_borrow_mut(Reactor::take_strays);
    drop(strays);
    REACTOR.with_borrow_mut(|reactor| {
        let mut events = std::mem::take(&mut reactor.events);
        let waited = wait_for_events(reactor.epoll()?, timeout, &mut events);
        reactor.events = events;
        waited?;
        reactor.dispatch(wakers);
        Ok(())
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
        let place = source.slot;
        drop(source);
        // The old socket stays open, so epoll still reports it, under a key that is no longer valid.
        let (other, _other_peer) = UnixStream::pair().unwrap();
        let successor = Source::new(other.as_fd(), Watch::Read).unwrap();
        assert_eq!(successor.slot, place);
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

    #[test]
    fn a_source_that_goes_over_leaves_its_slot_to_its_thread() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        let source = Source::new(ours.as_fd(), Watch::Read).unwrap();
        let ours = std::thread::spawn(move || {
            assert!(!source.is_here());
            source.remove(ours.as_fd());
            let mut cx = Context::from_waker(Waker::noop());
            let source = Source::new(ours.as_fd(), Watch::Read).unwrap();
            assert!(source.is_here() && !source.poll(Way::Read, &mut cx));
            std::io::Write::write_all(&mut peer, b"x").unwrap();
            assert_eq!(turn().len(), 1);
            (ours, peer)
        });
        let _open = ours.join().unwrap();
        assert_eq!(slots_in_use(), 1, "the slot is freed here");
        assert!(turn().is_empty(), "what comes is told to the other thread");
        assert_eq!(slots_in_use(), 0);
    }

    #[test]
    fn what_outlives_its_thread_can_be_dropped() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let source = std::thread::spawn(move || (Source::new(ours.as_fd(), Watch::Read).unwrap(), ours));
        let (source, ours) = source.join().unwrap();
        source.remove(ours.as_fd());
        assert!(Source::new(ours.as_fd(), Watch::Read).unwrap().is_here());
    }
}
