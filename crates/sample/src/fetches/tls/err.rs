//! `ssl_fc_err`, `ssl_fc_err_str`, `ssl_bc_err`, `ssl_bc_err_str`: why a handshake failed, as OpenSSL puts it.

use ::tls::facts::Facts;

use super::{bc, client, fc, server};
use crate::fetches::prelude::*;

const NUMBER: &str = "OpenSSL's packed number: the library in the upper bits, the reason in the lower ones. 0 while \
                      nothing failed.";
const TEXT: &str =
    "As in `error:0A0000C1:SSL routines::no shared cipher`; without a value while nothing failed.";

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["ssl_fc_hsk_err"],
        doc: Doc {
            brief: "number of the error that ended the handshake with the client",
            long: NUMBER,
            examples: &[],
        },
        ..fc("ssl_fc_err", Type::Int, |txn, _, _| err(client(txn)), "")
    },
    &Fetch {
        aliases: &["ssl_fc_hsk_err_str"],
        doc: Doc { brief: "the error that ended the handshake with the client", long: TEXT, examples: &[] },
        ..fc("ssl_fc_err_str", Type::Str, |txn, _, _| err_str(client(txn)), "")
    },
    &Fetch {
        aliases: &["ssl_bc_hsk_err"],
        doc: Doc {
            brief: "number of the error that ended the handshake with the server",
            long: NUMBER,
            examples: &[],
        },
        ..bc("ssl_bc_err", Type::Int, |txn, _, _| err(server(txn)), "")
    },
    &Fetch {
        aliases: &["ssl_bc_hsk_err_str"],
        doc: Doc { brief: "the error that ended the handshake with the server", long: TEXT, examples: &[] },
        ..bc("ssl_bc_err_str", Type::Str, |txn, _, _| err_str(server(txn)), "")
    },
];

fn err(facts: Option<&Facts>) -> Fetched<'_> {
    let code = facts.map(|facts| facts.failure.as_ref().map_or(0, |failure| failure.code));
    code.map(|code| Value::Int(i64::from(code))).into()
}

fn err_str(facts: Option<&Facts>) -> Fetched<'_> {
    let failure = facts.and_then(|facts| facts.failure.as_ref()).filter(|failure| failure.code != 0);
    failure.map(|failure| Value::str(failure.text.as_bytes())).into()
}

#[cfg(test)]
mod tests {
    use ::tls::facts::Facts;

    use super::super::testing::{ask, ask_server, client, failed, plain, server};

    #[test]
    fn number_and_text() {
        let (good, bad) = (client(Facts::default()), client(failed()));
        assert_eq!(ask("ssl_fc_err", &good).as_deref(), Some("0"));
        assert_eq!(ask("ssl_fc_err_str", &good), None);
        assert_eq!(ask("ssl_fc_err,hex", &bad).as_deref(), Some("000000000A0000C1"));
        assert_eq!(ask("ssl_fc_err,and(2047)", &bad).as_deref(), Some("193"));
        let text = Some("error:0A0000C1:SSL routines::no shared cipher");
        assert_eq!(ask("ssl_fc_err_str", &bad).as_deref(), text);
        assert_eq!(ask_server("ssl_bc_err_str", &server(failed())).as_deref(), text);
        assert_eq!(ask_server("ssl_bc_err", &plain()), None);
    }
}
