//! Servers that come after the start (`add server`): their checks run on the thread of all checks, which is started for the
//! first of them where there was nothing to check before.

use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::report;
use crate::shared::{ServerRun, Shared};

/// Where servers that came after the start wait for the thread of the checks.
pub(super) type Arrivals = mpsc::UnboundedReceiver<Arc<ServerRun>>;

/// The way to the thread of the checks, once it runs.
#[derive(Default)]
pub(crate) struct Checks(Mutex<Option<mpsc::UnboundedSender<Arc<ServerRun>>>>);

/// Lets the thread of the checks have one more server; starts it if it does not run.
pub(crate) fn begin(shared: &Arc<Shared>, server: Arc<ServerRun>) {
    super::configure(shared, &server);
    let mut way = shared.checks.0.lock();
    let server = match way.as_ref().map(|sender| sender.send(server.clone())) {
        Some(Ok(())) => return,
        Some(Err(refused)) => refused.0,
        None => server,
    };
    *way = start(shared, vec![server]).map(|(sender, _)| sender);
}

/// Starts the thread with the servers of the configuration.
pub(super) fn spawn(shared: &Arc<Shared>, servers: Vec<Arc<ServerRun>>) -> Option<JoinHandle<()>> {
    let (sender, thread) = start(shared, servers)?;
    *shared.checks.0.lock() = Some(sender);
    Some(thread)
}

type Started = (mpsc::UnboundedSender<Arc<ServerRun>>, JoinHandle<()>);

fn start(shared: &Arc<Shared>, servers: Vec<Arc<ServerRun>>) -> Option<Started> {
    let (sender, arrivals) = mpsc::unbounded_channel();
    let for_thread = shared.clone();
    let started = std::thread::Builder::new().name("checks".to_owned()).spawn(move || {
        if let Err(error) = net::worker::run(super::run(for_thread.clone(), servers, arrivals)) {
            report::alert(&for_thread, &format!("health checks cannot run: {error}"));
        }
    });
    match started {
        Ok(thread) => Some((sender, thread)),
        Err(error) => {
            report::alert(shared, &format!("health checks cannot run: {error}"));
            None
        }
    }
}
