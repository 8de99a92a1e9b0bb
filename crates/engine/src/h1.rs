//! Making messages ready for HTTP/1: the Connection field, the choice of framing.

use std::sync::Arc;

use config::model::{HttpConnection, ProxyConfig};
use http::connection_header::{self, Tokens, Wanted};
use http::h1::{BodyLength, Framing, HeaderCases};
use http::message::{Fields, Version};

use crate::forward::{Outgoing, Way};
use crate::shared::Shared;
use crate::stream::Exchange;

/// Whether the client's connection may go on: its frontend alone decides.
pub(crate) fn keeps_client(x: &Exchange) -> bool {
    x.shared.config.proxy(x.txn.frontend.id).options.connection != HttpConnection::Close
}

/// Whether the server's connection may go on: the backend decides, and a frontend with `option http-server-close`.
pub(crate) fn keeps_server(x: &Exchange) -> bool {
    let front = x.shared.config.proxy(x.txn.frontend.id).options.connection;
    let back = x.shared.config.proxy(x.txn.backend.id).options.connection;
    front != HttpConnection::ServerClose && back == HttpConnection::KeepAlive
}

/// How names are spelt in messages that go `way`; `None`: as they are. `proxy` is the one that talks with the receiver.
pub(crate) fn header_cases<'s>(
    shared: &'s Shared,
    proxy: &ProxyConfig,
    way: Way,
) -> Option<&'s Arc<HeaderCases>> {
    let option = match way {
        Way::Request => proxy.options.h1_case_adjust_server,
        Way::Response => proxy.options.h1_case_adjust_client,
    };
    let cases = &shared.config.global.http1.header_cases;
    (option.is_on() && !cases.is_empty()).then_some(cases)
}

/// Spells the names of a head for its receiver.
pub(crate) fn respell(shared: &Shared, proxy: &ProxyConfig, way: Way, head: &mut [u8]) {
    if let Some(cases) = header_cases(shared, proxy, way) {
        cases.respell(head);
    }
}

/// The same for a head in `scratch` that the client gets.
pub(crate) fn respell_answer(x: &mut Exchange) {
    let frontend = x.shared.config.proxy(x.txn.frontend.id);
    respell(&x.shared, frontend, Way::Response, &mut x.scratch);
}

/// The last edits of the request, made once however often it is sent.
pub(crate) fn finish_request(x: &mut Exchange, backend: &ProxyConfig) {
    let Some(framing) = x.framing else { return };
    // Some servers send their bodies in chunks only to clients that stay.
    let pretends = backend.options.http_pretend_keepalive.is_on();
    let keeps = keeps_server(x) || pretends;
    let wanted = if is_tunnel_request(&framing) {
        Wanted::Tunnel
    } else if keeps && !is_doubtful(x, &framing) {
        Wanted::KeepAlive
    } else {
        Wanted::Close
    };
    let head = &mut x.txn.req.head;
    if framing.body == BodyLength::Chunked {
        tidy_coding(&mut head.fields);
    }
    connection_header::tidy_te(&mut head.fields);
    let tokens = merge(framing.tokens, connection_header::clean(&mut head.fields));
    connection_header::set_for_request(head, wanted, tokens);
}

/// Whether servers may not agree where the request ends: chunks in a version that knows none (RFC 9112 section 6.1).
fn is_doubtful(x: &Exchange, framing: &Framing) -> bool {
    framing.body == BodyLength::Chunked && x.txn.req.head.version() == Version::Http10
}

/// One field says that the body comes in chunks, in the one spelling that nobody misunderstands.
fn tidy_coding(fields: &mut Fields) {
    let is_odd = |value: &[u8]| value != b"chunked" && value.eq_ignore_ascii_case(b"chunked");
    if fields.all(b"transfer-encoding").any(is_odd) {
        fields.set(b"transfer-encoding", b"chunked");
    }
}

fn is_tunnel_request(framing: &Framing) -> bool {
    framing.upgrade != http::h1::Upgrade::None
}

/// Rules may have added tokens to Connection since the message came.
fn merge(came: Tokens, rules: Tokens) -> Tokens {
    Tokens { close: came.close, keep_alive: came.keep_alive, upgrade: came.upgrade && rules.upgrade }
}

/// What the client's connection does after this response, and the response's last edits.
pub(crate) fn finish_response(x: &mut Exchange, framing: &Framing, client_stays: bool) {
    let client_version = x.txn.req.head.version();
    let wanted = if framing.connection == http::h1::Connection::Tunnel {
        Wanted::Tunnel
    } else if client_stays {
        Wanted::KeepAlive
    } else {
        Wanted::Close
    };
    let head = &mut x.txn.res.head;
    let tokens = merge(framing.tokens, connection_header::clean(&mut head.fields));
    connection_header::set_for_response(head, wanted, tokens, client_version);
}

/// How the body is framed for a receiver of `version`; chunks become the end of the connection for one that does not
/// know them.
pub(crate) fn outgoing(body: BodyLength, receiver: Version) -> Outgoing {
    if body == BodyLength::Chunked && receiver.is_11_or_above() { Outgoing::Chunked } else { Outgoing::Plain }
}
