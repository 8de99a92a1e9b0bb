//! `compression` (chapter 4.2), and what the filters `compression`, `comp-req` and `comp-res` mean (chapter 9.2).
//!
//! Where a proxy has `compression` lines and no filters at all, both filters are there unsaid, behind all others.

use diag::codes;
use http::compress::Algorithm;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use super::args;
use super::rows::{ANY, usage};
use crate::context::{Pass, ProxyParse};
use crate::model::{CompressedWay, Compression};
use crate::row::ProxyRow;
use crate::sections::value;

pub(super) static ROWS: &[ProxyRow] = &[ProxyRow::new(
    "compression",
    ANY,
    compression,
    "which bodies are compressed, and how",
    usage![
        "compression algo gzip",
        "compression type text/html text/plain",
        "compression direction both",
        "compression minsize-res 1k"
    ],
)];

const SETTINGS: &[&str] = &[
    "algo",
    "algo-req",
    "algo-res",
    "type",
    "type-req",
    "type-res",
    "offload",
    "direction",
    "minsize-req",
    "minsize-res",
];

/// What a proxy's filters said that decides about those of compression when all lines are read.
#[derive(Debug, Default)]
pub struct FilterDraft {
    /// Whether there is one beside which compression must be named as well.
    pub has_other: bool,
    /// The place of a `filter cache` behind one of compression.
    pub late_cache: Option<diag::Span>,
}

fn compression(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("what is set: `algo`, `type`, ...")?;
    if !SETTINGS.iter().any(|known| *word == **known) {
        return Err(args::unexpected(word, SETTINGS));
    }
    let mut settings =
        parse.proxy.compression.take().unwrap_or_else(|| Box::new(Compression::of_responses()));
    let result = set(word, words, &mut settings, parse);
    parse.proxy.compression = Some(settings);
    result?;
    args::ignore_rest(words, parse);
    Ok(())
}

fn set(
    word: &Word,
    words: &mut Words<'_>,
    settings: &mut Compression,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let way = if word.text.ends_with(b"-req") { &mut settings.request } else { &mut settings.response };
    match word.text.as_slice() {
        b"algo" | b"algo-res" => {
            words.clone().need("the algorithm")?;
            for word in words.take_rest() {
                way.algorithms.insert(0, algorithm(word)?);
            }
        }
        b"algo-req" => way.algorithms.insert(0, algorithm(words.need("the algorithm")?)?),
        b"type" | b"type-req" | b"type-res" => {
            words.clone().need("the media types")?;
            way.types.extend(words.take_rest().iter().map(|word| Box::from(word.text.as_slice())));
        }
        b"minsize-req" | b"minsize-res" => way.bytes_min = value::size(words.need("the size")?)?,
        b"offload" => offload(settings, parse),
        _ => direction(words.need("`request`, `response` or `both`")?, settings)?,
    }
    Ok(())
}

fn algorithm(word: &Word) -> Result<Algorithm, Problem> {
    let names = Algorithm::ALL.map(Algorithm::name);
    Algorithm::named(&word.text).ok_or_else(|| args::unexpected(word, &names))
}

/// It is said for each proxy, since it takes from servers what they could do.
fn offload(settings: &mut Compression, parse: &mut ProxyParse<'_>) {
    match parse.pass {
        Pass::Own => settings.is_offload = true,
        Pass::Defaults => {
            parse.warn("`compression offload` has no effect in a defaults section");
        }
        Pass::Inherited => {}
    }
}

fn direction(word: &Word, settings: &mut Compression) -> Result<(), Problem> {
    let wanted = match word.text.as_slice() {
        b"request" => (true, false),
        b"response" => (false, true),
        b"both" => (true, true),
        _ => return Err(args::unexpected(word, &["request", "response", "both"])),
    };
    (settings.request.is_wanted, settings.response.is_wanted) = wanted;
    Ok(())
}

/// `filter compression`, `filter comp-req`, `filter comp-res`.
pub(super) fn filter(word: &Word, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let settings = parse.proxy.compression.get_or_insert_default();
    let (request, response) = (&mut settings.request, &mut settings.response);
    let ways: &mut [&mut CompressedWay] = match word.text.as_slice() {
        b"comp-req" => {
            request.is_wanted = true;
            &mut [request]
        }
        b"comp-res" => {
            response.is_wanted = true;
            &mut [response]
        }
        _ => {
            // The name of old times wants responses, as `compression` lines do.
            response.is_wanted |= !request.is_wanted;
            &mut [request, response]
        }
    };
    if ways.iter().any(|way| way.has_filter) {
        let text = format!("a second `{}`: what it does is done by an earlier filter", word.lossy());
        return Err(problem_of(codes::FILTERS, word.span, text));
    }
    ways.iter_mut().for_each(|way| way.has_filter = true);
    Ok(())
}

/// Notes a filter of another kind.
pub(super) fn note_other(word: &Word, parse: &mut ProxyParse<'_>) {
    let compresses = parse.proxy.compression.as_ref();
    let has_filter = compresses.is_some_and(|c| c.request.has_filter || c.response.has_filter);
    let draft = &mut parse.scratch.filters;
    match word.text.as_slice() {
        b"cache" if has_filter => draft.late_cache = Some(word.span),
        b"cache" | b"fcgi-app" => {}
        _ => draft.has_other = true,
    }
}

/// Adds the filters that `compression` lines imply.
pub(super) fn complete(parse: &mut ProxyParse<'_>) {
    let Some(settings) = &mut parse.proxy.compression else { return };
    let has_filter = settings.request.has_filter || settings.response.has_filter;
    let draft = &parse.scratch.filters;
    if let Some(span) = draft.late_cache {
        let text =
            "`filter cache` must stand before the filters of compression: what is kept is not compressed";
        parse.cx.report(problem_of(codes::FILTERS, span, text));
    } else if !has_filter && draft.has_other {
        let text = "beside other filters, `compression` needs its own: `filter comp-res` says in which order they work";
        parse.cx.report(problem_of(codes::FILTERS, parse.proxy.span, text));
    } else if !has_filter {
        (settings.request.has_filter, settings.response.has_filter) = (true, true);
    }
}
