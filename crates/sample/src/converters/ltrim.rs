//! `ltrim`: a text without leading characters of a set.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::text;
use crate::args::{Args, Kind, Param};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "ltrim",
    aliases: &[],
    params: &[Param::required("characters", Kind::Str)],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: ltrim,
    doc: Doc {
        brief: "text without the given characters at its begin",
        long: "",
        examples: &[Example { text: "ltrim(' /')", input: " //a/ ", output: "a/ " }],
    },
};

fn ltrim<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let set = args.str(0)?;
    let start = text.iter().position(|byte| !set.contains(byte)).unwrap_or(text.len());
    let end = text.len();
    Some(Value::Str(text::cut(text, start..end)))
}
