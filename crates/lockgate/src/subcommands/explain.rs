//! `lockgate explain`: what a diagnostic means and how to mend it.

use std::ffi::OsString;
use std::process::ExitCode;

use diag::codes;

use super::{Row, Usage, tell, wrong_usage};
use crate::report::print;

const USAGE: &str = "usage: lockgate explain CODE...\n       lockgate explain --list\n";

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "explain",
    usage: &[Usage {
        synopsis: "explain CODE...|--list",
        help: "what a diagnostic means and how to mend it",
    }],
    run,
};

fn run(words: Vec<OsString>) -> ExitCode {
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    match words.as_slice() {
        [] => wrong_usage("the code is missing, as in `E0212`", USAGE),
        [help] if matches!(help.as_str(), "-h" | "--help") => {
            print(USAGE);
            ExitCode::SUCCESS
        }
        [list] if list == "--list" => {
            for page in codes::pages() {
                print(&format!("{}  {}\n", page.code.0, page.title));
            }
            ExitCode::SUCCESS
        }
        many => match many.iter().find(|word| word.starts_with('-')) {
            Some(option) => wrong_usage(&format!("unknown option `{option}`"), USAGE),
            None => explain(many),
        },
    }
}

fn explain(typed: &[String]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (number, typed) in typed.iter().enumerate() {
        match codes::find(typed) {
            Ok(page) => {
                let between = if number > 0 { "\n" } else { "" };
                print(&format!("{between}{}", page.text()));
            }
            Err(guess) => {
                let guess = guess.map(|code| format!("; did you mean {}?", code.0)).unwrap_or_default();
                tell(&format!("lockgate: no diagnostic has the code '{typed}'{guess}\n"));
                code = ExitCode::from(1);
            }
        }
    }
    code
}
