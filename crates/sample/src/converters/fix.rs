//! `fix_is_valid`, `fix_tag_value`: messages of the Financial Information eXchange protocol, `tag=value` fields that
//! each end with the byte 1.

use std::ops::{Range, RangeInclusive};

use base::Lossy;
use base::bytes::parse_decimal;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Arg, Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

/// A logon, in base64.
const LOGON: &str = "OD1GSVguNC40ATk9MTAyATM1PUEBNDk9Q0xJRU5UMQE1Nj1FWEVDVVRPUgEzND0xATUyPTIwMjAxMDI5LTEzOjAyOjQ0LjUyOAE5OD0wATEwOD0zMAExNDE9WQE1NTM9VXNlcm5hbWUBNTU0PVBhc3N3b3JkATEwPTI1MgE=";

pub(super) static IS_VALID: Convert = Convert {
    name: "fix_is_valid",
    aliases: &[],
    params: &[],
    input: Type::Bin,
    out: Type::Bool,
    check: None,
    run: is_valid,
    doc: Doc {
        brief: "whether bytes are a FIX message",
        long: "Checked are the first three tags, the ranges of tags, the body's length and the checksum. \
               There is no value while the message is incomplete.",
        examples: &[
            Example { text: "b64dec,fix_is_valid", input: LOGON, output: "1" },
            Example { text: "b64dec,reverse,fix_is_valid", input: LOGON, output: "0" },
        ],
    },
};

pub(super) static TAG_VALUE: Convert = Convert {
    name: "fix_tag_value",
    aliases: &[],
    params: &[Param::required("tag", Kind::Str)],
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check),
    run: tag_value,
    doc: Doc {
        brief: "value of a tag of a FIX message",
        long: "The tag is a number, or BeginString, BodyLength, CheckSum, MsgType, SenderCompID or \
               TargetCompID.",
        examples: &[
            Example { text: "b64dec,fix_tag_value(BeginString)", input: LOGON, output: "FIX.4.4" },
            Example { text: "b64dec,fix_tag_value(SenderCompID)", input: LOGON, output: "CLIENT1" },
            Example { text: "b64dec,fix_tag_value(56)", input: LOGON, output: "EXECUTOR" },
            Example { text: "b64dec,fix_tag_value(checksum)", input: LOGON, output: "252" },
        ],
    },
};

const DELIMITER: u8 = 1;
/// No message is shorter.
const MESSAGE_BYTES_MIN: usize = 26;

const BEGIN_STRING: u32 = 8;
const BODY_LENGTH: u32 = 9;
const CHECK_SUM: u32 = 10;
const MSG_TYPE: u32 = 35;
const SENDER_COMP_ID: u32 = 49;
const TARGET_COMP_ID: u32 = 56;

/// Versions as BeginString has them, each with its greatest tag. All versions 5.0 are called alike.
const VERSIONS: [(&[u8], u32); 6] = [
    (b"FIX.4.0", 140),
    (b"FIX.4.1", 211),
    (b"FIX.4.2", 446),
    (b"FIX.4.3", 659),
    (b"FIX.4.4", 956),
    (b"FIXT.1.1", 1621),
];

/// Tags that anyone may use for anything.
const USER_DEFINED: RangeInclusive<u32> = 10_000..=19_999;

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let name = args.str(0).unwrap_or_default();
    let tag = match name.to_ascii_lowercase().as_slice() {
        b"beginstring" => Some(BEGIN_STRING),
        b"bodylength" => Some(BODY_LENGTH),
        b"checksum" => Some(CHECK_SUM),
        b"msgtype" => Some(MSG_TYPE),
        b"sendercompid" => Some(SENDER_COMP_ID),
        b"targetcompid" => Some(TARGET_COMP_ID),
        _ => tag_number(name),
    };
    let tag =
        tag.ok_or_else(|| compile.problem(format!("`{}` is no tag of FIX that is known here", Lossy(name))))?;
    args.list = vec![Arg::Int(i64::from(tag))];
    Ok(())
}

fn is_valid<'a>(value: Value<'a>, _: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    match validate(&value.to_str()) {
        Verdict::Valid => settled(txn, Some(Value::Bool(true))),
        Verdict::Invalid => settled(txn, Some(Value::Bool(false))),
        Verdict::Incomplete => None,
    }
}

/// An answer that more bytes cannot change.
fn settled<'a>(txn: &Txn, answer: Option<Value<'a>>) -> Option<Value<'a>> {
    txn.is_settled.set(true);
    answer
}

fn tag_value<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let wanted = u32::try_from(args.int(0)?).ok()?;
    let message = value.to_str();
    let mut rest = message.as_ref();
    loop {
        match next(rest) {
            Next::Field { tag, value, .. } if tag == wanted => {
                return settled(txn, Some(Value::binary(value.to_vec())));
            }
            Next::Field { tag: CHECK_SUM, .. } | Next::Malformed => return settled(txn, None),
            Next::Field { after, .. } => rest = after,
            Next::Incomplete => return None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Valid,
    Invalid,
    /// It is right so far.
    Incomplete,
}

/// What a message begins with.
enum Next<'m> {
    Field {
        tag: u32,
        value: &'m [u8],
        after: &'m [u8],
    },
    /// Its end is missing.
    Incomplete,
    Malformed,
}

fn next(message: &[u8]) -> Next<'_> {
    let Some(equals) = memchr::memchr(b'=', message) else { return Next::Incomplete };
    let Some(len) = memchr::memchr(DELIMITER, &message[equals..]) else { return Next::Incomplete };
    let end = equals + len;
    let value = &message[equals + 1..end];
    match tag_number(&message[..equals]) {
        Some(tag) if !value.is_empty() => Next::Field { tag, value, after: &message[end + 1..] },
        Some(_) | None => Next::Malformed,
    }
}

/// A tag: a number that is not 0.
fn tag_number(text: &[u8]) -> Option<u32> {
    parse_decimal(text).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

fn validate(message: &[u8]) -> Verdict {
    if message.len() < MESSAGE_BYTES_MIN {
        return Verdict::Incomplete;
    }
    let mut tag_max = u32::MAX;
    let mut body = 0..0;
    let mut rest = message;
    for place in 1.. {
        let start = message.len() - rest.len();
        let (tag, value, after) = match next(rest) {
            Next::Field { tag, value, after } => (tag, value, after),
            Next::Incomplete => return Verdict::Incomplete,
            Next::Malformed => return Verdict::Invalid,
        };
        if tag > tag_max && !USER_DEFINED.contains(&tag) {
            return Verdict::Invalid;
        }
        match (place, tag) {
            (1, BEGIN_STRING) => match VERSIONS.iter().find(|(version, _)| value == *version) {
                Some((_, max)) => tag_max = *max,
                None => return Verdict::Invalid,
            },
            (2, BODY_LENGTH) => {
                let begin = message.len() - after.len();
                let len = parse_decimal(value).and_then(|len| usize::try_from(len).ok());
                let Some(len) = len.filter(|len| *len > 0) else { return Verdict::Invalid };
                body = begin..begin.saturating_add(len);
            }
            (3, MSG_TYPE) => {}
            (1..=3, _) => return Verdict::Invalid,
            (_, CHECK_SUM) => return closed(message, start, &body, value),
            (_, _) => {}
        }
        rest = after;
    }
    Verdict::Incomplete
}

/// Judges a message whose checksum begins at `start`: the body ends there, and all bytes before it add up to it.
fn closed(message: &[u8], start: usize, body: &Range<usize>, checksum: &[u8]) -> Verdict {
    let sum = message[..start].iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    let is_right = checksum.len() == 3 && parse_decimal(checksum) == Some(u64::from(sum));
    if body.end == start && is_right { Verdict::Valid } else { Verdict::Invalid }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::refusal;

    fn message(body: &str) -> Vec<u8> {
        let head = format!("8=FIX.4.4|9={}|{body}", body.len());
        let mut message: Vec<u8> = head.bytes().map(|b| if b == b'|' { DELIMITER } else { b }).collect();
        let sum = message.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
        message.extend_from_slice(format!("10={sum:03}\u{1}").as_bytes());
        message
    }

    #[test]
    fn messages() {
        let good = message("35=A|49=CLIENT1|");
        assert_eq!(validate(&good), Verdict::Valid);
        for len in 0..good.len() {
            assert_eq!(validate(&good[..len]), Verdict::Incomplete, "{len}");
        }
        for body in ["49=A|35=A|", "35=A|=x|", "35=A|49=|", "35=A|0=x|", "35=A|957=x|", "35=A|x=1|"] {
            assert_eq!(validate(&message(body)), Verdict::Invalid, "{body}");
        }
        assert_eq!(validate(&message("35=A|10001=x|")), Verdict::Valid);
        let mut wrong_sum = good.clone();
        let at = wrong_sum.len() - 2;
        wrong_sum[at] ^= 1;
        assert_eq!(validate(&wrong_sum), Verdict::Invalid);
        let mut wrong_version = good;
        wrong_version[8] = b'9';
        assert_eq!(validate(&wrong_version), Verdict::Invalid);
    }

    #[test]
    fn tags_that_cannot_be() {
        for text in ["fix_tag_value", "fix_tag_value(0)", "fix_tag_value(Symbol)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
