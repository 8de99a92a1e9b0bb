//! The variable that an action names, with the conditions for setting it.

use diag::codes;
use sample::compile::problem_of;
use sample::{Problem, Txn};
use state::Value;
use state::vars::{Scope, VarRef};

use super::args::{action_word, in_parentheses, wrong};
use crate::words::Words;

/// What must hold for the variable to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    /// It was ever set, or is of the whole process: those exist from the moment that a rule names them.
    Exists,
    /// The opposite.
    NotExists,
    /// It has a value.
    Set,
    /// It has none.
    NotSet,
    /// The new value is empty text.
    Empty,
    /// The new value is anything but empty text.
    NotEmpty,
    /// It is greater than the new value, both integers.
    Greater,
    /// It is less than the new value, both integers.
    Less,
}

const CONDITIONS: &[(&str, Only)] = &[
    ("ifexists", Only::Exists),
    ("ifnotexists", Only::NotExists),
    ("ifset", Only::Set),
    ("ifnotset", Only::NotSet),
    ("ifempty", Only::Empty),
    ("ifnotempty", Only::NotEmpty),
    ("ifgt", Only::Greater),
    ("iflt", Only::Less),
];

/// A variable and the conditions for setting it.
#[derive(Debug)]
pub(super) struct Target {
    var: VarRef,
    conditions: Vec<Only>,
}

impl Target {
    /// Reads the parentheses of the word that named the action.
    pub(super) fn compile(words: &Words<'_>) -> Result<Target, Problem> {
        let word = action_word(words);
        let Some(parts) = in_parentheses(words)? else {
            return Err(wrong(word, "the variable's name is missing, as in `set-var(txn.name)`"));
        };
        let Some((name, conditions)) = parts.split_first() else {
            return Err(wrong(word, "the variable's name is missing"));
        };
        let var = VarRef::parse(name.trim_ascii()).map_err(|error| wrong(word, error.to_string()))?;
        let conditions = conditions
            .iter()
            .map(|text| condition(text.trim_ascii(), word.span))
            .collect::<Result<_, _>>()?;
        Ok(Target { var, conditions })
    }

    /// Whether conditions were given.
    pub(super) fn is_conditional(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// Sets the variable if its conditions hold.
    pub(super) fn set(&self, value: Value<'_>, txn: &Txn) {
        if self.conditions.iter().all(|only| self.holds(*only, &value, txn)) {
            txn.set_var(self.var, value.into_owned());
        }
    }

    /// Removes the variable.
    pub(super) fn unset(&self, txn: &Txn) {
        txn.unset_var(self.var);
    }

    fn exists(&self, txn: &Txn) -> bool {
        self.var.scope == Scope::Proc || txn.var(self.var).is_some()
    }

    fn holds(&self, only: Only, value: &Value<'_>, txn: &Txn) -> bool {
        let integers = || match (txn.var(self.var), value) {
            (Some(Value::Int(old)), Value::Int(new)) => Some((old, *new)),
            _ => None,
        };
        match only {
            Only::Exists => self.exists(txn),
            Only::NotExists => !self.exists(txn),
            Only::Set => txn.var(self.var).is_some(),
            Only::NotSet => txn.var(self.var).is_none(),
            Only::Empty => matches!(value, Value::Str(s) | Value::Bin(s) if s.is_empty()),
            Only::NotEmpty => !matches!(value, Value::Str(s) | Value::Bin(s) if s.is_empty()),
            // Where one of the two is no integer the condition says nothing.
            Only::Greater => integers().is_none_or(|(old, new)| old > new),
            Only::Less => integers().is_none_or(|(old, new)| old < new),
        }
    }
}

fn condition(text: &[u8], span: diag::Span) -> Result<Only, Problem> {
    if let Some((_, only)) = CONDITIONS.iter().find(|known| known.0.as_bytes() == text) {
        return Ok(*only);
    }
    let name = base::Lossy(text).to_string();
    let mut problem = problem_of(
        codes::ACTION_ARGUMENT,
        span,
        format!("unknown condition `{name}` for setting a variable"),
    );
    if let Some(near) = diag::nearest(&name, CONDITIONS.iter().map(|known| known.0)) {
        problem.notes.push(format!("did you mean `{near}`?"));
    }
    Err(problem)
}
