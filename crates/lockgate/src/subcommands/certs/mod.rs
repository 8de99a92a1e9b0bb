//! `lockgate certs`: certificates to try things with (`demo`), and what is in a certificate's file (`show`).
//!
//! Both exit with 0 on success, 1 on a finding or an error, 2 on wrong usage.

mod demo;
mod show;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Row, Usage, tell, wrong_usage};
use crate::report::print;

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "certs",
    usage: &[
        Usage { synopsis: "certs demo DIR", help: "makes certificates to try TLS with" },
        Usage { synopsis: "certs show FILE...", help: "tells what is in certificates' files" },
    ],
    run,
};

/// What `certs` is asked to do.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// `demo DIR`.
    Demo(PathBuf, demo::Existing),
    /// `show FILE...`.
    Show(Vec<PathBuf>, show::Shape),
    /// `-h`.
    Help,
}

/// The words behind `certs` cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Wrong {
    #[error("`certs` needs to be told what to do: demo or show")]
    Nothing,
    #[error("unknown word '{word}'{}", .nearest.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default())]
    Unknown { word: String, nearest: Option<&'static str> },
    #[error("'{0}' needs {1}")]
    Missing(&'static str, &'static str),
    #[error("'--format {0}': people or json expected")]
    Format(String),
}

const USAGE: &str = "Usage: lockgate certs demo DIR [--force]
           writes certificates to try TLS with into DIR: an authority, a server, four clients, revocations,
           and a README with a configuration and what to try; --force: over those that are there
       lockgate certs show FILE... [--format people|json]
           tells what is in PEM files, when it ends, and what it can serve; exit status 1 if something is wrong
";

/// Runs `lockgate certs` with the words behind it.
fn run(words: Vec<OsString>) -> ExitCode {
    match parse(words) {
        Ok(Request::Help) => {
            print(USAGE);
            ExitCode::SUCCESS
        }
        Ok(Request::Demo(directory, existing)) => match demo::write(&directory, existing) {
            Ok(told) => {
                print(&told);
                ExitCode::SUCCESS
            }
            Err(error) => {
                tell(&format!("lockgate: {error}\n"));
                ExitCode::FAILURE
            }
        },
        Ok(Request::Show(files, shape)) => show::run(&files, shape),
        Err(wrong) => wrong_usage(&wrong.to_string(), USAGE),
    }
}

fn parse(words: Vec<OsString>) -> Result<Request, Wrong> {
    let mut words = words.into_iter();
    let command = words.next().ok_or(Wrong::Nothing)?;
    if words.as_slice().iter().any(is_help) || is_help(&command) {
        return Ok(Request::Help);
    }
    match command.to_str() {
        Some("demo") => parse_demo(words),
        Some("show") => parse_show(words),
        _ => Err(unknown(&command, &["demo", "show"])),
    }
}

fn parse_demo(words: impl Iterator<Item = OsString>) -> Result<Request, Wrong> {
    let mut directory = None;
    let mut existing = demo::Existing::Keep;
    for word in words {
        if word == "--force" {
            existing = demo::Existing::Replace;
        } else if is_option(&word) || directory.is_some() {
            return Err(unknown(&word, &["--force"]));
        } else {
            directory = Some(PathBuf::from(word));
        }
    }
    Ok(Request::Demo(directory.ok_or(Wrong::Missing("demo", "a directory"))?, existing))
}

fn parse_show(mut words: impl Iterator<Item = OsString>) -> Result<Request, Wrong> {
    let mut files = Vec::new();
    let mut shape = show::Shape::People;
    while let Some(word) = words.next() {
        if word == "--format" {
            let value = words.next().ok_or(Wrong::Missing("--format", "people or json"))?;
            shape = match value.to_str() {
                Some("people") => show::Shape::People,
                Some("json") => show::Shape::Json,
                _ => return Err(Wrong::Format(value.to_string_lossy().into_owned())),
            };
        } else if is_option(&word) {
            return Err(unknown(&word, &["--format"]));
        } else {
            files.push(PathBuf::from(word));
        }
    }
    if files.is_empty() { Err(Wrong::Missing("show", "a file")) } else { Ok(Request::Show(files, shape)) }
}

fn is_help(word: &OsString) -> bool {
    word == "-h" || word == "--help"
}

fn is_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

fn unknown(word: &OsStr, known: &[&'static str]) -> Wrong {
    let word = word.to_string_lossy().into_owned();
    Wrong::Unknown { nearest: diag::nearest(&word, known.iter().copied()), word }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, Wrong> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn what_can_be_asked() {
        assert_eq!(parsed("demo d"), Ok(Request::Demo("d".into(), demo::Existing::Keep)));
        assert_eq!(parsed("demo --force d"), Ok(Request::Demo("d".into(), demo::Existing::Replace)));
        assert_eq!(
            parsed("show a b --format json"),
            Ok(Request::Show(vec!["a".into(), "b".into()], show::Shape::Json))
        );
        assert_eq!(parsed("show --help"), Ok(Request::Help));
    }

    #[test]
    fn what_cannot() {
        assert_eq!(parsed(""), Err(Wrong::Nothing));
        assert_eq!(parsed("demo"), Err(Wrong::Missing("demo", "a directory")));
        assert!(matches!(parsed("demo a b"), Err(Wrong::Unknown { .. })));
        assert!(matches!(parsed("shwo a"), Err(Wrong::Unknown { nearest: Some("show"), .. })));
        assert_eq!(parsed("show"), Err(Wrong::Missing("show", "a file")));
        assert_eq!(parsed("show a --format xml"), Err(Wrong::Format("xml".to_owned())));
    }
}
