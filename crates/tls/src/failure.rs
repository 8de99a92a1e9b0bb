//! Why a handshake failed, in OpenSSL's words (`ssl_fc_err`, `ssl_fc_err_str`).

/// A handshake that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeFailure {
    /// OpenSSL's packed error number: library 20 in the upper bits, the reason in the lower 23.
    pub code: u32,
    /// OpenSSL's text: `error:0A00017A:SSL routines::wrong curve`.
    pub text: Box<str>,
}
