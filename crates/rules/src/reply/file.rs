//! Error files: whole HTTP messages as they are to be sent (configuration manual, chapter 4.2, "errorfile").

use http::h1::{Leniency, Limits, Parser, Progress, Role};
use http::message::{Head, Known, Version};

use super::StoredMessage;

/// Why an error file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Its head is no HTTP response.
    #[error("is no HTTP response: the head is wrong at byte {at}")]
    Head {
        /// Offset in the file.
        at: usize,
    },
    /// No empty line ends its head.
    #[error("is no HTTP response: no empty line ends its head")]
    Cut,
    /// It says that its body has another length than it has.
    #[error("announces {said} bytes of body, but holds {has}")]
    Length {
        /// `Content-Length`.
        said: u64,
        /// What follows the head.
        has: usize,
    },
    /// A transfer coding cannot be stored.
    #[error("has a Transfer-Encoding, which a stored answer cannot have")]
    TransferEncoding,
}

/// Reads an error file. An empty one closes connections without a byte.
///
/// `Connection` fields go: whether the connection stays is decided when the message is sent.
///
/// # Errors
/// [`FileError`], to be told with the file's name.
pub fn parse(bytes: &[u8]) -> Result<StoredMessage, FileError> {
    if bytes.is_empty() {
        return Ok(StoredMessage { is_empty: true, ..StoredMessage::default() });
    }
    let limits = Limits { head_bytes_max: bytes.len() + 1, fields_max: 1_000 };
    let mut parser = Parser::new(Role::Response, Leniency::AcceptUnsafe, limits);
    let mut head = Head::default();
    let consumed = match parser.parse(bytes, &mut head) {
        Ok(Progress::Done { consumed }) => consumed,
        Ok(Progress::Partial) => return Err(FileError::Cut),
        Err(error) => return Err(FileError::Head { at: error.at }),
    };
    let body = bytes[consumed..].to_vec();
    if head.fields.get_known(Known::TransferEncoding).is_some() {
        return Err(FileError::TransferEncoding);
    }
    if let Some(said) = head.fields.get_known(Known::ContentLength).and_then(base::bytes::parse_decimal)
        && said != body.len() as u64
    {
        return Err(FileError::Length { said, has: body.len() });
    }
    head.fields.remove_known(Known::Connection);
    head.set_version(Version::Http11);
    if head.fields.get_known(Known::ContentLength).is_none() {
        head.fields.push(b"content-length", body.len().to_string().as_bytes());
    }
    Ok(StoredMessage { head, body, is_empty: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_files_become_messages_with_a_length() {
        let text =
            b"HTTP/1.0 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<p>no";
        let message = parse(text).unwrap();
        assert_eq!(message.head.status(), 503);
        assert_eq!(message.body, b"<p>no");
        assert_eq!(message.head.fields.get(b"content-length"), Some(&b"5"[..]));
        assert!(message.head.fields.get(b"connection").is_none());
        assert!(parse(b"").unwrap().is_empty);
    }

    #[test]
    fn line_feeds_alone_will_do() {
        assert_eq!(parse(b"HTTP/1.0 404 Gone fishing\nServer: x\n\nbody").unwrap().body, b"body");
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(parse(b"HTTP/1.1 503 X\r\nA: b\r\n").unwrap_err(), FileError::Cut);
        assert!(matches!(parse(b"hello\r\n\r\n").unwrap_err(), FileError::Head { .. }));
        let wrong = b"HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\nabc";
        assert_eq!(parse(wrong).unwrap_err(), FileError::Length { said: 9, has: 3 });
    }
}
