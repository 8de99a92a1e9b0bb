//! `date`: seconds since 1970 from a date of HTTP (RFC 9110, section 5.6.7).

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "date",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Int,
    check: None,
    run: date,
    doc: Doc {
        brief: "seconds since 1970 from an HTTP date",
        long: "",
        examples: &[
            Example { text: "date", input: "Sun, 06 Nov 1994 08:49:37 GMT", output: "784111777" },
            Example { text: "date", input: "Sunday, 06-Nov-94 08:49:37 GMT", output: "784111777" },
            Example { text: "date", input: "Sun Nov  6 08:49:37 1994", output: "784111777" },
        ],
    },
};

fn date<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    http::date::parse(&value.to_str()).map(Value::Int)
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn what_is_no_date_has_no_value() {
        assert_eq!(convert("date", "yesterday"), None);
        assert_eq!(convert("date", ""), None);
    }
}
