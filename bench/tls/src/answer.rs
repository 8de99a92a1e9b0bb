//! The request that is sent and the answer that is expected: 1 KiB of a known pattern.

/// Bytes of an answer's body.
pub(crate) const BODY_BYTES: usize = 1024;
/// The longest answer that is waited for: a head this long is none of ours.
const ANSWER_BYTES_MAX: usize = BODY_BYTES + 4096;

/// The body of each answer: no byte of it needs quotes in a configuration.
pub(crate) fn body() -> String {
    let pattern = ('a'..='z').chain('0'..='9').cycle();
    pattern.take(BODY_BYTES).collect()
}

/// Whether the client wants more on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    KeepAlive,
    Close,
}

/// The bytes of a request to this host.
pub(crate) fn request(host: &str, connection: Connection) -> Vec<u8> {
    let connection = match connection {
        Connection::KeepAlive => "",
        Connection::Close => "Connection: close\r\n",
    };
    format!("GET /some/path?with=arguments HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n{connection}\r\n")
        .into_bytes()
}

/// What has come of an answer so far.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    seen: Vec<u8>,
}

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Partial,
    Done,
    /// Not what was asked for.
    Wrong(&'static str),
}

impl Answer {
    /// Takes bytes of the answer. After [`Progress::Done`] the next one begins.
    pub(crate) fn push(&mut self, bytes: &[u8], body: &[u8]) -> Progress {
        self.seen.extend_from_slice(bytes);
        let progress = judge(&self.seen, body);
        if progress != Progress::Partial {
            self.seen.clear();
        }
        progress
    }
}

fn judge(seen: &[u8], body: &[u8]) -> Progress {
    if seen.len() > ANSWER_BYTES_MAX {
        return Progress::Wrong("too_long");
    }
    let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Progress::Partial;
    };
    let (head, got) = (&seen[..end], &seen[end + 4..]);
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Progress::Wrong("status");
    }
    if length(head) != Some(body.len()) {
        return Progress::Wrong("length");
    }
    match got {
        _ if got == body => Progress::Done,
        _ if body.starts_with(got) => Progress::Partial,
        _ => Progress::Wrong("body"),
    }
}

fn length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let mut lines = head.split(|byte| *byte == b'\n');
    let line =
        lines.find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    std::str::from_utf8(&line[NAME.len()..]).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n{}", body()).into_bytes()
    }

    #[test]
    fn an_answer_may_come_in_pieces() {
        let (body, good) = (body().into_bytes(), good());
        let mut answer = Answer::default();
        for byte in &good[..good.len() - 1] {
            assert_eq!(answer.push(&[*byte], &body), Progress::Partial);
        }
        assert_eq!(answer.push(&good[good.len() - 1..], &body), Progress::Done);
        assert_eq!(answer.push(&good, &body), Progress::Done);
    }

    #[test]
    fn wrong_answers_are_seen() {
        let body = body().into_bytes();
        let text = String::from_utf8(good()).unwrap();
        let wrong = |text: &str| Answer::default().push(text.as_bytes(), &body);
        assert_eq!(wrong(&text.replace("200", "503")), Progress::Wrong("status"));
        assert_eq!(wrong(&text.replace("1024", "1023")), Progress::Wrong("length"));
        assert_eq!(wrong(&text.replace("xyz", "xyy")), Progress::Wrong("body"));
        assert_eq!(wrong(&format!("{text}!")), Progress::Wrong("body"));
    }
}
