//! `option httpchk`: servers are checked with an HTTP request (chapter 4.2).

use rules::Words;
use sample::Problem;
use syntax::Word;

use super::args;
use super::check_steps::format;
use super::rows::{SERVER, usage};
use crate::context::{Pass, ProxyParse};
use crate::model::{CheckText, HttpCheckRequest};
use crate::row::ProxyRow;
use crate::sections::value;

pub(super) static ROWS: &[ProxyRow] = &[ProxyRow::new(
    "option httpchk",
    SERVER,
    httpchk,
    "servers are checked with an HTTP request",
    usage![
        "option httpchk",
        "option httpchk /alive",
        "option httpchk GET /alive",
        "option httpchk HEAD /alive HTTP/1.1 www.example.com",
        "option httpchk GET /alive HTTP/1.1\\r\\nHost:\\ www.example.com",
    ],
)];

/// `[ METHOD ] URI [ VERSION [ HOST ] ]`.
pub(super) fn httpchk(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let given = words.take_rest();
    let mut request = HttpCheckRequest::default();
    let text = |word: &Word| Some(value::bytes(word));
    match given {
        [] => {}
        [uri] => request.uri = text(uri).map(CheckText::Fixed),
        [method, uri, ..] => {
            request.method = text(method);
            request.uri = text(uri).map(CheckText::Fixed);
        }
    }
    if let Some(version) = given.get(2) {
        request.version = text(version);
        if version.text.contains(&b'\n') && parse.pass != Pass::Inherited {
            parse.warn(
                "header lines behind the version work; today they are written `http-check send hdr NAME VALUE`",
            );
        }
    }
    if let Some(host) = given.get(3) {
        let host = CheckText::of(format(host, parse)?);
        request.headers.push(((*b"host").into(), host));
    }
    if let Some(extra) = given.get(4) {
        return Err(args::unexpected(extra, &[]));
    }
    parse.scratch.checks.choose_http(request, parse.pass);
    Ok(())
}
