//! Domain names (RFC 1035, chapter 3.1): labels in lower case, each behind its length, without the empty one of the root.

use std::fmt;

use hickory_proto::rr::Name as WireName;

/// The longest name in a message, without the root's label.
const BYTES_MAX: usize = 254;
const LABEL_BYTES_MAX: usize = 63;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or nothing between two dots.
    #[error("a part of it is empty")]
    Empty,
    /// More than 63 bytes between two dots.
    #[error("a part of it is longer than 63 bytes")]
    Label,
    /// More than 254 bytes.
    #[error("it is longer than 254 bytes")]
    Long,
}

/// A domain name; upper and lower case are the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<[u8]>);

impl Name {
    /// Reads `www.example.com`; a dot at the end is the root's.
    ///
    /// # Errors
    /// Labels that are empty or too long, and names that are too long.
    pub fn parse(text: &[u8]) -> Result<Name, NameError> {
        let text = text.strip_suffix(b".").unwrap_or(text);
        Name::of_labels(text.split(|byte| *byte == b'.'))
    }

    /// The name in a message.
    pub(crate) fn of_wire(name: &WireName) -> Result<Name, NameError> {
        Name::of_labels(name.iter())
    }

    fn of_labels<'l>(labels: impl Iterator<Item = &'l [u8]>) -> Result<Name, NameError> {
        let mut bytes = Vec::new();
        for label in labels {
            let len = u8::try_from(label.len()).map_err(|_| NameError::Label)?;
            match usize::from(len) {
                0 => return Err(NameError::Empty),
                1..=LABEL_BYTES_MAX => {}
                _ => return Err(NameError::Label),
            }
            bytes.push(len);
            bytes.extend(label.to_ascii_lowercase());
        }
        if bytes.len() > BYTES_MAX {
            return Err(NameError::Long);
        }
        Ok(Name(bytes.into()))
    }

    /// The name for a message.
    pub(crate) fn to_wire(&self) -> Option<WireName> {
        WireName::from_labels(self.labels()).ok()
    }

    fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (len, behind) = rest.split_first()?;
            let (label, behind) = behind.split_at_checked(usize::from(*len))?;
            rest = behind;
            Some(label)
        })
    }

    /// Its labels, each behind its length.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, label) in self.labels().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            // What is no text in a name of a message is shown, never passed on.
            f.write_str(&String::from_utf8_lossy(label))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let name = Name::parse(b"WWW.Example.com.").unwrap();
        assert_eq!(name.bytes(), b"\x03www\x07example\x03com");
        assert_eq!((name.to_string(), Name::parse(b"www.example.COM")), ("www.example.com".into(), Ok(name)));
        assert_eq!(Name::parse(b"a..b"), Err(NameError::Empty));
        assert_eq!(Name::parse(b""), Err(NameError::Empty));
        assert_eq!(Name::parse(&[b'a'; 64]), Err(NameError::Label));
        assert_eq!(Name::parse(&b"aaaaaaa.".repeat(32)), Err(NameError::Long));
        assert!(Name::parse(&[b'a'; 63]).is_ok());
    }

    #[test]
    fn names_of_messages() {
        let name = Name::parse(b"_http._tcp.example.com").unwrap();
        assert_eq!(Name::of_wire(&name.to_wire().unwrap()), Ok(name));
    }
}
