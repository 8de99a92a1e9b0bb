//! The messages that are sent where no error file says otherwise (configuration manual, chapter 4.2, "errorfile"). Each
//! is a short page with the status as its heading, not to be cached.

use std::sync::{Arc, LazyLock};

use http::message::{Head, Version};

use super::StoredMessage;

/// The statuses that an error file can be given for, with what their page says below its heading.
pub const PAGES: &[(u16, &str)] = &[
    (200, "The service works."),
    (400, "The request was not valid HTTP."),
    (401, "You need a user name and a password for this page."),
    (403, "You may not have what you asked for."),
    (404, "There is nothing at this address."),
    (405, "This address does not answer to this method."),
    (407, "You need a user name and a password for this proxy."),
    (408, "The request took too long to arrive."),
    (410, "What was here is gone for good."),
    (413, "The request is larger than what is taken here."),
    (414, "The address is longer than what is taken here."),
    (421, "The request reached a server that does not answer for it."),
    (422, "The request is understood, but cannot be carried out."),
    (425, "The request came too early to be trusted."),
    (429, "You sent too many requests in a short time."),
    (431, "The request's header is larger than what is taken here."),
    (500, "Something went wrong inside."),
    (501, "The request asks for something that is not known here."),
    (502, "A server gave an answer that is not valid, or none."),
    (503, "No server is there to take the request."),
    (504, "A server did not answer in time."),
];

/// The page for an error message's status, where that status can have one.
fn make(status: u16, text: &str) -> StoredMessage {
    // The name of 408 has been spelled this way since HTTP/1.0.
    let reason = if status == 408 { "Request Time-out" } else { http::status::reason(status) };
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
        assert_eq!(message(408).head.reason(), b"Request Time-out");
        assert!(!is_known(418));
        assert_eq!(message(418).head.status(), 418);
    }
}
