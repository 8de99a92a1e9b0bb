//! `distcc_param`, `distcc_body`: tokens of the distcc protocol, four letters and eight hexadecimal digits each. For some
//! the number is a parameter, for the others the length of the body behind it.

use super::{bytes, is_over, too_short};
use crate::fetches::prelude::*;

const PARAMS: &[Param] = &[Param::required("token", Kind::Str), Param::optional("occurrence", Kind::Int)];

const TOKEN_BYTES: usize = 12;

/// Tokens whose number is a parameter, not a length.
const WITHOUT_BODY: [&[u8]; 5] = [b"ARGC", b"DIST", b"NFIL", b"STAT", b"DONE"];

const LONG: &str = "The second argument asks for a later occurrence, counted from 1; without it, or with 0, it is the first.";

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        params: PARAMS,
        check: Some(check),
        ..row(
            "distcc_param",
            Type::Int,
            Needs::REQUEST_BYTES,
            |txn, args, _| match find(txn, args) {
                Found::Token { param, .. } => count(param),
                Found::None(answer) => answer,
            },
            Doc {
                brief: "the number of a token of the distcc protocol",
                long: LONG,
                examples: &[Example::usage("distcc_param(ARGC)")],
            },
        )
    },
    &Fetch {
        params: PARAMS,
        check: Some(check),
        ..row(
            "distcc_body",
            Type::Bin,
            Needs::REQUEST_BYTES,
            |txn, args, walk| match find(txn, args) {
                Found::Token { body, is_whole, .. } => {
                    walk.may_change = !is_whole && !is_over(&txn.req);
                    Value::bin(body).into()
                }
                Found::None(answer) => answer,
            },
            Doc {
                brief: "the body of a token of the distcc protocol, as far as it has arrived",
                long: LONG,
                examples: &[Example::usage("distcc_body(ARGV,2)")],
            },
        )
    },
];

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.str(0).map(<[u8]>::len) {
        Some(4) => Ok(()),
        Some(_) | None => Err(compile.problem("the name of a distcc token has four characters")),
    }
}

enum Found<'a> {
    Token { param: u32, body: &'a [u8], is_whole: bool },
    None(Fetched<'a>),
}

fn find<'a>(txn: &'a Txn, args: &Args) -> Found<'a> {
    let Some(mut rest) = bytes(txn, &txn.req) else { return Found::None(Fetched::Absent) };
    let wanted = args.str(0).unwrap_or_default();
    let mut to_skip = args.int(1).unwrap_or(0).max(1) - 1;
    loop {
        let Some((token, after)) = rest.split_at_checked(TOKEN_BYTES) else {
            return Found::None(too_short(&txn.req));
        };
        let (name, digits) = token.split_at(4);
        let Some(param) = hexadecimal(digits) else { return Found::None(Fetched::Absent) };
        let len = if WITHOUT_BODY.contains(&name) { 0 } else { usize::try_from(param).unwrap_or(usize::MAX) };
        if name == wanted && to_skip == 0 {
            let body = after.get(..len).unwrap_or(after);
            return Found::Token { param, body, is_whole: body.len() == len };
        }
        to_skip -= i64::from(name == wanted);
        let Some(next) = after.get(len..) else { return Found::None(Fetched::Absent) };
        rest = next;
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |n, digit| Some(n << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ask, tcp};
    use crate::testing::try_expr;

    #[test]
    fn tokens() {
        let txn = tcp(b"DIST00000003ARGC00000002ARGV00000002ccARGV00000003-cxDOTI000000ffabc");
        for (text, wanted) in [
            ("distcc_param(DIST)", "3"),
            ("distcc_param(ARGC)", "2"),
            ("distcc_param(ARGV,2)", "3"),
            ("distcc_body(ARGV)", "cc"),
            ("distcc_body(ARGV,2)", "-cx"),
            ("distcc_body(DOTI)", "abc"),
            ("distcc_body(ARGV,3)", "-"),
        ] {
            assert_eq!(ask(text, &txn), wanted, "{text}");
        }
        assert_eq!(ask("distcc_param(DIST)", &tcp(b"DIST000")), "...");
        assert_eq!(ask("distcc_param(DIST)", &tcp(b"GET / HTTP/1.1")), "-");
        assert!(try_expr("distcc_param(DISTX)").is_err());
    }
}
