//! Answers made here: HAProxy's error messages, error files, `return`, `deny` with content, redirects.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::message::{Head, Version};
use sample::Txn;
use sample::logformat::LogFormat;

pub mod defaults;
pub mod file;
mod redirect;

pub use redirect::{CookieEdit, Redirect, RedirectTo};

/// A stored message, as an error file or HAProxy's own.
#[derive(Debug, Default)]
pub struct StoredMessage {
    /// Status line and fields, with a `Content-Length` that fits.
    pub head: Head,
    /// The body.
    pub body: Vec<u8>,
    /// An empty file (`/dev/null`): the connection is closed without a byte.
    pub is_empty: bool,
}

/// The error messages of a proxy or an `http-errors` section, by status.
#[derive(Debug, Default, Clone)]
pub struct ErrorTable {
    /// The messages that were configured.
    pub messages: BTreeMap<u16, Arc<Reply>>,
}

impl ErrorTable {
    /// The message for `status`, if it was configured.
    #[must_use]
    pub fn get(&self, status: u16) -> Option<&Arc<Reply>> {
        self.messages.get(&status)
    }
}

/// Where a made reply's body comes from.
#[derive(Debug)]
pub enum Body {
    /// No body: `Content-Length: 0`.
    Empty,
    /// Fixed bytes.
    Raw(Vec<u8>),
    /// Rendered for each reply.
    Format(LogFormat),
}

/// An answer, before it is known what it is for.
#[derive(Debug)]
pub enum Reply {
    /// The proxy's message for a status: its error file, else HAProxy's text.
    Error(u16),
    /// A message read from a file.
    Stored(Arc<StoredMessage>),
    /// `http-request return` and its like.
    Made {
        /// Status code.
        status: u16,
        /// `content-type`, where there is a body.
        content_type: Option<Box<[u8]>>,
        /// `hdr NAME FORMAT`.
        headers: Vec<(Box<[u8]>, LogFormat)>,
        /// The body.
        body: Body,
    },
    /// A redirection.
    Redirect(Redirect),
    /// `WWW-Authenticate` or `Proxy-Authenticate` for a realm, with the proxy's message for 401 or 407.
    Authenticate {
        /// The realm.
        realm: Box<[u8]>,
        /// 401 or 407.
        status: u16,
    },
}

/// What is sent.
#[derive(Debug, Default)]
pub struct Answer {
    /// Status line and fields.
    pub head: Head,
    /// The body.
    pub body: Vec<u8>,
    /// Nothing is sent at all.
    pub is_silent: bool,
}

impl Reply {
    /// Makes the answer for this exchange. `errors` are the tables to search for error messages, the first one that
    /// has the status wins; then HAProxy's own text is used.
    #[must_use]
    pub fn build(&self, txn: &Txn, errors: &[&ErrorTable]) -> Answer {
        match self {
            Reply::Error(status) => error_answer(*status, txn, errors),
            Reply::Stored(message) => stored_answer(message),
            Reply::Made { status, content_type, headers, body } => {
                made_answer(*status, content_type.as_deref(), headers, body, txn)
            }
            Reply::Redirect(redirect) => redirect.build(txn),
            Reply::Authenticate { realm, status } => {
                let mut answer = error_answer(*status, txn, errors);
                let name: &[u8] = if *status == 407 { b"Proxy-Authenticate" } else { b"WWW-Authenticate" };
                let value = [b"Basic realm=\"".as_slice(), realm, b"\""].concat();
                answer.head.fields.set(name, &value);
                answer
            }
        }
    }

    /// The status that will be sent; 0 for none.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Reply::Error(status) | Reply::Made { status, .. } | Reply::Authenticate { status, .. } => *status,
            Reply::Stored(message) => message.head.status(),
            Reply::Redirect(redirect) => redirect.status,
        }
    }
}

fn error_answer(status: u16, txn: &Txn, errors: &[&ErrorTable]) -> Answer {
    for table in errors {
        match table.get(status).map(|r| &**r) {
            None => {}
            Some(Reply::Error(other)) => return stored_answer(&defaults::message(*other)),
            Some(reply) => return reply.build(txn, &[]),
        }
    }
    stored_answer(&defaults::message(status))
}

fn stored_answer(message: &StoredMessage) -> Answer {
    if message.is_empty {
        return Answer { is_silent: true, ..Answer::default() };
    }
    Answer { head: message.head.clone(), body: message.body.clone(), is_silent: false }
}

fn made_answer(
    status: u16,
    content_type: Option<&[u8]>,
    headers: &[(Box<[u8]>, LogFormat)],
    body: &Body,
    txn: &Txn,
) -> Answer {
    let mut answer = Answer::default();
    match body {
        Body::Empty => {}
        Body::Raw(bytes) => answer.body.extend_from_slice(bytes),
        Body::Format(format) => format.render(txn, &mut answer.body),
    }
    let reason = http::status::reason(status);
    answer.head.start_response(Version::Http11, status, Some(reason.as_bytes()));
    let mut value = Vec::new();
    for (name, format) in headers {
        value.clear();
        format.render(txn, &mut value);
        if !value.is_empty() {
            answer.head.fields.push(&**name, &value);
        }
    }
    let mut length = Vec::new();
    base::bytes::push_decimal(&mut length, i64::try_from(answer.body.len()).unwrap_or(i64::MAX));
    answer.head.fields.push(b"content-length", &length);
    if let Some(content_type) = content_type.filter(|_| !answer.body.is_empty()) {
        answer.head.fields.push(b"content-type", content_type);
    }
    answer
}
