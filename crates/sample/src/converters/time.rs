//! `ltime`, `utime` and their `ms_` and `us_` forms: times since 1970 written by a format.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::strftime::{self, Zone};
use crate::args::{Args, Kind, Param};
use crate::rows::{Convert, ConvertFn};
use crate::txn::Txn;

/// A row of this family.
const fn time(
    name: &'static str,
    run: ConvertFn,
    brief: &'static str,
    examples: &'static [Example],
) -> Convert {
    Convert {
        name,
        aliases: &[],
        params: const { &[Param::required("format", Kind::Str), Param::optional("offset", Kind::Int)] },
        input: Type::Int,
        out: Type::Str,
        check: None,
        run,
        doc: Doc {
            brief,
            long: "The format is that of `strftime`; where the input is finer than seconds, `%N` stands for the nanoseconds \
                   and `%3N` for their first three digits. The offset is in seconds.",
            examples,
        },
    }
}

/// Keeps far futures from being taken for the past.
const SECONDS_MASK: i64 = 0x007f_ffff_ffff_ffff;

fn of_seconds(value: &Value<'_>, args: &Args, zone: Zone) -> Option<Value<'static>> {
    let seconds = (value.to_int()? & SECONDS_MASK).saturating_add(args.int(1).unwrap_or(0));
    Some(Value::string(strftime::format(args.str(0)?, seconds, zone)))
}

/// The same for an input of which `per_second` make a second.
fn of_fractions(value: &Value<'_>, args: &Args, zone: Zone, per_second: i64) -> Option<Value<'static>> {
    let input = value.to_int()?;
    let seconds = (input / per_second).saturating_add(args.int(1).unwrap_or(0));
    let nanos = (input % per_second) * (1_000_000_000 / per_second);
    let format = with_nanos(args.str(0)?, nanos);
    Some(Value::string(strftime::format(&format, seconds, zone)))
}

/// Replaces `%N` and `%<digits>N` in a format by the nanoseconds, cut to so many digits.
fn with_nanos(format: &[u8], nanos: i64) -> Vec<u8> {
    let digits = format!("{:09}", nanos.unsigned_abs());
    let mut out = Vec::with_capacity(format.len() + 9);
    let mut rest = format;
    while let Some(percent) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(&rest[..percent]);
        rest = &rest[percent..];
        let width = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if rest.get(1 + width) == Some(&b'N') {
            let asked = std::str::from_utf8(&rest[1..=width]).ok().and_then(|text| text.parse().ok());
            out.extend_from_slice(&digits.as_bytes()[..asked.unwrap_or(9usize).min(9)]);
            rest = &rest[width + 2..];
        } else {
            // The conversion's letter goes along, so that `%%N` stays what it is.
            let len = rest.len().min(2);
            out.extend_from_slice(&rest[..len]);
            rest = &rest[len..];
        }
    }
    out.extend_from_slice(rest);
    out
}

pub(super) static LTIME: Convert = time(
    "ltime",
    ltime,
    "local time from seconds since 1970",
    &[Example { text: "ltime(%Y)", input: "1700000000", output: "2023" }],
);

fn ltime<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    of_seconds(&value, args, Zone::Local)
}

pub(super) static UTIME: Convert = time(
    "utime",
    utime,
    "UTC from seconds since 1970",
    &[
        Example { text: "utime('%Y-%m-%d %T')", input: "784111777", output: "1994-11-06 08:49:37" },
        Example { text: "utime('%T',-37)", input: "784111777", output: "08:49:00" },
    ],
);

fn utime<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    of_seconds(&value, args, Zone::Utc)
}

pub(super) static MS_LTIME: Convert = time(
    "ms_ltime",
    ms_ltime,
    "local time from milliseconds since 1970",
    &[Example { text: "ms_ltime(%Y)", input: "1700000000000", output: "2023" }],
);

fn ms_ltime<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    of_fractions(&value, args, Zone::Local, 1_000)
}

pub(super) static MS_UTIME: Convert = time(
    "ms_utime",
    ms_utime,
    "UTC from milliseconds since 1970",
    &[
        Example { text: "ms_utime('%T.%3N')", input: "784111777042", output: "08:49:37.042" },
        Example { text: "ms_utime('%T.%N')", input: "784111777042", output: "08:49:37.042000000" },
    ],
);

fn ms_utime<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    of_fractions(&value, args, Zone::Utc, 1_000)
}

pub(super) static US_LTIME: Convert = time(
    "us_ltime",
    us_ltime,
    "local time from microseconds since 1970",
    &[Example { text: "us_ltime(%Y)", input: "1700000000000000", output: "2023" }],
);

fn us_ltime<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    of_fractions(&value, args, Zone::Local, 1_000_000)
}

pub(super) static US_UTIME: Convert = time(
    "us_utime",
    us_utime,
    "UTC from microseconds since 1970",
    &[Example { text: "us_utime('%T.%6N')", input: "784111777000042", output: "08:49:37.000042" }],
);

fn us_utime<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    of_fractions(&value, args, Zone::Utc, 1_000_000)
}
