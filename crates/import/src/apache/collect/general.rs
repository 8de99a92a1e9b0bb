//! Names, addresses, times, logs, error documents and redirections (core, mod_log_config, mod_alias, mod_reqtimeout).

use super::{Here, Row, first, row, switch, time_ms};
use crate::apache::model::{CustomLog, ErrorDocument, Listen, Redirect, Rest, Slashes, When};
use crate::apache::pattern::{Matcher, check};
use crate::apache::reader::Directive;

pub(super) const ROWS: &[Row] = &[
    row("listen", listen),
    row("servername", |here, it| {
        let name = (first(it)?, it.source.clone());
        here.server().name = Some(name);
        Ok(())
    }),
    row("serveralias", |here, it| {
        here.server().aliases.extend(it.words.iter().map(|word| (word.clone(), it.source.clone())));
        Ok(())
    }),
    row("usecanonicalname", |here, it| {
        let on = switch(it)?;
        here.server().canonical_name = Some(on);
        Ok(())
    }),
    row("allowencodedslashes", |here, it| {
        let slashes = match first(it)?.to_lowercase().as_str() {
            "off" => Slashes::Refused,
            "on" => Slashes::Decoded,
            "nodecode" => Slashes::Kept,
            _ => return Err("On, Off or NoDecode expected".to_owned()),
        };
        here.server().encoded_slashes = Some(slashes);
        Ok(())
    }),
    row("timeout", |here, it| {
        let ms = time_ms(&first(it)?).ok_or("a time is expected")?;
        here.server().seconds.timeout = Some((ms, it.source.clone()));
        Ok(())
    }),
    row("proxytimeout", |here, it| {
        let ms = time_ms(&first(it)?).ok_or("a time is expected")?;
        here.server().seconds.proxy = Some((ms, it.source.clone()));
        Ok(())
    }),
    row("keepalivetimeout", |here, it| {
        let ms = time_ms(&first(it)?).ok_or("a time is expected")?;
        here.server().seconds.keep_alive = Some((ms, it.source.clone()));
        Ok(())
    }),
    row("requestreadtimeout", read_timeout),
    row("keepalive", |here, it| {
        let on = switch(it)?;
        here.server().keep_alive = Some((on, it.source.clone()));
        Ok(())
    }),
    row("documentroot", |here, it| {
        let root = here.path(&first(it)?);
        here.server().document_root = Some((root, it.source.clone()));
        Ok(())
    }),
    row("errordocument", error_document),
    row("logformat", log_format),
    row("customlog", custom_log),
    row("transferlog", |here, it| {
        let (target, format) = (first(it)?, String::new());
        here.server().logs.push(CustomLog { source: it.source.clone(), target, format, when: When::Always });
        Ok(())
    }),
    row("errorlog", |here, it| {
        let target = first(it)?;
        here.server().error_log = Some((target, it.source.clone()));
        Ok(())
    }),
    row("redirect", |here, it| redirect(here, it, 302)),
    row("redirectpermanent", |here, it| redirect(here, it, 301)),
    row("redirecttemp", |here, it| redirect(here, it, 302)),
    row("redirectmatch", redirect_match),
    row("protocols", protocols),
];

fn listen(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    let text = first(it)?;
    let (address, port) = match text.rsplit_once(':') {
        Some((address, port)) => (Some(address.trim_matches(['[', ']'])), port),
        None => (None, text.as_str()),
    };
    let port = port.parse().map_err(|_| "an address and a port are expected")?;
    let address = match address {
        None | Some("*" | "") => None,
        Some(address) => Some(address.parse().map_err(|_| "an address is expected")?),
    };
    here.config.listens.push(Listen { source: it.source.clone(), address, port });
    Ok(())
}

/// `header=20-40,MinRate=500 body=20,MinRate=500`.
fn read_timeout(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    for word in &it.words {
        let Some((kind, times)) = word.split_once('=') else {
            return Err(format!("'{word}' is not understood"));
        };
        if !kind.eq_ignore_ascii_case("header") {
            continue;
        }
        let longest = times.split(',').next().unwrap_or_default().rsplit('-').next().unwrap_or_default();
        let ms = time_ms(longest).ok_or("a time is expected")?;
        here.server().seconds.head = (ms > 0).then(|| (ms, it.source.clone()));
    }
    if it.words.iter().any(|word| word.to_lowercase().starts_with("body=") && !word.ends_with("=0")) {
        return Err(
            "the time for bodies is not carried over: the client's timeout counts silence alone".to_owned()
        );
    }
    Ok(())
}

fn error_document(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    let status = first(it)?.parse().map_err(|_| "a status is expected")?;
    let text = it.words.get(1).cloned().ok_or("a text, path or URL is missing")?;
    here.scope().error_documents.push(ErrorDocument { source: it.source.clone(), status, text });
    Ok(())
}

fn log_format(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    let format = first(it)?;
    let name = it.words.get(1).cloned().unwrap_or_default();
    here.config.log_formats.insert(name, format);
    Ok(())
}

fn custom_log(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    let target = first(it)?;
    let format = it.words.get(1).cloned().unwrap_or_default();
    let when = super::headers::when(it.words.get(2).map(String::as_str))?;
    here.server().logs.push(CustomLog { source: it.source.clone(), target, format, when });
    Ok(())
}

/// A status by name or number.
fn status(word: &str) -> Option<u16> {
    match word.to_lowercase().as_str() {
        "permanent" => Some(301),
        "temp" => Some(302),
        "seeother" => Some(303),
        "gone" => Some(410),
        number => number.parse().ok().filter(|status| (300..600).contains(status)),
    }
}

/// `[status] [path] [URL]`; in a `<Location>` without the path.
fn redirect(here: &mut Here<'_>, it: &Directive, plain: u16) -> Result<(), String> {
    let mut words = it.words.iter().peekable();
    let named = words.peek().and_then(|word| status(word));
    if named.is_some() {
        words.next();
    }
    let status = named.unwrap_or(plain);
    let mut words: Vec<String> = words.cloned().collect();
    let has_goal = (300..400).contains(&status);
    let to = if has_goal { words.pop() } else { None };
    if has_goal && to.is_none() {
        return Err("the URL is missing".to_owned());
    }
    let (matcher, rest) = match (words.first(), here.location()) {
        (Some(path), _) => (Matcher::prefix(path), Rest::Appended),
        (None, Some(location)) => (location.matcher.clone(), Rest::Replaced),
        (None, None) => return Err("the path is missing".to_owned()),
    };
    here.scope().redirects.push(Redirect { source: it.source.clone(), matcher, status, to, rest });
    Ok(())
}

fn redirect_match(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    let (status, words) = match it.words.split_first() {
        Some((word, rest)) if status(word).is_some() => (status(word).unwrap_or(302), rest),
        _ => (302, &it.words[..]),
    };
    let regex = words.first().ok_or("the expression is missing")?.clone();
    check(&regex)?;
    let to = words.get(1).cloned();
    if (300..400).contains(&status) && to.is_none() {
        return Err("the URL is missing".to_owned());
    }
    let (matcher, rest) = (Matcher::Regex(regex), Rest::Replaced);
    here.scope().redirects.push(Redirect { source: it.source.clone(), matcher, status, to, rest });
    Ok(())
}

fn protocols(_: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    if it.words.iter().any(|word| word.starts_with("h2")) {
        return Err("HTTP/2 is not carried over: clients are served HTTP/1.1".to_owned());
    }
    Ok(())
}
