//! A field's name with its number, so that who knows the name beforehand looks the number up once.

use super::Known;

/// A field's name, in any case, and which of the known names it is.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    text: &'a [u8],
    known: Known,
}

impl<'a> Name<'a> {
    /// The name as it is written.
    #[inline]
    #[must_use]
    pub fn text(self) -> &'a [u8] {
        self.text
    }

    /// Which known name it is.
    #[inline]
    #[must_use]
    pub fn known(self) -> Known {
        self.known
    }
}

impl<'a> From<&'a [u8]> for Name<'a> {
    #[inline]
    fn from(text: &'a [u8]) -> Name<'a> {
        Name { text, known: Known::of(text) }
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Name<'a> {
    #[inline]
    fn from(text: &'a [u8; N]) -> Name<'a> {
        Name::from(text.as_slice())
    }
}

impl<'a> From<&'a FieldName> for Name<'a> {
    #[inline]
    fn from(name: &'a FieldName) -> Name<'a> {
        Name { text: &name.text, known: name.known }
    }
}

/// A name that is kept: what rules and options hold of the fields that they are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName {
    text: Box<[u8]>,
    known: Known,
}

impl FieldName {
    /// The name as it is written.
    #[inline]
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Which known name it is.
    #[inline]
    #[must_use]
    pub fn known(&self) -> Known {
        self.known
    }
}

impl From<&[u8]> for FieldName {
    fn from(text: &[u8]) -> FieldName {
        FieldName { text: text.into(), known: Known::of(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_name_is_the_name_that_it_was_made_from() {
        for text in ["Host", "x-Unknown", ""] {
            let kept = FieldName::from(text.as_bytes());
            let (kept, plain) = (Name::from(&kept), Name::from(text.as_bytes()));
            assert_eq!((kept.text(), kept.known()), (plain.text(), plain.known()));
        }
        assert_eq!(Name::from(b"hOST").known(), Known::Host);
    }
}
