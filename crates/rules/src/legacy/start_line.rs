//! Start lines as text, and back (RFC 9112 sections 3 and 4).

use http::Head;
use http::message::Version;

/// Appends the start line as it is written to HTTP/1 peers, without its line end. A request of HTTP/2 shows its path,
/// as 1.9 translated it, since its authority is the Host field of old.
pub(super) fn write(head: &Head, out: &mut Vec<u8>) {
    if shows_path(head) {
        out.extend_from_slice(head.method());
        out.push(b' ');
        out.extend_from_slice(head.path_and_query().unwrap_or(b"/"));
        out.extend_from_slice(b" HTTP/1.1");
        return;
    }
    head.write_start_line(out);
    let end = out.strip_suffix(b"\r\n").map_or(out.len(), <[u8]>::len);
    out.truncate(end);
}

fn shows_path(head: &Head) -> bool {
    let multiplexed = matches!(head.version(), Version::Http2 | Version::Http3);
    multiplexed && head.is_request() && head.scheme().is_some()
}

/// A rewritten start line that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invalid;

/// Makes `line` the start line of `head`; it must be of the same kind as the one that is there.
pub(super) fn set(head: &mut Head, line: &[u8]) -> Result<(), Invalid> {
    if head.is_request() { set_request(head, line) } else { set_status(head, line) }
}

fn set_request(head: &mut Head, line: &[u8]) -> Result<(), Invalid> {
    let mut parts = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|part| !part.is_empty());
    let (method, uri) = (parts.next().ok_or(Invalid)?, parts.next().ok_or(Invalid)?);
    // Without version it was HTTP/0.9 to 1.5; this is what a template that forgets the version comes to.
    let version = parts.next().map(|text| Version::of(text).ok_or(Invalid)).transpose()?;
    if parts.next().is_some() || !method.iter().all(|byte| byte.is_ascii_graphic()) || !uri.iter().all(is_uri)
    {
        return Err(Invalid);
    }
    let path_only = shows_path(head) && uri.first() == Some(&b'/');
    if head.method() != method {
        head.set_method(method);
    }
    if path_only {
        head.set_path_and_query(uri);
    } else {
        head.set_uri(uri);
    }
    set_version(head, version);
    Ok(())
}

/// What HAProxy takes for part of a target: everything but controls and blanks.
fn is_uri(byte: &u8) -> bool {
    *byte > b' ' && *byte != 0x7f
}

/// `HTTP/1.1 200 OK`; the reason may be missing.
fn set_status(head: &mut Head, line: &[u8]) -> Result<(), Invalid> {
    let (version, rest) = cut(line);
    let (code, reason) = cut(rest);
    let version = Version::of(version).ok_or(Invalid)?;
    let digits = std::str::from_utf8(code).ok().filter(|code| code.len() == 3);
    let status: u16 = digits.and_then(|code| code.parse().ok()).filter(|code| *code >= 100).ok_or(Invalid)?;
    head.set_status(status, Some(reason));
    set_version(head, Some(version));
    Ok(())
}

/// A version keeps its protocol: `HTTP/1.1` in the line of an HTTP/2 message is how that one is shown.
fn set_version(head: &mut Head, version: Option<Version>) {
    let Some(version) = version else { return };
    let is_shown_so = version == Version::Http11 && head.version().is_11_or_above();
    if version != head.version() && !is_shown_so {
        head.set_version(version);
    }
}

/// What stands before the first blank, and what behind it and its like.
fn cut(line: &[u8]) -> (&[u8], &[u8]) {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let end = line.iter().position(is_blank).unwrap_or(line.len());
    let (first, rest) = line.split_at(end);
    let start = rest.iter().position(|byte| !is_blank(byte)).unwrap_or(rest.len());
    (first, &rest[start..])
}
