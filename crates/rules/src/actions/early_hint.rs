//! `early-hint`: tells the client in a 103 response what will probably be needed.

use http::message::{Fields, Version};
use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::header::{NamedFormat, named_format};
use super::message::rendered;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "early-hint",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "send a header field ahead of the response, in a 103 response",
        long: "Rules that follow each other fill the same response; one with a condition begins another. Clients of \
               HTTP/1.0 get none.",
        examples: &[Example::usage("http-request early-hint Link \"</style.css>; rel=preload; as=style\"")],
    },
};

#[derive(Debug)]
struct EarlyHint {
    field: NamedFormat,
    /// Whether a condition follows, which ends what rules before it began.
    is_conditional: bool,
}

impl Action for EarlyHint {
    fn run(&self, txn: &mut Txn) -> Outcome {
        if !matches!(txn.req.head.version(), Version::Http11 | Version::Http2 | Version::Http3) {
            return Outcome::Continue;
        }
        rendered(&self.field.format, txn, |value, txn| {
            if self.is_conditional || txn.early_hints.is_empty() {
                txn.early_hints.push(Fields::new());
            }
            if let Some(fields) = txn.early_hints.last_mut() {
                fields.push(&self.field.name, value);
            }
        });
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let field = named_format(words, compile)?;
    Ok(Box::new(EarlyHint { field, is_conditional: words.at_condition() }))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, run};

    #[test]
    fn fields_gather() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "early-hint Link </a>", &mut txn);
        run(Kinds::HTTP_REQUEST, "early-hint Link </b>", &mut txn);
        assert_eq!((txn.early_hints.len(), txn.early_hints[0].len()), (1, 2));
        run(Kinds::HTTP_REQUEST, "early-hint Link </c> if TRUE", &mut txn);
        assert_eq!(txn.early_hints.len(), 2);
    }
}
