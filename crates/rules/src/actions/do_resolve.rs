//! `do-resolve`: asks the name servers of a section for the address of a name, and keeps it in a variable.

use diag::codes;
use keyword::{Doc, Example};
use resolve::Preference;
use sample::compile::problem_of;
use sample::{Expr, Problem, Txn};
use state::vars::VarRef;

use super::args::{action_word, expr, in_parentheses, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, NameCall, Outcome, Wait};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "do-resolve",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "ask name servers for the address of a name",
        long: "The parentheses hold the variable that gets the address, the name of a `resolvers` section and, if wanted, the \
               family that is preferred, `ipv4` or `ipv6` (the default). The variable stays as it is when there is no \
               address. An answer serves all who ask for the name until `hold valid` of the section is over.",
        examples: &[Example::usage("http-request do-resolve(txn.ip,dns,ipv4) req.hdr(host),host_only")],
    },
};

#[derive(Debug)]
struct DoResolve {
    var: VarRef,
    section: usize,
    preference: Preference,
    name: Expr,
}

impl Action for DoResolve {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let Some(name) = self.name.eval(txn) else { return Outcome::Continue };
        let call = NameCall {
            var: self.var,
            section: self.section,
            preference: self.preference,
            name: name.text().into_owned().into(),
        };
        Outcome::Wait(Wait::Name(Box::new(call)))
    }
}

fn compile(words: &mut Words<'_>, cx: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = action_word(words);
    let parts = in_parentheses(words)?.unwrap_or_default();
    let (var, section, family) = match parts.as_slice() {
        [var, section] => (var, section, None),
        [var, section, family] => (var, section, Some(*family)),
        _ => {
            let text = "a variable and a `resolvers` section are expected, as in `do-resolve(txn.ip,dns)`";
            return Err(wrong(word, text));
        }
    };
    let var = VarRef::parse(var.trim_ascii()).map_err(|error| wrong(word, error.to_string()))?;
    let section = section.trim_ascii();
    let Some(section) = cx.errors.resolvers(section) else {
        let name = base::Lossy(section).to_string();
        let text = format!("there is no `resolvers` section `{name}`");
        let mut problem = problem_of(codes::UNKNOWN_SECTION, word.span, text);
        let known = cx.errors.all_resolvers();
        problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(problem);
    };
    let preference = match family.map(<[u8]>::trim_ascii) {
        None | Some(b"ipv6") => Preference::V6,
        Some(b"ipv4") => Preference::V4,
        Some(other) => {
            let text = format!("`{}` is no family of addresses: `ipv4` and `ipv6` are", base::Lossy(other));
            return Err(wrong(word, text));
        }
    };
    let name = expr(words, "the name", cx)?;
    Ok(Box::new(DoResolve { var, section, preference, name }))
}

#[cfg(test)]
mod tests {
    use resolve::Preference;

    use crate::action::{Kinds, Outcome, Wait};
    use crate::actions::testing::{request, run, try_compile};

    #[test]
    fn the_engine_is_asked() {
        let mut txn = request("GET / HTTP/1.1", &[("Host", "a.test")]);
        let rule = "do-resolve(txn.ip,dns,ipv4) req.hdr(host)";
        let Outcome::Wait(Wait::Name(call)) = run(Kinds::HTTP_REQUEST, rule, &mut txn) else { panic!() };
        assert_eq!((&*call.name, call.section, call.preference), (&b"a.test"[..], 0, Preference::V4));
        let without = run(Kinds::HTTP_REQUEST, "do-resolve(txn.ip,dns) req.hdr(none)", &mut txn);
        assert!(matches!(without, Outcome::Continue));
    }

    #[test]
    fn mistakes() {
        for wrong in [
            "do-resolve req.hdr(host)",
            "do-resolve(txn.ip) req.hdr(host)",
            "do-resolve(ip,dns) req.hdr(host)",
            "do-resolve(txn.ip,none) req.hdr(host)",
            "do-resolve(txn.ip,dns,ipv5) req.hdr(host)",
            "do-resolve(txn.ip,dns)",
        ] {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
    }
}
