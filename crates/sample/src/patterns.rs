//! Files of patterns as expressions and conditions name them: `path`, `file@path`, `opt@path`, `virt@name`
//! (configuration manual, chapter 7.1, "File names" of maps and ACLs).

use std::sync::Arc;

use base::Lossy;
use state::pattern::{Columns, PatternRef, UsedBy, file};

use crate::compile::{Compile, Names};

/// Where patterns come from at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'p> {
    /// A file that must be there.
    File(&'p [u8]),
    /// A file that may be missing; there are no patterns then.
    Optional(&'p [u8]),
    /// No file: all patterns come from the runtime API or from rules. The name includes `virt@`.
    Virtual(&'p [u8]),
}

impl<'p> Source<'p> {
    /// Tells the prefixes.
    #[must_use]
    pub fn parse(text: &'p [u8]) -> Self {
        if text.starts_with(b"virt@") {
            Source::Virtual(text)
        } else if let Some(path) = text.strip_prefix(b"opt@") {
            Source::Optional(path)
        } else {
            Source::File(text.strip_prefix(b"file@").unwrap_or(text))
        }
    }

    /// What the runtime API calls it, and by which users of the same patterns find each other.
    #[must_use]
    pub fn name(self) -> &'p [u8] {
        match self {
            Source::File(name) | Source::Optional(name) | Source::Virtual(name) => name,
        }
    }

    /// Puts the patterns that it begins with into `reference`, which is new.
    ///
    /// # Errors
    /// A sentence for people when its file cannot be read.
    pub fn load(self, names: &dyn Names, reference: &PatternRef) -> Result<(), String> {
        let content = match self {
            Source::File(path) => names.file(path).map_err(|error| unreadable(path, &error))?,
            Source::Optional(path) => names.file(path).unwrap_or_default(),
            Source::Virtual(_) => return Ok(()),
        };
        reference.load(file::lines(&content, reference.columns()));
        Ok(())
    }
}

/// What is said of a list's file that cannot be read.
#[must_use]
pub fn unreadable(path: &[u8], error: &str) -> String {
    format!("`{}` cannot be read: {error}", base::Lossy(path))
}

/// The reference that `text` names: the one that all who name it share, where the configuration keeps them, or one of
/// its own. Its file is read when it is new.
///
/// # Errors
/// A sentence for people: the file cannot be read, or is used with and without values.
pub fn reference(
    compile: &Compile<'_>,
    text: &[u8],
    columns: Columns,
    by: UsedBy,
) -> Result<Arc<PatternRef>, String> {
    let source = Source::parse(text);
    let name = Lossy(source.name()).to_string();
    let (reference, is_new) = match compile.names.patterns() {
        Some(shared) => {
            let place = compile.names.place(compile.span);
            shared.borrow_mut().declare(&name, columns, by, &place).map_err(|error| error.to_string())?
        }
        None => (PatternRef::new(&name, columns), true),
    };
    if is_new {
        source.load(compile.names, &reference)?;
    }
    Ok(reference)
}
