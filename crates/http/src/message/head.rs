//! The head of a request or response: its start line and its fields (RFC 9112 sections 3 and 4).
//!
//! The parts of the start line lie in the text of the fields. While none of them is edited, and if it came in the
//! form in which it is written, the whole line is copied out together with the fields behind it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::fields::{Fields, Slice};
use super::{Method, Version};
use crate::{status, uri};

/// Which start line a head has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Request,
    Response,
}

/// Where the path of a target lies, so that it is looked for once, however many rules ask. Whoever asks shares the head,
/// so this is an atomic; nothing else hangs on it.
#[derive(Debug)]
struct PathPlace(AtomicU64);

impl PathPlace {
    /// Nobody asked since the target was set.
    const UNKNOWN: u64 = u64::MAX;
    /// The target has none.
    const NOWHERE: u64 = u64::MAX - 1;

    fn forget(&mut self) {
        *self.0.get_mut() = PathPlace::UNKNOWN;
    }

    /// The place, or what `find` finds if nobody asked before.
    #[inline]
    fn get(&self, find: impl FnOnce() -> Option<Slice>) -> Option<Slice> {
        match self.0.load(Ordering::Relaxed) {
            PathPlace::UNKNOWN => {
                let found = find();
                self.0.store(found.map_or(PathPlace::NOWHERE, Slice::to_bits), Ordering::Relaxed);
                found
            }
            PathPlace::NOWHERE => None,
            bits => Some(Slice::from_bits(bits)),
        }
    }
}

impl Default for PathPlace {
    fn default() -> PathPlace {
        PathPlace(AtomicU64::new(PathPlace::UNKNOWN))
    }
}

impl Clone for PathPlace {
    fn clone(&self) -> PathPlace {
        PathPlace(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}

/// The head of a message. A default one is a request without method, ready to be parsed into or built.
#[derive(Clone, Debug)]
pub struct Head {
    /// The fields; they may be edited freely, except that `fields.clear()` would take the start line along
    /// ([`Fields::remove_all`] does not).
    pub fields: Fields,
    kind: Kind,
    method_kind: Method,
    version_kind: Version,
    status: u16,
    /// Method of a request.
    method: Slice,
    /// Target of a request.
    uri: Slice,
    /// Its path.
    path: PathPlace,
    /// Version as it was spelt; empty when it was not spelt.
    version: Slice,
    /// Reason of a response.
    reason: Slice,
    /// The whole start line with its end, when it lies in the text as it is to be written; else empty.
    line: Slice,
    /// The request line without its end, as it was before any edit.
    original: Slice,
}

impl Default for Head {
    fn default() -> Head {
        Head {
            fields: Fields::new(),
            kind: Kind::Request,
            method_kind: Method::Other,
            version_kind: Version::Http11,
            status: 0,
            method: Slice::default(),
            uri: Slice::default(),
            path: PathPlace::default(),
            version: Slice::default(),
            reason: Slice::default(),
            line: Slice::default(),
            original: Slice::default(),
        }
    }
}

/// A request line in the parser's input, at the offsets that it will have in the text.
pub(crate) struct RequestLine {
    pub(crate) method: Slice,
    pub(crate) uri: Slice,
    pub(crate) version: Slice,
    pub(crate) method_kind: Method,
    pub(crate) version_kind: Version,
    /// Empty unless the line is written as it came.
    pub(crate) line: Slice,
}

/// A status line in the parser's input, at the offsets that it will have in the text.
pub(crate) struct StatusLine {
    pub(crate) version: Slice,
    pub(crate) reason: Slice,
    pub(crate) version_kind: Version,
    pub(crate) status: u16,
    /// Empty unless the line is written as it came.
    pub(crate) line: Slice,
}

/// Reading.
impl Head {
    /// An empty head.
    pub fn new() -> Head {
        Head::default()
    }

    /// Whether this is the head of a request, not of a response.
    #[inline]
    pub fn is_request(&self) -> bool {
        self.kind == Kind::Request
    }

    /// Whether it has a start line: a method or a status.
    #[inline]
    pub fn is_begun(&self) -> bool {
        self.status != 0 || self.method != Slice::default()
    }

    /// The method as it was sent; empty for a response.
    #[inline]
    pub fn method(&self) -> &[u8] {
        self.fields.slice(self.method)
    }

    /// Which method that is.
    #[inline]
    pub fn method_kind(&self) -> Method {
        self.method_kind
    }

    /// The request target as it stands, in any of its four forms; empty for a response.
    #[inline]
    pub fn uri(&self) -> &[u8] {
        self.fields.slice(self.uri)
    }

    /// The version of the message.
    #[inline]
    pub fn version(&self) -> Version {
        self.version_kind
    }

    /// The version as the sender spelt it (`HTTP/1.1`), or as it is usually spelt.
    pub fn version_text(&self) -> &[u8] {
        match self.fields.slice(self.version) {
            [] => self.version_kind.name().as_bytes(),
            text => text,
        }
    }

    /// The status of a response; 0 for a request.
    #[inline]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase as it was sent or set; may be empty.
    #[inline]
    pub fn reason(&self) -> &[u8] {
        self.fields.slice(self.reason)
    }

    /// The path of the target, without query; see [`uri::path`].
    #[inline]
    pub fn path(&self) -> Option<&[u8]> {
        self.path.get(|| self.find_path()).map(|place| self.fields.slice(place))
    }

    fn find_path(&self) -> Option<Slice> {
        let (whole, path) = uri::path_and_query(self.uri()).zip(uri::path(self.uri()))?;
        let start = self.uri.end() - whole.len();
        Some(Slice::new(start, start + path.len()))
    }

    /// The path of the target with its query; see [`uri::path_and_query`].
    pub fn path_and_query(&self) -> Option<&[u8]> {
        uri::path_and_query(self.uri())
    }

    /// What follows the first `?` of the target; see [`uri::query`].
    pub fn query(&self) -> Option<&[u8]> {
        uri::query(self.uri())
    }

    /// The authority of the target, without user information; see [`uri::authority`].
    pub fn authority(&self) -> Option<&[u8]> {
        uri::authority(self.uri(), uri::UserInfo::Skip)
    }

    /// The scheme of an absolute target, without `://`; see [`uri::scheme`].
    pub fn scheme(&self) -> Option<&[u8]> {
        uri::scheme(self.uri())
    }

    /// The request line as it was parsed or started, whatever was edited since, without its line end; `None` for a
    /// response and before there is a request.
    pub fn original_start_line(&self) -> Option<&[u8]> {
        Some(self.fields.slice(self.original)).filter(|line| !line.is_empty())
    }

    pub(crate) fn uri_slice(&self) -> Slice {
        self.uri
    }

    pub(crate) fn version_slice(&self) -> Slice {
        self.version
    }
}

/// Editing.
impl Head {
    /// Forgets everything and keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.fields.clear();
        self.kind = Kind::Request;
        self.method_kind = Method::Other;
        self.version_kind = Version::Http11;
        self.status = 0;
        self.method = Slice::default();
        self.uri = Slice::default();
        self.path.forget();
        self.version = Slice::default();
        self.reason = Slice::default();
        self.line = Slice::default();
    }

    /// Forgets everything and starts a request.
    pub fn start_request(&mut self, method: &[u8], uri: &[u8], version: Version) {
        self.clear();
        self.version_kind = version;
        self.method_kind = Method::of(method);
        self.method = self.fields.append(method);
        self.fields.append(b" ");
        self.uri = self.fields.append(uri);
        self.path.forget();
        self.fields.append(b" ");
        let end = self.fields.append(version.name().as_bytes()).end();
        self.original = Slice::new(self.method.start(), end);
    }

    /// Forgets everything and starts a response; without `reason`, the usual one is used.
    pub fn start_response(&mut self, version: Version, status: u16, reason: Option<&[u8]>) {
        self.clear();
        self.kind = Kind::Response;
        self.version_kind = version;
        self.set_status(status, reason);
    }

    /// Replaces the method.
    pub fn set_method(&mut self, method: &[u8]) {
        self.method_kind = Method::of(method);
        self.method = self.fields.append(method);
        self.line = Slice::default();
    }

    /// Replaces the whole request target.
    pub fn set_uri(&mut self, uri: &[u8]) {
        self.uri = self.fields.append(uri);
        self.path.forget();
        self.line = Slice::default();
    }

    /// Replaces the status, and the reason by `reason` or by the usual one for this status.
    pub fn set_status(&mut self, status: u16, reason: Option<&[u8]>) {
        self.status = status;
        self.set_reason(reason.unwrap_or(status::reason(status).as_bytes()));
    }

    /// Replaces the reason phrase.
    pub fn set_reason(&mut self, reason: &[u8]) {
        self.reason = self.fields.append(reason);
        self.line = Slice::default();
    }

    /// Replaces the version.
    pub fn set_version(&mut self, version: Version) {
        self.version_kind = version;
        self.version = Slice::default();
        self.line = Slice::default();
    }

    #[inline]
    pub(crate) fn set_request_line(&mut self, line: &RequestLine) {
        self.kind = Kind::Request;
        self.status = 0;
        self.method = line.method;
        self.uri = line.uri;
        self.path.forget();
        self.version = line.version;
        self.method_kind = line.method_kind;
        self.version_kind = line.version_kind;
        self.line = line.line;
        self.original = Slice::new(line.method.start(), line.version.end().max(line.uri.end()));
    }

    /// Takes superfluous blanks out of the original request line. Only once the whole head was copied: until then text
    /// has the sender's offsets.
    #[inline]
    pub(crate) fn tidy_original(&mut self) {
        let (method, uri, version) = (self.method, self.uri, self.version);
        let has_more_blanks = uri.start() > method.end() + 1 || version.start() > uri.end() + 1;
        if has_more_blanks && version.end() > uri.end() {
            self.renew_original();
        }
    }

    /// What counts as the request line as it came is the line as it is now, with one blank between its parts.
    pub(crate) fn renew_original(&mut self) {
        let line = [self.method(), b" ", self.uri(), b" ", self.version_text()].concat();
        self.original = self.fields.append(&line);
    }

    #[inline]
    pub(crate) fn set_status_line(&mut self, line: &StatusLine) {
        self.kind = Kind::Response;
        self.status = line.status;
        self.version = line.version;
        self.version_kind = line.version_kind;
        self.reason = line.reason;
        self.line = line.line;
        self.original = Slice::default();
    }
}

/// Writing.
impl Head {
    /// Appends the head to `out` as HTTP/1: start line, fields, empty line.
    ///
    /// Versions from 1.1 up are written as `HTTP/1.1`, lower ones as they came; a response without reason gets the
    /// usual one.
    #[inline]
    pub fn write_to(&self, out: &mut Vec<u8>) {
        if self.line == Slice::default() {
            self.write_start_line(out);
        }
        self.fields.write_after(self.line, out);
        out.extend_from_slice(b"\r\n");
    }

    /// Appends the start line with its line end.
    pub fn write_start_line(&self, out: &mut Vec<u8>) {
        match self.kind {
            Kind::Request => {
                out.extend_from_slice(self.method());
                out.push(b' ');
                out.extend_from_slice(self.uri());
                out.push(b' ');
                out.extend_from_slice(self.version_to_write());
            }
            Kind::Response => {
                out.extend_from_slice(self.version_to_write());
                out.push(b' ');
                base::bytes::push_decimal(out, i64::from(self.status));
                out.push(b' ');
                match self.reason() {
                    [] => out.extend_from_slice(status::reason(self.status).as_bytes()),
                    reason => out.extend_from_slice(reason),
                }
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    fn version_to_write(&self) -> &[u8] {
        if self.version_kind.is_11_or_above() { b"HTTP/1.1" } else { self.version_text() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(head: &Head) -> String {
        let mut out = Vec::new();
        head.write_to(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn builds_a_request() {
        let mut head = Head::new();
        head.start_request(b"GET", b"/a?b", Version::Http11);
        head.fields.push(b"Host", b"h");
        assert_eq!(written(&head), "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(head.path(), Some(&b"/a"[..]));
        assert_eq!(head.query(), Some(&b"b"[..]));
        assert!(head.is_request());
    }

    #[test]
    fn builds_a_response_and_changes_it() {
        let mut head = Head::new();
        head.start_response(Version::Http10, 404, None);
        head.fields.push(b"Server", b"s");
        assert_eq!(written(&head), "HTTP/1.0 404 Not Found\r\nServer: s\r\n\r\n");
        head.set_version(Version::Http2);
        head.set_status(299, Some(b"Fine"));
        assert_eq!(written(&head), "HTTP/1.1 299 Fine\r\nServer: s\r\n\r\n");
        head.set_reason(b"");
        assert_eq!(written(&head), "HTTP/1.1 299 Success\r\nServer: s\r\n\r\n");
        head.fields.remove_all();
        assert_eq!(written(&head), "HTTP/1.1 299 Success\r\n\r\n");
        head.clear();
        assert_eq!(head.status(), 0);
        assert!(head.is_request());
    }
}
