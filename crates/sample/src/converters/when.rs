//! `when`: a value let through under a condition.

use std::sync::Arc;

use crate::compile::AclTest;
use base::Lossy;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "when",
    aliases: &[],
    params: &[Param::required("condition", Kind::Str), Param::optional("acl", Kind::Str)],
    input: Type::Any,
    out: Type::Any,
    check: Some(check),
    run: when,
    doc: Doc {
        brief: "the value when a condition holds",
        long: "The conditions are error, normal, forwarded (to a server), toapplet (answered by this \
               process), processed (either of the two) and acl, which names an ACL in the second \
               argument; `!` negates. Where it does not hold, there is no value.",
        examples: &[
            Example { text: "when(normal)", input: "x", output: "x" },
            Example::usage("when(!normal)"),
        ],
    },
};

/// What is asked.
enum Asks {
    /// Something went wrong with the stream.
    Error,
    /// The request went to a server.
    Forwarded,
    /// The request was answered by a service of this process.
    ToApplet,
    /// Either of the two.
    Processed,
    /// A named ACL matches.
    Acl(Arc<dyn AclTest>),
}

struct Condition {
    asks: Asks,
    is_negated: bool,
}

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let text = args.str(0).unwrap_or_default();
    let (word, is_negated) = match text.strip_prefix(b"!") {
        Some(word) => (word, true),
        None => (text, false),
    };
    let (asks, is_negated) = match word {
        b"error" => (Asks::Error, is_negated),
        b"normal" => (Asks::Error, !is_negated),
        b"forwarded" => (Asks::Forwarded, is_negated),
        b"toapplet" => (Asks::ToApplet, is_negated),
        b"processed" => (Asks::Processed, is_negated),
        b"acl" => (Asks::Acl(acl(args.str(1), compile)?), is_negated),
        other => {
            let other = Lossy(other);
            return Err(compile.problem(format!(
                "`when` asks for acl, error, forwarded, normal, processed or toapplet, not for `{other}`"
            )));
        }
    };
    args.prepared = Some(Box::new(Condition { asks, is_negated }));
    Ok(())
}

fn acl(name: Option<&[u8]>, compile: &Compile<'_>) -> Result<Arc<dyn AclTest>, Problem> {
    let name = name.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| compile.problem("`when(acl)` needs the name of the ACL as well"))?;
    let found = compile.names.acl(name);
    found.ok_or_else(|| compile.problem(format!("there is no ACL `{}` here", Lossy(name))))
}

fn when<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let Condition { asks, is_negated } = args.prepared()?;
    let is_forwarded = txn.server_dst.is_some();
    let is_service = txn.log.service.is_some();
    let holds = match asks {
        Asks::Error => has_error(txn),
        Asks::Forwarded => is_forwarded,
        Asks::ToApplet => is_service,
        Asks::Processed => is_forwarded || is_service,
        Asks::Acl(acl) => acl.test(txn) == Some(true),
    };
    (holds != *is_negated).then_some(value)
}

/// What `option dontlog-normal` takes for an error: an abnormal end, a retry, a redispatch, a status of 500 or more.
fn has_error(txn: &Txn) -> bool {
    let cause = txn.log.termination.cause;
    let is_abnormal = !matches!(cause, b'-' | b'L');
    let was_retried = cause == b'-' && txn.log.retries > 0;
    is_abnormal || was_retried || txn.log.is_redispatched || txn.log.status >= 500
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn};

    #[test]
    fn errors_and_their_absence() {
        let mut txn = txn();
        let run = |txn: &_, text: &str| convert_in(txn, text, b"x").is_some();
        assert!(!run(&txn, "when(error)") && run(&txn, "when(normal)") && run(&txn, "when(!error)"));
        txn.log.status = 503;
        assert!(run(&txn, "when(error)") && !run(&txn, "when(normal)") && run(&txn, "when(!normal)"));
        txn.log.status = 200;
        txn.log.retries = 1;
        assert!(run(&txn, "when(error)"));
    }

    #[test]
    fn who_answered() {
        let mut txn = txn();
        assert_eq!(convert_in(&txn, "when(processed)", b"x"), None);
        txn.log.service = Some("<STATS>");
        assert!(convert_in(&txn, "when(processed)", b"x").is_some());
        assert!(convert_in(&txn, "when(toapplet)", b"x").is_some());
        assert_eq!(convert_in(&txn, "when(forwarded)", b"x"), None);
    }

    #[test]
    fn conditions_that_cannot_be() {
        for text in ["when", "when(sometimes)", "when(acl)", "when(acl,none)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
