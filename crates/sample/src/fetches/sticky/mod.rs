//! Stick counters: what is counted in the table entries that a session or stream tracks (`sc_*`, `sc0_*` to `sc2_*`),
//! and in the entry of the client's address (`src_*`); chapters 7.3.3 and 11.
//!
//! The three families read the same things, so the rows of all are made from one list.

use base::clock::{self, Millis};
use state::proxy::Sides;
use state::table::Tracked;

use crate::fetches::prelude::*;

mod arrays;
mod counters;
mod general;
mod tracking;

pub(super) static ROWS: &[&[&Fetch]] = &[counters::ROWS, general::ROWS, arrays::ROWS, tracking::ROWS];

/// Where a fetch finds its entry.
#[derive(Clone, Copy)]
enum Entry {
    /// Argument `at` is the counter's number, the next one a table.
    Numbered { at: usize },
    /// This counter; argument 0 is a table.
    Fixed(u8),
    /// This counter; argument `at` is a table.
    FixedAt { number: u8, at: usize },
    /// The client's address, in the table of argument `at`.
    Source { at: usize },
}

/// What was found.
enum Found<'t> {
    /// The entry itself.
    Tracked(&'t Tracked),
    /// An entry of the same key in another table.
    Other(Tracked),
    /// The table has no entry for the key.
    None,
}

impl Found<'_> {
    fn entry(&self) -> Option<&Tracked> {
        match self {
            Found::Tracked(tracked) => Some(tracked),
            Found::Other(tracked) => Some(tracked),
            Found::None => None,
        }
    }
}

/// Whether an entry that is not there is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    StaysMissing,
    IsMade,
}

impl Entry {
    /// Hands the entry to `read`; without a value where nothing is tracked, there is no source, or no table.
    fn with(
        self,
        txn: &Txn,
        args: &Args,
        missing: Missing,
        read: impl Fn(Found<'_>, Millis) -> Option<Value<'static>>,
    ) -> Fetched<'static> {
        let now = clock::now();
        let table_of = |index: usize| args.proxy(index).and_then(|id| txn.runtime.proxy(id).table.as_ref());
        let (number, table) = match self {
            Entry::Source { at } => {
                let found = table_of(at).zip(txn.session.src).and_then(|(table, src)| {
                    let key = table.key(&Value::ip(src.ip()))?;
                    let entry = match missing {
                        Missing::StaysMissing => table.lookup(&key, now),
                        Missing::IsMade => table.get_or_create(&key, now),
                    };
                    read(entry.map_or(Found::None, Found::Other), now)
                });
                return found.into();
            }
            Entry::Numbered { at } => (args.int(at).and_then(|n| u8::try_from(n).ok()), at + 1),
            Entry::Fixed(number) => (Some(number), 0),
            Entry::FixedAt { number, at } => (Some(number), at),
        };
        let Some(number) = number else { return Fetched::Absent };
        let (stream, session) = (txn.tracked.borrow(), txn.session.tracked.borrow());
        let tracked =
            stream.iter().chain(session.iter()).find(|(n, _)| *n == number).map(|(_, tracked)| tracked);
        let Some(tracked) = tracked else { return Fetched::Absent };
        let Some(other) = args.has(table).then(|| table_of(table)) else {
            return read(Found::Tracked(tracked), now).into();
        };
        let Some(other) = other.filter(|other| other.spec().key == tracked.table().spec().key) else {
            return Fetched::Absent;
        };
        let entry = match missing {
            Missing::StaysMissing => other.lookup(tracked.key(), now),
            Missing::IsMade => other.get_or_create(tracked.key(), now),
        };
        read(entry.map_or(Found::None, Found::Other), now).into()
    }
}

/// A stored value: 0 for a key without entry, none if the table does not store it.
fn stored(
    entry: Entry,
    txn: &Txn,
    args: &Args,
    read: impl Fn(&Tracked, Millis) -> Option<i64>,
) -> Fetched<'static> {
    entry.with(txn, args, Missing::StaysMissing, |found, now| {
        found.entry().map_or(Some(0), |entry| read(entry, now)).map(Value::Int)
    })
}

/// What changing an entry gave; a key without one gets it.
fn changed(
    entry: Entry,
    txn: &Txn,
    args: &Args,
    change: impl Fn(&Tracked, Millis) -> Option<i64>,
) -> Fetched<'static> {
    entry.with(txn, args, Missing::IsMade, |found, now| change(found.entry()?, now).map(Value::Int))
}

const NUMBER: Param = Param::required("counter", Kind::Int);
/// Of a tracked counter: without it the table that it is tracked in, whichever that is.
const OTHER_TABLE: Param = Param::optional("table", Kind::Str);
const TABLE: Param = Param::optional("table", Kind::Table);

/// Turns the name of a table, the only text among the arguments, into its proxy.
fn check_table(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    for arg in &mut args.list {
        if let Arg::Str(name) = arg {
            let Some(proxy) = compile.names.proxy(name, Sides::Both) else {
                return Err(compile.problem(format!("`{}` is no stick table", base::Lossy(name))));
            };
            *arg = Arg::Proxy(proxy.id);
        }
    }
    Ok(())
}

/// `sc_name(counter[,table])`.
const fn numbered(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch { params: &[NUMBER, OTHER_TABLE], check: Some(check_table), ..plain(name, run, brief) }
}

/// `sc0_name([table])`.
const fn fixed(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch { params: &[OTHER_TABLE], check: Some(check_table), ..plain(name, run, brief) }
}

/// `src_name([table])`.
const fn source(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch { params: &[TABLE], ..plain(name, run, brief) }
}

const fn plain(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    row(name, Type::Int, Needs::CLIENT, run, Doc::brief(brief))
}

/// The five rows of each name: how it is `stored` or `changed`, what is read, and its documentation.
macro_rules! families {
    ($($name:literal, $way:ident, $read:expr, $brief:literal;)*) => {
        &[$(
            &numbered(
                concat!("sc_", $name),
                |txn, args, _| $way(Entry::Numbered { at: 0 }, txn, args, $read),
                concat!($brief, " of a tracked entry"),
            ),
            &fixed(
                concat!("sc0_", $name),
                |txn, args, _| $way(Entry::Fixed(0), txn, args, $read),
                concat!($brief, " of the entry that counter 0 tracks"),
            ),
            &fixed(
                concat!("sc1_", $name),
                |txn, args, _| $way(Entry::Fixed(1), txn, args, $read),
                concat!($brief, " of the entry that counter 1 tracks"),
            ),
            &fixed(
                concat!("sc2_", $name),
                |txn, args, _| $way(Entry::Fixed(2), txn, args, $read),
                concat!($brief, " of the entry that counter 2 tracks"),
            ),
            &source(
                concat!("src_", $name),
                |txn, args, _| $way(Entry::Source { at: 0 }, txn, args, $read),
                concat!($brief, " of the client's address in a table"),
            ),
        )*]
    };
}
use families;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::clock;
    use state::table::{KeyType, Table, TableSpec};
    use state::value::Value;

    use crate::fetches::tests::eval;
    use crate::testing;
    use crate::txn::Txn;

    /// An exchange with a table on its proxy, and the table.
    fn txn() -> (Txn, Arc<Table>) {
        let mut spec = TableSpec::new(testing::PROXY, KeyType::Ip, 10);
        spec.store("conn_cnt,gpc0,gpc0_rate(10s),bytes_in_cnt,gpt(2)").unwrap();
        let table = Table::new(spec);
        let mut runtime = testing::runtime();
        Arc::get_mut(&mut runtime.proxies[0]).unwrap().table = Some(table.clone());
        (Txn::new(Arc::new(runtime), Box::new(testing::session())), table)
    }

    #[test]
    fn the_source_without_and_with_an_entry() {
        let (txn, table) = txn();
        assert_eq!(eval("src_conn_cnt", &txn).as_deref(), Some("0"));
        assert_eq!(eval("src_get_gpc0(px)", &txn).as_deref(), Some("0"));
        assert_eq!(eval("src_conn_cur", &txn).as_deref(), Some("0"), "no entry comes before what is stored");
        assert_eq!(eval("src_inc_gpc0", &txn).as_deref(), Some("1"));
        assert_eq!(eval("src_inc_gpc0", &txn).as_deref(), Some("2"));
        assert_eq!(eval("src_gpc0_rate", &txn).as_deref(), Some("2"));
        assert_eq!(eval("src_clr_gpc0", &txn).as_deref(), Some("2"));
        assert_eq!(eval("src_get_gpc0", &txn).as_deref(), Some("0"));
        assert_eq!(eval("src_conn_cur", &txn), None, "not stored");
        assert_eq!(eval("src_updt_conn_cnt", &txn).as_deref(), Some("1"));
        assert_eq!(table.used(clock::now()), 1);
        assert_eq!(eval("table_cnt", &txn).as_deref(), Some("1"));
        assert_eq!(eval("table_avl(px)", &txn).as_deref(), Some("9"));
    }

    #[test]
    fn what_a_stream_tracks_comes_before_its_session() {
        let (txn, table) = txn();
        for text in ["sc0_conn_cnt", "sc_conn_cnt(0)", "sc0_key"] {
            assert_eq!(eval(text, &txn), None, "{text}");
        }
        assert_eq!(eval("sc0_tracked", &txn).as_deref(), Some("0"));
        let now = clock::now();
        let track = |text: &[u8]| table.get_or_create(&table.key(&Value::str(text)).unwrap(), now).unwrap();
        txn.session.tracked.borrow_mut().push((0, track(b"10.0.0.1")));
        assert_eq!(eval("sc0_key", &txn).as_deref(), Some("10.0.0.1"));
        txn.tracked.borrow_mut().push((0, track(b"10.0.0.2")));
        assert_eq!(eval("sc_key(0)", &txn).as_deref(), Some("10.0.0.2"));
        assert_eq!(eval("sc_inc_gpc0(0)", &txn).as_deref(), Some("1"));
        assert_eq!(eval("sc0_get_gpc0(px)", &txn).as_deref(), Some("1"));
        assert_eq!(eval("sc0_trackers", &txn).as_deref(), Some("1"));
        assert_eq!(eval("sc_trackers(0,px)", &txn).as_deref(), Some("1"));
        assert_eq!(eval("sc_get_gpt(1,0)", &txn).as_deref(), Some("0"));
        assert_eq!(eval("sc_get_gpt(2,0)", &txn), None, "beyond the array");
        assert_eq!(eval("sc1_get_gpc0", &txn), None);
        assert!(testing::try_expr("sc0_conn_cnt(nope)").unwrap_err().contains("`nope`"));
    }

    #[test]
    fn bytes_in_kilobytes() {
        let (txn, table) = txn();
        let now = clock::now();
        let key = table.key(&Value::str(b"192.0.2.1")).unwrap();
        table.get_or_create(&key, now).unwrap().count_bytes_in(5000, now);
        assert_eq!(eval("src_kbytes_in", &txn).as_deref(), Some("4"));
    }
}
