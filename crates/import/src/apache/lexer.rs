//! Apache's lines and words ("Syntax of the Configuration Files"): lines continued by a backslash, comments, words that
//! may stand between quotes.

/// A line with what continues it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The number of its first line, from 1.
    pub(super) number: u32,
    /// Its text without blanks around it.
    pub(super) text: String,
}

/// The lines that say something: no empty ones, no comments.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(bytes);
    let mut out = Vec::new();
    let mut numbered = (1u32..).zip(text.lines());
    while let Some((number, first)) = numbered.next() {
        let mut joined = first.to_owned();
        while joined.ends_with('\\') {
            joined.pop();
            let Some((_, next)) = numbered.next() else { break };
            joined.push_str(next);
        }
        let text = joined.trim();
        if !text.is_empty() && !text.starts_with('#') {
            out.push(Line { number, text: text.to_owned() });
        }
    }
    out
}

/// The words of most directives. A backslash hides another one, and the quote that a word stands in; before anything
/// else it means itself.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let quote = (first == '"' || first == '\'').then_some(first);
        let inner = if quote.is_some() { &rest[1..] } else { rest };
        let (word, used) = word(inner, quote);
        out.push(word);
        rest = inner[used..].trim_start();
    }
    out
}

/// One word, and how many bytes it took, its closing quote included.
fn word(text: &str, quote: Option<char>) -> (String, usize) {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        if char == '\\' && (next == Some('\\') || (quote.is_some() && next == quote)) {
            out.extend(next);
            chars.next();
        } else if Some(char) == quote {
            return (out, at + char.len_utf8());
        } else if quote.is_none() && char.is_whitespace() {
            return (out, at);
        } else {
            out.push(char);
        }
    }
    (out, text.len())
}

/// The words of RewriteRule and RewriteCond, which keep their backslashes; a blank behind one does not end the word.
pub(super) fn rewrite_words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut chars = text.trim().chars().peekable();
    while let Some(&first) = chars.peek() {
        let quote = (first == '"' || first == '\'').then_some(first);
        if quote.is_some() {
            chars.next();
        }
        let mut word = String::new();
        while let Some(char) = chars.next() {
            if char == '\\' && chars.peek().is_some_and(|next| next.is_whitespace()) {
                word.push(char);
                word.extend(chars.next());
            } else if Some(char) == quote || (quote.is_none() && char.is_whitespace()) {
                break;
            } else {
                word.push(char);
            }
        }
        out.push(word);
        while chars.next_if(|next| next.is_whitespace()).is_some() {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_continued_and_comments_left_out() {
        let text =
            b"# a comment \\\n still the comment\n\n  ProxyPass \\\r\n   /a http://b/\r\nListen 80\nEnd \\";
        let told: Vec<(u32, String)> = lines(text).into_iter().map(|line| (line.number, line.text)).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(
            (told[0].0, words(&told[0].1)),
            (4, vec!["ProxyPass".into(), "/a".into(), "http://b/".into()])
        );
        assert_eq!(told[1], (6, "Listen 80".to_owned()));
        assert_eq!(told[2], (7, "End".to_owned()));
    }

    #[test]
    fn quotes_and_backslashes() {
        assert_eq!(
            words(r#"Header set X "a \"b\" c\d\\e" 'x "y"' z\\.w \."#),
            ["Header", "set", "X", r#"a "b" c\d\e"#, r#"x "y""#, r"z\.w", r"\."]
        );
        assert_eq!(words("a \"never closed"), ["a", "never closed"]);
        assert_eq!(words("  "), Vec::<String>::new());
        assert_eq!(words("\"\""), [""]);
    }

    #[test]
    fn rewrite_rules_keep_their_backslashes() {
        assert_eq!(
            rewrite_words(r#"^/a\.b\\c\ d$ "http://x/ y" [R=301,L]"#),
            [r"^/a\.b\\c\ d$", "http://x/ y", "[R=301,L]"]
        );
    }
}
