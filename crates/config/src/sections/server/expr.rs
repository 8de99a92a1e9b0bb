//! Expressions of `server` lines: they run when a server is connected to.

use sample::{Expr, Place, Problem};
use syntax::Word;

use crate::context::ServerParse;

/// Compiles an expression.
///
/// # Errors
/// As [`Expr::compile`].
pub(super) fn compile(word: &Word, parse: &mut ServerParse<'_, '_>) -> Result<Expr, Problem> {
    parse.line.compile(Place::BackendRequest, word.span, |compile, _| Expr::compile(&word.text, compile))
}
