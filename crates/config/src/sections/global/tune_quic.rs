//! `tune.quic.*` (chapter 3.2), by their names of today and those of 2.6 to 3.2: read and checked; QUIC will take them up.

use super::kinds::{none, number, on_off, percent, size, time_ms, word};
use crate::row::GlobalRow;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("tune.quic.be.cc.cubic-min-losses", number, "servers: losses before the window shrinks")
        .internal(),
    GlobalRow::new("tune.quic.be.cc.hystart", on_off, "servers: slow start ends early when delays grow")
        .internal(),
    GlobalRow::new(
        "tune.quic.be.cc.max-frame-loss",
        number,
        "servers: how often a frame is lost before its connection is closed",
    )
    .internal(),
    GlobalRow::new("tune.quic.be.cc.max-win-size", size, "servers: the largest congestion window").internal(),
    GlobalRow::new(
        "tune.quic.be.cc.reorder-ratio",
        percent,
        "servers: how much reordering is not taken for loss",
    )
    .internal(),
    GlobalRow::new("tune.quic.be.max-idle-timeout", time_ms, "servers: how long a connection may be silent")
        .internal(),
    GlobalRow::new(
        "tune.quic.be.sec.glitches-threshold",
        number,
        "servers: faults before a connection is closed",
    )
    .internal(),
    GlobalRow::new(
        "tune.quic.be.stream.data-ratio",
        percent,
        "servers: the share of the window that one stream may take",
    )
    .internal(),
    GlobalRow::new(
        "tune.quic.be.stream.max-concurrent",
        number,
        "servers: how many streams a connection has",
    )
    .internal(),
    GlobalRow::new("tune.quic.be.stream.rxbuf", size, "servers: how much a stream may hold").internal(),
    GlobalRow::new("tune.quic.be.tx.pacing", on_off, "servers: packets are spread over time").internal(),
    GlobalRow::new("tune.quic.be.tx.udp-gso", on_off, "servers: the kernel cuts packets").internal(),
    GlobalRow::new("tune.quic.fe.cc.cubic-min-losses", number, "clients: losses before the window shrinks")
        .internal(),
    GlobalRow::new("tune.quic.fe.cc.hystart", on_off, "clients: slow start ends early when delays grow")
        .internal(),
    GlobalRow::new(
        "tune.quic.fe.cc.max-frame-loss",
        number,
        "clients: how often a frame is lost before its connection is closed",
    )
    .internal(),
    GlobalRow::new("tune.quic.fe.cc.max-win-size", size, "clients: the largest congestion window").internal(),
    GlobalRow::new(
        "tune.quic.fe.cc.reorder-ratio",
        percent,
        "clients: how much reordering is not taken for loss",
    )
    .internal(),
    GlobalRow::new("tune.quic.fe.max-idle-timeout", time_ms, "clients: how long a connection may be silent")
        .internal(),
    GlobalRow::new(
        "tune.quic.fe.sec.glitches-threshold",
        number,
        "clients: faults before a connection is closed",
    )
    .internal(),
    GlobalRow::new(
        "tune.quic.fe.sec.retry-threshold",
        number,
        "clients: handshakes from which addresses must be proved",
    )
    .internal(),
    GlobalRow::new("tune.quic.fe.sock-per-conn", word, "clients: whether each connection has its own socket")
        .internal(),
    GlobalRow::new(
        "tune.quic.fe.stream.data-ratio",
        percent,
        "clients: the share of the window that one stream may take",
    )
    .internal(),
    GlobalRow::new(
        "tune.quic.fe.stream.max-concurrent",
        number,
        "clients: how many streams a connection has",
    )
    .internal(),
    GlobalRow::new(
        "tune.quic.fe.stream.max-total",
        number,
        "clients: how many streams a connection has in all",
    )
    .internal(),
    GlobalRow::new("tune.quic.fe.stream.rxbuf", size, "clients: how much a stream may hold").internal(),
    GlobalRow::new("tune.quic.fe.tx.pacing", on_off, "clients: packets are spread over time").internal(),
    GlobalRow::new("tune.quic.fe.tx.udp-gso", on_off, "clients: the kernel cuts packets").internal(),
    GlobalRow::new("tune.quic.listen", on_off, "whether `bind` lines of QUIC listen at all").internal(),
    GlobalRow::new("tune.quic.mem.tx-max", size, "how much memory unsent data takes").internal(),
    GlobalRow::new("tune.quic.zero-copy-fwd-send", on_off, "QUIC hands data on without a copy").internal(),
    GlobalRow::new("tune.quic.backend.max-idle-timeout", time_ms, "an older name of a setting of QUIC")
        .internal(),
    GlobalRow::new("tune.quic.cc-hystart", on_off, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.cc.cubic.min-losses", number, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.disable-tx-pacing", none, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.disable-udp-gso", none, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.frontend.conn-tx-buffers.limit", number, "an older name of a setting of QUIC")
        .internal(),
    GlobalRow::new("tune.quic.conn-buf-limit", number, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.frontend.default-max-window-size", size, "an older name of a setting of QUIC")
        .internal(),
    GlobalRow::new("tune.quic.frontend.glitches-threshold", number, "an older name of a setting of QUIC")
        .internal(),
    GlobalRow::new("tune.quic.frontend.max-data-size", size, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.frontend.max-idle-timeout", time_ms, "an older name of a setting of QUIC")
        .internal(),
    GlobalRow::new("tune.quic.frontend.max-streams-bidi", number, "an older name of a setting of QUIC")
        .internal(),
    GlobalRow::new("tune.quic.frontend.max-tx-mem", size, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.frontend.stream-data-ratio", percent, "an older name of a setting of QUIC")
        .internal(),
    GlobalRow::new("tune.quic.max-frame-loss", number, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.reorder-ratio", percent, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.retry-threshold", number, "an older name of a setting of QUIC").internal(),
    GlobalRow::new("tune.quic.socket-owner", word, "an older name of a setting of QUIC").internal(),
];
