//! `stats ...` of a proxy: the statistics page (chapter 4.2).
//!
//! The first of these lines makes the page. A proxy that has one from its `defaults` section begins anew with its own first line.

use std::sync::Arc;

use base::units::TimeUnit;
use keyword::Sections;
use rules::reply::Reply;
use rules::{Action, Kinds, Outcome, Rule, Words};
use sample::compile::problem;
use sample::{Expr, Place, Problem, Txn};
use state::userlist::{Password, Userlist};
use syntax::Line;

use super::rows::{ANY, usage};
use super::{args, rule_lines, synthetic};
use crate::context::{Pass, ProxyParse};
use crate::model::{STATS_REALM, StatsPage, StatsScope};
use crate::row::ProxyRow;

/// `stats!("keyword", SECTIONS, parse, "brief", "example")`: one row.
macro_rules! stats {
    ($keyword:literal, $sections:expr, $parse:expr, $brief:literal, $example:literal) => {
        ProxyRow::new(concat!("stats ", $keyword), $sections, $parse, $brief, usage![$example])
    };
}

pub(super) static ROWS: &[ProxyRow] = &[
    stats!(
        "enable",
        ANY,
        |w, p| {
            page(p);
            nothing(w, p)
        },
        "there is a statistics page",
        "stats enable"
    ),
    stats!("uri", ANY, uri, "the page's path", "stats uri /stats"),
    stats!("realm", ANY, realm, "what the browser asks for a password for", "stats realm Statistics"),
    stats!("auth", ANY, auth, "a user and password that open the page", "stats auth admin:secret"),
    stats!("scope", ANY, scope, "a proxy that the page shows; `.` is this one", "stats scope ."),
    stats!("refresh", ANY, refresh, "how often the page is loaded again", "stats refresh 10s"),
    stats!("hide-version", ANY, hide_version, "the page does not tell the version", "stats hide-version"),
    stats!(
        "show-version",
        ANY,
        |w, p| {
            page(p).shows_version = true;
            nothing(w, p)
        },
        "the page tells the version",
        "stats show-version"
    ),
    stats!(
        "show-legends",
        ANY,
        |w, p| {
            page(p).shows_legends = true;
            nothing(w, p)
        },
        "the page explains its numbers",
        "stats show-legends"
    ),
    stats!(
        "show-modules",
        ANY,
        |w, p| {
            page(p).shows_modules = true;
            nothing(w, p)
        },
        "the page has statistics of modules",
        "stats show-modules"
    ),
    stats!("show-node", ANY, show_node, "the page tells the node's name", "stats show-node proxy1"),
    stats!("show-desc", ANY, show_desc, "the page tells a description", "stats show-desc the shop"),
    stats!(
        "admin",
        Sections::PROXIES,
        admin,
        "when the page may change servers",
        "stats admin if { src 127.0.0.1 }"
    ),
    stats!(
        "http-request",
        Sections::PROXIES,
        http_request,
        "who may see the page",
        "stats http-request deny unless { src 127.0.0.1 }"
    ),
];

/// The proxy's page, made by the first line that asks for it.
fn page<'p>(parse: &'p mut ProxyParse<'_>) -> &'p mut StatsPage {
    leave_inherited(parse);
    let is_inherited = parse.pass != Pass::Own;
    parse.proxy.stats.get_or_insert_with(|| Box::new(StatsPage { is_inherited, ..StatsPage::default() }))
}

/// A proxy's own line begins a page of its own.
fn leave_inherited(parse: &mut ProxyParse<'_>) {
    if parse.pass == Pass::Own && parse.proxy.stats.as_ref().is_some_and(|page| page.is_inherited) {
        parse.proxy.stats = None;
    }
}

fn nothing(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::ignore_rest(words, parse);
    Ok(())
}

/// The one argument of a line.
fn one(words: &mut Words<'_>, what: &str, parse: &mut ProxyParse<'_>) -> Result<Box<[u8]>, Problem> {
    let word = words.need(what)?;
    args::ignore_rest(words, parse);
    Ok(word.text.clone().into())
}

fn uri(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    page(parse).uri = one(words, "the path", parse)?;
    Ok(())
}

fn realm(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    page(parse).realm = Some(one(words, "the realm", parse)?);
    Ok(())
}

fn auth(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let account = words.need("`user:password`")?;
    args::ignore_rest(words, parse);
    let colon = account.text.iter().position(|byte| *byte == b':').unwrap_or(account.text.len());
    let name = String::from_utf8_lossy(&account.text[..colon]).into_owned();
    let password = account.text.get(colon + 1..).unwrap_or_default().into();
    let users = page(parse).users.get_or_insert_with(|| Userlist::new("stats auth"));
    if !users.add_user(&name, Password::Plain(password), []) {
        parse.cx.warn(account.span, format!("the user `{name}` was given before; this one has no effect"));
    }
    Ok(())
}

fn scope(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let name = one(words, "the name of a proxy", parse)?;
    let scope = if *name == *b"." { StatsScope::Own } else { StatsScope::Named(name) };
    page(parse).scopes.push(scope);
    Ok(())
}

fn refresh(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let time = args::duration(words, "a duration", TimeUnit::Seconds)?;
    args::ignore_rest(words, parse);
    // What is shorter than a second counts as one.
    page(parse).refresh_s = time.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX);
    Ok(())
}

/// Takes back `show-version`, where there is a page already.
fn hide_version(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    leave_inherited(parse);
    if let Some(page) = &mut parse.proxy.stats {
        page.shows_version = false;
    }
    nothing(words, parse)
}

fn show_node(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let name = words.next();
    args::ignore_rest(words, parse);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    if let Some(word) = name.filter(|word| !word.text.iter().all(is_plain)) {
        let text = "a node's name consists of letters, digits, `-`, `_` and `.`";
        return Err(problem(word.span, text));
    }
    page(parse).node = Some(name.map(|word| word.lossy().to_string().into()));
    Ok(())
}

fn show_desc(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let given = words.take_rest();
    if given.is_empty() && parse.global.description.is_none() {
        parse.warn("`stats show-desc` has nothing to show: give a text, or `description` in `global`");
        return Ok(());
    }
    let text = String::from_utf8_lossy(&args::joined(given)).into_owned();
    page(parse).description = Some(if given.is_empty() { None } else { Some(text.into()) });
    Ok(())
}

fn admin(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let place = parse.request_place();
    let condition = args::need_condition(words, place, parse)?;
    page(parse).admin.push(condition);
    Ok(())
}

fn http_request(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    const ACTIONS: &[&str] = &["allow", "deny", "auth"];
    let known = words.peek().is_some_and(|word| word.as_str().is_some_and(|text| ACTIONS.contains(&text)));
    if !known {
        let word = words.need("`allow`, `deny` or `auth`")?;
        return Err(problem(word.span, "the page's rules are `allow`, `deny` and `auth`"));
    }
    let line = with_realm(words);
    let mut words = line.as_ref().map_or_else(|| words.clone(), |line| Words::new(line, 0));
    let place = parse.request_place();
    let rule = rule_lines::compile(&mut words, parse, Kinds::HTTP_REQUEST, place)?;
    page(parse).rules.rules.push(rule);
    Ok(())
}

/// `auth` without a realm has that of statistics pages here, not the proxy's name. `None`: the line may stay.
fn with_realm(words: &Words<'_>) -> Option<Line> {
    let rest = words.rest();
    let names_realm = rest.get(1).is_some_and(|word| word.text == b"realm");
    if rest.first()?.text != b"auth" || names_realm {
        return None;
    }
    Some(synthetic::line(words.line(), &["auth", "realm", STATS_REALM], &rest[1..]))
}

/// `stats auth` and `stats realm` become the page's rule, unless it has its own.
pub(super) fn complete(parse: &mut ProxyParse<'_>) {
    let Some(page) = &mut parse.proxy.stats else { return };
    let has_accounts = page.users.is_some() || page.realm.is_some();
    if has_accounts && !page.rules.is_empty() {
        parse.warn("`stats auth` and `stats realm` have no effect beside `stats http-request`");
        return;
    }
    let Some(users) = page.users.take() else { return };
    let realm = page.realm.take().unwrap_or_else(|| STATS_REALM.as_bytes().into());
    match login(users, realm, parse) {
        Ok(action) => {
            let rule = Rule { condition: None, action: Box::new(action), place: parse.span.into() };
            if let Some(page) = &mut parse.proxy.stats {
                page.rules.rules.push(rule);
            }
        }
        Err(problem) => parse.cx.report(problem),
    }
}

/// The rule that `stats auth` stands for.
#[derive(Debug)]
struct Login {
    users: Userlist,
    name: Expr,
    password: Expr,
    refusal: Arc<Reply>,
}

fn login(users: Userlist, realm: Box<[u8]>, parse: &mut ProxyParse<'_>) -> Result<Login, Problem> {
    let span = parse.span;
    let mut compile = |text: &[u8]| parse.compile(Place::Request, span, |c, _| Expr::compile(text, c));
    Ok(Login {
        users,
        name: compile(b"http_auth_user")?,
        password: compile(b"http_auth_pass")?,
        refusal: Arc::new(Reply::Authenticate { realm, status: 401 }),
    })
}

impl Action for Login {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let is_known = match (self.name.eval(txn), self.password.eval(txn)) {
            (Some(name), Some(password)) => self.users.check(&name.to_str(), &password.to_str()),
            _ => false,
        };
        if is_known { Outcome::Stop } else { Outcome::Reply(self.refusal.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{ProxyConfig, StatsScope};
    use crate::sections::testing::{errors, loaded};

    fn page_of(text: &str) -> (Option<Box<crate::model::StatsPage>>, usize) {
        let mut config = loaded(text).config;
        let proxy: &mut ProxyConfig = &mut config.proxies[0];
        let rules = proxy.stats.as_ref().map_or(0, |page| page.rules.rules.len());
        (proxy.stats.take(), rules)
    }

    #[test]
    fn a_page_of_its_own() {
        let (page, rules) = page_of(
            "listen l\n mode http\n stats uri /s\n stats auth a:b\n stats refresh 1500ms\n stats scope .\n \
             stats scope x\n stats show-node n1\n stats admin if TRUE\n",
        );
        let page = page.unwrap();
        assert_eq!((&*page.uri, page.refresh_s, rules, page.admin.len()), (&b"/s"[..], 2, 1, 1));
        assert_eq!(page.scopes, [StatsScope::Own, StatsScope::Named((*b"x").into())]);
        assert_eq!(page.node, Some(Some("n1".into())));
    }

    #[test]
    fn the_first_own_line_leaves_the_defaults_behind() {
        let defaults = "defaults\n mode http\n stats uri /d\n stats show-legends\n";
        let (page, _) = page_of(&format!("{defaults}listen l\n stats enable\n"));
        let page = page.unwrap();
        assert_eq!((&*page.uri, page.shows_legends), (&b"/haproxy?stats"[..], false));
        let (page, _) = page_of(&format!("{defaults}listen l\n"));
        assert_eq!(&*page.unwrap().uri, b"/d");
    }

    #[test]
    fn what_cannot_stand_there() {
        for line in
            ["stats admin", "stats http-request redirect location /", "stats show-node a/b", "stats uri"]
        {
            assert_eq!(errors(&format!("listen l\n mode http\n {line}\n")).len(), 1, "{line}");
        }
    }
}
