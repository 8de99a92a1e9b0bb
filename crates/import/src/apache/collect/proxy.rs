//! mod_proxy: ProxyPass and its like, `<Proxy>` sections, balancers and their members.

use super::{Here, Row, access, first, parameters, row, switch};
use crate::apache::model::{Balancer, Goal, Mapping, Member, Parameter, Pass};
use crate::apache::pattern::{Matcher, check};
use crate::apache::reader::{Directive, Item, Source};

pub(super) const ROWS: &[Row] = &[
    row("proxypass", |here, it| proxy_pass(here, it, |path| Ok(Matcher::prefix(path)))),
    row("proxypassmatch", |here, it| proxy_pass(here, it, regex)),
    row("proxypassreverse", |here, it| {
        let mapping = reverse(here, it)?;
        here.scope().reverses.push(mapping);
        Ok(())
    }),
    row("proxypassreversecookiedomain", |here, it| {
        let mapping = cookie(it)?;
        here.scope().cookie_domains.push(mapping);
        Ok(())
    }),
    row("proxypassreversecookiepath", |here, it| {
        let mapping = cookie(it)?;
        here.scope().cookie_paths.push(mapping);
        Ok(())
    }),
    row("proxypreservehost", |here, it| {
        let on = switch(it)?;
        here.scope().preserve_host = Some((on, it.source.clone()));
        Ok(())
    }),
    row("proxyaddheaders", |here, it| {
        let on = switch(it)?;
        here.scope().add_headers = Some((on, it.source.clone()));
        Ok(())
    }),
    row("proxyerroroverride", |here, it| {
        let on = switch(it)?;
        here.scope().error_override = Some((on, it.source.clone()));
        Ok(())
    }),
    row("proxyset", proxy_set),
    row("balancermember", |here, it| {
        let (parameters, mut words) = parameters(it);
        if words.len() < 2 {
            return Err("the URLs of the balancer and of the member are expected".to_owned());
        }
        let name = words.remove(0);
        let member = Member { source: it.source.clone(), url: words.remove(0), parameters };
        balancer(here, &name, &it.source).members.push(member);
        Ok(())
    }),
    row("proxyvia", |_, it| match first(it)?.to_lowercase().as_str() {
        "off" => Ok(()),
        _ => Err("Via is not written".to_owned()),
    }),
];

/// In a `<Location>`, the path is the section's.
fn goal(word: &str) -> Goal {
    if word == "!" { Goal::Nowhere } else { Goal::Url(word.to_owned()) }
}

/// `outer` reads the word that stands before the URL outside locations.
fn proxy_pass(
    here: &mut Here<'_>,
    it: &Directive,
    outer: fn(&str) -> Result<Matcher, String>,
) -> Result<(), String> {
    let (parameters, words) = parameters(it);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let source = it.source.clone();
    let keywords = match (words.as_slice(), here.location.is_some()) {
        ([url, keywords @ ..], true) => {
            in_location(here, url, parameters, source);
            keywords
        }
        ([path, url, keywords @ ..], false) => {
            let matcher = outer(path)?;
            let parameters = of_worker(here, url, parameters, &source);
            here.server().passes.push(Pass { source, matcher, goal: goal(url), parameters });
            keywords
        }
        _ => return Err("a path or an expression, and a URL are expected".to_owned()),
    };
    known_keywords(keywords)
}

fn regex(text: &str) -> Result<Matcher, String> {
    check(text)?;
    Ok(Matcher::Regex(text.to_owned()))
}

fn in_location(here: &mut Here<'_>, url: &str, parameters: Vec<Parameter>, source: Source) {
    let parameters = of_worker(here, url, parameters, &source);
    if let Some(location) = here.location() {
        location.pass = Some(Pass { source, matcher: location.matcher.clone(), goal: goal(url), parameters });
    }
}

/// Parameters for a balancer are those of the balancer, wherever they are told.
fn of_worker(here: &mut Here<'_>, url: &str, parameters: Vec<Parameter>, source: &Source) -> Vec<Parameter> {
    if !is_balancer(url) || parameters.is_empty() {
        return parameters;
    }
    balancer(here, url, source).parameters.extend(parameters);
    Vec::new()
}

/// `nocanon` is how paths are passed on here in any case.
fn known_keywords(words: &[&str]) -> Result<(), String> {
    match words.iter().find(|word| !word.eq_ignore_ascii_case("nocanon")) {
        Some(word) => Err(format!("'{word}' is not carried over, the rest of the line is")),
        None => Ok(()),
    }
}

fn reverse(here: &mut Here<'_>, it: &Directive) -> Result<Mapping, String> {
    let words: Vec<&str> = it.words.iter().map(String::as_str).collect();
    let (outer, inner) = match (words.as_slice(), here.location()) {
        ([inner, ..], Some(location)) => {
            if matches!(location.matcher, Matcher::Regex(_)) {
                return Err("in a section with a pattern the outer path is not known".to_owned());
            }
            (location.path.clone(), (*inner).to_owned())
        }
        ([outer, inner, ..], None) => ((*outer).to_owned(), (*inner).to_owned()),
        _ => return Err("a path and a URL are expected".to_owned()),
    };
    Ok(Mapping { source: it.source.clone(), inner, outer })
}

fn cookie(it: &Directive) -> Result<Mapping, String> {
    match it.words.as_slice() {
        [inner, outer, ..] => {
            Ok(Mapping { source: it.source.clone(), inner: inner.clone(), outer: outer.clone() })
        }
        _ => Err("two arguments are expected".to_owned()),
    }
}

/// Outside of `<Proxy>` the first word is a URL.
fn proxy_set(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    let (parameters, words) = parameters(it);
    let url = match (words.first(), here.location()) {
        (Some(url), _) => url.clone(),
        (None, Some(location)) => match location.pass.as_ref().map(|pass| &pass.goal) {
            Some(Goal::Url(url)) => url.clone(),
            Some(Goal::Nowhere) | None => return Err("a URL is missing".to_owned()),
        },
        (None, None) => return Err("a URL is missing".to_owned()),
    };
    set(here, &url, parameters, &it.source);
    Ok(())
}

fn set(here: &mut Here<'_>, url: &str, parameters: Vec<Parameter>, source: &Source) {
    if is_balancer(url) {
        balancer(here, url, source).parameters.extend(parameters);
    } else {
        here.server().workers.push((url.to_owned(), parameters));
    }
}

/// Whether a URL is one of a balancer.
pub(in crate::apache) fn is_balancer(url: &str) -> bool {
    url.get(..11).is_some_and(|scheme| scheme.eq_ignore_ascii_case("balancer://"))
}

/// `balancer://Name/path`: `name`.
pub(in crate::apache) fn balancer_name(url: &str) -> String {
    url.get(11..).unwrap_or_default().split('/').next().unwrap_or_default().to_lowercase()
}

fn balancer<'h>(here: &'h mut Here<'_>, url: &str, source: &Source) -> &'h mut Balancer {
    let name = balancer_name(url);
    let balancers = &mut here.server().balancers;
    let at = balancers.iter().position(|known| known.name == name).unwrap_or(balancers.len());
    if at == balancers.len() {
        let (members, parameters) = (Vec::new(), Vec::new());
        balancers.push(Balancer { name, source: source.clone(), members, parameters });
    }
    &mut balancers[at]
}

/// `<Proxy URL>`: a balancer, a worker, or `*`.
pub(super) fn section(here: &mut Here<'_>, directive: &Directive, inner: &[Item]) {
    let Some(url) = directive.words.first().cloned() else {
        return here.problem(&directive.source, "<Proxy>: the URL is missing");
    };
    if url == "*" {
        return everything(here, inner);
    }
    let all = parameters(directive).0;
    if is_balancer(&url) || !all.is_empty() {
        set(here, &url, all, &directive.source);
    }
    let is_open = |item: &Item| matches!(item, Item::Directive(it) if is_open_access(it));
    if !inner.iter().all(is_open)
        && let Some(access) = access::access(here, inner)
    {
        here.server().guarded.push((url.clone(), access));
    }
    for item in inner {
        match item {
            Item::Directive(it) if it.key == "balancermember" => {
                let (parameters, words) = parameters(it);
                match words.first() {
                    Some(member) => {
                        let member = Member { source: it.source.clone(), url: member.clone(), parameters };
                        balancer(here, &url, &directive.source).members.push(member);
                    }
                    None => here.problem(&it.source, "BalancerMember: the URL is missing"),
                }
            }
            Item::Directive(it) if it.key == "proxyset" => {
                let parameters = parameters(it).0;
                set(here, &url, parameters, &it.source);
            }
            _ if is_open(item) || access::is_read(item) => {}
            Item::Directive(it) | Item::Section(it, _) => {
                let text = format!("{}: is not carried over within <Proxy {url}>", it.source.text);
                here.problem(&it.source, text);
            }
        }
    }
}

/// `<Proxy *>` is about all that is proxied: nothing else is, here.
fn everything(here: &mut Here<'_>, inner: &[Item]) {
    let open = inner.iter().all(|item| matches!(item, Item::Directive(it) if is_open_access(it)));
    if !open {
        here.items(inner);
    }
}

/// What says that everybody may come.
fn is_open_access(it: &Directive) -> bool {
    let words: Vec<String> = it.words.iter().map(|word| word.to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        (it.key.as_str(), words.as_slice()),
        ("require", ["all", "granted"])
            | ("order", _)
            | ("allow", ["from", "all"])
            | ("adddefaultcharset", _)
    )
}
