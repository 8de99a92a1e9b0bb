//! Character classes in brackets.

use super::escape::{HORIZONTAL, VERTICAL};
use super::{Result, Translator, needs_pcre, push_literal, syntax};

/// The names that PCRE knows in `[:name:]`; the engine knows them all.
const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// One member of a class.
enum Member {
    Byte(u8),
    /// Several bytes, already spelled for the engine.
    Set(String),
    Nothing,
}

impl Translator<'_> {
    /// The class whose opening bracket stands at `start`.
    pub(super) fn class(&mut self, start: usize) -> Result<()> {
        let mut class = String::from("[");
        if self.take(b'^') {
            class.push('^');
        }
        let mut is_first = true;
        loop {
            match self.peek() {
                None => return syntax(start, "a missing closing bracket"),
                Some(b']') if !is_first => break,
                Some(_) => self.member(start, &mut class)?,
            }
            is_first = false;
        }
        self.at += 1;
        if class.trim_start_matches(['[', '^']).is_empty() {
            return syntax(start, "an empty class");
        }
        class.push(']');
        self.atom(&class)
    }

    /// One member or one range.
    fn member(&mut self, start: usize, class: &mut String) -> Result<()> {
        let at = self.at;
        let low = match self.single(start)? {
            Member::Byte(low) => low,
            Member::Set(set) => {
                class.push_str(&set);
                return Ok(());
            }
            Member::Nothing => return Ok(()),
        };
        let is_range = self.peek() == Some(b'-') && self.source.get(self.at + 1).is_some_and(|b| *b != b']');
        if !is_range {
            push_literal(class, low);
            return Ok(());
        }
        self.at += 1;
        match self.single(start)? {
            Member::Byte(high) if low <= high => {
                push_literal(class, low);
                class.push('-');
                push_literal(class, high);
                Ok(())
            }
            Member::Byte(_) => syntax(at, "a range that ends before it begins"),
            Member::Set(set) => {
                push_literal(class, low);
                push_literal(class, b'-');
                class.push_str(&set);
                Ok(())
            }
            Member::Nothing => {
                push_literal(class, low);
                push_literal(class, b'-');
                Ok(())
            }
        }
    }

    fn single(&mut self, start: usize) -> Result<Member> {
        let at = self.at;
        let Some(byte) = self.peek() else { return syntax(start, "a missing closing bracket") };
        if byte == b'['
            && let Some(set) = self.posix()?
        {
            return Ok(Member::Set(set));
        }
        self.at += 1;
        if byte != b'\\' {
            return Ok(Member::Byte(byte));
        }
        let Some(escaped) = self.peek() else { return syntax(start, "a missing closing bracket") };
        // No back references in here: a number is always octal.
        let digits = self.rest().iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
        if digits > 0 {
            let number = self.rest()[..digits].iter().fold(0u32, |n, d| n * 8 + u32::from(d - b'0'));
            self.at += digits;
            return u8::try_from(number)
                .map(Member::Byte)
                .or_else(|_| syntax(at, "a character beyond \\xff"));
        }
        if let Some(byte) = self.escaped_byte(at)? {
            return Ok(Member::Byte(byte));
        }
        self.at += 1;
        Ok(match escaped {
            b'b' => Member::Byte(0x08),
            b'd' | b'D' | b'w' | b'W' | b's' | b'S' => Member::Set(format!("\\{}", char::from(escaped))),
            b'h' => Member::Set(HORIZONTAL.to_owned()),
            b'v' => Member::Set(VERTICAL.to_owned()),
            b'H' => Member::Set(format!("[^{HORIZONTAL}]")),
            b'V' => Member::Set(format!("[^{VERTICAL}]")),
            b'p' | b'P' => return needs_pcre(at, "a Unicode property"),
            b'N' | b'R' | b'X' => return syntax(at, "an escape that a class cannot hold"),
            b'Q' => self.quoted_in_class(),
            b'E' => Member::Nothing,
            other => Member::Byte(other),
        })
    }

    /// `\Q...\E` within a class.
    fn quoted_in_class(&mut self) -> Member {
        let rest = self.rest();
        let end = rest.windows(2).position(|w| w == b"\\E").unwrap_or(rest.len());
        let mut set = String::new();
        for byte in &rest[..end] {
            push_literal(&mut set, *byte);
        }
        self.at = (self.at + end + 2).min(self.source.len());
        if set.is_empty() { Member::Nothing } else { Member::Set(set) }
    }

    /// `[:name:]` or `[:^name:]` at a bracket within a class; another bracket there is itself.
    fn posix(&mut self) -> Result<Option<String>> {
        let Some(inner) = self.rest().strip_prefix(b"[:") else { return Ok(None) };
        let Some(end) = inner.windows(2).position(|w| w == b":]") else { return Ok(None) };
        let name = &inner[..end];
        let letters = name.strip_prefix(b"^").unwrap_or(name);
        if letters.is_empty() || !letters.iter().all(u8::is_ascii_lowercase) {
            return Ok(None);
        }
        if !POSIX.iter().any(|known| known.as_bytes() == letters) {
            return syntax(self.at, "an unknown POSIX class");
        }
        let text = format!("[:{}:]", String::from_utf8_lossy(name));
        self.at += end + 4;
        Ok(Some(text))
    }
}
