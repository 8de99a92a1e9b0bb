//! What ends connections, by HAProxy's numbers, names and texts (`fc_err`, `fc_err_str`; configuration manual, chapters
//! 7.3.3 and 8.2.6). Tools and error logs match them, so that they are what they are.

use std::io;

use tls::failure::FailureKind;

/// What ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ConnError {
    /// `maxconn` of the process is reached.
    ConfFdLimit = 1,
    /// The process may open no more sockets.
    ProcFdLimit = 2,
    /// The system may open no more sockets.
    SysFdLimit = 3,
    /// The kernel has no memory for another socket.
    SysMemLimit = 4,
    /// The kernel does not know this kind of address.
    NoProto = 5,
    /// Any other error of a socket.
    SockErr = 6,
    /// All ports that `source` names are in use.
    PortRange = 7,
    /// The address of `source` cannot be bound to.
    CantBind = 8,
    /// The kernel has no free port.
    FreePorts = 9,
    /// The local address is in use.
    AddrInUse = 10,
    /// Closed before a PROXY protocol header.
    PrxEmpty = 11,
    /// Reset before a PROXY protocol header.
    PrxAbort = 12,
    /// No PROXY protocol header came in time.
    PrxTimeout = 13,
    /// Closed within a PROXY protocol header.
    PrxTruncated = 14,
    /// Something else came in place of a PROXY protocol header.
    PrxNotHdr = 15,
    /// A PROXY protocol header with a mistake came.
    PrxBadHdr = 16,
    /// A PROXY protocol header for another transport came.
    PrxBadProto = 17,
    /// Closed before a NetScaler header.
    CipEmpty = 18,
    /// Reset before a NetScaler header.
    CipAbort = 19,
    /// No NetScaler header came in time.
    CipTimeout = 20,
    /// Closed within a NetScaler header.
    CipTruncated = 21,
    /// A NetScaler header with another number than `accept-netscaler-cip` asks for.
    CipBadMagic = 22,
    /// A NetScaler header for another transport came.
    CipBadProto = 23,
    /// Closed during the handshake.
    SslEmpty = 24,
    /// Reset during the handshake.
    SslAbort = 25,
    /// The handshake took too long.
    SslTimeout = 26,
    /// `maxsslconn` is reached.
    SslTooMany = 27,
    /// No memory for another TLS connection.
    SslNoMem = 28,
    /// The client asked for another handshake.
    SslReneg = 29,
    /// An authority in the client's chain is not trusted.
    SslCaFail = 30,
    /// The client's own certificate is not trusted.
    SslCrtFail = 31,
    /// The server is not the one that `verifyhost` names.
    SslMismatch = 32,
    /// The server is not the one whose name was sent.
    SslMismatchSni = 33,
    /// The handshake failed; `ssl_fc_err_str` says why.
    SslHandshake = 34,
    /// The handshake failed behind a heartbeat.
    SslHandshakeHb = 35,
    /// An attack by heartbeats was stopped.
    SslKilledHb = 36,
    /// Neither client nor server.
    SslNoTarget = 37,
    /// The server took no early data.
    SslEarlyFailed = 38,
    /// A SOCKS proxy could not be asked.
    Socks4Send = 39,
    /// A SOCKS proxy did not answer.
    Socks4Recv = 40,
    /// A SOCKS proxy refused.
    Socks4Deny = 41,
    /// A SOCKS proxy closed.
    Socks4Abort = 42,
    /// TLS failed behind the handshake.
    SslFatal = 43,
    /// A connection that was to be reversed failed.
    Reverse = 45,
    /// The poller saw an error.
    PollErr = 46,
    /// `ECONNREFUSED`.
    Refused = 47,
    /// `ECONNRESET`.
    Reset = 48,
    /// `EHOSTUNREACH` or `ENETUNREACH`.
    Unreachable = 49,
    /// `ENOMEM`.
    NoMem = 50,
    /// `EBADF`.
    BadFd = 51,
    /// `EFAULT`.
    Fault = 52,
    /// `EINVAL`.
    Invalid = 53,
    /// `ENOTCONN`.
    NotConnected = 54,
    /// `ENOTSOCK`.
    NotSocket = 55,
    /// `ENOBUFS`.
    NoBufs = 56,
    /// `EPIPE`.
    BrokenPipe = 57,
    /// The peer changed keys without end.
    SslKeyUpdate = 58,
}

/// Number, short name and text of each.
static TABLE: &[(ConnError, &str, &str)] = &[
    (ConnError::ConfFdLimit, "CONF_FDLIM", "Reached configured maxconn value"),
    (ConnError::ProcFdLimit, "PROC_FDLIM", "Too many sockets on the process"),
    (ConnError::SysFdLimit, "SYS_FDLIM", "Too many sockets on the system"),
    (ConnError::SysMemLimit, "SYS_MEMLIM", "Out of system buffers"),
    (ConnError::NoProto, "NOPROTO", "Protocol or address family not supported"),
    (ConnError::SockErr, "SOCK_ERR", "General socket error"),
    (ConnError::PortRange, "PORT_RANGE", "Source port range exhausted"),
    (ConnError::CantBind, "CANT_BIND", "Can't bind to source address"),
    (ConnError::FreePorts, "FREE_PORTS", "Out of local source ports on the system"),
    (ConnError::AddrInUse, "ADDR_INUSE", "Local source address already in use"),
    (ConnError::PrxEmpty, "PRX_EMPTY", "Connection closed while waiting for PROXY protocol header"),
    (ConnError::PrxAbort, "PRX_ABORT", "Connection error while waiting for PROXY protocol header"),
    (ConnError::PrxTimeout, "PRX_TIMEOUT", "Timeout while waiting for PROXY protocol header"),
    (ConnError::PrxTruncated, "PRX_TRUNCATED", "Truncated PROXY protocol header received"),
    (
        ConnError::PrxNotHdr,
        "PRX_NOT_HDR",
        "Received something which does not look like a PROXY protocol header",
    ),
    (ConnError::PrxBadHdr, "PRX_BAD_HDR", "Received an invalid PROXY protocol header"),
    (ConnError::PrxBadProto, "PRX_BAD_PROTO", "Received an unhandled protocol in the PROXY protocol header"),
    (ConnError::CipEmpty, "CIP_EMPTY", "Connection closed while waiting for NetScaler Client IP header"),
    (ConnError::CipAbort, "CIP_ABORT", "Connection error while waiting for NetScaler Client IP header"),
    (ConnError::CipTimeout, "CIP_TIMEOUT", "Timeout while waiting for a NetScaler Client IP header"),
    (ConnError::CipTruncated, "CIP_TRUNCATED", "Truncated NetScaler Client IP header received"),
    (ConnError::CipBadMagic, "CIP_BAD_MAGIC", "Received an invalid NetScaler Client IP magic number"),
    (
        ConnError::CipBadProto,
        "CIP_BAD_PROTO",
        "Received an unhandled protocol in the NetScaler Client IP header",
    ),
    (ConnError::SslEmpty, "SSL_EMPTY", "Connection closed during SSL handshake"),
    (ConnError::SslAbort, "SSL_ABORT", "Connection error during SSL handshake"),
    (ConnError::SslTimeout, "SSL_TIMEOUT", "Timeout during SSL handshake"),
    (ConnError::SslTooMany, "SSL_TOO_MANY", "Too many SSL connections"),
    (ConnError::SslNoMem, "SSL_NO_MEM", "Out of memory when initializing an SSL connection"),
    (ConnError::SslReneg, "SSL_RENEG", "Rejected a client-initiated SSL renegotiation attempt"),
    (ConnError::SslCaFail, "SSL_CA_FAIL", "SSL client CA chain cannot be verified"),
    (ConnError::SslCrtFail, "SSL_CRT_FAIL", "SSL client certificate not trusted"),
    (
        ConnError::SslMismatch,
        "SSL_MISMATCH",
        "Server presented an SSL certificate different from the configured one",
    ),
    (
        ConnError::SslMismatchSni,
        "SSL_MISMATCH_SNI",
        "Server presented an SSL certificate different from the expected one",
    ),
    (ConnError::SslHandshake, "SSL_HANDSHAKE", "SSL handshake failure"),
    (ConnError::SslHandshakeHb, "SSL_HANDSHAKE_HB", "SSL handshake failure after heartbeat"),
    (ConnError::SslKilledHb, "SSL_KILLED_HB", "Stopped a TLSv1 heartbeat attack (CVE-2014-0160)"),
    (ConnError::SslNoTarget, "SSL_NO_TARGET", "Attempt to use SSL on an unknown target (internal error)"),
    (ConnError::SslEarlyFailed, "SSL_EARLY_FAILED", "Server refused early data"),
    (ConnError::Socks4Send, "SOCKS4_SEND", "SOCKS4 Proxy write error during handshake"),
    (ConnError::Socks4Recv, "SOCKS4_RECV", "SOCKS4 Proxy read error during handshake"),
    (ConnError::Socks4Deny, "SOCKS4_DENY", "SOCKS4 Proxy deny the request"),
    (ConnError::Socks4Abort, "SOCKS4_ABORT", "SOCKS4 Proxy handshake aborted by server"),
    (ConnError::SslFatal, "SSL_FATAL", "SSL fatal error"),
    (ConnError::Reverse, "REVERSE", "Reverse connect failure"),
    (ConnError::PollErr, "POLLERR", "Poller reported POLLERR"),
    (ConnError::Refused, "EREFUSED", "ECONNREFUSED returned by OS"),
    (ConnError::Reset, "ERESET", "ECONNRESET returned by OS"),
    (ConnError::Unreachable, "EUNREACH", "ENETUNREACH returned by OS"),
    (ConnError::NoMem, "ENOMEM", "ENOMEM returned by OS"),
    (ConnError::BadFd, "EBADF", "EBADF returned by OS"),
    (ConnError::Fault, "EFAULT", "EFAULT returned by OS"),
    (ConnError::Invalid, "EINVAL", "EINVAL returned by OS"),
    (ConnError::NotConnected, "ENCONN", "ENCONN returned by OS"),
    (ConnError::NotSocket, "ENSOCK", "ENSOCK returned by OS"),
    (ConnError::NoBufs, "ENOBUFS", "ENOBUFS returned by OS"),
    (ConnError::BrokenPipe, "EPIPE", "EPIPE returned by OS"),
    (ConnError::SslKeyUpdate, "SSL_KEYUPDATE", "Aborted connection after a TLS 1.3 KeyUpdate flood"),
];

impl ConnError {
    /// Its number (`fc_err`); 0 stands for none.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Its short name, `SSL_HANDSHAKE` (`fc_err_name`).
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Its text, `SSL handshake failure` (`fc_err_str`, and logs of connections that failed).
    #[must_use]
    pub fn text(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> &'static (ConnError, &'static str, &'static str) {
        TABLE.iter().find(|row| row.0 == self).expect("every error has its row")
    }

    /// What an error of the kernel's on an established connection, or one being established, is.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are open; the others are general errors")]
    pub fn of(error: &io::Error) -> ConnError {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionRefused => ConnError::Refused,
            Kind::ConnectionReset | Kind::ConnectionAborted => ConnError::Reset,
            Kind::HostUnreachable | Kind::NetworkUnreachable => ConnError::Unreachable,
            Kind::OutOfMemory => ConnError::NoMem,
            Kind::InvalidInput => ConnError::Invalid,
            Kind::NotConnected => ConnError::NotConnected,
            Kind::BrokenPipe => ConnError::BrokenPipe,
            Kind::AddrInUse => ConnError::AddrInUse,
            Kind::AddrNotAvailable => ConnError::FreePorts,
            _ => ConnError::SockErr,
        }
    }
}

impl ConnError {
    /// What a handshake with a server that failed so did to its connection: of refusals, only those for a name are told
    /// apart.
    #[must_use]
    pub fn of_server(kind: FailureKind) -> ConnError {
        match kind {
            FailureKind::Mismatch => ConnError::SslMismatch,
            FailureKind::MismatchSni => ConnError::SslMismatchSni,
            FailureKind::Empty
            | FailureKind::Abort
            | FailureKind::Authority
            | FailureKind::Certificate
            | FailureKind::Handshake => ConnError::SslHandshake,
        }
    }
}

impl From<FailureKind> for ConnError {
    /// What a client's handshake that failed so did to its connection.
    fn from(kind: FailureKind) -> ConnError {
        match kind {
            FailureKind::Empty => ConnError::SslEmpty,
            FailureKind::Abort => ConnError::SslAbort,
            FailureKind::Authority => ConnError::SslCaFail,
            FailureKind::Certificate => ConnError::SslCrtFail,
            FailureKind::Mismatch => ConnError::SslMismatch,
            FailureKind::MismatchSni => ConnError::SslMismatchSni,
            FailureKind::Handshake => ConnError::SslHandshake,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_row_of_its_own_in_the_order_of_numbers() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].0.code() < pair[1].0.code(), "{:?}", pair[1].0);
        }
        assert_eq!((TABLE.len(), ConnError::SslKeyUpdate.code()), (57, 58));
        assert_eq!((ConnError::SslHandshake.code(), ConnError::SslEmpty.code()), (34, 24));
        assert_eq!(ConnError::SslCaFail.text(), "SSL client CA chain cannot be verified");
        assert_eq!(ConnError::Refused.name(), "EREFUSED");
    }

    #[test]
    fn errors_of_the_kernel() {
        let of = |kind: io::ErrorKind| ConnError::of(&kind.into());
        assert_eq!(of(io::ErrorKind::ConnectionRefused), ConnError::Refused);
        assert_eq!(of(io::ErrorKind::TimedOut), ConnError::SockErr);
    }

    #[test]
    fn refused_certificates_differ_by_side() {
        assert_eq!(ConnError::from(FailureKind::Authority), ConnError::SslCaFail);
        assert_eq!(ConnError::of_server(FailureKind::Authority), ConnError::SslHandshake);
        assert_eq!(ConnError::of_server(FailureKind::MismatchSni), ConnError::SslMismatchSni);
    }
}
