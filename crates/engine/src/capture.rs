//! The last invalid request of each frontend and the last invalid response of each backend, with their bytes (`show errors`).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use base::{ProxyId, ServerId, clock};
use parking_lot::Mutex;

use crate::stream::Exchange;

/// One message that was no HTTP.
#[derive(Debug, Clone)]
pub struct Captured {
    /// Its number among all of the process.
    pub number: u64,
    /// When it came, since 1970.
    pub wall: Duration,
    /// The client's address; `None` on UNIX sockets.
    pub src: Option<SocketAddr>,
    /// The frontend.
    pub frontend: ProxyId,
    /// The backend, if one was chosen.
    pub backend: Option<ProxyId>,
    /// Its server, if one was chosen.
    pub server: Option<ServerId>,
    /// What had come of it, at most a buffer.
    pub bytes: Vec<u8>,
    /// Where in `bytes` it is wrong, if it is one place.
    pub offset: Option<usize>,
}

/// The last of each kind that a proxy met.
#[derive(Debug, Default)]
pub struct Captures {
    /// Of clients.
    pub request: Mutex<Option<Arc<Captured>>>,
    /// Of servers.
    pub response: Mutex<Option<Arc<Captured>>>,
}

/// Keeps a request that was no HTTP.
pub(crate) fn request(x: &Exchange, bytes: &[u8], offset: Option<usize>) {
    let captured = capture(x, bytes, offset);
    *x.shared.proxy(x.txn.frontend.id).captures.request.lock() = Some(captured);
}

/// Keeps a response that was no HTTP.
pub(crate) fn response(x: &Exchange, bytes: &[u8], offset: Option<usize>) {
    let captured = capture(x, bytes, offset);
    *x.shared.proxy(x.txn.backend.id).captures.response.lock() = Some(captured);
}

fn capture(x: &Exchange, bytes: &[u8], offset: Option<usize>) -> Arc<Captured> {
    let bytes_max = x.shared.config.global.tune.bufsize;
    Arc::new(Captured {
        number: x.shared.captured.fetch_add(1, Relaxed),
        wall: clock::wall(),
        src: x.txn.session.src,
        frontend: x.txn.frontend.id,
        backend: x.txn.has_backend.then_some(x.txn.backend.id),
        server: x.txn.server.as_ref().map(|server| server.id),
        bytes: bytes[..bytes.len().min(bytes_max)].to_vec(),
        offset,
    })
}
