//! `uuid`: a fresh UUID (RFC 9562).

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = Fetch {
    params: &[Param::optional("version", Kind::Int)],
    check: Some(check),
    ..row(
        "uuid",
        Type::Str,
        Needs::NOTHING,
        run,
        Doc {
            brief: "a fresh UUID",
            long: "Version 4 (random, the default) or 7 (ordered by time).",
            examples: &[Example::usage("uuid"), Example::usage("uuid(7)")],
        },
    )
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.int(0) {
        None | Some(4 | 7) => Ok(()),
        Some(other) => Err(compile.problem(format!("UUIDs of version {other} are not made; 4 and 7 are"))),
    }
}

fn run<'a>(_: &'a Txn, args: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let made = match args.int(0) {
        Some(7) => ::uuid::Uuid::now_v7(),
        _ => ::uuid::Uuid::new_v4(),
    };
    let mut text = vec![0; ::uuid::fmt::Hyphenated::LENGTH];
    made.hyphenated().encode_lower(&mut text);
    Value::string(text).into()
}

#[cfg(test)]
mod tests {
    use crate::testing::{eval, try_expr, txn};

    #[test]
    fn versions() {
        let txn = txn();
        for (text, version) in [("uuid", b'4'), ("uuid(4)", b'4'), ("uuid(7)", b'7')] {
            let made = eval(text, &txn).unwrap();
            assert_eq!((made.len(), made.as_bytes()[14]), (36, version), "{made}");
            assert_ne!(eval(text, &txn).unwrap(), made);
        }
        assert!(try_expr("uuid(1)").is_err());
    }
}
