//! `lockgate import`: writes an Apache configuration as one of ours.
//!
//! The configuration goes to standard output, what could not be carried over to standard error and to the
//! configuration's end. Exits with 0 if all was carried over, 1 otherwise, 2 on wrong usage.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Row, Usage, tell, wrong_usage};
use crate::report::print;

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "import",
    usage: &[Usage {
        synopsis: "import apache FILE [--root DIR]",
        help: "writes an Apache configuration as one of ours",
    }],
    run,
};

const USAGE: &str = "Usage: lockgate import apache FILE [--root DIR]
           writes an Apache httpd configuration as one of ours to standard output; what could not be carried over
           goes to its end and to standard error
           --root DIR: paths that the files name are below DIR; they are written without it
       Exit status: 0 if all was carried over, 1 if something was not, 2 on wrong usage
";

/// What `import` is asked to do.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// `apache FILE [--root DIR]`.
    Apache(PathBuf, Option<PathBuf>),
    /// `-h`.
    Help,
}

/// The words behind `import` cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Wrong {
    #[error("`import` needs to be told what to read: apache FILE")]
    Nothing,
    #[error("`import` reads configurations of `apache`, not of '{0}'")]
    Unknown(String),
    #[error("'{0}' needs {1}")]
    Missing(&'static str, &'static str),
    #[error("unexpected word '{0}'")]
    Unexpected(String),
}

/// Runs `lockgate import` with the words behind it.
fn run(words: Vec<OsString>) -> ExitCode {
    match parse(words) {
        Ok(Request::Help) => {
            print(USAGE);
            ExitCode::SUCCESS
        }
        Ok(Request::Apache(file, root)) => apache(&file, root.as_deref()),
        Err(wrong) => wrong_usage(&wrong.to_string(), USAGE),
    }
}

fn apache(file: &Path, root: Option<&Path>) -> ExitCode {
    match import::apache::convert(file, root) {
        Ok(converted) => {
            print(&converted.text);
            converted.problems.iter().for_each(|problem| tell(&format!("{problem}\n")));
            if converted.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            tell(&format!("{error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn parse(words: Vec<OsString>) -> Result<Request, Wrong> {
    let shown = |word: &OsString| word.to_string_lossy().into_owned();
    if words.iter().any(|word| word == "-h" || word == "--help") {
        return Ok(Request::Help);
    }
    let mut words = words.into_iter();
    let kind = words.next().ok_or(Wrong::Nothing)?;
    if kind != "apache" {
        return Err(Wrong::Unknown(shown(&kind)));
    }
    let (mut file, mut root) = (None, None);
    while let Some(word) = words.next() {
        if word == "--root" {
            root = Some(words.next().ok_or(Wrong::Missing("--root", "a directory"))?.into());
        } else if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--root=")) {
            root = Some(path.into());
        } else if file.is_none() && !word.to_string_lossy().starts_with("--") {
            file = Some(word.into());
        } else {
            return Err(Wrong::Unexpected(shown(&word)));
        }
    }
    Ok(Request::Apache(file.ok_or(Wrong::Missing("apache", "a file"))?, root))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Request, Wrong> {
        parse(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn words_are_understood() {
        assert_eq!(parsed(&["apache", "a.conf"]), Ok(Request::Apache("a.conf".into(), None)));
        let rooted = Ok(Request::Apache("a.conf".into(), Some("/r".into())));
        assert_eq!(parsed(&["apache", "a.conf", "--root", "/r"]), rooted);
        assert_eq!(parsed(&["apache", "--root=/r", "a.conf"]), rooted);
        assert_eq!(parsed(&["apache", "-h"]), Ok(Request::Help));
    }

    #[test]
    fn wrong_words_are_told() {
        assert_eq!(parsed(&[]), Err(Wrong::Nothing));
        assert_eq!(parsed(&["nginx", "x"]), Err(Wrong::Unknown("nginx".into())));
        assert_eq!(parsed(&["apache"]), Err(Wrong::Missing("apache", "a file")));
        assert_eq!(parsed(&["apache", "a", "--root"]), Err(Wrong::Missing("--root", "a directory")));
        assert_eq!(parsed(&["apache", "a", "b"]), Err(Wrong::Unexpected("b".into())));
    }
}
