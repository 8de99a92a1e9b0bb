//! `cookie` and `dynamic-cookie-key`: persistence by a cookie (chapter 4.2).

use std::time::Duration;

use base::units::TimeUnit;
use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};
use syntax::Word;

use super::args;
use super::rows::{SERVER, usage};
use crate::context::ProxyParse;
use crate::model::{Cookie, CookieMode};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "cookie",
        SERVER,
        cookie,
        "the cookie that leads a client back to its server",
        usage![
            "cookie SRVID insert indirect nocache",
            "cookie JSESSIONID prefix",
            "cookie S insert domain .example.com maxidle 30m maxlife 8h attr SameSite=Lax",
        ],
    ),
    ProxyRow::new(
        "dynamic-cookie-key",
        SERVER,
        dynamic_key,
        "the secret that cookie values of servers are computed with",
        usage!["dynamic-cookie-key s3cret"],
    ),
];

const WORDS: &[&str] = &[
    "rewrite", "insert", "prefix", "indirect", "nocache", "postonly", "preserve", "httponly", "secure",
    "domain", "maxidle", "maxlife", "dynamic", "attr",
];

fn cookie(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let mut cookie = plain(words.need("the cookie's name")?);
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"rewrite" => set_mode(&mut cookie, CookieMode::Rewrite, word)?,
            b"insert" => set_mode(&mut cookie, CookieMode::Insert, word)?,
            b"prefix" => set_mode(&mut cookie, CookieMode::Prefix, word)?,
            b"indirect" => cookie.is_indirect = true,
            b"nocache" => cookie.is_nocache = true,
            b"postonly" => cookie.is_postonly = true,
            b"preserve" => cookie.is_preserve = true,
            b"httponly" => cookie.is_httponly = true,
            b"secure" => cookie.is_secure = true,
            b"dynamic" => cookie.is_dynamic = true,
            b"domain" => cookie.domains.push(domain(words, parse)?),
            b"attr" => cookie.attributes.push(attribute(words)?),
            b"maxidle" => cookie.maxidle = lifetime(words)?,
            b"maxlife" => cookie.maxlife = lifetime(words)?,
            _ => return Err(args::unexpected(word, WORDS)),
        }
    }
    if cookie.mode == CookieMode::Rewrite && cookie.is_indirect {
        return Err(problem_of(codes::CONFLICT, parse.span, "`rewrite` and `indirect` exclude each other"));
    }
    if cookie.is_preserve && cookie.mode != CookieMode::Insert && !cookie.is_indirect {
        return Err(problem_of(codes::CONFLICT, parse.span, "`preserve` needs `insert` or `indirect`"));
    }
    parse.proxy.cookie = Some(cookie);
    Ok(())
}

fn plain(name: &Word) -> Cookie {
    Cookie {
        name: name.text.clone().into(),
        mode: CookieMode::Passive,
        is_indirect: false,
        is_nocache: false,
        is_postonly: false,
        is_preserve: false,
        is_httponly: false,
        is_secure: false,
        is_dynamic: false,
        domains: Vec::new(),
        attributes: Vec::new(),
        maxidle: None,
        maxlife: None,
    }
}

fn set_mode(cookie: &mut Cookie, mode: CookieMode, word: &Word) -> Result<(), Problem> {
    if cookie.mode != CookieMode::Passive && cookie.mode != mode {
        return Err(problem_of(
            codes::CONFLICT,
            word.span,
            "`rewrite`, `insert` and `prefix` exclude each other",
        ));
    }
    cookie.mode = mode;
    Ok(())
}

fn domain(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<Box<[u8]>, Problem> {
    let word = words.need("the domain")?;
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if let Some(bad) = word.text.iter().find(|byte| !is_allowed(byte)) {
        let text = format!("`{}` cannot stand in a domain's name", base::Lossy(&[*bad]));
        return Err(problem(word.span, text));
    }
    if !word.text.contains(&b'.') {
        let text =
            format!("browsers do not take cookies for `{}`: there is no dot in it (RFC 6265)", word.lossy());
        parse.cx.warn(word.span, text);
    }
    Ok(word.text.clone().into())
}

fn attribute(words: &mut Words<'_>) -> Result<Box<[u8]>, Problem> {
    let word = words.need("the attribute")?;
    if word.text.iter().any(|byte| byte.is_ascii_control() || *byte == b';') {
        return Err(problem(word.span, "a cookie's attribute holds neither control characters nor `;`"));
    }
    Ok(word.text.clone().into())
}

fn lifetime(words: &mut Words<'_>) -> Result<Option<Duration>, Problem> {
    let word = words.need("a duration")?;
    // Up to 68 years: more than other durations, which are milliseconds inside.
    let micros = base::units::parse_micros(&word.text, TimeUnit::Seconds);
    let time = match micros {
        Ok(micros) => Duration::from_secs(micros.div_ceil(1_000_000)),
        Err(_) => args::duration_of(word, TimeUnit::Seconds)?,
    };
    Ok((!time.is_zero()).then_some(time))
}

fn dynamic_key(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.dynamic_cookie_key = Some(words.need("the key")?.text.clone().into());
    args::ignore_rest(words, parse);
    Ok(())
}
