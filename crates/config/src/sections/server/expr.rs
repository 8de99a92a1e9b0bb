//! Expressions of `server` lines: checked here, compiled for use by what will use them.

use sample::{Expr, Place, Problem};
use syntax::Word;

use crate::context::ServerParse;

/// Checks an expression that runs when a server is connected to.
///
/// # Errors
/// As [`Expr::compile`].
pub(super) fn check(word: &Word, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse
        .line
        .compile(Place::BackendRequest, word.span, |compile, _| Expr::compile(&word.text, compile).map(drop))
}
