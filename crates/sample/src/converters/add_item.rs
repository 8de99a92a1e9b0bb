//! `add_item`: a text with an item appended, after a delimiter where there was something already.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::operand;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "add_item",
    aliases: &[],
    params: &[
        Param::required("delimiter", Kind::Str),
        Param::required("variable", Kind::Str),
        Param::optional("suffix", Kind::Str),
    ],
    input: Type::Str,
    out: Type::Str,
    check: Some(check),
    run: add_item,
    doc: Doc {
        brief: "list with a variable or a constant appended as its next item",
        long: "",
        examples: &[
            Example { text: "add_item(',',,_suff_)", input: "input", output: "input,_suff_" },
            Example { text: "add_item(',',,_suff_)", input: "", output: "_suff_" },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    operand::check_var(args, 1, compile)?;
    let has_suffix = args.str(2).is_some_and(|suffix| !suffix.is_empty());
    if args.var(1).is_none() && !has_suffix {
        return Err(compile.problem("`add_item` needs a variable or a suffix to append"));
    }
    Ok(())
}

fn add_item<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let mut text = value.to_str().into_owned();
    let item = operand::var_text(args, 1, txn).unwrap_or_default();
    let suffix = args.str(2).unwrap_or_default();
    let has_item = !item.is_empty() || !suffix.is_empty();
    if has_item && !text.is_empty() {
        text.extend_from_slice(args.str(0).unwrap_or_default());
    }
    text.extend_from_slice(&item);
    text.extend_from_slice(suffix);
    Some(Value::string(text))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn the_delimiter_stands_only_between_items() {
        let txn = txn();
        txn.set_var(VarRef::parse(b"txn.var").unwrap(), Value::str(b"content"));
        let add = |text: &str, input: &str| convert_in(&txn, text, input.as_bytes()).unwrap();
        assert_eq!(add("add_item(',',txn.var,_suff_)", ""), "content_suff_");
        assert_eq!(add("add_item(',',txn.var,_suff_)", "in"), "in,content_suff_");
        assert_eq!(add("add_item(',',txn.var)", "in"), "in,content");
        assert_eq!(add("add_item(',',txn.unset)", "in"), "in");
        assert!(refusal("add_item(',')").is_some());
        assert!(refusal("add_item(',',,)").is_some());
    }
}
