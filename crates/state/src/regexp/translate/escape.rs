//! Backslashes outside of classes, and the numbers that they share with those inside.

use super::{Result, Translator, needs_pcre, syntax};

/// What PCRE calls horizontal and vertical white space, within brackets.
pub(super) const HORIZONTAL: &str = r"\x09\x20\xa0";
pub(super) const VERTICAL: &str = r"\x0a-\x0d\x85";

impl Translator<'_> {
    /// What follows the backslash at `start`.
    pub(super) fn escape(&mut self, start: usize) -> Result<()> {
        let Some(byte) = self.peek() else { return syntax(start, "a backslash at the end") };
        if let Some(byte) = self.escaped_byte(start)? {
            return self.literal(byte);
        }
        self.at += 1;
        match byte {
            b'd' | b'D' | b'w' | b'W' | b's' | b'S' => self.atom(&format!("\\{}", char::from(byte))),
            b'b' | b'B' | b'A' | b'z' => self.mark(&format!("\\{}", char::from(byte))),
            // Before a last line feed as well, in PCRE; values that are matched do not end with one.
            b'Z' => self.mark("\\z"),
            b'G' => self.mark("\\A"),
            b'h' => self.atom(&format!("[{HORIZONTAL}]")),
            b'H' => self.atom(&format!("[^{HORIZONTAL}]")),
            b'v' => self.atom(&format!("[{VERTICAL}]")),
            b'V' => self.atom(&format!("[^{VERTICAL}]")),
            b'N' => self.atom("."),
            b'C' => self.atom("(?s:.)"),
            b'R' => self.mark(&format!("(?:\\r\\n|[{VERTICAL}])")),
            b'Q' => self.quoted(),
            b'E' => Ok(()),
            b'K' => needs_pcre(start, "\\K"),
            b'X' => needs_pcre(start, "\\X"),
            b'p' | b'P' => needs_pcre(start, "a Unicode property"),
            b'k' | b'g' | b'1'..=b'9' => needs_pcre(start, "a back reference"),
            other => self.literal(other),
        }
    }

    /// `\Q...\E`: every byte is itself.
    fn quoted(&mut self) -> Result<()> {
        while let Some(byte) = self.peek() {
            if self.rest().starts_with(b"\\E") {
                self.at += 2;
                break;
            }
            self.at += 1;
            self.literal(byte)?;
        }
        Ok(())
    }

    /// An escape that stands for one byte, with the backslash at `start` already taken: control characters, octal and
    /// hexadecimal numbers. Takes nothing if it is something else.
    pub(super) fn escaped_byte(&mut self, start: usize) -> Result<Option<u8>> {
        let Some(byte) = self.peek() else { return syntax(start, "a backslash at the end") };
        let simple = match byte {
            b'a' => 0x07,
            b'e' => 0x1b,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'c' => {
                let Some(control) = self.source.get(self.at + 1) else {
                    return syntax(start, "\\c needs a character after it");
                };
                self.at += 1;
                control.to_ascii_uppercase() ^ 0x40
            }
            b'x' => return self.hexadecimal(start).map(Some),
            b'o' if self.rest().starts_with(b"o{") => return self.braced(start, 8).map(Some),
            b'0' => return self.octal(start).map(Some),
            b'1'..=b'7' if self.is_octal() => return self.octal(start).map(Some),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(simple))
    }

    /// Whether the number here is an octal one rather than a back reference: at least two digits, and fewer groups.
    fn is_octal(&self) -> bool {
        let digits: Vec<u8> = self.rest().iter().copied().take_while(u8::is_ascii_digit).take(3).collect();
        let number = digits.iter().fold(0usize, |n, d| n * 10 + usize::from(d - b'0'));
        digits.len() > 1 && number > self.groups && digits[..2].iter().all(|d| *d < b'8')
    }

    /// Up to three octal digits.
    fn octal(&mut self, start: usize) -> Result<u8> {
        let digits = self.rest().iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
        let number = self.rest()[..digits].iter().fold(0u32, |n, d| n * 8 + u32::from(d - b'0'));
        self.at += digits;
        byte(start, number)
    }

    /// `\x`, `\xH`, `\xHH` or `\x{H...}`.
    fn hexadecimal(&mut self, start: usize) -> Result<u8> {
        if self.rest().starts_with(b"x{") {
            return self.braced(start, 16);
        }
        self.at += 1;
        let digits = self.rest().iter().take(2).take_while(|b| b.is_ascii_hexdigit()).count();
        let text = std::str::from_utf8(&self.rest()[..digits]).unwrap_or_default();
        let number = u32::from_str_radix(text, 16).unwrap_or(0);
        self.at += digits;
        byte(start, number)
    }

    /// A number in braces, with the letter before them.
    fn braced(&mut self, start: usize, radix: u32) -> Result<u8> {
        let inner = &self.rest()[2..];
        let Some(end) = inner.iter().position(|b| *b == b'}') else {
            return syntax(start, "a missing closing brace");
        };
        let number =
            std::str::from_utf8(&inner[..end]).ok().and_then(|n| u32::from_str_radix(n.trim(), radix).ok());
        self.at += end + 3;
        match number {
            Some(number) => byte(start, number),
            None => syntax(start, "no number in braces"),
        }
    }
}

fn byte(at: usize, number: u32) -> Result<u8> {
    u8::try_from(number).or_else(|_| syntax(at, "a character beyond \\xff"))
}
