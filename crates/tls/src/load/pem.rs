//! PEM (RFC 7468, and RFC 1421 for its headers): blocks of base64 between `-----BEGIN LABEL-----` and
//! `-----END LABEL-----`, in any order, with any text around them.
//!
//! Reads what OpenSSL reads, and says where it is broken. Never panics; takes no more memory than the text.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The longest label; the longest known one has 24 characters.
const LABEL_BYTES_MAX: usize = 40;

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is: `CERTIFICATE`, `PRIVATE KEY`, ...
    pub label: Box<str>,
    /// What it holds, decoded.
    pub der: Vec<u8>,
    /// Whether its headers say that it is encrypted (`Proc-Type: 4,ENCRYPTED`).
    pub encryption: Encryption,
    /// The line of its `-----BEGIN`, from 1.
    pub line: u32,
}

impl Block {
    /// It as PEM again.
    #[must_use]
    pub fn to_pem(&self) -> String {
        to_pem(&self.label, &self.der)
    }
}

/// A block of these bytes: 64 characters a line.
#[must_use]
pub fn to_pem(label: &str, der: &[u8]) -> String {
    const LINE: usize = 64;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = &text[..];
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

/// Whether a block can be read without a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// It can.
    None,
    /// It cannot.
    Passphrase,
}

/// Broken PEM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct PemError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub what: Broken,
}

/// What is wrong with PEM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// `-----BEGIN` without a label or without its five dashes at the end.
    #[error("a '-----BEGIN' line that is not whole")]
    Begin,
    /// The text ends, or a block begins, within a block.
    #[error("the '{0}' that begins here has no '-----END {0}-----'")]
    NoEnd(Box<str>),
    /// `-----END` with another label, or without its dashes.
    #[error("this '-----END' line does not fit the '{0}' before it")]
    End(Box<str>),
    /// What is between them is not base64.
    #[error("the '{0}' that begins here is damaged: its text is not base64")]
    Base64(Box<str>),
    /// There is nothing between them.
    #[error("the '{0}' that begins here is empty")]
    Empty(Box<str>),
}

/// All blocks of a text, in its order.
///
/// # Errors
/// The first place at which it is broken. Text outside of blocks is passed over.
pub fn parse(text: &[u8]) -> Result<Vec<Block>, PemError> {
    let mut lines = Lines { rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), number: 0 };
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix(b"-----BEGIN ") else {
            continue;
        };
        let Some(label) = label.strip_suffix(b"-----").and_then(label_text) else {
            return Err(PemError { line: lines.number, what: Broken::Begin });
        };
        blocks.push(block(&mut lines, label.into())?);
    }
    Ok(blocks)
}

/// The text of a label. Errors tell it, so that it must not be a key by accident: files without line ends exist.
fn label_text(label: &[u8]) -> Option<&str> {
    let is_plain =
        |&byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b' ' | b'#');
    let is_label = !label.is_empty() && label.len() <= LABEL_BYTES_MAX && label.iter().all(is_plain);
    if is_label { std::str::from_utf8(label).ok() } else { None }
}

/// Trimmed lines, counted.
struct Lines<'a> {
    rest: &'a [u8],
    number: u32,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&byte| byte == b'\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        self.number = self.number.saturating_add(1);
        Some(line.trim_ascii())
    }
}

/// Reads a block from behind its first line.
fn block(lines: &mut Lines<'_>, label: Box<str>) -> Result<Block, PemError> {
    let begun = lines.number;
    let fail = |line, what| Err(PemError { line, what });
    let mut encryption = Encryption::None;
    let mut body = Vec::new();
    loop {
        let Some(line) = lines.next() else {
            return fail(begun, Broken::NoEnd(label));
        };
        if let Some(end) = line.strip_prefix(b"-----END ") {
            if end.strip_suffix(b"-----") != Some(label.as_bytes()) {
                return fail(lines.number, Broken::End(label));
            }
            break;
        }
        if line.starts_with(b"-----BEGIN ") {
            return fail(begun, Broken::NoEnd(label));
        }
        if body.is_empty() && line.contains(&b':') {
            if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
                encryption = Encryption::Passphrase;
            }
            continue;
        }
        body.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
    }
    if body.is_empty() {
        return fail(begun, Broken::Empty(label));
    }
    match BASE64.decode(&body) {
        Ok(der) => Ok(Block { label, der, encryption, line: begun }),
        Err(_) => fail(begun, Broken::Base64(label)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "Subject: me\n-----BEGIN A-----\nQUJD\nREVG\n-----END A-----\nx\n-----BEGIN B C-----\r\nQUI=\r\n-----END B C-----";

    fn broken(text: &str) -> String {
        parse(text.as_bytes()).expect_err("broken").to_string()
    }

    #[test]
    fn blocks_are_read_with_text_around_them() {
        let blocks = parse(TWO.as_bytes()).unwrap();
        let read: Vec<_> = blocks.iter().map(|block| (&*block.label, &block.der[..], block.line)).collect();
        assert_eq!(read, [("A", &b"ABCDEF"[..], 2), ("B C", b"AB", 7)]);
        assert!(parse(b"no PEM at all").unwrap().is_empty());
        assert_eq!(
            parse(b"\xef\xbb\xbf  -----BEGIN A-----\n  QU JD\n  -----END A-----  ").unwrap()[0].der,
            b"ABC"
        );
    }

    #[test]
    fn headers_tell_that_a_block_is_encrypted() {
        let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nQUJD\n-----END RSA PRIVATE KEY-----\n";
        let blocks = parse(text.as_bytes()).unwrap();
        assert_eq!((blocks[0].encryption, &blocks[0].der[..]), (Encryption::Passphrase, &b"ABC"[..]));
        assert_eq!(parse(TWO.as_bytes()).unwrap()[0].encryption, Encryption::None);
    }

    #[test]
    fn what_is_broken_is_said_with_its_line() {
        assert_eq!(broken("\n-----BEGIN A----\nQUJD\n"), "line 2: a '-----BEGIN' line that is not whole");
        assert_eq!(
            broken("-----BEGIN A-----\nQUJD\n"),
            "line 1: the 'A' that begins here has no '-----END A-----'"
        );
        assert_eq!(
            broken("-----BEGIN A-----\nQUJD\n-----BEGIN A-----\n"),
            "line 1: the 'A' that begins here has no '-----END A-----'"
        );
        assert_eq!(
            broken("-----BEGIN A-----\nQUJD\n-----END B-----\n"),
            "line 3: this '-----END' line does not fit the 'A' before it"
        );
        assert_eq!(
            broken("-----BEGIN A-----\nQU*D\n-----END A-----\n"),
            "line 1: the 'A' that begins here is damaged: its text is not base64"
        );
        assert_eq!(
            broken("-----BEGIN A-----\nQUJDR\n-----END A-----\n"),
            "line 1: the 'A' that begins here is damaged: its text is not base64"
        );
        assert_eq!(
            broken("-----BEGIN A-----\n\n-----END A-----\n"),
            "line 1: the 'A' that begins here is empty"
        );
    }

    #[test]
    fn keys_do_not_get_into_messages() {
        let secret = "MIIEvQIBADANBgkqh";
        for text in [
            format!("-----BEGIN PRIVATE KEY-----{secret}-----END PRIVATE KEY-----"),
            format!("-----BEGIN A-----\r{secret}\r-----END A-----"),
            format!("-----BEGIN A-----\n{secret}\n-----END A-----{secret}-----\n"),
            format!("-----BEGIN {secret}-----\nQUJD\n-----END {secret}-----\n"),
        ] {
            let error = parse(text.as_bytes()).expect_err("broken");
            assert!(!format!("{error:?} {error}").contains(secret), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_is_read_again(der in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..200), width in 1_usize..90) {
            let text = base64::engine::general_purpose::STANDARD.encode(&der);
            let lines: Vec<_> = text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
            let text = format!("-----BEGIN X-----\n{}\n-----END X-----\n", lines.join("\n"));
            proptest::prop_assert_eq!(&parse(text.as_bytes()).unwrap()[0].der, &der);
        }

        #[test]
        fn any_bytes_are_read_or_refused(text in "(-----(BEGIN|END) (A|B)-----\n|[A-Z=:*]{0,5}\n){0,12}") {
            for block in parse(text.as_bytes()).unwrap_or_default() {
                proptest::prop_assert!(!block.der.is_empty() && block.line >= 1);
            }
        }
    }
}
