//! Arguments that a converter takes either as a constant or from a variable, which is read when it runs.

use std::borrow::Cow;

use base::Lossy;
use base::bytes::leading_int;
use state::value::Type;
use state::vars::VarRef;

use super::codec;
use crate::args::{Arg, Args};
use crate::compile::{Compile, Problem};
use crate::txn::Txn;

/// Turns text argument `index`, if given, into a variable or an integer.
///
/// # Errors
/// When it is neither.
pub(super) fn check_int(args: &mut Args, index: usize, compile: &Compile<'_>) -> Result<(), Problem> {
    let Some(text) = args.str(index) else { return Ok(()) };
    let arg = match (VarRef::parse(text), leading_int(text)) {
        (Ok(var), _) => Arg::Var(var),
        (Err(_), (n, used)) if used == text.len() => Arg::Int(n),
        (Err(_), _) => {
            return Err(compile
                .problem(format!("`{}` is neither an integer nor the name of a variable", Lossy(text))));
        }
    };
    args.list[index] = arg;
    Ok(())
}

/// The check of converters whose only argument is an integer or a variable.
pub(super) fn check_first_int(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    check_int(args, 0, compile)
}

/// The value of an argument that [`check_int`] saw; `None`: its variable is not set or is no number.
pub(super) fn int(args: &Args, index: usize, txn: &Txn) -> Option<i64> {
    match args.var(index) {
        Some(var) => {
            let value = txn.var(var)?;
            value.type_of().casts_to(Type::Int).then(|| value.to_int())?
        }
        None => args.int(index),
    }
}

/// Turns text argument `index` into a variable unless it is empty or missing.
///
/// # Errors
/// When it is no variable's name.
pub(super) fn check_var(args: &mut Args, index: usize, compile: &Compile<'_>) -> Result<(), Problem> {
    let Some(text) = args.str(index).filter(|text| !text.is_empty()) else { return Ok(()) };
    let var = VarRef::parse(text).map_err(|error| compile.problem(error.to_string()))?;
    args.list[index] = Arg::Var(var);
    Ok(())
}

/// The text of variable argument `index`, if there is such an argument and the variable is set.
pub(super) fn var_text(args: &Args, index: usize, txn: &Txn) -> Option<Vec<u8>> {
    let value = txn.var(args.var(index)?)?.cast(Type::Str)?;
    Some(value.to_str().into_owned())
}

/// Turns text argument `index`, if given and not empty, into a variable or decodes it from base64.
///
/// # Errors
/// When it is neither.
pub(super) fn check_base64(args: &mut Args, index: usize, compile: &Compile<'_>) -> Result<(), Problem> {
    let Some(text) = args.str(index).filter(|text| !text.is_empty()) else { return Ok(()) };
    let arg = match VarRef::parse(text) {
        Ok(var) => Arg::Var(var),
        Err(_) => match codec::base64_decode(text) {
            Some(bytes) => Arg::Str(bytes.into()),
            None => {
                return Err(compile.problem("expected base64 or the name of a variable that holds base64"));
            }
        },
    };
    args.list[index] = arg;
    Ok(())
}

/// The bytes of an argument that [`check_base64`] saw; `None`: left out, or its variable is not set or no base64.
pub(super) fn base64<'a>(args: &'a Args, index: usize, txn: &Txn) -> Option<Cow<'a, [u8]>> {
    match args.str(index) {
        Some(bytes) => Some(Cow::Borrowed(bytes)),
        None => codec::base64_decode(&var_text(args, index, txn)?).map(Cow::Owned),
    }
}
