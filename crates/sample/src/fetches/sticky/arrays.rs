//! Elements of the arrays `gpc` and `gpt`: the first argument is the element's place.

use state::table::{DataType, Gpc, Tracked};

use super::{Entry, NUMBER, OTHER_TABLE, TABLE, changed, check_table, plain, stored};
use crate::fetches::prelude::*;
use base::clock::Millis;

const PLACE: Param = Param::required("element", Kind::Int);

const fn numbered(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch { params: &[PLACE, NUMBER, OTHER_TABLE], check: Some(check_table), ..plain(name, run, brief) }
}

const fn source(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch { params: &[PLACE, TABLE], ..plain(name, run, brief) }
}

/// Argument 0.
fn place(args: &Args) -> Option<usize> {
    args.int(0).and_then(|n| usize::try_from(n).ok())
}

const TRACKED: Entry = Entry::Numbered { at: 1 };
const SOURCE: Entry = Entry::Source { at: 1 };

type Read = fn(&Tracked, usize, Millis) -> Option<i64>;

const GET_GPC: Read = |entry, place, now| entry.gpc(Gpc::Element(place), now);
const GET_GPT: Read = |entry, place, now| entry.get(DataType::Gpt, place, now);
const RATE: Read = |entry, place, now| entry.gpc_rate(Gpc::Element(place), now);
const CLEAR: Read = |entry, place, now| entry.clear_gpc(Gpc::Element(place), now);
const COUNT: Read = |entry, place, now| entry.count_gpc(Gpc::Element(place), 1, now);

fn get(from: Entry, txn: &Txn, args: &Args, read: Read) -> Fetched<'static> {
    place(args).map_or(Fetched::Absent, |place| stored(from, txn, args, |entry, now| read(entry, place, now)))
}

fn change(from: Entry, txn: &Txn, args: &Args, read: Read) -> Fetched<'static> {
    place(args)
        .map_or(Fetched::Absent, |place| changed(from, txn, args, |entry, now| read(entry, place, now)))
}

pub(super) static ROWS: &[&Fetch] = &[
    &numbered(
        "sc_get_gpc",
        |txn, args, _| get(TRACKED, txn, args, GET_GPC),
        "a counter of a tracked entry's array",
    ),
    &numbered(
        "sc_get_gpt",
        |txn, args, _| get(TRACKED, txn, args, GET_GPT),
        "a tag of a tracked entry's array",
    ),
    &numbered(
        "sc_gpc_rate",
        |txn, args, _| get(TRACKED, txn, args, RATE),
        "increments per period of a counter of a tracked entry's array",
    ),
    &numbered(
        "sc_clr_gpc",
        |txn, args, _| change(TRACKED, txn, args, CLEAR),
        "sets a counter of a tracked entry's array back; what it was, as the value",
    ),
    // The only one of these that has a name for a counter, and only for this one.
    &Fetch {
        params: &[PLACE, OTHER_TABLE],
        check: Some(check_table),
        ..plain(
            "sc1_clr_gpc",
            |txn, args, _| change(Entry::FixedAt { number: 1, at: 1 }, txn, args, CLEAR),
            "sets a counter of the array of the entry that sc1 tracks back; what it was, as the value",
        )
    },
    &numbered(
        "sc_inc_gpc",
        |txn, args, _| change(TRACKED, txn, args, COUNT),
        "adds one to a counter of a tracked entry's array; the new value",
    ),
    &source(
        "src_get_gpc",
        |txn, args, _| get(SOURCE, txn, args, GET_GPC),
        "a counter of the array of the client's address",
    ),
    &source(
        "src_get_gpt",
        |txn, args, _| get(SOURCE, txn, args, GET_GPT),
        "a tag of the array of the client's address",
    ),
    &source(
        "src_gpc_rate",
        |txn, args, _| get(SOURCE, txn, args, RATE),
        "increments per period of a counter of the array of the client's address",
    ),
    &source(
        "src_clr_gpc",
        |txn, args, _| change(SOURCE, txn, args, CLEAR),
        "sets a counter of the array of the client's address back; what it was, as the value",
    ),
    &source(
        "src_inc_gpc",
        |txn, args, _| change(SOURCE, txn, args, COUNT),
        "adds one to a counter of the array of the client's address; the new value",
    ),
];
