//! The normalizers of `normalize-uri` (RFC 3986 sections 5.2.4, 6.2.2 and 6.2.3). Each appends the canonical form of
//! its input to a buffer.

/// Whether a part could be normalized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Normalized {
    /// It was.
    Yes,
    /// It is malformed.
    Invalid,
}

/// What becomes of a percent sign without two hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// It stays as it is.
    Lenient,
    /// It makes the input invalid.
    Strict,
}

/// What becomes of `/../` that leads out of the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ups {
    /// It stays in front.
    Kept,
    /// It is dropped.
    Dropped,
}

/// `#` becomes `%23`.
pub(super) fn encode_fragment(text: &[u8], out: &mut Vec<u8>) -> Normalized {
    for byte in text {
        match byte {
            b'#' => out.extend_from_slice(b"%23"),
            other => out.push(*other),
        }
    }
    Normalized::Yes
}

/// Everything from the first `#` on is dropped.
pub(super) fn strip_fragment(text: &[u8], out: &mut Vec<u8>) -> Normalized {
    out.extend(text.iter().take_while(|byte| **byte != b'#'));
    Normalized::Yes
}

/// Adjacent slashes become one.
pub(super) fn merge_slashes(path: &[u8], out: &mut Vec<u8>) -> Normalized {
    for byte in path {
        if *byte != b'/' || out.last() != Some(&b'/') {
            out.push(*byte);
        }
    }
    Normalized::Yes
}

/// `/./` becomes `/`.
pub(super) fn strip_dot(path: &[u8], out: &mut Vec<u8>) -> Normalized {
    let mut rest = path;
    while !rest.is_empty() {
        let end = memchr::memchr(b'/', rest).map_or(rest.len(), |slash| slash + 1);
        let (segment, behind) = rest.split_at(end);
        if segment != b"./" && segment != b"." {
            out.extend_from_slice(segment);
        }
        rest = behind;
    }
    Normalized::Yes
}

/// `/a/../` becomes `/`.
pub(super) fn strip_dotdot(path: &[u8], ups: Ups, out: &mut Vec<u8>) -> Normalized {
    let Some(path) = path.strip_prefix(b"/") else {
        out.extend_from_slice(path);
        return Normalized::Yes;
    };
    // What cannot be taken back: the `/..` that lead out of the root.
    let mut root = out.len();
    let mut segments = path.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        if segment != b".." {
            out.push(b'/');
            out.extend_from_slice(segment);
            continue;
        }
        match out[root..].iter().rposition(|byte| *byte == b'/') {
            Some(slash) => out.truncate(root + slash),
            None if ups == Ups::Kept => {
                out.extend_from_slice(b"/..");
                root = out.len();
            }
            None => {}
        }
        if segments.peek().is_none() {
            out.push(b'/');
        }
    }
    Normalized::Yes
}

/// Percent-encoded letters, digits and `-._~` are decoded.
pub(super) fn decode_unreserved(text: &[u8], strictness: Strictness, out: &mut Vec<u8>) -> Normalized {
    each_escape(text, strictness, out, |high, low, out| {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
        let byte = digit(high) << 4 | digit(low);
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', high, low]);
        }
    })
}

/// The letters of percent-encoding become upper case.
pub(super) fn percent_upper(text: &[u8], strictness: Strictness, out: &mut Vec<u8>) -> Normalized {
    each_escape(text, strictness, out, |high, low, out| {
        out.extend_from_slice(&[b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
    })
}

/// Copies `text`, except that `escape` writes what stands for `%` and two digits.
fn each_escape(
    text: &[u8],
    strictness: Strictness,
    out: &mut Vec<u8>,
    escape: impl Fn(u8, u8, &mut Vec<u8>),
) -> Normalized {
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                escape(*high, *low, out);
                rest = after;
            }
            (b'%', _) if strictness == Strictness::Strict => return Normalized::Invalid,
            _ => out.push(*first),
        }
    }
    Normalized::Yes
}

/// The parameters of a query are sorted by their names; those of the same name keep their order.
pub(super) fn sort_query(query: &[u8], out: &mut Vec<u8>) -> Normalized {
    let mut parameters: Vec<&[u8]> = query.split(|byte| *byte == b'&').collect();
    // A separator at the end separates nothing.
    if parameters.last().is_some_and(|last| last.is_empty()) {
        parameters.pop();
    }
    parameters.sort_by_key(|parameter| parameter.split(|byte| *byte == b'=').next().unwrap_or_default());
    for (i, parameter) in parameters.iter().enumerate() {
        if i > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(parameter);
    }
    Normalized::Yes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(normalizer: impl Fn(&[u8], &mut Vec<u8>) -> Normalized, text: &str) -> String {
        let mut out = Vec::new();
        match normalizer(text.as_bytes(), &mut out) {
            Normalized::Yes => String::from_utf8(out).unwrap(),
            Normalized::Invalid => "invalid".to_owned(),
        }
    }

    #[test]
    fn dots() {
        for (path, want) in
            [("/a/./b", "/a/b"), ("/./a/.", "/a/"), ("/a.", "/a."), ("/.a/.", "/.a/"), ("/", "/")]
        {
            assert_eq!(of(strip_dot, path), want, "{path}");
        }
    }

    #[test]
    fn dotdots() {
        for (path, kept, dropped) in [
            ("/foo/bar/../", "/foo/", "/foo/"),
            ("/foo/..", "/", "/"),
            ("/foo/../", "/", "/"),
            ("/..", "/../", "/"),
            ("/../x", "/../x", "/x"),
            ("/a/../../b", "/../b", "/b"),
            ("/a//../b", "/a/b", "/a/b"),
            ("/a/b/../../../../c/..", "/../../", "/"),
            ("/...", "/...", "/..."),
            ("/", "/", "/"),
            ("//", "//", "//"),
        ] {
            assert_eq!(of(|p, o| strip_dotdot(p, Ups::Kept, o), path), kept, "{path}");
            assert_eq!(of(|p, o| strip_dotdot(p, Ups::Dropped, o), path), dropped, "{path} full");
        }
    }

    #[test]
    fn escapes() {
        let decode = |text: &str, strictness| of(|t, o| decode_unreserved(t, strictness, o), text);
        assert_eq!(decode("/%61%2f%7E%2", Strictness::Lenient), "/a%2f~%2");
        assert_eq!(decode("/%61%2", Strictness::Strict), "invalid");
        let upper = |text: &str, strictness| of(|t, o| percent_upper(t, strictness, o), text);
        assert_eq!(upper("/%aa%bZ", Strictness::Lenient), "/%AA%bZ");
        assert_eq!(upper("/%", Strictness::Strict), "invalid");
        assert_eq!(of(encode_fragment, "/a#b#"), "/a%23b%23");
        assert_eq!(of(strip_fragment, "/a#b#"), "/a");
    }

    #[test]
    fn queries_and_slashes() {
        assert_eq!(of(sort_query, "b=2&a=1&b=1&aa"), "a=1&aa&b=2&b=1");
        assert_eq!(of(sort_query, "b&a&"), "a&b");
        assert_eq!(of(merge_slashes, "//a///b/"), "/a/b/");
    }
}
