//! The messages that are sent where no error file says otherwise (configuration manual, chapter 4.2, "errorfile"). Each
//! is a short page with the status as its heading, not to be cached. Pages are as long as HAProxy's, to the byte: what
//! measures the length of an error does not notice the difference.

use std::sync::{Arc, LazyLock};

use http::message::{Head, Version};

use super::StoredMessage;

/// The statuses that an error file can be given for, with what their page says below its heading.
pub const PAGES: &[(u16, &str)] = &[
    (200, "All works now."),
    (400, "This is not a valid request for HTTP."),
    (401, "A user name and its password are needed to see this place."),
    (403, "The rules that apply here forbid all this."),
    (404, "Nothing is kept at this address."),
    (405, "The method of this request is none of those by which this address could be reached now."),
    (407, "A user name and its password are needed to use this proxy."),
    (408, "The whole request did not arrive in the time it had."),
    (410, "What was at this address has been removed, and it will be kept away."),
    (413, "The body of the request is too large to be had."),
    (414, "The address in the request is too long to be understood."),
    (421, "This server does not answer for such names."),
    (422, "What the request asks to do could not be carried out."),
    (425, "This was sent a bit too soon."),
    (429, "Too many requests came from you within far too short time."),
    (431, "The header is too large to read."),
    (500, "Something inside of it went wrong."),
    (501, "What this request needs is not something that was built into this server here."),
    (502, "What the server answered was not valid, or was absent."),
    (503, "There is no server left to handle the request."),
    (504, "A server took too long to respond."),
];

/// The reason phrases of these pages; some are spelled as HTTP/1.0 spelled them, since tools compare them.
fn heading(status: u16) -> &'static str {
    match status {
        400 => "Bad request",
        407 => "Unauthorized",
        413 => "Payload Too Large",
        414 => "URI Too Long",
        408 => "Request Time-out",
        502 => "Bad Gateway",
        504 => "Gateway Time-out",
        _ => http::status::reason(status),
    }
}

/// The page for an error message's status, where that status can have one.
fn make(status: u16, text: &str) -> StoredMessage {
    let reason = heading(status);
    let body = format!("<html><body><h1>{status} {reason}</h1>\n{text}\n</body></html>\n").into_bytes();
    let mut head = Head::default();
    head.start_response(Version::Http11, status, Some(reason.as_bytes()));
    head.fields.push(b"content-length", body.len().to_string().as_bytes());
    head.fields.push(b"cache-control", b"no-cache");
    head.fields.push(b"content-type", b"text/html");
    if status == 401 {
        head.fields.push(b"www-authenticate", b"Basic realm=\"Authentication required\"");
    }
    if status == 407 {
        head.fields.push(b"proxy-authenticate", b"Basic realm=\"Authentication required\"");
    }
    StoredMessage { head, body, is_empty: false }
}

static MESSAGES: LazyLock<Vec<(u16, Arc<StoredMessage>)>> =
    LazyLock::new(|| PAGES.iter().map(|(status, text)| (*status, Arc::new(make(*status, text)))).collect());

/// Whether `status` can have an error file.
#[must_use]
pub fn is_known(status: u16) -> bool {
    PAGES.iter().any(|(known, _)| *known == status)
}

/// The message for `status`; for statuses without a page of their own, one with the heading alone.
#[must_use]
pub fn message(status: u16) -> Arc<StoredMessage> {
    let found = MESSAGES.iter().find(|(known, _)| *known == status);
    found.map_or_else(|| Arc::new(make(status, "")), |(_, message)| message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_carry_their_length() {
        for (status, _) in PAGES {
            let message = message(*status);
            let length = message.head.fields.get(b"content-length").unwrap();
            assert_eq!(length, message.body.len().to_string().as_bytes());
            assert_eq!(message.head.status(), *status);
        }
        let lengths: Vec<usize> = PAGES.iter().map(|(status, _)| message(*status).body.len()).collect();
        let expected = [
            58, 90, 112, 93, 83, 147, 112, 110, 114, 106, 110, 104, 116, 80, 117, 105, 97, 135, 107, 107, 92,
        ];
        assert_eq!(lengths, expected);
        assert_eq!(message(408).head.reason(), b"Request Time-out");
        assert!(!is_known(418));
        assert_eq!(message(418).head.status(), 418);
    }
}
