//! `silent-drop`: forgets the connection without telling the client.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{need, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "silent-drop",
    aliases: &[],
    kinds: Kinds::TCP.and(Kinds::HTTP_REQUEST).and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "close the connection here and, as far as the kernel allows, not at the client",
        long: "The client keeps waiting while nothing is held here. Firewalls on the way may keep their state as well. \
               With `rst-ttl` a reset is sent that dies after so many hops.",
        examples: &[
            Example::usage("http-request silent-drop"),
            Example::usage("tcp-request content silent-drop rst-ttl 3"),
        ],
    },
};

#[derive(Debug)]
struct SilentDrop {
    /// Hops that the reset may travel; `None`: no reset at all where that is possible.
    rst_ttl: Option<u8>,
}

impl Action for SilentDrop {
    fn run(&self, txn: &mut Txn) -> Outcome {
        txn.overrides.rst_ttl = self.rst_ttl;
        Outcome::SilentDrop
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    if !words.eat("rst-ttl") {
        return Ok(Box::new(SilentDrop { rst_ttl: None }));
    }
    let word = need(words, "the hops behind `rst-ttl`")?;
    let hops = word.as_str().and_then(|text| text.parse::<u8>().ok()).filter(|hops| *hops > 0);
    match hops {
        Some(_) => Ok(Box::new(SilentDrop { rst_ttl: hops })),
        None => Err(wrong(word, "`rst-ttl` is a number from 1 to 255")),
    }
}
