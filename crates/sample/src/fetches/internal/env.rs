//! `env`: an environment variable, as it was when the configuration was read.

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = Fetch {
    params: &[Param::required("name", Kind::Str)],
    check: Some(check),
    ..row(
        "env",
        Type::Str,
        Needs::NOTHING,
        |_, args, _| args.prepared::<Vec<u8>>().map(|value| Value::str(value)).into(),
        Doc {
            brief: "value of an environment variable",
            long: "The variable is read once, when the configuration is; without one there is no value.",
            examples: &[Example::usage("env(HOSTNAME)")],
        },
    )
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let name = args.str(0).unwrap_or_default();
    if name.is_empty() {
        return Err(compile.problem("`env` needs the name of a variable"));
    }
    args.prepared = compile.names.environment(name).map(|value| Box::new(value) as _);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{eval, txn};

    #[test]
    fn what_cargo_sets_is_there() {
        assert_eq!(eval("env(CARGO_PKG_NAME)", &txn()).as_deref(), Some("lockgate-sample"));
        assert_eq!(eval("env(LOCKGATE_NO_SUCH_VARIABLE)", &txn()), None);
    }
}
