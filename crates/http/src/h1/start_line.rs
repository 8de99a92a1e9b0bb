//! Start lines: request lines and status lines (RFC 9112 sections 3 and 4).
//!
//! Each is read from left to right and refused at its first wrong byte, whether its end has arrived or not. Several
//! blanks may separate the parts, and a lone LF may end the line.

use super::Leniency;
use super::error::{ErrorKind, Stop, bad, byte_at, line_end};
use crate::message::{Method, Slice, Version};
use crate::message::{RequestLine, StatusLine};
use crate::{chars, scan};

/// Reads the request line at the start of `input`; answers it and where the next line starts.
#[inline]
pub(crate) fn request_line(input: &[u8], leniency: Leniency) -> Result<(RequestLine, usize), Stop> {
    match usual_request_line(input) {
        Some(line) => Ok(line),
        None => any_request_line(input, leniency),
    }
}

/// A complete request line with a common method and a plain target, as nearly all of them are.
#[inline]
fn usual_request_line(input: &[u8]) -> Option<(RequestLine, usize)> {
    let (method_kind, uri_start) = match input {
        [b'G', b'E', b'T', b' ', ..] => (Method::Get, 4),
        [b'P', b'O', b'S', b'T', b' ', ..] => (Method::Post, 5),
        [b'H', b'E', b'A', b'D', b' ', ..] => (Method::Head, 5),
        [b'P', b'U', b'T', b' ', ..] => (Method::Put, 4),
        _ => return None,
    };
    let target = input.get(uri_start..)?;
    let uri_len = scan::find_target_stop(target).filter(|&len| len > 0)?;
    if !target.get(uri_len..)?.starts_with(b" HTTP/1.1\r\n") {
        return None;
    }
    let uri_end = uri_start + uri_len;
    let next = uri_end + 11;
    let line = RequestLine {
        method: Slice::within(0, uri_start - 1),
        uri: Slice::within(uri_start, uri_end),
        version: Slice::within(uri_end + 1, uri_end + 9),
        method_kind,
        version_kind: Version::Http11,
        line: Slice::within(0, next),
    };
    Some((line, next))
}

fn any_request_line(input: &[u8], leniency: Leniency) -> Result<(RequestLine, usize), Stop> {
    let method_end = skip(input, 0, chars::is_token);
    if !chars::is_space(byte_at(input, method_end)?) || method_end == 0 {
        return bad(ErrorKind::Method, method_end);
    }
    let uri_start = skip(input, method_end, chars::is_blank);
    let uri_end = target_end(input, uri_start, leniency)?;
    let version_start = skip(input, uri_end, chars::is_blank);
    let version_end = skip(input, version_start, chars::is_version);
    if !is_line_end(byte_at(input, version_end)?) {
        return bad(ErrorKind::Version, version_end);
    }
    let next = line_end(input, version_end)?;
    let method_kind = Method::of(part(input, 0, method_end));
    let mut version = Slice::within(version_start, version_end);
    let mut version_kind = version_of(part(input, version_start, version_end), version_start, leniency)?;
    if version_start == version_end {
        if method_kind != Method::Get || uri_start == uri_end {
            return bad(ErrorKind::Version, version_start);
        }
        (version, version_kind) = (Slice::default(), Version::Http10);
    }
    let single_blanks = [method_end + 1, uri_end + 1] == [uri_start, version_start]
        && input.get(method_end) == Some(&b' ')
        && input.get(uri_end) == Some(&b' ');
    let as_written = single_blanks && is_written_so(version_kind, input, version_end, next);
    let line = if as_written { Slice::within(0, next) } else { Slice::default() };
    let (method, uri) = (Slice::within(0, method_end), Slice::within(uri_start, uri_end));
    Ok((RequestLine { method, uri, version, method_kind, version_kind, line }, next))
}

/// Where the target that starts at `start` ends.
fn target_end(input: &[u8], start: usize, leniency: Leniency) -> Result<usize, Stop> {
    let mut at = start;
    loop {
        let found = scan::find_target_stop(input.get(at..).unwrap_or_default()).ok_or(Stop::Partial)?;
        at += found;
        match byte_at(input, at)? {
            b' ' | b'\t' | b'\r' | b'\n' => return Ok(at),
            b'!' | b'"' => at += 1,
            b'#' | 0x80.. if leniency == Leniency::AcceptUnsafe => at += 1,
            _ => return bad(ErrorKind::Target, at),
        }
    }
}

/// Reads the status line at the start of `input`; answers it and where the next line starts.
#[inline]
pub(crate) fn status_line(input: &[u8], leniency: Leniency) -> Result<(StatusLine, usize), Stop> {
    match usual_status_line(input) {
        Some(line) => Ok(line),
        None => any_status_line(input, leniency),
    }
}

/// A complete status line of HTTP/1.1 with a reason, as nearly all of them are.
#[inline]
fn usual_status_line(input: &[u8]) -> Option<(StatusLine, usize)> {
    let rest = input.strip_prefix(b"HTTP/1.1 ")?;
    let [hundreds @ b'0'..=b'9', tens @ b'0'..=b'9', ones @ b'0'..=b'9', b' ', reason @ ..] = rest else {
        return None;
    };
    let len = scan::find_line_stop(reason)?;
    if !reason.get(len..)?.starts_with(b"\r\n") || chars::is_blank(*reason.first()?) || len == 0 {
        return None;
    }
    let digit = |byte: &u8| u16::from(byte - b'0');
    let reason_start = 13;
    let next = reason_start + len + 2;
    let line = StatusLine {
        version: Slice::within(0, 8),
        reason: Slice::within(reason_start, reason_start + len),
        version_kind: Version::Http11,
        status: digit(hundreds) * 100 + digit(tens) * 10 + digit(ones),
        line: Slice::within(0, next),
    };
    Some((line, next))
}

fn any_status_line(input: &[u8], leniency: Leniency) -> Result<(StatusLine, usize), Stop> {
    let version_end = skip(input, 0, chars::is_version);
    if !chars::is_blank(byte_at(input, version_end)?) || version_end == 0 {
        return bad(ErrorKind::Version, version_end);
    }
    let version_kind = version_of(part(input, 0, version_end), 0, leniency)?;
    let code_start = skip(input, version_end, chars::is_blank);
    let (status, code_end) = status_code(input, code_start, leniency)?;
    let reason_start = skip(input, code_end, chars::is_blank);
    let reason_end = reason_end(input, reason_start);
    let next = line_end(input, reason_end)?;
    let as_written = version_end + 1 == code_start
        && code_start + 3 == code_end
        && code_end + 1 == reason_start
        && reason_start < reason_end
        && input.get(version_end) == Some(&b' ')
        && input.get(code_end) == Some(&b' ')
        && input.get(reason_end) == Some(&b'\r')
        && is_spelt_so(version_kind, part(input, 0, version_end));
    let line = if as_written { Slice::within(0, next) } else { Slice::default() };
    let (version, reason) = (Slice::within(0, version_end), Slice::within(reason_start, reason_end));
    Ok((StatusLine { version, reason, version_kind, status, line }, next))
}

/// The status code at `start` and where it ends. More than three digits need leniency.
fn status_code(input: &[u8], start: usize, leniency: Leniency) -> Result<(u16, usize), Stop> {
    let (mut status, mut at) = (0u16, start);
    loop {
        let byte = byte_at(input, at)?;
        if !byte.is_ascii_digit() {
            let ends = chars::is_space(byte) && at > start;
            return if ends { Ok((status, at)) } else { bad(ErrorKind::Status, at) };
        }
        let lenient = leniency == Leniency::AcceptUnsafe && status < u16::MAX / 10;
        if at - start >= 3 && !lenient {
            return bad(ErrorKind::Status, at);
        }
        status = status * 10 + u16::from(byte - b'0');
        at += 1;
    }
}

/// Where the reason ends: at CR, LF or the end of the input. A NUL is part of it.
fn reason_end(input: &[u8], start: usize) -> usize {
    skip(input, start, |byte| byte != b'\r' && byte != b'\n')
}

fn version_of(text: &[u8], at: usize, leniency: Leniency) -> Result<Version, Stop> {
    match (Version::of(text), leniency) {
        (Some(version), _) => Ok(version),
        (None, Leniency::AcceptUnsafe) => Ok(Version::Other),
        (None, Leniency::Strict) => bad(ErrorKind::Version, at),
    }
}

fn is_written_so(kind: Version, input: &[u8], version_end: usize, next: usize) -> bool {
    let spelt = part(input, version_end.saturating_sub(8), version_end);
    version_end + 2 == next && is_spelt_so(kind, spelt)
}

/// Whether a version is forwarded in the spelling in which it came.
fn is_spelt_so(kind: Version, text: &[u8]) -> bool {
    text == b"HTTP/1.1" || kind == Version::Http10 && text == b"HTTP/1.0"
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\r' || byte == b'\n'
}

/// The first place from `at` on whose byte `matches` refuses.
fn skip(input: &[u8], at: usize, matches: impl Fn(u8) -> bool) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    rest.iter().position(|&byte| !matches(byte)).map_or(input.len(), |found| at + found)
}

fn part(input: &[u8], start: usize, end: usize) -> &[u8] {
    input.get(start..end).unwrap_or_default()
}
