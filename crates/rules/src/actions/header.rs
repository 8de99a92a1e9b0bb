//! What the actions that edit fields share.

use http::Head;
use http::message::FieldName;
use sample::logformat::{LogFormat, Style};
use sample::{Problem, Txn};
use syntax::Word;

use super::args::{format, need};
use super::message::{Side, rendered};
use crate::action::{ActionCompile, Outcome};
use crate::words::Words;

/// A field's name, and the format of its value.
#[derive(Debug)]
pub(super) struct NamedFormat {
    /// The message.
    pub(super) side: Side,
    /// The name as it is written.
    pub(super) name: FieldName,
    /// The value.
    pub(super) format: LogFormat,
}

impl NamedFormat {
    /// Renders the value, lets `before` edit the message, then adds the field behind the others.
    pub(super) fn add(&self, txn: &mut Txn, before: impl FnOnce(&mut Head, &FieldName)) -> Outcome {
        let NamedFormat { side, name, format } = self;
        rendered(format, txn, |value, txn| {
            before(side.head_mut(txn), name);
            if !side.has_room(txn, name.text().len() + value.len()) {
                return side.failed(txn);
            }
            side.head_mut(txn).fields.push(name, value);
            side.follow_host(txn, name, value);
            Outcome::Continue
        })
    }
}

/// `NAME FORMAT`.
pub(super) fn named_format(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<NamedFormat, Problem> {
    let name = field_name(words, compile)?;
    let format = format(words, "the format of the value", Style::Header, compile)?;
    Ok(NamedFormat { side: Side::of(compile.kind), name, format })
}

/// The next word as a field's name. HAProxy lets characters pass that no name can hold; so they are warned about.
pub(super) fn field_name(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<FieldName, Problem> {
    let word = need(words, "the name of the header field")?;
    warn_about_name(word, compile);
    Ok(word.text.as_slice().into())
}

fn warn_about_name(word: &Word, compile: &mut ActionCompile<'_, '_>) {
    // A leading colon is how HTTP/2 writes its pseudo-headers.
    let name = word.text.strip_prefix(b":").unwrap_or(&word.text);
    if let Some(bad) = name.iter().find(|b| !http::is_token(**b)) {
        compile.sample.span = word.span;
        let bad = base::Lossy(std::slice::from_ref(bad)).to_string();
        compile.sample.warn(format!("the name of a header field cannot hold `{bad}`"));
    }
}
