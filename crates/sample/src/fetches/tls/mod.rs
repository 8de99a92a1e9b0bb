//! What the TLS connections of both sides tell, and what ended connections (chapter 7.3.4; `fc_err` and its like stand
//! in chapter 7.3.3).
//!
//! Everything comes from the facts that a handshake left behind ([`::tls::facts::Facts`]), those of a failed one
//! included: error logs ask about them.

use ::tls::facts::Facts;
use state::value::Type;

use crate::args::Args;
use crate::compile::{Compile, Problem};
use crate::fetches::prelude::row;
use crate::rows::{Fetch, FetchFn, Needs};
use crate::txn::Txn;

pub(crate) mod agreed;
mod certificate;
mod conn_err;
mod connection;
mod dn;
mod err;
mod hello;
mod secrets;
mod session;
#[cfg(test)]
pub(crate) mod testing;
mod verify;

pub(super) static ROWS: &[&[&Fetch]] = &[
    agreed::ROWS,
    certificate::ROWS,
    conn_err::ROWS,
    connection::ROWS,
    dn::ROWS,
    err::ROWS,
    hello::ROWS,
    secrets::ROWS,
    session::ROWS,
    verify::ROWS,
];

/// The client's connection, if it speaks TLS.
pub(crate) fn client(txn: &Txn) -> Option<&Facts> {
    txn.session.tls.as_deref()
}

/// The server's connection, if there is one that speaks TLS.
fn server(txn: &Txn) -> Option<&Facts> {
    txn.server_tls.as_deref()
}

/// A connection whose handshake came to its end; some facts are not to be had of others.
fn done(facts: Option<&Facts>) -> Option<&Facts> {
    facts.filter(|facts| facts.failure.is_none())
}

/// A row about the client's connection.
const fn fc(name: &'static str, out: Type, run: FetchFn, brief: &'static str) -> Fetch {
    row(name, out, Needs::TLS, run, keyword::Doc::brief(brief))
}

/// A row about the server's connection.
const fn bc(name: &'static str, out: Type, run: FetchFn, brief: &'static str) -> Fetch {
    row(name, out, Needs::SERVER, run, keyword::Doc::brief(brief))
}

/// Hellos are kept only where a rule asks for them.
fn check_hello(_: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    compile.uses.tls_hello = true;
    Ok(())
}
