//! `capture-req`, `capture-res`: keep a text in a capture slot of the frontend on its way.

use keyword::Doc;
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::rows::{Convert, ConvertFn};
use crate::txn::{CaptureSide, Txn};

const fn capture(name: &'static str, run: ConvertFn, brief: &'static str) -> Convert {
    Convert {
        name,
        aliases: &[],
        params: const { &[Param::required("slot", Kind::Int)] },
        input: Type::Str,
        out: Type::Str,
        check: None,
        run,
        doc: Doc {
            brief,
            long: "Slots are those of `capture` and `declare capture` lines, counted from 0. The text goes on \
                   unchanged; there is no value where there is no such slot.",
            examples: &[],
        },
    }
}

pub(super) static REQ: Convert = capture(
    "capture-req",
    |value, args, txn| keep(value, args, txn, CaptureSide::Request),
    "keep a text in a request capture slot",
);

pub(super) static RES: Convert = capture(
    "capture-res",
    |value, args, txn| keep(value, args, txn, CaptureSide::Response),
    "keep a text in a response capture slot",
);

fn keep<'a>(value: Value<'a>, args: &Args, txn: &Txn, side: CaptureSide) -> Option<Value<'a>> {
    let index = usize::try_from(args.int(0)?).ok()?;
    let text = value.to_str();
    txn.keep_capture(side, index, &text)?;
    Some(Value::Str(text))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::testing::{convert_in, runtime, session};
    use crate::txn::{CaptureSide, Txn};

    #[test]
    fn into_a_slot_that_exists() {
        let mut runtime = runtime();
        let proxy = Arc::get_mut(&mut runtime.proxies[0]).unwrap();
        proxy.facts.request_captures_bytes_max = vec![10, 3];
        let txn = Txn::new(Arc::new(runtime), Box::new(session()));
        assert_eq!(convert_in(&txn, "capture-req(1),upper", b"abcd").as_deref(), Some("ABCD"));
        assert_eq!(txn.capture(CaptureSide::Request, 1).as_deref(), Some(&b"abc"[..]));
        assert_eq!(txn.capture(CaptureSide::Request, 0), None);
        assert_eq!(convert_in(&txn, "capture-req(2)", b"abcd"), None);
        assert_eq!(convert_in(&txn, "capture-res(0)", b"abcd"), None);
    }
}
