//! mod_headers, and the variables that its conditions look at (mod_setenvif, mod_env).

use super::{Here, Row, first, row};
use crate::apache::model::{EnvRule, HeaderAction, HeaderEdit, When};
use crate::apache::pattern::check;
use crate::apache::reader::Directive;

pub(super) const ROWS: &[Row] = &[
    row("header", |here, it| {
        let edit = edit(it)?;
        here.scope().headers.push(edit);
        Ok(())
    }),
    row("requestheader", |here, it| {
        let edit = edit(it)?;
        here.scope().request_headers.push(edit);
        Ok(())
    }),
    row("setenvif", |here, it| set_env_if(here, it, "")),
    row("setenvifnocase", |here, it| set_env_if(here, it, "(?i)")),
    row("browsermatch", |here, it| browser_match(here, it, "")),
    row("browsermatchnocase", |here, it| browser_match(here, it, "(?i)")),
    row("setenv", set_env),
    row("unsetenv", |here, it| {
        for name in &it.words {
            let rule = EnvRule { source: it.source.clone(), test: None, name: name.clone(), value: None };
            here.scope().environment.push(rule);
        }
        Ok(())
    }),
];

/// `env=NAME`, `env=!NAME`, `expr=...`.
pub(super) fn when(word: Option<&str>) -> Result<When, String> {
    let Some(word) = word else { return Ok(When::Always) };
    if let Some(name) = word.strip_prefix("env=!") {
        return Ok(When::NotEnv(name.to_owned()));
    }
    if let Some(name) = word.strip_prefix("env=") {
        return Ok(When::Env(name.to_owned()));
    }
    match word.strip_prefix("expr=") {
        Some(expression) => Ok(When::Expression(expression.to_owned())),
        None => Err(format!("the condition '{word}' is not carried over, so the line is not either")),
    }
}

/// `[always|onsuccess] action name [value [replacement]] [early|env=|expr=]`.
fn edit(it: &Directive) -> Result<HeaderEdit, String> {
    let mut words = it.words.iter().map(String::as_str).peekable();
    let is_always = words.peek().is_some_and(|word| word.eq_ignore_ascii_case("always"));
    if is_always || words.peek().is_some_and(|word| word.eq_ignore_ascii_case("onsuccess")) {
        words.next();
    }
    let action = words.next().unwrap_or_default().to_lowercase();
    let (action, wanted) = match action.as_str() {
        "set" => (HeaderAction::Set, 1),
        "setifempty" => (HeaderAction::SetIfEmpty, 1),
        "append" => (HeaderAction::Append, 1),
        "merge" => (HeaderAction::Merge, 1),
        "add" => (HeaderAction::Add, 1),
        "unset" => (HeaderAction::Unset, 0),
        "edit" => (HeaderAction::Edit, 2),
        "edit*" => (HeaderAction::EditAll, 2),
        _ => return Err(format!("'{action}' is not carried over")),
    };
    let name = words.next().ok_or("the header's name is missing")?.trim_end_matches(':').to_owned();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'%:,;()".contains(&byte)) {
        return Err(format!("'{name}' is no header's name"));
    }
    let values: Vec<String> = words.by_ref().take(wanted).map(str::to_owned).collect();
    if values.len() < wanted {
        return Err("the value is missing".to_owned());
    }
    if let [regex, _] = values.as_slice() {
        check(regex)?;
    }
    let when = when(words.next())?;
    Ok(HeaderEdit { source: it.source.clone(), action, is_always, name, values, when })
}

/// `attribute regex NAME[=value]...`.
fn set_env_if(here: &mut Here<'_>, it: &Directive, flags: &str) -> Result<(), String> {
    let [attribute, regex, names @ ..] = it.words.as_slice() else {
        return Err("an attribute, an expression and names are expected".to_owned());
    };
    env_rules(here, it, attribute, &format!("{flags}{regex}"), names)
}

fn browser_match(here: &mut Here<'_>, it: &Directive, flags: &str) -> Result<(), String> {
    let [regex, names @ ..] = it.words.as_slice() else {
        return Err("an expression and names are expected".to_owned());
    };
    env_rules(here, it, "User-Agent", &format!("{flags}{regex}"), names)
}

fn env_rules(
    here: &mut Here<'_>,
    it: &Directive,
    attribute: &str,
    regex: &str,
    names: &[String],
) -> Result<(), String> {
    check(regex)?;
    for word in names {
        let (name, value) = match (word.strip_prefix('!'), word.split_once('=')) {
            (Some(name), _) => (name, None),
            (None, Some((name, value))) => (name, Some(value.to_owned())),
            (None, None) => (word.as_str(), Some("1".to_owned())),
        };
        if value.as_ref().is_some_and(|value| value.contains('$')) {
            return Err(format!(
                "the value of {name} takes parts of what matched, which is not carried over"
            ));
        }
        if BROWSERS.contains(&name) {
            continue;
        }
        let test = Some((attribute.to_owned(), regex.to_owned()));
        let rule = EnvRule { source: it.source.clone(), test, name: name.to_owned(), value };
        here.server().environment.push(rule);
    }
    Ok(())
}

/// Variables by which Apache works around browsers of old.
const BROWSERS: &[&str] = &[
    "nokeepalive",
    "downgrade-1.0",
    "force-response-1.0",
    "redirect-carefully",
    "ssl-unclean-shutdown",
    "ssl-accurate-shutdown",
    "gzip-only-text/html",
    "no-gzip",
];

fn set_env(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    let name = first(it)?;
    match name.as_str() {
        // How Apache talks to servers; here connections are kept, and bodies are passed on as they come.
        "proxy-initial-not-pooled"
        | "proxy-sendchunked"
        | "proxy-sendchunks"
        | "proxy-sendcl"
        | "proxy-flushall" => {
            return Ok(());
        }
        "force-proxy-request-1.0"
        | "proxy-nokeepalive"
        | "proxy-interim-response"
        | "proxy-chain-auth"
        | "no-proxy" => {
            return Err(format!("{name} is not carried over"));
        }
        _ => {}
    }
    let value = Some(it.words.get(1).cloned().unwrap_or_default());
    here.scope().environment.push(EnvRule { source: it.source.clone(), test: None, name, value });
    Ok(())
}
