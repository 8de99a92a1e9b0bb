//! Files of certificates that `bind` and `server` lines name: they must be readable. What is in them is looked at
//! when TLS is set up.

use sample::Problem;
use sample::compile::{Names, problem};
use syntax::Word;

use crate::model::Global;
use crate::names::NameTable;
use crate::sections::value;

/// What certificates by algorithm are called beside the name that is written.
const BUNDLE_ENDS: &[&[u8]] = &[b".rsa", b".ecdsa", b".dsa"];

/// Checks `crt`: a file, a directory, an alias of a `crt-store` (`@store/name`), or a bundle of files.
pub(crate) fn certificate(word: &Word, global: &Global, names: &NameTable) -> Result<(), Problem> {
    if word.text.starts_with(b"@") {
        return Ok(());
    }
    let path = value::under(global.crt_base.as_deref(), &word.text);
    if is_directory(&path) {
        return Ok(());
    }
    let Err(error) = names.file(&path) else { return Ok(()) };
    if BUNDLE_ENDS.iter().any(|end| names.file(&[&path, *end].concat()).is_ok()) {
        return Ok(());
    }
    Err(problem(word.span, format!("the certificate `{}` cannot be read: {error}", base::Lossy(&path))))
}

/// Checks `ca-file` and `crl-file`: a file or a directory below `ca-base`, or `@system-ca`.
pub(crate) fn authority(word: &Word, global: &Global, names: &NameTable) -> Result<(), Problem> {
    let path = value::under(global.ca_base.as_deref(), &word.text);
    if word.text.starts_with(b"@") || is_directory(&path) {
        return Ok(());
    }
    value::readable(word, global.ca_base.as_deref(), names)
}

/// Checks `crt-list` and the files that it names: one certificate a line, then options in brackets and host names.
pub(crate) fn list(word: &Word, global: &Global, names: &NameTable) -> Result<(), Problem> {
    if is_directory(&word.text) {
        return Ok(());
    }
    let text = names.file(&word.text).map_err(|error| {
        problem(word.span, format!("the list of certificates `{}` cannot be read: {error}", word.lossy()))
    })?;
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let Some(path) = words.next().filter(|path| !path.starts_with(b"#")) else { continue };
        let certificate_word = Word { text: path.to_vec(), ..word.clone() };
        certificate(&certificate_word, global, names).map_err(|mut problem| {
            problem.notes.push(format!("it stands in line {} of `{}`", number + 1, word.lossy()));
            problem
        })?;
    }
    Ok(())
}

fn is_directory(path: &[u8]) -> bool {
    use std::os::unix::ffi::OsStrExt;
    std::path::Path::new(std::ffi::OsStr::from_bytes(path)).is_dir()
}
