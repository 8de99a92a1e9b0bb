//! Keywords that are read and checked, and have no effect here: a function for each type of argument.

use base::units::TimeUnit;
use rules::Words;
use sample::Problem;

use crate::context::GlobalParse;
use crate::sections::value;

/// No argument.
pub(super) fn none(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.done()
}

/// No argument; some keywords always passed over those they got.
pub(super) fn alone(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    if let Some(word) = words.take_rest().first() {
        parse.cx.warn(word.span, format!("`{}` has no effect here", word.lossy()));
    }
    Ok(())
}

/// Any arguments, or none.
pub(super) fn any(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.take_rest();
    Ok(())
}

/// One word.
pub(super) fn word(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.need("a value")?;
    words.done()
}

/// One word or more.
pub(super) fn some(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.need("a value")?;
    words.take_rest();
    Ok(())
}

/// A number. HAProxy takes negative ones for most keywords and makes of them what it may.
pub(super) fn number(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let range = i64::from(i32::MIN)..=i64::from(u32::MAX);
    value::number::<i64>(words.need("a number")?, "the value", range, parse.cx.diags)?;
    words.done()
}

/// A number from 0 to 100.
pub(super) fn percent(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::number::<i64>(words.need("a percentage")?, "a percentage", 0..=100, parse.cx.diags)?;
    words.done()
}

/// A size in bytes.
pub(super) fn size(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::size(words.need("a size")?)?;
    words.done()
}

/// A duration, in milliseconds without a unit.
pub(super) fn time_ms(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::duration(words.need("a duration")?, TimeUnit::Millis)?;
    words.done()
}

/// `on` or `off`.
pub(super) fn on_off(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::on_off(words.need("`on` or `off`")?)?;
    words.done()
}

/// `on`, `off` or `auto`.
pub(super) fn on_off_auto(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::choice(words.need("`on`, `off` or `auto`")?, &["on", "off", "auto"])?;
    words.done()
}

/// A file that must be readable.
pub(super) fn file(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::readable(words.need("a file")?, None, parse.cx.names)?;
    words.done()
}

/// Whether `is_set` already: then the line is told to be without effect, as the first one counts.
pub(super) fn is_repeated(is_set: bool, parse: &mut GlobalParse<'_>) -> bool {
    if is_set {
        let span = parse.span;
        parse.cx.warn(span, "this is set already, and the first line counts");
    }
    is_set
}
