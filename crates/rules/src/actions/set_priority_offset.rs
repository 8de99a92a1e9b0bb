//! `set-priority-offset`: by how much this request waits as if it had come earlier or later.

use keyword::{Doc, Example};
use sample::{Expr, Problem, Txn};

use super::args::expr;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-priority-offset",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "let the request wait in queues as if it had come earlier or later",
        long: "An expression of milliseconds from -524287 to 524287, others are brought into these bounds. It counts \
               among requests of the same class.",
        examples: &[Example::usage("http-request set-priority-offset int(-2000)")],
    },
};

/// Offsets lie between this and its negative.
const OFFSET_MS_MAX: i32 = 524_287;

#[derive(Debug)]
struct SetPriorityOffset(Expr);

impl Action for SetPriorityOffset {
    fn run(&self, txn: &mut Txn) -> Outcome {
        if let Some(offset) = self.0.eval(txn).and_then(|value| value.to_int()) {
            let limit = if offset < 0 { -OFFSET_MS_MAX } else { OFFSET_MS_MAX };
            let offset = i32::try_from(offset).unwrap_or(limit);
            txn.overrides.priority_offset_ms = offset.clamp(-OFFSET_MS_MAX, OFFSET_MS_MAX);
        }
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(SetPriorityOffset(expr(words, "the expression", compile)?)))
}
