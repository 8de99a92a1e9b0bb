//! What outlives a connection: session tickets under keys of the library's making, and the log of secrets.

use std::cell::RefCell;
use std::sync::Arc;

use rustls::server::ProducesTickets;

/// Secrets by their labels.
pub(crate) type Secrets = Vec<(&'static str, Box<[u8]>)>;

thread_local! {
    /// Secrets of the handshake that this thread is working on.
    static SECRETS: RefCell<Secrets> = const { RefCell::new(Vec::new()) };
}

/// Keeps secrets for the connection at hand (`tune.ssl.keylog`).
#[derive(Debug)]
pub(crate) struct SecretLog;

/// The labels of key log files.
const LABELS: [&str; 7] = [
    "CLIENT_RANDOM",
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
];

impl rustls::KeyLog for SecretLog {
    fn log(&self, label: &str, _client_random: &[u8], secret: &[u8]) {
        if let Some(label) = LABELS.into_iter().find(|known| *known == label) {
            SECRETS.with_borrow_mut(|secrets| secrets.push((label, secret.into())));
        }
    }
}

/// The secrets that the last step of a handshake produced.
pub(crate) fn take_secrets() -> Secrets {
    SECRETS.take()
}

/// Tickets under keys of rustls's making, which it changes every few hours, for as long as sessions live here.
#[derive(Debug)]
pub(crate) struct RandomTickets {
    inner: Arc<dyn ProducesTickets>,
    lifetime_s: u32,
}

impl RandomTickets {
    /// Keys made now.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn new(lifetime_s: u32) -> Result<RandomTickets, String> {
        let inner = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
        Ok(RandomTickets { inner, lifetime_s })
    }
}

impl ProducesTickets for RandomTickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.lifetime_s
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.inner.encrypt(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        self.inner.decrypt(cipher)
    }
}
