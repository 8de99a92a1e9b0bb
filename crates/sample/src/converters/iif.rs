//! `iif`: one of two texts, by a boolean.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "iif",
    aliases: &[],
    params: &[Param::required("true", Kind::Str), Param::required("false", Kind::Str)],
    input: Type::Bool,
    out: Type::Str,
    check: None,
    run: iif,
    doc: Doc {
        brief: "first argument when the input is true, second when it is false",
        long: "",
        examples: &[
            Example { text: "iif(ok,ko)", input: "1", output: "ok" },
            Example { text: "iif(ok,ko)", input: "0", output: "ko" },
            Example { text: "iif(ok,ko)", input: "2", output: "ok" },
        ],
    },
};

fn iif<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let index = usize::from(!value.to_bool()?);
    args.str(index).map(Value::str)
}
