//! mod_rewrite: conditions are gathered up to the rule that they belong to.

use super::{Here, Row, row, switch};
use crate::apache::lexer::rewrite_words;
use crate::apache::model::{RewriteCondition, RewriteRule, Switch};
use crate::apache::pattern::check;
use crate::apache::reader::Directive;

pub(super) const ROWS: &[Row] = &[
    row("rewriteengine", |here, it| {
        let is_on = switch(it)? == Switch::On;
        if here.location.is_some() {
            return if is_on {
                Err("rewriting within <Location> is not carried over".to_owned())
            } else {
                Ok(())
            };
        }
        here.server().rewrite.is_on = is_on;
        Ok(())
    }),
    row("rewritecond", condition),
    row("rewriterule", rule),
    row("rewriteoptions", |_, it| {
        let is_harmless =
            |word: &String| word.eq_ignore_ascii_case("AllowAnyURI") || word.starts_with("Long");
        if it.words.iter().all(is_harmless) { Ok(()) } else { Err("is not carried over".to_owned()) }
    }),
];

/// The list of flags between brackets, in lower case, with their values.
fn flags(text: Option<&String>) -> Result<Vec<(String, String)>, String> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let inner =
        text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or("flags stand in brackets")?;
    let pair = |flag: &str| {
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        (name.trim().to_lowercase(), value.trim().to_owned())
    };
    Ok(inner.split(',').map(pair).collect())
}

/// Marks conditions that cannot be carried over: the rule they belong to is not either.
const UNTOLD: &str = "\0";

fn condition(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    if here.location.is_some() {
        return Err("rewriting within <Location> is not carried over".to_owned());
    }
    let words = rewrite_words(&it.rest);
    let (test, pattern) = match words.as_slice() {
        [test, pattern, ..] => (test.clone(), pattern.clone()),
        _ => return Err("a test and a pattern are expected".to_owned()),
    };
    let flags = flags(words.get(2))?;
    let has = |names: [&str; 2]| flags.iter().any(|(name, _)| names.contains(&name.as_str()));
    let condition = RewriteCondition {
        source: it.source.clone(),
        test,
        pattern,
        is_or: has(["or", "ornext"]),
        is_nocase: has(["nc", "nocase"]),
    };
    let rules = &mut here.server().rewrite.rules;
    match rules.last_mut().filter(|rule| rule.pattern == UNTOLD) {
        Some(pending) => pending.conditions.push(condition),
        None => rules.push(RewriteRule {
            source: it.source.clone(),
            conditions: vec![condition],
            pattern: UNTOLD.to_owned(),
            substitution: String::new(),
            flags: Vec::new(),
        }),
    }
    Ok(())
}

fn rule(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    if here.location.is_some() {
        return Err("rewriting within <Location> is not carried over".to_owned());
    }
    let words = rewrite_words(&it.rest);
    let rules = &mut here.server().rewrite.rules;
    let pending = rules.pop_if(|rule| rule.pattern == UNTOLD);
    let [pattern, substitution, ..] = words.as_slice() else {
        return Err("a pattern and a substitution are expected".to_owned());
    };
    check(pattern.trim_start_matches('!'))?;
    rules.push(RewriteRule {
        source: it.source.clone(),
        conditions: pending.map_or(Vec::new(), |pending| pending.conditions),
        pattern: pattern.clone(),
        substitution: substitution.clone(),
        flags: flags(words.get(2))?,
    });
    Ok(())
}
