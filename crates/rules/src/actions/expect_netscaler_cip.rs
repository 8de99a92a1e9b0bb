//! `expect-netscaler-cip layer4`: the connection begins with NetScaler's client IP header.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{need, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "expect-netscaler-cip",
    aliases: &[],
    kinds: Kinds::TCP_CONNECTION,
    compile,
    doc: Doc {
        brief: "take the client's address from a NetScaler client IP header, which must come first",
        long: "For the connections that a condition chooses: those from the appliance in front. The word behind it is \
               `layer4`. How the header begins is said by `accept-netscaler-cip` of the `bind` line, which makes it a \
               must for all connections; without that word it begins with zeroes. The rules that follow still see the \
               connection's own addresses, those of `tcp-request session` the ones in the header.",
        examples: &[Example::usage(
            "tcp-request connection expect-netscaler-cip layer4 if { src 10.0.0.0/8 }",
        )],
    },
};

#[derive(Debug)]
struct ExpectNetscalerCip;

impl Action for ExpectNetscalerCip {
    fn run(&self, txn: &mut Txn) -> Outcome {
        txn.session.expects_netscaler = true;
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "`layer4`")?;
    if *word != "layer4" {
        return Err(wrong(word, "`expect-netscaler-cip` is followed by `layer4`"));
    }
    Ok(Box::new(ExpectNetscalerCip))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{request, run, try_compile};
    use super::*;

    #[test]
    fn the_session_is_marked() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(Kinds::TCP_CONNECTION, "expect-netscaler-cip layer4", &mut txn);
        assert!(txn.session.expects_netscaler && !txn.session.expects_proxy);
        let error = try_compile(Kinds::TCP_CONNECTION, "expect-netscaler-cip layer7").err();
        assert!(error.is_some_and(|error| error.contains("layer4")));
        assert!(try_compile(Kinds::TCP_SESSION, "expect-netscaler-cip layer4").is_err());
    }
}
