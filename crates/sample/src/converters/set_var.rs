//! `set-var`, `unset-var`: variables set and unset in passing, and the conditions under which one is set, which the
//! rules of that name share.

use base::Lossy;
use keyword::{Doc, Example};
use state::value::{Type, Value};
use state::vars::Scope;

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static SET: Convert = Convert {
    name: "set-var",
    aliases: &[],
    params: &[
        Param::required("variable", Kind::Var),
        Param::optional("condition1", Kind::Str),
        Param::optional("condition2", Kind::Str),
        Param::optional("condition3", Kind::Str),
        Param::optional("condition4", Kind::Str),
    ],
    input: Type::Any,
    out: Type::Any,
    check: Some(check),
    run: set_var,
    doc: Doc {
        brief: "sets a variable to the value, which passes on unchanged",
        long: "The conditions are ifexists, ifnotexists, ifset, ifnotset, ifempty and ifnotempty, which \
               look at the value itself, and ifgt and iflt, which hold when the variable is an integer \
               greater or less than the value. Where one does not hold, there is no value.",
        examples: &[
            Example { text: "set-var(txn.host),upper", input: "a", output: "A" },
            Example::usage("set-var(sess.first,ifnotexists)"),
        ],
    },
};

pub(super) static UNSET: Convert = Convert {
    name: "unset-var",
    aliases: &[],
    params: &[Param::required("variable", Kind::Var)],
    input: Type::Any,
    out: Type::Any,
    check: None,
    run: unset_var,
    doc: Doc {
        brief: "unsets a variable; the value passes on unchanged",
        long: "",
        examples: &[Example { text: "unset-var(txn.host),length", input: "abc", output: "3" }],
    },
};

/// When a variable is set; several hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The variable is set, or of the whole process: those exist from the moment that anything names them.
    IfExists,
    /// The opposite.
    IfNotExists,
    /// The variable is set.
    IfSet,
    /// The variable is not set.
    IfNotSet,
    /// The value is an empty text.
    IfEmpty,
    /// The value is no empty text.
    IfNotEmpty,
    /// The variable, if it is an integer as the value is, is greater.
    IfGreater,
    /// The variable, if it is an integer as the value is, is less.
    IfLess,
}

impl Condition {
    /// The condition called `name`.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Condition> {
        Some(match name {
            b"ifexists" => Condition::IfExists,
            b"ifnotexists" => Condition::IfNotExists,
            b"ifset" => Condition::IfSet,
            b"ifnotset" => Condition::IfNotSet,
            b"ifempty" => Condition::IfEmpty,
            b"ifnotempty" => Condition::IfNotEmpty,
            b"ifgt" => Condition::IfGreater,
            b"iflt" => Condition::IfLess,
            _ => return None,
        })
    }

    /// Whether it holds for a variable's value now and the one that it would get.
    #[must_use]
    pub fn holds(self, scope: Scope, now: Option<&Value<'_>>, next: &Value<'_>) -> bool {
        let exists = scope == Scope::Proc || now.is_some();
        let len = match next {
            Value::Str(text) | Value::Bin(text) => Some(text.len()),
            Value::Bool(_) | Value::Int(_) | Value::Ipv4(_) | Value::Ipv6(_) | Value::Method(..) => None,
        };
        let integers = match (now, next) {
            (Some(Value::Int(now)), Value::Int(next)) => Some((now, next)),
            _ => None,
        };
        match self {
            Condition::IfExists => exists,
            Condition::IfNotExists => !exists,
            Condition::IfSet => now.is_some(),
            Condition::IfNotSet => now.is_none(),
            Condition::IfEmpty => len == Some(0),
            Condition::IfNotEmpty => len != Some(0),
            Condition::IfGreater => integers.is_none_or(|(now, next)| now > next),
            Condition::IfLess => integers.is_none_or(|(now, next)| now < next),
        }
    }
}

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let mut conditions = Vec::new();
    for name in (1..args.list.len()).filter_map(|index| args.str(index)) {
        conditions.push(Condition::parse(name).ok_or_else(|| {
            compile.problem(format!("`{}` is no condition for setting a variable", Lossy(name)))
        })?);
    }
    args.prepared = Some(Box::new(conditions));
    Ok(())
}

fn set_var<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let var = args.var(0)?;
    let conditions = args.prepared::<Vec<Condition>>()?;
    if !conditions.is_empty() {
        let now = txn.var(var);
        if !conditions.iter().all(|condition| condition.holds(var.scope, now.as_ref(), &value)) {
            return None;
        }
    }
    txn.set_var(var, value.borrowed().into_owned());
    Some(value)
}

fn unset_var<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    txn.unset_var(args.var(0)?);
    Some(value)
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn values_pass_and_stay() {
        let txn = txn();
        let var = VarRef::parse(b"txn.seen").unwrap();
        assert_eq!(convert_in(&txn, "set-var(txn.seen),upper", b"a").as_deref(), Some("A"));
        assert_eq!(txn.var(var), Some(Value::str(b"a")));
        assert_eq!(convert_in(&txn, "unset-var(txn.seen)", b"b").as_deref(), Some("b"));
        assert_eq!(txn.var(var), None);
    }

    #[test]
    fn conditions_keep_the_variable_as_it_is() {
        let txn = txn();
        let var = VarRef::parse(b"txn.cond").unwrap();
        assert_eq!(convert_in(&txn, "set-var(txn.cond,ifset)", b"1"), None);
        assert_eq!(convert_in(&txn, "set-var(txn.cond,ifnotexists)", b"1").as_deref(), Some("1"));
        assert_eq!(convert_in(&txn, "set-var(txn.cond,ifnotexists)", b"2"), None);
        assert_eq!(convert_in(&txn, "set-var(txn.cond,ifnotempty,ifset)", b""), None);
        assert_eq!(txn.var(var), Some(Value::str(b"1")));
        txn.set_var(var, Value::Int(5));
        assert_eq!(convert_in(&txn, "add(0),set-var(txn.cond,ifgt)", b"6"), None);
        assert_eq!(convert_in(&txn, "add(0),set-var(txn.cond,iflt)", b"6").as_deref(), Some("6"));
        assert_eq!(txn.var(var), Some(Value::Int(6)));
    }

    #[test]
    fn names_that_cannot_be() {
        for text in ["set-var", "set-var(x)", "set-var(txn.a,maybe)", "unset-var(txn.a,ifset)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
