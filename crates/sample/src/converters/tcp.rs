//! `tcp.*`: parts of a TCP segment's header and its options (RFC 9293, RFC 7323).

use keyword::Example;
use state::value::{Type, Value};

use super::text::header_part;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

/// The header of a segment from port 1234 to port 80 that opens a connection, in base64.
const SEGMENT: &str = "BNIAUAAAAGMAAAAAoAL//wAAAAACBAW0BAIICgAAAAkAAAAAAQMDBw==";

pub(super) static DST: Convert = header_part(
    "tcp.dst",
    Type::Int,
    dst,
    "destination port of a TCP segment",
    &[Example { text: "b64dec,tcp.dst", input: SEGMENT, output: "80" }],
);

fn dst<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    fixed(&value, 2, 2)
}

pub(super) static FLAGS: Convert = header_part(
    "tcp.flags",
    Type::Int,
    flags,
    "flags of a TCP segment, from FIN in the lowest bit to CWR in the highest",
    &[Example { text: "b64dec,tcp.flags", input: SEGMENT, output: "2" }],
);

fn flags<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    fixed(&value, 13, 1)
}

pub(super) static OPTIONS_MSS: Convert = header_part(
    "tcp.options.mss",
    Type::Int,
    mss,
    "greatest segment size among a TCP segment's options, 0 without it",
    &[Example { text: "b64dec,tcp.options.mss", input: SEGMENT, output: "1460" }],
);

fn mss<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    option(&value, MSS, |option| number(option.get(2..4).unwrap_or_default()))
}

pub(super) static OPTIONS_SACK: Convert = header_part(
    "tcp.options.sack",
    Type::Int,
    sack,
    "whether a TCP segment's options permit selective acknowledgements",
    &[Example { text: "b64dec,tcp.options.sack", input: SEGMENT, output: "1" }],
);

fn sack<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    option(&value, SACK_PERMITTED, |_| 1)
}

pub(super) static OPTIONS_TSOPT: Convert = header_part(
    "tcp.options.tsopt",
    Type::Int,
    tsopt,
    "whether there is a timestamp among a TCP segment's options",
    &[Example { text: "b64dec,tcp.options.tsopt", input: SEGMENT, output: "1" }],
);

fn tsopt<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    option(&value, TIMESTAMP, |_| 1)
}

pub(super) static OPTIONS_TSVAL: Convert = header_part(
    "tcp.options.tsval",
    Type::Int,
    tsval,
    "the sender's timestamp among a TCP segment's options, 0 without it",
    &[Example { text: "b64dec,tcp.options.tsval", input: SEGMENT, output: "9" }],
);

fn tsval<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    option(&value, TIMESTAMP, |option| number(option.get(2..6).unwrap_or_default()))
}

pub(super) static OPTIONS_WSCALE: Convert = header_part(
    "tcp.options.wscale",
    Type::Int,
    wscale,
    "window scale among a TCP segment's options, 0 without it",
    &[Example { text: "b64dec,tcp.options.wscale", input: SEGMENT, output: "7" }],
);

fn wscale<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    option(&value, WINDOW_SCALE, |option| number(option.get(2..3).unwrap_or_default()))
}

pub(super) static OPTIONS_WSOPT: Convert = header_part(
    "tcp.options.wsopt",
    Type::Int,
    wsopt,
    "whether there is a window scale among a TCP segment's options",
    &[Example { text: "b64dec,tcp.options.wsopt", input: SEGMENT, output: "1" }],
);

fn wsopt<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    option(&value, WINDOW_SCALE, |_| 1)
}

pub(super) static OPTIONS_LIST: Convert = header_part(
    "tcp.options_list",
    Type::Bin,
    options_list,
    "kinds of a TCP segment's options, a byte each",
    &[Example { text: "b64dec,tcp.options_list,hex", input: SEGMENT, output: "0204080103" }],
);

fn options_list<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let segment = value.to_str();
    let kinds = options(header(&segment)?).map(|option| option[0]).collect();
    Some(Value::binary(kinds))
}

pub(super) static SEQ: Convert = header_part(
    "tcp.seq",
    Type::Int,
    seq,
    "sequence number of a TCP segment",
    &[Example { text: "b64dec,tcp.seq", input: SEGMENT, output: "99" }],
);

fn seq<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    fixed(&value, 4, 4)
}

pub(super) static SRC: Convert = header_part(
    "tcp.src",
    Type::Int,
    src,
    "source port of a TCP segment",
    &[Example { text: "b64dec,tcp.src", input: SEGMENT, output: "1234" }],
);

fn src<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    fixed(&value, 0, 2)
}

pub(super) static WIN: Convert = header_part(
    "tcp.win",
    Type::Int,
    win,
    "window of a TCP segment",
    &[Example { text: "b64dec,tcp.win", input: SEGMENT, output: "65535" }],
);

fn win<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    fixed(&value, 14, 2)
}

/// Length of a header without options.
const HEADER_BYTES: usize = 20;

const MSS: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const TIMESTAMP: u8 = 8;

/// A number of at most eight bytes in network order.
pub(super) fn number(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0, |n, byte| n << 8 | i64::from(*byte))
}

/// A number at a fixed place of the header.
fn fixed(value: &Value<'_>, at: usize, len: usize) -> Option<Value<'static>> {
    let header = value.as_bytes()?.get(..HEADER_BYTES)?;
    header.get(at..at + len).map(|bytes| Value::Int(number(bytes)))
}

/// The whole header of a segment, options included.
pub(super) fn header(segment: &[u8]) -> Option<&[u8]> {
    let len = usize::from(segment.get(12)? >> 4) * 4;
    segment.get(..len).filter(|_| len >= HEADER_BYTES)
}

/// The options of a whole header, each with its kind and length; the last one is cut where it is too long.
pub(super) fn options(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = &header[HEADER_BYTES..];
    std::iter::from_fn(move || {
        let len = match rest {
            [] | [0, ..] => return None,
            [1, ..] => 1,
            [_, len, ..] if *len > 1 => usize::from(*len),
            // Without a length that counts, nothing behind it can be read.
            _ => rest.len(),
        };
        let (option, after) = rest.split_at(len.min(rest.len()));
        rest = after;
        Some(option)
    })
}

/// Whether an option has the length that it claims.
pub(super) fn is_whole(option: &[u8]) -> bool {
    match option {
        [1] => true,
        [_, len, ..] => usize::from(*len) == option.len(),
        _ => false,
    }
}

/// What the first whole option of a kind says, 0 when there is none.
fn option(value: &Value<'_>, kind: u8, read: fn(&[u8]) -> i64) -> Option<Value<'static>> {
    let header = header(value.as_bytes()?)?;
    let found = options(header).find(|option| option[0] == kind && is_whole(option));
    Some(Value::Int(found.map_or(0, read)))
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    fn segment(options: &[u8]) -> Vec<u8> {
        let words = u8::try_from(5 + options.len() / 4).unwrap();
        let mut segment = vec![0; 20];
        segment[12] = words << 4;
        segment.extend_from_slice(options);
        segment
    }

    #[test]
    fn options_that_are_absent_or_cut() {
        assert_eq!(convert("tcp.options.mss", segment(&[])).as_deref(), Some("0"));
        assert_eq!(convert("tcp.options.mss", segment(&[0, 4, 2, 4])).as_deref(), Some("0"));
        assert_eq!(convert("tcp.options.mss", segment(&[1, 1, 2, 4])).as_deref(), Some("0"));
        assert_eq!(convert("tcp.options.sack", segment(&[4, 0, 4, 2])).as_deref(), Some("0"));
        assert_eq!(
            convert("tcp.options_list,hex", segment(&[1, 3, 3, 7, 8, 10, 0, 0])).as_deref(),
            Some("010308")
        );
    }

    #[test]
    fn headers_that_are_too_short() {
        for text in ["tcp.src", "tcp.flags", "tcp.options.mss", "tcp.options_list"] {
            assert_eq!(convert(text, "short"), None, "{text}");
        }
        let mut cut = segment(&[1, 1, 1, 1]);
        cut.pop();
        assert_eq!(convert("tcp.options_list", cut), None);
        assert_eq!(convert("tcp.options_list", [0u8; 20]), None);
    }
}
