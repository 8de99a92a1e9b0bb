//! From bytes to commands: lines, `;` between commands, `\` before what is meant literally, and payloads behind `<<`
//! (management guide, chapter 9.3).
//!
//! ```text
//!            line without <<                    line ending in " <<PATTERN"
//!   Line ------------------------> Ready    Line ------------------------> Payload --the pattern alone--> Ready
//! ```
//! A line is understood as a whole, then its commands are taken one by one. What comes behind it stays untouched until they
//! are done.

use std::collections::VecDeque;

/// Words of one command.
pub(crate) const WORDS_MAX: usize = 64;
/// Characters behind `<<`; more than that make it a plain word.
const PATTERN_BYTES_MAX: usize = 64;

/// One command with what belongs to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// As it was written, without its payload.
    pub(crate) text: Vec<u8>,
    /// Its words; none on an empty line.
    pub(crate) words: Vec<Vec<u8>>,
    /// Whether words were left over.
    pub(crate) is_too_long: bool,
    /// Its payload, if it is the last one of its line and has one.
    pub(crate) payload: Option<Vec<u8>>,
    /// Whether it is the last one of its line.
    pub(crate) is_last: bool,
}

/// What cannot be understood; the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooBig {
    /// A line longer than a buffer.
    Line,
    /// A payload longer than allowed.
    Payload,
}

#[derive(Debug)]
struct Payload {
    pattern: Vec<u8>,
    lines: Vec<u8>,
}

/// How long things may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// A line, its end included.
    pub(crate) line_bytes_max: usize,
    /// A payload, its pattern included.
    pub(crate) payload_bytes_max: usize,
}

/// The bytes of a connection that were not used yet.
#[derive(Debug)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    bounds: Bounds,
    commands: VecDeque<Vec<u8>>,
    gathering: Option<Payload>,
    payload: Option<Vec<u8>>,
}

impl Input {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Input { bytes: Vec::new(), bounds, commands: VecDeque::new(), gathering: None, payload: None }
    }

    /// Adds what arrived.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a payload is under way.
    pub(crate) fn is_gathering(&self) -> bool {
        self.gathering.is_some()
    }

    /// The next command; `None` as long as its line, or its payload, is not complete.
    pub(crate) fn next(&mut self) -> Result<Option<Given>, TooBig> {
        if self.commands.is_empty() && self.gathering.is_none() {
            self.take_line()?;
        }
        if self.gathering.is_some() && !self.take_payload()? {
            return Ok(None);
        }
        let Some(text) = self.commands.pop_front() else { return Ok(None) };
        let is_last = self.commands.is_empty();
        let (words, is_too_long) = words_of(&text);
        let payload = if is_last { self.payload.take() } else { None };
        Ok(Some(Given { text, words, is_too_long, payload: payload.filter(|p| !p.is_empty()), is_last }))
    }

    /// The commands of the line that are left, each with a `;` before it, for somebody else.
    pub(crate) fn take_commands(&mut self) -> Vec<u8> {
        self.commands.drain(..).flat_map(|command| [b";".to_vec(), command]).flatten().collect()
    }

    /// What came behind the line, for somebody else.
    pub(crate) fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Cuts the first line into commands, if it is complete.
    fn take_line(&mut self) -> Result<(), TooBig> {
        let Some((commands, used)) = cut(&self.bytes) else {
            return if self.bytes.len() >= self.bounds.line_bytes_max { Err(TooBig::Line) } else { Ok(()) };
        };
        if used > self.bounds.line_bytes_max {
            return Err(TooBig::Line);
        }
        self.commands = commands.into_iter().map(<[u8]>::to_vec).collect();
        self.bytes.drain(..used);
        let Some(last) = self.commands.back_mut() else { return Ok(()) };
        let has_return = last.last() == Some(&b'\r');
        if has_return {
            last.pop();
        }
        if let Some(pattern) = split_pattern(last) {
            self.gathering = Some(Payload { pattern, lines: Vec::new() });
        } else if has_return {
            // HAProxy sees an empty command behind it, and answers that as well.
            self.commands.push_back(Vec::new());
        }
        Ok(())
    }

    /// Gathers lines up to the pattern; whether it came.
    fn take_payload(&mut self) -> Result<bool, TooBig> {
        while let Some(gathering) = &mut self.gathering {
            let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') else {
                let size = gathering.lines.len() + self.bytes.len();
                // What is too much in pieces is too much as a whole line, and the other way round.
                return if size > self.bounds.payload_bytes_max { Err(TooBig::Payload) } else { Ok(false) };
            };
            if gathering.lines.len() + end > self.bounds.payload_bytes_max {
                return Err(TooBig::Payload);
            }
            if self.bytes[..end] == gathering.pattern[..] {
                gathering.lines.pop();
                self.payload = Some(std::mem::take(&mut gathering.lines));
                self.gathering = None;
            } else {
                gathering.lines.extend_from_slice(&self.bytes[..=end]);
            }
            self.bytes.drain(..=end);
        }
        Ok(true)
    }
}

/// The commands of the first line and its length, line end included; `None` if it is not complete.
fn cut(bytes: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let mut commands = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b';' => {
                commands.push(&bytes[from..at]);
                from = at + 1;
            }
            b'\n' => {
                commands.push(&bytes[from..at]);
                return Some((commands, at + 1));
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Takes `<<PATTERN` off the end of a command, where it is a word of its own.
fn split_pattern(command: &mut Vec<u8>) -> Option<Vec<u8>> {
    let last = command.iter().rposition(|byte| is_blank(*byte)).map_or(0, |at| at + 1);
    let pattern = command[last..].strip_prefix(b"<<")?;
    if pattern.len() > PATTERN_BYTES_MAX {
        return None;
    }
    let pattern = pattern.to_vec();
    command.truncate(last);
    Some(pattern)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Splits at blanks; a backslash takes the next byte as it is. Also tells whether there were too many words.
fn words_of(text: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    loop {
        while bytes.next_if(|byte| is_blank(*byte)).is_some() {}
        if bytes.peek().is_none_or(|byte| *byte == 0) {
            return (words, false);
        }
        if words.len() == WORDS_MAX {
            return (words, true);
        }
        let mut word = Vec::new();
        while let Some(byte) = bytes.next_if(|byte| !is_blank(*byte)) {
            match byte {
                b'\\' => word.extend(bytes.next()),
                _ => word.push(byte),
            }
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(line_bytes_max: usize) -> Bounds {
        Bounds { line_bytes_max, payload_bytes_max: 2_000 }
    }

    fn texts(bytes: &[u8]) -> Vec<(String, Option<String>, bool)> {
        let mut input = Input::new(bounds(16_384));
        input.push(bytes);
        let mut list = Vec::new();
        while let Some(given) = input.next().unwrap() {
            let words: Vec<_> = given.words.iter().map(|word| String::from_utf8_lossy(word)).collect();
            let payload = given.payload.map(|bytes| String::from_utf8(bytes).unwrap());
            list.push((words.join("|"), payload, given.is_last));
        }
        list
    }

    fn names(bytes: &[u8]) -> Vec<String> {
        texts(bytes).into_iter().map(|(text, ..)| text).collect()
    }

    #[test]
    fn lines_and_chains() {
        assert_eq!(names(b"show  info\n"), ["show|info"]);
        assert_eq!(names(b"a;b c; \n"), ["a", "b|c", ""]);
        assert_eq!(names(b"a\\;b \\\\c d\\ e\n"), ["a;b|\\c|d e"]);
        assert_eq!(names(b"no end"), [""; 0]);
        let chain = texts(b"a;b\nc\n");
        assert_eq!(chain.iter().map(|(.., is_last)| *is_last).collect::<Vec<_>>(), [false, true, true]);
    }

    #[test]
    fn a_carriage_return_makes_an_empty_command() {
        assert_eq!(names(b"show version\r\n"), ["show|version", ""]);
        assert_eq!(names(b"show <<\r\nx\n\n"), ["show"]);
    }

    #[test]
    fn payloads() {
        let with = |text: &str| Some(text.to_owned());
        assert_eq!(
            texts(b"x; add map m <<\na b\nc d\n\nq\n"),
            [
                ("x".into(), None, false),
                ("add|map|m".into(), with("a b\nc d"), true),
                ("q".into(), None, true),
            ]
        );
        assert_eq!(texts(b"set <<%E%\n\na;b\n%E%\n"), [("set".into(), with("\na;b"), true)]);
        assert_eq!(texts(b"set <<\n\n"), [("set".into(), None, true)], "an empty one is none");
        assert_eq!(texts(b"set x<<\n"), [("set|x<<".into(), None, true)]);
        let long = format!("set <<{}\n", "p".repeat(65));
        assert_eq!(names(long.as_bytes()), [format!("set|<<{}", "p".repeat(65))]);
    }

    #[test]
    fn any_split_gives_the_same() {
        let bytes = b"a;add m <<E\nk v\nE\nprompt\n\nb\n";
        let whole = names(bytes);
        for at in 0..bytes.len() {
            let mut input = Input::new(bounds(100));
            let mut list = Vec::new();
            for part in [&bytes[..at], &bytes[at..]] {
                input.push(part);
                while let Some(given) = input.next().unwrap() {
                    list.push(String::from_utf8(given.words.join(&b'|')).unwrap());
                }
            }
            assert_eq!(list, whole, "split at {at}");
        }
    }

    proptest::proptest! {
        /// Whatever comes, in whatever pieces: the commands are the same, and what is kept stays within bounds.
        #[test]
        fn any_bytes_in_any_pieces(
            bytes in "([ab;\\\\ <E\\n\\r]|<<E\\n|\\nE\\n){0,60}",
            cuts in proptest::collection::vec(1usize..9, 1..40),
        ) {
            let all = |pieces: &[&[u8]]| {
                let mut input = Input::new(Bounds { line_bytes_max: 30, payload_bytes_max: 40 });
                let mut list = Vec::new();
                for piece in pieces {
                    input.push(piece);
                    loop {
                        match input.next() {
                            Ok(Some(given)) => list.push(Some(given)),
                            Ok(None) => break,
                            Err(_) => {
                                list.push(None);
                                return list;
                            }
                        }
                    }
                }
                list
            };
            let mut pieces = Vec::new();
            let mut rest = bytes.as_bytes();
            for cut in cuts.into_iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            proptest::prop_assert_eq!(all(&[bytes.as_bytes()]), all(&pieces));
        }
    }

    #[test]
    fn nothing_grows_without_bound() {
        let mut input = Input::new(bounds(100));
        input.push(&[b'a'; 100]);
        assert_eq!(input.next(), Err(TooBig::Line));
        let mut input = Input::new(bounds(100));
        input.push(b"add <<\n");
        input.push(&vec![b'a'; 2_001]);
        assert_eq!(input.next(), Err(TooBig::Payload));
        let mut input = Input::new(bounds(1_000));
        input.push(format!("{}\n", "a ".repeat(80)).as_bytes());
        let given = input.next().unwrap().unwrap();
        assert_eq!((given.words.len(), given.is_too_long), (WORDS_MAX, true));
    }
}
