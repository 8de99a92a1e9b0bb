//! `rtrim`: a text without trailing characters of a set.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::text;
use crate::args::{Args, Kind, Param};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "rtrim",
    aliases: &[],
    params: &[Param::required("characters", Kind::Str)],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: rtrim,
    doc: Doc {
        brief: "text without the given characters at its end",
        long: "",
        examples: &[Example { text: "rtrim(' /')", input: "/a/ /", output: "/a" }],
    },
};

fn rtrim<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let set = args.str(0)?;
    let end = text.iter().rposition(|byte| !set.contains(byte)).map_or(0, |last| last + 1);
    Some(Value::Str(text::cut(text, 0..end)))
}
