//! `word`: words of a text, where several separators in a row count as one.

use keyword::{Doc, Example};
use state::value::{Type, Value};
use std::ops::Range;

use super::text;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "word",
    aliases: &[],
    params: super::field::PARAMS,
    input: Type::Str,
    out: Type::Str,
    check: Some(super::field::check),
    run: word,
    doc: Doc {
        brief: "n-th word of a text, or several of them",
        long: "Separators are a set of characters. A negative index counts from the end. The third \
               argument is the number of words, with what separates them; 0 takes all that follow.",
        examples: &[
            Example { text: "word(2,/)", input: "/foo//bar/baz", output: "bar" },
            Example { text: "word(4,_)", input: "f1_f2_f3__f5", output: "f5" },
            Example { text: "word(2,_,0)", input: "f1_f2_f3__f5", output: "f2_f3__f5" },
            Example { text: "word(3,_,2)", input: "f1_f2_f3__f5", output: "f3__f5" },
            Example { text: "word(-2,_,3)", input: "f1_f2_f3__f5", output: "f1_f2_f3" },
            Example { text: "word(-3,_,0)", input: "f1_f2_f3__f5", output: "f1_f2" },
        ],
    },
};

fn word<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let (index, separators, count) = (args.int(0)?, args.str(1)?, args.int(2).unwrap_or(1));
    let text = value.to_str();
    let words = words(&text, separators);
    let nth = usize::try_from(index.unsigned_abs()).ok()?.checked_sub(1)?;
    // The last word wanted; with no count, or a too great one, everything up to the text's other end belongs to it.
    let last = usize::try_from(count).ok().filter(|n| *n > 0).and_then(|n| nth.checked_add(n - 1));
    let range = if index > 0 {
        let start = words.get(nth)?.start;
        start..last.and_then(|last| words.get(last)).map_or(text.len(), |word| word.end)
    } else {
        let from_end = |n: usize| words.len().checked_sub(n + 1).map(|at| &words[at]);
        let end = from_end(nth)?.end;
        last.and_then(from_end).map_or(0, |word| word.start)..end
    };
    Some(Value::Str(text::cut(text, range)))
}

fn words(text: &[u8], separators: &[u8]) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in text.iter().enumerate() {
        match (separators.contains(byte), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            (true, None) | (false, Some(_)) => {}
        }
    }
    words.extend(start.map(|from| from..text.len()));
    words
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn words_that_are_not_there() {
        assert_eq!(convert("word(2,/)", "/foo"), None);
        assert_eq!(convert("word(-2,/)", "/foo"), None);
        assert_eq!(convert("word(1,/)", ""), None);
    }

    #[test]
    fn arguments_that_cannot_be() {
        for text in ["word", "word(0,/)", "word(1)", "word(1,)", "word(x,/)", "word(1,/,x)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
