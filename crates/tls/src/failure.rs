//! Why a handshake failed, in OpenSSL's words (`ssl_fc_err`, `ssl_fc_err_str`) and as HAProxy classes it (`fc_err`).

use std::io;

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use crate::verify::Verification;

/// What kind of failure it was (configuration manual, chapter 7.3.3 "fc_err_str").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The peer closed before its hello was there.
    Empty,
    /// The peer closed, or its connection broke, in the middle.
    Abort,
    /// An authority in the peer's chain was refused.
    Authority,
    /// The peer's own certificate was refused.
    Certificate,
    /// The server's certificate is for another name than `verifyhost`.
    Mismatch,
    /// The server's certificate is for another name than the one that was sent.
    MismatchSni,
    /// Anything else that TLS objects to.
    Handshake,
}

/// A handshake that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeFailure {
    /// Its class.
    pub kind: FailureKind,
    /// OpenSSL's packed error number: library 20 in the upper bits, the reason in the lower 23. 0: none.
    pub code: u32,
    /// OpenSSL's text, as in `error:0A00017A:SSL routines::wrong curve`; empty with code 0.
    pub text: Box<str>,
}

/// OpenSSL's number of its TLS library, in its place.
const LIBRARY: u32 = 20 << 23;
/// What OpenSSL adds to an alert that was received, to make a reason of it.
const ALERT: u32 = 1000;

/// A reason of OpenSSL's: its number and its words.
type Reason = (u32, &'static str);

const BAD_EXTENSION: Reason = (110, "bad extension");
const BAD_SIGNATURE: Reason = (123, "bad signature");
const CALLBACK_FAILED: Reason = (234, "callback failed");
const CERTIFICATE_VERIFY_FAILED: Reason = (134, "certificate verify failed");
const DECODE_ERROR: Reason = (158, "bad packet");
const DECRYPTION_FAILED: Reason = (281, "decryption failed or bad record mac");
const FALLEN_BACK: Reason = (373, "inappropriate fallback");
const HTTP_REQUEST: Reason = (156, "http request");
const INTERNAL: Reason = (786_691, "internal error");
const NO_CERTIFICATE: Reason = (199, "peer did not return a certificate");
const NO_KEY_SHARE: Reason = (101, "no suitable key share");
const NO_PROTOCOL: Reason = (235, "no application protocol");
const NO_SHARED_CIPHER: Reason = (193, "no shared cipher");
const NO_SHARED_SIGNATURE: Reason = (376, "no shared signature algorithms");
const NO_SIGNATURE: Reason = (118, "no suitable signature algorithm");
const RECORD_TOO_LONG: Reason = (198, "packet length too long");
const UNEXPECTED_MESSAGE: Reason = (244, "unexpected message");
const UNSUPPORTED_PROTOCOL: Reason = (258, "unsupported protocol");
pub(crate) const WRONG_CURVE: Reason = (378, "wrong curve");
const WRONG_VERSION: Reason = (267, "wrong version number");

/// What a verifier of this crate puts into [`Error::General`] for a client's curve that is not allowed.
pub(crate) const WRONG_CURVE_MARK: &str = "wrong curve";

impl HandshakeFailure {
    fn reason(kind: FailureKind, (number, words): Reason) -> Self {
        let code = LIBRARY | number;
        HandshakeFailure { kind, code, text: format!("error:{code:08X}:SSL routines::{words}").into() }
    }

    /// A client that names no host of ours, under `strict-sni`.
    pub(crate) fn unknown_host() -> Self {
        Self::reason(FailureKind::Handshake, CALLBACK_FAILED)
    }

    /// What rustls says; `refused`: the certificate check that said no.
    pub(crate) fn of(error: &Error, refused: Option<&Verification>) -> Self {
        if let Error::InvalidCertificate(why) = error {
            return Self::reason(kind_of_refusal(why, refused), CERTIFICATE_VERIFY_FAILED);
        }
        if let Error::AlertReceived(alert) = error {
            return Self::reason(FailureKind::Handshake, reason_of_alert(*alert));
        }
        Self::reason(FailureKind::Handshake, reason_of(error))
    }

    /// The same where no name was sent: a certificate for another one is for another one than `verifyhost`.
    pub(crate) fn without_name(mut self) -> Self {
        if self.kind == FailureKind::MismatchSni {
            self.kind = FailureKind::Mismatch;
        }
        self
    }

    /// The same for a client that does not know TLS 1.3, of which OpenSSL never misses a key share.
    pub(crate) fn before_tls13(self) -> Self {
        if self.code == LIBRARY | NO_KEY_SHARE.0 {
            return Self::reason(self.kind, NO_SHARED_CIPHER);
        }
        self
    }

    /// A client that says it has fallen back to this version, although both sides know a newer one (RFC 7507).
    pub(crate) fn fallen_back() -> Self {
        Self::reason(FailureKind::Handshake, FALLEN_BACK)
    }

    /// A client that knows none of the signature algorithms of `sigalgs`.
    pub(crate) fn no_shared_signature() -> Self {
        Self::reason(FailureKind::Handshake, NO_SHARED_SIGNATURE)
    }

    /// A client that knows no signature algorithm that our key may sign with.
    pub(crate) fn no_signature() -> Self {
        Self::reason(FailureKind::Handshake, NO_SIGNATURE)
    }

    /// A client whose cipher suites are all for other keys than ours.
    pub(crate) fn no_cipher() -> Self {
        Self::reason(FailureKind::Handshake, NO_SHARED_CIPHER)
    }

    /// A client that knows no version that is spoken here.
    pub(crate) fn old_version() -> Self {
        Self::reason(FailureKind::Handshake, UNSUPPORTED_PROTOCOL)
    }

    /// Bytes that are HTTP instead of TLS.
    pub(crate) fn clear_text() -> Self {
        Self::reason(FailureKind::Handshake, HTTP_REQUEST)
    }

    /// The peer closed; `has_begun`: behind a hello.
    pub(crate) fn closed(has_begun: bool) -> Self {
        let kind = if has_begun { FailureKind::Abort } else { FailureKind::Empty };
        HandshakeFailure { kind, code: 0, text: "".into() }
    }

    /// The connection broke.
    pub(crate) fn lost(error: &io::Error) -> Self {
        HandshakeFailure { kind: FailureKind::Abort, code: 0, text: error.to_string().into() }
    }
}

fn kind_of_refusal(why: &CertificateError, refused: Option<&Verification>) -> FailureKind {
    if let CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } = why {
        return FailureKind::MismatchSni;
    }
    match refused {
        Some(refused) if refused.depth > 0 => FailureKind::Authority,
        Some(_) => FailureKind::Certificate,
        None => FailureKind::Handshake,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls's errors are open; what has no counterpart is internal"
)]
fn reason_of(error: &Error) -> Reason {
    match error {
        Error::PeerIncompatible(why) => reason_of_incompatibility(why),
        Error::NoCertificatesPresented => NO_CERTIFICATE,
        Error::DecryptError => DECRYPTION_FAILED,
        Error::NoApplicationProtocol => NO_PROTOCOL,
        Error::InvalidMessage(rustls::InvalidMessage::UnknownProtocolVersion) => WRONG_VERSION,
        Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => WRONG_VERSION,
        Error::InvalidMessage(rustls::InvalidMessage::MessageTooLarge) => RECORD_TOO_LONG,
        Error::PeerSentOversizedRecord => RECORD_TOO_LONG,
        Error::InvalidMessage(_) => DECODE_ERROR,
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            UNEXPECTED_MESSAGE
        }
        Error::General(text) if text == WRONG_CURVE_MARK => WRONG_CURVE,
        Error::InvalidCertificate(CertificateError::BadSignature) => BAD_SIGNATURE,
        Error::PeerMisbehaved(_) => BAD_EXTENSION,
        _ => INTERNAL,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls's errors are open; the rest are extensions that are missing"
)]
fn reason_of_incompatibility(why: &PeerIncompatible) -> Reason {
    match why {
        PeerIncompatible::NoCipherSuitesInCommon => NO_SHARED_CIPHER,
        PeerIncompatible::NoKxGroupsInCommon | PeerIncompatible::KeyShareExtensionRequired => NO_KEY_SHARE,
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired => NO_SIGNATURE,
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => UNSUPPORTED_PROTOCOL,
        _ => NO_SHARED_CIPHER,
    }
}

/// OpenSSL names the alerts that TLS took over from SSL 3.0 otherwise than those that came later.
fn reason_of_alert(alert: AlertDescription) -> Reason {
    let number = u8::from(alert);
    let words = match number {
        10 => "sslv3 alert unexpected message",
        20 => "sslv3 alert bad record mac",
        21 => "tlsv1 alert decryption failed",
        22 => "tlsv1 alert record overflow",
        30 => "sslv3 alert decompression failure",
        40 => "sslv3 alert handshake failure",
        41 => "sslv3 alert no certificate",
        42 => "sslv3 alert bad certificate",
        43 => "sslv3 alert unsupported certificate",
        44 => "sslv3 alert certificate revoked",
        45 => "sslv3 alert certificate expired",
        46 => "sslv3 alert certificate unknown",
        47 => "sslv3 alert illegal parameter",
        48 => "tlsv1 alert unknown ca",
        49 => "tlsv1 alert access denied",
        50 => "tlsv1 alert decode error",
        51 => "tlsv1 alert decrypt error",
        60 => "tlsv1 alert export restriction",
        70 => "tlsv1 alert protocol version",
        71 => "tlsv1 alert insufficient security",
        80 => "tlsv1 alert internal error",
        86 => "tlsv1 alert inappropriate fallback",
        90 => "tlsv1 alert user cancelled",
        100 => "tlsv1 alert no renegotiation",
        109 => "tlsv13 alert missing extension",
        110 => "tlsv1 unsupported extension",
        112 => "tlsv1 unrecognized name",
        113 => "tlsv1 bad certificate status response",
        115 => "tlsv1 alert unknown psk identity",
        116 => "tlsv13 alert certificate required",
        120 => "tlsv1 alert no application protocol",
        _ => "unknown alert type",
    };
    (ALERT + u32::from(number), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_openssl() {
        let text = |error: &Error| HandshakeFailure::of(error, None).text;
        let curve = Error::General(WRONG_CURVE_MARK.to_owned());
        assert_eq!(&*text(&curve), "error:0A00017A:SSL routines::wrong curve");
        let unknown = Error::AlertReceived(AlertDescription::UnknownCA);
        assert_eq!(&*text(&unknown), "error:0A000418:SSL routines::tlsv1 alert unknown ca");
        let cipher = Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon);
        assert_eq!(&*text(&cipher), "error:0A0000C1:SSL routines::no shared cipher");
        let version = Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered);
        assert_eq!(&*text(&version), "error:0A000102:SSL routines::unsupported protocol");
    }

    #[test]
    fn a_refusal_is_the_authority_s_or_the_certificate_s() {
        let error = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let at = |depth| Verification { depth, ..Verification::default() };
        assert_eq!(HandshakeFailure::of(&error, Some(&at(1))).kind, FailureKind::Authority);
        assert_eq!(HandshakeFailure::of(&error, Some(&at(0))).kind, FailureKind::Certificate);
    }
}
