//! `expect-proxy layer4`: the connection begins with a PROXY protocol header.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{need, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "expect-proxy",
    aliases: &[],
    kinds: Kinds::TCP_CONNECTION,
    compile,
    doc: Doc {
        brief: "take the client's address from a PROXY protocol header, which must come first",
        long: "As `accept-proxy` of a `bind` line, for the connections that a condition chooses: those from the proxies \
               in front. The word behind it is `layer4`. The rules that follow still see the connection's own addresses, \
               those of `tcp-request session` the ones in the header.",
        examples: &[Example::usage("tcp-request connection expect-proxy layer4 if { src 10.0.0.0/8 }")],
    },
};

#[derive(Debug)]
struct ExpectProxy;

impl Action for ExpectProxy {
    fn run(&self, txn: &mut Txn) -> Outcome {
        txn.session.expects_proxy = true;
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "`layer4`")?;
    if *word != "layer4" {
        return Err(wrong(word, "`expect-proxy` is followed by `layer4`"));
    }
    Ok(Box::new(ExpectProxy))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{request, run, try_compile};
    use super::*;

    #[test]
    fn the_session_is_marked() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        assert!(matches!(run(Kinds::TCP_CONNECTION, "expect-proxy layer4", &mut txn), Outcome::Continue));
        assert!(txn.session.expects_proxy);
        let error = try_compile(Kinds::TCP_CONNECTION, "expect-proxy layer7").err();
        assert!(error.is_some_and(|error| error.contains("layer4")));
        assert!(try_compile(Kinds::TCP_CONTENT, "expect-proxy layer4").is_err());
    }
}
