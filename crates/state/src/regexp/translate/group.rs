//! Opening parentheses and what a question mark after them means.

use super::{Result, Translator, needs_pcre, syntax};

impl Translator<'_> {
    /// The group whose parenthesis stands at `start`.
    pub(super) fn group(&mut self, start: usize) -> Result<()> {
        if self.rest().starts_with(b"*") && self.rest().get(1).is_some_and(u8::is_ascii_uppercase) {
            return needs_pcre(start, "a verb");
        }
        if !self.take(b'?') {
            return self.mark("(");
        }
        let rest = self.rest();
        for (prefix, what) in [
            (&b"="[..], "a look-ahead"),
            (b"!", "a look-ahead"),
            (b"<=", "a look-behind"),
            (b"<!", "a look-behind"),
            (b">", "an atomic group"),
            (b"|", "a branch reset"),
            (b"(", "a condition"),
            (b"R", "a recursion"),
            (b"&", "a recursion"),
            (b"+", "a recursion"),
            (b"P>", "a recursion"),
            (b"P=", "a back reference"),
            (b"C", "a callout"),
        ] {
            if rest.starts_with(prefix) {
                return needs_pcre(start, what);
            }
        }
        match rest.first() {
            Some(b'0'..=b'9') => needs_pcre(start, "a recursion"),
            Some(b'#') => self.comment(start),
            Some(b':') => {
                self.at += 1;
                self.mark("(?:")
            }
            Some(b'P') if rest.starts_with(b"P<") => self.named(start, 2, b'>'),
            Some(b'<') => self.named(start, 1, b'>'),
            Some(b'\'') => self.named(start, 1, b'\''),
            _ => self.flags(start),
        }
    }

    fn comment(&mut self, start: usize) -> Result<()> {
        match self.rest().iter().position(|b| *b == b')') {
            Some(end) => {
                self.at += end + 1;
                Ok(())
            }
            None => syntax(start, "a comment without an end"),
        }
    }

    /// A named group; `skip` bytes stand before its name.
    fn named(&mut self, start: usize, skip: usize, close: u8) -> Result<()> {
        let name = &self.rest()[skip..];
        let end = name.iter().position(|b| *b == close).unwrap_or(0);
        let name = &name[..end];
        if name.is_empty() || !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
            return syntax(start, "a group without a valid name");
        }
        let text = format!("(?P<{}>", String::from_utf8_lossy(name));
        self.at += skip + end + 1;
        self.mark(&text)
    }

    /// `(?flags)` and `(?flags:...)`.
    fn flags(&mut self, start: usize) -> Result<()> {
        let length = self.rest().iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'-').count();
        let flags = &self.rest()[..length];
        let Some(close @ (b':' | b')')) = self.rest().get(length).copied() else {
            return syntax(start, "an unknown kind of group");
        };
        if let Some(flag) = flags.iter().find(|b| !matches!(b, b'i' | b'm' | b's' | b'x' | b'U' | b'-')) {
            return match flag {
                b'J' | b'n' => needs_pcre(start, "an option"),
                _ => syntax(start, "an unknown option"),
            };
        }
        let has_any = flags.iter().any(|b| *b != b'-');
        let text = match (has_any, close) {
            (true, close) => format!("(?{}{}", String::from_utf8_lossy(flags), char::from(close)),
            (false, b':') => "(?:".to_owned(),
            (false, _) => String::new(),
        };
        self.at += length + 1;
        self.mark(&text)
    }
}
