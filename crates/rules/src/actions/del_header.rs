//! `del-header`: removes fields by their name.

use http::message::FieldName;
use keyword::{Doc, Example};
use memchr::memmem;
use sample::{Problem, Txn};
use state::regexp::Regex;

use super::args::{need, regex_of, wrong};
use super::message::Side;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::scratch::with_scratch;
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "del-header",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "remove the fields whose name matches",
        long: "The name is compared whole unless `-m` says otherwise: `beg`, `end` and `sub` compare a part, `reg` is a \
               regular expression over the name in lower case. Case does not count for the others.",
        examples: &[
            Example::usage("http-request del-header X-Forwarded-For"),
            Example::usage("http-response del-header ^x-debug- -m reg"),
        ],
    },
};

#[derive(Debug)]
enum Which {
    Name(FieldName),
    Beginning(Box<[u8]>),
    End(Box<[u8]>),
    Part(Box<[u8]>),
    Regex(Regex),
}

#[derive(Debug)]
struct DelHeader {
    side: Side,
    which: Which,
}

impl Action for DelHeader {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let fields = &mut self.side.head_mut(txn).fields;
        if let Which::Name(name) = &self.which {
            fields.remove(name);
            return Outcome::Continue;
        }
        with_scratch(|lower| {
            fields.retain(|name, _| {
                lower.clear();
                lower.extend(name.iter().map(u8::to_ascii_lowercase));
                !self.which.has(lower)
            });
        });
        Outcome::Continue
    }
}

impl Which {
    /// Whether a name in lower case is meant.
    fn has(&self, lower: &[u8]) -> bool {
        match self {
            Which::Name(name) => lower.eq_ignore_ascii_case(name.text()),
            Which::Beginning(text) => lower.starts_with(text),
            Which::End(text) => lower.ends_with(text),
            Which::Part(text) => memmem::find(lower, text).is_some(),
            Which::Regex(regex) => regex.is_match(lower),
        }
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "the name of the header field")?;
    let lower = || word.text.to_ascii_lowercase().into_boxed_slice();
    let mut which = Which::Name(word.text.as_slice().into());
    if words.eat("-m") {
        let method = need(words, "the matching method behind `-m`")?;
        which = match method.text.as_slice() {
            b"str" => which,
            b"beg" => Which::Beginning(lower()),
            b"end" => Which::End(lower()),
            b"sub" => Which::Part(lower()),
            b"reg" => Which::Regex(regex_of(word)?),
            _ => return Err(wrong(method, "names are matched by `str`, `beg`, `end`, `sub` or `reg`")),
        };
    }
    Ok(Box::new(DelHeader { side: Side::of(compile.kind), which }))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{fields, request, run, try_compile};

    #[test]
    fn by_name_part_or_expression() {
        let all = [("X-One", "1"), ("x-two", "2"), ("One-X", "3"), ("Accept", "4")];
        for (rule, left) in [
            ("del-header x-ONE", &["x-two: 2", "One-X: 3", "Accept: 4"][..]),
            ("del-header X- -m beg", &["One-X: 3", "Accept: 4"]),
            ("del-header -x -m end", &["X-One: 1", "x-two: 2", "Accept: 4"]),
            ("del-header ONE -m sub", &["x-two: 2", "Accept: 4"]),
            ("del-header ^x-(one|two)$ -m reg", &["One-X: 3", "Accept: 4"]),
        ] {
            let mut txn = request("GET / HTTP/1.1", &all);
            run(Kinds::HTTP_REQUEST, rule, &mut txn);
            assert_eq!(fields(&txn.req), left, "{rule}");
        }
    }

    #[test]
    fn other_methods_are_refused() {
        assert!(try_compile(Kinds::HTTP_REQUEST, "del-header x -m dom").is_err());
        assert!(try_compile(Kinds::HTTP_REQUEST, "del-header x -m").is_err());
    }
}
