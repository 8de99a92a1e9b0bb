//! The master's workers: started, listed, signalled, and noticed when they end.
//!
//! ```text
//!   Loading --ready--> Current --a newer one is ready--> Leaving --> gone
//!      \__ ends: the load has failed    \__ ends: HAProxy's rules on failures decide
//! ```
//! At most one is loading, and at most one is current.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::control::master::{Detail, Target};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::link::{self, Asked, Ear, Said};
use super::{RELOAD_OPTION, WORKER_OPTION, notify};
use crate::daemon;
use crate::options::Launch;
use crate::version::HAPROXY_VERSION;

/// Bytes that are read from a worker at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// Where a worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It reads its configuration and binds.
    Loading,
    /// It serves.
    Current,
    /// Another one serves; it finishes.
    Leaving,
}

/// What happens to workers.
#[derive(Debug)]
pub(super) enum Event {
    /// This one said something.
    Said(u32, Said),
    /// The link to this one has ended: there is nothing more to hear from it.
    Closed(u32),
}

/// One worker.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) pid: u32,
    pub(super) phase: Phase,
    /// Loads since it began to serve.
    pub(super) reloads: u32,
    child: Child,
    link: Arc<UnixStream>,
    started: Instant,
    is_closed: bool,
    status: Option<ExitStatus>,
}

impl Worker {
    /// How long it has been running.
    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Sends a signal. One that has ended needs none; its number is not another's before it is waited for.
    pub(super) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let (Some(pid), None) = (pid, self.status) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Makes a connection that this worker serves, and returns its other end.
    ///
    /// # Errors
    /// The worker is gone, or there is no descriptor left.
    pub(super) fn connect(&self, asked: Asked) -> io::Result<OwnedFd> {
        let (ours, theirs) = StdStream::pair()?;
        link::ask(self.link.as_fd(), asked, Some(theirs.as_fd()))?;
        ours.set_nonblocking(true)?;
        Ok(ours.into())
    }

    /// Tells this worker something.
    ///
    /// # Errors
    /// It is gone.
    pub(super) fn tell(&self, asked: Asked, along: Option<OwnedFd>) -> io::Result<()> {
        link::ask(self.link.as_fd(), asked, along.as_ref().map(AsFd::as_fd))
    }

    /// The row of `show proc`.
    fn row(&self, detail: Detail) -> String {
        let mut row = row(self.pid, "worker", &self.reloads.to_string(), self.uptime());
        if detail == Detail::Links {
            row.push_str(&links(std::os::fd::AsRawFd::as_raw_fd(&*self.link)));
        }
        row.push('\n');
        row
    }
}

/// How a process ended, as a shell counts it: 128 and the signal, or the status.
pub(super) fn code(status: ExitStatus) -> u8 {
    let signalled = status.signal().map(|signal| signal.saturating_add(128));
    status.code().or(signalled).and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// All workers.
#[derive(Debug)]
pub(super) struct Workers {
    list: Vec<Worker>,
    events: mpsc::UnboundedSender<Event>,
}

impl Workers {
    pub(super) fn new(events: mpsc::UnboundedSender<Event>) -> Self {
        Workers { list: Vec::new(), events }
    }

    /// Starts a worker; it is loading.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn start(&mut self, launch: Launch) -> io::Result<u32> {
        let (ours, theirs) = StdStream::pair()?;
        let mut arguments = std::env::args_os();
        let mut command = Command::new(daemon::own_path());
        command.arg0(arguments.next().unwrap_or_else(|| "lockgate".into()));
        command.arg(if launch == Launch::Start { WORKER_OPTION } else { RELOAD_OPTION }).args(arguments);
        command.env_remove(notify::VARIABLE).stdin(Stdio::from(OwnedFd::from(theirs)));
        let child = command.spawn()?;
        // The command keeps the worker's end: as long as it is open here, its end is not noticed.
        drop(command);
        let pid = child.id();
        ours.set_nonblocking(true)?;
        let link = Arc::new(UnixStream::from_std(ours)?);
        tokio::spawn(listen(pid, link.clone(), self.events.clone()));
        self.list.push(Worker {
            pid,
            phase: Phase::Loading,
            reloads: 0,
            child,
            link,
            started: Instant::now(),
            is_closed: false,
            status: None,
        });
        Ok(pid)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Worker> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Worker> {
        self.list.iter_mut()
    }

    /// The only one of a phase that has only one.
    pub(super) fn in_phase(&self, phase: Phase) -> Option<&Worker> {
        self.list.iter().find(|worker| worker.phase == phase)
    }

    /// The one with this process id.
    pub(super) fn get(&self, pid: u32) -> Option<&Worker> {
        self.list.iter().find(|worker| worker.pid == pid)
    }

    /// Whom a user means. One that is loading cannot be spoken to.
    pub(super) fn find(&self, target: Target) -> Option<&Worker> {
        match target {
            Target::Current => self.in_phase(Phase::Current),
            Target::Pid(pid) => self.get(pid).filter(|worker| worker.phase != Phase::Loading),
        }
    }

    /// Notes that a worker's link has ended.
    pub(super) fn close(&mut self, pid: u32) {
        if let Some(worker) = self.list.iter_mut().find(|worker| worker.pid == pid) {
            worker.is_closed = true;
        }
    }

    /// Takes the workers off the list that have ended and been heard to the end.
    pub(super) fn reap(&mut self) -> Vec<(Worker, ExitStatus)> {
        for worker in &mut self.list {
            if worker.status.is_none() {
                worker.status = worker.child.try_wait().ok().flatten();
            }
        }
        let is_over = |worker: &mut Worker| worker.is_closed && worker.status.is_some();
        let over = self.list.extract_if(.., is_over);
        over.filter_map(|worker| worker.status.map(|status| (worker, status))).collect()
    }

    /// The table of `show proc`: the master, who serves, who leaves.
    pub(super) fn table(&self, detail: Detail, reloads: &str, uptime: Duration) -> String {
        let mut head = format!(
            "#{:<14} {:<15} {:<15} {:<15} {:<15}",
            "<PID>", "<type>", "<reloads>", "<uptime>", "<version>"
        );
        let mut master = row(std::process::id(), "master", reloads, uptime);
        if detail == Detail::Links {
            head.push_str(&format!("\t\t {:<15} {:<15}", "<ipc_fd[0]>", "<ipc_fd[1]>"));
            master.push_str(&links(-1));
        }
        let rows = |phase| self.list.iter().filter(move |w| w.phase == phase).map(move |w| w.row(detail));
        let mut text = format!("{head}\n{master}\n# workers\n");
        text.extend(rows(Phase::Current));
        if self.in_phase(Phase::Leaving).is_some() {
            text.push_str("# old workers\n");
            text.extend(rows(Phase::Leaving));
        }
        text
    }
}

fn row(pid: u32, kind: &str, reloads: &str, uptime: Duration) -> String {
    let up = uptime.as_secs();
    let up = format!("{}d{:02}h{:02}m{:02}s", up / 86_400, up / 3_600 % 24, up / 60 % 60, up % 60);
    format!("{pid:<15} {kind:<15} {reloads:<15} {up:<15} {HAPROXY_VERSION:<15}")
}

/// The descriptors of a link: the master's end alone is open in the master.
fn links(own_end: i32) -> String {
    format!("\t\t {own_end:<15} {:<15}", -1)
}

/// Hears a worker to the end.
async fn listen(pid: u32, link: Arc<UnixStream>, events: mpsc::UnboundedSender<Event>) {
    let mut ear = Ear::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    'link: while link.readable().await.is_ok() {
        match link.try_read(&mut chunk) {
            Ok(0) => break,
            Ok(got) => ear.push(&chunk[..got]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => break,
        }
        loop {
            match ear.next() {
                Ok(Some(said)) => {
                    // A master that ends does not listen any more.
                    let _ = events.send(Event::Said(pid, said));
                }
                Ok(None) => break,
                // This is no worker of ours.
                Err(_) => break 'link,
            }
        }
    }
    let _ = events.send(Event::Closed(pid));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_counted_as_a_shell_does() {
        assert_eq!(code(ExitStatus::from_raw(0)), 0);
        assert_eq!(code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(code(ExitStatus::from_raw(9)), 137);
    }

    #[test]
    fn the_table_of_processes() {
        let (events, _) = mpsc::unbounded_channel();
        let text = Workers::new(events).table(Detail::Usual, "5 [failed: 1]", Duration::from_secs(93_784));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0].split_whitespace().collect::<Vec<_>>(),
            ["#<PID>", "<type>", "<reloads>", "<uptime>", "<version>"]
        );
        assert!(lines[1].starts_with(&format!(
            "{:<15} master          5 [failed: 1]   1d02h03m04s     ",
            std::process::id()
        )));
        assert_eq!(lines[2..], ["# workers"]);
    }
}
