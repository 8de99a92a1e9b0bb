//! `balance`, `hash-type`, `hash-balance-factor`, `hash-preserve-affinity` (chapter 4.2).

use diag::codes;
use rules::Words;
use sample::compile::problem_of;
use sample::{Expr, Place, Problem};
use state::balance::{Affinity, Algorithm, Function, HashType, KeySource, Method, Modifier};
use state::value::Type;
use syntax::Word;

use super::args;
use super::rows::{SERVER, usage};
use crate::context::ProxyParse;
use crate::model::BalanceKey;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "balance",
        SERVER,
        balance,
        "how a server is chosen for a request",
        usage![
            "balance roundrobin",
            "balance random(3)",
            "balance uri len 20 depth 3",
            "balance url_param userid check_post",
            "balance hdr(User-Agent)",
            "balance hash path",
            "balance log-hash field(1,:),lower",
        ],
    ),
    ProxyRow::new(
        "hash-type",
        SERVER,
        hash_type,
        "how a hash becomes a server",
        usage!["hash-type consistent", "hash-type map-based djb2 avalanche"],
    ),
    ProxyRow::new(
        "hash-balance-factor",
        SERVER,
        factor,
        "how far above the mean, in per cent, the load of a server may be before a hash goes elsewhere",
        usage!["hash-balance-factor 150"],
    ),
    ProxyRow::new(
        "hash-preserve-affinity",
        SERVER,
        affinity,
        "whether a hash stays with its server when that is full",
        usage!["hash-preserve-affinity maxconn"],
    ),
];

pub(super) const ALGORITHMS: &[&str] = &[
    "roundrobin",
    "static-rr",
    "leastconn",
    "first",
    "random",
    "source",
    "uri",
    "url_param",
    "hash",
    "hdr(name)",
    "rdp-cookie",
    "log-hash",
    "sticky",
];

/// Draws of `random` that say no number.
const DRAWS: u32 = 2;

fn balance(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let (algorithm, key) = match words.next() {
        None => (Algorithm::default(), None),
        Some(word) => algorithm(word, words, parse)?,
    };
    parse.proxy.balance.algorithm = algorithm;
    parse.proxy.balance.key = key;
    args::ignore_rest(words, parse);
    Ok(())
}

fn algorithm(
    word: &Word,
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
) -> Result<(Algorithm, Option<BalanceKey>), Problem> {
    let keyed = |source, key| Ok((Algorithm::Hash(source), Some(key)));
    match word.text.as_slice() {
        b"roundrobin" => Ok((Algorithm::RoundRobin, None)),
        b"static-rr" => Ok((Algorithm::StaticRr, None)),
        b"leastconn" => Ok((Algorithm::LeastConn, None)),
        b"first" => Ok((Algorithm::First, None)),
        b"sticky" => Ok((Algorithm::Sticky, None)),
        b"source" => keyed(KeySource::Source, BalanceKey::Source),
        b"uri" => keyed(KeySource::Uri, uri(words, parse)?),
        b"url_param" => keyed(KeySource::UrlParam, url_param(words)?),
        b"hash" => keyed(KeySource::Expr, BalanceKey::Expr(expr(words, parse)?)),
        b"log-hash" => keyed(KeySource::Expr, BalanceKey::Log(converters(words, parse)?)),
        text if text.starts_with(b"random") => Ok((Algorithm::Random { draws: draws(word)? }, None)),
        text if text.starts_with(b"hdr(") => keyed(KeySource::Hdr, header(word, words)?),
        text if text.starts_with(b"rdp-cookie") => {
            let name = args::in_parentheses(word, "rdp-cookie")?.unwrap_or(b"mstshash");
            let text = [b"req.rdp_cookie(", name, b")"].concat();
            let compiled = parse
                .compile(Place::BackendRequest, word.span, |compile, _| Expr::compile(&text, compile))?;
            keyed(KeySource::RdpCookie, BalanceKey::RdpCookie(compiled))
        }
        _ => Err(args::unexpected(word, ALGORITHMS)),
    }
}

fn draws(word: &Word) -> Result<u32, Problem> {
    if word.text == b"random()" {
        return Ok(DRAWS);
    }
    let Some(number) = args::in_parentheses(word, "random")? else { return Ok(DRAWS) };
    let draws = base::bytes::parse_decimal(number).and_then(|number| u32::try_from(number).ok());
    draws
        .filter(|draws| *draws > 0)
        .ok_or_else(|| problem_of(codes::NUMBER, word.span, "the number of draws of `random` is 1 at least"))
}

fn uri(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<BalanceKey, Problem> {
    let (mut len, mut depth, mut is_whole, mut is_path_only) = (0, 0, false, false);
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"len" => len = args::number(words, "the length", 1, parse)?,
            b"depth" => depth = args::number(words, "the depth", 1, parse)?,
            b"whole" => is_whole = true,
            b"path-only" => is_path_only = true,
            _ => return Err(args::unexpected(word, &["len", "depth", "whole", "path-only"])),
        }
    }
    Ok(BalanceKey::Uri { len, depth, is_whole, is_path_only })
}

fn url_param(words: &mut Words<'_>) -> Result<BalanceKey, Problem> {
    let name = words.need("the parameter's name")?.text.clone().into();
    let check_post = words.eat("check_post");
    if let Some(other) = words.peek().filter(|_| !check_post) {
        return Err(args::unexpected(other, &["check_post"]));
    }
    Ok(BalanceKey::UrlParam { name, check_post })
}

fn header(word: &Word, words: &mut Words<'_>) -> Result<BalanceKey, Problem> {
    let name = args::in_parentheses(word, "hdr")?.unwrap_or_default().into();
    let is_domain_only = words.eat("use_domain_only");
    if let Some(other) = words.peek().filter(|_| !is_domain_only) {
        return Err(args::unexpected(other, &["use_domain_only"]));
    }
    Ok(BalanceKey::Header { name, is_domain_only })
}

fn expr(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<Expr, Problem> {
    let word = words.need("a sample expression")?;
    words.done()?;
    parse.compile(Place::BackendRequest, word.span, |compile, _| Expr::compile(&word.text, compile))
}

/// The converters of `log-hash`. They begin with text, a message, and must end in what can be hashed.
fn converters(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<Expr, Problem> {
    let word = words.need("converters")?;
    let expr = parse.compile(Place::Log, word.span, |compile, _| -> Result<Expr, Problem> {
        let mut expr = Expr::compile(b"str(message)", compile)?;
        expr.append_converters(&word.text, compile).map(|()| expr)
    })?;
    if !expr.out().casts_to(Type::Bin) {
        let text = "what the last converter gives cannot become the bytes that are hashed";
        return Err(problem_of(codes::TYPE, word.span, text));
    }
    Ok(expr)
}

fn hash_type(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`map-based` or `consistent`")?;
    let method = match word.text.as_slice() {
        b"map-based" => Method::MapBased,
        b"consistent" => Method::Consistent,
        b"avalanche" => {
            parse.warn("`hash-type avalanche` was an experiment; today it is written `hash-type map-based sdbm avalanche`");
            let hash = HashType { modifier: Modifier::Avalanche, ..HashType::default() };
            parse.proxy.balance.hash_type = hash;
            return words.done();
        }
        _ => return Err(args::unexpected(word, &["map-based", "consistent"])),
    };
    let Some(word) = words.next() else {
        let plain = HashType::default();
        let is_consistent = method == Method::Consistent;
        parse.proxy.balance.hash_type = if is_consistent { HashType::consistent() } else { plain };
        return Ok(());
    };
    let function = match word.text.as_slice() {
        b"sdbm" => Function::Sdbm,
        b"djb2" => Function::Djb2,
        b"wt6" => Function::Wt6,
        b"crc32" => Function::Crc32,
        b"none" => Function::None,
        _ => return Err(args::unexpected(word, &["sdbm", "djb2", "wt6", "crc32", "none"])),
    };
    let modifier = if words.eat("avalanche") { Modifier::Avalanche } else { Modifier::Plain };
    parse.proxy.balance.hash_type = HashType { method, function, modifier };
    words.peek().map_or(Ok(()), |extra| Err(args::unexpected(extra, &["avalanche"])))
}

fn factor(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    const SMALLEST: u32 = 101;
    let span = words.span();
    let factor: u32 = args::number(words, "the factor", 0, parse)?;
    if factor != 0 && factor < SMALLEST {
        return Err(problem_of(codes::NUMBER, span, "the factor is a percentage above 100, or 0 for none"));
    }
    parse.proxy.balance.hash_balance_factor = factor;
    args::ignore_rest(words, parse);
    Ok(())
}

fn affinity(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`always`, `maxconn` or `maxqueue`")?;
    parse.proxy.balance.affinity = match word.text.as_slice() {
        b"always" => Affinity::Always,
        b"maxconn" => Affinity::Maxconn,
        b"maxqueue" => Affinity::Maxqueue,
        _ => return Err(args::unexpected(word, &["always", "maxconn", "maxqueue"])),
    };
    args::ignore_rest(words, parse);
    Ok(())
}
