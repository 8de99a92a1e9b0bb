//! Cookies: reading and editing `Cookie` and `Set-Cookie` values (RFC 6265, with the habits of RFC 2109).
//!
//! In a request, cookies are separated by `;` or `,` outside of quotes, blanks around names and values do not count,
//! names starting with `$` are attributes of the cookie before them, and what has no `=` is no cookie. A response
//! names one cookie a field; what follows its first `;` are attributes, in which commas mean nothing.

use std::ops::Range;

use smallvec::SmallVec;

use crate::chars;
use crate::lists::{trim_range, unquoted_len};
use crate::message::{Fields, Known};

/// One cookie and where its value lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// Its name, case-sensitive.
    pub name: &'a [u8],
    /// Its value, quotes included.
    pub value: &'a [u8],
    /// Where `value` lies in the field value.
    pub value_at: Range<usize>,
}

/// Which delimiters end a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

/// One piece between delimiters, whether it is a cookie or not.
struct Piece {
    /// The delimiter before it, or the start of the field value.
    from: usize,
    name: Range<usize>,
    /// `None` without `=`.
    value: Option<Range<usize>>,
    /// The delimiter behind it, or the end of the field value.
    to: usize,
}

impl Piece {
    fn read(text: &[u8], from: usize, body: usize, direction: Direction) -> Piece {
        let rest = text.get(body..).unwrap_or_default();
        let mark = match direction {
            Direction::Request => memchr::memchr3(b'=', b';', b',', rest),
            Direction::Response => memchr::memchr2(b'=', b';', rest),
        };
        let mark = mark.unwrap_or(rest.len());
        let name = trim_range(text, body..body + mark);
        if rest.get(mark) != Some(&b'=') {
            return Piece { from, name, value: None, to: body + mark };
        }
        let value = rest.get(mark + 1..).unwrap_or_default();
        let blanks = value.iter().take_while(|&&byte| chars::is_blank(byte)).count();
        let unquoted = value_len(value.get(blanks..).unwrap_or_default());
        let start = body + mark + 1 + blanks;
        let to = start + unquoted;
        Piece { from, name, value: Some(trim_range(text, start..to)), to }
    }

    /// Names with `$` belong to the cookie before them.
    fn is_attribute(&self, text: &[u8]) -> bool {
        text.get(self.name.clone()).is_some_and(|name| name.starts_with(b"$"))
    }

    fn is_called(&self, text: &[u8], name: &[u8]) -> bool {
        self.value.is_some() && text.get(self.name.clone()) == Some(name)
    }

    fn cookie<'a>(&self, text: &'a [u8]) -> Option<Cookie<'a>> {
        let value_at = self.value.clone()?;
        Some(Cookie { name: text.get(self.name.clone())?, value: text.get(value_at.clone())?, value_at })
    }
}

/// How long a value is: up to a `;` or `,` outside of quotes.
fn value_len(text: &[u8]) -> usize {
    match memchr::memchr3(b';', b',', b'"', text) {
        None => text.len(),
        Some(found) if text.get(found) != Some(&b'"') => found,
        Some(found) => {
            let quoted = text.get(found..).unwrap_or_default();
            found + unquoted_len(quoted, |byte| matches!(byte, b';' | b','))
        }
    }
}

fn pieces(text: &[u8]) -> impl Iterator<Item = Piece> {
    let mut next = Some((0, 0));
    std::iter::from_fn(move || {
        let (from, body) = next.filter(|&(from, _)| from < text.len())?;
        let piece = Piece::read(text, from, body, Direction::Request);
        next = (piece.to < text.len()).then_some((piece.to, piece.to + 1));
        Some(piece)
    })
}

/// The cookies of one `Cookie` value, in order.
pub fn cookies(value: &[u8]) -> impl Iterator<Item = Cookie<'_>> {
    pieces(value).filter(|piece| !piece.is_attribute(value)).filter_map(|piece| piece.cookie(value))
}

/// The first cookie called `name` in a request, and the index of the field that holds it.
pub fn find<'a>(fields: &'a Fields, name: &[u8]) -> Option<(usize, Cookie<'a>)> {
    let mut from = 0;
    while let Some(i) = fields.position_known(Known::Cookie, from) {
        let text = fields.value(i);
        let found = pieces(text).find(|piece| piece.is_called(text, name) && !piece.is_attribute(text));
        if let Some(cookie) = found.and_then(|piece| piece.cookie(text)) {
            return Some((i, cookie));
        }
        from = i + 1;
    }
    None
}

/// Takes all cookies called `name` out of a request, with their `$` attributes; answers how many there were.
///
/// One delimiter and one space stay between the neighbours. A field in which no other cookie is left goes too.
pub fn remove(fields: &mut Fields, name: &[u8]) -> usize {
    let (mut removed, mut from) = (0, 0);
    while let Some(i) = fields.position_known(Known::Cookie, from) {
        from = i + 1;
        let Some((rest, count)) = without(fields.value(i), name) else { continue };
        removed += count;
        if rest.is_empty() {
            fields.remove_at(i);
            from = i;
        } else {
            fields.replace_value_at(i, &rest);
        }
    }
    removed
}

/// A field value that is being rebuilt.
type Text = SmallVec<[u8; 256]>;

/// `text` without the cookies called `name`, and how many these were; `None` when there is none.
fn without(text: &[u8], name: &[u8]) -> Option<(Text, usize)> {
    let mut out = Text::new();
    let (mut copied, mut removed, mut kept) = (0, 0, false);
    let mut hole_from = None;
    for piece in pieces(text) {
        if piece.is_attribute(text) {
            continue;
        }
        if piece.is_called(text, name) {
            removed += 1;
            hole_from = hole_from.or(Some(piece.from));
            continue;
        }
        kept = true;
        if let Some(hole) = hole_from.take() {
            out.extend_from_slice(text.get(copied..hole).unwrap_or_default());
            copied = close_hole(text, &mut out, hole, piece.from);
        }
    }
    if removed == 0 {
        return None;
    }
    let end = hole_from.unwrap_or(text.len());
    if kept {
        out.extend_from_slice(text.get(copied..end).unwrap_or_default());
    }
    Some((out, removed))
}

/// Joins what precedes `hole` (already in `out`) with what follows the delimiter at `next`; answers where the rest
/// of `text` goes on.
fn close_hole(text: &[u8], out: &mut Text, hole: usize, next: usize) -> usize {
    if hole > 0 {
        while out.last().is_some_and(|&byte| chars::is_blank(byte)) {
            out.pop();
        }
        out.extend(text.get(next).copied());
        out.push(b' ');
    }
    let rest = text.get(next + 1..).unwrap_or_default();
    next + 1 + rest.iter().take_while(|&&byte| chars::is_blank(byte)).count()
}

/// Replaces `part` of the value of field `i` by `text`: a cookie's value, or an empty range to insert before it.
pub fn splice(fields: &mut Fields, i: usize, part: Range<usize>, text: &[u8]) {
    let value = fields.value(i);
    let (Some(before), Some(after)) = (value.get(..part.start), value.get(part.end..)) else { return };
    let mut out = Text::new();
    out.extend_from_slice(before);
    out.extend_from_slice(text);
    out.extend_from_slice(after);
    fields.replace_value_at(i, &out);
}

/// The cookie that a `Set-Cookie` value sets; `None` when it has no `=` or starts with `$`.
pub fn set_cookie(value: &[u8]) -> Option<Cookie<'_>> {
    let piece = Piece::read(value, 0, 0, Direction::Response);
    if piece.is_attribute(value) { None } else { piece.cookie(value) }
}

/// The attributes of a `Set-Cookie` value: names, and values where there are any (`Secure` has none).
pub fn attributes(value: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    value.split(|&byte| byte == b';').skip(1).map(|part| match memchr::memchr(b'=', part) {
        Some(mark) => (chars::trim(&part[..mark]), Some(chars::trim(&part[mark + 1..]))),
        None => (chars::trim(part), None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(value: &str) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        cookies(value.as_bytes()).map(|cookie| (text(cookie.name), text(cookie.value))).collect()
    }

    fn owned(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn request_cookies() {
        assert_eq!(pairs("a=1; b=2"), owned(&[("a", "1"), ("b", "2")]));
        assert_eq!(
            pairs("  a  =  v 1  ; b ;c=\"x;y\",d="),
            owned(&[("a", "v 1"), ("c", "\"x;y\""), ("d", "")])
        );
        assert_eq!(pairs("$Version=1; a=1; $Path=/"), owned(&[("a", "1")]));
        assert_eq!(pairs(";a=1;;b=2;"), owned(&[("a", "1"), ("b", "2")]));
        assert_eq!(pairs(""), owned(&[]));
        assert_eq!(pairs("="), owned(&[("", "")]));
    }

    fn fields(values: &[&str]) -> Fields {
        let mut fields = Fields::new();
        for value in values {
            fields.push(b"Cookie", value.as_bytes());
        }
        fields
    }

    #[test]
    fn finds_over_all_fields() {
        let fields = fields(&["a=1", "b=2; SRV=s1; SRV=s2"]);
        let (i, cookie) = find(&fields, b"SRV").unwrap();
        assert_eq!((i, cookie.value, cookie.value_at), (1, &b"s1"[..], 9..11));
        assert!(find(&fields, b"srv").is_none());
        assert_eq!(find(&super::tests::fields(&["a="]), b"a").unwrap().1.value, b"");
        assert!(find(&super::tests::fields(&["a=;b=1"]), b"a").is_some());
    }

    #[test]
    fn removes_one_cookie() {
        let left = |value: &str| {
            let mut fields = fields(&[value]);
            let count = remove(&mut fields, b"S");
            (count, fields.get(b"cookie").map(|value| String::from_utf8(value.to_vec()).unwrap()))
        };
        assert_eq!(left("S=1"), (1, None));
        assert_eq!(left("S=1; a=2"), (1, Some("a=2".into())));
        assert_eq!(left("a=2; S=1"), (1, Some("a=2".into())));
        assert_eq!(left("a=2 ;  S=1 ;b=3"), (1, Some("a=2; b=3".into())));
        assert_eq!(left("a=2; S=1; $Path=/; b=3"), (1, Some("a=2; b=3".into())));
        assert_eq!(left("S=1; S=2; a; S=3"), (3, Some("a".into())));
        assert_eq!(left("S=1; S=2"), (2, None));
        assert_eq!(left("a=1"), (0, Some("a=1".into())));
    }

    #[test]
    fn splices_into_a_value() {
        let mut fields = fields(&["a=1; S=abc"]);
        let at = find(&fields, b"S").unwrap().1.value_at;
        splice(&mut fields, 0, at.start..at.start, b"srv~");
        assert_eq!(fields.get(b"cookie"), Some(&b"a=1; S=srv~abc"[..]));
        splice(&mut fields, 0, 99..100, b"x");
        assert_eq!(fields.get(b"cookie"), Some(&b"a=1; S=srv~abc"[..]));
    }

    #[test]
    fn response_cookies() {
        let value = b"SRV = s1 ; Secure; Expires=Thu, 01-Jan-1970 00:00:01 GMT; Path=/";
        let cookie = set_cookie(value).unwrap();
        assert_eq!((cookie.name, cookie.value), (&b"SRV"[..], &b"s1"[..]));
        let list: Vec<_> = attributes(value).collect();
        assert_eq!(list[0], (&b"Secure"[..], None));
        assert_eq!(list[1].1, Some(&b"Thu, 01-Jan-1970 00:00:01 GMT"[..]));
        assert_eq!(list.len(), 3);
        assert!(set_cookie(b"Secure").is_none());
        assert_eq!(set_cookie(b"a,b=c").unwrap().name, b"a,b");
    }
}
