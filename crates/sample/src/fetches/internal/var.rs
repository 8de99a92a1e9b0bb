//! `var`: a variable's value, or a default.

use keyword::Doc;
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::rows::{Fetch, Fetched, Needs, Walk};
use crate::txn::Txn;

pub(super) static ROW: Fetch = Fetch {
    name: "var",
    aliases: &[],
    params: &[Param::required("name", Kind::Var), Param::optional("default", Kind::Str)],
    out: Type::Any,
    needs: Needs::NOTHING,
    check: None,
    run: var,
    texts: None,
    subject: None,
    doc: Doc {
        brief: "value of a variable",
        long: "Names begin with their scope: proc, sess, txn, req, res or check. Where the variable is not set, the \
               second argument is the value, if there is one.",
        examples: &[],
    },
};

fn var<'a>(txn: &'a Txn, args: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let value = args.var(0).and_then(|var| txn.var(var));
    value.or_else(|| args.str(1).map(Value::str)).into()
}
