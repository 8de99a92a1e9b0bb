//! `set-retries`: how often a failed connection to a server is tried again.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{Number, action_word, number, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-retries",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "replace the backend's `retries` for this exchange",
        long: "A number from 0 to 100 or an expression; other values of an expression are ignored.",
        examples: &[Example::usage("http-request set-retries 3")],
    },
};

const RETRIES_MAX: i64 = 100;

#[derive(Debug)]
struct SetRetries(Number);

impl Action for SetRetries {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let retries = self.0.get(txn).filter(|n| *n <= RETRIES_MAX).and_then(|n| u32::try_from(n).ok());
        if retries.is_some() {
            txn.overrides.retries = retries;
        }
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let name = action_word(words);
    let number = number(words, "the number", compile)?;
    if let Number::Fixed(n) = number
        && !(0..=RETRIES_MAX).contains(&n)
    {
        return Err(wrong(name, "`set-retries` takes a number from 0 to 100 or an expression"));
    }
    Ok(Box::new(SetRetries(number)))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, run, try_compile};

    #[test]
    fn in_bounds_only() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-retries 7", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-retries src_port", &mut txn);
        assert_eq!(txn.overrides.retries, Some(7));
        assert!(try_compile(Kinds::HTTP_REQUEST, "set-retries 101").is_err());
        assert!(try_compile(Kinds::HTTP_REQUEST, "set-retries").is_err());
    }
}
