//! Traffic beside a test that does something to the proxy meanwhile.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Counters, REQUESTS_PER_CONNECTION, client, first_failures};
use crate::DEADLINE;

/// Clients that send requests as fast as they are answered, until [`Traffic::finish`]. Every second one closes its connection
/// after each request; the others keep theirs for some. Servers must answer with the request's target.
#[derive(Debug)]
pub struct Traffic {
    counters: Arc<Counters>,
    reports: Receiver<String>,
    clients: Vec<JoinHandle<()>>,
}

/// What traffic came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Requests that were answered as they should be.
    pub answered: u64,
    /// Connections that ended between two requests, before a byte of the answer.
    pub closed_between: u64,
    /// Everything else, with the first few described.
    pub failed: u64,
    /// The first failures.
    pub failures: Vec<String>,
}

impl Traffic {
    /// Starts so many clients.
    ///
    /// # Panics
    /// If there is no thread left.
    pub fn start(proxy: SocketAddr, connections: usize) -> Self {
        let counters = Arc::new(Counters::default());
        let (report, reports) = channel();
        let client = |index: usize| {
            let (counters, report) = (Arc::clone(&counters), report.clone());
            let limit = if index.is_multiple_of(2) { REQUESTS_PER_CONNECTION } else { 1 };
            let run = move || client::run(proxy, index, limit, &counters, &report);
            thread::Builder::new().stack_size(256 << 10).spawn(run).expect("a thread starts")
        };
        let clients = (0..connections).map(client).collect();
        Self { counters, reports, clients }
    }

    /// Waits until so many more requests were answered.
    ///
    /// # Panics
    /// If they are not before [`DEADLINE`].
    pub fn flow(&self, requests: u64) {
        let wanted = self.counters.answered.load(Ordering::SeqCst) + requests;
        let started = Instant::now();
        while self.counters.answered.load(Ordering::SeqCst) < wanted {
            assert!(started.elapsed() < DEADLINE, "traffic stands still");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends it.
    ///
    /// # Panics
    /// If a client panicked.
    pub fn finish(self) -> Outcome {
        self.counters.is_over.store(true, Ordering::SeqCst);
        let failures = first_failures(&self.reports, self.clients);
        Outcome {
            answered: self.counters.answered.load(Ordering::SeqCst),
            closed_between: self.counters.closed_between.load(Ordering::SeqCst),
            failed: self.counters.failed.load(Ordering::SeqCst),
            failures,
        }
    }
}
