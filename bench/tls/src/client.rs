//! One client connection: TLS 1.3 by rustls, requests one after the other, each answer checked.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};

use crate::Trouble;
use crate::answer::{Answer, Connection, Progress, request};
use crate::certificates::Host;

/// Bytes that are taken from a connection at once: more than an answer has.
const READ_BYTES: usize = 8192;

/// What all connections share: nothing is resumed, and time is not spent on checking signatures. What a proxy shows is
/// compared with the certificate that it should show.
pub(crate) fn tls_config() -> Result<Arc<ClientConfig>, Trouble> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(Trouble::of("TLS 1.3"))?;
    let mut config =
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Unchecked)).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Takes any certificate: [`Client`] compares it.
#[derive(Debug)]
struct Unchecked;

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

/// What a turn of a connection came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// It waits for the proxy.
    Waiting,
    /// An answer is complete.
    Answered,
    /// The connection is of no use any more.
    Broken(&'static str),
}

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    tls: ClientConnection,
    answer: Answer,
    connection: Connection,
    request: Vec<u8>,
    /// What the proxy has to show; nothing when it has been compared.
    expected: Option<CertificateDer<'static>>,
    is_waiting: bool,
}

impl Client {
    /// Connects, and sends the hello; nothing is waited for.
    pub(crate) fn connect(
        port: u16,
        config: &Arc<ClientConfig>,
        host: &Host,
        connection: Connection,
    ) -> Result<Client, Trouble> {
        let name = ServerName::try_from(host.name.clone()).map_err(Trouble::of("a host's name"))?;
        let tls = ClientConnection::new(config.clone(), name).map_err(Trouble::of("TLS"))?;
        // On the loopback the kernel answers for the listener at once.
        let stream =
            TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).map_err(Trouble::of("connect"))?;
        let prepared = stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true));
        prepared.map_err(Trouble::of("a socket"))?;
        let mut client = Client {
            stream,
            tls,
            answer: Answer::default(),
            connection,
            request: request(&host.name, connection),
            expected: Some(host.certificate.clone()),
            is_waiting: true,
        };
        client.flush().map_err(Trouble::of("a hello"))?;
        Ok(client)
    }

    /// The socket, to be watched for input.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether it is asked more than once.
    pub(crate) fn connection(&self) -> Connection {
        self.connection
    }

    /// Whether an answer is to come.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Sends the next request.
    pub(crate) fn ask(&mut self) -> Event {
        self.is_waiting = true;
        let wrote = io::Write::write_all(&mut self.tls.writer(), &self.request);
        match wrote.and_then(|()| self.flush()) {
            Ok(()) => Event::Waiting,
            Err(_) => Event::Broken("write"),
        }
    }

    /// Takes what has come, once: who watches the socket is told if there is more. The first request goes out with the
    /// end of the handshake.
    pub(crate) fn on_input(&mut self, body: &[u8]) -> Event {
        match self.tls.read_tls(&mut self.stream) {
            Ok(0) => return Event::Broken("closed"),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Event::Waiting,
            Err(_) => return Event::Broken("read"),
        }
        if self.tls.process_new_packets().is_err() {
            return Event::Broken("tls");
        }
        if self.expected.is_some() && !self.tls.is_handshaking() {
            let shown = self.tls.peer_certificates().and_then(<[_]>::first);
            if shown != self.expected.take().as_ref() {
                return Event::Broken("certificate");
            }
            return self.ask();
        }
        if self.flush().is_err() {
            return Event::Broken("write");
        }
        self.take_answer(body)
    }

    fn take_answer(&mut self, body: &[u8]) -> Event {
        let mut buffer = [0; READ_BYTES];
        let mut event = Event::Waiting;
        loop {
            match self.tls.reader().read(&mut buffer) {
                Ok(0) => break,
                Ok(_) if event == Event::Answered => return Event::Broken("surplus"),
                Ok(got) => match self.answer.push(&buffer[..got], body) {
                    Progress::Done => {
                        self.is_waiting = false;
                        event = Event::Answered;
                    }
                    Progress::Partial => {}
                    Progress::Wrong(what) => return Event::Broken(what),
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return Event::Broken("truncated"),
            }
        }
        event
    }

    /// Writes what there is; it is so little that a socket takes it at once.
    fn flush(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.stream)?;
        }
        Ok(())
    }
}
