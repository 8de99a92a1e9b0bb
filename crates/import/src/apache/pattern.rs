//! URL paths, wildcards and regular expressions: what Apache compares with a decoded path, we compare with one in its
//! shortest encoded form.

use regex::Regex;

/// What a path has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matcher {
    /// Begins with this, up to the end of a segment.
    Prefix(String),
    /// A regular expression that matches somewhere.
    Regex(String),
}

impl Matcher {
    /// A prefix as it is typed, with blanks and the like.
    pub(super) fn prefix(text: &str) -> Self {
        Self::Prefix(encode_path(text))
    }

    /// The path of a `<Location>`: a prefix, or a pattern in which `*` stops at slashes.
    pub(super) fn location(text: &str) -> Self {
        if text.contains(['*', '?', '[']) { Self::Regex(glob(text, "[^/]")) } else { Self::prefix(text) }
    }

    /// Whether every path matches.
    pub(super) fn is_any(&self) -> bool {
        match self {
            Self::Prefix(prefix) => prefix == "/",
            Self::Regex(regex) => is_any(regex),
        }
    }

    /// How tests on the sample `of` are written, one for each alternative; none for what always holds.
    pub(super) fn tests(&self, of: &str) -> Vec<String> {
        match self {
            Self::Prefix(_) | Self::Regex(_) if self.is_any() => Vec::new(),
            Self::Prefix(prefix) if prefix.ends_with('/') => vec![format!("{of} -m beg {}", word(prefix))],
            Self::Prefix(prefix) => vec![
                format!("{of} -m str {}", word(prefix)),
                format!("{of} -m beg {}", word(&format!("{prefix}/"))),
            ],
            Self::Regex(regex) => vec![format!("{of} -m reg {}", word(regex))],
        }
    }

    /// What names the conditions that are about it.
    pub(super) fn name(&self) -> String {
        let (Self::Prefix(text) | Self::Regex(text)) = self;
        let slug = slug(text);
        if slug.is_empty() { "all".to_owned() } else { slug }
    }
}

/// A name made of what may stand in one.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars().take(40) {
        if char.is_ascii_alphanumeric() || matches!(char, '.' | '-') {
            out.push(char);
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    out.trim_end_matches(['_', '.', '-']).to_owned()
}

/// Whether the expression matches every path.
pub(super) fn is_any(regex: &str) -> bool {
    matches!(
        regex,
        "" | "^" | "$" | "/" | "^/" | ".*" | "^.*" | ".*$" | "^.*$" | "(.*)" | "^(.*)$" | "^(.*)" | "(.*)$"
    ) || matches!(
        regex,
        "^/.*" | "^/.*$" | "^/(.*)$" | "^/(.*)" | "^/?(.*)$" | "^/?(.*)" | "^(/.*)$" | "/.*" | "/(.*)"
    )
}

/// The regular expression of a pattern with `*`, `?` and brackets; `any` is what one of the first two stands for.
pub(super) fn glob(text: &str, any: &str) -> String {
    let mut out = String::from("^");
    for char in text.chars() {
        match char {
            '*' => out.push_str(&format!("{any}*")),
            '?' => out.push_str(any),
            '[' | ']' | '-' => out.push(char),
            _ => out.push_str(&regex::escape(char.encode_utf8(&mut [0; 4]))),
        }
    }
    out + "$"
}

/// Percent-encodes what Apache's proxy encodes in a path.
pub(super) fn encode_path(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"$-_.+!*'(),;:@&=/~%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Checks an expression; the number of its groups.
///
/// # Errors
/// What our engine cannot do: look-around, references back.
pub(super) fn check(regex: &str) -> Result<usize, String> {
    match Regex::new(regex) {
        Ok(parsed) => Ok(parsed.captures_len() - 1),
        Err(regex::Error::Syntax(text)) => {
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Err(format!("the regular expression '{regex}' cannot be used here: {reason}"))
        }
        Err(error) => Err(format!("the regular expression '{regex}' cannot be used here: {error}")),
    }
}

/// A word of a configuration line, between quotes if it needs them.
pub(super) fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !br#""'\#$"#.contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// An argument of a fetch or converter, between its own quotes.
pub(super) fn argument(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// Text that a log format writes as it is.
pub(super) fn literal(text: &str) -> String {
    text.replace('%', "%%")
}

/// An expression that matches the whole of what `regex` matches a part of; its groups keep their numbers.
pub(super) fn whole(regex: &str) -> String {
    let has_start = regex.strip_prefix("(?i)").unwrap_or(regex).starts_with('^');
    let has_end = regex.ends_with('$') && !regex.ends_with(r"\$");
    if regex.contains('|') {
        return format!("^.*?(?:{regex}).*$");
    }
    match (has_start, has_end) {
        (true, true) => regex.to_owned(),
        (true, false) => format!("{regex}.*$"),
        _ => format!("^.*?(?:{regex}).*$"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_with_segments() {
        assert_eq!(Matcher::prefix("/a b").tests("path"), ["path -m str /a%20b", "path -m beg /a%20b/"]);
        assert_eq!(Matcher::prefix("/a/").tests("path"), ["path -m beg /a/"]);
        assert!(Matcher::prefix("/").tests("path").is_empty());
        assert_eq!(Matcher::location("/a/*.js").tests("path"), [r"path -m reg '^/a/[^/]*\.js$'"]);
    }

    #[test]
    fn words_and_arguments_are_quoted_where_they_must() {
        assert_eq!(word("^/a(.*)b"), "^/a(.*)b");
        assert_eq!(word("it's $1"), r"'it'\''s $1'");
        assert_eq!(word(""), "''");
        assert_eq!(argument(r#"^\d"#), r#""^\\d""#);
    }

    #[test]
    fn whole_expressions_keep_their_groups() {
        let whole = Regex::new(&whole("/a/(.)")).unwrap();
        assert_eq!(whole.replace("/x/a/b/c", "<$1>"), "<b>");
        assert!(check("(?=x)").is_err() && check(r"(a)\1").is_err());
        assert_eq!(check("(a)(?:b)(c)"), Ok(2));
    }
}
