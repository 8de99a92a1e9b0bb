//! What a `server` line says about the PROXY protocol towards the server (configuration manual, chapter 5.2).

use std::sync::Arc;

use sample::logformat::LogFormat;

/// `send-proxy` and the words around it.
#[derive(Debug, Clone, Default)]
pub struct SendProxy {
    /// `send-proxy`.
    pub is_v1: bool,
    /// `send-proxy-v2` and its variants; counts before version 1.
    pub is_v2: bool,
    /// `proxy-v2-options` and what the variants of `send-proxy-v2` include of it.
    pub v2: ProxyV2Options,
    /// `set-proxy-v2-tlv-fmt`: fields in their order.
    pub tlvs: Vec<ProxyTlvFormat>,
}

impl SendProxy {
    /// Whether connections begin with a header at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_v1 || self.is_v2
    }
}

/// What version 2 tells besides addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProxyV2Options {
    /// `ssl`: version of the client's TLS, and whether a certificate came.
    pub ssl: bool,
    /// `cert-cn`: the name in the client's certificate.
    pub cert_cn: bool,
    /// `ssl-cipher`: the cipher's name.
    pub ssl_cipher: bool,
    /// `cert-sig`: the algorithm that signed the own certificate.
    pub cert_sig: bool,
    /// `cert-key`: kind and size of the own certificate's key.
    pub cert_key: bool,
    /// `authority`: the host name that the client asked for.
    pub authority: bool,
    /// `crc32c`: a checksum.
    pub crc32c: bool,
    /// `unique-id`.
    pub unique_id: bool,
}

/// One `set-proxy-v2-tlv-fmt`.
#[derive(Debug, Clone)]
pub struct ProxyTlvFormat {
    /// The field's type.
    pub kind: u8,
    /// Its value.
    pub format: Arc<LogFormat>,
}
