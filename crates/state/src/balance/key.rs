//! Where the key of `balance uri`, `url_param` and `hdr(...) use_domain_only` lies in a request (configuration
//! manual, 4.2 "balance").

/// The arguments of `balance uri`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UriKey {
    /// `whole`: the query string counts too.
    pub query: Query,
    /// `path-only`: scheme and authority do not count.
    pub part: UriPart,
    /// `len`: at most so many bytes.
    pub len_max: Option<usize>,
    /// `depth`: at most so many directories.
    pub depth_max: Option<usize>,
}

/// Whether the query string belongs to the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Query {
    /// The key ends before the question mark.
    #[default]
    Left,
    /// The key includes it.
    Kept,
}

/// Which part of a URI in absolute form is the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UriPart {
    /// All of it.
    #[default]
    Whole,
    /// What follows the authority; nothing in `*` and in authority form.
    Path,
}

/// The bytes of the request's URI that `balance uri` hashes.
#[must_use]
pub fn uri_key(uri: &[u8], options: UriKey) -> &[u8] {
    let uri = match options.part {
        UriPart::Whole => uri,
        UriPart::Path => path_of(uri),
    };
    let uri = &uri[..uri.len().min(options.len_max.unwrap_or(usize::MAX))];
    let mut slashes = 0;
    let end = uri.iter().position(|byte| match byte {
        b'/' => {
            slashes += 1;
            options.depth_max.is_some_and(|depth| slashes > depth)
        }
        b'?' => options.query == Query::Left,
        _ => false,
    });
    &uri[..end.unwrap_or(uri.len())]
}

/// Path and query of a URI in any form.
fn path_of(uri: &[u8]) -> &[u8] {
    if uri.starts_with(b"/") {
        return uri;
    }
    let Some(authority) = memchr::memmem::find(uri, b"://").map(|at| &uri[at + 3..]) else { return b"" };
    let path = authority.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    path.map_or(b"", |at| &authority[at..])
}

/// The value of parameter `name` in the URI's query string, for `balance url_param`.
#[must_use]
pub fn url_param_key<'a>(uri: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let query = memchr::memchr(b'?', uri)?;
    param(&uri[query + 1..], name).map(|rest| rest.split(|byte| *byte == b'&').next().unwrap_or_default())
}

/// The value of parameter `name` in a form's body, for `balance url_param ... check_post`; `None` also when the
/// value holds bytes that an encoded form cannot hold.
#[must_use]
pub fn body_param_key<'a>(body: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = param(body, name)?;
    let end = rest.iter().position(|byte| *byte == b'&' || !is_token(*byte)).unwrap_or(rest.len());
    match rest.get(end) {
        None | Some(b'&' | b' ' | b'\t' | b'\r' | b'\n') => Some(&rest[..end]),
        Some(_) => None,
    }
}

/// What follows `name=` in the first parameter of that name which has at least a value's place.
fn param<'a>(params: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = params;
    loop {
        if let Some(value) = rest.strip_prefix(name).and_then(|after| after.strip_prefix(b"=")) {
            return Some(value);
        }
        rest = &rest[memchr::memchr(b'&', rest)? + 1..];
    }
}

/// RFC 9110, section 5.6.2: `tchar`.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The part of a host name between its last two dots, which `use_domain_only` hashes: `example` in
/// `www.example.com`. Without two dots it reaches to the beginning, without one to the end.
#[must_use]
pub fn domain_key(host: &[u8]) -> &[u8] {
    // A dot at the very beginning ends no domain: there would be nothing before it.
    let end = host.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0);
    let Some(end) = end else { return host };
    // A domain has at least one byte, so a second dot right before the last one belongs to it.
    let start = host[..end - 1].iter().rposition(|byte| *byte == b'.');
    &host[start.map_or(0, |at| at + 1)..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uri_keys_end_where_they_are_told() {
        let key = |uri: &'static str, options| std::str::from_utf8(uri_key(uri.as_bytes(), options)).unwrap();
        let plain = UriKey::default();
        assert_eq!(key("/a/b/c?x=/y", plain), "/a/b/c");
        assert_eq!(key("/a/b/c?x=/y", UriKey { query: Query::Kept, ..plain }), "/a/b/c?x=/y");
        assert_eq!(key("/a/b/c", UriKey { depth_max: Some(2), ..plain }), "/a/b");
        assert_eq!(key("/abcdef", UriKey { len_max: Some(3), ..plain }), "/ab");
        let path = UriKey { part: UriPart::Path, ..plain };
        assert_eq!(key("http://h/a/b", path), "/a/b");
        assert_eq!(key("http://h", path), "");
        assert_eq!(key("*", path), "");
        assert_eq!(key("h:443", path), "");
    }

    #[test]
    fn parameters_are_found_by_their_whole_name() {
        assert_eq!(url_param_key(b"/?xid=9&id=7&id=8", b"id"), Some(&b"7"[..]));
        assert_eq!(url_param_key(b"/?id=", b"id"), Some(&b""[..]));
        assert_eq!(url_param_key(b"/?ida=1", b"id"), None);
        assert_eq!(url_param_key(b"/id=1", b"id"), None);
        assert_eq!(body_param_key(b"a=b&id=5 x", b"id"), Some(&b"5"[..]));
        assert_eq!(body_param_key(b"id=a(b", b"id"), None);
    }

    #[test]
    fn domains_lie_between_the_last_two_dots() {
        assert_eq!(domain_key(b"www.example.com"), b"example");
        assert_eq!(domain_key(b"example.com"), b"example");
        assert_eq!(domain_key(b"localhost"), b"localhost");
        assert_eq!(domain_key(b"foo."), b"foo");
        assert_eq!(domain_key(b"a..b"), b"a.");
        assert_eq!(domain_key(b".com"), b".com");
        assert_eq!(domain_key(b""), b"");
    }
}
