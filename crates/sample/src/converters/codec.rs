//! Encodings that several converters share: base64 (RFC 4648) and hexadecimal.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);

/// Base64 whose padding is required.
const PADDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    LENIENT.with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The alphabet for URLs, without padding.
const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    LENIENT.with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes padded base64; bits beyond the last byte do not matter.
pub(super) fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    PADDED.decode(text).ok()
}

/// Encodes base64 with padding.
pub(super) fn base64_encode(bytes: &[u8]) -> Vec<u8> {
    PADDED.encode(bytes).into_bytes()
}

/// Decodes unpadded base64 in the alphabet for URLs.
pub(super) fn base64url_decode(text: &[u8]) -> Option<Vec<u8>> {
    UNPADDED.decode(text).ok()
}

/// Encodes unpadded base64 in the alphabet for URLs.
pub(super) fn base64url_encode(bytes: &[u8]) -> Vec<u8> {
    UNPADDED.encode(bytes).into_bytes()
}

/// Appends two upper-case hexadecimal digits.
pub(super) fn push_hex(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push(DIGITS[usize::from(byte >> 4)]);
    out.push(DIGITS[usize::from(byte & 15)]);
}

/// The value of a hexadecimal digit.
pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// An integer as C programs read it from text: decimal, octal after `0`, hexadecimal after `0x`; nothing else may
/// stand in `text`.
pub(super) fn c_int(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    number.ok()?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_integers() {
        assert_eq!(c_int(b"0x1F"), Some(31));
        assert_eq!(c_int(b"017"), Some(15));
        assert_eq!(c_int(b"-9"), Some(-9));
        assert_eq!(c_int(b"0"), Some(0));
        assert_eq!(c_int(b"9z"), None);
    }

    #[test]
    fn base64_wants_its_padding_and_forgives_its_last_bits() {
        assert_eq!(base64_decode(b"Zg=="), Some(b"f".to_vec()));
        assert_eq!(base64_decode(b"Zh=="), Some(b"f".to_vec()));
        assert_eq!(base64_decode(b"Zg"), None);
        assert_eq!(base64url_decode(b"Zg"), Some(b"f".to_vec()));
        assert_eq!(base64_decode(b""), Some(Vec::new()));
    }
}
