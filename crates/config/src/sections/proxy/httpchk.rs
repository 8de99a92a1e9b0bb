//! `option httpchk`: servers are checked with an HTTP request (chapter 4.2).

use rules::Words;
use sample::Problem;

use super::args;
use super::http_check;
use super::rows::{SERVER, usage};
use crate::context::{Pass, ProxyParse};
use crate::model::HeaderLine;
use crate::row::ProxyRow;

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

fn httpchk(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let given = words.take_rest();
    let check = &mut parse.scratch.http_check;
    match given {
        [] => {}
        [uri] => check.uri = uri.text.clone().into(),
        [method, uri, ..] => {
            check.method = method.text.clone().into();
            check.uri = uri.text.clone().into();
        }
    }
    if let Some(version) = given.get(2) {
        hidden_headers(&version.text, parse);
    }
    if let Some(host) = given.get(3) {
        parse.scratch.http_check.headers.push(((*b"Host").into(), host.text.clone().into()));
    }
    http_check::select(parse);
    given.get(4).map_or(Ok(()), |extra| Err(args::unexpected(extra, &[])))
}

/// Takes a version apart that has header lines behind it, as old files wrote them before there was `http-check send`.
fn hidden_headers(text: &[u8], parse: &mut ProxyParse<'_>) {
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let check = &mut parse.scratch.http_check;
    check.version = lines.next().unwrap_or_default().into();
    let headers: Vec<HeaderLine> = lines.filter_map(header).collect();
    let has_headers = !headers.is_empty();
    check.headers.extend(headers);
    if has_headers && parse.pass != Pass::Inherited {
        parse.warn(
            "header lines behind the version work; today they are written `http-check send hdr NAME VALUE`",
        );
    }
}

/// The name and the value of a header line.
fn header(line: &[u8]) -> Option<HeaderLine> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((line[..colon].into(), line[colon + 1..].trim_ascii().into()))
}
