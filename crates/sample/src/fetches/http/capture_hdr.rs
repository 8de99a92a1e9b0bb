//! `capture.req.hdr`, `capture.res.hdr`: what `capture` lines and rules kept.

use crate::fetches::prelude::*;
use crate::txn::CaptureSide;

const INDEX: &[Param] = &[Param::required("index", Kind::Int)];

const fn of(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch {
        params: INDEX,
        ..row(
            name,
            Type::Str,
            Needs::STREAM,
            run,
            Doc { brief, long: "Counted from 0 in the order of the configuration.", examples: &[] },
        )
    }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of("capture.req.hdr", |txn, args, _| get(txn, CaptureSide::Request, args), "a captured request header"),
    &of(
        "capture.res.hdr",
        |txn, args, _| get(txn, CaptureSide::Response, args),
        "a captured response header",
    ),
];

fn get<'a>(txn: &'a Txn, side: CaptureSide, args: &Args) -> Fetched<'a> {
    let index = args.int(0).and_then(|n| usize::try_from(n).ok());
    index.and_then(|index| txn.capture(side, index)).map(Value::Str).into()
}

#[cfg(test)]
mod tests {
    use crate::testing::{eval, txn};

    #[test]
    fn by_place() {
        let mut txn = txn();
        txn.req_captures = vec![None, Some(b"v".as_slice().into())];
        assert_eq!(eval("capture.req.hdr(1)", &txn).as_deref(), Some("v"));
        for text in ["capture.req.hdr(0)", "capture.req.hdr(2)", "capture.req.hdr(-1)", "capture.res.hdr(1)"]
        {
            assert_eq!(eval(text, &txn), None, "{text}");
        }
    }
}
