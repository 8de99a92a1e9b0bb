//! RewriteRule of the simple kinds: redirections, refusals, proxying, variables, and other paths for what comes later.

use super::backends;
use super::errors;
use super::forward::Path;
use super::frontend::{At, Frontend};
use super::redirects::{base, part};
use super::routing::{self, Plan, Planned};
use crate::apache::condition::Condition;
use crate::apache::expr::{Test, rewrite_condition};
use crate::apache::model::{RewriteRule, Switch};
use crate::apache::pattern::{Matcher, argument, check, is_any, literal, word};
use crate::apache::value::{env, variable};

/// A rule as it is written.
struct Written<'r> {
    rule: &'r RewriteRule,
    /// With the case of letters told by the expression itself.
    pattern: String,
    /// The sample and expression of the last condition, for `%1`.
    last: Option<(String, String)>,
    condition: Condition,
}

/// Flags that change nothing here: parts of the path stay encoded as they came.
const HARMLESS: &[&str] = &[
    "l",
    "last",
    "end",
    "nc",
    "nocase",
    "ne",
    "noescape",
    "b",
    "bnp",
    "bne",
    "bctls",
    "dpi",
    "ns",
    "unsafeallow3f",
    "unsafeprefixstat",
    "",
];
const KNOWN: &[&str] = &[
    "r",
    "redirect",
    "p",
    "proxy",
    "f",
    "forbidden",
    "g",
    "gone",
    "qsa",
    "qsappend",
    "qsd",
    "qsdiscard",
    "pt",
    "passthrough",
    "e",
    "env",
];

impl RewriteRule {
    fn flag(&self, names: [&str; 2]) -> Option<&str> {
        self.flags.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }

    fn has(&self, names: [&str; 2]) -> bool {
        self.flag(names).is_some()
    }

    fn is_last(&self) -> bool {
        self.has(["l", "last"]) || self.has(["end", "end"])
    }
}

/// Writes the rules of a host.
pub(super) fn write(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &mut Plan) {
    let rewrite = &at.host.server.rewrite;
    if !rewrite.is_on {
        return;
    }
    let mut is_stopped = false;
    for rule in rewrite.rules.iter().filter(|rule| rule.pattern != "\0") {
        if plan.is_answered {
            // Nothing comes this far.
            return;
        }
        let written = match written(front, at, rule, plan, is_stopped) {
            Ok(written) => written,
            Err(text) => {
                front
                    .shared
                    .problem(&rule.source, format!("RewriteRule: {text}: the rule is not carried over"));
                continue;
            }
        };
        match act(front, at, plan, &written) {
            Ok(stops) => is_stopped |= stops,
            Err(text) => front
                .shared
                .problem(&rule.source, format!("RewriteRule: {text}: the rule is not carried over")),
        }
    }
}

fn written<'r>(
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    rule: &'r RewriteRule,
    plan: &Plan,
    is_stopped: bool,
) -> Result<Written<'r>, String> {
    if let Some((flag, _)) = rule
        .flags
        .iter()
        .find(|(flag, _)| !HARMLESS.contains(&flag.as_str()) && !KNOWN.contains(&flag.as_str()))
    {
        return Err(format!("the flag [{flag}] has no counterpart"));
    }
    let nocase = if rule.has(["nc", "nocase"]) { "(?i)" } else { "" };
    let plain = rule.pattern.trim_start_matches('!');
    let pattern = format!("{nocase}{plain}");
    check(&pattern)?;
    let mut condition = at.condition.clone();
    if !is_any(plain) {
        let negation = if rule.pattern.starts_with('!') { "!" } else { "" };
        let test = Condition::term(format!("{negation}{{ var(txn.path) -m reg {} }}", word(&pattern)));
        condition = condition.and(&test).ok_or("it has too many conditions")?;
    }
    let (tests, last) = conditions(rule)?;
    let tests = tests.knowing("{ ssl_fc }", front.is_tls);
    condition = condition.and(&tests).ok_or("it has too many conditions")?;
    if is_stopped {
        let going = Condition::term("!{ var(txn.stop) -m found }");
        condition = condition.and(&going).ok_or("it has too many conditions")?;
    }
    if !plan.passes.is_empty() {
        let open = routing::not_passed(front);
        condition = condition.and(&open).ok_or("it has too many conditions")?;
    }
    Ok(Written { rule, pattern, last, condition })
}

type Last = Option<(String, String)>;

fn conditions(rule: &RewriteRule) -> Result<(Condition, Last), String> {
    let mut all = Condition::always();
    let mut alternatives: Option<Condition> = None;
    let mut last = None;
    for told in &rule.conditions {
        let Test { condition, .. } = rewrite_condition(&told.test, &told.pattern, told.is_nocase)
            .map_err(|text| format!("RewriteCond in line {}: {text}", told.source.place.line))?;
        if !told.pattern.starts_with('!')
            && let Some(sample) =
                told.test.strip_prefix("%{").and_then(|test| variable(test.trim_end_matches('}')))
        {
            let nocase = if told.is_nocase { "(?i)" } else { "" };
            last = Some((sample.text, format!("{nocase}{}", told.pattern)));
        }
        let joined = alternatives.take().map_or(condition.clone(), |before| before.or(&condition));
        if told.is_or {
            alternatives = Some(joined);
        } else {
            all = all.and(&joined).ok_or("it has too many conditions")?;
        }
    }
    match alternatives {
        Some(rest) => Ok((all.and(&rest).ok_or("it has too many conditions")?, last)),
        None => Ok((all, last)),
    }
}

/// Carries the rule out; whether it may stop those behind it.
fn act(front: &mut Frontend<'_, '_>, at: &At<'_>, plan: &mut Plan, it: &Written<'_>) -> Result<bool, String> {
    let rule = it.rule;
    if it.condition.is_never() {
        return Ok(false);
    }
    variables(front, it)?;
    let is_certain = at.condition.and(&it.condition).is_some_and(|both| both == at.condition);
    if let Some(status) = refusal(rule) {
        errors::deny(front, at, status, &it.condition, Some(&rule.source));
        plan.is_answered |= is_certain;
        return Ok(false);
    }
    if rule.substitution == "-" {
        if rule.is_last() {
            front.request.add(
                &rule.source,
                format!("http-request set-var(txn.stop) bool(true){}", it.condition.suffix()),
            );
        }
        return Ok(rule.is_last());
    }
    let is_url = rule.substitution.contains("://");
    if rule.has(["p", "proxy"]) {
        return proxy(front, at, plan, it, is_certain).map(|()| false);
    }
    if is_url || rule.has(["r", "redirect"]) {
        redirect(front, at, it)?;
        plan.is_answered |= is_certain;
        return Ok(false);
    }
    if !rule.has(["pt", "passthrough"]) {
        return Err("without [PT] it leads to a file".to_owned());
    }
    pass_through(front, it)
}

/// The status of a rule that only refuses.
fn refusal(rule: &RewriteRule) -> Option<u16> {
    if rule.has(["f", "forbidden"]) {
        return Some(403);
    }
    if rule.has(["g", "gone"]) {
        return Some(410);
    }
    rule.flag(["r", "redirect"])?.parse().ok().filter(|status| (400..600).contains(status))
}

/// `[E=NAME:value]`.
fn variables(front: &mut Frontend<'_, '_>, it: &Written<'_>) -> Result<(), String> {
    for (_, told) in it.rule.flags.iter().filter(|(flag, _)| flag == "e" || flag == "env") {
        let line = match told.strip_prefix('!') {
            Some(name) => format!("http-request unset-var({})", env(name)),
            None => {
                let (name, value) = told.split_once(':').unwrap_or((told, ""));
                format!("http-request set-var-fmt({}) {}", env(name), word(&format(it, value)?))
            }
        };
        front.request.add(&it.rule.source, format!("{line}{}", it.condition.suffix()));
    }
    Ok(())
}

fn redirect(front: &mut Frontend<'_, '_>, at: &At<'_>, it: &Written<'_>) -> Result<(), String> {
    let status = match it.rule.flag(["r", "redirect"]) {
        Some("permanent") => "301",
        Some("seeother") => "303",
        Some("" | "temp") | None => "302",
        Some(number) => number,
    };
    if !["301", "302", "303", "307", "308"].contains(&status) {
        return Err(format!("[R={status}] has no counterpart"));
    }
    let substitution = &it.rule.substitution;
    let start = match substitution {
        text if text.contains("://") => String::new(),
        text if text.starts_with('/') => base(front, at),
        _ => return Err(format!("'{substitution}' is neither a URL nor a path")),
    };
    let (path, query) = with_query(it)?;
    let to = word(&format!("{start}{path}{query}"));
    front.request.add(
        &it.rule.source,
        format!("http-request redirect location {to} code {status}{}", it.condition.suffix()),
    );
    Ok(())
}

/// The substitution's path and its query, as log formats.
fn with_query(it: &Written<'_>) -> Result<(String, String), String> {
    let (path, query) = match it.rule.substitution.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (it.rule.substitution.as_str(), None),
    };
    let is_appended = it.rule.has(["qsa", "qsappend"]);
    let is_dropped = it.rule.has(["qsd", "qsdiscard"]);
    let query = match query {
        None if is_dropped => String::new(),
        None => "%[query(with_qm)]".to_owned(),
        Some("") if !is_appended => String::new(),
        Some("") => "%[query(with_qm)]".to_owned(),
        Some(query) if is_appended => {
            format!("?{}%[query(with_qm),regsub(\"^.\",\"&\")]", format(it, query)?)
        }
        Some(query) => format!("?{}", format(it, query)?),
    };
    Ok((format(it, path)?, query))
}

/// The rule that gives a request another path; its own query stays where that is what is wanted.
fn set_path(path: &str, query: &str) -> String {
    if query == "%[query(with_qm)]" {
        format!("http-request set-path {}", word(path))
    } else {
        format!("http-request set-pathq {}", word(&format!("{path}{query}")))
    }
}

fn proxy(
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    plan: &mut Plan,
    it: &Written<'_>,
    is_certain: bool,
) -> Result<(), String> {
    let rule = it.rule;
    let text = &rule.substitution;
    let start = text.find("://").ok_or("'[P]' needs a URL")? + 3;
    let end = text[start..].find(['/', '?', '$', '%']).map_or(text.len(), |at| start + at);
    let (url, rest) = text.split_at(end);
    if rest.starts_with(['%', '?']) || (rest.starts_with('$') && !it.pattern.contains("(/")) {
        return Err("the server's name is put together from parts".to_owned());
    }
    let (preserve, _) = front.switched(at, Switch::Off, |scope| scope.preserve_host.as_ref());
    let wanted = format!("{}{}", at.prefix, Matcher::Regex(rule.pattern.clone()).name());
    let condition = routing::remember(front, plan, &wanted, &it.condition, &rule.source);
    let backend = backends::of_pass(front, at, url, &[], &rule.source, &preserve);
    let inner = backend.as_ref().map_or("", |backend| backend.path.as_str());
    let inner = Written {
        rule: &RewriteRule { substitution: format!("{inner}{rest}"), ..rule.clone() },
        pattern: it.pattern.clone(),
        last: it.last.clone(),
        condition: condition.clone(),
    };
    let (path, query) = with_query(&inner)?;
    let path = if path.is_empty() { "/".to_owned() } else { path };
    let line = set_path(&path, &query);
    front.request.add(&rule.source, format!("{line}{}", condition.suffix()));
    plan.is_complete |= is_certain;
    plan.passes.push(Planned {
        source: rule.source.clone(),
        url: url.to_owned(),
        condition,
        backend,
        path: Path::Same,
    });
    Ok(())
}

/// Another path for ProxyPass and everything behind it.
fn pass_through(front: &mut Frontend<'_, '_>, it: &Written<'_>) -> Result<bool, String> {
    let (path, query) = with_query(it)?;
    let source = &it.rule.source;
    let line = set_path(&path, &query);
    // The condition looks at the path: it is remembered before that changes.
    let number = source.place.line;
    front
        .request
        .add(source, format!("http-request set-var(txn.rule) int({number}){}", it.condition.suffix()));
    let taken = format!(" if {{ var(txn.rule) -m int {number} }}");
    front.request.add(source, format!("{line}{taken}"));
    front.request.add(source, format!("http-request set-var(txn.path) path{taken}"));
    if it.rule.is_last() {
        front.request.add(source, format!("http-request set-var(txn.stop) bool(true){taken}"));
    }
    Ok(it.rule.is_last())
}

/// Text with `$1`, `%1` and `%{NAME}` as a log format.
fn format(it: &Written<'_>, text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '%', '\\']) {
        out.push_str(&literal(&rest[..at]));
        let mut behind = rest[at..].chars();
        let mark = behind.next().unwrap_or_default();
        let next = behind.clone().next();
        match (mark, next) {
            ('\\', Some(hidden)) => {
                behind.next();
                out.push_str(&literal(&hidden.to_string()));
            }
            ('$', Some('0')) => {
                behind.next();
                out.push_str("%[var(txn.path)]");
            }
            ('$', Some(digit)) if digit.is_ascii_digit() => {
                behind.next();
                out.push_str(&group("var(txn.path)", &it.pattern, digit)?);
            }
            ('%', Some(digit)) if digit.is_ascii_digit() => {
                behind.next();
                let (sample, regex) = it.last.as_ref().ok_or("'%1' without a condition that matches")?;
                out.push_str(&group(sample, regex, digit)?);
            }
            ('%', Some('{')) => {
                let (name, after) = behind.as_str()[1..].split_once('}').ok_or("a brace is not closed")?;
                let found = variable(name).ok_or_else(|| format!("'%{{{name}}}' has no counterpart"))?;
                out.push_str(&format!("%[{}]", found.text));
                behind = after.chars();
            }
            ('$', Some('{')) => return Err("RewriteMap has no counterpart".to_owned()),
            _ => out.push_str(&literal(&mark.to_string())),
        }
        rest = behind.as_str();
    }
    Ok(out + &literal(rest))
}

fn group(sample: &str, regex: &str, digit: char) -> Result<String, String> {
    let count = check(regex)?;
    if digit.to_digit(10).is_some_and(|digit| usize::try_from(digit).is_ok_and(|digit| digit > count)) {
        return Ok(String::new());
    }
    if matches!(regex, "^(.*)$" | "(.*)" | "^(.*)" | "(.*)$" | "^(/.*)$") {
        return Ok(format!("%[{sample}]"));
    }
    if matches!(regex, "^/(.*)$" | "^/?(.*)$" | "^/(.*)" | "^/?(.*)") {
        return Ok(format!("%[{sample},regsub({},\"\")]", argument("^/")));
    }
    Ok(part(sample, regex, digit))
}
