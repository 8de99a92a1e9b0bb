//! `reqsetbe` and `reqisetbe`, known to HAProxy up to 2.0: a line of the request's head that matches names the backend.
//!
//! The rule keeps the name in a variable, and a `use_backend` in front of all others takes it from there: the order of
//! rules and backends stays what it was.

use keyword::Sections;
use rules::{Action, Outcome, Rule, Words};
use sample::compile::problem;
use sample::logformat::{LogFormat, Style};
use sample::{Place, Problem, Txn};
use state::pattern::Case;
use state::regexp::Regex;
use state::value::Value;
use state::vars::VarRef;

use super::rows::usage;
use super::{args, legacy, switching};
use crate::context::ProxyParse;
use crate::model::{SwitchRule, SwitchTarget};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "reqsetbe",
        Sections::CLIENT_SIDE,
        |w, p| rule(w, p, Case::Sensitive),
        "the backend for requests with a line that matches",
        usage!["reqsetbe ^Host:\\ static be"],
    )
    .removed("use_backend NAME if CONDITION"),
    ProxyRow::new(
        "reqisetbe",
        Sections::CLIENT_SIDE,
        |w, p| rule(w, p, Case::Insensitive),
        "sends requests to a backend whose lines match, whatever their case",
        usage!["reqisetbe ^host:\\ static be if { path_beg /x }"],
    )
    .removed("use_backend NAME if CONDITION"),
];

/// Where a rule leaves the name of the backend.
const VARIABLE: &[u8] = b"txn.lockgate.reqsetbe";

#[derive(Debug)]
struct SetBackend {
    regex: Regex,
    backend: Box<[u8]>,
    variable: VarRef,
}

impl Action for SetBackend {
    fn run(&self, txn: &mut Txn) -> Outcome {
        // The first rule that matches decides.
        if txn.var(self.variable).is_none() && self.finds(txn) {
            txn.set_var(self.variable, Value::string(self.backend.to_vec()));
        }
        Outcome::Continue
    }
}

impl SetBackend {
    /// Whether the request line or a header line matches.
    fn finds(&self, txn: &Txn) -> bool {
        let head = &txn.req.head;
        let mut line = Vec::new();
        head.write_start_line(&mut line);
        if self.regex.is_match(line.trim_ascii_end()) {
            return true;
        }
        (0..head.fields.len()).any(|index| self.regex.is_match(head.fields.line(index, &mut line)))
    }
}

fn rule(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, case: Case) -> Result<(), Problem> {
    let line = legacy::mended(words, parse, 2)?;
    let mut mended = Words::new(&line, words.position());
    let words = &mut mended;
    let expression = words.need("the regular expression")?;
    let name = words.need("the backend's name")?;
    let regex =
        Regex::new(&expression.text, case).map_err(|error| problem(expression.span, error.to_string()))?;
    switching::backend(name, parse)?;
    let condition = args::condition(words, parse.request_place(), parse)?;
    let variable = VarRef::parse(VARIABLE).map_err(|error| problem(name.span, error.to_string()))?;
    let action = Box::new(SetBackend { regex, backend: name.text.clone().into(), variable });
    legacy::add_request(Rule { condition, action, place: name.span.into() }, parse);
    take_the_name(parse)
}

/// The switching rule that takes the name, once.
fn take_the_name(parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    if std::mem::replace(&mut parse.scratch.has_setbe, true) {
        return Ok(());
    }
    let text = [b"%[var(".as_slice(), VARIABLE, b")]"].concat();
    let span = parse.span;
    let format =
        parse.compile(Place::Request, span, |compile, _| LogFormat::compile(&text, Style::Text, compile))?;
    let target = SwitchTarget::Computed(format);
    parse.proxy.switching.insert(0, SwitchRule { condition: None, target, place: span.into() });
    Ok(())
}
