//! `option httpchk`, `http-check send`: the request, and how the answer is taken apart.

use ::http::h1::response_framing;
use ::http::h1::{
    BodyDecoder, BodyLength, Connection, Leniency, Limits, Parser, Progress, Role as ParserRole,
};
use ::http::message::Method;
use ::http::uri;
use base::bytes::push_decimal;
use config::model::HttpCheckRequest;
use net::Endpoint;
use sample::txn::Message;
use state::server::{Health, Role};

use super::script::Run;
use super::task::Checker;
use crate::forward::Way;

/// What a request is without a word on it.
const METHOD: &[u8] = b"OPTIONS";
const URI: &[u8] = b"/";
const VERSION: &[u8] = b"HTTP/1.0";

/// Takes an answer apart as it comes.
pub(super) struct Reader {
    /// What came and was not understood yet.
    pub(super) raw: Vec<u8>,
    parser: Parser,
    limits: Limits,
    method: Method,
    /// Set once the head is complete.
    body: Option<BodyDecoder>,
    /// Whether the request asks for the connection to be kept.
    asks_to_stay: bool,
    /// Whether the answer, as far as it was understood, leaves the connection open.
    is_left_open: bool,
}

impl Reader {
    pub(super) fn new(checker: &Checker) -> Reader {
        let tune = &checker.shared.config.global.tune;
        Reader::within(Limits { head_bytes_max: tune.bufsize, fields_max: tune.http_maxhdr })
    }

    /// One for answers of this size.
    fn within(limits: Limits) -> Reader {
        Reader {
            raw: Vec::new(),
            parser: Parser::new(ParserRole::Response, Leniency::Strict, limits),
            limits,
            method: Method::Options,
            body: None,
            asks_to_stay: false,
            is_left_open: false,
        }
    }

    /// Whether another request may go over the connection, once the body is complete.
    pub(super) fn leaves_open(&self) -> bool {
        self.asks_to_stay && self.is_left_open && self.raw.is_empty()
    }

    /// Whether the answer's head is complete.
    pub(super) fn has_head(&self) -> bool {
        self.body.is_some()
    }

    /// Goes on with what is in `raw`; false for what is no HTTP, or ends before its head does.
    pub(super) fn read(&mut self, answer: &mut Message, is_over: bool) -> bool {
        while self.body.is_none() {
            match self.parser.parse(&self.raw, &mut answer.head) {
                Ok(Progress::Partial) => return !is_over,
                Ok(Progress::Done { consumed }) => drop(self.raw.drain(..consumed)),
                Err(_) => return false,
            }
            let status = answer.head.status();
            if (100..200).contains(&status) && status != 101 {
                self.parser.reset();
                answer.head.clear();
                continue;
            }
            let Ok(framing) = response_framing(&mut answer.head, self.method, Leniency::Strict) else {
                return false;
            };
            answer.body_is_complete = framing.body == BodyLength::None;
            self.is_left_open = framing.connection == Connection::KeepAlive;
            self.body = Some(BodyDecoder::new(framing.body, self.limits));
        }
        self.read_body(answer);
        true
    }

    /// A body that is cut short or broken ends where it does.
    fn read_body(&mut self, answer: &mut Message) {
        let Some(decoder) = &mut self.body else { return };
        while !answer.body_is_complete {
            let Ok(decoded) = decoder.decode_in_place(&mut self.raw) else {
                answer.body_is_complete = true;
                self.is_left_open = false;
                return;
            };
            answer.body.extend_from_slice(&self.raw[decoded.data]);
            self.raw.drain(..decoded.consumed);
            answer.body_is_complete = decoded.end;
            if decoded.consumed == 0 {
                return;
            }
        }
    }
}

/// A version with what old files hid behind it: `HTTP/1.0\r\nHost: x`, and a body behind an empty line.
struct Version<'c> {
    name: &'c [u8],
    headers: Vec<(&'c [u8], &'c [u8])>,
    body: &'c [u8],
}

impl<'c> Version<'c> {
    fn of(text: &'c [u8]) -> Self {
        let end = memchr::memmem::find(text, b"\r\n\r\n");
        let (lines, body) = end.map_or((text, &[][..]), |end| (&text[..end], &text[end + 4..]));
        let mut lines =
            lines.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let name = lines.next().unwrap_or_default();
        let header = |line: &'c [u8]| {
            let colon = memchr::memchr(b':', line)?;
            Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
        };
        Version { name, headers: lines.filter_map(header).collect(), body }
    }

    /// Whether connections are kept unless the request says otherwise.
    fn is_11(&self) -> bool {
        self.name.len() == 8 && self.name > b"HTTP/1.0".as_slice()
    }
}

/// The host that a request names, if it names one: the last, as it is found by whoever reads headers in order.
pub(super) fn host(run: &mut Run<'_>, request: &HttpCheckRequest) -> Option<Vec<u8>> {
    let is_host = |name: &[u8]| name.eq_ignore_ascii_case(b"host");
    if let Some((_, value)) = request.headers.iter().rfind(|(name, _)| is_host(name)) {
        return Some(run.text(value));
    }
    let version = Version::of(request.version.as_deref().unwrap_or(VERSION));
    version.headers.iter().rfind(|(name, _)| is_host(name)).map(|(_, value)| value.to_vec())
}

/// A request whose formats are made.
struct Made<'r> {
    method: &'r [u8],
    uri: Vec<u8>,
    version: &'r [u8],
    headers: Vec<(&'r [u8], Vec<u8>)>,
    body: Vec<u8>,
    state: Option<Vec<u8>>,
}

/// The request as it is sent.
pub(super) fn request(run: &mut Run<'_>, request: &HttpCheckRequest) -> Vec<u8> {
    let uri = request.uri.as_ref().map(|uri| run.text(uri)).filter(|uri| !uri.is_empty());
    // A header without a value is left out.
    let headers = request.headers.iter().map(|(name, value)| (&**name, run.text(value)));
    let headers: Vec<_> = headers.filter(|(_, value)| !value.is_empty()).collect();
    let made = Made {
        method: request.method.as_deref().unwrap_or(METHOD),
        uri: uri.unwrap_or_else(|| URI.to_vec()),
        version: request.version.as_deref().unwrap_or(VERSION),
        headers,
        body: request.body.as_ref().map(|body| run.text(body)).unwrap_or_default(),
        state: run.script.send_state.then(|| state_header(run.checker)),
    };
    run.http.method = Method::of(made.method);
    run.http.asks_to_stay = made.asks_to_stay();
    let mut bytes = made.write();
    let shared = &run.checker.shared;
    let proxy = shared.config.proxy(run.checker.server.state.proxy);
    crate::h1::respell(shared, proxy, Way::Request, &mut bytes);
    bytes
}

impl Made<'_> {
    /// Whether its own headers keep the connection: without any it is to be closed.
    fn asks_to_stay(&self) -> bool {
        let version = Version::of(self.version);
        let given = self.headers.iter().map(|(name, value)| (*name, value.as_slice()));
        let said = version.headers.iter().copied().chain(given);
        let mut said = said.filter(|(name, _)| name.eq_ignore_ascii_case(b"connection")).peekable();
        let has = |value: &[u8], token: &[u8]| {
            value.split(|byte| *byte == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(token))
        };
        said.peek().is_some()
            && said.all(|(_, value)| !has(value, b"close") && (version.is_11() || has(value, b"keep-alive")))
    }

    /// Names are in lower case, as HAProxy sends them.
    fn write(&self) -> Vec<u8> {
        let version = Version::of(self.version);
        let body = if self.body.is_empty() { version.body } else { &self.body };
        let mut out = [self.method, b" ", &self.uri, b" ", version.name, b"\r\n"].concat();
        let mut has_connection = false;
        if let Some(authority) = uri::authority(&self.uri, uri::UserInfo::Skip) {
            push(&mut out, b"host", authority);
        }
        let given = self.headers.iter().map(|(name, value)| (*name, value.as_slice()));
        for (name, value) in version.headers.iter().copied().chain(given) {
            has_connection |= name.eq_ignore_ascii_case(b"connection");
            push(&mut out, name, value);
        }
        if let Some(state) = &self.state {
            push(&mut out, b"x-haproxy-server-state", state);
        }
        if !has_connection && version.is_11() {
            push(&mut out, b"connection", b"close");
        }
        if !body.is_empty() || !matches!(self.method, b"OPTIONS" | b"GET" | b"HEAD" | b"DELETE") {
            let mut length = Vec::new();
            push_decimal(&mut length, i64::try_from(body.len()).unwrap_or(i64::MAX));
            push(&mut out, b"content-length", &length);
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
        out
    }
}

fn push(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend(name.iter().map(u8::to_ascii_lowercase));
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// `http-check send-state`: what the server is thought to be, told to itself.
fn state_header(checker: &Checker) -> Vec<u8> {
    let server = &checker.server.state;
    let proxy = checker.shared.runtime.proxy(server.proxy);
    let health = server.check.health();
    let (steps, of) = health.shown();
    let word = if server.health() == Health::Stopping { "NOLB" } else { "UP" };
    let state = match server.health() {
        Health::Down if health.now > 0 => format!("DOWN {steps}/{of}"),
        Health::Down => "DOWN".to_owned(),
        _ if health.now == health.full() => word.to_owned(),
        Health::Up | Health::Starting | Health::Stopping => format!("{word} {steps}/{of}"),
    };
    let (address, port) = match &*server.endpoint() {
        Endpoint::Inet(addr) => (addr.ip().to_string(), addr.port().to_string()),
        other @ (Endpoint::Unix(_) | Endpoint::Abstract(_) | Endpoint::Fd(_)) => {
            (other.to_string(), String::new())
        }
    };
    let sessions = proxy.backend_sessions.get().saturating_sub(proxy.queued.get());
    let mut text = format!(
        "{state}; address={address}; port={port}; name={}/{}; node={}; weight={}/{}; scur={}/{sessions}; qcur={}",
        proxy.name,
        server.name,
        checker.shared.runtime.process.node,
        server.weight(),
        total_weight(&proxy.servers.load()),
        server.sessions.get(),
        server.queued.get(),
    );
    if server.health() == Health::Starting {
        text.push_str(&format!("; throttle={}%", server.warmup().percent.max(1)));
    }
    text.into_bytes()
}

/// The weights of the servers that requests go to: the active ones, else the backup ones.
fn total_weight(servers: &state::servers::ServerList) -> u32 {
    let sum =
        |role| servers.iter().filter(|s| s.role == role && s.is_usable()).map(|s| s.weight()).sum::<u32>();
    match sum(Role::Active) {
        0 => sum(Role::Backup),
        weight => weight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain<'r>() -> Made<'r> {
        Made {
            method: METHOD,
            uri: URI.to_vec(),
            version: VERSION,
            headers: Vec::new(),
            body: Vec::new(),
            state: None,
        }
    }

    fn sent(made: &Made<'_>) -> String {
        String::from_utf8(made.write()).unwrap()
    }

    #[test]
    fn requests() {
        assert_eq!(sent(&plain()), "OPTIONS / HTTP/1.0\r\n\r\n");
        let state = Made { state: Some(b"UP".to_vec()), ..plain() };
        assert_eq!(sent(&state), "OPTIONS / HTTP/1.0\r\nx-haproxy-server-state: UP\r\n\r\n");
        let made = Made {
            method: b"POST",
            uri: b"/h".to_vec(),
            version: b"HTTP/1.1",
            headers: vec![(b"Host", b"www".to_vec())],
            ..plain()
        };
        let want = "POST /h HTTP/1.1\r\nhost: www\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(sent(&made), want);
        let made = Made { body: b"hi".to_vec(), method: b"GET", ..made };
        assert!(sent(&made).ends_with("content-length: 2\r\n\r\nhi"));
    }

    #[test]
    fn what_old_files_hide_behind_the_version() {
        let made = Made { version: b"HTTP/1.1\r\nHost: a\r\nConnection: x", ..plain() };
        assert_eq!(sent(&made), "OPTIONS / HTTP/1.1\r\nhost: a\r\nconnection: x\r\n\r\n");
        let made = Made { version: b"HTTP/1.0\r\nA: b\r\n\r\nbody", ..plain() };
        assert_eq!(sent(&made), "OPTIONS / HTTP/1.0\r\na: b\r\ncontent-length: 4\r\n\r\nbody");
    }

    #[test]
    fn connections_are_kept_where_request_and_answer_say_so() {
        let said = |value: &str| vec![(&b"Connection"[..], value.as_bytes().to_vec())];
        let stays = |version, headers| Made { version, headers, ..plain() }.asks_to_stay();
        assert!(stays(b"HTTP/1.1", said("keep-alive")) && stays(b"HTTP/1.0", said("a, Keep-Alive")));
        assert!(stays(b"HTTP/1.1", said("x")) && stays(b"HTTP/1.1\r\nConnection: x", Vec::new()));
        assert!(!stays(b"HTTP/1.1", Vec::new()) && !stays(b"HTTP/1.0", said("x")));
        assert!(!stays(b"HTTP/1.1", said("keep-alive, close")));
        let leaves_open = |answer: &[u8]| {
            let limits = Limits { head_bytes_max: 1000, fields_max: 10 };
            let mut reader = Reader {
                raw: answer.to_vec(),
                asks_to_stay: true,
                method: Method::Get,
                ..Reader::within(limits)
            };
            let mut message = Message::default();
            reader.read(&mut message, false) && message.body_is_complete && reader.leaves_open()
        };
        assert!(leaves_open(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na"));
        assert!(leaves_open(b"HTTP/1.0 204 No\r\nconnection: keep-alive\r\n\r\n"));
        for answer in [
            &b"HTTP/1.1 200 OK\r\n\r\nuntil the end"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na",
            b"HTTP/1.1 204 No\r\nconnection: close\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nbroken\r\n",
        ] {
            assert!(!leaves_open(answer), "{}", String::from_utf8_lossy(answer));
        }
    }

    #[test]
    fn absolute_targets_name_their_host() {
        let made = Made { uri: b"http://h:80/x".to_vec(), ..plain() };
        assert_eq!(sent(&made), "OPTIONS http://h:80/x HTTP/1.0\r\nhost: h:80\r\n\r\n");
    }

    #[test]
    fn answers_are_taken_apart_however_they_come() {
        let limits = Limits { head_bytes_max: 1000, fields_max: 10 };
        let text = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                     3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        for size in 1..text.len() {
            let mut answer = Message::default();
            let mut reader = Reader { method: Method::Get, ..Reader::within(limits) };
            for part in text.chunks(size) {
                reader.raw.extend_from_slice(part);
                assert!(reader.read(&mut answer, false));
            }
            assert_eq!((answer.head.status(), answer.body.as_slice()), (200, &b"abcde"[..]), "{size}");
            assert!(answer.body_is_complete);
        }
        let raw = b"HTTP/1.0 200 OK\r\nx".to_vec();
        let mut reader = Reader { raw, method: Method::Get, ..Reader::within(limits) };
        assert!(!reader.read(&mut Message::default(), true), "it ends before its head does");
    }
}
