//! Header, RequestHeader (mod_headers), and the variables that their conditions look at.
//!
//! `Header` without `always` is about servers' answers: `http-response`. With it, about all: `http-after-response`.

use super::frontend::{At, Frontend};
use crate::apache::condition::Condition;
use crate::apache::expr::{self, Test};
use crate::apache::model::{EnvRule, HeaderAction, HeaderEdit, When};
use crate::apache::pattern::{argument, check, word};
use crate::apache::reader::Source;
use crate::apache::value::{self, Format, Phase, env, variable};

/// Which headers are edited, and when.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Response,
    After,
}

impl Side {
    fn ruleset(self) -> &'static str {
        match self {
            Self::Request => "http-request",
            Self::Response => "http-response",
            Self::After => "http-after-response",
        }
    }

    fn fetch(self, name: &str) -> String {
        match self {
            Self::Request => format!("req.fhdr({name})"),
            Self::Response | Self::After => format!("res.fhdr({name})"),
        }
    }
}

/// SetEnvIf, BrowserMatch.
pub(super) fn environment(front: &mut Frontend<'_, '_>, at: &At<'_>) {
    for rule in &at.host.server.environment {
        set(front, rule, &at.condition);
    }
}

fn set(front: &mut Frontend<'_, '_>, rule: &EnvRule, within: &Condition) {
    let test = rule.test.as_ref().map(|(attribute, regex)| {
        let sample = match attribute.to_lowercase().as_str() {
            "remote_addr" | "remote_host" => "src".to_owned(),
            "server_addr" => "dst".to_owned(),
            "request_method" => value::METHOD.to_owned(),
            "request_uri" => "var(txn.path)".to_owned(),
            header => format!("req.fhdr({header})"),
        };
        Condition::term(format!("{{ {sample} -m reg {} }}", word(regex)))
    });
    let Some(condition) = within.and(&test.unwrap_or_else(Condition::always)) else { return };
    let name = env(&rule.name);
    let action = match &rule.value {
        Some(value) => format!("set-var({name}) {}", word(&format!("str({})", argument(value)))),
        None => format!("unset-var({name})"),
    };
    front.request.add(&rule.source, format!("http-request {action}{}", condition.suffix()));
}

/// SetEnv and RequestHeader.
pub(super) fn request(front: &mut Frontend<'_, '_>, at: &At<'_>) {
    for (scope, condition, _) in front.scopes(at) {
        for rule in &scope.environment {
            set(front, rule, &condition);
        }
    }
    for (scope, condition, _) in front.scopes(at) {
        for edit in &scope.request_headers {
            write(front, Side::Request, edit, &condition);
        }
    }
}

/// Header.
pub(super) fn answers(front: &mut Frontend<'_, '_>, at: &At<'_>) {
    for (scope, condition, _) in front.scopes(at) {
        for edit in &scope.headers {
            let side = if edit.is_always { Side::After } else { Side::Response };
            write(front, side, edit, &condition);
        }
    }
}

fn write(front: &mut Frontend<'_, '_>, side: Side, edit: &HeaderEdit, within: &Condition) {
    if let Err(text) = try_write(front, side, edit, within) {
        front.shared.problem(&edit.source, text);
    }
}

fn try_write(
    front: &mut Frontend<'_, '_>,
    side: Side,
    edit: &HeaderEdit,
    within: &Condition,
) -> Result<(), String> {
    let changes_only =
        matches!(edit.action, HeaderAction::Unset | HeaderAction::Edit | HeaderAction::EditAll);
    if side == Side::After && changes_only {
        return Err(format!(
            "'always' is about headers that Apache itself adds, not those of servers: {} is left as it is, as Apache leaves it",
            edit.name
        ));
    }
    let test = when(&edit.when)?;
    let condition =
        within.and(&at_side(front, side, test, &edit.source)?).ok_or("there are too many conditions")?;
    for line in changes(front, side, edit, &condition)? {
        let line = format!("{} {line}", side.ruleset());
        match side {
            Side::Request => front.request.add(&edit.source, line),
            Side::Response => front.response.add(&edit.source, line),
            Side::After => front.after.add(&edit.source, line),
        }
    }
    Ok(())
}

/// The rules that change the header where `condition` holds, without their ruleset's name.
fn changes(
    front: &mut Frontend<'_, '_>,
    side: Side,
    edit: &HeaderEdit,
    condition: &Condition,
) -> Result<Vec<String>, String> {
    let found = Condition::term(format!("{{ {} -m found }}", side.fetch(&edit.name)));
    let (with, without) = (condition.and(&found), found.not().and_then(|not| condition.and(&not)));
    let (with, without) = with.zip(without).ok_or("there are too many conditions")?;
    let name = &edit.name;
    let line = |action: &str, value: &str, condition: &Condition| {
        format!("{action} {name} {}{}", word(value), condition.suffix())
    };
    Ok(match edit.action {
        HeaderAction::Unset => vec![format!("del-header {name}{}", condition.suffix())],
        HeaderAction::Edit => vec![replace(front, side, edit, condition)?],
        HeaderAction::EditAll => vec![replace_all(side, edit, &with)?],
        HeaderAction::Set => {
            // Apache keeps its own headers apart from servers'.
            let is_apart = side == Side::After && name.eq_ignore_ascii_case("set-cookie");
            let action = if is_apart { "add-header" } else { "set-header" };
            vec![line(action, &told(front, side, edit, 0)?, condition)]
        }
        HeaderAction::SetIfEmpty => vec![line("set-header", &told(front, side, edit, 0)?, &without)],
        HeaderAction::Add => vec![line("add-header", &told(front, side, edit, 0)?, condition)],
        HeaderAction::Append | HeaderAction::Merge => {
            let value = told(front, side, edit, 0)?;
            let with = if edit.action == HeaderAction::Merge {
                let hdr = side.fetch(name).replacen("fhdr", "hdr", 1);
                let is_there = Condition::term(format!("!{{ {hdr} -m str {} }}", word(&edit.values[0])));
                with.and(&is_there).ok_or("there are too many conditions")?
            } else {
                with
            };
            let joined = format!("%[{}], {value}", side.fetch(name));
            vec![line("set-header", &joined, &with), line("set-header", &value, &without)]
        }
    })
}

/// The value as it can be written at this side: what only the request knows is remembered.
fn told(front: &mut Frontend<'_, '_>, side: Side, edit: &HeaderEdit, at: usize) -> Result<String, String> {
    let Format { text, phase } = value::header(&edit.values[at])?;
    match (side, phase) {
        (Side::Request, Phase::Response) => Err("an answer cannot change the request".to_owned()),
        (Side::Response | Side::After, Phase::Request) => {
            let name = front.reserve("value");
            front.request.add(&edit.source, format!("http-request set-var-fmt(txn.{name}) {}", word(&text)));
            Ok(format!("%[var(txn.{name})]"))
        }
        _ => Ok(text),
    }
}

/// The condition as it can be looked at on this side.
fn at_side(
    front: &mut Frontend<'_, '_>,
    side: Side,
    test: Test,
    source: &Source,
) -> Result<Condition, String> {
    match (side, test.phase) {
        (Side::Request, Phase::Response) => Err("an answer cannot change the request".to_owned()),
        (Side::Response | Side::After, Phase::Request) if !test.condition.is_never() => {
            let name = front.reserve("when");
            let line = format!("http-request set-var(txn.{name}) bool(true){}", test.condition.suffix());
            front.request.add(source, line);
            Ok(Condition::term(format!("{{ var(txn.{name}) -m found }}")))
        }
        _ => Ok(test.condition),
    }
}

/// `env=` and `expr=`.
pub(super) fn when(when: &When) -> Result<Test, String> {
    let of = |name: &str| match name {
        "BALANCER_ROUTE_CHANGED" => Test {
            condition: Condition::term("!{ var(txn.route),strcmp(txn.worker_route) eq 0 }"),
            phase: Phase::Response,
        },
        name if name.starts_with("SSL_") || name == "HTTPS" => Test {
            condition: match variable(name) {
                Some(_) if name == "HTTPS" => Condition::term("{ ssl_fc }"),
                Some(sample) => Condition::term(format!("{{ {} -m found }}", sample.text)),
                None => Condition::never(),
            },
            phase: Phase::Any,
        },
        name => Test {
            condition: Condition::term(format!("{{ var({}) -m found }}", env(name))),
            phase: Phase::Any,
        },
    };
    match when {
        When::Always => Ok(Test { condition: Condition::always(), phase: Phase::Any }),
        When::Env(name) => Ok(of(name)),
        When::NotEnv(name) => {
            let test = of(name);
            Ok(Test {
                condition: test.condition.not().ok_or("there are too many conditions")?,
                phase: test.phase,
            })
        }
        When::Expression(text) => expr::parse(text),
    }
}

/// `edit`: what matches first is replaced, in every line of the header.
fn replace(
    front: &mut Frontend<'_, '_>,
    side: Side,
    edit: &HeaderEdit,
    condition: &Condition,
) -> Result<String, String> {
    let regex = &edit.values[0];
    let count = check(regex)?;
    let is_whole =
        regex.starts_with('^') && regex.ends_with('$') && !regex.ends_with(r"\$") && !regex.contains('|');
    let replacement = told(front, side, edit, 1)?;
    let (from, to) = if is_whole {
        (regex.clone(), groups(&replacement, 0))
    } else {
        (format!("^(.*?)(?:{regex})(.*)$"), format!("\\1{}\\{}", groups(&replacement, 1), count + 2))
    };
    if count > 7 {
        return Err("the expression has too many groups".to_owned());
    }
    Ok(format!("replace-header {} {} {}{}", edit.name, word(&from), word(&to), condition.suffix()))
}

/// `edit*`: all that matches is replaced.
fn replace_all(side: Side, edit: &HeaderEdit, condition: &Condition) -> Result<String, String> {
    if edit.name.eq_ignore_ascii_case("set-cookie") {
        return Err("'edit*' is carried over for headers of one line, not for cookies".to_owned());
    }
    let text = &edit.values[1];
    if text.contains('%') {
        return Err("'edit*' with variables is not carried over".to_owned());
    }
    let (from, to) = (argument(&edit.values[0]), argument(&groups(text, 0)));
    let value = format!("%[{},regsub({from},{to},g)]", side.fetch(&edit.name));
    Ok(format!("set-header {} {}{}", edit.name, word(&value), condition.suffix()))
}

/// `$1` as `\1`, counted from behind as many groups as were put before.
fn groups(text: &str, before: u32) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let digit = chars.peek().and_then(|next| next.to_digit(10));
        match (char, digit) {
            ('$', Some(0)) if before > 0 => {
                chars.next();
            }
            ('$', Some(digit)) => {
                chars.next();
                out.push_str(&format!("\\{}", digit + before));
            }
            ('\\', _) => out.push_str(r"\\"),
            _ => out.push(char),
        }
    }
    out
}
