//! The words behind `lockgate trace`, and the request that they make.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use engine::trace::{Question, Scheme};

use super::Shape;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    /// `-f`.
    pub(super) files: Vec<OsString>,
    /// The request.
    pub(super) question: Question,
    /// `--format`.
    pub(super) shape: Shape,
}

/// The words cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Wrong {
    #[error("`trace` needs a configuration: -f FILE")]
    NoFile,
    #[error("`trace` needs a request, as 'GET http://www.example.com/'")]
    NoRequest,
    #[error("unknown option '{word}'{}", .nearest.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default())]
    Unknown { word: String, nearest: Option<&'static str> },
    #[error("'{0}' is one request too many")]
    Second(String),
    #[error("'{0}' needs a value")]
    Missing(&'static str),
    #[error("'{0} {1}': {2} expected")]
    Value(&'static str, String, &'static str),
    #[error("'{0}': 'METHOD URL' expected, or a URL alone")]
    Request(String),
    #[error("'{0}': http://, https://, tcp://, tls:// or a path expected")]
    Url(String),
}

const OPTIONS: &[&str] = &[
    "-f",
    "-H",
    "--header",
    "--cookie",
    "--body",
    "--src",
    "--dst",
    "--frontend",
    "--bind",
    "--down",
    "--response",
    "--response-header",
    "--response-body",
    "--format",
    "--help",
];

/// The port that clients come from of whom nothing else is said.
const CLIENT_PORT: u16 = 50000;

#[derive(Default)]
struct Words {
    files: Vec<OsString>,
    request: Option<String>,
    headers: Vec<String>,
    cookies: Vec<String>,
    body: Vec<u8>,
    src: Option<SocketAddr>,
    dst: Option<(IpAddr, Option<u16>)>,
    frontend: Option<Box<str>>,
    bind: Option<Box<str>>,
    down: Vec<Box<str>>,
    response: Option<String>,
    response_headers: Vec<String>,
    response_body: Vec<u8>,
    is_json: bool,
}

/// Reads the words; `None`: help is wanted.
pub(super) fn parse(words: Vec<OsString>) -> Result<Option<Asked>, Wrong> {
    let mut read = Words::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        if text == "-h" || text == "--help" {
            return Ok(None);
        }
        if !text.starts_with('-') || text == "-" {
            read.take_request(text)?;
            continue;
        }
        let Some(name) = OPTIONS.iter().copied().find(|known| *known == text) else {
            let nearest = diag::nearest(&text, OPTIONS.iter().copied());
            return Err(Wrong::Unknown { word: text, nearest });
        };
        read.take(name, words.next().ok_or(Wrong::Missing(name))?)?;
    }
    read.finish().map(Some)
}

impl Words {
    /// `METHOD URL` in one word or in two, or a URL alone.
    fn take_request(&mut self, text: String) -> Result<(), Wrong> {
        match &mut self.request {
            None => self.request = Some(text),
            Some(have) if !have.contains(' ') && !have.contains('/') => {
                have.push(' ');
                have.push_str(&text);
            }
            Some(_) => return Err(Wrong::Second(text)),
        }
        Ok(())
    }

    fn take(&mut self, name: &'static str, value: OsString) -> Result<(), Wrong> {
        use std::os::unix::ffi::OsStringExt;
        let text = value.to_string_lossy().into_owned();
        let header = |text: String| {
            let is_header = text.split_once(':').is_some_and(|(name, _)| !name.trim().is_empty());
            if is_header { Ok(text) } else { Err(Wrong::Value(name, text, "'NAME: VALUE'")) }
        };
        match name {
            "-f" => self.files.push(value),
            "-H" | "--header" => self.headers.push(header(text)?),
            "--cookie" => self.cookies.push(text),
            "--body" => self.body = value.into_vec(),
            "--src" => {
                let (ip, port) = address(name, &text)?;
                self.src = Some(SocketAddr::new(ip, port.unwrap_or(CLIENT_PORT)));
            }
            "--dst" => self.dst = Some(address(name, &text)?),
            "--frontend" => self.frontend = Some(text.into()),
            "--bind" => self.bind = Some(text.into()),
            "--down" => self.down.push(text.into()),
            "--response" => self.response = Some(text),
            "--response-header" => self.response_headers.push(header(text)?),
            "--response-body" => self.response_body = value.into_vec(),
            _ => {
                self.is_json = match text.as_str() {
                    "json" => true,
                    "people" => false,
                    _ => return Err(Wrong::Value(name, text, "people or json")),
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Asked, Wrong> {
        if self.files.is_empty() {
            return Err(Wrong::NoFile);
        }
        let line = self.request.as_deref().ok_or(Wrong::NoRequest)?;
        let (method, url, version) = split(line)?;
        let url = Url::parse(url)?;
        let is_http = matches!(url.scheme, Scheme::Http | Scheme::Https);
        let request = if is_http { self.http_request(method, &url, version) } else { self.body.clone() };
        let response = if is_http { self.http_response() } else { self.bytes_of_server() };
        let host_header = self.header("host");
        let host = url.host.or_else(|| host_header.map(|host| host_of(&host).into()));
        let question = Question {
            scheme: url.scheme,
            host,
            port: url.port,
            request,
            src: self.src.unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), CLIENT_PORT)),
            dst: self.dst.map(|(ip, port)| SocketAddr::new(ip, port.unwrap_or(url.port))),
            frontend: self.frontend,
            bind: self.bind,
            response,
            down: self.down,
        };
        let shape = if self.is_json { Shape::Json } else { Shape::People };
        Ok(Asked { files: self.files, question, shape })
    }

    /// The value of a header that was given.
    fn header(&self, wanted: &str) -> Option<String> {
        let pairs = self.headers.iter().filter_map(|header| header.split_once(':'));
        let mut found = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| value.trim().to_owned())
    }

    fn http_request(&self, method: &str, url: &Url, version: &str) -> Vec<u8> {
        let mut head = format!("{method} {} {version}\r\n", url.target);
        if self.header("host").is_none() {
            head.push_str(&format!("Host: {}\r\n", url.authority.as_deref().unwrap_or("localhost")));
        }
        for header in &self.headers {
            push_header(header, &mut head);
        }
        if !self.cookies.is_empty() {
            head.push_str(&format!("Cookie: {}\r\n", self.cookies.join("; ")));
        }
        let is_framed = self.header("content-length").is_some() || self.header("transfer-encoding").is_some();
        if !self.body.is_empty() && !is_framed {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    /// The response, if anything is said of it.
    fn http_response(&self) -> Vec<u8> {
        if self.response.is_none() && self.response_headers.is_empty() && self.response_body.is_empty() {
            return Vec::new();
        }
        let mut head = match self.response.as_deref() {
            None => "HTTP/1.1 200 OK".to_owned(),
            Some(line) if line.starts_with("HTTP/") => line.to_owned(),
            Some(status) => {
                let reason = status.parse().map_or("", http::status::reason);
                format!("HTTP/1.1 {status} {reason}")
            }
        };
        head.push_str("\r\n");
        let is_framed =
            self.response_headers.iter().filter_map(|header| header.split_once(':')).any(|(name, _)| {
                name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
            });
        for header in &self.response_headers {
            push_header(header, &mut head);
        }
        if !is_framed {
            head.push_str(&format!("Content-Length: {}\r\n", self.response_body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.response_body].concat()
    }

    fn bytes_of_server(&self) -> Vec<u8> {
        let first = self.response.as_deref().unwrap_or_default();
        [first.as_bytes(), &self.response_body].concat()
    }
}

/// A header as it is sent: one blank behind the colon.
fn push_header(header: &str, head: &mut String) {
    let (name, value) = header.split_once(':').unwrap_or((header, ""));
    head.push_str(&format!("{}: {}\r\n", name.trim(), value.trim()));
}

/// Method, URL and version of `METHOD URL VERSION`, of which the URL alone must be there.
fn split(line: &str) -> Result<(&str, &str, &str), Wrong> {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    match words[..] {
        [url] => Ok(("GET", url, "HTTP/1.1")),
        [url, version] if version.starts_with("HTTP/") => Ok(("GET", url, version)),
        [method, url] => Ok((method, url, "HTTP/1.1")),
        [method, url, version] if version.starts_with("HTTP/") => Ok((method, url, version)),
        _ => Err(Wrong::Request(line.to_owned())),
    }
}

/// A URL, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
struct Url {
    scheme: Scheme,
    /// Host, and port if it was written.
    authority: Option<String>,
    host: Option<Box<str>>,
    port: u16,
    /// Path and query.
    target: String,
}

impl Url {
    fn parse(text: &str) -> Result<Url, Wrong> {
        let text = text.split('#').next().unwrap_or_default();
        let schemes = [
            ("http://", Scheme::Http, Some(80)),
            ("https://", Scheme::Https, Some(443)),
            ("tcp://", Scheme::Tcp, None),
            ("tls://", Scheme::Tls, Some(443)),
        ];
        if text.starts_with('/') || text == "*" {
            let target = text.to_owned();
            return Ok(Url { scheme: Scheme::Http, authority: None, host: None, port: 80, target });
        }
        let wrong = || Wrong::Url(text.to_owned());
        let is_it = |known: &&(&str, _, _)| {
            text.get(..known.0.len()).is_some_and(|start| start.eq_ignore_ascii_case(known.0))
        };
        let (prefix, scheme, usual) = schemes.iter().find(is_it).ok_or_else(wrong)?;
        let rest = &text[prefix.len()..];
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let host = host_of(authority);
        let port = match authority[host.len()..].strip_prefix(':') {
            None | Some("") => *usual,
            Some(port) => Some(port.parse().map_err(|_| wrong())?),
        };
        if host.is_empty() {
            return Err(wrong());
        }
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Url {
            scheme: *scheme,
            authority: Some(authority.to_owned()),
            host: Some(host.into()),
            port: port.ok_or_else(wrong)?,
            target,
        })
    }
}

/// The host of `host:port`; brackets of IPv6 addresses stay.
fn host_of(authority: &str) -> &str {
    match authority.rfind(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// `ADDRESS`, `ADDRESS:PORT`, `[ADDRESS]:PORT`.
fn address(option: &'static str, text: &str) -> Result<(IpAddr, Option<u16>), Wrong> {
    if let Ok(addr) = text.parse::<SocketAddr>() {
        return Ok((addr.ip(), Some(addr.port())));
    }
    let ip = text.trim_matches(['[', ']']).parse();
    ip.map(|ip| (ip, None)).map_err(|_| Wrong::Value(option, text.to_owned(), "an IP address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Option<Asked>, Wrong> {
        parse(words.iter().map(OsString::from).collect())
    }

    fn asked(words: &[&str]) -> Asked {
        parsed(&[&["-f", "x.cfg"], words].concat()).unwrap().unwrap()
    }

    #[test]
    fn a_request_is_made_of_its_parts() {
        let asked = asked(&[
            "POST https://User@Www.example.com:8443/a?b=1#c",
            "-H",
            "X-A:1",
            "--cookie",
            "a=b",
            "--cookie",
            "c=d",
            "--body",
            "q=1",
            "--src",
            "10.0.0.1",
        ]);
        let q = asked.question;
        assert_eq!(
            String::from_utf8(q.request).unwrap(),
            "POST /a?b=1 HTTP/1.1\r\nHost: Www.example.com:8443\r\nX-A: 1\r\nCookie: a=b; c=d\r\nContent-Length: 3\r\n\r\nq=1"
        );
        assert_eq!((q.scheme, q.port, q.host.as_deref()), (Scheme::Https, 8443, Some("Www.example.com")));
        assert_eq!((q.src, q.dst), (SocketAddr::from(([10, 0, 0, 1], 50000)), None));
        assert!(q.response.is_empty());
    }

    #[test]
    fn a_path_takes_its_host_from_a_header() {
        let q = asked(&["/x", "-H", "host: a.test:81", "--dst", "[::1]:8080"]).question;
        assert_eq!(String::from_utf8(q.request).unwrap(), "GET /x HTTP/1.1\r\nhost: a.test:81\r\n\r\n");
        assert_eq!((q.port, q.host.as_deref()), (80, Some("a.test")));
        assert_eq!(q.dst.unwrap().to_string(), "[::1]:8080");
        let q = asked(&["HEAD", "http://[::1]/", "--dst", "::1"]).question;
        assert_eq!(String::from_utf8(q.request).unwrap(), "HEAD / HTTP/1.1\r\nHost: [::1]\r\n\r\n");
        assert_eq!(q.dst.unwrap().to_string(), "[::1]:80");
    }

    #[test]
    fn responses_and_connections() {
        let q = asked(&["http://a/", "--response", "404", "--response-header", "Set-Cookie: a=b"]).question;
        assert_eq!(
            String::from_utf8(q.response).unwrap(),
            "HTTP/1.1 404 Not Found\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
        );
        let q = asked(&["tcp://10.0.0.1:25", "--body", "EHLO x", "--response", "220 mx"]).question;
        assert_eq!((q.scheme, q.port), (Scheme::Tcp, 25));
        assert_eq!((q.request, q.response), (b"EHLO x".to_vec(), b"220 mx".to_vec()));
    }

    #[test]
    fn what_cannot_be_asked() {
        let wrong = |words: &[&str]| parsed(words).unwrap_err();
        assert_eq!(wrong(&["http://a/"]), Wrong::NoFile);
        assert_eq!(wrong(&["-f", "x"]), Wrong::NoRequest);
        assert_eq!(wrong(&["-f", "x", "ftp://a/"]), Wrong::Url("ftp://a/".to_owned()));
        assert_eq!(wrong(&["-f", "x", "tcp://a"]), Wrong::Url("tcp://a".to_owned()));
        assert_eq!(wrong(&["-f", "x", "http://a/", "http://b/"]), Wrong::Second("http://b/".to_owned()));
        assert_eq!(wrong(&["-f", "x", "/", "-H", "x"]), Wrong::Value("-H", "x".to_owned(), "'NAME: VALUE'"));
        assert_eq!(wrong(&["-f", "x", "/", "--src"]), Wrong::Missing("--src"));
        assert_eq!(
            wrong(&["-f", "x", "/", "--src", "h"]),
            Wrong::Value("--src", "h".to_owned(), "an IP address")
        );
        let unknown = Wrong::Unknown { word: "--cookies".to_owned(), nearest: Some("--cookie") };
        assert_eq!(wrong(&["-f", "x", "/", "--cookies", "a"]), unknown);
        assert!(parsed(&["--help"]).unwrap().is_none());
    }
}
