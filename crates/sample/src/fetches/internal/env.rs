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
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let name = args.str(0).unwrap_or_default();
    let Some(value) = (!name.is_empty()).then(|| std::env::var_os(std::ffi::OsStr::from_bytes(name))) else {
        return Err(compile.problem("`env` needs the name of a variable"));
    };
    args.prepared = value.map(|value| Box::new(value.into_vec()) as _);
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
