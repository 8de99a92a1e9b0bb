//! `set-priority-class`: the place of this request among others that wait for a server.

use keyword::{Doc, Example};
use sample::{Expr, Problem, Txn};

use super::args::expr;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-priority-class",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "set the class in which the request waits in queues",
        long: "An expression of an integer from -2047 to 2047, others are brought into these bounds. All requests of a \
               lower class go first.",
        examples: &[Example::usage("http-request set-priority-class int(-10)")],
    },
};

/// Classes lie between this and its negative.
const CLASS_MAX: i32 = 2047;

#[derive(Debug)]
struct SetPriorityClass(Expr);

impl Action for SetPriorityClass {
    fn run(&self, txn: &mut Txn) -> Outcome {
        if let Some(class) = self.0.eval(txn).and_then(|value| value.to_int()) {
            let limit = if class < 0 { -CLASS_MAX } else { CLASS_MAX };
            let class = i32::try_from(class).unwrap_or(limit);
            txn.overrides.priority_class = class.clamp(-CLASS_MAX, CLASS_MAX);
        }
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(SetPriorityClass(expr(words, "the expression", compile)?)))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, run};

    #[test]
    fn bounds() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-priority-class src_port", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-priority-offset src_port", &mut txn);
        assert_eq!((txn.overrides.priority_class, txn.overrides.priority_offset_ms), (1234, 1234));
        run(Kinds::HTTP_REQUEST, "set-priority-class int(99999999999)", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-priority-offset int(-99999999999)", &mut txn);
        assert_eq!((txn.overrides.priority_class, txn.overrides.priority_offset_ms), (2047, -524_287));
    }
}
