//! `normalize-uri`: brings the request's target into a canonical form (RFC 3986 section 6).

use std::fmt;

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::answer::error_message;
use super::args::{need, wrong};
use super::message::Side;
use super::normalizers::{self, Normalized, Strictness, Ups};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::scratch::with_scratch;
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "normalize-uri",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "bring the request's target into a canonical form",
        long: "One normalizer per rule: `fragment-encode`, `fragment-strip`, `path-merge-slashes`, `path-strip-dot`, \
               `path-strip-dotdot [full]`, `percent-decode-unreserved [strict]`, `percent-to-uppercase [strict]`, \
               `query-sort-by-name`. `full` also removes `/../` that leads out of the root; `strict` refuses targets \
               with a percent sign that no two hexadecimal digits follow, with a 400.",
        examples: &[
            Example::usage("http-request normalize-uri path-strip-dotdot full"),
            Example::usage("http-request normalize-uri percent-to-uppercase strict"),
        ],
    },
};

/// The part of the target that a normalizer sees and replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    PathAndQuery,
    Query,
}

/// Appends the canonical form of a part.
type Normalizer = fn(&[u8], &mut Vec<u8>) -> Normalized;

struct NormalizeUri {
    name: &'static str,
    part: Part,
    normalizer: Normalizer,
}

impl fmt::Debug for NormalizeUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NormalizeUri({})", self.name)
    }
}

impl Action for NormalizeUri {
    fn run(&self, txn: &mut Txn) -> Outcome {
        with_scratch(|out| {
            let head = &txn.req.head;
            let part = match self.part {
                Part::Path => head.path(),
                Part::PathAndQuery => head.path_and_query(),
                // Without a question mark there is nothing to sort.
                Part::Query => head.path().and(head.query()),
            };
            let Some(part) = part else { return Outcome::Continue };
            if (self.normalizer)(part, out) == Normalized::Invalid {
                return Outcome::Reply(error_message(400));
            }
            if part == out.as_slice() {
                return Outcome::Continue;
            }
            if !Side::Request.has_room(txn, out.len()) {
                return Side::Request.failed(txn);
            }
            let head = &mut txn.req.head;
            match self.part {
                Part::Path => head.set_path(out),
                Part::PathAndQuery => head.set_path_and_query(out),
                Part::Query => head.set_query(out),
            }
            Outcome::Continue
        })
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "the normalizer")?;
    let (name, part, normalizer): (&'static str, Part, Normalizer) = match word.text.as_slice() {
        b"fragment-encode" => ("fragment-encode", Part::PathAndQuery, normalizers::encode_fragment),
        b"fragment-strip" => ("fragment-strip", Part::PathAndQuery, normalizers::strip_fragment),
        b"path-merge-slashes" => ("path-merge-slashes", Part::Path, normalizers::merge_slashes),
        b"path-strip-dot" => ("path-strip-dot", Part::Path, normalizers::strip_dot),
        b"path-strip-dotdot" if words.eat("full") => ("path-strip-dotdot full", Part::Path, |path, out| {
            normalizers::strip_dotdot(path, Ups::Dropped, out)
        }),
        b"path-strip-dotdot" => {
            ("path-strip-dotdot", Part::Path, |path, out| normalizers::strip_dotdot(path, Ups::Kept, out))
        }
        b"percent-decode-unreserved" if words.eat("strict") => {
            ("percent-decode-unreserved strict", Part::PathAndQuery, |text, out| {
                normalizers::decode_unreserved(text, Strictness::Strict, out)
            })
        }
        b"percent-decode-unreserved" => ("percent-decode-unreserved", Part::PathAndQuery, |text, out| {
            normalizers::decode_unreserved(text, Strictness::Lenient, out)
        }),
        b"percent-to-uppercase" if words.eat("strict") => {
            ("percent-to-uppercase strict", Part::PathAndQuery, |text, out| {
                normalizers::percent_upper(text, Strictness::Strict, out)
            })
        }
        b"percent-to-uppercase" => ("percent-to-uppercase", Part::PathAndQuery, |text, out| {
            normalizers::percent_upper(text, Strictness::Lenient, out)
        }),
        b"query-sort-by-name" => ("query-sort-by-name", Part::Query, normalizers::sort_query),
        _ => return Err(unknown(word)),
    };
    Ok(Box::new(NormalizeUri { name, part, normalizer }))
}

const NAMES: &[&str] = &[
    "fragment-encode",
    "fragment-strip",
    "path-merge-slashes",
    "path-strip-dot",
    "path-strip-dotdot",
    "percent-decode-unreserved",
    "percent-to-uppercase",
    "query-sort-by-name",
];

fn unknown(word: &syntax::Word) -> Problem {
    let mut problem = wrong(word, format!("unknown normalizer `{}`", word.lossy()));
    problem.suggestion =
        word.as_str().and_then(|text| diag::nearest(text, NAMES.iter().copied())).map(str::to_owned);
    problem
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{request, run, try_compile};

    #[test]
    fn rewrites_its_part_only() {
        for (rule, before, after) in [
            ("path-merge-slashes", "http://h//a//b?x//y", "http://h/a/b?x//y"),
            ("path-strip-dotdot full", "/a/../../b?../c", "/b?../c"),
            ("query-sort-by-name", "/a?c=1&b=2&a", "/a?a&b=2&c=1"),
            ("query-sort-by-name", "/a", "/a"),
            ("percent-to-uppercase", "/%aa?%bb", "/%AA?%BB"),
            ("path-merge-slashes", "*", "*"),
        ] {
            let mut txn = request(&format!("GET {before} HTTP/1.1"), &[]);
            run(Kinds::HTTP_REQUEST, &format!("normalize-uri {rule}"), &mut txn);
            assert_eq!(String::from_utf8_lossy(txn.req.head.uri()), after, "{rule}");
        }
    }

    #[test]
    fn strict_ones_refuse() {
        let mut txn = request("GET /%zz HTTP/1.1", &[]);
        let outcome = run(Kinds::HTTP_REQUEST, "normalize-uri percent-to-uppercase strict", &mut txn);
        assert!(matches!(outcome, Outcome::Reply(reply) if reply.status() == 400));
        assert!(try_compile(Kinds::HTTP_REQUEST, "normalize-uri path-strip").is_err());
        assert!(try_compile(Kinds::HTTP_REQUEST, "normalize-uri path-strip-dot full").is_err());
    }
}
