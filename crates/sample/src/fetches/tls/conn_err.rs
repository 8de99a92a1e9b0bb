//! `fc_err`, `fc_err_name`, `fc_err_str`, `bc_err`, `bc_err_name`, `bc_err_str`: what ended a connection.

use crate::conn_error::ConnError;
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "fc_err",
        Type::Int,
        Needs::CLIENT,
        |txn, _, _| number(client(txn)).into(),
        doc("number of what ended the client's connection, 0 for nothing", &[example("fc_err", "", "0")]),
    ),
    &row(
        "fc_err_name",
        Type::Str,
        Needs::CLIENT,
        |txn, _, _| name(client(txn)).into(),
        doc(
            "short name of what ended the client's connection, empty for nothing",
            &[example("fc_err_name,length", "", "0")],
        ),
    ),
    &row(
        "fc_err_str",
        Type::Str,
        Needs::CLIENT,
        |txn, _, _| text(client(txn)).into(),
        doc("what ended the client's connection, as logs say it", &[example("fc_err_str", "", "Success")]),
    ),
    &row(
        "bc_err",
        Type::Int,
        Needs::SERVER,
        |txn, _, _| server(txn).map(number).into(),
        Doc::brief("number of what ended the server's connection, 0 for nothing"),
    ),
    &row(
        "bc_err_name",
        Type::Str,
        Needs::SERVER,
        |txn, _, _| server(txn).map(name).into(),
        Doc::brief("short name of what ended the server's connection, empty for nothing"),
    ),
    &row(
        "bc_err_str",
        Type::Str,
        Needs::SERVER,
        |txn, _, _| server(txn).map(text).into(),
        Doc::brief("what ended the server's connection, as logs say it"),
    ),
];

fn client(txn: &Txn) -> Option<ConnError> {
    txn.session.conn_error
}

/// `None`: no connection to a server was tried.
fn server(txn: &Txn) -> Option<Option<ConnError>> {
    let error = txn.server_conn_error;
    (error.is_some() || txn.server_dst.is_some()).then_some(error)
}

fn number<'a>(error: Option<ConnError>) -> Value<'a> {
    Value::Int(error.map_or(0, |error| i64::from(error.code())))
}

fn name<'a>(error: Option<ConnError>) -> Value<'a> {
    Value::str(error.map_or(b"", |error| error.name().as_bytes()))
}

fn text<'a>(error: Option<ConnError>) -> Value<'a> {
    Value::str(error.map_or(b"Success", |error| error.text().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ask_server, plain};
    use crate::conn_error::ConnError;

    #[test]
    fn numbers_names_and_texts() {
        let mut txn = plain();
        assert_eq!(ask_server("bc_err", &txn), None);
        txn.session.conn_error = Some(ConnError::SslHandshake);
        txn.server_conn_error = Some(ConnError::SslMismatchSni);
        for (text, wanted) in [
            ("fc_err", "34"),
            ("fc_err_name", "SSL_HANDSHAKE"),
            ("fc_err_str", "SSL handshake failure"),
            ("bc_err", "33"),
            ("bc_err_name", "SSL_MISMATCH_SNI"),
            ("bc_err_str", "Server presented an SSL certificate different from the expected one"),
        ] {
            assert_eq!(ask_server(text, &txn).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn a_server_s_connection_without_an_error() {
        let mut txn = plain();
        txn.server_dst = Some(([10, 0, 0, 1], 80).into());
        assert_eq!(ask_server("bc_err", &txn).as_deref(), Some("0"));
        assert_eq!(ask_server("bc_err_str", &txn).as_deref(), Some("Success"));
        assert_eq!(ask_server("bc_err_name", &txn).as_deref(), Some(""));
    }
}
