//! `do-log`: writes a log line at this point of the processing.

use diag::codes;
use keyword::{Doc, Example};
use sample::compile::problem_of;
use sample::{Problem, Txn};

use super::args::need;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, LogCall, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "do-log",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "write a log line now, beside the one at the end",
        long: "Log profiles can give such lines a format of their own; `profile` names one for this rule alone.",
        examples: &[Example::usage("http-request do-log")],
    },
};

#[derive(Debug)]
struct DoLog(LogCall);

impl Action for DoLog {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Log(self.0)
    }
}

fn compile(words: &mut Words<'_>, cx: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let mut call = LogCall { kind: cx.kind, profile: None };
    if words.eat("profile") {
        let word = need(words, "the profile's name")?;
        let found = cx.errors.log_profile(&word.text);
        call.profile = Some(found.ok_or_else(|| {
            let name = word.lossy().to_string();
            let mut problem =
                problem_of(codes::UNKNOWN_SECTION, word.span, format!("no log-profile is called `{name}`"));
            let known = cx.errors.log_profiles();
            problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
            problem
        })?);
    }
    Ok(Box::new(DoLog(call)))
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, LogCall, Outcome};
    use crate::actions::testing::{request, run};

    #[test]
    fn the_line_knows_its_ruleset() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        let Outcome::Log(call) = run(Kinds::HTTP_AFTER, "do-log", &mut txn) else { panic!() };
        assert_eq!(call, LogCall { kind: Kinds::HTTP_AFTER, profile: None });
    }
}
