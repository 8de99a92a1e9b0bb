//! `table_gpc`, `table_gpc0`, `table_gpc1` and their kin: the general-purpose counters of a key.

use std::sync::Arc;

use keyword::Example;
use state::table::{Gpc, Table};
use state::value::{Type, Value};

use super::{ELEMENT, TABLE, change, of, read, table};
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

/// Which counter a converter is about.
#[derive(Debug, Clone, Copy)]
enum Counter {
    /// That of the array which the first argument chooses; the table is the second one.
    Chosen,
    /// `gpc0`.
    Zero,
    /// `gpc1`.
    One,
}

impl Counter {
    /// The counter, and the table that it is in.
    fn find<'t>(self, args: &Args, txn: &'t Txn) -> Option<(Gpc, &'t Arc<Table>)> {
        Some(match self {
            Counter::Chosen => (Gpc::Element(usize::try_from(args.int(0)?).ok()?), of(args, 1, txn)?),
            Counter::Zero => (Gpc::Zero, of(args, 0, txn)?),
            Counter::One => (Gpc::One, of(args, 0, txn)?),
        })
    }
}

fn value(counter: Counter, key: &Value<'_>, args: &Args, txn: &Txn) -> Option<Value<'static>> {
    let (which, table) = counter.find(args, txn)?;
    read(table, key, |entry, now| entry.gpc(which, now))
}

fn rate(counter: Counter, key: &Value<'_>, args: &Args, txn: &Txn) -> Option<Value<'static>> {
    let (which, table) = counter.find(args, txn)?;
    read(table, key, |entry, now| entry.gpc_rate(which, now))
}

fn count(counter: Counter, key: &Value<'_>, args: &Args, txn: &Txn) -> Option<Value<'static>> {
    let (which, table) = counter.find(args, txn)?;
    change(table, key, |entry, now| entry.count_gpc(which, 1, now))
}

fn clear(counter: Counter, key: &Value<'_>, args: &Args, txn: &Txn) -> Option<Value<'static>> {
    let (which, table) = counter.find(args, txn)?;
    change(table, key, |entry, now| entry.clear_gpc(which, now))
}

pub(in super::super) static TABLE_GPC: Convert = table(
    "table_gpc",
    ELEMENT,
    Type::Int,
    |key, args, txn| value(Counter::Chosen, &key, args, txn),
    "general-purpose counter of a key in a table",
    &[Example { text: "table_gpc(0,px)", input: "7", output: "0" }],
);

pub(in super::super) static TABLE_GPC_RATE: Convert = table(
    "table_gpc_rate",
    ELEMENT,
    Type::Int,
    |key, args, txn| rate(Counter::Chosen, &key, args, txn),
    "increments per period of general-purpose counter of a key in a table",
    &[Example { text: "table_gpc_rate(0,px)", input: "7", output: "0" }],
);

pub(in super::super) static TABLE_INC_GPC: Convert = table(
    "table_inc_gpc",
    ELEMENT,
    Type::Int,
    |key, args, txn| count(Counter::Chosen, &key, args, txn),
    "increments general-purpose counter of a key in a table; its new value",
    &[Example { text: "table_inc_gpc(0,px)", input: "21", output: "1" }],
);

pub(in super::super) static TABLE_CLR_GPC: Convert = table(
    "table_clr_gpc",
    ELEMENT,
    Type::Int,
    |key, args, txn| clear(Counter::Chosen, &key, args, txn),
    "clears general-purpose counter of a key in a table; its old value",
    &[Example { text: "table_clr_gpc(0,px)", input: "31", output: "0" }],
);

pub(in super::super) static TABLE_GPC0: Convert = table(
    "table_gpc0",
    TABLE,
    Type::Int,
    |key, args, txn| value(Counter::Zero, &key, args, txn),
    "general-purpose counter 0 of a key in a table",
    &[Example { text: "table_gpc0(px)", input: "7", output: "0" }],
);

pub(in super::super) static TABLE_GPC0_RATE: Convert = table(
    "table_gpc0_rate",
    TABLE,
    Type::Int,
    |key, args, txn| rate(Counter::Zero, &key, args, txn),
    "increments per period of general-purpose counter 0 of a key in a table",
    &[Example { text: "table_gpc0_rate(px)", input: "7", output: "0" }],
);

pub(in super::super) static TABLE_INC_GPC0: Convert = table(
    "table_inc_gpc0",
    TABLE,
    Type::Int,
    |key, args, txn| count(Counter::Zero, &key, args, txn),
    "increments general-purpose counter 0 of a key in a table; its new value",
    &[Example { text: "table_inc_gpc0(px)", input: "22", output: "1" }],
);

pub(in super::super) static TABLE_CLR_GPC0: Convert = table(
    "table_clr_gpc0",
    TABLE,
    Type::Int,
    |key, args, txn| clear(Counter::Zero, &key, args, txn),
    "clears general-purpose counter 0 of a key in a table; its old value",
    &[Example { text: "table_clr_gpc0(px)", input: "32", output: "0" }],
);

pub(in super::super) static TABLE_GPC1: Convert = table(
    "table_gpc1",
    TABLE,
    Type::Int,
    |key, args, txn| value(Counter::One, &key, args, txn),
    "general-purpose counter 1 of a key in a table",
    &[Example { text: "table_gpc1(px)", input: "7", output: "0" }],
);

pub(in super::super) static TABLE_GPC1_RATE: Convert = table(
    "table_gpc1_rate",
    TABLE,
    Type::Int,
    |key, args, txn| rate(Counter::One, &key, args, txn),
    "increments per period of general-purpose counter 1 of a key in a table",
    &[Example { text: "table_gpc1_rate(px)", input: "7", output: "0" }],
);

pub(in super::super) static TABLE_INC_GPC1: Convert = table(
    "table_inc_gpc1",
    TABLE,
    Type::Int,
    |key, args, txn| count(Counter::One, &key, args, txn),
    "increments general-purpose counter 1 of a key in a table; its new value",
    &[Example { text: "table_inc_gpc1(px)", input: "23", output: "1" }],
);

pub(in super::super) static TABLE_CLR_GPC1: Convert = table(
    "table_clr_gpc1",
    TABLE,
    Type::Int,
    |key, args, txn| clear(Counter::One, &key, args, txn),
    "clears general-purpose counter 1 of a key in a table; its old value",
    &[Example { text: "table_clr_gpc1(px)", input: "33", output: "0" }],
);
