//! `field`: fields of a text, where every separator ends one.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::text;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

/// What `field` and `word` take.
pub(super) const PARAMS: &[Param] = &[
    Param::required("index", Kind::Int),
    Param::required("separators", Kind::Str),
    Param::optional("count", Kind::Int),
];

pub(super) static ROW: Convert = Convert {
    name: "field",
    aliases: &[],
    params: PARAMS,
    input: Type::Str,
    out: Type::Str,
    check: Some(check),
    run: field,
    doc: Doc {
        brief: "n-th field of a text, or several of them",
        long: "Separators are a set of characters; two in a row have an empty field between them. A \
               negative index counts from the end. The third argument is the number of fields, with what \
               separates them; 0 takes all that follow.",
        examples: &[
            Example { text: "field(3,/)", input: "/foo/bar/baz", output: "bar" },
            Example { text: "field(5,_)", input: "f1_f2_f3__f5", output: "f5" },
            Example { text: "field(2,_,0)", input: "f1_f2_f3__f5", output: "f2_f3__f5" },
            Example { text: "field(2,_,2)", input: "f1_f2_f3__f5", output: "f2_f3" },
            Example { text: "field(-2,_,3)", input: "f1_f2_f3__f5", output: "f2_f3_" },
            Example { text: "field(-3,_,0)", input: "f1_f2_f3__f5", output: "f1_f2_f3" },
        ],
    },
};

/// Shared with `word`: the index counts from 1 and there must be a separator.
pub(super) fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    if args.int(0) == Some(0) {
        return Err(compile.problem("the index counts from 1, or from -1 from the end"));
    }
    if args.str(1).is_none_or(<[u8]>::is_empty) {
        return Err(compile.problem("there must be at least one separator"));
    }
    Ok(())
}

fn field<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let (index, separators, count) = (args.int(0)?, args.str(1)?, args.int(2).unwrap_or(1));
    let text = value.to_str();
    let skip = usize::try_from(index.unsigned_abs()).ok()?.checked_sub(1)?;
    let take = usize::try_from(count).unwrap_or(0);
    let mut ends = (0..text.len()).filter(|at| separators.contains(&text[*at]));
    let range = if index > 0 {
        let start = if skip == 0 { 0 } else { ends.nth(skip - 1)? + 1 };
        let end = if take == 0 { None } else { ends.nth(take - 1) };
        start..end.unwrap_or(text.len())
    } else {
        let end = if skip == 0 { text.len() } else { ends.nth_back(skip - 1)? };
        let start = if take == 0 { None } else { ends.nth_back(take - 1) };
        start.map_or(0, |at| at + 1)..end
    };
    Some(Value::Str(text::cut(text, range)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn empty_fields_are_values_and_missing_ones_are_not() {
        assert_eq!(convert("field(3,/)", "/foo//bar/baz").as_deref(), Some(""));
        assert_eq!(convert("field(3,/)", "/foo"), None);
        assert_eq!(convert("field(-3,/)", "/foo"), None);
        assert_eq!(convert("field(1,/)", "").as_deref(), Some(""));
    }

    #[test]
    fn arguments_that_cannot_be() {
        for text in ["field", "field(0,/)", "field(1)", "field(1,)", "field(x,/)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
