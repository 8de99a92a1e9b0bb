//! Just enough HTTP/1 to look at what came through: heads as text, bodies by length, in chunks or up to the end.

use std::str;

/// Where `wanted` begins in `bytes`.
pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// A request as a server saw it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// As sent, with the empty line.
    pub head: String,
    /// `GET`.
    pub method: String,
    /// The request target.
    pub target: String,
    /// The body, without its chunks' lines.
    pub body: Vec<u8>,
    /// The body with its chunks' lines, if it came in chunks.
    pub raw_body: Vec<u8>,
    /// The trailer section's lines.
    pub trailers: Vec<String>,
    /// Which connection of the origin it came on, from 0.
    pub connection: usize,
    /// Which request of that connection it was, from 0.
    pub position: usize,
}

impl Request {
    /// Reads a head.
    ///
    /// # Panics
    /// If the first line does not have three words.
    pub fn parse(head: &str) -> Self {
        let mut words = head.lines().next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(_)) = (words.next(), words.next(), words.next()) else {
            panic!("not a request: {head:?}");
        };
        Self {
            head: head.to_owned(),
            method: method.to_owned(),
            target: target.to_owned(),
            ..Self::default()
        }
    }

    /// The first line.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        headers(&self.head, name).first().copied()
    }

    /// The values of all headers of this name.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        headers(&self.head, name)
    }
}

/// A response as a client saw it.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// As sent, with the empty line.
    pub head: String,
    /// `200`.
    pub status: u16,
    /// The body, without its chunks' lines.
    pub body: Vec<u8>,
    /// The body with its chunks' lines, if it came in chunks.
    pub raw_body: Vec<u8>,
    /// The trailer section's lines.
    pub trailers: Vec<String>,
}

impl Response {
    /// Reads a head.
    ///
    /// # Panics
    /// If it does not begin with a version and a status.
    pub fn parse(head: &str) -> Self {
        let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).map(str::parse);
        let Some(Ok(status)) = status else { panic!("not a response: {head:?}") };
        Self { head: head.to_owned(), status, ..Self::default() }
    }

    /// The first line.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        headers(&self.head, name).first().copied()
    }

    /// The values of all headers of this name.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        headers(&self.head, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn headers<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let pairs = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
}

/// How long a response's body is, RFC 9112 section 6.3 without the answers to HEAD and CONNECT.
pub(crate) enum ResponseBody {
    Length(usize),
    Chunked,
    UntilClose,
}

impl ResponseBody {
    pub(crate) fn of(response: &Response) -> Self {
        if response.status < 200 || response.status == 204 || response.status == 304 {
            Self::Length(0)
        } else if response.header("transfer-encoding").is_some_and(|value| value.ends_with("chunked")) {
            Self::Chunked
        } else if let Some(length) = response.header("content-length") {
            Self::Length(length.parse().expect("a length in digits"))
        } else {
            Self::UntilClose
        }
    }
}

/// The length of the whole chunked body at the start of `bytes`, trailers included, once all of it is there.
pub(crate) fn chunked_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let (size, data) = chunk_size(&bytes[at..])?;
        at += data;
        if size == 0 {
            break;
        }
        at += size + 2;
        bytes.get(..at)?;
    }
    loop {
        let line = find(&bytes[at..], b"\r\n")?;
        at += line + 2;
        if line == 0 {
            return Some(at);
        }
    }
}

/// A chunk's size and the length of its line.
fn chunk_size(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = find(bytes, b"\r\n")?;
    let line = str::from_utf8(&bytes[..end]).expect("a chunk's line in ASCII");
    let size = line.split(';').next().unwrap_or_default().trim();
    let size = usize::from_str_radix(size, 16).unwrap_or_else(|_| panic!("not a chunk's line: {line:?}"));
    Some((size, end + 2))
}

/// The body and the trailers of a whole chunked body.
pub(crate) fn dechunk(bytes: &[u8]) -> (Vec<u8>, Vec<String>) {
    let (mut at, mut body) = (0, Vec::new());
    while let Some((size, data)) = chunk_size(&bytes[at..]) {
        at += data;
        if size == 0 {
            break;
        }
        body.extend_from_slice(&bytes[at..at + size]);
        at += size + 2;
    }
    let trailers = String::from_utf8_lossy(&bytes[at..]);
    (body, trailers.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_is_found_and_read() {
        let bytes = b"3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\nGET";
        assert_eq!(chunked_length(bytes), Some(bytes.len() - 3));
        for cut in 0..bytes.len() - 3 {
            assert_eq!(chunked_length(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(dechunk(bytes.strip_suffix(b"GET").unwrap()), (b"abc".to_vec(), vec!["A: b".to_owned()]));
    }

    #[test]
    fn heads_are_read_without_case() {
        let response = Response::parse("HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a:2\r\n\r\n");
        assert_eq!((response.status, response.headers("x-A")), (404, vec!["1", "2"]));
    }
}
