//! `set-status`: replaces the status of the response.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{need, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-status",
    aliases: &[],
    kinds: Kinds::HTTP_RESPONSE.and(Kinds::HTTP_AFTER),
    compile,
    doc: Doc {
        brief: "replace the status of the response",
        long: "Without `reason` the usual reason phrase of the status is used.",
        examples: &[
            Example::usage("http-response set-status 503"),
            Example::usage("http-response set-status 503 reason \"Slow Down\""),
        ],
    },
};

#[derive(Debug)]
struct SetStatus {
    status: u16,
    reason: Option<Box<[u8]>>,
}

impl Action for SetStatus {
    fn run(&self, txn: &mut Txn) -> Outcome {
        txn.res.head.set_status(self.status, self.reason.as_deref());
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "the status")?;
    let status = word.as_str().and_then(|text| text.parse::<u16>().ok());
    let Some(status) = status.filter(|status| (100..=999).contains(status)) else {
        return Err(wrong(word, "a status is a number from 100 to 999"));
    };
    let reason = if words.eat("reason") {
        Some(need(words, "the reason phrase")?.text.clone().into_boxed_slice())
    } else {
        None
    };
    Ok(Box::new(SetStatus { status, reason }))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{response, run, try_compile};

    #[test]
    fn status_and_reason() {
        let mut txn = response(200, &[]);
        run(Kinds::HTTP_RESPONSE, "set-status 503", &mut txn);
        assert_eq!((txn.res.head.status(), txn.res.head.reason()), (503, &b"Service Unavailable"[..]));
        run(Kinds::HTTP_AFTER, "set-status 299 reason \"Very Good\"", &mut txn);
        assert_eq!((txn.res.head.status(), txn.res.head.reason()), (299, &b"Very Good"[..]));
        assert!(try_compile(Kinds::HTTP_RESPONSE, "set-status 99").is_err());
        assert!(try_compile(Kinds::HTTP_RESPONSE, "set-status").is_err());
    }
}
