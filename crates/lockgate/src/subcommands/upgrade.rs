//! `lockgate upgrade`: the same configuration in modern words; each change is told on standard error.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;

use rewrite::{Kind, Upgraded};

use super::{Row, Usage, fmt, tell, wrong_usage};

const USAGE: &str = "usage: lockgate upgrade -f FILE [-o FILE]\n\n\
    Writes the same configuration with modern words to standard output, or to the file behind -o, which may be the\n\
    same one; `-` is standard input or output. Each change, and each old word that stays, is told on standard error.\n";

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "upgrade",
    usage: &[Usage {
        synopsis: "upgrade -f FILE [-o FILE]",
        help: "writes the same configuration with modern words",
    }],
    run,
};

fn run(words: Vec<OsString>) -> ExitCode {
    let (mut from, mut to) = (None, None);
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let slot = match word.as_bytes() {
            b"-h" | b"--help" => {
                crate::report::print(USAGE);
                return ExitCode::SUCCESS;
            }
            b"-f" => &mut from,
            b"-o" => &mut to,
            _ => return wrong_usage(&format!("unexpected word `{}`", word.to_string_lossy()), USAGE),
        };
        let Some(file) = words.next() else {
            return wrong_usage(&format!("`{}` needs a file", word.to_string_lossy()), USAGE);
        };
        if slot.replace(file).is_some() {
            return wrong_usage("one file at a time", USAGE);
        }
    }
    match from {
        Some(from) => upgrade(&from, to.as_deref().unwrap_or(OsStr::new("-"))),
        None => wrong_usage("no configuration given: -f FILE", USAGE),
    }
}

fn upgrade(from: &OsStr, to: &OsStr) -> ExitCode {
    let failed = |file: &OsStr, error: std::io::Error| {
        tell(&format!("{}: {error}\n", file.to_string_lossy()));
        ExitCode::from(1)
    };
    let old = match fmt::read(from) {
        Ok(old) => old,
        Err(error) => return failed(from, error),
    };
    let done = rewrite::upgrade(&old);
    tell(&told(&done, &from.to_string_lossy()));
    let written = if to == "-" {
        std::io::stdout().write_all(&done.text)
    } else if Path::new(to).exists() {
        fmt::replace(Path::new(to), &done.text)
    } else {
        std::fs::write(to, &done.text)
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(to, error),
    }
}

/// One line a change: `FILE:LINE: old -> new`, or `FILE:LINE: old: kept: why`.
fn told(done: &Upgraded, file: &str) -> String {
    let mut out = String::new();
    for change in &done.changes {
        let sign = match change.kind {
            Kind::Changed => " ->",
            Kind::Kept => ": kept:",
        };
        let new = change.new.replace('`', "'");
        out.push_str(&format!("{file}:{}: {}{sign} {new}\n", change.line, change.old));
    }
    out
}
