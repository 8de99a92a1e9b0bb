//! The Connection field: what it says, and what it says when a message is forwarded (RFC 9110 section 7.6.1).
//!
//! `close` and `keep-alive` concern one connection only, so they are taken out on the way in and put in again on the
//! way out, as that connection needs them. Other tokens and the fields that they name pass, Keep-Alive and
//! Proxy-Connection too, as HAProxy passes them from HTTP/1 to HTTP/1; towards HTTP/2 they all go.

use std::ops::Range;

use smallvec::SmallVec;

use crate::lists;
use crate::message::{Fields, Head, Known, Version};
use crate::scan;

/// What stood in Connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// `close`, or something that has the same effect.
    pub close: bool,
    /// `keep-alive`
    pub keep_alive: bool,
    /// `upgrade`
    pub upgrade: bool,
}

/// How a connection goes on after the message that is about to be written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It carries further messages.
    KeepAlive,
    /// It closes.
    Close,
    /// It is a tunnel from then on; Connection passes as it is.
    Tunnel,
}

/// Notes `close`, `keep-alive` and `upgrade` of all Connection fields and takes the first two out; fields that this
/// empties go. Needed again after rules have run: they may have added some.
pub fn clean(fields: &mut Fields) -> Tokens {
    let mut tokens = Tokens::default();
    let mut from = 0;
    while let Some(i) = fields.position_known(Known::Connection, from) {
        if clean_at(fields, i, &mut tokens) {
            fields.remove_at(i);
            from = i;
        } else {
            from = i + 1;
        }
    }
    tokens
}

/// As [`clean`], for field `i`. Answers whether nothing is left of it; then the caller removes it.
pub(crate) fn clean_at(fields: &mut Fields, i: usize, tokens: &mut Tokens) -> bool {
    let value = fields.value(i);
    // What nearly every Connection field says.
    if scan::eq_lower(value, b"keep-alive") {
        tokens.keep_alive = true;
        return true;
    }
    if scan::eq_lower(value, b"close") {
        tokens.close = true;
        return true;
    }
    clean_list_at(fields, i, tokens)
}

fn clean_list_at(fields: &mut Fields, i: usize, tokens: &mut Tokens) -> bool {
    for token in lists::elements(fields.value(i)) {
        tokens.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
        tokens.close |= token.eq_ignore_ascii_case(b"close");
        tokens.upgrade |= token.eq_ignore_ascii_case(b"upgrade");
    }
    drop_elements(fields, i, |token| {
        token.eq_ignore_ascii_case(b"keep-alive") || token.eq_ignore_ascii_case(b"close")
    })
}

/// Whether a Connection field lists `token`, in any case.
pub fn has_token(fields: &Fields, token: &[u8]) -> bool {
    fields.may_have(Known::Connection)
        && fields.all(b"connection").any(|value| lists::has_token(value, token))
}

/// Takes `token` out of all Connection fields; fields that this empties go.
pub fn remove_token(fields: &mut Fields, token: &[u8]) {
    let mut from = 0;
    while let Some(i) = fields.position_known(Known::Connection, from) {
        if drop_elements(fields, i, |other| other.eq_ignore_ascii_case(token)) {
            fields.remove_at(i);
            from = i;
        } else {
            from = i + 1;
        }
    }
}

/// Takes the list elements that `unwanted` names out of field `i`. Answers whether the value is empty then (or was
/// before).
pub(crate) fn drop_elements(fields: &mut Fields, i: usize, unwanted: impl Fn(&[u8]) -> bool) -> bool {
    let value = fields.value(i);
    let is_unwanted = |range: &Range<usize>| unwanted(value.get(range.clone()).unwrap_or_default());
    let mut ranges = lists::ranges(value);
    let Some(first) = ranges.find(is_unwanted) else { return value.is_empty() };
    // What precedes the first one stays as it is, without the comma behind it.
    let kept = value.get(..first.start).unwrap_or_default().trim_ascii_end();
    let kept = kept.strip_suffix(b",").unwrap_or(kept).trim_ascii_end();
    let mut out: SmallVec<[u8; 64]> = SmallVec::from_slice(kept);
    for range in ranges.filter(|range| !range.is_empty() && !is_unwanted(range)) {
        if !out.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(value.get(range).unwrap_or_default());
    }
    if out.is_empty() {
        return true;
    }
    fields.replace_value_at(i, &out);
    false
}

/// Adds the Connection field that a request to a server of the same version needs, after [`clean`].
///
/// HTTP/1.1 needs one to close, HTTP/1.0 one to stay; a message that asks for an upgrade already has its own.
pub fn set_for_request(head: &mut Head, wanted: Wanted, tokens: Tokens) {
    let is_11 = head.version().is_11_or_above();
    match wanted {
        _ if tokens.upgrade => {}
        Wanted::KeepAlive if !is_11 => head.fields.push(b"Connection", b"keep-alive"),
        Wanted::Close if is_11 => head.fields.push(b"Connection", b"close"),
        Wanted::KeepAlive | Wanted::Close | Wanted::Tunnel => {}
    }
}

/// Adds the Connection field that a response to a client needs, after [`clean`]. `client` is the version of the
/// client's request.
pub fn set_for_response(head: &mut Head, wanted: Wanted, tokens: Tokens, client: Version) {
    let is_11 = head.version().is_11_or_above();
    match wanted {
        _ if tokens.upgrade => {}
        Wanted::KeepAlive if !is_11 || !client.is_11_or_above() => {
            head.fields.push(b"Connection", b"keep-alive");
        }
        Wanted::Close if is_11 => head.fields.push(b"Connection", b"close"),
        Wanted::KeepAlive | Wanted::Close | Wanted::Tunnel => {}
    }
}

/// Reduces TE to `trailers`, or removes it, since no other transfer coding is understood (RFC 9110 section 10.1.4).
pub fn tidy_te(fields: &mut Fields) {
    let mut from = 0;
    while let Some(i) = fields.position_known(Known::Te, from) {
        let value = fields.value(i);
        let rest = memchr::memmem::find(value, b"trailers").and_then(|at| value.get(at + 8..));
        match rest {
            Some([] | [b',', ..]) if value.len() == 8 => from = i + 1,
            Some([] | [b',', ..]) => {
                fields.replace_value_at(i, b"trailers");
                from = i + 1;
            }
            _ => {
                fields.remove_at(i);
                from = i;
            }
        }
    }
}

/// Removes every field that concerns one HTTP/1 connection only, for a message that goes to HTTP/2 or above, where
/// they are forbidden (RFC 9113 section 8.2.2). TE is reduced to `trailers`.
pub fn remove_all(fields: &mut Fields) {
    for known in
        [Known::Connection, Known::KeepAlive, Known::ProxyConnection, Known::TransferEncoding, Known::Upgrade]
    {
        fields.remove_known(known);
    }
    tidy_te(fields);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::new();
        for (name, value) in list {
            fields.push(name.as_bytes(), value.as_bytes());
        }
        fields
    }

    fn cleaned(value: &str) -> (Option<String>, Tokens) {
        let mut fields = fields(&[("Connection", value)]);
        let tokens = clean(&mut fields);
        (fields.get(b"connection").map(|value| String::from_utf8(value.to_vec()).unwrap()), tokens)
    }

    #[test]
    fn close_and_keep_alive_are_taken_out() {
        let (none, close) = (Tokens::default(), Tokens { close: true, ..Tokens::default() });
        let upgrade = Tokens { upgrade: true, ..close };
        assert_eq!(cleaned("close"), (None, close));
        assert_eq!(cleaned("Close, Upgrade"), (Some("Upgrade".into()), upgrade));
        assert_eq!(cleaned("Upgrade , close"), (Some("Upgrade".into()), upgrade));
        assert_eq!(cleaned("a , b, close,c , d"), (Some("a , b,c,d".into()), close));
        assert_eq!(cleaned("X-Foo"), (Some("X-Foo".into()), none));
        assert_eq!(cleaned(""), (None, none));
        let both = Tokens { close: true, keep_alive: true, upgrade: false };
        assert_eq!(cleaned("keep-alive, close"), (None, both));
    }

    #[test]
    fn several_fields_are_all_read() {
        let mut fields = fields(&[("Connection", "close"), ("A", "1"), ("connection", "x, keep-alive")]);
        assert_eq!(clean(&mut fields), Tokens { close: true, keep_alive: true, upgrade: false });
        assert_eq!(fields.iter().collect::<Vec<_>>(), [(&b"A"[..], &b"1"[..]), (b"connection", b"x")]);
        assert!(has_token(&fields, b"X"));
        remove_token(&mut fields, b"x");
        assert!(!has_token(&fields, b"x"));
        assert_eq!(fields.len(), 1);
    }

    #[test]
    fn what_is_added_depends_on_both_versions() {
        use Version::{Http10, Http11};
        let table = [
            (Http11, Http11, Wanted::KeepAlive, None, None),
            (Http11, Http11, Wanted::Close, Some("close"), Some("close")),
            (Http10, Http11, Wanted::KeepAlive, Some("keep-alive"), Some("keep-alive")),
            (Http10, Http10, Wanted::Close, None, None),
            (Http11, Http10, Wanted::KeepAlive, None, Some("keep-alive")),
            (Http11, Http11, Wanted::Tunnel, None, None),
        ];
        for (version, client, wanted, in_request, in_response) in table {
            let mut request = Head::new();
            request.start_request(b"GET", b"/", version);
            set_for_request(&mut request, wanted, Tokens::default());
            assert_eq!(request.fields.get(b"connection"), in_request.map(str::as_bytes));
            let mut response = Head::new();
            response.start_response(version, 200, None);
            set_for_response(&mut response, wanted, Tokens::default(), client);
            assert_eq!(response.fields.get(b"connection"), in_response.map(str::as_bytes));
        }
        let mut request = Head::new();
        request.start_request(b"GET", b"/", Http11);
        set_for_request(&mut request, Wanted::Close, Tokens { upgrade: true, ..Tokens::default() });
        assert!(request.fields.is_empty());
    }

    #[test]
    fn te_keeps_trailers_only() {
        let tidied = |value: &str| {
            let mut fields = fields(&[("TE", value)]);
            tidy_te(&mut fields);
            fields.get(b"te").map(|value| String::from_utf8(value.to_vec()).unwrap())
        };
        assert_eq!(tidied("trailers"), Some("trailers".into()));
        assert_eq!(tidied("trailers, gzip"), Some("trailers".into()));
        assert_eq!(tidied("gzip, trailers"), Some("trailers".into()));
        assert_eq!(tidied("gzip"), None);
        assert_eq!(tidied("trailers;q=0.5"), None);
    }

    #[test]
    fn nothing_of_the_connection_goes_to_http2() {
        let mut fields = fields(&[
            ("Connection", "x"),
            ("Keep-Alive", "timeout=5"),
            ("Proxy-Connection", "close"),
            ("Upgrade", "x"),
            ("Transfer-Encoding", "chunked"),
            ("Host", "h"),
        ]);
        remove_all(&mut fields);
        assert_eq!(fields.iter().collect::<Vec<_>>(), [(&b"Host"[..], &b"h"[..])]);
    }
}
