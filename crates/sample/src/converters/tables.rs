//! `in_table` and `table_*`: what stick tables remember of a key (configuration manual, chapter 11).
//!
//! Looking does not put off an entry's end; what changes an entry does.

use std::sync::Arc;

use base::clock::{self, Millis};
use keyword::{Doc, Example};
use state::table::{DataType, Table, Tracked};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::rows::{Convert, ConvertFn};
use crate::txn::Txn;

mod gpc;

pub(super) use gpc::{
    TABLE_CLR_GPC, TABLE_CLR_GPC0, TABLE_CLR_GPC1, TABLE_GPC, TABLE_GPC_RATE, TABLE_GPC0, TABLE_GPC0_RATE,
    TABLE_GPC1, TABLE_GPC1_RATE, TABLE_INC_GPC, TABLE_INC_GPC0, TABLE_INC_GPC1,
};

/// The only argument of most of them.
const TABLE: &[Param] = &[Param::required("table", Kind::Table)];
/// For those that look at one of several counters or tags.
const ELEMENT: &[Param] = &[Param::required("index", Kind::Int), Param::required("table", Kind::Table)];
/// For those that can say what holds when the key is not there.
const OTHERWISE: &[Param] = &[Param::required("table", Kind::Table), Param::optional("otherwise", Kind::Int)];

/// A row of this family.
const fn table(
    name: &'static str,
    params: &'static [Param],
    out: Type,
    run: ConvertFn,
    brief: &'static str,
    examples: &'static [Example],
) -> Convert {
    let long = "The input is the key, cast to the type of the table's keys. A key that is not there has 0; where the table \
                does not store what is asked for, there is no value.";
    let doc = Doc { brief, long, examples };
    Convert { name, aliases: &[], params, input: Type::Any, out, check: None, run, doc }
}

/// The table of argument `index`.
fn of<'t>(args: &Args, index: usize, txn: &'t Txn) -> Option<&'t Arc<Table>> {
    txn.runtime.proxy(args.proxy(index)?).table.as_ref()
}

/// The entry of a key, without making one.
fn entry(table: &Arc<Table>, key: &Value<'_>, now: Millis) -> Option<Tracked> {
    table.lookup(&table.key(key)?, now)
}

/// Reads from the entry of a key; 0 when there is none.
fn read(
    table: &Arc<Table>,
    key: &Value<'_>,
    read: impl FnOnce(&Tracked, Millis) -> Option<i64>,
) -> Option<Value<'static>> {
    let now = clock::now();
    let Some(entry) = entry(table, key, now) else { return Some(Value::Int(0)) };
    let value = read(&entry, now);
    entry.release(now);
    value.map(Value::Int)
}

/// Changes the entry of a key, a new one if there was none; 0 when there is no room for it.
fn change(
    table: &Arc<Table>,
    key: &Value<'_>,
    change: impl FnOnce(&Tracked, Millis) -> Option<i64>,
) -> Option<Value<'static>> {
    let now = clock::now();
    let entry = table.key(key).and_then(|key| table.get_or_create(&key, now));
    let Some(entry) = entry else { return Some(Value::Int(0)) };
    let value = change(&entry, now);
    entry.touch(now);
    entry.release(now);
    value.map(Value::Int)
}

/// What the data type with the index `TYPE` holds for the key.
fn data<'a, const TYPE: usize>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let data = *DataType::ALL.get(TYPE)?;
    read(of(args, 0, txn)?, &value, |entry, now| entry.get(data, 0, now))
}

pub(super) static IN_TABLE: Convert = table(
    "in_table",
    TABLE,
    Type::Bool,
    in_table,
    "whether the key is in the table",
    &[Example { text: "in_table(px)", input: "7", output: "0" }],
);

fn in_table<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let now = clock::now();
    let found = entry(of(args, 0, txn)?, &value, now);
    let is_there = found.is_some();
    if let Some(entry) = found {
        entry.release(now);
    }
    Some(Value::Bool(is_there))
}

pub(super) static TABLE_BYTES_IN_RATE: Convert = table(
    "table_bytes_in_rate",
    TABLE,
    Type::Int,
    data::<{ DataType::BytesInRate as usize }>,
    "bytes from the client per period of a key in a table",
    &[Example { text: "table_bytes_in_rate(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_BYTES_OUT_RATE: Convert = table(
    "table_bytes_out_rate",
    TABLE,
    Type::Int,
    data::<{ DataType::BytesOutRate as usize }>,
    "bytes to the client per period of a key in a table",
    &[Example { text: "table_bytes_out_rate(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_CONN_CNT: Convert = table(
    "table_conn_cnt",
    TABLE,
    Type::Int,
    data::<{ DataType::ConnCnt as usize }>,
    "connections in all of a key in a table",
    &[Example { text: "table_conn_cnt(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_CONN_CUR: Convert = table(
    "table_conn_cur",
    TABLE,
    Type::Int,
    data::<{ DataType::ConnCur as usize }>,
    "connections now of a key in a table",
    &[Example { text: "table_conn_cur(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_CONN_RATE: Convert = table(
    "table_conn_rate",
    TABLE,
    Type::Int,
    data::<{ DataType::ConnRate as usize }>,
    "connections per period of a key in a table",
    &[Example { text: "table_conn_rate(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_GLITCH_CNT: Convert = table(
    "table_glitch_cnt",
    TABLE,
    Type::Int,
    data::<{ DataType::GlitchCnt as usize }>,
    "protocol glitches in all of a key in a table",
    &[Example { text: "table_glitch_cnt(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_GLITCH_RATE: Convert = table(
    "table_glitch_rate",
    TABLE,
    Type::Int,
    data::<{ DataType::GlitchRate as usize }>,
    "protocol glitches per period of a key in a table",
    &[Example { text: "table_glitch_rate(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_GPT0: Convert = table(
    "table_gpt0",
    TABLE,
    Type::Int,
    data::<{ DataType::Gpt0 as usize }>,
    "general-purpose tag 0 of a key in a table",
    &[Example { text: "table_gpt0(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_HTTP_ERR_CNT: Convert = table(
    "table_http_err_cnt",
    TABLE,
    Type::Int,
    data::<{ DataType::HttpErrCnt as usize }>,
    "errors caused by the client, in all of a key in a table",
    &[Example { text: "table_http_err_cnt(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_HTTP_ERR_RATE: Convert = table(
    "table_http_err_rate",
    TABLE,
    Type::Int,
    data::<{ DataType::HttpErrRate as usize }>,
    "errors caused by the client, per period of a key in a table",
    &[Example { text: "table_http_err_rate(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_HTTP_FAIL_CNT: Convert = table(
    "table_http_fail_cnt",
    TABLE,
    Type::Int,
    data::<{ DataType::HttpFailCnt as usize }>,
    "failures caused by the server, in all of a key in a table",
    &[Example { text: "table_http_fail_cnt(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_HTTP_FAIL_RATE: Convert = table(
    "table_http_fail_rate",
    TABLE,
    Type::Int,
    data::<{ DataType::HttpFailRate as usize }>,
    "failures caused by the server, per period of a key in a table",
    &[Example { text: "table_http_fail_rate(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_HTTP_REQ_CNT: Convert = table(
    "table_http_req_cnt",
    TABLE,
    Type::Int,
    data::<{ DataType::HttpReqCnt as usize }>,
    "HTTP requests in all of a key in a table",
    &[Example { text: "table_http_req_cnt(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_HTTP_REQ_RATE: Convert = table(
    "table_http_req_rate",
    TABLE,
    Type::Int,
    data::<{ DataType::HttpReqRate as usize }>,
    "HTTP requests per period of a key in a table",
    &[Example { text: "table_http_req_rate(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_SESS_CNT: Convert = table(
    "table_sess_cnt",
    TABLE,
    Type::Int,
    data::<{ DataType::SessCnt as usize }>,
    "sessions in all of a key in a table",
    &[Example { text: "table_sess_cnt(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_SESS_RATE: Convert = table(
    "table_sess_rate",
    TABLE,
    Type::Int,
    data::<{ DataType::SessRate as usize }>,
    "sessions per period of a key in a table",
    &[Example { text: "table_sess_rate(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_SERVER_ID: Convert = table(
    "table_server_id",
    TABLE,
    Type::Int,
    data::<{ DataType::ServerId as usize }>,
    "id of the server that the key sticks to of a key in a table",
    &[Example { text: "table_server_id(px)", input: "7", output: "0" }],
);

pub(super) static TABLE_KBYTES_IN: Convert = table(
    "table_kbytes_in",
    TABLE,
    Type::Int,
    table_kbytes_in,
    "units of 1024 bytes from the client, in all, of a key in a table",
    &[Example { text: "table_kbytes_in(px)", input: "7", output: "0" }],
);

fn table_kbytes_in<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    read(of(args, 0, txn)?, &value, |entry, now| Some(entry.get(DataType::BytesInCnt, 0, now)? >> 10))
}

pub(super) static TABLE_KBYTES_OUT: Convert = table(
    "table_kbytes_out",
    TABLE,
    Type::Int,
    table_kbytes_out,
    "units of 1024 bytes to the client, in all, of a key in a table",
    &[Example { text: "table_kbytes_out(px)", input: "7", output: "0" }],
);

fn table_kbytes_out<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    read(of(args, 0, txn)?, &value, |entry, now| Some(entry.get(DataType::BytesOutCnt, 0, now)? >> 10))
}

pub(super) static TABLE_GPT: Convert = table(
    "table_gpt",
    ELEMENT,
    Type::Int,
    table_gpt,
    "general-purpose tag of a key in a table",
    &[Example { text: "table_gpt(0,px)", input: "7", output: "0" }],
);

fn table_gpt<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let index = usize::try_from(args.int(0)?).ok()?;
    read(of(args, 1, txn)?, &value, |entry, now| entry.get(DataType::Gpt, index, now))
}

pub(super) static TABLE_TRACKERS: Convert = table(
    "table_trackers",
    TABLE,
    Type::Int,
    table_trackers,
    "how many connections track the key in a table",
    &[Example { text: "table_trackers(px)", input: "7", output: "0" }],
);

fn table_trackers<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    read(of(args, 0, txn)?, &value, |entry, _| Some(i64::from(entry.uses().saturating_sub(1))))
}

pub(super) static TABLE_EXPIRE: Convert = table(
    "table_expire",
    OTHERWISE,
    Type::Int,
    table_expire,
    "milliseconds until the key's entry ends, or the second argument",
    &[Example { text: "table_expire(px,9)", input: "7", output: "9" }],
);

fn table_expire<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let now = clock::now();
    let Some(entry) = entry(of(args, 0, txn)?, &value, now) else { return args.int(1).map(Value::Int) };
    let time = entry.expires_in(now);
    entry.release(now);
    Some(Value::count(time))
}

pub(super) static TABLE_IDLE: Convert = table(
    "table_idle",
    OTHERWISE,
    Type::Int,
    table_idle,
    "milliseconds since the key's entry was last touched, or the second argument",
    &[Example { text: "table_idle(px,9)", input: "7", output: "9" }],
);

fn table_idle<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let now = clock::now();
    let Some(entry) = entry(of(args, 0, txn)?, &value, now) else { return args.int(1).map(Value::Int) };
    let time = entry.idle(now);
    entry.release(now);
    Some(Value::count(time))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn, txn_with_table};

    #[test]
    fn keys_that_are_not_there_have_nothing_and_stay_away() {
        let txn = txn_with_table("gpc0,conn_cnt,server_id");
        for (text, expected) in [
            ("in_table(px)", Some("0")),
            ("table_gpc0(px)", Some("0")),
            ("table_conn_cnt", Some("0")),
            ("table_trackers(px)", Some("0")),
            ("table_http_req_cnt(px)", Some("0")),
            ("table_expire(px)", None),
            ("table_expire(px,-1)", Some("-1")),
            ("table_idle(px,7)", Some("7")),
        ] {
            assert_eq!(convert_in(&txn, text, b"5").as_deref(), expected, "{text}");
        }
        assert_eq!(convert_in(&txn, "in_table(px)", b"5").as_deref(), Some("0"));
    }

    #[test]
    fn counters_go_up_and_are_cleared() {
        let txn = txn_with_table("gpc0,gpc1,gpt0");
        let run = |text: &str| convert_in(&txn, text, b"5");
        assert_eq!(run("table_inc_gpc0(px)").as_deref(), Some("1"));
        assert_eq!(run("table_inc_gpc0(px)").as_deref(), Some("2"));
        assert_eq!(run("in_table(px)").as_deref(), Some("1"));
        assert_eq!(run("table_gpc0(px)").as_deref(), Some("2"));
        assert_eq!(run("table_gpc1(px)").as_deref(), Some("0"));
        assert_eq!(run("table_gpt0(px)").as_deref(), Some("0"));
        assert_eq!(run("table_trackers(px)").as_deref(), Some("0"));
        assert_eq!(run("table_clr_gpc0(px)").as_deref(), Some("2"));
        assert_eq!(run("table_gpc0(px)").as_deref(), Some("0"));
        let left: i64 = run("table_expire(px)").unwrap().parse().unwrap();
        assert!((1..=60_000).contains(&left), "{left}");
    }

    #[test]
    fn arrays_are_chosen_from() {
        let txn = txn_with_table("gpc(2),gpc_rate(2,10s),gpt(3)");
        let run = |text: &str| convert_in(&txn, text, b"5");
        assert_eq!(run("table_inc_gpc(1,px)").as_deref(), Some("1"));
        assert_eq!(run("table_gpc(1,px)").as_deref(), Some("1"));
        assert_eq!(run("table_gpc_rate(1,px)").as_deref(), Some("1"));
        assert_eq!(run("table_gpc(0,px)").as_deref(), Some("0"));
        assert_eq!(run("table_gpt(2,px)").as_deref(), Some("0"));
        assert_eq!(run("table_gpc(2,px)"), None);
        assert_eq!(run("table_gpc(-1,px)"), None);
    }

    #[test]
    fn what_is_not_stored_has_no_value() {
        let txn = txn_with_table("gpc0");
        assert_eq!(convert_in(&txn, "table_inc_gpc0(px)", b"5").as_deref(), Some("1"));
        assert_eq!(convert_in(&txn, "table_http_req_rate(px)", b"5"), None);
    }

    #[test]
    fn tables_that_are_not_there() {
        assert_eq!(convert_in(&txn(), "in_table(px)", b"5"), None);
        assert!(refusal("in_table(other)").is_some());
        assert!(refusal("table_gpc(px)").is_some());
    }
}
