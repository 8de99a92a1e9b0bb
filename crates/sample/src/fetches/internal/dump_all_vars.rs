//! `dump_all_vars`: the variables of a scope, or of all, as one text.

use base::bytes::push_decimal;
use state::vars::{Scope, VarRef, Vars};

use crate::fetches::prelude::*;

/// Scopes in the order that a list of all shows.
const SCOPES: [(Scope, &str); 5] = [
    (Scope::Sess, "sess"),
    (Scope::Txn, "txn"),
    (Scope::Req, "req"),
    (Scope::Res, "res"),
    (Scope::Proc, "proc"),
];

pub(super) static ROW: Fetch = Fetch {
    params: &[
        Param::optional("scope", Kind::Str),
        Param::optional("prefix", Kind::Str),
        Param::optional("delimiter", Kind::Str),
    ],
    check: Some(check),
    ..row(
        "dump_all_vars",
        Type::Str,
        Needs::NOTHING,
        |txn, args, _| dump(txn, args),
        Doc {
            brief: "names and values of variables as one text",
            long: "Of one scope, or of `sess`, `txn`, `req`, `res` and `proc` in this order. The second argument \
                   keeps only the names that begin with it, the third stands between two variables instead of a \
                   comma and a blank. Texts are quoted, bytes are written as `x` and hexadecimal digits.\n\n\
                   There is no value when the text would be longer than a buffer.",
            examples: &[example("dump_all_vars(res)", "", "")],
        },
    )
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.str(0) {
        None | Some(b"" | b"sess" | b"txn" | b"req" | b"res" | b"proc" | b"check") => Ok(()),
        Some(other) => Err(compile.problem(format!(
            "`{}` is no scope of variables: sess, txn, req, res or proc",
            base::Lossy(other)
        ))),
    }
}

fn dump(txn: &Txn, args: &Args) -> Fetched<'static> {
    let wanted = args.str(0).filter(|scope| !scope.is_empty());
    let prefix = args.str(1).unwrap_or_default();
    let delimiter = args.str(2).unwrap_or(b", ");
    let mut out = Vec::new();
    for (scope, title) in SCOPES {
        if wanted.is_none_or(|wanted| wanted == title.as_bytes()) {
            with_vars(txn, scope, |vars| push_all(&mut out, vars, scope, title, prefix, delimiter));
        }
    }
    let limit = usize::try_from(txn.runtime.process.buffer_bytes).unwrap_or(usize::MAX);
    if limit > 0 && out.len() >= limit { Fetched::Absent } else { Value::string(out).into() }
}

fn with_vars(txn: &Txn, scope: Scope, look: impl FnOnce(&Vars)) {
    match scope {
        Scope::Proc => look(&txn.runtime.vars.read()),
        Scope::Sess => look(&txn.session.vars.borrow()),
        Scope::Txn | Scope::Check => look(&txn.vars.borrow()),
        Scope::Req => look(&txn.req_vars.borrow()),
        Scope::Res => look(&txn.res_vars.borrow()),
    }
}

fn push_all(out: &mut Vec<u8>, vars: &Vars, scope: Scope, title: &str, prefix: &[u8], delimiter: &[u8]) {
    for (id, value) in vars.iter() {
        let name = VarRef { scope, id }.name();
        if !name.starts_with(prefix) {
            continue;
        }
        if !out.is_empty() {
            out.extend_from_slice(delimiter);
        }
        out.extend_from_slice(title.as_bytes());
        out.push(b'.');
        out.extend_from_slice(&name);
        out.push(b'=');
        push_value(out, value);
    }
}

fn push_value(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Bool(is_true) => out.extend_from_slice(if *is_true { b"true" } else { b"false" }),
        Value::Int(n) => push_decimal(out, *n),
        Value::Ipv4(_) | Value::Ipv6(_) => out.extend_from_slice(&value.text()),
        Value::Str(text) | Value::Method(_, text) => push_quoted(out, text),
        Value::Bin(bytes) => {
            out.push(b'x');
            for byte in bytes.iter() {
                out.extend_from_slice(format!("{byte:02x}").as_bytes());
            }
        }
    }
}

fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\n' => out.extend_from_slice(b"\\n"),
            8 => out.extend_from_slice(b"\\b"),
            0 => out.extend_from_slice(b"\\0"),
            other => out.push(*other),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use state::VarRef;

    use crate::fetches::prelude::*;
    use crate::testing::{eval, try_expr, txn};

    #[test]
    fn scopes_prefixes_and_forms() {
        let txn = txn();
        for (name, value) in [
            ("sess.dump_a", Value::Int(1)),
            ("txn.dump_b", Value::str(b"x\"\n")),
            ("txn.dump_c", Value::bin(b"\x00\xff")),
            ("req.other", Value::Bool(true)),
        ] {
            txn.set_var(VarRef::parse(name.as_bytes()).unwrap(), value.into_owned());
        }
        for (text, wanted) in [
            ("dump_all_vars(txn)", r#"txn.dump_b="x\"\n", txn.dump_c=x00ff"#),
            ("dump_all_vars(,dump_c,;)", "txn.dump_c=x00ff"),
            ("dump_all_vars(sess)", "sess.dump_a=1"),
            ("dump_all_vars(req,,\"; \")", "req.other=true"),
            ("dump_all_vars(res)", ""),
        ] {
            assert_eq!(eval(text, &txn).as_deref(), Some(wanted), "{text}");
        }
        assert!(try_expr("dump_all_vars(none)").is_err());
    }
}
