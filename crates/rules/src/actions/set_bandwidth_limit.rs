//! `set-bandwidth-limit`: enables a bandwidth limit of the proxy on this stream.

use std::sync::Arc;

use base::units::parse_size;
use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{Number, Time, action_word, expr, need, time_or_expr, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::bandwidth::BandwidthSlot;
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-bandwidth-limit",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE).and(Kinds::TCP_CONTENT).and(Kinds::TCP_RESPONSE),
    compile,
    doc: Doc {
        brief: "limit how fast the bytes of this stream pass",
        long: "Enables a `filter bwlim-in` or `filter bwlim-out` of the same proxy by its name; several may be enabled, and \
               the slowest counts. `limit` and `period` take the place of the filter's own, for this stream, unless \
               streams share the limit: bytes, and milliseconds or a time with a unit, or expressions for them. Each use \
               begins with the filter's own values. Only bodies are limited, not heads.",
        examples: &[
            Example::usage("http-request set-bandwidth-limit per-stream"),
            Example::usage("http-response set-bandwidth-limit per-stream limit 100k period 2s"),
            Example::usage("tcp-request content set-bandwidth-limit per-stream limit int(5000)"),
        ],
    },
};

#[derive(Debug)]
struct SetBandwidthLimit {
    slot: Arc<BandwidthSlot>,
    bytes: Option<Number>,
    period: Option<Time>,
}

impl Action for SetBandwidthLimit {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let bytes = self.bytes.as_ref().and_then(|bytes| u64::try_from(bytes.get(txn)?).ok());
        let period = self.period.as_ref().and_then(|period| period.get(txn));
        let period_ms = period.map(|period| u64::try_from(period.as_millis()).unwrap_or(u64::MAX));
        self.slot.enable(bytes, period_ms, txn);
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let name = need(words, "the limit's name")?;
    let (mut bytes, mut period) = (None, None);
    loop {
        if words.eat("limit") {
            bytes = Some(size_or_expr(words, compile)?);
        } else if words.eat("period") {
            period = Some(time_or_expr(words, "the period", compile)?);
        } else {
            break;
        }
    }
    let Some(proxy) = compile.sample.proxy else {
        return Err(wrong(name, "limits belong to proxies: a `defaults` section has none"));
    };
    let has_flow = bytes.is_some() || period.is_some();
    let slot = compile.bandwidth.enable(proxy, &name.text, name.span, has_flow);
    Ok(Box::new(SetBandwidthLimit { slot, bytes, period }))
}

/// The next word as a size, or as an expression for one.
fn size_or_expr(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Number, Problem> {
    let is_size = words.peek().and_then(|word| parse_size(&word.text).ok());
    let Some(size) = is_size else {
        return expr(words, "the limit", compile).map(Number::Computed);
    };
    words.next();
    i64::try_from(size).map(Number::Fixed).map_err(|_| wrong(action_word(words), "the limit is too large"))
}

#[cfg(test)]
mod tests {
    use state::bandwidth::Flow;

    use crate::action::Kinds;
    use crate::actions::testing::{request, run, try_compile};

    #[test]
    fn the_last_use_counts_and_begins_anew() {
        // The tests' proxy has `per-stream`, 1000 bytes in 2 seconds.
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-bandwidth-limit per-stream limit 2k", &mut txn);
        assert_eq!(txn.bandwidth[0].flow, Flow { bytes: 2048, period_ms: 2_000 });
        run(Kinds::HTTP_REQUEST, "set-bandwidth-limit per-stream period src_port", &mut txn);
        assert_eq!(txn.bandwidth.len(), 1);
        assert_eq!(txn.bandwidth[0].flow, Flow { bytes: 1_000, period_ms: 1_234 });
        run(
            Kinds::HTTP_REQUEST,
            "set-bandwidth-limit per-stream limit int(-1) period var(txn.none)",
            &mut txn,
        );
        assert_eq!(txn.bandwidth[0].flow, Flow { bytes: 1_000, period_ms: 2_000 });
        txn.reset();
        assert!(txn.bandwidth.is_empty());
    }

    #[test]
    fn words_are_checked() {
        for wrong in [
            "set-bandwidth-limit",
            "set-bandwidth-limit x limit",
            "set-bandwidth-limit x limit 5y",
            "set-bandwidth-limit x period 0",
            "set-bandwidth-limit x 1k",
        ] {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
        assert!(try_compile(Kinds::HTTP_AFTER, "set-bandwidth-limit x").is_err());
    }
}
