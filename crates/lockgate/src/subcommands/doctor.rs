//! `lockgate doctor`: what this machine lacks for a configuration; nothing is changed. Without a configuration it goes
//! through what is usually needed.

mod needs;

use std::ffi::OsString;
use std::process::ExitCode;

use network::doctor::{self, List, Needs, State};

use super::{Row, Usage, wrong_usage};
use crate::options::{Mode, Options};
use crate::report::print;
use crate::{check_config, limits};

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "doctor",
    usage: &[Usage {
        synopsis: "doctor [transparent|limits|tls|all] [-f FILE]",
        help: "what this machine lacks for a configuration",
    }],
    run,
};

const USAGE: &str = "Usage: lockgate doctor [transparent|limits|tls|all] [-f FILE...] [--format people|json]
           goes through what a configuration needs of this machine, or what is usually needed without -f: a line a
           thing, `ok` or `missing`, and below what is missing the command that adds it; changes nothing; exit
           status 1 if something is missing
";

/// How the findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    People,
    Json,
}

/// The words behind `doctor`.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    list: List,
    files: Vec<OsString>,
    shape: Shape,
}

fn run(words: Vec<OsString>) -> ExitCode {
    if words.iter().any(|word| word == "-h" || word == "--help") {
        print(USAGE);
        return ExitCode::SUCCESS;
    }
    match parse(words) {
        Ok(request) => examine(request),
        Err(problem) => wrong_usage(&problem, USAGE),
    }
}

fn parse(words: Vec<OsString>) -> Result<Request, String> {
    let mut list = None;
    let mut files = Vec::new();
    let mut shape = Shape::People;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let known = word.to_str().and_then(list_of);
        if word == "-f" {
            files.push(words.next().ok_or("`-f` needs a file")?);
        } else if word == "--format" {
            shape = match words.next().as_deref().and_then(|name| name.to_str()) {
                Some("people") => Shape::People,
                Some("json") => Shape::Json,
                _ => return Err("`--format` needs `people` or `json`".to_owned()),
            };
        } else if let (Some(known), None) = (known, list) {
            list = Some(known);
        } else if !files.is_empty() && !word.to_string_lossy().starts_with('-') {
            // `-f *.cfg`, as the shell writes it out.
            files.push(word);
        } else {
            return Err(format!("unexpected word `{}`", word.to_string_lossy()));
        }
    }
    Ok(Request { list: list.unwrap_or(List::All), files, shape })
}

fn list_of(word: &str) -> Option<List> {
    match word {
        "transparent" => Some(List::Transparent),
        "limits" => Some(List::Limits),
        "tls" => Some(List::Tls),
        "all" => Some(List::All),
        _ => None,
    }
}

fn examine(Request { list, files, shape }: Request) -> ExitCode {
    let needs = if files.is_empty() {
        Needs::default()
    } else {
        let options = Options { files, mode: Mode::Check, ..Options::default() };
        let Ok(checked) = check_config::load(&options) else { return ExitCode::FAILURE };
        let limits = limits::resolve(&checked.config, &options, net::process::nofile_limit());
        needs::of(&checked.config, &checked.sources, &limits)
    };
    let findings = doctor::examine(list, &needs, &doctor::look::look(&needs));
    print(&match shape {
        Shape::People => doctor::text(&findings),
        Shape::Json => doctor::json(&findings),
    });
    let is_complete = findings.iter().all(|finding| finding.state == State::Ok);
    if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Request, String> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    fn request(list: List, files: &[&str], shape: Shape) -> Result<Request, String> {
        Ok(Request { list, files: files.iter().map(OsString::from).collect(), shape })
    }

    #[test]
    fn usage() {
        assert_eq!(words(""), request(List::All, &[], Shape::People));
        assert_eq!(words("transparent"), request(List::Transparent, &[], Shape::People));
        assert_eq!(
            words("-f a.cfg b.cfg tls -f c.cfg"),
            request(List::Tls, &["a.cfg", "b.cfg", "c.cfg"], Shape::People)
        );
        assert_eq!(words("limits --format json"), request(List::Limits, &[], Shape::Json));
        for wrong in ["-f", "--format", "--format xml", "everything", "tls limits", "-x", "tls a.cfg"] {
            assert!(words(wrong).is_err(), "{wrong}");
        }
    }
}
