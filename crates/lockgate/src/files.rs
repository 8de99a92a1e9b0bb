//! The configuration's files: `-f` may name directories, whose `*.cfg` are read in the order of their names.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use diag::{Diagnostic, Diagnostics, FileId, Sources, codes};

/// The files to read, directories replaced by what they hold.
///
/// # Errors
/// One diagnostic for each file or directory that cannot be looked at.
pub(crate) fn expand(given: &[OsString]) -> Result<Vec<OsString>, Diagnostics> {
    let mut files = Vec::new();
    let mut diags = Diagnostics::new();
    for name in given {
        match expand_one(name) {
            Ok(found) => files.extend(found),
            Err(error) => diags.push(unreadable(name, &error)),
        }
    }
    if diags.has_errors() { Err(diags) } else { Ok(files) }
}

fn unreadable(name: &OsStr, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("cannot read configuration `{}`: {error}", name.to_string_lossy()))
        .code(codes::FILE_UNREADABLE)
}

fn expand_one(name: &OsStr) -> io::Result<Vec<OsString>> {
    if !std::fs::metadata(name)?.is_dir() {
        return Ok(vec![name.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(name)? {
        let path = entry?.path();
        let is_wanted = path.file_name().is_some_and(|file| {
            let file = file.as_bytes();
            file.ends_with(b".cfg") && !file.starts_with(b".")
        });
        // Symbolic links count as what they lead to.
        if is_wanted && std::fs::metadata(&path)?.is_file() {
            files.push(path.into_os_string());
        }
    }
    files.sort();
    Ok(files)
}

/// Reads all files into `sources`.
///
/// # Errors
/// One diagnostic for each file that cannot be read.
pub(crate) fn read(files: &[OsString], sources: &mut Sources) -> Result<Vec<FileId>, Diagnostics> {
    let mut ids = Vec::new();
    let mut diags = Diagnostics::new();
    for file in files {
        match std::fs::read(file) {
            Ok(text) => ids.push(sources.add(file.to_string_lossy(), text)),
            Err(error) => diags.push(unreadable(file, &error)),
        }
    }
    if diags.has_errors() { Err(diags) } else { Ok(ids) }
}

/// Reads a file that the configuration names.
///
/// # Errors
/// What the system says.
pub(crate) fn read_named(path: &[u8]) -> Result<Vec<u8>, String> {
    std::fs::read(Path::new(OsStr::from_bytes(path))).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_give_their_cfg_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.cfg", "a.cfg", ".hidden.cfg", "c.conf"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        std::fs::create_dir(dir.path().join("d.cfg")).unwrap();
        let files = expand(&[dir.path().into(), dir.path().join("c.conf").into()]).unwrap();
        let names: Vec<_> =
            files.iter().map(|f| Path::new(f).file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.cfg", "b.cfg", "c.conf"]);
        let mut sources = Sources::new();
        let ids = read(&files, &mut sources).unwrap();
        assert_eq!(sources.text(ids[1]), b"b.cfg");
    }

    #[test]
    fn all_missing_files_are_told() {
        assert_eq!(expand(&["/nonexistent/a".into(), "/nonexistent/b".into()]).unwrap_err().errors(), 2);
    }
}
