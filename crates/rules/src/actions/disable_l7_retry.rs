//! `disable-l7-retry`: this request is not sent twice.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "disable-l7-retry",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "do not send this request again after it was sent once",
        long: "Whatever `retry-on` says; connections that failed are still retried.",
        examples: &[Example::usage("http-request disable-l7-retry")],
    },
};

#[derive(Debug)]
struct DisableL7Retry;

impl Action for DisableL7Retry {
    fn run(&self, txn: &mut Txn) -> Outcome {
        txn.overrides.is_l7_retry_disabled = true;
        Outcome::Continue
    }
}

fn compile(_: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(DisableL7Retry))
}
