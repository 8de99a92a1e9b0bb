//! Sample expressions that stand as words of a line.

use rules::Words;
use sample::{Expr, Place, Problem};

use crate::context::ProxyParse;

/// Compiles the next word, and the words behind it that are converters (an old way to write them).
pub(super) fn parse(
    words: &mut Words<'_>,
    place: Place,
    parse: &mut ProxyParse<'_>,
) -> Result<Expr, Problem> {
    let word = words.need("a sample expression")?;
    parse.compile(place, word.span, |compile, _| {
        let mut expr = Expr::compile(&word.text, compile)?;
        while let Some(next) = words.peek().filter(|next| is_converter(&next.text)) {
            words.next();
            compile.span = next.span;
            expr.append_converters(&next.text, compile)?;
        }
        Ok(expr)
    })
}

fn is_converter(text: &[u8]) -> bool {
    let end = text.iter().position(|byte| matches!(byte, b'(' | b','));
    sample::converters::lookup(&text[..end.unwrap_or(text.len())]).is_some()
}
