//! `debug`: shows a value in a ring of events as it passes. There is no such ring here yet.

use diag::{Diagnostic, codes};
use keyword::{Doc, Example};
use state::value::Type;

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;

pub(super) static ROW: Convert = Convert {
    name: "debug",
    aliases: &[],
    params: &[Param::optional("prefix", Kind::Str), Param::optional("destination", Kind::Str)],
    input: Type::Any,
    out: Type::Any,
    check: Some(check),
    run: |value, _, _| Some(value),
    doc: Doc {
        brief: "pass a value on; HAProxy shows it in a ring of events on the way",
        long: "Nothing is shown yet, which a warning says.",
        examples: &[Example { text: "debug(here),upper", input: "a", output: "A" }],
    },
};

fn check(_: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let text = "the converter `debug` passes its input on, but this version shows it nowhere";
    compile.diags.push(Diagnostic::advice(text).at(compile.span).code(codes::NOT_CARRIED_OUT));
    Ok(())
}
