//! `option httpchk`: the request, and what the answer means.

use ::http::Head;
use ::http::h1::{Leniency, Limits, Parser, Progress, Role as ParserRole};
use ::http::uri;
use base::bytes::push_decimal;
use config::model::HttpCheck;
use net::Endpoint;
use state::check::{CheckReport, CheckStatus};
use state::server::{Health, Role};
use tls::Transport;

use super::probe::{self, Deadline, Trouble};
use super::task::Checker;

/// Bytes read at once.
const READ_BYTES: usize = 4096;

/// Sends the request and judges the answer.
pub(super) async fn ask(
    checker: &Checker,
    check: &HttpCheck,
    conn: &mut Transport,
    deadline: &mut Deadline,
) -> CheckReport {
    let state = check.send_state.then(|| state_header(checker));
    let request = request(check, state.as_deref());
    let answer = match probe::send(conn, deadline, &request).await {
        Ok(()) => receive(checker, conn, deadline).await,
        Err(trouble) => Err(trouble),
    };
    match answer {
        Ok(Some(head)) => judge(check, &head, checker.server.state.health()),
        Ok(None) => CheckReport::new(CheckStatus::SocketError),
        Err(Trouble::Timeout) => CheckReport::new(CheckStatus::L7Timeout),
        Err(Trouble::Io(error)) => {
            CheckReport::new(CheckStatus::SocketError).describe(probe::describe(&error))
        }
    }
}

/// The head of the answer; `None` for something that is no HTTP, or that ends before its head does.
async fn receive(
    checker: &Checker,
    conn: &mut Transport,
    deadline: &mut Deadline,
) -> Result<Option<Head>, Trouble> {
    let tune = &checker.shared.config.global.tune;
    let limits = Limits { head_bytes_max: tune.bufsize, fields_max: tune.http_maxhdr };
    let mut parser = Parser::new(ParserRole::Response, Leniency::Strict, limits);
    let (mut head, mut input, mut chunk) = (Head::new(), Vec::new(), [0; READ_BYTES]);
    loop {
        match deadline.limit(|cx| conn.poll_read(cx, &mut chunk)).await? {
            0 => return Ok(None),
            got => input.extend_from_slice(&chunk[..got]),
        }
        match parser.parse(&input, &mut head) {
            Ok(Progress::Done { .. }) => return Ok(Some(head)),
            Ok(Progress::Partial) => {}
            Err(_) => return Ok(None),
        }
    }
}

/// What an answer means to a server that is in this state.
fn judge(check: &HttpCheck, head: &Head, health: Health) -> CheckReport {
    let code = head.status();
    let with_code = |status| CheckReport { code, ..CheckReport::new(status) };
    if check.disable_on_404 && code == 404 && health != Health::Down {
        return with_code(CheckStatus::L7OkConditionally);
    }
    let matches = if check.expect_status.is_empty() {
        (200..=399).contains(&code)
    } else {
        check.expect_status.iter().any(|(from, to)| (*from..=*to).contains(&code))
    };
    if matches != check.is_negated {
        return with_code(CheckStatus::L7Ok);
    }
    with_code(CheckStatus::L7Status).describe(head.reason())
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

/// The host that the request names, if it names one: the last, as it is found by whoever reads headers in order.
pub(super) fn host(check: &HttpCheck) -> Option<&[u8]> {
    let given = check.headers.iter().map(|(name, value)| (&**name, &**value));
    let mut all = Version::of(&check.version).headers.into_iter().chain(given);
    all.rfind(|(name, _)| name.eq_ignore_ascii_case(b"host")).map(|(_, value)| value)
}

/// The request as it is sent. Names are in lower case, as HAProxy sends them.
fn request(check: &HttpCheck, state: Option<&[u8]>) -> Vec<u8> {
    let version = Version::of(&check.version);
    let body = if check.body.is_empty() { version.body } else { &check.body };
    let mut out = [&check.method, b" ".as_slice(), &check.uri, b" ", version.name, b"\r\n"].concat();
    let mut has_connection = false;
    if let Some(authority) = uri::authority(&check.uri, uri::UserInfo::Skip) {
        push(&mut out, b"host", authority);
    }
    let given = check.headers.iter().map(|(name, value)| (&**name, &**value));
    for (name, value) in version.headers.iter().copied().chain(given) {
        has_connection |= name.eq_ignore_ascii_case(b"connection");
        push(&mut out, name, value);
    }
    if let Some(state) = state {
        push(&mut out, b"x-haproxy-server-state", state);
    }
    if !has_connection && version.is_11() {
        push(&mut out, b"connection", b"close");
    }
    if !body.is_empty() || !matches!(&*check.method, b"OPTIONS" | b"GET" | b"HEAD" | b"DELETE") {
        let mut length = Vec::new();
        push_decimal(&mut length, i64::try_from(body.len()).unwrap_or(i64::MAX));
        push(&mut out, b"content-length", &length);
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out
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
    use ::http::message::Version as HttpVersion;

    fn sent(check: &HttpCheck, state: Option<&[u8]>) -> String {
        String::from_utf8(request(check, state)).unwrap()
    }

    #[test]
    fn requests() {
        let plain = HttpCheck::default();
        assert_eq!(sent(&plain, None), "OPTIONS / HTTP/1.0\r\n\r\n");
        assert_eq!(sent(&plain, Some(b"UP")), "OPTIONS / HTTP/1.0\r\nx-haproxy-server-state: UP\r\n\r\n");
        let check = HttpCheck {
            method: (*b"POST").into(),
            uri: (*b"/h").into(),
            version: (*b"HTTP/1.1").into(),
            headers: vec![((*b"Host").into(), (*b"www").into())],
            ..HttpCheck::default()
        };
        let want = "POST /h HTTP/1.1\r\nhost: www\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(sent(&check, None), want);
        let check = HttpCheck { body: (*b"hi").into(), method: (*b"GET").into(), ..check };
        assert!(sent(&check, None).ends_with("content-length: 2\r\n\r\nhi"));
    }

    #[test]
    fn what_old_files_hide_behind_the_version() {
        let check =
            HttpCheck { version: (*b"HTTP/1.1\r\nHost: a\r\nConnection: x").into(), ..HttpCheck::default() };
        assert_eq!(sent(&check, None), "OPTIONS / HTTP/1.1\r\nhost: a\r\nconnection: x\r\n\r\n");
        let check = HttpCheck { version: (*b"HTTP/1.0\r\nA: b\r\n\r\nbody").into(), ..HttpCheck::default() };
        assert_eq!(sent(&check, None), "OPTIONS / HTTP/1.0\r\na: b\r\ncontent-length: 4\r\n\r\nbody");
    }

    #[test]
    fn absolute_targets_name_their_host() {
        let check = HttpCheck { uri: (*b"http://h:80/x").into(), ..HttpCheck::default() };
        assert_eq!(sent(&check, None), "OPTIONS http://h:80/x HTTP/1.0\r\nhost: h:80\r\n\r\n");
    }

    fn judged(check: &HttpCheck, status: u16, health: Health) -> (CheckStatus, Vec<u8>) {
        let mut head = Head::new();
        head.start_response(HttpVersion::Http11, status, Some(b"Why"));
        let report = judge(check, &head, health);
        assert_eq!(report.code, status);
        (report.status, report.description)
    }

    #[test]
    fn statuses() {
        use CheckStatus::{L7Ok, L7OkConditionally, L7Status};
        let status = |check: &HttpCheck, code| judged(check, code, Health::Up).0;
        let plain = HttpCheck::default();
        assert_eq!([200, 399, 404, 199].map(|code| status(&plain, code)), [L7Ok, L7Ok, L7Status, L7Status]);
        assert_eq!(judged(&plain, 500, Health::Up).1, b"Why");
        let some = HttpCheck { expect_status: vec![(201, 201), (404, 410)], ..HttpCheck::default() };
        assert_eq!(
            [200, 201, 404, 410, 411].map(|code| status(&some, code) == L7Ok),
            [false, true, true, true, false]
        );
        let others = HttpCheck { is_negated: true, ..some };
        assert_eq!([200, 201, 411].map(|code| status(&others, code) == L7Ok), [true, false, true]);
        let stopping = HttpCheck { disable_on_404: true, ..HttpCheck::default() };
        assert_eq!(status(&stopping, 404), L7OkConditionally);
        assert_eq!(judged(&stopping, 404, Health::Down).0, L7Status, "only a server that is up can stop");
    }
}
