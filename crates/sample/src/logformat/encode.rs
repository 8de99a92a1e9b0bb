//! Writing one value: quotes, escapes, JSON (RFC 8259) and CBOR (RFC 8949).

use std::net::{IpAddr, SocketAddr};

use base::bytes::{push_decimal, push_ip};
use state::value::{Type, Value};

use super::Cast;
use super::flags::Flags;

/// Classes of bytes that are not written as they are.
pub(super) mod class {
    /// Captured headers: control characters, all above 126, and `"#{|}`.
    pub(in super::super) const CAPTURE: u8 = 1;
    /// Request lines: control characters, all above 126, and `"#`.
    pub(in super::super) const URI: u8 = 1 << 1;
    /// What may not stand in a header's value: control characters but tab.
    pub(in super::super) const HTTP: u8 = 1 << 2;
    /// Structured data of RFC 5424: `"`, `\` and `]`.
    pub(in super::super) const STRUCTURED: u8 = 1 << 3;
    /// JSON strings: `"`, `\`.
    pub(in super::super) const JSON: u8 = 1 << 4;
    /// JSON strings: control characters.
    pub(in super::super) const JSON_CONTROL: u8 = 1 << 5;
}

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
    let mut found = 0;
    if byte < 32 || byte >= 127 || byte == 0x22 || byte == 0x23 {
        found |= class::CAPTURE | class::URI;
    }
    if byte == 0x7b || byte == 0x7c || byte == 0x7d {
        found |= class::CAPTURE;
    }
    if byte < 32 && byte != 9 || byte == 127 {
        found |= class::HTTP;
    }
    if byte == 0x22 || byte == 0x5c {
        found |= class::STRUCTURED | class::JSON;
    }
    if byte == 0x5d {
        found |= class::STRUCTURED;
    }
    if byte < 32 {
        found |= class::JSON_CONTROL;
    }
    found
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn push_hex(out: &mut Vec<u8>, byte: u8) {
    out.push(HEX[usize::from(byte >> 4)]);
    out.push(HEX[usize::from(byte & 15)]);
}

/// Which bytes of a text are written how.
#[derive(Clone, Copy)]
pub(super) struct Escapes {
    /// These become `sign` and two hexadecimal digits.
    pub(super) hex: u8,
    pub(super) sign: u8,
    /// These get a backslash before them.
    pub(super) backslash: u8,
    pub(super) nul: Nul,
}

/// What a NUL is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nul {
    /// The end of the text. It must be of a class that is escaped.
    Ends,
    /// A byte as others.
    IsByte,
}

impl Escapes {
    /// Bytes of the class `hex` become `#XX`; the text ends at a NUL.
    pub(super) fn hashes(hex: u8) -> Escapes {
        Escapes { hex, sign: b'#', backslash: 0, nul: Nul::Ends }
    }
}

const PLAIN: Escapes = Escapes { hex: 0, sign: 0, backslash: 0, nul: Nul::IsByte };

/// How much of `text` certainly needs no escape of any kind.
#[inline]
fn clean_len(text: &[u8]) -> usize {
    // Control characters, `"` and `#`, `\` and `]`, all from `{` up. Without branches, so that it becomes one comparison
    // of sixteen bytes each.
    let is_clean = |chunk: &[u8; 16]| {
        let odd = |byte: u8| !(0x20..b'{').contains(&byte) | (byte & 0xfe == b'"') | (byte & 0xfe == b'\\');
        !chunk.iter().fold(false, |any, byte| any | odd(*byte))
    };
    let (chunks, rest) = text.as_chunks::<16>();
    let clean = chunks.iter().take_while(|chunk| is_clean(chunk)).count() * 16;
    // The last sixteen bytes overlap those before.
    if clean + rest.len() == text.len() && text.last_chunk().is_some_and(is_clean) {
        text.len()
    } else {
        clean
    }
}

/// Appends `text`, its bytes escaped as `how` says.
pub(super) fn push_escaped(out: &mut Vec<u8>, mut text: &[u8], how: Escapes) {
    let any = how.hex | how.backslash;
    let needs_escape = |byte: &u8| CLASSES[usize::from(*byte)] & any != 0;
    let next = |text: &[u8]| {
        let clean = clean_len(text);
        text[clean..].iter().position(needs_escape).map(|at| clean + at)
    };
    while let Some(at) = next(text) {
        out.extend_from_slice(&text[..at]);
        let byte = text[at];
        if byte == 0 && how.nul == Nul::Ends {
            return;
        }
        if CLASSES[usize::from(byte)] & how.hex == 0 {
            out.extend_from_slice(&[b'\\', byte]);
        } else if how.sign == b'\\' {
            out.extend_from_slice(b"\\u00");
            push_hex(out, byte);
        } else {
            out.push(how.sign);
            push_hex(out, byte);
        }
        text = &text[at + 1..];
    }
    out.extend_from_slice(text);
}

/// Text without what follows a NUL, which never goes into a line.
pub(super) fn up_to_nul(text: &[u8]) -> &[u8] {
    memchr::memchr(0, text).map_or(text, |nul| &text[..nul])
}

/// Writes values of one item.
pub(super) struct Sink<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) flags: Flags,
    pub(super) cast: Cast,
    /// Between [`Sink::begin`] and [`Sink::end`].
    pub(super) is_in_text: bool,
}

impl Sink<'_> {
    /// Text from outside: quoted, escaped, `-` when it is empty, as the flags say.
    pub(super) fn text(&mut self, text: &[u8]) {
        self.name(up_to_nul(text));
    }

    /// As [`Sink::text`], for text of the configuration or made here, which holds no NUL.
    pub(super) fn name(&mut self, text: &[u8]) {
        if self.flags.has(Flags::QUOTE.with(Flags::JSON)) {
            self.out.push(b'"');
            self.body(text);
            self.out.push(b'"');
        } else if text.is_empty() && self.flags.has(Flags::MANDATORY) && !self.flags.has(Flags::CBOR) {
            self.out.push(b'-');
        } else {
            self.body(text);
        }
    }

    /// Text that is quoted only where an encoding wants it.
    pub(super) fn raw(&mut self, text: &[u8]) {
        if self.flags.has(Flags::JSON) && !self.is_in_text {
            self.out.push(b'"');
            self.body(text);
            self.out.push(b'"');
        } else {
            self.body(text);
        }
    }

    fn body(&mut self, text: &[u8]) {
        if self.flags.has(Flags::CBOR) {
            if !text.is_empty() {
                self.cbor_string(CBOR_TEXT, text);
            }
        } else if self.flags.has(Flags::JSON) {
            let how = Escapes { hex: class::JSON_CONTROL, sign: b'\\', backslash: class::JSON, ..PLAIN };
            push_escaped(self.out, text, how);
        } else if self.flags.has(Flags::ESCAPE) {
            push_escaped(self.out, text, Escapes { backslash: class::STRUCTURED, ..PLAIN });
        } else {
            self.out.extend_from_slice(text);
        }
    }

    /// Begins a text of several parts.
    pub(super) fn begin(&mut self) {
        self.is_in_text = true;
        if self.flags.has(Flags::CBOR) {
            self.cbor_raw(&[CBOR_TEXT | CBOR_INDEFINITE]);
        } else if self.flags.has(Flags::QUOTE.with(Flags::JSON)) {
            self.out.push(b'"');
        }
    }

    /// Ends it.
    pub(super) fn end(&mut self) {
        self.is_in_text = false;
        if self.flags.has(Flags::CBOR) {
            self.cbor_raw(&[CBOR_BREAK]);
        } else if self.flags.has(Flags::QUOTE.with(Flags::JSON)) {
            self.out.push(b'"');
        }
    }

    /// A part between [`Sink::begin`] and [`Sink::end`] in which the class `hex` becomes `#XX`.
    pub(super) fn part(&mut self, text: &[u8], hex: u8) {
        let mut how = Escapes::hashes(hex);
        if self.flags.has(Flags::CBOR) {
            return self.cbor_part(up_to_nul(text), how);
        }
        if self.flags.has(Flags::JSON) {
            how.backslash = class::JSON;
        } else if self.flags.has(Flags::ESCAPE) {
            how.backslash = class::STRUCTURED;
        }
        push_escaped(self.out, text, how);
    }

    /// One byte of such a text.
    pub(super) fn byte(&mut self, byte: u8) {
        if self.flags.has(Flags::CBOR) {
            self.cbor_string(CBOR_TEXT, &[byte]);
        } else {
            self.out.push(byte);
        }
    }

    /// A sign before a number that is no part of it; encodings leave it out.
    pub(super) fn hint(&mut self, byte: u8) {
        if !self.flags.has(Flags::ENCODE) {
            self.out.push(byte);
        }
    }

    /// A number.
    pub(super) fn int(&mut self, n: i64) {
        if !self.flags.has(Flags::ENCODE) {
            return push_decimal(self.out, n);
        }
        if self.cast == Cast::Bool {
            return self.bool(n != 0);
        }
        if self.flags.has(Flags::CBOR) {
            let (kind, n) =
                if n < 0 { (CBOR_NEGATIVE, (n + 1).unsigned_abs()) } else { (0, n.unsigned_abs()) };
            return self.cbor_head(kind, n);
        }
        if self.cast == Cast::Str {
            self.out.push(b'"');
        }
        push_decimal(self.out, n);
        if self.cast == Cast::Str {
            self.out.push(b'"');
        }
    }

    fn bool(&mut self, value: bool) {
        if self.flags.has(Flags::CBOR) {
            self.cbor_raw(&[CBOR_FALSE + u8::from(value)]);
        } else {
            self.out.extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    /// No value, where an encoding wants something after a key.
    pub(super) fn null(&mut self) {
        if self.flags.has(Flags::CBOR) {
            self.cbor_raw(&[CBOR_NULL]);
        } else if self.flags.has(Flags::JSON) {
            self.out.extend_from_slice(b"null");
        }
    }

    /// A number as `width` or more hexadecimal digits.
    pub(super) fn hex(&mut self, n: u64, width: usize) {
        let bytes = n.to_be_bytes();
        let mut digits = Vec::with_capacity(16);
        bytes.iter().for_each(|byte| push_hex(&mut digits, *byte));
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        self.raw(&digits[zeros.min(16 - width)..]);
    }

    /// An address; `None` is shown as empty text.
    pub(super) fn ip(&mut self, addr: Option<IpAddr>) {
        let plain = !self.flags.has(Flags::ENCODE.with(Flags::QUOTE).with(Flags::HEX));
        match addr {
            Some(addr) if plain => push_ip(self.out, addr),
            Some(addr) if self.flags.has(Flags::HEX) => {
                let mut digits = Vec::with_capacity(32);
                match addr {
                    IpAddr::V4(v4) => v4.octets().iter().for_each(|byte| push_hex(&mut digits, *byte)),
                    IpAddr::V6(v6) => v6.octets().iter().for_each(|byte| push_hex(&mut digits, *byte)),
                }
                self.raw(&digits);
            }
            Some(addr) => {
                let mut shown = Vec::with_capacity(40);
                push_ip(&mut shown, addr);
                self.name(&shown);
            }
            None => self.name(b""),
        }
    }

    /// A port; `None` is shown as empty text.
    pub(super) fn port(&mut self, addr: Option<SocketAddr>) {
        match addr {
            Some(addr) if self.flags.has(Flags::HEX) => self.hex(u64::from(addr.port()), 4),
            Some(addr) => self.int(i64::from(addr.port())),
            None => self.name(b""),
        }
    }

    /// What an expression gave.
    pub(super) fn value(&mut self, value: Option<Value<'_>>) {
        if self.flags.has(Flags::HTTP) {
            return match value {
                Some(Value::Str(text) | Value::Bin(text) | Value::Method(_, text)) => self.http_text(&text),
                // Nothing in these is escaped.
                Some(other) => other.write_str(self.out),
                None => {}
            };
        }
        if self.flags.has(Flags::ENCODE) {
            return self.encoded(value);
        }
        match value {
            Some(Value::Bin(bytes)) if self.flags.has(Flags::BIN) && self.cast != Cast::Str => {
                self.out.extend_from_slice(&bytes);
            }
            Some(value) => self.text(&value.to_str()),
            None => self.name(b""),
        }
    }

    fn http_text(&mut self, text: &[u8]) {
        let backslash = if self.flags.has(Flags::ESCAPE) { class::STRUCTURED } else { 0 };
        push_escaped(self.out, text, Escapes { hex: class::HTTP, sign: b'%', backslash, ..PLAIN });
    }

    fn encoded(&mut self, value: Option<Value<'_>>) {
        let to = match (self.cast, value.as_ref().map(Value::type_of)) {
            (Cast::Raw, _) => Type::Bin,
            (Cast::Int, _) | (Cast::Same, Some(Type::Int)) => Type::Int,
            (Cast::Bool, _) | (Cast::Same, Some(Type::Bool)) => Type::Bool,
            (Cast::Same, Some(Type::Bin)) if self.flags.has(Flags::CBOR) => Type::Bin,
            (Cast::Same | Cast::Str, _) => Type::Str,
        };
        match value.and_then(|value| value.cast(to)) {
            Some(Value::Bin(bytes)) if self.cast == Cast::Raw => self.out.extend_from_slice(&bytes),
            Some(Value::Bin(bytes)) => {
                self.cbor_raw(&[CBOR_BYTES | CBOR_INDEFINITE]);
                if !bytes.is_empty() {
                    self.cbor_string(CBOR_BYTES, &bytes);
                }
                self.cbor_raw(&[CBOR_BREAK]);
            }
            Some(Value::Int(n)) => self.int(n),
            Some(Value::Bool(b)) => self.bool(b),
            Some(value) => self.text(&value.to_str()),
            None if self.cast == Cast::Raw => {}
            None => self.name(b""),
        }
    }
}

const CBOR_NEGATIVE: u8 = 0x20;
const CBOR_BYTES: u8 = 0x40;
const CBOR_TEXT: u8 = 0x60;
const CBOR_INDEFINITE: u8 = 0x1f;
const CBOR_BREAK: u8 = 0xff;
const CBOR_FALSE: u8 = 0xf4;
const CBOR_NULL: u8 = 0xf6;
/// A map or an array of unknown length.
pub(super) const CBOR_MAP: u8 = 0xbf;
pub(super) const CBOR_ARRAY: u8 = 0x9f;

/// CBOR is written in hexadecimal unless the line is to be binary.
impl Sink<'_> {
    pub(super) fn cbor_raw(&mut self, bytes: &[u8]) {
        if self.flags.has(Flags::BIN) {
            self.out.extend_from_slice(bytes);
        } else {
            bytes.iter().for_each(|byte| push_hex(self.out, *byte));
        }
    }

    pub(super) fn cbor_break(&mut self) {
        self.cbor_raw(&[CBOR_BREAK]);
    }

    fn cbor_string(&mut self, kind: u8, text: &[u8]) {
        self.cbor_head(kind, text.len() as u64);
        self.cbor_raw(text);
    }

    /// A part of a text of unknown length: what needs an escape is a piece of its own.
    fn cbor_part(&mut self, text: &[u8], how: Escapes) {
        let is_plain = |byte: &u8| CLASSES[usize::from(*byte)] & how.hex == 0;
        for run in text.chunk_by(|a, b| is_plain(a) && is_plain(b)) {
            if is_plain(&run[0]) {
                self.cbor_string(CBOR_TEXT, run);
            } else {
                let mut escaped = Vec::with_capacity(3);
                push_escaped(&mut escaped, run, how);
                self.cbor_string(CBOR_TEXT, &escaped);
            }
        }
    }

    /// A kind with its number in as few bytes as it takes.
    fn cbor_head(&mut self, kind: u8, n: u64) {
        let bytes = n.to_be_bytes();
        match n {
            0..24 => self.cbor_raw(&[kind | bytes[7]]),
            24..0x100 => self.cbor_raw(&[kind | 24, bytes[7]]),
            0x100..0x1_0000 => self.cbor_raw(&[kind | 25, bytes[6], bytes[7]]),
            0x1_0000..0x1_0000_0000 => {
                self.cbor_raw(&[kind | 26]);
                self.cbor_raw(&bytes[4..]);
            }
            _ => {
                self.cbor_raw(&[kind | 27]);
                self.cbor_raw(&bytes);
            }
        }
    }

    /// The key before a value of an encoded line.
    pub(super) fn key(&mut self, name: &[u8], is_first: bool) {
        if self.flags.has(Flags::CBOR) {
            return self.cbor_string(CBOR_TEXT, name);
        }
        if !is_first {
            self.out.extend_from_slice(b", ");
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name);
        self.out.extend_from_slice(b"\": ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_in_every_place_is_escaped_as_its_class_says() {
        let how = Escapes { hex: class::CAPTURE, sign: b'#', backslash: class::STRUCTURED, ..PLAIN };
        for byte in 0..=255u8 {
            for at in 0..17 {
                let mut text = *b"GET /ab?c=d HTTP/";
                text[at] = byte;
                let mut out = Vec::new();
                push_escaped(&mut out, &text, how);
                let mut wanted = Vec::new();
                for byte in text {
                    if CLASSES[usize::from(byte)] & class::CAPTURE != 0 {
                        wanted.extend_from_slice(format!("#{byte:02X}").as_bytes());
                    } else if CLASSES[usize::from(byte)] & class::STRUCTURED != 0 {
                        wanted.extend_from_slice(&[b'\\', byte]);
                    } else {
                        wanted.push(byte);
                    }
                }
                assert_eq!(out, wanted, "byte {byte} at {at}");
            }
        }
    }
}
