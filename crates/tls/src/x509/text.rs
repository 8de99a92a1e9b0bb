//! ASN.1's kinds of text: as UTF-8, escaped for showing, and in the form in which they are compared.

use std::fmt::Write as _;

use super::der;
use super::name::Component;

/// `value` as UTF-8; `None` if `tag` is no text, or it is not written as its tag says.
pub(crate) fn to_utf8(tag: u8, value: &[u8]) -> Option<String> {
    match tag {
        der::UTF8_STRING => std::str::from_utf8(value).ok().map(str::to_owned),
        der::NUMERIC_STRING
        | der::PRINTABLE_STRING
        | der::T61_STRING
        | der::IA5_STRING
        | der::VISIBLE_STRING
        | der::UTC_TIME
        | der::GENERALIZED_TIME => Some(value.iter().map(|&byte| char::from(byte)).collect()),
        der::BMP_STRING => wide::<2>(value),
        der::UNIVERSAL_STRING => wide::<4>(value),
        _ => None,
    }
}

/// Text of `N` bytes a character.
fn wide<const N: usize>(value: &[u8]) -> Option<String> {
    let (units, rest) = value.as_chunks::<N>();
    if !rest.is_empty() {
        return None;
    }
    let number = |unit: &[u8; N]| unit.iter().fold(0u32, |sum, &byte| sum << 8 | u32::from(byte));
    units.iter().map(|unit| char::from_u32(number(unit))).collect()
}

/// The form in which text of names is compared; `None` for values that are compared byte by byte.
pub(crate) fn canonical(tag: u8, value: &[u8]) -> Option<String> {
    if matches!(tag, der::NUMERIC_STRING | der::UTC_TIME | der::GENERALIZED_TIME) {
        return None;
    }
    let text = to_utf8(tag, value)?;
    let mut canonical = String::with_capacity(text.len());
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        if !canonical.is_empty() {
            canonical.push(' ');
        }
        canonical.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
    }
    Some(canonical)
}

/// What C calls a space.
fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t'..='\r')
}

/// How a component's value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With backslashes before what RFC 2253 gives a meaning.
    Text,
    /// In quotes, where something in it has a meaning.
    Quoted,
    /// `#` and its DER in hexadecimal, whatever it is.
    Dump,
}

/// Adds a component's value to a line; what is no text becomes `#` and its DER in hexadecimal.
pub(crate) fn push_escaped(line: &mut String, component: &Component<'_>, form: Form) {
    let text = if form == Form::Dump { None } else { to_utf8(component.tag, component.value) };
    let Some(text) = text else {
        line.push('#');
        // Writing to a string cannot fail.
        component.raw.iter().for_each(|byte| _ = write!(line, "{byte:02X}"));
        return;
    };
    let has_meaning = |at: usize, byte: u8| {
        matches!(byte, b',' | b'+' | b'"' | b'<' | b'>' | b';')
            || (byte == b'#' && at == 0)
            || (byte == b' ' && (at == 0 || at + 1 == text.len()))
    };
    let is_quoted = form == Form::Quoted && text.bytes().enumerate().any(|(at, byte)| has_meaning(at, byte));
    line.extend(is_quoted.then_some('"'));
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\\' => line.push_str("\\\\"),
            b'"' => line.push_str("\\\""),
            0..0x20 | 0x7f.. => _ = write!(line, "\\{byte:02X}"),
            _ => {
                line.extend((!is_quoted && has_meaning(at, byte)).then_some('\\'));
                line.push(char::from(byte));
            }
        }
    }
    line.extend(is_quoted.then_some('"'));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_becomes_utf_8() {
        assert_eq!(to_utf8(der::BMP_STRING, &[0, b'a', 0x20, 0xac]).as_deref(), Some("a€"));
        assert_eq!(to_utf8(der::UNIVERSAL_STRING, &[0, 1, 0xf6, 0]).as_deref(), Some("\u{1f600}"));
        assert_eq!(to_utf8(der::T61_STRING, b"\xe9").as_deref(), Some("é"));
        assert_eq!(to_utf8(der::BMP_STRING, &[0]), None);
        assert_eq!(to_utf8(der::BMP_STRING, &[0xd8, 0]), None);
        assert_eq!(to_utf8(der::UTF8_STRING, &[0xff]), None);
        assert_eq!(to_utf8(der::INTEGER, &[1]), None);
    }
}
