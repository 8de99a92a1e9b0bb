//! `tune.h2.*` (chapter 3.2): read and checked; HTTP/2 will take them up.

use super::kinds::{number, on_off, size, word};
use crate::row::GlobalRow;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("tune.h2.be.glitches-threshold", number, "faults of a server before it is closed")
        .internal(),
    GlobalRow::new("tune.h2.be.initial-window-size", size, "how much a server sends unasked on a stream")
        .internal(),
    GlobalRow::new("tune.h2.be.max-concurrent-streams", number, "how many streams a server connection has")
        .internal(),
    GlobalRow::new("tune.h2.be.max-frames-at-once", number, "how many frames of a server are read in a row")
        .internal(),
    GlobalRow::new("tune.h2.be.rxbuf", size, "how much a server connection may hold").internal(),
    GlobalRow::new("tune.h2.fe.glitches-threshold", number, "faults of a client before it is closed")
        .internal(),
    GlobalRow::new("tune.h2.fe.initial-window-size", size, "how much a client sends unasked on a stream")
        .internal(),
    GlobalRow::new("tune.h2.fe.max-concurrent-streams", number, "how many streams a client connection has")
        .internal(),
    GlobalRow::new("tune.h2.fe.max-frames-at-once", number, "how many frames of a client are read in a row")
        .internal(),
    GlobalRow::new("tune.h2.fe.max-rst-at-once", number, "how many resets of a client are read in a row")
        .internal(),
    GlobalRow::new("tune.h2.fe.max-total-streams", number, "how many streams a client connection has in all")
        .internal(),
    GlobalRow::new("tune.h2.fe.rxbuf", size, "how much a client connection may hold").internal(),
    GlobalRow::new("tune.h2.header-table-size", size, "the size of the table of headers").internal(),
    GlobalRow::new("tune.h2.initial-window-size", size, "how much a peer sends unasked on a stream")
        .internal(),
    GlobalRow::new("tune.h2.log-errors", word, "which errors of streams are logged").internal(),
    GlobalRow::new("tune.h2.max-concurrent-streams", number, "how many streams a connection has").internal(),
    GlobalRow::new("tune.h2.max-frame-size", size, "the largest frame to be received").internal(),
    GlobalRow::new("tune.h2.zero-copy-fwd-send", on_off, "HTTP/2 hands data on without a copy").internal(),
];
