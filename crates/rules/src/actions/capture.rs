//! `capture`: keeps an expression's value for the logs.

use keyword::{Doc, Example};
use sample::{Expr, Fetched, Place, Problem, Txn};

use super::args::{action_word, expr, need, wrong};
use super::message::Side;
use crate::action::{Action, ActionCompile, ActionRow, CaptureSlot, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "capture",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::HTTP),
    compile,
    doc: Doc {
        brief: "keep the value of an expression in a capture slot, which logs show",
        long: "`len` makes a new slot of that many bytes in this frontend, for requests only; `id` names one that \
               `declare capture` made, counted from 0. A backend can only use the slots of the frontend.",
        examples: &[
            Example::usage("http-request capture req.hdr(User-Agent) len 64"),
            Example::usage("tcp-request content capture req.payload(0,4) len 4"),
        ],
    },
};

#[derive(Debug)]
struct Capture {
    side: Side,
    expr: Expr,
    slot: usize,
    /// `None` where the frontend is not known before it runs.
    bytes_max: Option<usize>,
    /// Whether a value may be waited for.
    may_wait: bool,
}

impl Action for Capture {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let value = match self.expr.fetch(txn) {
            Fetched::Value(value) => value.to_str(),
            Fetched::NotYet if self.may_wait => return Outcome::NotYet,
            Fetched::NotYet | Fetched::Absent => return Outcome::Continue,
        };
        let len = self.bytes_max.map_or(value.len(), |max| max.min(value.len()));
        let kept = Some(Box::from(&value[..len]));
        let slots = match self.side {
            Side::Request => &mut txn.req_captures,
            Side::Response => &mut txn.res_captures,
        };
        if self.bytes_max.is_some() && slots.len() <= self.slot {
            slots.resize_with(self.slot + 1, || None);
        }
        if let Some(slot) = slots.get_mut(self.slot) {
            *slot = kept;
        }
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let side = Side::of(compile.kind);
    let may_wait = compile.kind == Kinds::TCP_CONTENT;
    let name = action_word(words);
    let expr = expr(words, "the expression", compile)?;
    let is_backend = compile.sample.place == Place::BackendRequest;
    let takes_len = side == Side::Request;
    if takes_len && words.eat("len") {
        if is_backend {
            return Err(wrong(name, "a backend cannot make a capture slot; it can use one with `id`"));
        }
        let bytes_max = length(words)?;
        let slot = compile.captures.request.len();
        compile.captures.request.push(CaptureSlot { header: None, bytes_max });
        return Ok(Box::new(Capture { side, expr, slot, bytes_max: Some(bytes_max), may_wait }));
    }
    if may_wait || !words.eat("id") {
        let what = if may_wait {
            "`len`"
        } else if takes_len {
            "`len` or `id`"
        } else {
            "`id`"
        };
        return Err(sample::compile::problem(
            words.span(),
            format!("{what} is missing behind the expression"),
        ));
    }
    let (slot, bytes_max) = declared(words, side, compile)?;
    Ok(Box::new(Capture { side, expr, slot, bytes_max, may_wait }))
}

fn length(words: &mut Words<'_>) -> Result<usize, Problem> {
    let word = need(words, "the length behind `len`")?;
    let len = word.as_str().and_then(|text| text.parse::<u32>().ok()).filter(|len| *len > 0);
    len.and_then(|len| usize::try_from(len).ok()).ok_or_else(|| wrong(word, "the length is a number above 0"))
}

/// The slot behind `id`, and its size where it is known.
fn declared(
    words: &mut Words<'_>,
    side: Side,
    compile: &ActionCompile<'_, '_>,
) -> Result<(usize, Option<usize>), Problem> {
    let word = need(words, "the number of the slot behind `id`")?;
    let Some(slot) = word.as_str().and_then(|text| text.parse::<u16>().ok()).map(usize::from) else {
        return Err(wrong(word, "the slot is a number"));
    };
    let slots = match side {
        Side::Request => &compile.captures.request,
        Side::Response => &compile.captures.response,
    };
    Ok((slot, slots.get(slot).map(|slot| slot.bytes_max)))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, try_compile};

    #[test]
    fn a_slot_of_its_own() {
        let compiled = try_compile(Kinds::HTTP_REQUEST, "capture path,lower len 3").unwrap();
        assert_eq!(compiled.captures.request[0].bytes_max, 3);
        let mut txn = request("GET /ABCD HTTP/1.1", &[]);
        compiled.action.run(&mut txn);
        assert_eq!(txn.req_captures[0].as_deref(), Some(&b"/ab"[..]));
    }

    #[test]
    fn a_declared_slot() {
        let compiled = try_compile(Kinds::HTTP_REQUEST, "capture path id 1").unwrap();
        let mut txn = request("GET /ABCD HTTP/1.1", &[]);
        compiled.action.run(&mut txn);
        assert!(txn.req_captures.is_empty(), "there is no such slot");
        txn.req_captures = vec![None, None];
        compiled.action.run(&mut txn);
        assert_eq!(txn.req_captures[1].as_deref(), Some(&b"/ABCD"[..]));
    }

    #[test]
    fn what_is_wrong() {
        for wrong in
            ["capture path", "capture path len 0", "capture path len", "capture path id x", "capture"]
        {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
        assert!(try_compile(Kinds::HTTP_RESPONSE, "capture path len 3").is_err());
        assert!(try_compile(Kinds::TCP_CONTENT, "capture path id 0").is_err());
    }
}
