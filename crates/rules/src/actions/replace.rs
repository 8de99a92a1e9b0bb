//! A regular expression and what its matches become: what the `replace-...` actions share.

use sample::logformat::{LogFormat, Style};
use sample::{Problem, Txn};
use state::regexp::{Regex, expand};

use super::args::{format, regex};
use super::message::Done;
use crate::action::ActionCompile;
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

    /// Appends to `out` what the format says, the template for [`Replacement::apply`].
    pub(super) fn template(&self, txn: &Txn, out: &mut Vec<u8>) {
        self.format.render(txn, out);
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
