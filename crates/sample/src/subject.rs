//! The texts that most conditions are about, by number: what one condition found need not be looked for by the next.

use http::message::Head;

use crate::rows::Text;
use crate::txn::{Missing, Txn};

/// A text of a request that there is one of at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The path of the target.
    Path,
    /// The path with the query string.
    PathAndQuery,
    /// The target as it stands.
    Url,
    /// The value of the Host field, unless there are several or it is a list.
    Host,
}

impl Subject {
    /// How many there are.
    pub const COUNT: usize = 4;

    /// Its place among all.
    #[must_use]
    #[inline]
    pub fn index(self) -> usize {
        self as usize
    }

    /// The text; [`Text::NotYet`] also where there is more than one.
    #[must_use]
    #[inline]
    pub fn text(self, txn: &Txn) -> Text<'_> {
        let head = match txn.req.head_or_missing() {
            Ok(head) => head,
            Err(Missing::Awaited) => return Text::NotYet,
            Err(Missing::ForGood) => return Text::Absent,
        };
        let text = match self {
            Subject::Path => head.path(),
            Subject::PathAndQuery => head.path_and_query(),
            Subject::Url => Some(head.uri()),
            Subject::Host => return host(head),
        };
        text.map_or(Text::Absent, Text::Here)
    }
}

fn host(head: &Head) -> Text<'_> {
    let mut all = head.fields.all(b"host");
    match (all.next(), all.next()) {
        (None, _) => Text::Absent,
        (Some(host), None) if memchr::memchr2(b',', b'"', host).is_none() => Text::Here(host.trim_ascii()),
        (Some(_), _) => Text::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetches::tests::exchange;
    use crate::testing;

    #[test]
    fn there_is_one_host_or_none_to_tell() {
        for (fields, text) in [
            ("Host: a", Text::Here(&b"a"[..])),
            ("X: a", Text::Absent),
            ("Host: a, b", Text::NotYet),
            ("Host: a\nHost: b", Text::NotYet),
        ] {
            assert_eq!(Subject::Host.text(&exchange(&format!("GET / HTTP/1.1\n{fields}"))), text, "{fields}");
        }
        assert_eq!(Subject::Host.text(&testing::txn()), Text::NotYet);
    }
}
