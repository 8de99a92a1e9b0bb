//! `return`: answers the client here.

use std::sync::Arc;

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::answer::answer;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::reply::Reply;
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "return",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "answer the client here",
        long: "`status` is 200 if left out. The body is a `string`, a `file`, or a format, `lf-string` or `lf-file`; it \
               needs a `content-type`. `hdr` adds a header field with a format as its value, as often as needed. \
               `errorfile` sends a stored message, `errorfiles` that of an `http-errors` section for the status, \
               `default-errorfiles` the proxy's own. `http-after-response` rules see the answer.",
        examples: &[
            Example::usage("http-request return status 200 content-type text/plain string pong"),
            Example::usage(
                "http-request return content-type text/plain lf-string \"%[src]\\n\" hdr Cache-Control no-cache",
            ),
        ],
    },
};

#[derive(Debug)]
struct Return(Arc<Reply>);

impl Action for Return {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Reply(self.0.clone())
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Return(answer(words, 200, compile)?)))
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{fields, request, run, try_compile, try_compile_with};
    use crate::reply::{Answer, Reply};
    use sample::testing::TestNames;

    fn answer(rule: &str) -> Answer {
        let mut txn = request("GET /p HTTP/1.1", &[]);
        let Outcome::Reply(reply) = run(Kinds::HTTP_REQUEST, rule, &mut txn) else { panic!("{rule}") };
        reply.build(&txn, &[])
    }

    #[test]
    fn bodies() {
        let made =
            answer("return status 201 content-type text/plain lf-string \"at %[path]\" hdr X-A %[path]b");
        assert_eq!((made.head.status(), made.body.as_slice()), (201, &b"at /p"[..]));
        let message = sample::Message { head: made.head, ..sample::Message::default() };
        assert_eq!(fields(&message), ["X-A: /pb", "content-length: 5", "content-type: text/plain"]);
        assert_eq!(answer("return").head.status(), 200);
        assert_eq!(answer("return content-type a/b string %[path]").body, b"%[path]");
    }

    #[test]
    fn files() {
        let names = TestNames { files: vec![("/f", b"<%[path]>")] };
        let rule = "return content-type a/b lf-file /f";
        let compiled = try_compile_with(Kinds::HTTP_REQUEST, rule, &names).unwrap();
        let mut txn = request("GET /p HTTP/1.1", &[]);
        let Outcome::Reply(reply) = compiled.action.run(&mut txn) else { panic!() };
        assert_eq!(reply.build(&txn, &[]).body, b"</p>");
        assert!(try_compile_with(Kinds::HTTP_REQUEST, "return content-type a/b file /none", &names).is_err());
    }

    #[test]
    fn error_messages() {
        let mut txn = request("GET /p HTTP/1.1", &[]);
        let outcome = run(Kinds::HTTP_REQUEST, "return status 404 errorfiles errs", &mut txn);
        assert!(matches!(outcome, Outcome::Reply(reply) if matches!(*reply, Reply::Error(410))));
        let outcome = run(Kinds::HTTP_REQUEST, "return status 503 default-errorfiles", &mut txn);
        assert!(matches!(outcome, Outcome::Reply(reply) if matches!(*reply, Reply::Error(503))));
    }

    #[test]
    fn contradictions() {
        for wrong in [
            "return status 100",
            "return string x",
            "return status 204 content-type a/b string x",
            "return string x file y",
            "return status 299 default-errorfiles",
            "return status 404 errorfiles none",
            "return hdr a",
            "return content-type",
            "return strng x",
        ] {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
        let compiled =
            try_compile(Kinds::HTTP_REQUEST, "return content-type a/b hdr content-length 3").unwrap();
        assert_eq!(compiled.warnings.len(), 2);
    }
}
