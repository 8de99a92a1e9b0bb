//! `protobuf`, `ungrpc`: fields of Protocol Buffers messages, by their numbers (protobuf.dev, "Encoding").

use base::Lossy;
use base::bytes::parse_decimal;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static PROTOBUF: Convert = Convert {
    name: "protobuf",
    aliases: &[],
    params: &[Param::required("field", Kind::Str), Param::optional("type", Kind::Str)],
    input: Type::Bin,
    out: Type::Any,
    check: Some(check),
    run: protobuf,
    doc: Doc {
        brief: "field of a Protocol Buffers message",
        long: "The field is its number, or numbers with dots between them into messages within messages. \
               Without a type the field's bytes are the value; the types are those of the Protocol \
               Buffers language except string and bytes, and give integers.",
        examples: &[
            Example { text: "b64dec,protobuf(1,int32)", input: "CJYB", output: "150" },
            Example { text: "b64dec,protobuf(3.1,uint32)", input: "GgMIlgE=", output: "150" },
            Example { text: "b64dec,protobuf(2)", input: "EgNmb28=", output: "foo" },
            Example { text: "b64dec,protobuf(1,sint32)", input: "CAM=", output: "-2" },
        ],
    },
};

pub(super) static UNGRPC: Convert = Convert {
    name: "ungrpc",
    aliases: &[],
    params: &[Param::required("field", Kind::Str), Param::optional("type", Kind::Str)],
    input: Type::Bin,
    out: Type::Any,
    check: Some(check),
    run: ungrpc,
    doc: Doc {
        brief: "field of a Protocol Buffers message of gRPC",
        long: "The messages are preceded by five bytes each; the first that has the field gives the \
               value. The arguments are those of `protobuf`.",
        examples: &[Example { text: "b64dec,ungrpc(1,int32)", input: "AAAAAAMIlgE=", output: "150" }],
    },
};

/// How a field's value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its bytes as they are.
    Bytes,
    /// A varint, or one whose sign is in its lowest bit.
    Varint,
    ZigZag,
    /// Four bytes, least significant first.
    Fixed32,
    SignedFixed32,
    Float,
    /// Eight bytes, least significant first.
    Fixed64,
    Double,
}

impl Form {
    fn parse(name: &[u8]) -> Option<Form> {
        Some(match name {
            b"int32" | b"uint32" | b"int64" | b"uint64" | b"bool" | b"enum" => Form::Varint,
            b"sint32" | b"sint64" => Form::ZigZag,
            b"fixed32" => Form::Fixed32,
            b"sfixed32" => Form::SignedFixed32,
            b"float" => Form::Float,
            b"fixed64" | b"sfixed64" => Form::Fixed64,
            b"double" => Form::Double,
            _ => return None,
        })
    }
}

struct Wanted {
    path: Vec<u64>,
    form: Form,
}

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let text = args.str(0).unwrap_or_default();
    let numbers: Option<Vec<u64>> = text.split(|byte| *byte == b'.').map(parse_decimal).collect();
    let Some(path) = numbers.filter(|path| path.iter().all(|n| u32::try_from(*n).is_ok())) else {
        return Err(
            compile.problem(format!("`{}` is no field number, nor several between dots", Lossy(text)))
        );
    };
    let form = match args.str(1) {
        None => Form::Bytes,
        Some(name) => Form::parse(name).ok_or_else(|| {
            compile.problem(format!("`{}` is no type of Protocol Buffers that is read here", Lossy(name)))
        })?,
    };
    args.prepared = Some(Box::new(Wanted { path, form }));
    Ok(())
}

fn protobuf<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    field(&value.to_str(), args.prepared()?)
}

fn ungrpc<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let bytes = value.to_str();
    let wanted = args.prepared()?;
    let mut rest = bytes.as_ref();
    // A compression flag and the message's length stand before each message.
    while let [_, a, b, c, d, after @ ..] = rest {
        let len = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?;
        let (message, next) = after.split_at_checked(len)?;
        if let Some(found) = field(message, wanted) {
            return Some(found);
        }
        rest = next;
    }
    None
}

/// One field as it stands in a message.
enum Wire<'m> {
    Varint(u64, &'m [u8]),
    Four([u8; 4]),
    Eight([u8; 8]),
    Bytes(&'m [u8]),
}

fn field(message: &[u8], wanted: &Wanted) -> Option<Value<'static>> {
    let mut rest = message;
    let (last, parents) = wanted.path.split_last()?;
    for number in parents {
        rest = match find(&mut rest, *number)? {
            Wire::Bytes(inner) => inner,
            Wire::Varint(..) | Wire::Four(_) | Wire::Eight(_) => return None,
        };
    }
    let found = find(&mut rest, *last)?;
    read(found, wanted.form)
}

/// Steps over the fields before the first with `number`, which it returns.
fn find<'m>(rest: &mut &'m [u8], number: u64) -> Option<Wire<'m>> {
    while !rest.is_empty() {
        let (key, _) = varint(rest)?;
        let wire = match key & 7 {
            0 => varint(rest).map(|(n, raw)| Wire::Varint(n, raw))?,
            1 => Wire::Eight(take(rest, 8)?.try_into().ok()?),
            2 => {
                let (len, _) = varint(rest)?;
                Wire::Bytes(take(rest, usize::try_from(len).ok()?)?)
            }
            5 => Wire::Four(take(rest, 4)?.try_into().ok()?),
            _ => return None,
        };
        if key >> 3 == number {
            return Some(wire);
        }
    }
    None
}

fn take<'m>(rest: &mut &'m [u8], len: usize) -> Option<&'m [u8]> {
    let (taken, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(taken)
}

/// A varint of at most ten bytes, and these bytes.
fn varint<'m>(rest: &mut &'m [u8]) -> Option<(u64, &'m [u8])> {
    let len = rest.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let raw = take(rest, len)?;
    let number = raw.iter().rev().fold(0u64, |n, byte| n << 7 | u64::from(byte & 0x7f));
    Some((number, raw))
}

fn read(wire: Wire<'_>, form: Form) -> Option<Value<'static>> {
    let int = |n: u64| Some(Value::Int(n.cast_signed()));
    match (wire, form) {
        (Wire::Varint(_, raw) | Wire::Bytes(raw), Form::Bytes) => Some(Value::binary(raw.to_vec())),
        (Wire::Four(raw), Form::Bytes) => Some(Value::binary(raw.to_vec())),
        (Wire::Eight(raw), Form::Bytes) => Some(Value::binary(raw.to_vec())),
        (Wire::Varint(n, _), Form::Varint) => int(n),
        (Wire::Varint(n, _), Form::ZigZag) => int(n >> 1 ^ (n & 1).wrapping_neg()),
        (Wire::Four(raw), Form::Fixed32) => int(u64::from(u32::from_le_bytes(raw))),
        (Wire::Four(raw), Form::SignedFixed32) => Some(Value::Int(i64::from(i32::from_le_bytes(raw)))),
        (Wire::Four(raw), Form::Float) => Some(Value::Int(whole(f64::from(f32::from_le_bytes(raw))))),
        (Wire::Eight(raw), Form::Fixed64) => int(u64::from_le_bytes(raw)),
        (Wire::Eight(raw), Form::Double) => Some(Value::Int(whole(f64::from_le_bytes(raw)))),
        (Wire::Varint(..) | Wire::Four(_) | Wire::Eight(_) | Wire::Bytes(_), _) => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the fraction is meant to go")]
fn whole(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn fixed_widths_and_what_does_not_fit() {
        // Field 1 as fixed32 7, field 2 as double 2.5.
        let message = "DQcAAAARAAAAAAAABEA=";
        assert_eq!(convert("b64dec,protobuf(1,fixed32)", message).as_deref(), Some("7"));
        assert_eq!(convert("b64dec,protobuf(2,double)", message).as_deref(), Some("2"));
        assert_eq!(convert("b64dec,protobuf(2),hex", message).as_deref(), Some("0000000000000440"));
        assert_eq!(convert("b64dec,protobuf(2,fixed32)", message), None);
        assert_eq!(convert("b64dec,protobuf(3)", message), None);
        assert_eq!(convert("b64dec,protobuf(1.1)", message), None);
    }

    #[test]
    fn truncated_messages() {
        for message in ["CA==", "CJY=", "EgNm", "DQcA", "Cw==", "iIiIiIiIiIiIiIgB"] {
            assert_eq!(convert("b64dec,protobuf(1)", message), None, "{message}");
        }
        assert_eq!(convert("b64dec,ungrpc(1)", "AAAAAAQIlgE="), None);
    }

    #[test]
    fn arguments_that_cannot_be() {
        for text in ["protobuf", "protobuf(x)", "protobuf(1.)", "protobuf(1,string)", "ungrpc(4294967296)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
