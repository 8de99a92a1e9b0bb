//! `acl`: whether named ACLs match.

use std::sync::Arc;

use crate::compile::AclTest;
use crate::fetches::prelude::*;

const NAME: Param = Param::optional("acl", Kind::Str);

pub(super) static ROW: Fetch = Fetch {
    params: &[
        Param::required("acl", Kind::Str),
        NAME,
        NAME,
        NAME,
        NAME,
        NAME,
        NAME,
        NAME,
        NAME,
        NAME,
        NAME,
        NAME,
    ],
    check: Some(check),
    ..row(
        "acl",
        Type::Bool,
        Needs::NOTHING,
        run,
        Doc {
            brief: "true when all of the named ACLs match",
            long: "Up to twelve names; a `!` before one asks for the opposite. The ACLs must stand in the same section.",
            examples: &[Example::usage("acl(is_api,!is_local)")],
        },
    )
};

/// An ACL and what is wanted of it.
type Term = (Arc<dyn AclTest>, bool);

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let mut terms: Vec<Term> = Vec::new();
    for index in 0..args.list.len() {
        let text = args.str(index).unwrap_or_default();
        let (name, wanted) = match text.strip_prefix(b"!") {
            Some(name) => (name, false),
            None => (text, true),
        };
        let Some(found) = compile.names.acl(name) else {
            return Err(compile.problem(format!("no ACL is called `{}` here", base::Lossy(name))));
        };
        terms.push((found, wanted));
    }
    args.prepared = Some(Box::new(terms));
    Ok(())
}

fn run<'a>(txn: &'a Txn, args: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let terms = args.prepared::<Vec<Term>>().map(Vec::as_slice).unwrap_or_default();
    for (acl, wanted) in terms {
        match acl.test(txn) {
            None => return Fetched::NotYet,
            Some(found) if found != *wanted => return Value::Bool(false).into(),
            Some(_) => {}
        }
    }
    Value::Bool(true).into()
}
