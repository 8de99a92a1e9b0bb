//! `json_query`: a value out of a JSON text (RFC 8259), by its path.

use base::Lossy;
use base::bytes::leading_int;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use super::json_path::{self, Step, Token};
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "json_query",
    aliases: &[],
    params: &[Param::required("path", Kind::Str), Param::optional("type", Kind::Str)],
    input: Type::Str,
    out: Type::Any,
    check: Some(check),
    run: json_query,
    doc: Doc {
        brief: "value at a path of a JSON text",
        long: "The path begins with `$`; `.name` goes into an object, `[2]` into an array from 0 on, and \
               a backslash makes a dot part of a name. Texts, numbers, booleans and arrays are values; an \
               array comes out as it is written. With `int` as second argument a number is an integer, \
               within 53 bits.",
        examples: &[
            Example {
                text: "json_query('$.iss')",
                input: "{\"iss\":\"kubernetes.io/serviceaccount\"}",
                output: "kubernetes.io/serviceaccount",
            },
            Example { text: "json_query('$.integer',int),add(1)", input: "{\"integer\":4}", output: "5" },
            Example { text: "json_query('$.double')", input: "{\"double\":4.5}", output: "4.5" },
            Example {
                text: "json_query('$.a.b')",
                input: "{\"x\":[1,{\"b\":2}],\"a\":{\"b\":true}}",
                output: "1",
            },
            Example {
                text: "json_query('$.my\\.key')",
                input: "{\"my.key\":[\"val1\", \"val2\"],\"key2\":\"val4\"}",
                output: "[\"val1\", \"val2\"]",
            },
            Example { text: "json_query('$.l[1]')", input: "{\"l\":[\"a\",\"b\"]}", output: "b" },
        ],
    },
};

/// Integers beyond this lose their last digits in programs that keep numbers as doubles.
const INT_MAX: i64 = (1 << 53) - 1;

/// What is looked for.
pub(super) struct Query {
    path: Option<Vec<Step>>,
    as_int: bool,
}

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    if args.str(0).is_none_or(<[u8]>::is_empty) {
        return Err(compile.problem("`json_query` needs a path"));
    }
    args.prepared = Some(Box::new(Query::argument(args, compile)?));
    Ok(())
}

fn json_query<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    args.prepared::<Query>()?.run(&value.to_str())
}

impl Query {
    /// The query of arguments 0, the path, and 1, the type.
    ///
    /// # Errors
    /// A type that there is not.
    pub(super) fn argument(args: &Args, compile: &mut Compile<'_>) -> Result<Query, Problem> {
        let as_int = match args.str(1) {
            None | Some(b"") => false,
            Some(b"int") => true,
            Some(other) => {
                let other = Lossy(other);
                return Err(compile.problem(format!("values are converted to `int` only, not to `{other}`")));
            }
        };
        let path = json_path::parse(args.str(0).unwrap_or_default());
        if path.is_none() {
            compile
                .warn("this path finds nothing: it must begin with `$` and go on with `.name` or `[index]`");
        }
        Ok(Query { path, as_int })
    }

    /// The value that it finds in a JSON text.
    pub(super) fn run(&self, json: &[u8]) -> Option<Value<'static>> {
        match json_path::find(json, self.path.as_ref()?)? {
            Token::Number(digits) if self.as_int => {
                let number = leading_int(digits).0;
                (number.unsigned_abs() <= INT_MAX.unsigned_abs()).then_some(Value::Int(number))
            }
            Token::Number(digits) => {
                let number: f64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
                Some(Value::string(six_digits(number).into_bytes()))
            }
            Token::Bool(is_true) => Some(Value::Bool(is_true)),
            Token::Array(raw) => Some(Value::string(raw.to_vec())),
            Token::String(raw) => unescape(raw).map(Value::string),
        }
    }
}

/// A number with six significant digits, in scientific notation when its exponent is less than -4 or more than 5:
/// what C programs print for `%g`.
fn six_digits(number: f64) -> String {
    let scientific = format!("{number:.5e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        return without_zeros(&format!("{number:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs())
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// The text that stands escaped between quotes. Characters beyond U+00FF, which do not fit a byte, leave no value.
fn unescape(raw: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match rest.next()? {
            b'u' => {
                let digits = [rest.next()?, rest.next()?, rest.next()?, rest.next()?];
                let [b'0', b'0', high, low] = digits else { return None };
                codec::hex_digit(high)? << 4 | codec::hex_digit(low)?
            }
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            same @ (b'\\' | b'"' | b'/') => same,
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{convert, refusal};

    #[test]
    fn numbers_have_six_digits() {
        for (number, shown) in [
            (4.5, "4.5"),
            (0.0, "0"),
            (100.0, "100"),
            (1_234_567.0, "1.23457e+06"),
            (0.000_012_5, "1.25e-05"),
            (-3.0, "-3"),
            (999_999.5, "1e+06"),
        ] {
            assert_eq!(six_digits(number), shown);
        }
    }

    #[test]
    fn what_has_no_value() {
        for (path, json) in [
            ("'$.a'", r#"{"b":1}"#),
            ("'$.a'", r#"{"a":null}"#),
            ("'$.a'", r#"{"a":{"b":1}}"#),
            ("'$.a'", r#"{"a":"\u20ac"}"#),
            ("'$.a',int", r#"{"a":9007199254740993}"#),
            ("'$.a'", "no json"),
            ("a", r#"{"a":1}"#),
        ] {
            assert_eq!(convert(&format!("json_query({path})"), json), None, "{path} {json}");
        }
    }

    #[test]
    fn escapes() {
        let got = convert("json_query('$.a')", r#"{"a":"x\"\\\u0041\n"}"#);
        assert_eq!(got.as_deref(), Some("x\"\\A\\x0a"));
    }

    #[test]
    fn arguments_that_cannot_be() {
        assert!(refusal("json_query").is_some());
        assert!(refusal("json_query('$.a',str)").is_some());
    }
}
