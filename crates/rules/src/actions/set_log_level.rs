//! `set-log-level`: the severity with which this exchange is logged, or that it is not.

use keyword::{Doc, Example};
use sample::txn::LogOverride;
use sample::{Problem, Txn};

use super::args::{need, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-log-level",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::TCP_RESPONSE).and(Kinds::HTTP),
    compile,
    doc: Doc {
        brief: "log this exchange at another level, or not at all",
        long: "`silent` suppresses the log line; else one of the eight syslog levels from `emerg` to `debug`.",
        examples: &[Example::usage("http-request set-log-level silent")],
    },
};

const LEVELS: &[&str] = &["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

#[derive(Debug)]
struct SetLogLevel(LogOverride);

impl Action for SetLogLevel {
    fn run(&self, txn: &mut Txn) -> Outcome {
        txn.overrides.log = Some(self.0);
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "the level")?;
    if word.text == b"silent" {
        return Ok(Box::new(SetLogLevel(LogOverride::Silent)));
    }
    let level = (0u8..).zip(LEVELS).find(|(_, name)| word.text == name.as_bytes());
    match level {
        Some((level, _)) => Ok(Box::new(SetLogLevel(LogOverride::Level(level)))),
        None => Err(wrong(word, format!("the level is `silent` or one of `{}`", LEVELS.join("`, `")))),
    }
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, run, try_compile};
    use sample::txn::LogOverride;

    #[test]
    fn levels() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-log-level err", &mut txn);
        assert_eq!(txn.overrides.log, Some(LogOverride::Level(3)));
        run(Kinds::HTTP_REQUEST, "set-log-level silent", &mut txn);
        assert_eq!(txn.overrides.log, Some(LogOverride::Silent));
        assert!(try_compile(Kinds::HTTP_REQUEST, "set-log-level loud").is_err());
    }
}
