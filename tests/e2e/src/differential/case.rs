//! The exchanges of a subject, as they stand in its file.
//!
//! ```text
//! # a remark
//! == GET /path | Name: value | Other: value
//! == a name of its own
//! POST / HTTP/1.1
//! Host: www.example.com
//! Content-Length: 2
//!
//! ab\
//! -- origin
//! HTTP/1.1 204 No Content
//!
//! ```
//!
//! A line that begins with `==` begins an exchange. One that has nothing below it is a request of its own: method, target
//! and fields between bars, HTTP/1.1 and `Host: www.example.com` unless it has a Host. Otherwise the lines below are what
//! the client sends; each ends with CR LF, unless a backslash stands at its end. `\r \n \t \xHH \\` are single bytes.
//!
//! Lines that begin with `--` say more:
//!
//! - `-- origin`: what follows is what the servers answer to the next request, once; several come in turn.
//! - `-- to NAME`: the socket to connect to, `fe` without it.
//! - `-- expect N`: final responses to wait for, 1 without it.
//! - `-- logs N`: log lines to wait for, as many as responses without it.
//! - `-- raw`: no HTTP: the client sends, closes its side, and reads to the end.
//! - `-- silent`: nothing comes back; the client waits a moment for the end of the connection.
//! - `-- later`: what follows is sent when the first response is there.

/// One exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) name: String,
    /// What the client sends, the first part at once, each further one after one more response.
    pub(super) sent: Vec<Vec<u8>>,
    pub(super) answers: Vec<Vec<u8>>,
    pub(super) to: String,
    pub(super) responses: usize,
    pub(super) logs: usize,
    pub(super) way: Way,
}

/// How the client behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    #[default]
    Http,
    Raw,
    Silent,
}

/// Where lines without a mark go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Client,
    Origin,
}

impl Case {
    /// All exchanges of a file.
    pub(super) fn all(text: &str) -> Vec<Case> {
        let mut cases: Vec<Case> = Vec::new();
        let mut target = Target::Client;
        let mut logs_told = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("== ") {
                cases.push(Case {
                    name: name.to_owned(),
                    to: "fe".to_owned(),
                    responses: 1,
                    ..Case::default()
                });
                logs_told.push(None);
                target = Target::Client;
                continue;
            }
            let Some(case) = cases.last_mut() else {
                assert!(line.is_empty() || line.starts_with('#'), "before the first exchange: {line}");
                continue;
            };
            if let Some(words) = line.strip_prefix("-- ") {
                target = case.directive(words, target, logs_told.last_mut().expect("one for each"));
            } else if !line.starts_with('#') {
                case.take(line, target);
            }
        }
        for (case, told) in cases.iter_mut().zip(logs_told) {
            if case.sent.is_empty() {
                case.sent = vec![request(&case.name)];
            }
            case.logs = told.unwrap_or(case.responses);
        }
        cases
    }

    fn directive(&mut self, words: &str, target: Target, logs: &mut Option<usize>) -> Target {
        let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
        let number = || rest.parse().unwrap_or_else(|_| panic!("{}: a number behind {word}", self.name));
        match word {
            "origin" => {
                self.answers.push(Vec::new());
                return Target::Origin;
            }
            "later" => {
                self.sent.push(Vec::new());
                return Target::Client;
            }
            "to" => self.to = rest.to_owned(),
            "expect" => self.responses = number(),
            "logs" => *logs = Some(number()),
            "raw" => self.way = Way::Raw,
            "silent" => self.way = Way::Silent,
            _ => panic!("{}: what is `-- {words}`?", self.name),
        }
        target
    }

    fn take(&mut self, line: &str, target: Target) {
        let list = match target {
            Target::Client => &mut self.sent,
            Target::Origin => &mut self.answers,
        };
        if list.is_empty() {
            list.push(Vec::new());
        }
        let (line, is_open) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
        let bytes = list.last_mut().expect("not empty");
        bytes.extend(unescaped(line));
        if !is_open {
            bytes.extend_from_slice(b"\r\n");
        }
    }
}

/// `METHOD TARGET | Name: value | ...` as a request.
fn request(name: &str) -> Vec<u8> {
    let mut parts = name.split(" | ");
    let start = parts.next().unwrap_or_default();
    let fields: Vec<&str> = parts.collect();
    let mut text = format!("{start} HTTP/1.1\r\n");
    if !fields.iter().any(|field| field.to_ascii_lowercase().starts_with("host:")) {
        text.push_str("Host: www.example.com\r\n");
    }
    for field in fields {
        text.push_str(field);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    unescaped(&text)
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'x') => {
                let mut digit = || rest.next().and_then(|d| char::from(d).to_digit(16)).expect("two digits");
                let byte = digit() * 16 + digit();
                out.push(u8::try_from(byte).expect("two digits"));
            }
            Some(other) => out.push(other),
            None => out.push(b'\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_exchanges() {
        let cases = Case::all(
            "# why\n== GET /a | X: 1\n== long\nPOST / HTTP/1.0\n\nab\\x00\\\n-- expect 2\n-- logs 0\n-- origin\nHTTP/1.1 200 OK\n\n",
        );
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].sent[0], b"GET /a HTTP/1.1\r\nHost: www.example.com\r\nX: 1\r\n\r\n");
        assert_eq!((cases[0].responses, cases[0].logs), (1, 1));
        assert_eq!(cases[1].sent[0], b"POST / HTTP/1.0\r\n\r\nab\x00");
        assert_eq!(cases[1].answers[0], b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!((cases[1].responses, cases[1].logs), (2, 0));
    }
}
