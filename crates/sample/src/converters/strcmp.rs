//! `strcmp`: how a text compares with a variable's.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::operand;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "strcmp",
    aliases: &[],
    params: &[Param::required("variable", Kind::Str)],
    input: Type::Str,
    out: Type::Int,
    check: Some(check),
    run: strcmp,
    doc: Doc {
        brief: "a number below, equal to or above 0: less than, equal to or greater than a variable",
        long: "Where a byte differs it is the difference of the two; otherwise the shorter text is less, by 1.",
        examples: &[Example {
            text: "set-var(txn.expected),strcmp(txn.expected)",
            input: "abc",
            output: "0",
        }],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    operand::check_var(args, 0, compile)?;
    if args.var(0).is_none() {
        return Err(compile.problem("`strcmp` needs the name of a variable"));
    }
    Ok(())
}

fn strcmp<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let other = operand::var_text(args, 0, txn)?;
    let text = value.to_str();
    let differing = text.iter().zip(&other).find(|(a, b)| a != b);
    let order = match differing {
        Some((a, b)) => i64::from(*a) - i64::from(*b),
        None => text.len().cmp(&other.len()) as i64,
    };
    Some(Value::Int(order))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn signs() {
        let txn = txn();
        txn.set_var(VarRef::parse(b"txn.s").unwrap(), Value::str(b"abc"));
        for (input, expected) in
            [("abc", "0"), ("abd", "1"), ("ab", "-1"), ("abcd", "1"), ("", "-1"), ("ABC", "-32")]
        {
            assert_eq!(convert_in(&txn, "strcmp(txn.s)", input.as_bytes()).as_deref(), Some(expected));
        }
        assert_eq!(convert_in(&txn, "strcmp(txn.unset)", b"x"), None);
        assert!(refusal("strcmp").is_some());
        assert!(refusal("strcmp(x)").is_some());
    }
}
