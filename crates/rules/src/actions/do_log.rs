//! `do-log`: writes a log line at this point of the processing.

use std::sync::Arc;

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::need;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
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
struct DoLog {
    profile: Option<Arc<str>>,
}

impl Action for DoLog {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Log(self.profile.clone())
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let profile = if words.eat("profile") {
        Some(need(words, "the profile's name")?.lossy().to_string().into())
    } else {
        None
    };
    Ok(Box::new(DoLog { profile }))
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{request, run};

    #[test]
    fn a_profile_may_be_named() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        assert!(matches!(run(Kinds::HTTP_REQUEST, "do-log", &mut txn), Outcome::Log(None)));
        let Outcome::Log(profile) = run(Kinds::HTTP_AFTER, "do-log profile p", &mut txn) else { panic!() };
        assert_eq!(profile.as_deref(), Some("p"));
    }
}
