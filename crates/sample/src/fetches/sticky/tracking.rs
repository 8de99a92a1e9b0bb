//! `sc_key`, `sc_tracked`, `sc_trackers` and their kin, `src_updt_conn_cnt`: the tracking itself.

use state::table::DataType;

use super::{Entry, Found, Missing, changed, fixed, numbered, source};
use crate::fetches::prelude::*;

/// The three kinds of each name, for counter `n` or the one that an argument names.
macro_rules! trackings {
    ($($prefix:literal, $make:ident, $entry:expr;)*) => {
        &[
            $(
                &Fetch {
                    out: Type::Any,
                    ..$make(concat!($prefix, "key"), |txn, args, _| key($entry, txn, args), "key of a tracked entry")
                },
                &Fetch {
                    out: Type::Bool,
                    ..$make(
                        concat!($prefix, "tracked"),
                        |txn, args, _| tracked($entry, txn, args),
                        "whether this counter tracks an entry",
                    )
                },
                &$make(
                    concat!($prefix, "trackers"),
                    |txn, args, _| trackers($entry, txn, args),
                    "how many sessions and streams track the same entry",
                ),
            )*
            &source(
                "src_updt_conn_cnt",
                |txn, args, _| {
                    changed(Entry::Source { at: 0 }, txn, args, |entry, now| entry.add(DataType::ConnCnt, 0, 1, now))
                },
                "adds one to the connections of the client's address in a table; the new value",
            ),
        ]
    };
}

pub(super) static ROWS: &[&Fetch] = trackings! {
    "sc_", numbered, Entry::Numbered { at: 0 };
    "sc0_", fixed, Entry::Fixed(0);
    "sc1_", fixed, Entry::Fixed(1);
    "sc2_", fixed, Entry::Fixed(2);
};

fn key(from: Entry, txn: &Txn, args: &Args) -> Fetched<'static> {
    from.with(txn, args, Missing::StaysMissing, |found, _| Some(found.entry()?.key_value().into_owned()))
}

fn tracked(from: Entry, txn: &Txn, args: &Args) -> Fetched<'static> {
    let found =
        from.with(txn, args, Missing::StaysMissing, |found, _| Some(Value::Bool(found.entry().is_some())));
    match found {
        Fetched::Absent => Value::Bool(false).into(),
        other @ (Fetched::Value(_) | Fetched::NotYet) => other,
    }
}

fn trackers(from: Entry, txn: &Txn, args: &Args) -> Fetched<'static> {
    from.with(txn, args, Missing::StaysMissing, |found, _| {
        let uses = match &found {
            Found::Tracked(entry) => entry.uses(),
            // Looking at it holds it once more.
            Found::Other(entry) => entry.uses().saturating_sub(1),
            Found::None => 0,
        };
        Some(Value::Int(i64::from(uses)))
    })
}
