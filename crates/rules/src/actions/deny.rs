//! `deny`: refuses a request or a response.

use std::sync::Arc;

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::answer;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::reply::Reply;
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "deny",
    aliases: &["block"],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "refuse the request or the response with an error message",
        long: "The status is 403 for requests and 502 for responses unless `status` (or `deny_status`) names another. \
               What is sent can be described as with `return`; if nothing is said, it is the proxy's error message.",
        examples: &[
            Example::usage("http-request deny"),
            Example::usage("http-request deny deny_status 429"),
            Example::usage("http-response deny status 503 content-type text/plain string no"),
        ],
    },
};

#[derive(Debug)]
struct Deny(Arc<Reply>);

impl Action for Deny {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Deny(self.0.clone())
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let status = if compile.kind == Kinds::HTTP_REQUEST { 403 } else { 502 };
    Ok(Box::new(Deny(answer::refusal(words, status, compile)?)))
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{request, run, try_compile};

    fn status(kind: Kinds, rule: &str) -> u16 {
        let mut txn = request("GET / HTTP/1.1", &[]);
        let outcome = run(kind, rule, &mut txn);
        let (Outcome::Deny(reply) | Outcome::Tarpit(reply)) = outcome else { panic!("{outcome:?}") };
        reply.status()
    }

    #[test]
    fn statuses() {
        assert_eq!(status(Kinds::HTTP_REQUEST, "deny"), 403);
        assert_eq!(status(Kinds::HTTP_RESPONSE, "deny"), 502);
        assert_eq!(status(Kinds::HTTP_REQUEST, "block"), 403);
        assert_eq!(status(Kinds::HTTP_REQUEST, "deny deny_status 429"), 429);
        assert_eq!(status(Kinds::HTTP_REQUEST, "deny status 418"), 418);
        assert_eq!(status(Kinds::HTTP_REQUEST, "deny deny_status 418 content-type a/b string x"), 418);
        assert_eq!(status(Kinds::HTTP_REQUEST, "tarpit"), 500);
        assert!(try_compile(Kinds::HTTP_REQUEST, "deny deny_status 418").is_err());
    }
}
