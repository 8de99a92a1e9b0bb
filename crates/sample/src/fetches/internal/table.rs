//! `table_avl`, `table_cnt`: how full a stick table is.

use crate::fetches::prelude::*;

const TABLE: &[Param] = &[Param::optional("table", Kind::Table)];

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        params: TABLE,
        ..row(
            "table_avl",
            Type::Int,
            Needs::NOTHING,
            |txn, args, _| size(txn, args, |table| table.available(base::clock::now())),
            doc("entries that a table could still take", &[Example::usage("table_avl(bk)")]),
        )
    },
    &Fetch {
        params: TABLE,
        ..row(
            "table_cnt",
            Type::Int,
            Needs::NOTHING,
            |txn, args, _| size(txn, args, |table| table.used(base::clock::now())),
            doc("entries of a table", &[Example::usage("table_cnt(bk)")]),
        )
    },
];

fn size<'a>(txn: &Txn, args: &Args, read: impl Fn(&state::table::Table) -> usize) -> Fetched<'a> {
    let table = args.proxy(0).and_then(|id| txn.runtime.proxy(id).table.as_deref());
    table.map_or(Fetched::Absent, |table| count(read(table)))
}
