//! `act_conn`, `nbproc`, `pid`, `proc`, `stopping`, `tgroup`, `thread`, `uptime`, `quic_enabled`: the process itself.

use std::sync::atomic::Ordering::Relaxed;

use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "act_conn",
        Type::Int,
        Needs::NOTHING,
        |txn, _, _| count(txn.runtime.connections.get()),
        doc("client connections of the process now", &[example("act_conn", "", "0")]),
    ),
    &row(
        "nbproc",
        Type::Int,
        Needs::NOTHING,
        |_, _, _| Value::Int(1).into(),
        doc("number of working processes, always one", &[example("nbproc", "", "1")]),
    ),
    &row(
        "pid",
        Type::Int,
        Needs::NOTHING,
        |txn, _, _| count(txn.runtime.process.pid),
        doc("the process id that logs show", &[example("pid", "", "0")]),
    ),
    &row(
        "proc",
        Type::Int,
        Needs::NOTHING,
        |_, _, _| Value::Int(1).into(),
        doc("which of the working processes this is, always the first", &[example("proc", "", "1")]),
    ),
    &row(
        "stopping",
        Type::Bool,
        Needs::NOTHING,
        |txn, _, _| Value::Bool(txn.runtime.is_stopping.load(Relaxed)).into(),
        doc("whether the process takes no new connections and ends", &[example("stopping", "", "0")]),
    ),
    &row(
        "tgroup",
        Type::Int,
        Needs::NOTHING,
        |_, _, _| Value::Int(0).into(),
        doc("which group of threads this is, always the first, 0", &[example("tgroup", "", "0")]),
    ),
    &row(
        "thread",
        Type::Int,
        Needs::NOTHING,
        |_, _, _| count(state::counters::worker()),
        doc("which thread this is, from 0", &[example("thread", "", "0")]),
    ),
    &row(
        "uptime",
        Type::Int,
        Needs::NOTHING,
        |_, _, _| count(base::clock::now().0 / 1000),
        doc("seconds since the process began", &[]),
    ),
    &row(
        "quic_enabled",
        Type::Bool,
        Needs::NOTHING,
        |_, _, _| Value::Bool(false).into(),
        doc("whether QUIC can be listened on", &[example("quic_enabled", "", "0")]),
    ),
];
