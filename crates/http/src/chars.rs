//! Classes of bytes, one table look-up each (RFC 9110 section 5.6, RFC 9112 section 3).
//!
//! Bytes from 128 up belong to no class: they are neither control characters nor parts of a token.

/// Part of a token: a method or a field name.
const TOKEN: u8 = 0x01;
/// May stand in a protocol version: capitals, digits, `/` and `.`.
const VERSION: u8 = 0x02;
/// Space or horizontal tab.
const BLANK: u8 = 0x04;
/// Blank, carriage return or line feed.
const SPACE: u8 = 0x08;
/// Control character, tab and DEL included.
const CONTROL: u8 = 0x10;
/// Needs a second look in a host name: a byte that no authority holds, or a bracket.
const NOT_HOST: u8 = 0x20;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0u8; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class_of(byte);
        byte += 1;
    }
    table
}

const fn class_of(byte: usize) -> u8 {
    let mut class = 0;
    if byte < 0x20 || byte == 0x7f {
        class |= CONTROL;
    }
    if byte == 0x20 || byte == 0x09 {
        class |= BLANK | SPACE;
    }
    if byte == 0x0d || byte == 0x0a {
        class |= SPACE;
    }
    if byte >= 0x2e && byte <= 0x39 || byte >= 0x41 && byte <= 0x5a {
        class |= VERSION;
    }
    if byte > 0x20 && byte < 0x7f && !is_separator(byte) {
        class |= TOKEN;
    }
    if byte < 0x21 || byte > 0x7e || is_host_delimiter(byte) {
        class |= NOT_HOST;
    }
    class
}

const fn is_separator(byte: usize) -> bool {
    matches!(byte, 0x22 | 0x28 | 0x29 | 0x2c | 0x2f | 0x3a..=0x40 | 0x5b | 0x5c | 0x5d | 0x7b | 0x7d)
}

/// `# , / ? @ [ \ ]`: delimiters of a URI, and the comma, which would split a Host value.
const fn is_host_delimiter(byte: usize) -> bool {
    matches!(byte, 0x23 | 0x2c | 0x2f | 0x3f | 0x40 | 0x5b | 0x5c | 0x5d)
}

#[inline]
fn has(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// Whether `byte` is a character of a token, such as a field's name (RFC 9110 section 5.6.2).
#[inline]
#[must_use]
pub fn is_token(byte: u8) -> bool {
    has(byte, TOKEN)
}

/// A character that may stand in a protocol version.
#[inline]
pub(crate) fn is_version(byte: u8) -> bool {
    has(byte, VERSION)
}

/// Space or tab.
#[inline]
pub(crate) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Space, tab, CR or LF.
#[inline]
pub(crate) fn is_space(byte: u8) -> bool {
    has(byte, SPACE)
}

/// A control character other than tab.
#[inline]
pub(crate) fn is_control_not_tab(byte: u8) -> bool {
    CLASSES[usize::from(byte)] & (CONTROL | BLANK) == CONTROL
}

/// `text` without spaces, tabs, CRs and LFs at both ends.
#[inline]
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|&byte| !is_space(byte)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// Whether an authority (or Host value) holds a character that would let two readers see two hosts in it.
///
/// Beside the bytes that RFC 3986 section 3.2 forbids, this refuses `,`, which separates field values. Brackets
/// are accepted around an IP literal only.
#[inline]
pub(crate) fn has_forbidden_in_authority(authority: &[u8]) -> bool {
    // Nearly every host passes here, and a loop without branches is the fastest.
    let classes = authority.iter().fold(0, |classes, &byte| classes | CLASSES[usize::from(byte)]);
    classes & NOT_HOST != 0 && has_forbidden_beside_brackets(authority)
}

fn has_forbidden_beside_brackets(authority: &[u8]) -> bool {
    let mut open = false;
    for (at, &byte) in authority.iter().enumerate() {
        if !has(byte, NOT_HOST) {
            continue;
        }
        let closes = byte == b']' && authority.get(at + 1).is_none_or(|&next| next == b':');
        if !(closes || byte == b'[' && at == 0) {
            return true;
        }
        open = !open;
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_what_rfc_9110_lists() {
        let listed = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for byte in 0..=255u8 {
            assert_eq!(is_token(byte), listed.contains(&byte), "byte {byte}");
        }
    }

    #[test]
    fn versions_hold_capitals_digits_slash_and_dot() {
        for byte in 0..=255u8 {
            let wanted = byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'/' || byte == b'.';
            assert_eq!(is_version(byte), wanted, "byte {byte}");
        }
    }

    #[test]
    fn hosts_refuse_what_splits_them() {
        for good in ["", "a", "a.b:80", "[::1]", "[::1]:8080", "a_b~c", ":80"] {
            assert!(!has_forbidden_in_authority(good.as_bytes()), "{good}");
        }
        for bad in
            ["a b", "a,b", "u@h", "a/b", "a#b", "a?b", "[::1", "::1]", "[a]b", "x[a]", "a\\b", "\x7f", "é"]
        {
            assert!(has_forbidden_in_authority(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn trims_both_ends() {
        assert_eq!(trim(b" \t a b \r\n"), b"a b");
        assert_eq!(trim(b" \t "), b"");
        assert_eq!(trim(b""), b"");
    }
}
