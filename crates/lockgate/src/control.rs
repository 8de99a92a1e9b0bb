//! The main thread once the workers run: signals, the sockets of the runtime API, and the end (management guide, chapter 4).
//!
//! ```text
//!              SIGUSR1                    all workers have ended
//!   Running ------------> Stopping softly ----------------------> exit 0
//!      |                   |  hard-stop-after, SIGTERM, SIGINT
//!      | SIGTERM, SIGINT   v
//!      +-----------> Stopping now -- workers ended, or STOP_WAIT passed, or another SIGINT --> exit 0
//! ```
//! Below a master, the end of the master stops it at once, and the exit status tells the master of the signal.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ::control::{Doors, Process, StatsListener};
use diag::Diagnostic;
use engine::{Message, WorkerHandle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::report::Report;
use crate::{states, worker};

/// How long workers may take to end at once.
const STOP_WAIT: Duration = Duration::from_secs(2);
/// How long servers of rings may take to get what was logged last.
const FLUSH_WAIT: Duration = Duration::from_secs(1);
/// Further away than any end.
const NEVER: Duration = Duration::from_secs(365 * 86_400);

/// What signals ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    StopNow(Why),
    StopSoftly,
    TellStates,
    /// A signal that HAProxy catches as well and that has no effect here; uncaught, some would end or halt the process.
    Nothing,
}

/// Why a process stops at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Terminated,
    Interrupted,
    /// `hard-stop-after`.
    TookTooLong,
    MasterGone,
}

impl Why {
    /// What the process exits with. A shell's count of the signal is for masters alone, who tell by it why a worker ended.
    fn exit_code(self) -> ExitCode {
        match self {
            Why::MasterGone => ExitCode::FAILURE,
            Why::Terminated if worker::link().is_some() => ExitCode::from(143),
            Why::Interrupted if worker::link().is_some() => ExitCode::from(130),
            Why::Terminated | Why::Interrupted | Why::TookTooLong => ExitCode::SUCCESS,
        }
    }
}

/// The signals that are caught. SIGPIPE is ignored by Rust's runtime already.
fn table() -> [(SignalKind, Ask); 8] {
    [
        (SignalKind::terminate(), Ask::StopNow(Why::Terminated)),
        (SignalKind::interrupt(), Ask::StopNow(Why::Interrupted)),
        (SignalKind::user_defined1(), Ask::StopSoftly),
        (SignalKind::hangup(), Ask::TellStates),
        (SignalKind::quit(), Ask::Nothing),
        (SignalKind::user_defined2(), Ask::Nothing),
        // Pause and resume of listeners: sharing ports makes them needless.
        (SignalKind::from_raw(rustix::process::Signal::TTOU.as_raw()), Ask::Nothing),
        (SignalKind::from_raw(rustix::process::Signal::TTIN.as_raw()), Ask::Nothing),
    ]
}

/// Signals as they are caught, from before the first connection is taken.
pub(crate) struct Signals {
    runtime: tokio::runtime::Runtime,
    asks: mpsc::UnboundedReceiver<Ask>,
}

impl Signals {
    /// Catches them from now on; [`run`] acts on them. Starts no thread.
    ///
    /// # Errors
    /// When they cannot be caught.
    pub(crate) fn catch() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let asks = runtime.block_on(async { catch_signals() })?;
        Ok(Signals { runtime, asks })
    }
}

/// Serves until all workers have ended or must not be waited for any longer. `report` is `None` when nothing is to be
/// told on standard error any more.
///
/// # Errors
/// When sockets cannot be watched.
pub(crate) fn run(
    process: &Arc<Process>,
    workers: Vec<WorkerHandle>,
    stats_sockets: Vec<StatsListener>,
    signals: Signals,
    report: Option<Report>,
) -> io::Result<ExitCode> {
    let Signals { runtime, asks } = signals;
    let ended = join_elsewhere(workers)?;
    let shared = &process.shared;
    runtime.block_on(async {
        let doors = Arc::new(::control::serve(stats_sockets, process)?);
        tokio::spawn(::control::update_answers(process.clone()));
        let code = Control { process, doors, report }.serve(asks, ended).await;
        engine::log_forward::flush(shared, FLUSH_WAIT);
        Ok(code)
    })
}

/// Joins the workers on a thread of its own, and tells when that is done.
fn join_elsewhere(workers: Vec<WorkerHandle>) -> io::Result<oneshot::Receiver<()>> {
    let (done, ended) = oneshot::channel();
    std::thread::Builder::new().name("joiner".into()).spawn(move || {
        for worker in workers {
            // A worker that panicked has said why; the others go on.
            let _ = worker.thread.join();
        }
        let _ = done.send(());
    })?;
    Ok(ended)
}

fn catch_signals() -> io::Result<mpsc::UnboundedReceiver<Ask>> {
    let (sender, asks) = mpsc::unbounded_channel();
    for (kind, ask) in table() {
        let mut stream = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(ask).is_ok() {} });
    }
    Ok(asks)
}

/// Waits for the end of the master; for ever without one.
async fn master_gone(process: &Arc<Process>) {
    match worker::link() {
        Some(link) => link.serve(process.clone()).await,
        None => std::future::pending().await,
    }
}

/// Begins a soft stop. The duplicates that the next process could have asked for go first: whoever closes a socket last has
/// to take what waits on it, and the workers do that.
fn stop_listening(process: &Process, doors: &Doors) {
    doors.close();
    process.export(Vec::new());
    process.shared.stop_softly();
}

struct Control<'a> {
    process: &'a Arc<Process>,
    doors: Arc<Doors>,
    report: Option<Report>,
}

impl Control<'_> {
    async fn serve(
        &self,
        mut asks: mpsc::UnboundedReceiver<Ask>,
        mut ended: oneshot::Receiver<()>,
    ) -> ExitCode {
        let shared = &self.process.shared;
        let mut is_soft = false;
        let mut code = ExitCode::SUCCESS;
        let deadline = tokio::time::sleep(NEVER);
        tokio::pin!(deadline);
        let master_gone = master_gone(self.process);
        tokio::pin!(master_gone);
        loop {
            let ask = tokio::select! {
                _ = &mut ended => break,
                Some(ask) = asks.recv() => ask,
                () = &mut deadline => Ask::StopNow(Why::TookTooLong),
                () = &mut master_gone => Ask::StopNow(Why::MasterGone),
            };
            match ask {
                Ask::Nothing => {}
                Ask::TellStates => states::tell(shared, self.report.as_ref()),
                Ask::StopSoftly if is_soft => {}
                Ask::StopSoftly => {
                    is_soft = true;
                    if let Some(after) = self.stop_softly() {
                        deadline.as_mut().reset(Instant::now() + after);
                    }
                }
                Ask::StopNow(why) => {
                    code = why.exit_code();
                    self.stop_now(&mut asks, &mut ended).await;
                    break;
                }
            }
        }
        if is_soft {
            states::log_stopped(shared);
        }
        code
    }

    /// Stops listening, after `grace`; sessions end by themselves. Returns how long they may take, if that is limited.
    fn stop_softly(&self) -> Option<Duration> {
        let global = &self.process.shared.config.global;
        match global.grace.filter(|grace| !grace.is_zero()) {
            None => stop_listening(self.process, &self.doors),
            Some(grace) => {
                let (process, doors) = (self.process.clone(), self.doors.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(grace).await;
                    stop_listening(&process, &doors);
                });
            }
        }
        self.tell("stopping: no new connections, those that are there may finish");
        let grace = global.grace.unwrap_or_default();
        global.hard_stop_after.map(|after| after.saturating_add(grace).min(NEVER))
    }

    /// Ends all sessions. Another signal of this kind, or [`STOP_WAIT`], ends the waiting for the workers as well.
    async fn stop_now(&self, asks: &mut mpsc::UnboundedReceiver<Ask>, ended: &mut oneshot::Receiver<()>) {
        for mailbox in self.process.shared.mailboxes.lock().iter() {
            mailbox.send(Message::Stop);
        }
        let deadline = tokio::time::sleep(STOP_WAIT);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                _ = &mut *ended => return,
                () = &mut deadline => return,
                ask = asks.recv() => {
                    if matches!(ask, Some(Ask::StopNow(_)) | None) {
                        return;
                    }
                }
            }
        }
    }

    fn tell(&self, text: &str) {
        if let Some(report) = &self.report {
            report.tell_one(Diagnostic::notice(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_signal_is_caught_twice() {
        let kinds = table().map(|(kind, _)| kind.as_raw_value());
        for (n, kind) in kinds.iter().enumerate() {
            assert!(!kinds[..n].contains(kind));
        }
    }

    #[test]
    fn signals_become_asks() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut asks = catch_signals().unwrap();
            let own = rustix::process::getpid();
            rustix::process::kill_process(own, rustix::process::Signal::HUP).unwrap();
            assert_eq!(asks.recv().await, Some(Ask::TellStates));
            rustix::process::kill_process(own, rustix::process::Signal::USR1).unwrap();
            assert_eq!(asks.recv().await, Some(Ask::StopSoftly));
        });
    }
}
