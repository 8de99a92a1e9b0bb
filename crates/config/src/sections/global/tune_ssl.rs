//! `tune.ssl.*` (chapter 3.2): read and checked; TLS will take them up.

use super::kinds::{alone, number, on_off, size, time_s, word};
use crate::row::GlobalRow;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("tune.ssl.cachesize", number, "how many sessions are kept for resumption"),
    GlobalRow::new("tune.ssl.capture-buffer-size", size, "how much of a client hello is kept"),
    GlobalRow::new(
        "tune.ssl.capture-cipherlist-size",
        size,
        "how much of a client's list of ciphers is kept",
    ),
    GlobalRow::new("tune.ssl.certificate-compression", word, "whether certificates are compressed"),
    GlobalRow::new("tune.ssl.default-dh-param", number, "the size of Diffie-Hellman parameters, bits"),
    GlobalRow::new("tune.ssl.force-private-cache", alone, "each process keeps its own sessions"),
    GlobalRow::new("tune.ssl.hard-maxrecord", size, "the largest record that is ever sent"),
    GlobalRow::new("tune.ssl.keylog", on_off, "secrets of sessions can be logged"),
    GlobalRow::new("tune.ssl.keyupdate-rate-limit", number, "how many key updates a client may ask for"),
    GlobalRow::new("tune.ssl.lifetime", time_s, "how long a session can be resumed"),
    GlobalRow::new("tune.ssl.maxrecord", size, "the largest record at the start of a connection"),
    GlobalRow::new(
        "tune.ssl.ocsp-update.maxdelay",
        number,
        "the longest time between two fetches of OCSP answers",
    ),
    GlobalRow::new(
        "tune.ssl.ocsp-update.mindelay",
        number,
        "the shortest time between two fetches of OCSP answers",
    ),
    GlobalRow::new("tune.ssl.ssl-ctx-cache-size", number, "how many made certificates are kept"),
];
