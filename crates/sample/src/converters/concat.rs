//! `concat`: a text followed by another one, a variable's value, and another one.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::operand;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "concat",
    aliases: &[],
    params: &[
        Param::required("first", Kind::Str),
        Param::optional("variable", Kind::Str),
        Param::optional("last", Kind::Str),
    ],
    input: Type::Str,
    out: Type::Str,
    check: Some(check),
    run: concat,
    doc: Doc {
        brief: "text with a constant, a variable and a constant appended",
        long: "The variable is left out where it is not set.",
        examples: &[
            Example { text: "concat(.html)", input: "index", output: "index.html" },
            Example { text: "concat(<,,>)", input: "x", output: "x<>" },
            Example::usage("concat(<,txn.host,>)"),
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    operand::check_var(args, 1, compile)
}

fn concat<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let mut text = value.to_str().into_owned();
    text.extend_from_slice(args.str(0).unwrap_or_default());
    if let Some(middle) = operand::var_text(args, 1, txn) {
        text.extend_from_slice(&middle);
    }
    text.extend_from_slice(args.str(2).unwrap_or_default());
    Some(Value::string(text))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn variables_stand_between_the_constants() {
        let txn = txn();
        txn.set_var(VarRef::parse(b"txn.port").unwrap(), Value::Int(80));
        assert_eq!(convert_in(&txn, "concat(<:,txn.port,>)", b"ip").as_deref(), Some("ip<:80>"));
        assert_eq!(convert_in(&txn, "concat(<,txn.unset,>)", b"ip").as_deref(), Some("ip<>"));
        assert!(refusal("concat(a,no_scope)").is_some());
    }
}
