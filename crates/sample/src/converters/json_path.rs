//! Finding a value in a JSON text by its path, without building the text's tree.
//!
//! The scan stops at the value, so what follows it need not be well-formed. Nesting is bounded.

/// Arrays and objects within each other that are gone into; deeper texts have no value.
const DEPTH_MAX: usize = 20;

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into the member of an object with this name.
    Member(Vec<u8>),
    /// Into this element of an array, from 0.
    Element(usize),
}

/// A value that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'j> {
    /// `true` or `false`.
    Bool(bool),
    /// A number's characters.
    Number(&'j [u8]),
    /// What stands between a string's quotes, still escaped.
    String(&'j [u8]),
    /// An array with its brackets.
    Array(&'j [u8]),
}

/// Reads a path: `$`, then any number of `.name` and `[index]`. A backslash makes the next character part of a name.
pub(super) fn parse(text: &[u8]) -> Option<Vec<Step>> {
    let mut rest = text.strip_prefix(b"$")?;
    let mut steps = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        match first {
            b'.' => {
                let (name, len) = name(after);
                steps.push(Step::Member(name));
                rest = &after[len..];
            }
            b'[' => {
                let end = memchr::memchr(b']', after)?;
                steps.push(Step::Element(std::str::from_utf8(&after[..end]).ok()?.trim().parse().ok()?));
                rest = &after[end + 1..];
            }
            _ => return None,
        }
    }
    Some(steps)
}

/// The name that `text` begins with, and how many bytes it takes.
fn name(text: &[u8]) -> (Vec<u8>, usize) {
    let mut name = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'.' | b'[' => break,
            b'\\' => {
                at += 1;
                name.extend(text.get(at));
            }
            _ => name.push(*byte),
        }
        at += 1;
    }
    (name, at.min(text.len()))
}

/// The value at `path`; `None` when there is none, when it is an object or `null`, or when the text is malformed up to
/// its end.
pub(super) fn find<'j>(json: &'j [u8], path: &[Step]) -> Option<Token<'j>> {
    let mut scan = Scan { json, at: 0 };
    for step in path {
        match step {
            Step::Member(name) => scan.enter_member(name)?,
            Step::Element(index) => scan.enter_element(*index)?,
        }
    }
    scan.token()
}

struct Scan<'j> {
    json: &'j [u8],
    at: usize,
}

impl<'j> Scan<'j> {
    /// The next byte that is no white space, which is stepped over.
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&mut self) -> Option<u8> {
        let rest = &self.json[self.at..];
        self.at += rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r'))?;
        self.json.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// A string with its quotes; what stands between them.
    fn string(&mut self) -> Option<&'j [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.json.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        let text = &self.json[start..self.at];
        self.at += 1;
        Some(text)
    }

    fn key(&mut self) -> Option<&'j [u8]> {
        let key = self.string()?;
        self.expect(b':')?;
        Some(key)
    }

    fn enter_member(&mut self, name: &[u8]) -> Option<()> {
        self.expect(b'{')?;
        while self.peek()? != b'}' {
            if self.key()? == name {
                return Some(());
            }
            self.skip()?;
            self.expect(b',')?;
        }
        None
    }

    fn enter_element(&mut self, index: usize) -> Option<()> {
        self.expect(b'[')?;
        for _ in 0..index {
            self.skip()?;
            self.expect(b',')?;
        }
        (self.peek()? != b']').then_some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.json[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn number(&mut self) -> &'j [u8] {
        let rest = &self.json[self.at..];
        let is_part = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
        let len = rest.iter().take_while(|b| is_part(b)).count();
        self.at += len;
        &rest[..len]
    }

    fn token(&mut self) -> Option<Token<'j>> {
        match self.peek()? {
            b't' => self.word(b"true").map(|()| Token::Bool(true)),
            b'f' => self.word(b"false").map(|()| Token::Bool(false)),
            b'"' => self.string().map(Token::String),
            b'-' | b'0'..=b'9' => Some(Token::Number(self.number())),
            b'[' => {
                let start = self.at;
                self.skip()?;
                Some(Token::Array(&self.json[start..self.at]))
            }
            _ => None,
        }
    }

    fn scalar(&mut self) -> Option<()> {
        match self.peek()? {
            b'n' => self.word(b"null"),
            b't' | b'f' | b'"' | b'-' | b'0'..=b'9' => self.token().map(drop),
            _ => None,
        }
    }

    /// Steps over one value with all that is in it.
    fn skip(&mut self) -> Option<()> {
        let mut open = Vec::new();
        loop {
            match self.peek()? {
                bracket @ (b'{' | b'[') => {
                    self.at += 1;
                    open.push(bracket + 2);
                    if open.len() > DEPTH_MAX {
                        return None;
                    }
                    if self.peek()? != bracket + 2 {
                        if bracket == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            if self.close(&mut open)? {
                return Some(());
            }
        }
    }

    /// After a value: steps over closing brackets and the comma after them; `true` when nothing is open any more.
    fn close(&mut self, open: &mut Vec<u8>) -> Option<bool> {
        while let Some(bracket) = open.last() {
            match self.next()? {
                b',' => {
                    if *bracket == b'}' {
                        self.key()?;
                    }
                    return Some(false);
                }
                byte if byte == *bracket => {
                    open.pop();
                }
                _ => return None,
            }
        }
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'j>(path: &str, json: &'j str) -> Option<Token<'j>> {
        find(json.as_bytes(), &parse(path.as_bytes()).unwrap())
    }

    #[test]
    fn values_behind_others() {
        let json = r#" { "a" : [ 1 , [ ] , { } , {"x":[{}]} , "]" ] , "b" : { "c" : [ 10 , 20 ] } } "#;
        assert_eq!(found("$.b.c[1]", json), Some(Token::Number(b"20")));
        assert_eq!(found("$.a[4]", json), Some(Token::String(b"]")));
        assert_eq!(found("$.b.c", json), Some(Token::Array(b"[ 10 , 20 ]")));
        assert_eq!(found("$.b.c[2]", json), None);
        assert_eq!(found("$.b.d", json), None);
        assert_eq!(found("$.a.c", json), None);
        assert_eq!(found("$", " true"), Some(Token::Bool(true)));
    }

    #[test]
    fn what_follows_the_value_does_not_matter_and_what_precedes_it_does() {
        assert_eq!(found("$.a", r#"{"a":1,,,"#), Some(Token::Number(b"1")));
        assert_eq!(found("$.a", r#"{"b":[1,"a":1}"#), None);
        assert_eq!(found("$.a", r#"{"b":"x"#), None);
        assert_eq!(found("$.a", ""), None);
        assert_eq!(found("$.a", &format!(r#"{{"b":{}"#, "[".repeat(100_000))), None);
    }

    #[test]
    fn paths() {
        assert_eq!(parse(br"$.a\.b[3]").unwrap(), [Step::Member(b"a.b".to_vec()), Step::Element(3)]);
        assert_eq!(parse(b"$").unwrap(), []);
        for wrong in ["a", "$a", "$[x]", "$[1"] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
