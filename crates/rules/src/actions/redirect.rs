//! `redirect`: sends the client elsewhere.

use std::sync::Arc;

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::reply::{Redirect, Reply};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "redirect",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "answer with a redirection",
        long: "`location` names the target whole, `prefix` what is put before path and query, `scheme` the scheme of the \
               same target; all three are formats. `code` is 301, 302 (the default), 303, 307 or 308. Options: \
               `drop-query`, `keep-query`, `append-slash`, `ignore-empty`, `set-cookie NAME[=VALUE]`, \
               `set-cookie-fmt FORMAT`, `clear-cookie NAME[=]`.",
        examples: &[
            Example::usage("http-request redirect scheme https code 301"),
            Example::usage("http-request redirect location https://%[hdr(host)]/new%[path]"),
        ],
    },
};

#[derive(Debug)]
struct Redirection(Arc<Reply>);

impl Action for Redirection {
    fn run(&self, txn: &mut Txn) -> Outcome {
        if let Reply::Redirect(redirect) = &*self.0
            && redirect.is_void(txn)
        {
            return Outcome::Continue;
        }
        Outcome::Reply(self.0.clone())
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Redirection(Arc::new(Reply::Redirect(Redirect::compile(words, compile)?)))))
}
