//! `bind`, `server`, `server-template` and `default-server`: their words have rows of their own.

use keyword::Sections;

use super::rows::{SERVER, usage};
use crate::row::ProxyRow;
use crate::sections;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "bind",
        Sections::CLIENT_SIDE,
        sections::bind::parse_line,
        "an address to accept connections on",
        usage!["bind 127.0.0.1:8080", "bind :8080,:8443 name web"],
    ),
    ProxyRow::new(
        "server",
        Sections::SERVER_SIDE,
        sections::server::parse_line,
        "a server to pass requests to",
        usage!["server s9 127.0.0.1:8081 check weight 10"],
    ),
    ProxyRow::new(
        "server-template",
        Sections::SERVER_SIDE,
        sections::server::parse_line,
        "several servers that differ in their number only",
        usage!["server-template t 3 127.0.0.1:8081 check"],
    ),
    ProxyRow::new(
        "default-server",
        SERVER,
        sections::server::parse_line,
        "words for all `server` lines that follow",
        usage!["default-server inter 1s fall 2"],
    ),
];
