//! `req.payload`, `res.payload`, `req.payload_lv`, `res.payload_lv`: a part of the bytes.

use super::{bytes, is_over, too_short};
use crate::fetches::prelude::*;

const AT: Param = Param::required("offset", Kind::Int);
const PART: &[Param] = &[AT, Param::required("length", Kind::Int)];
const COUNTED: &[Param] =
    &[AT, Param::required("length of the length", Kind::Int), Param::optional("offset", Kind::Str)];
const PART_USE: &[Example] = &[Example::usage("req.payload(0,6)")];
const COUNTED_USE: &[Example] = &[Example::usage("req.payload_lv(43,1)")];

const fn payload(name: &'static str, needs: Needs, run: FetchFn) -> Fetch {
    Fetch {
        params: PART,
        check: Some(check_unsigned),
        ..row(
            name,
            Type::Bin,
            needs,
            run,
            Doc {
                brief: "bytes from an offset on",
                long: "As many as the second argument says, and there must be so many; with 0, all there are now.",
                examples: PART_USE,
            },
        )
    }
}

const fn payload_lv(name: &'static str, needs: Needs, run: FetchFn) -> Fetch {
    Fetch {
        params: COUNTED,
        check: Some(check_lv),
        ..row(
            name,
            Type::Bin,
            needs,
            run,
            Doc {
                brief: "bytes whose length stands before them",
                long: "The first two arguments say where the length stands and of how many bytes it is, the most \
                       significant first. The value begins behind it, or at the third argument, which counts from \
                       there if it has a sign.",
                examples: COUNTED_USE,
            },
        )
    }
}

pub(super) static ROWS: &[&Fetch] = &[
    &payload("req.payload", Needs::REQUEST_BYTES, |txn, args, walk| part(txn, &txn.req, args, walk)),
    &payload("res.payload", Needs::RESPONSE_BYTES, |txn, args, walk| part(txn, &txn.res, args, walk)),
    &payload_lv("req.payload_lv", Needs::REQUEST_BYTES, |txn, args, _| counted(txn, &txn.req, args)),
    &payload_lv("res.payload_lv", Needs::RESPONSE_BYTES, |txn, args, _| counted(txn, &txn.res, args)),
];

fn check_unsigned(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    if args.int(0).is_some_and(|n| n < 0) || args.int(1).is_some_and(|n| n < 0) {
        return Err(compile.problem("offsets and lengths of a payload are not negative"));
    }
    Ok(())
}

/// Makes the third argument a pair: where the value starts, from which place on.
fn check_lv(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    check_unsigned(args, compile)?;
    let (at, size) = (args.int(0).unwrap_or(0), args.int(1).unwrap_or(0));
    if !(1..=4).contains(&size) {
        return Err(compile.problem("the length before a payload is of 1 to 4 bytes"));
    }
    let behind = at.saturating_add(size);
    let start = match args.str(2).filter(|text| !text.is_empty()) {
        None => Some(behind),
        Some(text) => std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse::<i64>().ok())
            .map(|n| if matches!(text.first(), Some(b'+' | b'-')) { behind.saturating_add(n) } else { n }),
    };
    let Some(start) = start.and_then(|n| usize::try_from(n).ok()) else {
        return Err(
            compile.problem("the third argument of a payload's length is an offset, with or without a sign")
        );
    };
    args.prepared = Some(Box::new(start));
    Ok(())
}

fn size(args: &Args, index: usize) -> usize {
    args.int(index).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn part<'a>(txn: &Txn, message: &'a Message, args: &Args, walk: &mut Walk) -> Fetched<'a> {
    let Some(bytes) = bytes(txn, message) else { return Fetched::Absent };
    let (from, len) = (size(args, 0), size(args, 1));
    if len > 0 {
        let part = bytes.get(from..).and_then(|rest| rest.get(..len));
        return part.map_or_else(|| too_short(message), |part| Value::bin(part).into());
    }
    walk.may_change = !is_over(message);
    bytes.get(from..).map_or_else(|| too_short(message), |rest| Value::bin(rest).into())
}

fn counted<'a>(txn: &Txn, message: &'a Message, args: &Args) -> Fetched<'a> {
    let Some(bytes) = bytes(txn, message) else { return Fetched::Absent };
    let (at, size) = (size(args, 0), size(args, 1));
    let Some(digits) = bytes.get(at..).and_then(|rest| rest.get(..size)) else { return too_short(message) };
    let len = digits.iter().fold(0usize, |len, byte| len << 8 | usize::from(*byte));
    if len == 0 {
        return Fetched::Absent;
    }
    let start = args.prepared::<usize>().copied().unwrap_or(0);
    let value = bytes.get(start..).and_then(|rest| rest.get(..len));
    value.map_or_else(|| too_short(message), |value| Value::bin(value).into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ask, tcp};
    use crate::testing::{self, try_expr};

    #[test]
    fn parts() {
        let txn = tcp(b"EHLO host");
        assert_eq!(ask("req.payload(0,4)", &txn), "EHLO");
        assert_eq!(ask("req.payload(5,0)", &txn), "host");
        assert_eq!(ask("payload(5,5)", &txn), "...");
        let mut over = tcp(b"EHLO host");
        over.req.body_is_final = true;
        assert_eq!(ask("req.payload(5,5)", &over), "-");
        assert!(try_expr("req.payload(-1,2)").is_err());
    }

    #[test]
    fn counted_parts() {
        let txn = tcp(b"ab\x00\x03xyzuvw");
        assert_eq!(ask("req.payload_lv(2,2)", &txn), "xyz");
        assert_eq!(ask("req.payload_lv(2,2,+3)", &txn), "uvw");
        assert_eq!(ask("req.payload_lv(2,2,-4)", &txn), "ab\\x00");
        assert_eq!(ask("req.payload_lv(2,2,7)", &txn), "uvw");
        assert_eq!(ask("payload_lv(3,1,+4)", &txn), "...");
        assert_eq!(ask("req.payload_lv(9,2)", &txn), "...");
        assert_eq!(ask("req.payload_lv(2,1)", &txn), "-");
        assert!(try_expr("req.payload_lv(0,9)").is_err());
    }

    #[test]
    fn there_is_none_in_http_mode() {
        let mut txn = testing::txn();
        txn.req.body = b"abc".to_vec();
        assert_eq!(ask("req.payload(0,1)", &txn), "-");
    }
}
