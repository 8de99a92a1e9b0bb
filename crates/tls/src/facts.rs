//! What is known of one TLS connection, for fetches, logs and the PROXY protocol.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use crate::load::KeyPair;
use crate::verify::Verification;
use crate::version::Version;

/// One connection, client's side or server's side. Made when its handshake is over, shared by the session's exchanges.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The version agreed on.
    pub version: Option<Version>,
    /// The cipher suite agreed on, its IANA number (see [`crate::suites`] for its names and sizes).
    pub suite: Option<u16>,
    /// The group of the key exchange, its IANA number.
    pub group: Option<u16>,
    /// The protocol agreed on by ALPN.
    pub alpn: Option<Box<[u8]>>,
    /// The server name that the client sent, or that was sent to the server.
    pub sni: Option<Box<str>>,
    /// Whether an earlier session was resumed.
    pub is_resumed: bool,
    /// Whether early data came with the hello and was taken (`ssl_fc_early_rcvd`).
    pub has_early_data: bool,
    /// The certificate that this side showed.
    pub own: Option<Arc<KeyPair>>,
    /// The certificates that the peer showed, its own first; empty without one.
    pub peer_chain: Vec<CertificateDer<'static>>,
    /// What checking the peer's certificate came to.
    pub verification: Verification,
    /// What was kept of the hellos, where the configuration asks for it.
    pub hello: Option<Box<Hello>>,
    /// Secrets by their label in key log files (`CLIENT_HANDSHAKE_TRAFFIC_SECRET`, ..., `CLIENT_RANDOM` for the master
    /// secret of TLS 1.2), under `tune.ssl.keylog`.
    pub secrets: Vec<(&'static str, Box<[u8]>)>,
    /// The channel binding `tls-exporter` (RFC 9266; `ssl_fc_unique_id`).
    pub channel_binding: Option<Box<[u8]>>,
    /// What ended the handshake, if it failed.
    pub failure: Option<crate::failure::HandshakeFailure>,
}

impl Facts {
    /// The peer's own certificate, DER.
    #[must_use]
    pub fn peer(&self) -> Option<&[u8]> {
        self.peer_chain.first().map(AsRef::as_ref)
    }
}

/// The hellos of a handshake.
#[derive(Debug, Clone, Default)]
pub struct Hello {
    /// The body of the client's hello (behind the four bytes of the handshake header); read it with
    /// [`crate::hello::ClientHello::parse`]. Empty if not kept.
    pub client: Box<[u8]>,
    /// The client's random.
    pub client_random: [u8; 32],
    /// The server's random.
    pub server_random: [u8; 32],
    /// The session id that the server chose.
    pub session_id: Box<[u8]>,
}
