//! What a handshake needs and finds out; dropped when it is over.

use std::sync::Arc;

use rustls::server::{Accepted, AcceptedAlert, Acceptor};
use rustls::{CommonState, Connection, HandshakeKind, ProtocolVersion, ServerConnection};
use rustls_pki_types::CertificateDer;

use crate::facts::{Facts, Hello};
use crate::failure::HandshakeFailure;
use crate::hello::{ClientHello, Pairs};
use crate::served::Served;
use crate::server::Refusal;
use crate::verify::{self, Verification};
use crate::version::Version;
use crate::{client, server, session};

/// A hello may be this long (rustls takes no longer handshake message), in bytes.
const HELLO_BYTES_MAX: usize = 65_536 + 1024;
/// Descriptions of alerts (RFC 8446 section 6, RFC 6066 section 3, RFC 7507 section 3).
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;
const INAPPROPRIATE_FALLBACK: u8 = 86;
const UNRECOGNIZED_NAME: u8 = 112;
/// The random of a hello that asks for another key share (RFC 8446 section 4.1.3): its first bytes.
const RETRY_RANDOM: [u8; 4] = [0xcf, 0x21, 0xad, 0x74];

/// Which side this is.
#[derive(Default)]
enum Side {
    #[default]
    None,
    Server {
        context: Arc<server::Context>,
        acceptor: Box<Acceptor>,
        /// The certificate that answers.
        chosen: Option<server::Chosen>,
    },
    Client {
        context: Arc<client::Context>,
        sni: Option<Box<str>>,
    },
}

/// One handshake.
#[derive(Default)]
pub(crate) struct Handshake {
    side: Side,
    /// The records of the client's hello, where they are kept.
    hello: Vec<u8>,
    server_hello: Option<([u8; 32], Box<[u8]>)>,
    verification: Option<Verification>,
    /// The peer's chain, if it was refused.
    refused: Vec<CertificateDer<'static>>,
    secrets: Vec<(&'static str, Box<[u8]>)>,
    has_early_data: bool,
    sni: Option<Box<str>>,
}

/// What became of the bytes of a client's hello.
pub(crate) enum Outcome {
    /// More are needed.
    More,
    /// It is whole, and this goes on with it.
    Go(Box<ServerConnection>),
    /// The same, for a connection of which nothing is kept but its data.
    Serve(Box<Served>),
    /// It is refused; the alert is for the client.
    Refused { failure: HandshakeFailure, alert: Vec<u8> },
}

impl Handshake {
    pub(crate) fn server(context: Arc<server::Context>) -> Self {
        let side = Side::Server { context, acceptor: Box::default(), chosen: None };
        Handshake { side, ..Handshake::default() }
    }

    pub(crate) fn client(context: Arc<client::Context>, sni: Option<&str>) -> Self {
        let side = Side::Client { context, sni: sni.map(Box::from) };
        Handshake { side, ..Handshake::default() }
    }

    /// Whether a server was told which name is wanted of it.
    pub(crate) fn has_sent_name(&self) -> bool {
        matches!(&self.side, Side::Client { sni: Some(_), .. })
    }

    /// The check that refused the peer's certificate.
    pub(crate) fn refused(&self) -> Option<&Verification> {
        self.verification.as_ref()
    }

    /// Reads the client's hello out of `pending`; what it does not need stays there.
    pub(crate) fn hello(&mut self, pending: &mut Vec<u8>) -> Outcome {
        if is_http(pending) {
            let failure = HandshakeFailure::clear_text();
            return Outcome::Refused { failure, alert: Vec::new() };
        }
        let accepted = match self.accept(pending) {
            Ok(accepted) => accepted,
            Err(outcome) => return outcome,
        };
        let hello = accepted.client_hello();
        self.sni = hello.server_name().map(Box::from);
        let Side::Server { context, chosen, .. } = &mut self.side else { return Outcome::More };
        let choice = match context.choose(&hello) {
            Ok(choice) => choice,
            Err(refusal) => return not_served(&refusal),
        };
        let config = choice.config.clone();
        *chosen = Some(choice);
        if !context.keeps_hello() {
            return match Served::new(config, self.hello.clone()) {
                Ok(served) => Outcome::Serve(Box::new(served)),
                Err(error) => self.refuse(&error, Vec::new()),
            };
        }
        match accepted.into_connection(config) {
            Ok(tls) => {
                self.collect();
                Outcome::Go(Box::new(tls))
            }
            Err((error, alert)) => self.refuse(&error, bytes_of(alert)),
        }
    }

    /// Takes the hello out of `pending` once it is whole.
    fn accept(&mut self, pending: &mut Vec<u8>) -> Result<Accepted, Outcome> {
        let Side::Server { acceptor, .. } = &mut self.side else { return Err(Outcome::More) };
        let mut rest = &pending[..];
        let accepted = loop {
            if rest.is_empty() {
                self.hello.append(pending);
                if self.hello.len() > HELLO_BYTES_MAX {
                    return Err(refuse(&rustls::Error::PeerSentOversizedRecord, Vec::new()));
                }
                return Err(Outcome::More);
            }
            // An error means that more is buffered than a hello may have; `accept` has said so before.
            let _ = acceptor.read_tls(&mut rest);
            match acceptor.accept() {
                Ok(None) => {}
                Ok(Some(accepted)) => break accepted,
                Err((error, alert)) => {
                    self.hello.append(pending);
                    return Err(self.refuse(&error, bytes_of(alert)));
                }
            }
        };
        let used = pending.len() - rest.len();
        self.hello.extend(pending.drain(..used));
        Ok(accepted)
    }

    /// A hello that rustls refuses. Of an old client it says what is missing first; OpenSSL says that it is too old.
    fn refuse(&self, error: &rustls::Error, alert: Vec<u8>) -> Outcome {
        let failure = HandshakeFailure::of(error, None);
        match self.offered() {
            Some(version) if !version.is_spoken() => Outcome::Refused {
                failure: HandshakeFailure::old_version(),
                alert: fatal(Version::Tls10, PROTOCOL_VERSION),
            },
            Some(Version::Tls12) => Outcome::Refused { failure: failure.before_tls13(), alert },
            Some(_) | None => Outcome::Refused { failure, alert },
        }
    }

    /// The highest version in the client's hello that OpenSSL has a name for.
    pub(crate) fn offered(&self) -> Option<Version> {
        let body = hello_body(&self.hello);
        let hello = ClientHello::parse(&body)?;
        let later = Pairs::of(hello.supported_versions().unwrap_or_default());
        let known = |wire: u16| Version::ALL.into_iter().find(|version| version.wire() == wire);
        later.chain([hello.version()]).filter_map(known).max()
    }

    /// Takes what verifiers and the log of secrets have left for this connection.
    fn collect(&mut self) {
        if let Some(verification) = verify::take_last() {
            self.verification = Some(verification);
            self.refused = verify::take_refused();
        }
        self.secrets.append(&mut session::take_secrets());
    }

    /// Whether a client whose session is resumed may come in, as if it came anew.
    pub(crate) fn admit(&mut self, tls: &CommonState) -> Result<(), HandshakeFailure> {
        self.collect();
        let Side::Server { chosen: Some(chosen), .. } = &self.side else { return Ok(()) };
        if self.verification.is_some() || tls.handshake_kind() != Some(HandshakeKind::Resumed) {
            return Ok(());
        }
        match chosen.admit_again(tls.peer_certificates().unwrap_or_default()) {
            Ok(verification) => {
                self.verification = Some(verification);
                Ok(())
            }
            Err(None) => Err(HandshakeFailure::of(&rustls::Error::NoCertificatesPresented, None)),
            Err(Some(refused)) => {
                let why = rustls::CertificateError::ApplicationVerificationFailure;
                let failure = HandshakeFailure::of(&rustls::Error::InvalidCertificate(why), Some(&refused));
                self.verification = Some(refused);
                Err(failure)
            }
        }
    }

    /// Notes what the last step found out.
    pub(crate) fn note(&mut self) {
        self.collect();
    }

    fn keeps_hello(&self) -> bool {
        match &self.side {
            Side::None => false,
            Side::Server { context, .. } => context.keeps_hello(),
            Side::Client { context, .. } => context.keeps_hello(),
        }
    }

    /// Sees records on their way to the peer, for the hello among them.
    pub(crate) fn sent(&mut self, bytes: &[u8]) {
        match &self.side {
            Side::Server { .. } => self.note_server_hello(bytes),
            Side::Client { .. } if self.hello.is_empty() && self.keeps_hello() => {
                self.hello.extend_from_slice(bytes);
            }
            Side::Client { .. } | Side::None => {}
        }
    }

    /// Sees what comes from the peer, for the server's hello.
    pub(crate) fn received(&mut self, bytes: &[u8]) {
        if let Side::Client { .. } = self.side {
            self.note_server_hello(bytes);
        }
    }

    fn note_server_hello(&mut self, bytes: &[u8]) {
        if self.server_hello.is_none() && self.keeps_hello() {
            self.server_hello = server_hello(bytes);
        }
    }

    /// What is known when the client's hello was refused.
    pub(crate) fn early_facts(&mut self) -> Facts {
        Facts {
            sni: self.sni.clone(),
            verification: self.verification.clone().unwrap_or_default(),
            ..Facts::default()
        }
    }

    /// What the handshake found out.
    pub(crate) fn facts(&mut self, tls: &mut Connection) -> Facts {
        if let Connection::Server(server) = tls {
            self.has_early_data |= server.early_data().is_some();
        }
        let mut facts = self.facts_of(tls);
        if self.keeps_hello() {
            facts.hello = Some(Box::new(self.hellos()));
            facts.channel_binding = channel_binding(tls);
        }
        if let Connection::Client(client) = tls {
            facts.has_early_data = client.is_early_data_accepted();
        }
        facts
    }

    /// The same of a client's connection of which nothing is kept but its data.
    pub(crate) fn facts_of_served(&mut self, served: &Served) -> Facts {
        self.has_early_data |= served.has_early_data();
        self.facts_of(served.common())
    }

    fn facts_of(&mut self, tls: &CommonState) -> Facts {
        self.collect();
        let mut facts = self.early_facts();
        facts.version = tls.protocol_version().and_then(version);
        facts.suite = tls.negotiated_cipher_suite().map(|suite| u16::from(suite.suite()));
        facts.group = tls.negotiated_key_exchange_group().map(|group| u16::from(group.name()));
        facts.alpn = tls.alpn_protocol().map(Box::from);
        facts.is_resumed = tls.handshake_kind() == Some(HandshakeKind::Resumed);
        facts.has_early_data = self.has_early_data;
        facts.peer_chain = match tls.peer_certificates() {
            Some(chain) => chain.to_vec(),
            // OpenSSL tells a client's certificate that was refused, and no server's.
            None if matches!(self.side, Side::Server { .. }) => std::mem::take(&mut self.refused),
            None => Vec::new(),
        };
        facts.secrets = std::mem::take(&mut self.secrets);
        match &self.side {
            Side::None => {}
            Side::Server { chosen, .. } => {
                if let Some(chosen) = chosen {
                    facts.own = Some(chosen.pair.clone());
                }
            }
            Side::Client { context, sni } => {
                facts.own = context.certificate().cloned();
                facts.sni = sni.clone();
            }
        }
        facts
    }

    fn hellos(&mut self) -> Hello {
        let client = hello_body(&self.hello);
        let mut client_random = [0; 32];
        if let Some(random) = client.get(2..34) {
            client_random.copy_from_slice(random);
        }
        let (server_random, session_id) = self.server_hello.clone().unwrap_or_default();
        Hello { client: client.into(), client_random, server_random, session_id }
    }
}

/// A hello that nothing here can serve.
fn not_served(refusal: &Refusal) -> Outcome {
    let (failure, description) = match refusal {
        Refusal::UnknownHost => (HandshakeFailure::unknown_host(), UNRECOGNIZED_NAME),
        Refusal::FallenBack => (HandshakeFailure::fallen_back(), INAPPROPRIATE_FALLBACK),
        Refusal::NoSharedSignature => (HandshakeFailure::no_shared_signature(), HANDSHAKE_FAILURE),
        Refusal::NoSignature => (HandshakeFailure::no_signature(), HANDSHAKE_FAILURE),
        Refusal::NoCipher => (HandshakeFailure::no_cipher(), HANDSHAKE_FAILURE),
    };
    Outcome::Refused { failure, alert: fatal(Version::Tls12, description) }
}

/// An alert of rustls as it is sent.
fn bytes_of(mut alert: AcceptedAlert) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = alert.write_all(&mut bytes);
    bytes
}

/// The channel binding of RFC 9266, once the handshake is over.
fn channel_binding(tls: &Connection) -> Option<Box<[u8]>> {
    let bytes = tls.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None).ok()?;
    Some(Box::new(bytes))
}

/// A fatal alert in a record of its own, of a version that the client knows.
fn fatal(version: Version, description: u8) -> Vec<u8> {
    let [major, minor] = version.wire().to_be_bytes();
    vec![21, major, minor, 0, 2, 2, description]
}

fn refuse(error: &rustls::Error, alert: Vec<u8>) -> Outcome {
    Outcome::Refused { failure: HandshakeFailure::of(error, None), alert }
}

/// Whether these are the first bytes of an HTTP request instead of a record.
fn is_http(bytes: &[u8]) -> bool {
    const METHODS: [&[u8]; 6] = [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"CONNECT "];
    METHODS.iter().any(|method| bytes.starts_with(method))
}

fn version(version: ProtocolVersion) -> Option<Version> {
    Version::ALL.into_iter().find(|known| known.wire() == u16::from(version))
}

/// The body of the first handshake message in these records.
fn hello_body(mut records: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(records.len());
    while let [_, _, _, high, low, rest @ ..] = records {
        let len = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        message.extend_from_slice(&rest[..len]);
        records = &rest[len..];
    }
    let [_, l1, l2, l3, body @ ..] = &message[..] else { return Vec::new() };
    let len = usize::from(*l1) << 16 | usize::from(*l2) << 8 | usize::from(*l3);
    body[..len.min(body.len())].to_vec()
}

/// Random and session id of a server's hello that begins these bytes, unless it asks for another key share.
fn server_hello(bytes: &[u8]) -> Option<([u8; 32], Box<[u8]>)> {
    let [22, 3, _, _, _, 2, _, _, _, _, _, rest @ ..] = bytes else { return None };
    let (random, rest) = rest.split_first_chunk::<32>()?;
    let (len, rest) = rest.split_first()?;
    let id = rest.get(..usize::from(*len))?;
    if random.starts_with(&RETRY_RANDOM) { None } else { Some((*random, id.into())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_put_together_from_records() {
        let records = [&[22, 3, 1, 0, 6, 1, 0, 0, 4, b'a', b'b'][..], &[22, 3, 1, 0, 2, b'c', b'd']].concat();
        assert_eq!(hello_body(&records), b"abcd");
        for cut in 0..records.len() {
            let _ = hello_body(&records[..cut]);
        }
    }

    #[test]
    fn a_server_s_hello_is_read_as_far_as_its_session_id() {
        let mut hello = vec![22, 3, 3, 0, 40, 2, 0, 0, 36, 3, 3];
        hello.extend_from_slice(&[7; 32]);
        hello.extend_from_slice(&[2, 8, 9, 0]);
        assert_eq!(server_hello(&hello), Some(([7; 32], Box::from([8, 9]))));
        for cut in 0..46 {
            assert_eq!(server_hello(&hello[..cut]), None);
        }
    }
}
