//! Fetches OCSP answers and staples them (configuration manual, chapter 12.7 "ocsp-update"; RFC 6960 appendix A).
//!
//! ```text
//! tls::files (what is due) --> GET or POST over HTTP/1.1 --> tls::files (checks and staples it) --> log of `global`
//! ```
//! One answer is fetched at a time, on the thread of the runtime API: responders are slow, and nobody waits for them.

use std::sync::Arc;
use std::time::Duration;

use base::clock;
use config::model::OcspUpdates;
use http::h1::{BodyDecoder, BodyLength, Leniency, Limits, Parser, Progress, Role, response_framing};
use http::message::{Head, Method};
use tls::files::{Fetch, FetchError, NextFetch, UpdateView};
use tls::ocsp::{self, Asked};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::process::Process;

/// How long a responder may take.
const FETCH_WAIT: Duration = Duration::from_secs(10);
/// How often it is looked whether certificates came or went.
const LOOK: Duration = Duration::from_secs(1);
/// The largest answer with its head, in bytes.
const ANSWER_BYTES_MAX: usize = 65_536;
/// What the head of an answer may be.
const LIMITS: Limits = Limits { head_bytes_max: 16_384, fields_max: 101 };

/// Seconds since 1970.
pub(crate) fn now_s() -> i64 {
    i64::try_from(clock::wall().as_secs()).unwrap_or(i64::MAX)
}

/// Fetches what is due, for as long as it is polled; at once nothing where `ocsp-update.disable` says so. To be run by a runtime
/// of one thread, as [`crate::serve`].
pub async fn update_answers(process: Arc<Process>) {
    let shared = &process.shared;
    let settings = &shared.config.global.tls.ocsp;
    let store = &shared.config.tls_files;
    if settings.is_disabled {
        return;
    }
    loop {
        let now = now_s();
        match store.next_fetch(now, settings.delays) {
            NextFetch::Now(fetch) => {
                let answer =
                    timeout(FETCH_WAIT, ask(&fetch, settings)).await.unwrap_or(Err(FetchError::Http));
                let answer = answer.as_deref().map_err(|error| *error);
                if let Some(view) = store.fetched(&fetch, answer, now_s(), settings.delays) {
                    engine::log_globally(shared, logs::Level::Notice, line(&view).as_bytes());
                }
            }
            NextFetch::At(due) => pause(&process, due.saturating_sub(now)).await,
            NextFetch::Nothing => pause(&process, i64::MAX).await,
        }
    }
}

/// Waits for so many seconds, at most until it has to be looked anew, or somebody wants an answer now.
async fn pause(process: &Process, seconds: i64) {
    let time = Duration::from_secs(u64::try_from(seconds).unwrap_or(0)).min(LOOK);
    tokio::select! {
        () = sleep(time) => {}
        () = process.wants_answers.notified() => {}
    }
}

/// What the log says of a fetch.
fn line(view: &UpdateView) -> String {
    let error = view.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
    format!(
        "<OCSP-UPDATE> {} {} \"{}{error}\" {} {}",
        view.certificate,
        view.status as u8,
        view.status.text(),
        view.failures,
        view.successes
    )
}

/// The parts of a responder's address.
#[derive(Debug, PartialEq, Eq)]
struct Place<'u> {
    /// What the Host header says.
    authority: &'u str,
    host: &'u str,
    port: u16,
}

impl<'u> Place<'u> {
    /// Those of `http://host[:port][/path]`, and the path; `None`: it is something else.
    fn split(uri: &'u str) -> Option<(Place<'u>, &'u str)> {
        let rest = uri.strip_prefix("http://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain(uri) || authority.contains('@') {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            Some(_) | None => (authority, 80),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        (!host.is_empty()).then_some((Place { authority, host, port }, path))
    }
}

/// Asks the responder.
async fn ask(fetch: &Fetch, settings: &OcspUpdates) -> Result<Vec<u8>, FetchError> {
    let asked = ocsp::ask(&fetch.uri, &fetch.id);
    let uri = match &asked {
        Asked::Get(uri) => uri,
        Asked::Post(_) => &*fetch.uri,
    };
    let (place, path) = Place::split(uri).ok_or(FetchError::Http)?;
    let target = match (&settings.http_proxy, path) {
        (Some(_), _) => uri,
        (None, "") => "/",
        (None, path) => path,
    };
    let request = request(&asked, target, place.authority);
    let stream = connect(&place, settings).await.map_err(|_| FetchError::Http)?;
    write(&stream, &request).await.map_err(|_| FetchError::Http)?;
    read(&stream).await
}

/// The request's bytes.
fn request(asked: &Asked, target: &str, authority: &str) -> Vec<u8> {
    let (method, body): (&str, &[u8]) = match asked {
        Asked::Get(_) => ("GET", &[]),
        Asked::Post(body) => ("POST", body),
    };
    let mut bytes =
        format!("{method} {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n").into_bytes();
    if !body.is_empty() {
        let about = format!("content-type: application/ocsp-request\r\ncontent-length: {}\r\n", body.len());
        bytes.extend_from_slice(about.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

async fn connect(place: &Place<'_>, settings: &OcspUpdates) -> std::io::Result<TcpStream> {
    match &settings.http_proxy {
        Some((host, port)) => TcpStream::connect((&**host, *port)).await,
        None => TcpStream::connect((place.host, place.port)).await,
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn read(stream: &TcpStream) -> Result<Vec<u8>, FetchError> {
    let mut reader = Reader::new();
    let mut chunk = [0; 4096];
    let mut total = 0;
    loop {
        stream.readable().await.map_err(|_| FetchError::Http)?;
        let n = match stream.try_read(&mut chunk) {
            Ok(n) => n,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return Err(FetchError::Http),
        };
        total += n;
        if total > ANSWER_BYTES_MAX {
            return Err(FetchError::Http);
        }
        if reader.take(&chunk[..n])? {
            return Ok(reader.body);
        }
    }
}

/// Takes a responder's message apart.
struct Reader {
    raw: Vec<u8>,
    parser: Parser,
    head: Head,
    decoder: Option<(BodyLength, BodyDecoder)>,
    body: Vec<u8>,
}

impl Reader {
    fn new() -> Reader {
        Reader {
            raw: Vec::new(),
            parser: Parser::new(Role::Response, Leniency::Strict, LIMITS),
            head: Head::default(),
            decoder: None,
            body: Vec::new(),
        }
    }

    /// Goes on with what came, nothing at the end of the connection; whether the body is complete.
    fn take(&mut self, bytes: &[u8]) -> Result<bool, FetchError> {
        self.raw.extend_from_slice(bytes);
        if self.decoder.is_none() && !self.read_head()? {
            return if bytes.is_empty() { Err(FetchError::Http) } else { Ok(false) };
        }
        let Some((length, decoder)) = &mut self.decoder else { return Ok(false) };
        loop {
            let decoded = decoder.decode_in_place(&mut self.raw).map_err(|_| FetchError::Http)?;
            self.body.extend_from_slice(&self.raw[decoded.data]);
            self.raw.drain(..decoded.consumed);
            if decoded.end {
                return Ok(true);
            }
            if decoded.consumed == 0 {
                break;
            }
        }
        match bytes {
            [] if *length == BodyLength::UntilClose => Ok(true),
            [] => Err(FetchError::Http),
            _ => Ok(false),
        }
    }

    /// Whether the head is there.
    fn read_head(&mut self) -> Result<bool, FetchError> {
        match self.parser.parse(&self.raw, &mut self.head) {
            Ok(Progress::Partial) => return Ok(false),
            Ok(Progress::Done { consumed }) => drop(self.raw.drain(..consumed)),
            Err(_) => return Err(FetchError::Http),
        }
        if self.head.status() != 200 {
            return Err(FetchError::Http);
        }
        let framing = response_framing(&mut self.head, Method::Get, Leniency::Strict);
        let length = framing.map_err(|_| FetchError::Http)?.body;
        let kind = self.head.fields.get(b"content-type");
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/ocsp-response")) {
            return Err(FetchError::ContentType);
        }
        self.decoder = Some((length, BodyDecoder::new(length, LIMITS)));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_responders() {
        let place =
            |uri| Place::split(uri).map(|(place, path)| (place.authority, place.host, place.port, path));
        assert_eq!(place("http://a.test"), Some(("a.test", "a.test", 80, "")));
        assert_eq!(place("http://a.test:81/x/y"), Some(("a.test:81", "a.test", 81, "/x/y")));
        assert_eq!(place("http://[::1]/"), Some(("[::1]", "::1", 80, "/")));
        assert_eq!(place("http://[::1]:82/"), Some(("[::1]:82", "::1", 82, "/")));
        for wrong in [
            "https://a.test",
            "http://",
            "http://a:b",
            "http://u@a",
            "http://a/x y",
            "http://a/\r\nx",
            "ldap:x",
        ] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn requests() {
        let get = request(&Asked::Get("http://a/b".into()), "/b", "a");
        assert_eq!(get, b"GET /b HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let post = String::from_utf8(request(&Asked::Post(b"xyz".to_vec()), "/", "a")).unwrap();
        assert!(
            post.starts_with("POST / HTTP/1.1\r\n") && post.ends_with("content-length: 3\r\n\r\nxyz"),
            "{post}"
        );
    }

    /// What comes of an answer that arrives in pieces of this size.
    fn taken(answer: &[u8], size: usize) -> Result<Vec<u8>, FetchError> {
        let mut reader = Reader::new();
        for piece in answer.chunks(size).chain([&[][..]]) {
            if reader.take(piece)? {
                return Ok(reader.body);
            }
        }
        panic!("nothing comes behind the end");
    }

    #[test]
    fn answers_are_taken_apart_however_they_come() {
        const TYPE: &str = "Content-Type: application/ocsp-response\r\n";
        for (head, body) in [
            ("HTTP/1.0 200 OK\r\n", "abc"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", "abc"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"),
        ] {
            let answer = format!("{head}{TYPE}\r\n{body}");
            for size in 1..answer.len() {
                assert_eq!(taken(answer.as_bytes(), size), Ok(b"abc".to_vec()), "{head} {size}");
            }
        }
        let is = |answer: &str, error| assert_eq!(taken(answer.as_bytes(), 7), Err(error), "{answer}");
        is("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nabc", FetchError::ContentType);
        is(&format!("HTTP/1.0 404 Not\r\n{TYPE}\r\n"), FetchError::Http);
        is(&format!("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n{TYPE}\r\nabc"), FetchError::Http);
        is("HTTP/1.0 200 OK\r\nConten", FetchError::Http);
        is("no HTTP at all\r\n\r\n", FetchError::Http);
    }
}
