//! `set-var`: keeps an expression's value in a variable.

use keyword::{Doc, Example};
use sample::{Expr, Problem, Txn};

use super::args::expr;
use super::variable::Target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-var",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "set a variable to the value of an expression",
        long: "The name begins with the variable's scope. Conditions may follow the name, separated by commas, and all \
               must hold: `ifexists`, `ifnotexists`, `ifset`, `ifnotset` look at the variable, `ifempty` and \
               `ifnotempty` at the value, `ifgt` and `iflt` hold if the variable is greater or less than the value. \
               An expression without a value leaves the variable as it is.",
        examples: &[
            Example::usage("http-request set-var(txn.host) req.hdr(host),lower"),
            Example::usage("tcp-request content set-var(sess.peak,iflt) int(5)"),
        ],
    },
};

#[derive(Debug)]
struct SetVar {
    target: Target,
    expr: Expr,
}

impl Action for SetVar {
    fn run(&self, txn: &mut Txn) -> Outcome {
        if let Some(value) = self.expr.eval(txn) {
            self.target.set(value, txn);
        }
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let target = Target::compile(words)?;
    Ok(Box::new(SetVar { target, expr: expr(words, "the expression", compile)? }))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, run, try_compile};
    use sample::Txn;

    fn value(txn: &Txn, name: &str) -> Option<String> {
        sample::testing::eval(&format!("var({name})"), txn)
    }

    #[test]
    fn keeps_the_value() {
        let mut txn = request("GET /AbC HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-var(txn.p) path,lower", &mut txn);
        assert_eq!(value(&txn, "txn.p").as_deref(), Some("/abc"));
        run(Kinds::HTTP_REQUEST, "set-var(txn.p) path lower", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-var(txn.p) var(txn.missing)", &mut txn);
        assert_eq!(value(&txn, "txn.p").as_deref(), Some("/abc"));
        run(Kinds::HTTP_REQUEST, "unset-var(txn.p)", &mut txn);
        assert_eq!(value(&txn, "txn.p"), None);
    }

    #[test]
    fn conditions() {
        let mut txn = request("GET /x HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-var(txn.a,ifexists) path", &mut txn);
        assert_eq!(value(&txn, "txn.a"), None);
        run(Kinds::HTTP_REQUEST, "set-var(txn.a,ifnotexists) path", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-var-fmt(txn.a,ifnotexists) other", &mut txn);
        assert_eq!(value(&txn, "txn.a").as_deref(), Some("/x"));
        run(Kinds::HTTP_REQUEST, "set-var-fmt(txn.a,ifset,ifnotempty) z%[path]", &mut txn);
        assert_eq!(value(&txn, "txn.a").as_deref(), Some("z/x"));
    }

    #[test]
    fn variables_of_the_process_exist_once_they_are_named() {
        let mut txn = request("GET /x HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-var(proc.test_exists,ifset) path", &mut txn);
        assert_eq!(value(&txn, "proc.test_exists"), None);
        run(Kinds::HTTP_REQUEST, "set-var(proc.test_exists,ifexists) path", &mut txn);
        assert_eq!(value(&txn, "proc.test_exists").as_deref(), Some("/x"));
    }

    #[test]
    fn names_are_checked() {
        for wrong in [
            "set-var path",
            "set-var(txn.a path",
            "set-var(a) path",
            "set-var(txn.a,ifx) path",
            "set-var(txn.a)",
        ] {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
        assert!(try_compile(Kinds::HTTP_REQUEST, "unset-var(txn.a,ifset)").is_err());
    }
}
