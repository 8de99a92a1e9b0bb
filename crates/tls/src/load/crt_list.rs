//! `crt-list` files (configuration manual, chapter 5.1 "crt-list"): a certificate a line, with options in brackets and
//! the host names that it answers for.
//!
//! ```text
//! # comment
//! site.pem
//! other.pem [alpn h2 ssl-min-ver TLSv1.3] *.example.com !secret.example.com
//! ```
//! Words are parted by white space and brackets; there are neither quotes nor escapes. A line is a comment if its first
//! character is `#`.

/// The most that a line may take, bytes.
const LINE_BYTES_MAX: usize = 65_535;
/// The most words of a line.
const WORDS_MAX: usize = 2048;

/// A line that names a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLine {
    /// The certificate's file, or what it is called in a `crt-store`.
    pub path: Box<str>,
    /// The words in brackets.
    pub options: Vec<Box<str>>,
    /// Host names: `name`, `*.name`, `!name`, or `*` for hosts that no other line has.
    pub filters: Vec<Box<str>>,
    /// The line's number, from 1.
    pub number: u32,
}

/// Something about a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[{file}:{line}]: {text}")]
pub struct ListProblem {
    /// The file.
    pub file: Box<str>,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub text: Box<str>,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CrtList {
    /// Its lines, empty ones and comments left out, and those with errors.
    pub lines: Vec<ListLine>,
    /// Why it cannot be used; empty if it can.
    pub errors: Vec<ListProblem>,
    /// What works, but hardly as meant.
    pub warnings: Vec<ListProblem>,
}

/// Reads a file's text; `file` is what it is called in messages.
#[must_use]
pub fn parse(file: &str, text: &[u8]) -> CrtList {
    let mut list = CrtList::default();
    let mut rest = text;
    let mut number: u32 = 0;
    while !rest.is_empty() {
        number = number.saturating_add(1);
        let end = rest.iter().position(|&byte| byte == b'\n');
        let line = &rest[..end.unwrap_or(rest.len())];
        rest = end.map_or(&[], |end| &rest[end + 1..]);
        let problem = |text: &str| ListProblem { file: file.into(), line: number, text: text.into() };
        match parse_line(line, number) {
            Ok(Some(read)) => {
                list.warnings.extend(read.warnings.into_iter().map(problem));
                if end.is_none() {
                    list.warnings.push(problem("the last line does not end: the file may have been cut off"));
                }
                list.lines.push(read.line);
            }
            Ok(None) => {}
            Err(error) => list.errors.push(problem(error)),
        }
    }
    list
}

struct ReadLine {
    line: ListLine,
    warnings: Vec<&'static str>,
}

/// Reads a line without its end; nothing if it is empty or a comment.
fn parse_line(line: &[u8], number: u32) -> Result<Option<ReadLine>, &'static str> {
    if line.starts_with(b"#") {
        return Ok(None);
    }
    if line.len() >= LINE_BYTES_MAX {
        return Err("the line is longer than 65534 characters");
    }
    if line.contains(&0) {
        return Err("there is a NUL character in the line");
    }
    let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8")?;
    let Words { words, opened, closed } = words(line)?;
    let Some((path, words)) = words.split_first() else {
        return Ok(None);
    };
    let mut warnings = Vec::new();
    // Brackets stand behind the path, so that they lie at least one word in.
    let (options, filters) = match (opened, closed) {
        (Some(opened), closed) => {
            if opened > 1 {
                warnings.push("host names between the file and the options are passed over");
            }
            if closed.is_none() {
                warnings.push("a ']' is missing: the words behind '[' are taken for host names");
            }
            let closed = closed.unwrap_or(opened);
            (&words[opened - 1..closed - 1], &words[closed - 1..])
        }
        (None, _) => (&words[..0], words),
    };
    if filters.iter().any(|filter| filter.starts_with("!*") && filter.len() > 2) {
        warnings.push("a '!' before a wildcard has no effect");
    }
    let is_negative = |filter: &&&str| filter.starts_with('!') && !filter.starts_with("!*");
    let has_wildcard = filters.iter().any(|filter| filter.starts_with('*') && filter.len() > 1);
    if filters.iter().any(|filter| is_negative(&filter)) && !has_wildcard {
        warnings.push("'!' takes names out of wildcards only, and there is none on the line");
    }
    let owned = |words: &[&str]| words.iter().map(|word| Box::from(*word)).collect();
    let line = ListLine { path: (*path).into(), options: owned(options), filters: owned(filters), number };
    Ok(Some(ReadLine { line, warnings }))
}

/// A line's words, and before which of them the brackets stand.
struct Words<'a> {
    words: Vec<&'a str>,
    opened: Option<usize>,
    closed: Option<usize>,
}

fn words(line: &str) -> Result<Words<'_>, &'static str> {
    let mut read = Words { words: Vec::new(), opened: None, closed: None };
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | '\x0b' | '\x0c');
    for part in line.split_inclusive(|c| is_space(c) || matches!(c, '[' | ']')) {
        let word = part.trim_end_matches(|c| is_space(c) || matches!(c, '[' | ']'));
        if !word.is_empty() {
            read.words.push(word);
        }
        if read.words.len() > WORDS_MAX {
            return Err("there are more than 2048 words in the line");
        }
        match part.as_bytes().last() {
            Some(b'[') if read.opened.is_some() => return Err("there is more than one '['"),
            Some(b'[') if read.words.is_empty() => {
                return Err("the line begins with '[' where a certificate is expected");
            }
            Some(b'[') => read.opened = Some(read.words.len()),
            Some(b']') if read.closed.is_some() => return Err("there is more than one ']'"),
            Some(b']') if read.opened.is_none() => return Err("there is a ']' without a '['"),
            Some(b']') => read.closed = Some(read.words.len()),
            Some(_) | None => {}
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> (ListLine, Vec<String>) {
        let mut list = parse("l", format!("{line}\n").as_bytes());
        assert!(list.errors.is_empty() && list.lines.len() == 1, "{list:?}");
        (list.lines.remove(0), list.warnings.iter().map(ToString::to_string).collect())
    }

    fn error(line: &str) -> String {
        let list = parse("l.list", format!("a.pem\n{line}\n").as_bytes());
        assert_eq!(list.lines.len(), 1);
        list.errors[0].to_string()
    }

    fn strs(words: &[Box<str>]) -> Vec<&str> {
        words.iter().map(|word| &**word).collect()
    }

    #[test]
    fn lines_have_a_file_options_and_names() {
        let list = parse("l", b"# comment\n\n   \t\r\na.pem\r\n\tb.pem [ alpn h2,http/1.1 ] *.x !a.x\n@s/c[verify none]*\nd.pem x # y\n");
        assert!(list.errors.is_empty() && list.warnings.is_empty(), "{list:?}");
        let read: Vec<_> = list
            .lines
            .iter()
            .map(|line| (&*line.path, strs(&line.options), strs(&line.filters), line.number))
            .collect();
        assert_eq!(
            read,
            [
                ("a.pem", vec![], vec![], 4),
                ("b.pem", vec!["alpn", "h2,http/1.1"], vec!["*.x", "!a.x"], 5),
                ("@s/c", vec!["verify", "none"], vec!["*"], 6),
                ("d.pem", vec![], vec!["x", "#", "y"], 7),
            ]
        );
    }

    #[test]
    fn odd_lines_are_warned_of() {
        let (line, warnings) = one("a.pem x [verify none] y");
        assert_eq!((strs(&line.options), strs(&line.filters)), (vec!["verify", "none"], vec!["y"]));
        assert_eq!(warnings, ["[l:1]: host names between the file and the options are passed over"]);
        let (line, warnings) = one("a.pem [verify none");
        assert_eq!((line.options.len(), strs(&line.filters)), (0, vec!["verify", "none"]));
        assert!(warnings[0].contains("']' is missing"), "{warnings:?}");
        assert!(one("a.pem !*.x").1[0].contains("no effect"));
        assert!(one("a.pem !b.x").1[0].contains("wildcards only"));
        assert_eq!(one("a.pem []").0.options.len(), 0);
        assert_eq!(one("a.pem !*").1.len(), 0);
        assert!(parse("l", b"a.pem").warnings[0].text.contains("does not end"));
        assert!(parse("l", b"a.pem\n# b").warnings.is_empty());
    }

    #[test]
    fn errors_name_file_and_line() {
        assert_eq!(error("a [b [c"), "[l.list:2]: there is more than one '['");
        assert_eq!(error("a [b] c]"), "[l.list:2]: there is more than one ']'");
        assert_eq!(error("a b]"), "[l.list:2]: there is a ']' without a '['");
        assert_eq!(error("[a] b"), "[l.list:2]: the line begins with '[' where a certificate is expected");
        assert!(error("a\0").contains("NUL"));
        assert!(error(&"a ".repeat(2049)).contains("2048"));
        assert!(error(&"a".repeat(65_535)).contains("65534"));
        assert!(parse("l", b"\xff\xfe\n").errors[0].text.contains("UTF-8"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(text in proptest::collection::vec(proptest::sample::select(b"a!*.[] \n\r#\0\xff".to_vec()), 0..60)) {
            let list = parse("l", &text);
            for line in &list.lines {
                proptest::prop_assert!(!line.path.is_empty() && line.number >= 1);
            }
        }
    }
}
