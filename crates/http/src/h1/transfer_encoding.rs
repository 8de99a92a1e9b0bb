//! Transfer-Encoding values (RFC 9112 section 6.1): `chunked` once and last, or nothing that is understood.

use super::{Leniency, Role};
use crate::lists;

/// What all Transfer-Encoding fields of a message say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Codings {
    /// There is a Transfer-Encoding.
    pub(super) present: bool,
    /// `chunked` is the last coding.
    pub(super) chunked_last: bool,
    /// `chunked` has been seen.
    chunked: bool,
    /// A coding other than `chunked` has been seen.
    pub(super) unknown: bool,
}

/// The value makes the message invalid.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid;

/// How bad a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// Forgiven to a response under unsafe leniency.
    Malformed,
    /// Never forgiven.
    Fatal,
}

impl Codings {
    /// Takes another field value into account.
    pub(super) fn add(&mut self, value: &[u8], role: Role, leniency: Leniency) -> Result<(), Invalid> {
        match self.read(value, role) {
            Flaw::None => Ok(()),
            Flaw::Malformed if role == Role::Response && leniency == Leniency::AcceptUnsafe => Ok(()),
            Flaw::Malformed | Flaw::Fatal => Err(Invalid),
        }
    }

    fn read(&mut self, value: &[u8], role: Role) -> Flaw {
        if value.is_empty() {
            return Flaw::Malformed;
        }
        self.present = true;
        let mut flaw = Flaw::None;
        for coding in lists::elements(value) {
            self.chunked_last = false;
            if coding.is_empty() {
                flaw = Flaw::Malformed;
            } else if coding.eq_ignore_ascii_case(b"chunked") {
                if self.chunked {
                    flaw = Flaw::Malformed;
                }
                self.chunked = true;
                self.chunked_last = true;
            } else if role == Role::Request && self.chunked {
                return Flaw::Fatal;
            } else {
                self.unknown = true;
            }
        }
        flaw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str], role: Role, leniency: Leniency) -> Result<Codings, Invalid> {
        let mut codings = Codings::default();
        for value in values {
            codings.add(value.as_bytes(), role, leniency)?;
        }
        Ok(codings)
    }

    #[test]
    fn chunked_alone_is_understood() {
        for value in ["chunked", "Chunked", " chunked "] {
            let codings = read(&[value], Role::Request, Leniency::Strict).unwrap();
            assert!(codings.chunked_last && !codings.unknown, "{value}");
        }
        let gzip = read(&["gzip, chunked"], Role::Request, Leniency::Strict).unwrap();
        assert!(gzip.unknown && gzip.chunked_last);
        let split = read(&["gzip", "chunked"], Role::Request, Leniency::Strict).unwrap();
        assert!(split.unknown && split.chunked_last);
    }

    #[test]
    fn malformed_values() {
        for values in [
            &[""][..],
            &["chunked,"],
            &[",chunked"],
            &["chunked, chunked"],
            &["chunked", "chunked"],
            &["a,,b"],
        ] {
            for role in [Role::Request, Role::Response] {
                assert_eq!(read(values, role, Leniency::Strict), Err(Invalid), "{values:?}");
            }
            assert_eq!(read(values, Role::Request, Leniency::AcceptUnsafe), Err(Invalid), "{values:?}");
            assert!(read(values, Role::Response, Leniency::AcceptUnsafe).is_ok(), "{values:?}");
        }
    }

    #[test]
    fn a_coding_behind_chunked() {
        assert_eq!(read(&["chunked, gzip"], Role::Request, Leniency::AcceptUnsafe), Err(Invalid));
        let response = read(&["chunked, gzip"], Role::Response, Leniency::Strict).unwrap();
        assert!(response.unknown && !response.chunked_last);
    }
}
