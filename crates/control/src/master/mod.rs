//! The master's socket (`-S`; management guide, chapter 9.4): its own few commands, and the way to the runtime API of each
//! worker.
//!
//! ```text
//!   connection --line--> Interpreter --own command--> Order ----> the binary, which knows the workers
//!                             |   `------any worker's command---> Session of the master's own process
//!                             `--@1 ...--> Order::Connect --> a connection to the worker, relayed
//! ```
//! Everything here runs on the master's one thread. What the processes do is the binary's affair: an [`Order`] goes out, and
//! its answer comes back through the sender within.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use keyword::Entry;
use tokio::sync::{mpsc, oneshot};

use crate::access::Access;
use crate::session::Talk;

mod interpreter;
mod own;
mod relay;
mod serve;

pub use serve::serve;

/// A worker, as users name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// `@1`: the one that serves now.
    Current,
    /// `@!PID`: any.
    Pid(u32),
}

/// How a reload ends the old worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// Its sessions may end (`reload`, `SIGUSR2`).
    Soft,
    /// At once (`hard-reload`).
    Hard,
}

/// How much `show proc` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// As usual.
    Usual,
    /// Also the descriptors of the links between the processes.
    Links,
}

/// What came of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Whether the new configuration runs.
    pub is_success: bool,
    /// What was told meanwhile, whole lines.
    pub logs: Vec<u8>,
}

/// A worker that was found.
#[derive(Debug)]
pub struct Found {
    /// Its process id.
    pub pid: u32,
    /// How long it has been running.
    pub uptime: Duration,
    /// A connection to its runtime API, where one was asked for and could be made.
    pub connection: Option<OwnedFd>,
}

/// What a user of the socket wants; the answer goes back through the sender. One that is dropped means that the master ends.
#[derive(Debug)]
pub enum Order {
    /// The table of `show proc`.
    Processes(Detail, oneshot::Sender<String>),
    /// Load the configuration anew; the answer comes when that has succeeded or failed.
    Reload(Reload, oneshot::Sender<Loaded>),
    /// How the last load went; as long as one is under way, the answer waits for it.
    Status(oneshot::Sender<Loaded>),
    /// What was told during the last load.
    StartupLogs(oneshot::Sender<Vec<u8>>),
    /// Which worker is meant; `None` if there is no such one.
    Find(Target, oneshot::Sender<Option<Found>>),
    /// The same, with a connection to it.
    Connect(Target, Access, Talk, oneshot::Sender<Option<Found>>),
}

/// Where orders go, and what prompts show.
#[derive(Debug, Clone)]
pub struct Orders {
    /// To the binary.
    pub sender: mpsc::UnboundedSender<Order>,
    /// Whether the last load failed.
    pub has_failed: Arc<AtomicBool>,
}

/// What lists and the reference tell of the master's own commands.
pub(crate) fn entries() -> impl Iterator<Item = Entry> {
    const KIND: &str = "command";
    own::ROWS.iter().map(|row| {
        let arguments = row.usage.strip_prefix(row.name).unwrap_or_default().trim_start();
        let place = format!("{} of the master", row.level.name());
        Entry::new(KIND, row.name, row.brief).arguments(arguments).place(place)
    })
}
