//! `http_date`: a date of HTTP from seconds since 1970 (RFC 9110, section 5.6.7).

use base::Lossy;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Arg, Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "http_date",
    aliases: &[],
    params: &[Param::optional("offset", Kind::Int), Param::optional("unit", Kind::Str)],
    input: Type::Int,
    out: Type::Str,
    check: Some(check),
    run: http_date,
    doc: Doc {
        brief: "HTTP date from the time since 1970",
        long: "The unit of input and offset is s, ms or us; what is finer than seconds stands behind a \
               dot, without leading zeros.",
        examples: &[
            Example { text: "http_date", input: "784111777", output: "Sun, 06 Nov 1994 08:49:37 GMT" },
            Example { text: "http_date(3)", input: "784111777", output: "Sun, 06 Nov 1994 08:49:40 GMT" },
            Example {
                text: "http_date(0,ms)",
                input: "784111777042",
                output: "Sun, 06 Nov 1994 08:49:37.42 GMT",
            },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let per_second = match args.str(1) {
        None => return Ok(()),
        Some(b"s") => 1,
        Some(b"ms") => 1_000,
        Some(b"us") => 1_000_000,
        Some(other) => {
            let other = Lossy(other);
            return Err(compile.problem(format!("`http_date` counts in s, ms or us, not in `{other}`")));
        }
    };
    args.list[1] = Arg::Int(per_second);
    Ok(())
}

fn http_date<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let input = value.to_int()?.saturating_add(args.int(0).unwrap_or(0));
    let per_second = args.int(1).unwrap_or(1);
    let seconds = u64::try_from(input / per_second).unwrap_or(u64::MAX);
    let date = http::date::format(seconds);
    if per_second == 1 {
        return Some(Value::string(date.to_vec()));
    }
    let (until_second, zone) = date.split_at(date.len() - 4);
    let fraction = format!(".{}", input % per_second);
    Some(Value::string([until_second, fraction.as_bytes(), zone].concat()))
}

#[cfg(test)]
mod tests {
    use crate::testing::refusal;

    #[test]
    fn units_that_do_not_exist() {
        assert!(refusal("http_date(0,ns)").is_some());
        assert!(refusal("http_date(x)").is_some());
        assert!(refusal("http_date").is_none());
    }
}
