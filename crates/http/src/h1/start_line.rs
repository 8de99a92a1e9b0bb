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
pub(crate) fn request_line(input: &[u8], leniency: Leniency) -> Result<(RequestLine, usize), Stop> {
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
    let mut version = Slice::new(version_start, version_end);
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
    let line = if as_written { Slice::new(0, next) } else { Slice::default() };
    let (method, uri) = (Slice::new(0, method_end), Slice::new(uri_start, uri_end));
    Ok((RequestLine { method, uri, version, method_kind, version_kind, line }, next))
}

/// Where the target that starts at `start` ends.
#[inline]
fn target_end(input: &[u8], start: usize, leniency: Leniency) -> Result<usize, Stop> {
    let mut at = start;
    loop {
        at = scan::find_target_stop(input, at);
        match byte_at(input, at)? {
            b' ' | b'\t' | b'\r' | b'\n' => return Ok(at),
            b'!' | b'"' => at += 1,
            b'#' | 0x80.. if leniency == Leniency::AcceptUnsafe => at += 1,
            _ => return bad(ErrorKind::Target, at),
        }
    }
}

/// Reads the status line at the start of `input`; answers it and where the next line starts.
pub(crate) fn status_line(input: &[u8], leniency: Leniency) -> Result<(StatusLine, usize), Stop> {
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
    let line = if as_written { Slice::new(0, next) } else { Slice::default() };
    let (version, reason) = (Slice::new(0, version_end), Slice::new(reason_start, reason_end));
    Ok((StatusLine { version, reason, version_kind, status, line }, next))
}

/// The status code at `start` and where it ends. More than three digits need leniency.
#[inline]
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
#[inline]
fn reason_end(input: &[u8], start: usize) -> usize {
    let mut at = scan::find_line_stop(input, start);
    while input.get(at) == Some(&0) {
        at = scan::find_line_stop(input, at + 1);
    }
    at
}

#[inline]
fn version_of(text: &[u8], at: usize, leniency: Leniency) -> Result<Version, Stop> {
    match (Version::of(text), leniency) {
        (Some(version), _) => Ok(version),
        (None, Leniency::AcceptUnsafe) => Ok(Version::Other),
        (None, Leniency::Strict) => bad(ErrorKind::Version, at),
    }
}

#[inline]
fn is_written_so(kind: Version, input: &[u8], version_end: usize, next: usize) -> bool {
    let spelt = part(input, version_end.saturating_sub(8), version_end);
    version_end + 2 == next && is_spelt_so(kind, spelt)
}

/// Whether a version is forwarded in the spelling in which it came.
#[inline]
fn is_spelt_so(kind: Version, text: &[u8]) -> bool {
    text == b"HTTP/1.1" || kind == Version::Http10 && text == b"HTTP/1.0"
}

#[inline]
fn is_line_end(byte: u8) -> bool {
    byte == b'\r' || byte == b'\n'
}

/// The first place from `at` on whose byte `matches` refuses.
#[inline]
fn skip(input: &[u8], at: usize, matches: impl Fn(u8) -> bool) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    rest.iter().position(|&byte| !matches(byte)).map_or(input.len(), |found| at + found)
}

#[inline]
fn part(input: &[u8], start: usize, end: usize) -> &[u8] {
    input.get(start..end).unwrap_or_default()
}
