//! The lines that are rules: `http-request`, `http-response`, `http-after-response`, `tcp-request`, `tcp-response`,
//! `quic-initial` (chapters 4.2 and 4.3). The actions themselves have rows of their own.

use base::units::TimeUnit;
use keyword::Unbuilt;
use rules::{Kinds, Rule, Ruleset, Words};
use sample::{Place, Problem};

use super::args;
use super::order::{self, Step};
use super::rows::{ANY, CLIENT, SERVER, usage};
use crate::context::ProxyParse;
use crate::model::Rulesets;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "http-request",
        ANY,
        |w, p| rule(w, p, &HTTP_REQUEST),
        "a rule for requests",
        usage!["http-request set-header X-Forwarded-Proto https if { dst_port 443 }"],
    ),
    ProxyRow::new(
        "http-response",
        ANY,
        |w, p| rule(w, p, &HTTP_RESPONSE),
        "a rule for responses of servers",
        usage!["http-response del-header Server"],
    ),
    ProxyRow::new(
        "http-after-response",
        ANY,
        |w, p| rule(w, p, &HTTP_AFTER),
        "a rule for all responses, those made here included",
        usage!["http-after-response set-header Via proxy"],
    ),
    ProxyRow::new(
        "tcp-request connection",
        CLIENT,
        |w, p| rule(w, p, &TCP_CONNECTION),
        "a rule for connections just accepted",
        usage!["tcp-request connection reject if { src 10.0.0.0/8 }"],
    ),
    ProxyRow::new(
        "tcp-request session",
        CLIENT,
        |w, p| rule(w, p, &TCP_SESSION),
        "a rule for connections behind their handshakes",
        usage!["tcp-request session reject if { src 10.0.0.0/8 }"],
    ),
    ProxyRow::new(
        "tcp-request content",
        ANY,
        |w, p| rule(w, p, &TCP_CONTENT),
        "a rule for the first bytes of a request",
        usage!["tcp-request content accept if { req.len gt 0 }"],
    ),
    ProxyRow::new(
        "tcp-request inspect-delay",
        ANY,
        request_delay,
        "how long content rules may wait for bytes",
        usage!["tcp-request inspect-delay 5s"],
    ),
    ProxyRow::new(
        "tcp-response content",
        ANY,
        |w, p| rule(w, p, &TCP_RESPONSE),
        "a rule for the first bytes of a response",
        usage!["tcp-response content accept"],
    ),
    ProxyRow::new(
        "tcp-response inspect-delay",
        SERVER,
        response_delay,
        "how long response content rules may wait for bytes",
        usage!["tcp-response inspect-delay 5s"],
    ),
    ProxyRow::new(
        "quic-initial",
        CLIENT,
        quic_initial,
        "a rule for the first packet of a QUIC connection",
        usage!["quic-initial reject if { src 10.0.0.0/8 }"],
    )
    .noted(),
];

/// One kind of rule line.
struct Line {
    keyword: &'static str,
    kind: Kinds,
    place: fn(&ProxyParse<'_>) -> Place,
    ruleset: fn(&mut Rulesets) -> &mut Ruleset,
    step: Option<Step>,
}

static HTTP_REQUEST: Line = Line {
    keyword: "http-request",
    kind: Kinds::HTTP_REQUEST,
    place: |parse| parse.request_place(),
    ruleset: |rules| &mut rules.http_request,
    step: Some(Step::HttpRequest),
};

static HTTP_RESPONSE: Line = Line {
    keyword: "http-response",
    kind: Kinds::HTTP_RESPONSE,
    place: |_| Place::Response,
    ruleset: |rules| &mut rules.http_response,
    step: None,
};

static HTTP_AFTER: Line = Line {
    keyword: "http-after-response",
    kind: Kinds::HTTP_AFTER,
    place: |_| Place::AfterResponse,
    ruleset: |rules| &mut rules.http_after,
    step: None,
};

static TCP_CONNECTION: Line = Line {
    keyword: "tcp-request connection",
    kind: Kinds::TCP_CONNECTION,
    place: |_| Place::TcpConnection,
    ruleset: |rules| &mut rules.tcp_connection,
    step: Some(Step::TcpConnection),
};

static TCP_SESSION: Line = Line {
    keyword: "tcp-request session",
    kind: Kinds::TCP_SESSION,
    place: |_| Place::TcpSession,
    ruleset: |rules| &mut rules.tcp_session,
    step: Some(Step::TcpSession),
};

static TCP_CONTENT: Line = Line {
    keyword: "tcp-request content",
    kind: Kinds::TCP_CONTENT,
    place: |_| Place::TcpContent,
    ruleset: |rules| &mut rules.tcp_content,
    step: Some(Step::TcpContent),
};

static TCP_RESPONSE: Line = Line {
    keyword: "tcp-response content",
    kind: Kinds::TCP_RESPONSE,
    place: |_| Place::TcpResponse,
    ruleset: |rules| &mut rules.tcp_response,
    step: None,
};

fn rule(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, line: &Line) -> Result<(), Problem> {
    args::refuse_anonymous(parse, line.keyword)?;
    let name = words.peek().map(|word| word.lossy().to_string()).unwrap_or_default();
    let place = (line.place)(parse);
    if let Some(row) = words.peek().and_then(|word| rules::actions::unbuilt(&word.text, line.kind)) {
        return without_action(row, words, parse, line, place);
    }
    let rule = compile(words, parse, line.kind, place)?;
    if let Some(step) = line.step {
        order::note_rule(step, line.keyword, parse);
    }
    order::note_end(line.kind, &name, rule.condition.is_some(), parse);
    (line.ruleset)(&mut parse.proxy.rules).rules.push(rule);
    Ok(())
}

/// A rule whose action is not there yet: what only saves work is left out, anything else is refused, as requests would
/// pass that the rule is there to judge.
fn without_action(
    row: &Unbuilt,
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    line: &Line,
    place: Place,
) -> Result<(), Problem> {
    let name = words.need("the action")?;
    let shown = format!("{} {}", line.keyword, name.lossy());
    parse.span = name.span;
    while !words.at_condition() && words.next().is_some() {}
    args::condition(words, place, parse)?;
    parse.tell_built(row.built, &shown);
    Ok(())
}

/// Compiles an action, named by the next word, with its arguments and its condition.
pub(super) fn compile(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    kind: Kinds,
    place: Place,
) -> Result<Rule, Problem> {
    let name = words.need("the action")?;
    let row = rules::actions::find(name, kind)?;
    let action = parse.compile_action(place, kind, name.span, |compile| (row.compile)(words, compile))?;
    let condition = args::condition(words, place, parse)?;
    Ok(Rule { condition, action, place: name.span.into() })
}

fn request_delay(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::refuse_anonymous(parse, "tcp-request inspect-delay")?;
    parse.proxy.request_inspect_delay = Some(args::duration(words, "a duration", TimeUnit::Millis)?);
    words.done()
}

fn response_delay(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::refuse_anonymous(parse, "tcp-response inspect-delay")?;
    parse.proxy.response_inspect_delay = Some(args::duration(words, "a duration", TimeUnit::Millis)?);
    words.done()
}

pub(super) const QUIC_ACTIONS: &[&str] = &["accept", "dgram-drop", "do-log", "reject", "send-retry"];

fn quic_initial(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::refuse_anonymous(parse, "quic-initial")?;
    let action = words.need("an action")?;
    if !action.as_str().is_some_and(|text| QUIC_ACTIONS.contains(&text)) {
        return Err(args::unexpected(action, QUIC_ACTIONS));
    }
    args::condition(words, Place::TcpConnection, parse)?;
    Ok(())
}
