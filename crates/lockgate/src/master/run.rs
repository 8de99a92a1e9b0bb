//! The master's loop: signals, what workers say, what users of its sockets want. It ends with the last worker.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{ExitCode, ExitStatus};
use std::sync::Arc;
use std::time::Instant;

use ::control::master::{Detail, Found, Loaded, Order, Orders, Reload, Target};
use ::control::{Access, Level, Process, StatsListener, Talk};
use diag::{Diagnostic, Diagnostics, Format, Sources};
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::link::{Asked, Said, Terms};
use super::notify::Notifier;
use super::reloads::Reloads;
use super::workers::{self, Event, Phase, Worker, Workers};
use crate::daemon;
use crate::options::{Launch, Options};
use crate::report::Report;

/// Exit codes of a worker that was told to end: 0, and those of SIGINT and SIGTERM.
const TOLD_TO_END: [u8; 3] = [0, 130, 143];
/// What SIGTERM leaves behind: as good as 0.
const TERMINATED: u8 = 143;

/// What the master starts with.
pub(super) struct Start {
    /// The bound sockets of `-S`.
    pub(super) listeners: Vec<StatsListener>,
    /// The master itself.
    pub(super) process: Arc<Process>,
    /// systemd, if it wants to know.
    pub(super) notifier: Notifier,
    /// The terms of the configuration that the master has read.
    pub(super) terms: Terms,
    /// In the background: what the standard streams become once the worker is ready.
    pub(super) null: Option<OwnedFd>,
    /// Where things are told.
    pub(super) report: Report,
}

/// What signals ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Reload,
    Stop(Signal),
    PassOn(Signal),
    LookAfterChildren,
}

fn table() -> [(Signal, Ask); 8] {
    [
        (Signal::USR2, Ask::Reload),
        (Signal::HUP, Ask::Reload),
        (Signal::TERM, Ask::Stop(Signal::TERM)),
        (Signal::INT, Ask::Stop(Signal::INT)),
        (Signal::USR1, Ask::Stop(Signal::USR1)),
        (Signal::TTIN, Ask::PassOn(Signal::TTIN)),
        (Signal::TTOU, Ask::PassOn(Signal::TTOU)),
        (Signal::CHILD, Ask::LookAfterChildren),
    ]
}

/// Runs the master to its end.
///
/// # Errors
/// What the system says when the first worker, or what the master waits for, cannot be made.
pub(super) fn run(start: Start, options: &Options) -> io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let asks = catch_signals()?;
        let (orders, ordered) = mpsc::unbounded_channel();
        let (events, happened) = mpsc::unbounded_channel();
        let reloads = Reloads::default();
        let orders = Orders { sender: orders, has_failed: reloads.has_failed.clone() };
        let Start { listeners, process, notifier, terms, null, report } = start;
        ::control::master::serve(listeners, &process, &orders)?;
        let keeps_sockets = options.old_socket.as_deref() != Some("/dev/null".as_ref());
        let mut master = Master {
            workers: Workers::new(events),
            reloads,
            notifier,
            terms,
            null,
            report,
            hands_over: keeps_sockets,
            is_stopping: false,
            has_served: false,
            early: Vec::new(),
            exit_code: 0,
            started: Instant::now(),
        };
        master.load(Reload::Soft, Launch::Start)?;
        Ok(master.serve(asks, happened, ordered).await)
    })
}

fn catch_signals() -> io::Result<mpsc::UnboundedReceiver<Ask>> {
    let (sender, asks) = mpsc::unbounded_channel();
    for (number, ask) in table() {
        let mut stream = signal(SignalKind::from_raw(number.as_raw()))?;
        let sender = sender.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(ask).is_ok() {} });
    }
    // It has no meaning here, and would end the process.
    let mut quit = signal(SignalKind::quit())?;
    tokio::spawn(async move { while quit.recv().await.is_some() {} });
    Ok(asks)
}

struct Master {
    workers: Workers,
    reloads: Reloads,
    notifier: Notifier,
    terms: Terms,
    null: Option<OwnedFd>,
    report: Report,
    /// Whether a new worker gets the sockets of the old one (not with `-x /dev/null`).
    hands_over: bool,
    is_stopping: bool,
    /// Whether any worker has been ready.
    has_served: bool,
    /// What was asked of the first worker before it was ready.
    early: Vec<Order>,
    /// Of the worker that ended first where it should not have.
    exit_code: u8,
    started: Instant,
}

impl Master {
    async fn serve(
        &mut self,
        mut asks: mpsc::UnboundedReceiver<Ask>,
        mut happened: mpsc::UnboundedReceiver<Event>,
        mut ordered: mpsc::UnboundedReceiver<Order>,
    ) -> ExitCode {
        while !self.workers.is_empty() {
            tokio::select! {
                Some(ask) = asks.recv() => self.on_signal(ask),
                Some(event) = happened.recv() => self.on_event(event),
                Some(order) = ordered.recv() => self.on_order(order),
                else => break,
            }
            for (worker, status) in self.workers.reap() {
                self.on_end(&worker, status);
            }
            if !self.is_stopping
                && !self.reloads.is_under_way()
                && let Some(how) = self.reloads.next.take()
            {
                self.reload(how);
            }
        }
        self.tell(Diagnostic::notice(format!(
            "all workers have ended; so does the master ({})",
            self.exit_code
        )));
        ExitCode::from(self.exit_code)
    }

    fn on_signal(&mut self, ask: Ask) {
        match ask {
            Ask::Reload if self.is_stopping => {}
            Ask::Reload if self.reloads.is_under_way() => self.reloads.next = Some(Reload::Soft),
            Ask::Reload => self.reload(Reload::Soft),
            Ask::Stop(signal) => {
                self.is_stopping = true;
                self.notifier.stopping();
                self.tell(Diagnostic::notice("the master ends"));
                self.workers.iter().for_each(|worker| worker.signal(signal));
            }
            Ask::PassOn(signal) => self.workers.iter().for_each(|worker| worker.signal(signal)),
            // They are reaped after each turn of the loop.
            Ask::LookAfterChildren => {}
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Closed(pid) => self.workers.close(pid),
            Event::Said(pid, Said::Log(text)) => {
                if self.workers.get(pid).is_some_and(|worker| worker.phase == Phase::Loading) {
                    self.reloads.log(&text);
                }
            }
            Event::Said(pid, Said::WantsSockets) => self.hand_over(pid),
            Event::Said(pid, Said::Ready(terms)) => self.on_ready(pid, terms),
        }
    }

    fn on_order(&mut self, order: Order) {
        // A user who went away wants no answer.
        match order {
            Order::Processes(detail, answer) => drop(answer.send(self.processes(detail))),
            // The first worker is on its way: whoever asks for it gets it then.
            Order::Find(Target::Current, _) | Order::Connect(Target::Current, ..) if !self.has_served => {
                self.early.push(order);
            }
            Order::Status(answer) => self.reloads.wait(answer),
            Order::StartupLogs(answer) => drop(answer.send(self.reloads.logs.clone())),
            Order::Find(target, answer) => drop(answer.send(self.find(target))),
            Order::Connect(target, access, talk, answer) => {
                let found = self.workers.find(target).map(|worker| Found {
                    connection: worker.connect(Asked::Serve(access, talk)).ok(),
                    ..found(worker)
                });
                drop(answer.send(found));
            }
            Order::Reload(how, answer) if !self.reloads.is_under_way() && !self.is_stopping => {
                self.reload(how);
                self.reloads.wait(answer);
            }
            Order::Reload(_, answer) => {
                let why = if self.is_stopping {
                    "The master ends.\n"
                } else {
                    "Another reload is still in progress.\n"
                };
                drop(answer.send(Loaded { is_success: false, logs: why.into() }));
            }
        }
    }

    fn processes(&self, detail: Detail) -> String {
        self.workers.table(detail, &self.reloads.counted(), self.started.elapsed())
    }

    fn find(&self, target: Target) -> Option<Found> {
        self.workers.find(target).map(found)
    }

    /// Loads the configuration anew, beside the worker that serves.
    fn reload(&mut self, how: Reload) {
        self.notifier.reloading();
        let manner = if how == Reload::Hard { " (hard-reload)" } else { "" };
        self.tell(Diagnostic::notice(format!("reloading{manner}")));
        self.reloads.count = self.reloads.count.saturating_add(1);
        for worker in self.workers.iter_mut() {
            worker.reloads = worker.reloads.saturating_add(1);
        }
        if let Err(error) = self.load(how, Launch::Reload) {
            self.tell(Diagnostic::warning(format!("cannot start a worker: {error}")));
            self.fail();
        }
    }

    fn load(&mut self, how: Reload, launch: Launch) -> io::Result<()> {
        self.reloads.begin(how);
        let pid = self.workers.start(launch)?;
        self.tell(Diagnostic::notice(format!("new worker ({pid})")));
        Ok(())
    }

    /// Brings a new worker together with the one that serves, which gives it its sockets. Where that one does not answer, the
    /// new one binds its own.
    fn hand_over(&self, pid: u32) {
        let Some(new) = self.workers.get(pid) else { return };
        let access = Access::new(Level::Admin).with_sockets();
        let old = self.workers.in_phase(Phase::Current).filter(|_| self.hands_over);
        let connection = old.and_then(|old| old.connect(Asked::Serve(access, Talk::Once)).ok());
        let asked = if connection.is_some() { Asked::Sockets } else { Asked::NoSockets };
        // One that is gone is reaped soon.
        let _ = new.tell(asked, connection);
    }

    /// A worker accepts connections: from now on it serves, and the old one leaves.
    fn on_ready(&mut self, pid: u32, terms: Terms) {
        if self.workers.get(pid).is_none_or(|worker| worker.phase != Phase::Loading) {
            return;
        }
        self.terms = terms;
        // Scripts look for these words, as they do in HAProxy.
        self.tell(Diagnostic::notice("Loading success."));
        let how = self.reloads.succeed();
        let end = if how == Reload::Hard { Signal::TERM } else { Signal::USR1 };
        for worker in self.workers.iter_mut() {
            worker.phase = match worker.phase {
                Phase::Loading => Phase::Current,
                Phase::Current => {
                    worker.signal(end);
                    Phase::Leaving
                }
                Phase::Leaving if end == Signal::TERM => {
                    worker.signal(end);
                    Phase::Leaving
                }
                Phase::Leaving => Phase::Leaving,
            };
            if worker.phase == Phase::Leaving && worker.reloads > terms.max_reloads {
                worker.signal(Signal::TERM);
            }
        }
        if !std::mem::replace(&mut self.has_served, true) {
            self.leave_terminal();
        }
        self.notifier.ready();
        for order in std::mem::take(&mut self.early) {
            self.on_order(order);
        }
    }

    /// In the background: whoever started the master may go on.
    fn leave_terminal(&mut self) {
        if let Some(null) = self.null.take() {
            // Standard streams that cannot be replaced stay what they are.
            let _ = daemon::tell_ready(&null);
        }
    }

    fn fail(&mut self) {
        self.tell(Diagnostic::warning("Loading failure: what ran before goes on"));
        self.notifier.reload_failed();
        self.reloads.fail();
    }

    fn on_end(&mut self, worker: &Worker, status: ExitStatus) {
        let (pid, code) = (worker.pid, workers::code(status));
        match worker.phase {
            Phase::Loading => {
                if self.has_served {
                    self.tell(Diagnostic::warning(format!(
                        "the new worker ({pid}) did not start ({status})"
                    )));
                    self.fail();
                } else {
                    self.exit_code = if code == 0 && !self.is_stopping { 1 } else { code };
                    self.reloads.fail();
                }
            }
            Phase::Leaving => {
                self.tell(Diagnostic::notice(format!("the old worker ({pid}) has ended ({status})")))
            }
            Phase::Current => self.on_current_end(pid, status, code),
        }
    }

    /// The worker that serves has ended: as it was told, or as it should not have.
    fn on_current_end(&mut self, pid: u32, status: ExitStatus, code: u8) {
        let text = format!("the worker ({pid}) has ended ({status})");
        if TOLD_TO_END.contains(&code) {
            self.tell(Diagnostic::notice(text));
        } else {
            self.tell(Diagnostic::error(format!("{text}, and nobody told it to")));
            if !self.terms.outlives_failure {
                self.is_stopping = true;
                self.tell(Diagnostic::warning("all workers are ended (exit-on-failure)"));
                self.workers.iter().for_each(|worker| worker.signal(Signal::TERM));
            }
        }
        if self.exit_code == 0 && code != TERMINATED {
            self.exit_code = code;
        }
    }

    /// Tells something, and keeps it for `show startup-logs` while a load is under way.
    fn tell(&mut self, diagnostic: Diagnostic) {
        if self.reloads.is_under_way() {
            let mut diags = Diagnostics::new();
            diags.push(diagnostic.clone());
            let text = diag::render(&diags, &Sources::new(), Format::Haproxy, std::process::id());
            self.reloads.log(text.as_bytes());
        }
        self.report.tell_one(diagnostic);
    }
}

fn found(worker: &Worker) -> Found {
    Found { pid: worker.pid, uptime: worker.uptime(), connection: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_signal_is_caught_twice() {
        let signals = table().map(|(signal, _)| signal.as_raw());
        for (n, signal) in signals.iter().enumerate() {
            assert!(!signals[..n].contains(signal));
        }
    }
}
