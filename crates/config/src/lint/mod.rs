//! What is well formed and probably not meant: one file a lint.
//!
//! All of these are advice, which HAProxy does not give: `zero-warning` passes over them. They look at words, not only
//! at the checked model, and count a name as used wherever it stands, also in a block that a condition leaves out: a
//! lint that cries wolf is worth less than none. Where there are errors, none runs: half a configuration says little.
//! Nor does any at a plain start, which should not take longer for it.

mod acl_hides;
mod leads_nowhere;
mod never_matches;
mod unreachable_switch;
mod unused_acl;
mod unused_backend;

use diag::{Diagnostics, FileId, Sources};
use rustc_hash::FxHashMap;

use crate::load::Section;
use crate::model::Config;

/// Whether lints run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lints {
    /// They do: a configuration is checked.
    Run,
    /// They do not: a configuration is carried out.
    Skip,
}

/// What every lint looks at.
pub(crate) struct Look<'l> {
    pub(crate) sections: &'l [Section],
    pub(crate) config: &'l Config,
    pub(crate) sources: &'l Sources,
}

/// Looks for everything.
pub(crate) fn lint(look: &Look<'_>, diags: &mut Diagnostics) {
    let texts = Texts::new(look);
    acl_hides::lint(look, diags);
    never_matches::lint(look, diags);
    unreachable_switch::lint(look, diags);
    leads_nowhere::lint(look, diags);
    unused_acl::lint(look, &texts, diags);
    unused_backend::lint(look, &texts, diags);
}

/// The raw lines of the files, those that conditions leave out included.
pub(crate) struct Texts<'l> {
    files: FxHashMap<FileId, Vec<&'l [u8]>>,
    /// For each section its file, its first line and the line behind its last one, from 1.
    spans: Vec<(FileId, usize, usize)>,
}

impl<'l> Texts<'l> {
    fn new(look: &Look<'l>) -> Self {
        let mut files = FxHashMap::default();
        let mut spans: Vec<(FileId, usize, usize)> = Vec::with_capacity(look.sections.len());
        for section in look.sections {
            let span = section.header.span;
            let lines: &mut Vec<&[u8]> = files
                .entry(span.file)
                .or_insert_with(|| look.sources.text(span.file).split(|byte| *byte == b'\n').collect());
            let first = usize::try_from(span.line).unwrap_or(usize::MAX);
            if let Some(last) = spans.last_mut().filter(|last| last.0 == span.file) {
                last.2 = first;
            }
            spans.push((span.file, first, lines.len() + 1));
        }
        Texts { files, spans }
    }

    /// The lines of a section behind its header.
    fn of_section(&self, index: usize) -> &[&'l [u8]] {
        let (file, first, end) = self.spans[index];
        self.files.get(&file).and_then(|lines| lines.get(first..end - 1)).unwrap_or(&[])
    }
}

/// The names in a piece of text: stretches of the bytes that names of ACLs and proxies may have.
fn names(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    text.split(move |byte| !is_name(byte)).filter(|name| !name.is_empty())
}

/// A line without its comment.
fn without_comment(line: &[u8]) -> &[u8] {
    let comment = syntax::pieces(line).and_then(|pieces| pieces.comment);
    comment.map_or(line, |comment| &line[..comment.start])
}

#[cfg(test)]
mod tests;
