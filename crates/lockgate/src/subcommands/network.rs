//! `lockgate network`: the network file of the appliance: what is wrong, what would change, change it.
//!
//! `check` looks at the file alone; `plan` and `apply` share one plan for the machine, so what the first prints is what
//! the second does.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use diag::{Diagnostic, Diagnostics, Sources};
use network::apply::{Error, FailedStep, Machine, Refusal, Undone, apply};
use network::file::NetworkFile;
use network::netlink::Netlink;
use network::plan::plan;
use network::step::Step;

use super::{Row, Usage, tell, wrong_usage};
use crate::report::print;

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "network",
    usage: &[Usage {
        synopsis: "network check|plan|apply FILE",
        help: "the network file of the appliance: what is wrong, what would change, change it",
    }],
    run,
};

const USAGE: &str = "Usage: lockgate network check FILE
           nothing, or what is wrong in an appliance's network file
       lockgate network plan FILE
           the `ip` commands that would bring this machine to the file's state, or `nothing to do`
       lockgate network apply FILE
           does it, all or nothing
";

/// What there is to do with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Check,
    Plan,
    Apply,
}

/// The words behind `network`.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Help,
    Do(Task, PathBuf),
}

/// Everything has been told.
struct Failed;

fn run(words: Vec<OsString>) -> ExitCode {
    let (task, path) = match parse(&words) {
        Ok(Request::Do(task, path)) => (task, path),
        Ok(Request::Help) => {
            print(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(problem) => return wrong_usage(&problem, USAGE),
    };
    match carry_out(task, &path) {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(Failed) => ExitCode::FAILURE,
    }
}

fn parse(words: &[OsString]) -> Result<Request, String> {
    if words.iter().any(|word| word == "-h" || word == "--help") {
        return Ok(Request::Help);
    }
    let [task, files @ ..] = words else {
        return Err("`network` needs to be told what to do: check, plan or apply".to_owned());
    };
    let task = match task.to_str() {
        Some("check") => Task::Check,
        Some("plan") => Task::Plan,
        Some("apply") => Task::Apply,
        _ => return Err(format!("unknown word `{}`", task.to_string_lossy())),
    };
    match files {
        [file] => Ok(Request::Do(task, file.into())),
        [] => Err("a FILE is missing".to_owned()),
        [_, more, ..] => Err(format!("unexpected word `{}`", more.to_string_lossy())),
    }
}

/// Returns what goes to standard output.
fn carry_out(task: Task, path: &Path) -> Result<String, Failed> {
    let mut sources = Sources::new();
    let file = read(path, &mut sources)?;
    match task {
        Task::Check => Ok(String::new()),
        Task::Plan => {
            let now = open()?.snapshot().map_err(|refusal| failed(&refusal.0))?;
            let steps = plan(&file, &now).map_err(|diags| problems(&diags, &sources))?;
            Ok(shown(&steps))
        }
        Task::Apply => match apply(&file, &mut open()?) {
            Ok(steps) => Ok(shown(&steps)),
            Err(error) => Err(told(&error, &sources)),
        },
    }
}

fn read(path: &Path, sources: &mut Sources) -> Result<NetworkFile, Failed> {
    let name = path.display().to_string();
    let text = std::fs::read(path).map_err(|error| {
        tell(&format!("{name}: {error}\n"));
        Failed
    })?;
    let id = sources.add(name, text);
    let (file, diags) = network::file::read(id, sources.text(id));
    if diags.is_empty() { Ok(file) } else { Err(problems(&diags, sources)) }
}

fn open() -> Result<Netlink, Failed> {
    Netlink::open().map_err(|error| failed(&error.to_string()))
}

fn failed(why: &str) -> Failed {
    tell(&format!("lockgate: the machine's network cannot be looked at: {why}\n"));
    Failed
}

fn shown(steps: &[Step]) -> String {
    if steps.is_empty() {
        return "nothing to do\n".to_owned();
    }
    steps.iter().map(|step| format!("{step}\n")).collect()
}

fn told(error: &Error, sources: &Sources) -> Failed {
    match error {
        Error::Look(refusal) => return failed(&refusal.0),
        Error::File(diags) => return problems(diags, sources),
        Error::Step(failed) => {
            let FailedStep { step, refusal: Refusal(why), undone } = &**failed;
            tell(&format!("lockgate: `{step}` failed: {why}\n").replace('`', "'"));
            tell(&match undone {
                Undone::All => "lockgate: everything is as it was before\n".to_owned(),
                Undone::Unknown(Refusal(why)) => {
                    format!("lockgate: what was done before cannot be undone: {why}\n")
                }
                Undone::Not(left) => left.iter().fold(
                    "lockgate: what was done before is not all undone; these failed as well:\n".to_owned(),
                    |text, (step, Refusal(why))| text + &format!("    {step}: {why}\n"),
                ),
            });
        }
    }
    Failed
}

/// `FILE:LINE:COLUMN: what`, one a line.
fn problems(diags: &Diagnostics, sources: &Sources) -> Failed {
    tell(&diags.iter().map(|diag| line(diag, sources)).collect::<String>());
    Failed
}

fn line(diag: &Diagnostic, sources: &Sources) -> String {
    let mut line = diag.message.clone();
    if let Some(guess) = &diag.suggestion {
        let _ = write!(line, "; did you mean `{guess}`?");
    }
    for note in &diag.notes {
        let _ = write!(line, " ({note})");
    }
    let place = diag.span.map_or_else(
        || "lockgate".to_owned(),
        |span| format!("{}:{}:{}", sources.name(span.file), span.line, span.column),
    );
    format!("{place}: {}\n", line.replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Request, String> {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn usage() {
        assert_eq!(words("plan eth.cfg"), Ok(Request::Do(Task::Plan, "eth.cfg".into())));
        assert_eq!(words("apply -h"), Ok(Request::Help));
        for wrong in ["", "show x", "check", "check a b"] {
            assert!(words(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn problems_have_their_place() {
        let mut sources = Sources::new();
        let id = sources.add("eth.cfg", b"service network eth0\n auot on\n".to_vec());
        let (_, diags) = network::file::read(id, sources.text(id));
        let lines: Vec<String> = diags.iter().map(|diag| line(diag, &sources)).collect();
        assert_eq!(lines, ["eth.cfg:2:2: unknown word 'auot'; did you mean 'auto'?\n"]);
    }
}
