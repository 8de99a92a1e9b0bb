//! `regsub`: matches of a regular expression replaced.

use keyword::{Doc, Example};
use state::pattern::Case;
use state::regexp::{Regex, expand};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem, regex_problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "regsub",
    aliases: &[],
    params: &[
        Param::required("expression", Kind::Str),
        Param::required("replacement", Kind::Str),
        Param::optional("flags", Kind::Str),
    ],
    input: Type::Str,
    out: Type::Str,
    check: Some(check),
    run: regsub,
    doc: Doc {
        brief: "text with matches of a regular expression replaced",
        long: "The first match is replaced, with the flag `g` every one; the flag `i` ignores case. In \
               the replacement \\0 stands for the match and \\1 to \\9 for the parentheses. Commas and \
               parentheses in the expression are written between quotes.",
        examples: &[
            Example { text: "regsub(:\\d+$,,)", input: "example.com:80", output: "example.com" },
            Example { text: "regsub(o,0,g)", input: "foo boo", output: "f00 b00" },
            Example { text: "regsub(o,0)", input: "foo", output: "f0o" },
            Example { text: "regsub(FOO,bar,i)", input: "a foo", output: "a bar" },
            Example { text: "regsub('(\\d+)-(\\d+)','\\2-\\1',g)", input: "1-2 34-56", output: "2-1 56-34" },
            Example { text: "regsub('x*','-',g)", input: "abc", output: "-a-b-c-" },
            Example { text: "regsub(^a,b,g)", input: "aaa", output: "baa" },
        ],
    },
};

struct Substitution {
    regex: Regex,
    /// Whether every match is replaced, not the first alone.
    is_global: bool,
}

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let mut case = Case::Sensitive;
    let mut is_global = false;
    for flag in args.str(2).unwrap_or_default() {
        match flag {
            b'i' => case = Case::Insensitive,
            b'g' => is_global = true,
            other => {
                let other = char::from(*other);
                return Err(compile.problem(format!("`regsub` knows the flags i and g, not `{other}`")));
            }
        }
    }
    let source = args.str(0).unwrap_or_default();
    if source.is_empty() {
        return Err(compile.problem("`regsub` needs a regular expression"));
    }
    let regex = Regex::new(source, case).map_err(|error| regex_problem(compile.span, &error))?;
    args.prepared = Some(Box::new(Substitution { regex, is_global }));
    Ok(())
}

fn regsub<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let Substitution { regex, is_global } = args.prepared()?;
    let template = args.str(1)?;
    let text = value.to_str();
    let mut out = Vec::with_capacity(text.len());
    let mut start = 0;
    let mut next = regex.captures(&text);
    while let Some(captures) = next {
        let found = captures[0].clone()?;
        out.extend_from_slice(&text[start..found.start]);
        let len = out.len();
        if expand(template, &text, &captures, &mut out).is_err() {
            // A template that cannot be used ends the text here.
            out.truncate(len);
            return Some(Value::string(out));
        }
        if start == text.len() {
            break;
        }
        start = if found.end == start {
            // An empty match stands before a character, which is kept.
            out.push(text[start]);
            start + 1
        } else {
            found.end
        };
        next = if *is_global { regex.captures_at(&text, start) } else { None };
    }
    if start == 0 && out.is_empty() {
        return Some(Value::Str(text));
    }
    out.extend_from_slice(&text[start..]);
    Some(Value::string(out))
}

#[cfg(test)]
mod tests {
    use crate::testing::refusal;

    #[test]
    fn flags_and_expressions_that_cannot_be() {
        for text in ["regsub", "regsub(,a)", "regsub(a)", "regsub(a,b,x)", "regsub('(',b)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
