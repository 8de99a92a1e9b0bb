//! Editing one part of a request target, and keeping the Host field in step with it.
//!
//! These are the edits of `http-request set-path`, `set-pathq`, `set-query` and `set-uri`, and of those that touch
//! the Host field (configuration manual, chapter 4.3).

use smallvec::SmallVec;

use super::{Head, Known};
use crate::uri::{self, UserInfo};

/// A target under construction; most fit without allocating.
type Target = SmallVec<[u8; 256]>;

impl Head {
    /// Replaces the path of the target and keeps scheme, authority and query. A target without path is replaced
    /// up to its query.
    pub fn set_path(&mut self, path: &[u8]) {
        let uri = self.uri();
        let start = path_start(uri);
        let rest = uri.get(start..).unwrap_or_default();
        let len = memchr::memchr(b'?', rest).unwrap_or(rest.len());
        self.splice_uri(start, start + len, &[path]);
    }

    /// Replaces path and query of the target and keeps scheme and authority.
    pub fn set_path_and_query(&mut self, path_and_query: &[u8]) {
        let (start, end) = (path_start(self.uri()), self.uri().len());
        self.splice_uri(start, end, &[path_and_query]);
    }

    /// Replaces the query; `query` comes without `?`. An empty one leaves a `?` that is already there and adds none.
    pub fn set_query(&mut self, query: &[u8]) {
        let len = self.uri().len();
        match memchr::memchr(b'?', self.uri()) {
            Some(mark) => self.splice_uri(mark + 1, len, &[query]),
            None if query.is_empty() => {}
            None => self.splice_uri(len, len, &[b"?", query]),
        }
    }

    /// Replaces the whole target; when it names an authority, every Host field follows it.
    ///
    /// Answers false, with nothing changed, for an absolute target whose authority is empty.
    #[must_use = "a target without authority is refused"]
    pub fn set_uri_and_host(&mut self, target: &[u8]) -> bool {
        let authority = match target.first() {
            None | Some(b'/' | b'*') => None,
            Some(_) if self.method_kind() == super::Method::Connect => Some(target),
            Some(_) => match uri::authority(target, UserInfo::Skip) {
                None | Some([]) => return false,
                found => found,
            },
        };
        if let Some(authority) = authority {
            self.replace_hosts(authority);
        }
        self.set_uri(target);
        true
    }

    /// Puts `host` in the place of the target's authority, when it has one: what follows an edit of the Host field.
    pub fn set_authority(&mut self, host: &[u8]) {
        let uri = self.uri();
        let Some(range) = uri::authority_range(uri, UserInfo::Skip) else { return };
        if range.is_empty() || uri.get(range.clone()) == Some(host) {
            return;
        }
        self.splice_uri(range.start, range.end, &[host]);
    }

    /// Gives every Host field this value.
    pub(crate) fn replace_hosts(&mut self, host: &[u8]) {
        let mut from = 0;
        while let Some(i) = self.fields.position_known(Known::Host, from) {
            if self.fields.value(i) != host {
                self.fields.replace_value_at(i, host);
            }
            from = i + 1;
        }
    }

    /// Replaces `start..end` of the target by `parts`.
    pub(crate) fn splice_uri(&mut self, start: usize, end: usize, parts: &[&[u8]]) {
        let uri = self.uri();
        let mut target = Target::new();
        target.extend_from_slice(uri.get(..start).unwrap_or_default());
        for part in parts {
            target.extend_from_slice(part);
        }
        target.extend_from_slice(uri.get(end..).unwrap_or_default());
        self.set_uri(&target);
    }
}

/// Where the path begins; the start of a target that has none.
fn path_start(uri: &[u8]) -> usize {
    uri::path_and_query(uri).map_or(0, |path| uri.len() - path.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Version;

    fn head(uri: &str) -> Head {
        let mut head = Head::new();
        head.start_request(b"GET", uri.as_bytes(), Version::Http11);
        head.fields.push(b"Host", b"old");
        head
    }

    #[test]
    fn paths() {
        let edited = |uri: &str, path: &str| {
            let mut head = head(uri);
            head.set_path(path.as_bytes());
            String::from_utf8(head.uri().to_vec()).unwrap()
        };
        assert_eq!(edited("/a?q", "/b"), "/b?q");
        assert_eq!(edited("http://h:1/a?q", "/b"), "http://h:1/b?q");
        assert_eq!(edited("/a", "/b/c"), "/b/c");
        assert_eq!(edited("*", "/b"), "/b");
    }

    #[test]
    fn paths_with_queries() {
        let mut head = head("http://h/a?q");
        head.set_path_and_query(b"/n?m");
        assert_eq!(head.uri(), b"http://h/n?m");
    }

    #[test]
    fn queries() {
        let edited = |uri: &str, query: &str| {
            let mut head = head(uri);
            head.set_query(query.as_bytes());
            String::from_utf8(head.uri().to_vec()).unwrap()
        };
        assert_eq!(edited("/a", "q"), "/a?q");
        assert_eq!(edited("/a", ""), "/a");
        assert_eq!(edited("/a?x=1", "q"), "/a?q");
        assert_eq!(edited("/a?x=1", ""), "/a?");
    }

    #[test]
    fn hosts_follow_the_target_and_back() {
        let mut head = head("/");
        assert!(head.set_uri_and_host(b"https://new:8443/x"));
        assert_eq!(head.fields.get(b"host"), Some(&b"new:8443"[..]));
        assert!(!head.set_uri_and_host(b"http:///x"));
        head.set_authority(b"third");
        assert_eq!(head.uri(), b"https://third/x");
        assert!(head.set_uri_and_host(b"/x"));
        head.set_authority(b"fourth");
        assert_eq!(head.uri(), b"/x");
    }
}
