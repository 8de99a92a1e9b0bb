//! Request targets and hosts: their parts, percent-decoding and parameters (RFC 3986, RFC 9112 section 3.2).
//!
//! A target comes in four forms, told apart by its first byte: `/path?query` (origin form), `*` (asterisk form),
//! and everything else, which is `scheme://authority/path` (absolute form) if it has a scheme and `host:port`
//! (authority form, `CONNECT` only) if not. Nothing here allocates, and no part is decoded unless asked for.

use std::ops::Range;

/// Whether user information (`user:password@`) counts as part of an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserInfo {
    /// The authority starts behind the last `@`.
    Skip,
    /// The authority is taken whole.
    Keep,
}

/// What a `+` means while decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plus {
    /// A `+`, until the first `?` has passed; then a space.
    SpaceInQuery,
    /// A space everywhere, as in a form.
    Space,
}

/// Whether names of parameters compare with case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameCase {
    /// `a` is not `A`.
    Sensitive,
    /// `a` is `A`.
    Insensitive,
}

/// A `%` that two hexadecimal digits do not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`%` without two hexadecimal digits")]
pub struct BadEscape;

/// The scheme of an absolute target, without `://`.
pub fn scheme(uri: &[u8]) -> Option<&[u8]> {
    let end = scheme_end(uri)?;
    uri.get(..end - 3)
}

/// Where `scheme://` ends, if the target starts with it.
fn scheme_end(uri: &[u8]) -> Option<usize> {
    if !uri.first()?.is_ascii_alphabetic() {
        return None;
    }
    let end = uri.iter().position(|&byte| !is_scheme(byte))?;
    uri.get(end..)?.starts_with(b"://").then_some(end + 3)
}

fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// The authority of an absolute target or of one in authority form; may be empty (`http:///`).
pub fn authority(uri: &[u8], user_info: UserInfo) -> Option<&[u8]> {
    uri.get(authority_range(uri, user_info)?)
}

/// Where the authority lies; see [`authority`].
pub(crate) fn authority_range(uri: &[u8], user_info: UserInfo) -> Option<Range<usize>> {
    if matches!(uri.first()?, b'/' | b'*') {
        return None;
    }
    let start = scheme_end(uri).unwrap_or(0);
    let rest = uri.get(start..)?;
    let len = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let skipped = match user_info {
        UserInfo::Keep => 0,
        UserInfo::Skip => memchr::memrchr(b'@', rest.get(..len)?).map_or(0, |at| at + 1),
    };
    Some(start + skipped..start + len)
}

/// The path with its query: what follows the authority of an absolute target, or the whole of one in origin form.
/// It starts with `?` when an absolute target has a query and no path.
pub fn path_and_query(uri: &[u8]) -> Option<&[u8]> {
    match uri.first()? {
        b'/' => Some(uri),
        b'*' => None,
        _ => {
            scheme_end(uri)?;
            let rest = uri.get(authority_range(uri, UserInfo::Keep)?.end..)?;
            (!rest.is_empty()).then_some(rest)
        }
    }
}

/// The path without its query.
pub fn path(uri: &[u8]) -> Option<&[u8]> {
    let whole = path_and_query(uri)?;
    match memchr::memchr(b'?', whole) {
        Some(mark) => whole.get(..mark),
        None => Some(whole),
    }
}

/// What follows the first `?` of the target; may be empty.
pub fn query(uri: &[u8]) -> Option<&[u8]> {
    memchr::memchr(b'?', uri).and_then(|mark| uri.get(mark + 1..))
}

/// The port of a host: what follows its last `:`, when that is digits only. Empty for `host:`.
pub fn host_port(host: &[u8]) -> Option<&[u8]> {
    let before = host.iter().rposition(|byte| !byte.is_ascii_digit())?;
    if host.get(before) == Some(&b':') { host.get(before + 1..) } else { None }
}

/// The host without its port and the `:` before it.
pub fn host_without_port(host: &[u8]) -> &[u8] {
    let port_len = host_port(host).map_or(0, |port| port.len() + 1);
    host.get(..host.len() - port_len).unwrap_or_default()
}

/// Whether `port` may be left out: it is empty, or the default of `scheme` (80 for `http`, 443 for `https`).
/// Without scheme, both are defaults.
pub fn is_default_port(scheme: Option<&[u8]>, port: &[u8]) -> bool {
    match (port, scheme) {
        (b"", _) | (b"80" | b"443", None) => true,
        (b"80", Some(scheme)) => scheme.eq_ignore_ascii_case(b"http"),
        (b"443", Some(scheme)) => scheme.eq_ignore_ascii_case(b"https"),
        _ => false,
    }
}

/// Appends `text` to `out` with its percent-escapes decoded.
///
/// # Errors
/// At the first malformed escape; what came before it has been appended.
pub fn url_decode(text: &[u8], plus: Plus, out: &mut Vec<u8>) -> Result<(), BadEscape> {
    let mut in_form = plus == Plus::Space;
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' if in_form => out.push(b' '),
            b'%' => {
                let (escape, tail) = rest.split_first_chunk::<2>().ok_or(BadEscape)?;
                out.push(unescape(*escape).ok_or(BadEscape)?);
                rest = tail;
            }
            _ => {
                in_form |= byte == b'?';
                out.push(byte);
            }
        }
    }
    Ok(())
}

fn unescape([high, low]: [u8; 2]) -> Option<u8> {
    Some(hex(high)? << 4 | hex(low)?)
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The value of the first parameter called `name` in `parameters` (`a=1&b=2`), undecoded.
///
/// Parameters are separated by `&`, `;` and `delimiter`; one without `=` has no value and is passed over. An empty
/// `name` matches the first parameter that has a value.
pub fn parameter<'a>(
    parameters: &'a [u8],
    name: &[u8],
    delimiter: u8,
    name_case: NameCase,
) -> Option<&'a [u8]> {
    parameter_pairs(parameters, delimiter).find_map(|(other, value)| {
        let same = match name_case {
            NameCase::Sensitive => other == name,
            NameCase::Insensitive => other.eq_ignore_ascii_case(name),
        };
        (same || name.is_empty()).then_some(value)
    })
}

/// All parameters that have a value, as pairs of name and value; see [`parameter`].
pub fn parameter_pairs(parameters: &[u8], delimiter: u8) -> impl Iterator<Item = (&[u8], &[u8])> {
    let is_delimiter = move |byte: &u8| matches!(*byte, b'&' | b';') || *byte == delimiter;
    parameters.split(is_delimiter).filter_map(|part| {
        let mark = memchr::memchr(b'=', part)?;
        Some((part.get(..mark)?, part.get(mark + 1..)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Option<&[u8]>) -> Option<&str> {
        bytes.map(|bytes| std::str::from_utf8(bytes).unwrap())
    }

    #[test]
    fn parts_of_each_form() {
        // target, scheme, authority, path and query, path, query
        let table = [
            ("/a/b?c=d", None, None, Some("/a/b?c=d"), Some("/a/b"), Some("c=d")),
            ("*", None, None, None, None, None),
            ("", None, None, None, None, None),
            ("h:443", None, Some("h:443"), None, None, None),
            ("http://u:p@h:80/x?y", Some("http"), Some("h:80"), Some("/x?y"), Some("/x"), Some("y")),
            ("http://h", Some("http"), Some("h"), None, None, None),
            ("http://h?q", Some("http"), Some("h"), Some("?q"), Some(""), Some("q")),
            ("http://h#f", Some("http"), Some("h"), Some("#f"), Some("#f"), None),
            ("http:///p", Some("http"), Some(""), Some("/p"), Some("/p"), None),
            ("1http://h/", None, Some("1http:"), None, None, None),
            ("admin/a", None, Some("admin"), None, None, None),
            ("/a?b?c", None, None, Some("/a?b?c"), Some("/a"), Some("b?c")),
        ];
        for (uri, want_scheme, want_authority, want_both, want_path, want_query) in table {
            let bytes = uri.as_bytes();
            assert_eq!(text(scheme(bytes)), want_scheme, "{uri}");
            assert_eq!(text(authority(bytes, UserInfo::Skip)), want_authority, "{uri}");
            assert_eq!(text(path_and_query(bytes)), want_both, "{uri}");
            assert_eq!(text(path(bytes)), want_path, "{uri}");
            assert_eq!(text(query(bytes)), want_query, "{uri}");
        }
        assert_eq!(text(authority(b"ftp://u@h/", UserInfo::Keep)), Some("u@h"));
    }

    #[test]
    fn ports() {
        assert_eq!(text(host_port(b"h:80")), Some("80"));
        assert_eq!(text(host_port(b"h:")), Some(""));
        assert_eq!(text(host_port(b":80")), Some("80"));
        assert_eq!(text(host_port(b"[::1]:8080")), Some("8080"));
        assert_eq!(host_port(b"h"), None);
        assert_eq!(host_port(b"80"), None);
        assert_eq!(host_port(b"[::1]"), None);
        assert_eq!(host_port(b""), None);
        assert_eq!(host_without_port(b"h:80"), b"h");
        assert_eq!(host_without_port(b"h:"), b"h");
        assert_eq!(host_without_port(b"h"), b"h");
        assert!(is_default_port(Some(b"HTTP"), b"80"));
        assert!(!is_default_port(Some(b"https"), b"80"));
        assert!(is_default_port(None, b"443"));
        assert!(is_default_port(Some(b"ftp"), b""));
        assert!(!is_default_port(None, b"8080"));
    }

    #[test]
    fn decodes() {
        let decoded = |input: &str, plus| {
            let mut out = Vec::new();
            url_decode(input.as_bytes(), plus, &mut out).map(|()| String::from_utf8(out).unwrap())
        };
        assert_eq!(decoded("/a+b%20c?d+e", Plus::SpaceInQuery), Ok("/a+b c?d e".into()));
        assert_eq!(decoded("a+b", Plus::Space), Ok("a b".into()));
        assert_eq!(decoded("%4a%4A", Plus::Space), Ok("JJ".into()));
        for bad in ["%", "%4", "%4g", "a%zz"] {
            assert_eq!(decoded(bad, Plus::Space), Err(BadEscape), "{bad}");
        }
    }

    #[test]
    fn parameters() {
        let find =
            |name: &str, case| text(parameter(b"yo=mama;ye=daddy&x&e=&Yo=2", name.as_bytes(), b'&', case));
        assert_eq!(find("ye", NameCase::Sensitive), Some("daddy"));
        assert_eq!(find("Yo", NameCase::Sensitive), Some("2"));
        assert_eq!(find("Yo", NameCase::Insensitive), Some("mama"));
        assert_eq!(find("x", NameCase::Sensitive), None);
        assert_eq!(find("e", NameCase::Sensitive), Some(""));
        assert_eq!(find("", NameCase::Sensitive), Some("mama"));
        assert_eq!(text(parameter(b"a=1|b=2", b"b", b'|', NameCase::Sensitive)), Some("2"));
    }
}
