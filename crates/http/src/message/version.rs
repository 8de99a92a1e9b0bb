//! Protocol versions (RFC 9110 section 2.5).

/// The version that a message states, or that its protocol implies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// `HTTP/1.0`, every `HTTP/x.y` below 1.1, and a request without version (HTTP/0.9) where that is accepted.
    Http10,
    /// `HTTP/1.1`, and every minor above it.
    Http11,
    /// `HTTP/2.0`, or a message of an HTTP/2 connection.
    Http2,
    /// `HTTP/3.0`, a message of an HTTP/3 connection, or any higher `HTTP/x.y`.
    Http3,
    /// Another protocol that looks like HTTP (`RTSP/1.0`), accepted under unsafe leniency only.
    Other,
}

impl Version {
    /// What `text` states, when it has the form `HTTP/` digit `.` digit.
    #[inline]
    pub fn of(text: &[u8]) -> Option<Version> {
        let &[b'H', b'T', b'T', b'P', b'/', major, b'.', minor] = text else { return None };
        if !major.is_ascii_digit() || !minor.is_ascii_digit() {
            return None;
        }
        Some(match (major, minor) {
            (b'0', _) | (b'1', b'0') => Version::Http10,
            (b'1', _) => Version::Http11,
            (b'2', _) => Version::Http2,
            (_, _) => Version::Http3,
        })
    }

    /// HTTP/1.1 or above: connections persist unless told otherwise, and bodies may be chunked.
    #[inline]
    pub fn is_11_or_above(self) -> bool {
        match self {
            Version::Http11 | Version::Http2 | Version::Http3 => true,
            Version::Http10 | Version::Other => false,
        }
    }

    /// How the version is written when the message does not carry its own spelling.
    pub fn name(self) -> &'static str {
        match self {
            Version::Http10 | Version::Other => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
            Version::Http2 => "HTTP/2.0",
            Version::Http3 => "HTTP/3.0",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_digit_dot_one_digit_is_a_version() {
        assert_eq!(Version::of(b"HTTP/1.0"), Some(Version::Http10));
        assert_eq!(Version::of(b"HTTP/0.9"), Some(Version::Http10));
        assert_eq!(Version::of(b"HTTP/1.7"), Some(Version::Http11));
        assert_eq!(Version::of(b"HTTP/2.0"), Some(Version::Http2));
        for bad in ["HTTP/1.", "HTTP/11.0", "http/1.1", "HTTP/1.1 ", "RTSP/1.0", "HTTP/1x1", ""] {
            assert_eq!(Version::of(bad.as_bytes()), None, "{bad}");
        }
    }
}
