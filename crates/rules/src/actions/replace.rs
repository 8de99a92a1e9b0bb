//! A regular expression and what its matches become: what the `replace-...` actions share.

use http::message::FieldName;
use sample::logformat::{LogFormat, Style};
use sample::{Problem, Txn};
use state::regexp::{Regex, expand};

use super::args::{format, regex};
use super::header::field_name;
use super::message::{Done, Side, rendered};
use crate::action::{Action, ActionCompile, Outcome};
use crate::scratch::with_scratch;
use crate::words::Words;

/// `REGEX FORMAT`. In what the format says, `\1` to `\9` stand for groups of the match, `\0` for all of it.
#[derive(Debug)]
pub(super) struct Replacement {
    regex: Regex,
    format: LogFormat,
}

impl Replacement {
    /// Reads the two words.
    pub(super) fn compile(
        words: &mut Words<'_>,
        compile: &mut ActionCompile<'_, '_>,
    ) -> Result<Replacement, Problem> {
        let regex = regex(words)?;
        let format = format(words, "the format of the replacement", Style::Header, compile)?;
        Ok(Replacement { regex, format })
    }

    /// Runs `work` with what the format says, the template for [`Replacement::apply`].
    pub(super) fn with_template<R>(&self, txn: &mut Txn, work: impl FnOnce(&[u8], &mut Txn) -> R) -> R {
        rendered(&self.format, txn, work)
    }

    /// Appends what `text` becomes; `None` if it does not match.
    pub(super) fn apply(&self, text: &[u8], template: &[u8], out: &mut Vec<u8>) -> Option<Done> {
        let captures = self.regex.captures(text)?;
        Some(match expand(template, text, &captures, out) {
            Ok(()) => Done::Yes,
            Err(_) => Done::No,
        })
    }
}

/// How a value is rewritten with a template: what it becomes is appended; `None` if nothing in it matches.
pub(super) type Rewrite = fn(&Replacement, value: &[u8], template: &[u8], out: &mut Vec<u8>) -> Option<Done>;

/// An action that rewrites the values of a field.
#[derive(Debug)]
pub(super) struct InField {
    side: Side,
    name: FieldName,
    replacement: Replacement,
    rewrite: Rewrite,
}

impl InField {
    /// Reads the field's name, the expression and the format.
    pub(super) fn compile(
        rewrite: Rewrite,
        words: &mut Words<'_>,
        compile: &mut ActionCompile<'_, '_>,
    ) -> Result<Box<dyn Action>, Problem> {
        let side = Side::of(compile.kind);
        let name = field_name(words, compile)?;
        Ok(Box::new(InField { side, name, replacement: Replacement::compile(words, compile)?, rewrite }))
    }

    fn replace_all(&self, txn: &mut Txn, template: &[u8], out: &mut Vec<u8>) -> Done {
        let mut from = 0;
        while let Some(i) = self.side.message(txn).head.fields.position(&self.name, from) {
            from = i + 1;
            out.clear();
            let value = self.side.message(txn).head.fields.value(i);
            match (self.rewrite)(&self.replacement, value, template, out) {
                None => continue,
                Some(Done::Yes) if self.side.has_room(txn, out.len()) => {}
                Some(_) => return Done::No,
            }
            self.side.head_mut(txn).fields.replace_value_at(i, out);
            self.side.follow_host(txn, &self.name, out);
        }
        Done::Yes
    }
}

impl Action for InField {
    fn run(&self, txn: &mut Txn) -> Outcome {
        // Most requests have no such field.
        if self.side.message(txn).head.fields.position(&self.name, 0).is_none() {
            return Outcome::Continue;
        }
        let done = self
            .replacement
            .with_template(txn, |template, txn| with_scratch(|out| self.replace_all(txn, template, out)));
        self.side.done(done, txn)
    }
}
