//! Parts of the request line for `%r`, `%HM`, `%HU`, `%HP`, `%HPO`, `%HQ` and `%HV`.
//!
//! They are cut out of the line as the client sent it, before rules changed anything.

use crate::txn::Txn;

/// What stands for the request line where there was none.
const BAD: &[u8] = b"<BADREQ>";
/// How much of a request line is logged when `tune.http.logurilen` does not say.
const LINE_BYTES_MAX: usize = 1024;

/// A part of the request line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Line,
    Method,
    Uri,
    /// The URI up to its question mark.
    UriWithoutQuery,
    /// The path alone, even of an absolute URI.
    Path,
    /// From the question mark on.
    Query,
    Version,
}

/// The request line as received, cut at the limit; `None` before one was complete.
pub(crate) fn line(txn: &Txn) -> Option<&[u8]> {
    if !txn.req.is_here() {
        return None;
    }
    let limit = match txn.runtime.process.log_uri_bytes_max {
        0 => LINE_BYTES_MAX,
        limit => limit as usize,
    };
    let line = txn.req.head.original_start_line()?;
    Some(&line[..line.len().min(limit.saturating_sub(1))])
}

/// `part` of `line`.
pub(crate) fn part(line: Option<&[u8]>, part: Part) -> &[u8] {
    let Some(line) = line else { return BAD };
    if part == Part::Line {
        return line;
    }
    let (method, rest) = word(line);
    let has_blank = !rest.is_empty();
    let (uri, version) = word(skip_blanks(rest));
    match part {
        Part::Line => line,
        Part::Query => {
            let from = line.iter().position(|byte| *byte == b'?').unwrap_or(line.len());
            word(&line[from..]).0
        }
        _ if !has_blank => BAD,
        Part::Method => method,
        Part::Uri => uri,
        Part::UriWithoutQuery => before_query(uri),
        Part::Path => before_query(http::uri::path(uri).unwrap_or_default()),
        Part::Version => match skip_blanks(version) {
            [] => b"HTTP/0.9",
            version => version,
        },
    }
}

fn before_query(uri: &[u8]) -> &[u8] {
    uri.split(|byte| *byte == b'?').next().unwrap_or_default()
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// `text` up to its first blank, and the rest.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| is_blank(*byte)).unwrap_or(text.len()))
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| is_blank(**byte)).count();
    &text[blanks..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> Vec<String> {
        let all = [Part::Method, Part::Uri, Part::UriWithoutQuery, Part::Path, Part::Query, Part::Version];
        all.map(|which| String::from_utf8_lossy(part(Some(line.as_bytes()), which)).into_owned()).to_vec()
    }

    #[test]
    fn an_ordinary_line() {
        assert_eq!(parts("GET /a/b?c=d HTTP/1.1"), ["GET", "/a/b?c=d", "/a/b", "/a/b", "?c=d", "HTTP/1.1"]);
        assert_eq!(parts("POST /x HTTP/1.0"), ["POST", "/x", "/x", "/x", "", "HTTP/1.0"]);
    }

    #[test]
    fn an_absolute_uri() {
        let line = "GET http://host:80/p?q HTTP/1.1";
        assert_eq!(parts(line), ["GET", "http://host:80/p?q", "http://host:80/p", "/p", "?q", "HTTP/1.1"]);
    }

    #[test]
    fn odd_lines() {
        assert_eq!(parts("GET /"), ["GET", "/", "/", "/", "", "HTTP/0.9"]);
        assert_eq!(parts("VERB"), ["<BADREQ>", "<BADREQ>", "<BADREQ>", "<BADREQ>", "", "<BADREQ>"]);
        assert_eq!(part(None, Part::Line), b"<BADREQ>");
    }
}
