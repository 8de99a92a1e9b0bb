//! One table of everything that can end a stream early: whose fault it is, what the client is told, what the log says,
//! and whether the request may be tried again (configuration manual, chapter 8.5).

/// How a stream ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The client sent no complete request in time.
    RequestTimeout,
    /// The client closed before its request was complete.
    RequestAborted,
    /// The request was no HTTP, or broke a rule of its framing.
    BadRequest(u16),
    /// A rule refused the request.
    Denied,
    /// A rule closed the connection.
    Rejected,
    /// A rule of the response refused it.
    ResponseDenied,
    /// A rule closed the connection because of what the server said.
    TcpResponseRejected,
    /// A tarpitted client was let go.
    Tarpitted,
    /// A rewrite of the request failed, or there was no memory for it.
    Internal,
    /// A rewrite of the response failed.
    ResponseInternal,
    /// The request's body did not come in time.
    RequestBodyTimeout,
    /// The client closed while its request's body was awaited.
    RequestBodyAborted,
    /// The part of the response's body that rules asked for did not come in time.
    ResponseBodyTimeout,
    /// No server could take the request.
    NoServer,
    /// It waited in a queue for too long.
    QueueTimeout,
    /// A queue was full.
    QueueFull,
    /// The client closed while its request was queued.
    QueueAborted,
    /// No connection to the server could be made.
    ConnectRefused,
    /// The connection attempt took too long.
    ConnectTimeout,
    /// The source address or a descriptor was missing for it.
    ConnectResource,
    /// The address to connect from was to be found in a header, and is not there.
    ConnectInternal,
    /// The client closed while the connection was attempted.
    ConnectAborted,
    /// The server's response did not begin in time.
    ResponseTimeout,
    /// The server closed before its response's head was complete.
    ResponseAborted,
    /// A used connection was lost before an answer began, with a request that must not be sent twice.
    LostOnReuse,
    /// The response was no HTTP.
    BadResponse,
    /// The client closed before the response began.
    ClientGoneBeforeResponse,
    /// The client's inactivity while it sent its body and the response was awaited.
    ClientTimeoutBeforeResponse,
    /// The client closed during the transfer.
    ClientAborted,
    /// The client was silent for too long during the transfer.
    ClientTimeout,
    /// The server closed during the transfer.
    ServerAborted,
    /// The server was silent for too long during the transfer.
    ServerTimeout,
    /// The server went down and `on-marked-down shutdown-sessions` ended it.
    ServerDown,
    /// The same, before its response began.
    ServerDownBeforeResponse,
}

/// What a failure means outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// First character of the termination state.
    pub(crate) cause: u8,
    /// Second character of the termination state.
    pub(crate) phase: u8,
    /// Status for the client as long as nothing was sent; 0: nothing is said.
    pub(crate) status: u16,
}

const fn row(state: [u8; 2], status: u16) -> Row {
    Row { cause: state[0], phase: state[1], status }
}

impl Failure {
    /// What it means.
    pub(crate) const fn row(self) -> Row {
        match self {
            Failure::RequestTimeout => row(*b"cR", 408),
            Failure::RequestAborted => row(*b"CR", 400),
            Failure::BadRequest(status) => row(*b"PR", status),
            Failure::Denied | Failure::Rejected => row(*b"PR", 403),
            Failure::ResponseDenied => row(*b"PH", 502),
            Failure::TcpResponseRejected => row(*b"PD", 0),
            Failure::Tarpitted => row(*b"PT", 500),
            Failure::Internal => row(*b"IR", 500),
            Failure::ResponseInternal => row(*b"IH", 500),
            Failure::RequestBodyTimeout => row(*b"cR", 408),
            Failure::RequestBodyAborted => row(*b"CR", 400),
            Failure::ResponseBodyTimeout => row(*b"sH", 504),
            Failure::NoServer | Failure::ConnectRefused => row(*b"SC", 503),
            Failure::QueueTimeout => row(*b"sQ", 503),
            Failure::QueueFull => row(*b"SQ", 503),
            Failure::QueueAborted => row(*b"CQ", 0),
            Failure::ConnectTimeout => row(*b"sC", 503),
            Failure::ConnectResource => row(*b"RC", 500),
            Failure::ConnectInternal => row(*b"IC", 500),
            Failure::ConnectAborted => row(*b"CC", 0),
            Failure::ResponseTimeout => row(*b"sH", 504),
            Failure::ResponseAborted => row(*b"SH", 502),
            Failure::LostOnReuse => row(*b"SH", 0),
            Failure::BadResponse => row(*b"PH", 502),
            Failure::ClientGoneBeforeResponse => row(*b"CH", 400),
            Failure::ClientTimeoutBeforeResponse => row(*b"cH", 400),
            Failure::ClientAborted => row(*b"CD", 0),
            Failure::ClientTimeout => row(*b"cD", 0),
            Failure::ServerAborted => row(*b"SD", 0),
            Failure::ServerTimeout => row(*b"sD", 0),
            Failure::ServerDown => row(*b"DD", 0),
            Failure::ServerDownBeforeResponse => row(*b"DH", 502),
        }
    }

    /// Whether the client is the one to blame, for its abort counter.
    pub(crate) const fn is_client_abort(self) -> bool {
        matches!(
            self,
            Failure::RequestAborted
                | Failure::RequestBodyAborted
                | Failure::QueueAborted
                | Failure::ConnectAborted
                | Failure::ClientGoneBeforeResponse
                | Failure::ClientAborted
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_manual_says() {
        let is = |failure: Failure, state: &[u8; 2], status| {
            assert_eq!(failure.row(), row(*state, status), "{failure:?}");
        };
        is(Failure::RequestTimeout, b"cR", 408);
        is(Failure::ConnectRefused, b"SC", 503);
        is(Failure::ResponseTimeout, b"sH", 504);
        is(Failure::ResponseAborted, b"SH", 502);
        is(Failure::QueueTimeout, b"sQ", 503);
        is(Failure::ServerAborted, b"SD", 0);
    }
}
