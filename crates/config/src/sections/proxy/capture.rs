//! Captures: `capture cookie`, `capture request header`, `capture response header`, `declare capture` (chapter 4.2).

use keyword::Sections;
use rules::Words;
use rules::action::CaptureSlot;
use sample::Problem;

use super::args;
use super::rows::usage;
use crate::context::ProxyParse;
use crate::model::CaptureCookie;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "capture cookie",
        Sections::CLIENT_SIDE,
        cookie,
        "a cookie whose value is logged, in requests and responses",
        usage!["capture cookie ASPSESSION len 32", "capture cookie vgnvisitor= len 32"],
    )
    .long("Cookies are taken whose names begin with the word; with `=` at its end it is the whole name."),
    ProxyRow::new(
        "capture request header",
        Sections::CLIENT_SIDE,
        request_header,
        "a request header whose value is logged",
        usage!["capture request header Host len 64"],
    ),
    ProxyRow::new(
        "capture response header",
        Sections::CLIENT_SIDE,
        response_header,
        "a response header whose value is logged",
        usage!["capture response header Location len 32"],
    ),
    ProxyRow::new(
        "declare capture",
        Sections::CLIENT_SIDE,
        declare,
        "a slot that rules of backends may capture into",
        usage!["declare capture request len 64", "declare capture response len 64"],
    ),
];

fn cookie(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the cookie's name")?;
    let (name, is_prefix) = match word.text.strip_suffix(b"=") {
        Some(name) => (name, false),
        None => (word.text.as_slice(), true),
    };
    let bytes_max = len(words, parse)?;
    parse.proxy.capture_cookie = Some(CaptureCookie { name: name.into(), is_prefix, bytes_max });
    words.done()
}

/// `len N`, which every capture ends with.
fn len(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<usize, Problem> {
    let word = words.need("`len` and the number of bytes to keep")?;
    if *word != "len" {
        return Err(args::unexpected(word, &["len"]));
    }
    args::number(words, "the number of bytes", 1, parse)
}

fn header_slot(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<CaptureSlot, Problem> {
    let name = words.need("the header's name")?.text.clone().into();
    let slot = CaptureSlot { header: Some(name), bytes_max: len(words, parse)? };
    words.done().map(|()| slot)
}

fn request_header(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let slot = header_slot(words, parse)?;
    parse.proxy.captures.request.push(slot);
    Ok(())
}

fn response_header(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let slot = header_slot(words, parse)?;
    parse.proxy.captures.response.push(slot);
    Ok(())
}

fn declare(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let direction = words.need("`request` or `response`")?;
    let slot = CaptureSlot { header: None, bytes_max: len(words, parse)? };
    match direction.text.as_slice() {
        b"request" => parse.proxy.captures.request.push(slot),
        b"response" => parse.proxy.captures.response.push(slot),
        _ => return Err(args::unexpected(direction, &["request", "response"])),
    }
    args::ignore_rest(words, parse);
    Ok(())
}
