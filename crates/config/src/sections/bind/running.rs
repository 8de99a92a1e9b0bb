//! Lines of a `crt-list` that come while the configuration runs (`add ssl crt-list`): no file is read for them.

use diag::{FileId, Span};
use syntax::{Quoting, Word};
use tls::load::StoreOptions;
use tls::options::HostOptions;

use super::files::check_verify;
use super::host::{self, Files};
use crate::model::Config;
use crate::names::NameTable;

/// What the words between the brackets of a line make of what a `bind` line says (`host`); also what they say about files.
/// The authorities and revocation lists that they name must be known to `config`.
///
/// # Errors
/// An unknown word, and what a word finds wrong.
pub fn certificate_words(
    words: &[Box<str>],
    host: &mut HostOptions,
    config: &Config,
) -> Result<StoreOptions, String> {
    let names = NameTable::of(config, Box::new(|_| Err("files are not read at run time".to_owned())));
    let span = Span::line(FileId(0), 0);
    let words: Vec<Word> = words
        .iter()
        .map(|text| Word { text: text.as_bytes().to_vec(), span, quoting: Quoting::Bare })
        .collect();
    let files = Files { names: &names, ca_base: config.global.ca_base.as_deref() };
    let said = host::read_words(&words, host, files).map_err(|problem| problem.message)?;
    check_verify(host, span).map_err(|problem| problem.message)?;
    Ok(said)
}
