//! `str`, `bin`, `bool`, `int`, `ipv4`, `ipv6`, `meth`: constants, to be converted or compared.

use std::net::IpAddr;

use crate::fetches::prelude::*;

const fn constant(
    name: &'static str,
    params: &'static [Param],
    out: Type,
    check: Option<crate::rows::CheckFn>,
    run: FetchFn,
    doc: Doc,
) -> Fetch {
    Fetch { params, check, ..row(name, out, Needs::NOTHING, run, doc) }
}

pub(super) static ROWS: &[&Fetch] = &[
    &constant(
        "str",
        &[Param::required("text", Kind::Str)],
        Type::Str,
        None,
        |_, args, _| args.str(0).map(Value::str).into(),
        doc("a text", &[example("str(abc)", "", "abc"), example("str('a,b'),upper", "", "A,B")]),
    ),
    &constant(
        "bin",
        &[Param::required("hexadecimal", Kind::Str)],
        Type::Bin,
        Some(check_bin),
        |_, args, _| args.prepared::<Vec<u8>>().map(|bytes| Value::bin(bytes)).into(),
        doc("bytes, two hexadecimal digits each", &[example("bin(4a4B)", "", "JK")]),
    ),
    &constant(
        "bool",
        &[Param::required("value", Kind::Str)],
        Type::Bool,
        Some(check_bool),
        |_, args, _| args.int(0).map(|n| Value::Bool(n != 0)).into(),
        doc(
            "a boolean: true, false, or a number",
            &[example("bool(true)", "", "1"), example("bool(0)", "", "0")],
        ),
    ),
    &constant(
        "int",
        &[Param::required("number", Kind::Int)],
        Type::Int,
        None,
        |_, args, _| args.int(0).map(Value::Int).into(),
        doc("a signed integer", &[example("int(-3)", "", "-3")]),
    ),
    &constant(
        "ipv4",
        &[Param::required("address", Kind::Ip)],
        Type::Ipv4,
        Some(check_v4),
        address,
        doc("an IPv4 address", &[example("ipv4(192.0.2.7)", "", "192.0.2.7")]),
    ),
    &constant(
        "ipv6",
        &[Param::required("address", Kind::Ip)],
        Type::Ipv6,
        Some(check_v6),
        address,
        doc("an IPv6 address", &[example("ipv6(2001:DB8::1)", "", "2001:db8::1")]),
    ),
    &constant(
        "meth",
        &[Param::required("method", Kind::Str)],
        Type::Method,
        None,
        |_, args, _| args.str(0).and_then(|text| Value::str(text).cast(Type::Method)).into(),
        doc("an HTTP method", &[example("meth(GET)", "", "GET")]),
    ),
];

fn address<'a>(_: &'a Txn, args: &'a Args, _: &mut Walk) -> Fetched<'a> {
    match args.list.first() {
        Some(Arg::Ip(addr)) => Value::ip(*addr).into(),
        _ => Fetched::Absent,
    }
}

fn check_bin(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let text = args.str(0).unwrap_or_default();
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let bytes: Option<Vec<u8>> = text
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect();
    let Some(bytes) = bytes else {
        return Err(
            compile.problem(format!("`{}` is no even number of hexadecimal digits", base::Lossy(text)))
        );
    };
    args.prepared = Some(Box::new(bytes));
    Ok(())
}

fn check_bool(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let text = args.str(0).unwrap_or_default();
    let value = match text.to_ascii_lowercase().as_slice() {
        b"true" => 1,
        b"false" => 0,
        number => match std::str::from_utf8(number).ok().and_then(|number| number.parse::<i64>().ok()) {
            Some(number) => i64::from(number != 0),
            None => {
                return Err(compile.problem(format!("`{}` is no boolean: true or false", base::Lossy(text))));
            }
        },
    };
    args.list = vec![Arg::Int(value)];
    Ok(())
}

fn check_v4(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.list.first() {
        Some(Arg::Ip(IpAddr::V6(v6))) => Err(compile.problem(format!("`{v6}` is no IPv4 address"))),
        _ => Ok(()),
    }
}

fn check_v6(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.list.first() {
        Some(Arg::Ip(IpAddr::V4(v4))) => Err(compile.problem(format!("`{v4}` is no IPv6 address"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::try_expr;

    #[test]
    fn what_is_no_constant_is_refused() {
        for text in
            ["bin(4)", "bin(4x)", "bool(maybe)", "int(a)", "ipv4(::1)", "ipv6(1.2.3.4)", "ipv4(1.2.3)"]
        {
            assert!(try_expr(text).is_err(), "{text}");
        }
    }
}
