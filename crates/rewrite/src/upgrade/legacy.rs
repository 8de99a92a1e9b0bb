//! Rules on header lines (`reqirep` and its family) as rules on header fields and on the URI, where these are the same.
//!
//! What can be said exactly: an expression that begins with `^Name:` and does not mind case, as header names do not;
//! and one on the request line that takes the method in a group of its own and leaves the version alone.

use super::Verdict;
use super::httpchk::percent_doubled;
use crate::layout::Line;
use syntax::{escaped, plain_word};

/// Which head a rule works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

/// What a rule does with the lines that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Delete,
    Replace,
    Deny,
    Tarpit,
    /// Something that only this family can do.
    Other,
}

/// One word of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) side: Side,
    pub(super) verb: Verb,
    /// An `i` behind the first three letters.
    ignores_case: bool,
}

/// Whether the word is one of the family.
pub(super) fn is_rule(word: &[u8]) -> bool {
    find(word).is_some()
}

/// The rule that a word means.
pub(super) fn find(word: &[u8]) -> Option<Rule> {
    let (side, rest) = match (word.strip_prefix(b"req"), word.strip_prefix(b"rsp")) {
        (Some(rest), _) => (Side::Request, rest),
        (None, Some(rest)) => (Side::Response, rest),
        (None, None) if word == b"cliexp" => (Side::Request, &b"rep"[..]),
        (None, None) if word == b"srvexp" => (Side::Response, &b"rep"[..]),
        (None, None) => return None,
    };
    let ignored = rest.strip_prefix(b"i");
    let verb = match (ignored.unwrap_or(rest), side) {
        (b"add", _) => Verb::Add,
        (b"del", _) => Verb::Delete,
        (b"rep", _) => Verb::Replace,
        (b"deny", _) => Verb::Deny,
        (b"tarpit", Side::Request) => Verb::Tarpit,
        (b"allow" | b"pass" | b"setbe", Side::Request) => Verb::Other,
        _ => return None,
    };
    Some(Rule { side, verb, ignores_case: ignored.is_some() })
}

/// The line in modern words, or why there are none. Where it stands is not looked at.
pub(super) fn rewritten(rule: Rule, line: &Line<'_>) -> Verdict {
    let arguments = if rule.verb == Verb::Replace { 2 } else { 1 };
    let condition = condition_at(line);
    let Some(texts) = texts(line, condition) else { return Verdict::keep("a variable stands in it") };
    if rule.verb != Verb::Other && texts.len() != arguments {
        return Verdict::keep("the words before the condition are not those of this rule");
    }
    if texts.iter().any(|text| text.contains(&b'\n') || text.contains(&b'\r')) {
        return Verdict::keep("it makes several lines of one");
    }
    let said = match rule.verb {
        Verb::Add => add(rule, &texts[0]),
        Verb::Delete => delete(rule, &texts[0]),
        Verb::Replace => replace(rule, &texts[0], &texts[1]),
        Verb::Deny | Verb::Tarpit => return refuse(rule, &texts[0], line, condition),
        Verb::Other if line.word(0).ends_with(b"setbe") => {
            Err("`use_backend NAME if CONDITION` says it with a condition".to_owned())
        }
        Verb::Other => {
            Err("no rule of today does the same; a condition on the header says what is meant".to_owned())
        }
    };
    match said {
        Ok(by) => Verdict::replace(0..condition, by),
        Err(why) => Verdict::Keep(why),
    }
}

/// The words before the condition, resolved. A bracket expression that a blank tears apart is one word, as the loader
/// has it.
fn texts(line: &Line<'_>, condition: usize) -> Option<Vec<Vec<u8>>> {
    let ranges = line.ranges();
    let mut texts = Vec::new();
    let mut at = 1;
    while at < condition {
        let mut text = plain_word(line.word(at))?;
        while texts.is_empty() && has_open_bracket(&text) && at + 1 < condition {
            text.resize(text.len() + ranges[at + 1].start - ranges[at].end, b' ');
            at += 1;
            text.extend(plain_word(line.word(at))?);
        }
        texts.push(text);
        at += 1;
    }
    Some(texts)
}

/// Whether `[` of an expression is not closed. A `]` in the first place stands for itself.
fn has_open_bracket(regex: &[u8]) -> bool {
    let (mut open, mut at) = (None, 0);
    while let Some(byte) = regex.get(at) {
        match (open, byte) {
            (_, b'\\') => at += 1,
            (None, b'[') => {
                let caret = usize::from(regex.get(at + 1) == Some(&b'^'));
                open = Some(at + caret + 1);
            }
            (Some(first), b']') if at > first => open = None,
            _ => {}
        }
        at += 1;
    }
    open.is_some()
}

/// Where the condition begins, or the end of the line.
fn condition_at(line: &Line<'_>) -> usize {
    line.words().position(|word| word == b"if" || word == b"unless").unwrap_or(line.ranges().len())
}

fn keyword(side: Side) -> &'static str {
    match side {
        Side::Request => "http-request",
        Side::Response => "http-response",
    }
}

/// Words joined by blanks, each written so that it reads the same.
fn written(start: &str, words: &[&[u8]]) -> Vec<u8> {
    let mut out = start.as_bytes().to_vec();
    for word in words {
        out.push(b' ');
        out.extend(escaped(word));
    }
    out
}

fn add(rule: Rule, line: &[u8]) -> Result<Vec<u8>, String> {
    let no_header = || "this is no header line".to_owned();
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(no_header)?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    if value.is_empty() || !name.iter().all(is_name) {
        return Err(no_header());
    }
    Ok(written(&format!("{} add-header", keyword(rule.side)), &[name, &percent_doubled(value)]))
}

fn delete(rule: Rule, pattern: &[u8]) -> Result<Vec<u8>, String> {
    let (name, rest) = header_pattern(pattern)?;
    if !matches!(rest, b"" | b".*" | b" .*" | b"(.*)" | b" (.*)") {
        return Err("it looks at the value as well: `del-header` takes names only".to_owned());
    }
    let said = written(&format!("{} del-header", keyword(rule.side)), &[name]);
    exact(rule, said)
}

fn replace(rule: Rule, pattern: &[u8], template: &[u8]) -> Result<Vec<u8>, String> {
    if let Ok((name, rest)) = header_pattern(pattern) {
        return replace_header(rule, name, rest, template);
    }
    if rule.side == Side::Request {
        return replace_uri(rule, pattern, template);
    }
    Err("it does not begin with the name of one header, as in `^Location:\\ `".to_owned())
}

fn replace_header(rule: Rule, name: &[u8], value: &[u8], template: &[u8]) -> Result<Vec<u8>, String> {
    let value = match value {
        b"" => b".*",
        value => value.strip_prefix(b" ").ok_or("it looks at the blank behind the colon")?,
    };
    let prefix = template.len().min(name.len() + 2);
    let (start, rest) = template.split_at(prefix);
    let is_same = start.len() == name.len() + 2
        && start[..name.len()].eq_ignore_ascii_case(name)
        && start[name.len()..] == *b": ";
    if !is_same {
        return Err("it makes another header of it, or removes it".to_owned());
    }
    if has_alternatives(value) {
        return Err("its alternatives reach over the name of the header".to_owned());
    }
    let mut regex = case_prefix(rule, value).to_vec();
    regex.push(b'^');
    regex.extend_from_slice(value);
    let action = format!("{} replace-header", keyword(rule.side));
    exact(rule, written(&action, &[name, &regex, &percent_doubled(rest)]))
}

/// `^(METHOD)\ URI` with the version left alone, replaced by `\1\ URI`.
fn replace_uri(rule: Rule, pattern: &[u8], template: &[u8]) -> Result<Vec<u8>, String> {
    let none = || "it is neither about one header nor about the URI alone".to_owned();
    const METHODS: &[&[u8]] =
        &[b"^([^ :]*) ", b"^([^: ]*) ", b"^([^ :]+) ", b"^([^: ]+) ", b"^(GET) ", b"^(POST) "];
    let method = METHODS.iter().find(|method| pattern.starts_with(method)).ok_or_else(|| {
        if pattern.starts_with(b"^([^ ]*) ") || pattern.starts_with(b"^(.*) ") {
            "its first group can match a header's name as well; with `^([^\\ :]*)\\ ` it is `http-request replace-uri`"
                .to_owned()
        } else {
            none()
        }
    })?;
    let uri = &pattern[method.len()..];
    let target = template.strip_prefix(b"\\1 ").ok_or_else(none)?;
    let groups = 1 + uri.iter().filter(|byte| **byte == b'(').count();
    let last = format!("\\{groups}");
    let open = uri.strip_suffix(b"(.*)").or_else(|| uri.strip_suffix(b"(.+)")).ok_or_else(none)?;
    let kept = target.strip_suffix(last.as_bytes()).ok_or_else(none)?;
    let is_simple = !has_alternatives(open) && !has(open, b".*") && !has(open, b".+") && !has(open, b"(?");
    if !is_simple || groups > 9 {
        return Err(none());
    }
    let (regex, by) = match (open.strip_suffix(b" "), kept.strip_suffix(b" ")) {
        // The last group is the version.
        (Some(path), Some(kept)) if !path.contains(&b' ') && !kept.contains(&b' ') => {
            ([path, b"$"].concat(), lowered(kept).ok_or_else(none)?)
        }
        (None, None) if !open.contains(&b' ') && !kept.contains(&b' ') => {
            ([open, b"(.*)"].concat(), lowered(target).ok_or_else(none)?)
        }
        _ => return Err(none()),
    };
    if !by.starts_with(b"/") || **method == *b"^(GET) " || **method == *b"^(POST) " {
        return Err(none());
    }
    let mut whole = case_prefix(rule, &regex).to_vec();
    whole.push(b'^');
    whole.extend_from_slice(&regex);
    Ok(written("http-request replace-uri", &[&whole, &percent_doubled(&by)]))
}

/// `reqideny ^Name:\ VALUE` as a condition on the header.
fn refuse(rule: Rule, pattern: &[u8], line: &Line<'_>, condition: usize) -> Verdict {
    let (name, value) = match header_pattern(pattern) {
        Ok(found) => found,
        Err(why) => return Verdict::Keep(why),
    };
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let words: Vec<&[u8]> = line.words().skip(condition).collect();
    let is_simple = words.first().is_none_or(|word| *word == b"if");
    if !is_simple || words.iter().any(|word| matches!(*word, b"or" | b"||")) || has_alternatives(value) {
        return Verdict::keep("its condition, or its alternatives, cannot be joined with the header's");
    }
    let (verb, fetch) = match (rule.verb, rule.side) {
        (Verb::Tarpit, _) => ("tarpit", "req.fhdr"),
        (_, Side::Request) => ("deny", "req.fhdr"),
        (_, Side::Response) => ("deny", "res.fhdr"),
    };
    let test = format!("{fetch}({})", base::Lossy(name));
    let start = format!("{} {verb} if {{ {test} -m reg -i", keyword(rule.side));
    let mut by = written(&start, &[&[b"^", value].concat()]);
    by.extend_from_slice(b" }");
    match exact(rule, by) {
        // The word `if` stands in what is new.
        Ok(by) => Verdict::replace(0..condition + usize::from(!words.is_empty()), by),
        Err(why) => Verdict::Keep(why),
    }
}

/// A rule that minds the case of a header's name says less than one of today.
fn exact(rule: Rule, said: Vec<u8>) -> Result<Vec<u8>, String> {
    if rule.ignores_case {
        return Ok(said);
    }
    Err(format!(
        "it minds the case of the header's name; if that is not meant, it is `{}`",
        base::Lossy(&said)
    ))
}

/// The name and the rest of an expression that begins with `^Name:`.
fn header_pattern(pattern: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let no_name = || "it does not begin with the name of one header, as in `^Host:`".to_owned();
    let rest = pattern.strip_prefix(b"^").ok_or_else(no_name)?;
    let colon = rest.iter().position(|byte| *byte == b':').ok_or_else(no_name)?;
    let (name, rest) = rest.split_at(colon);
    if name.is_empty() || !name.iter().all(is_name) {
        return Err(no_name());
    }
    Ok((name, &rest[1..]))
}

/// Letters of header names that mean themselves in an expression.
fn is_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// What makes an expression pass over case, where there is any case in it.
fn case_prefix(rule: Rule, regex: &[u8]) -> &'static [u8] {
    let mut escaped = false;
    let has_letters = regex.iter().any(|byte| {
        let is_letter = byte.is_ascii_alphabetic() && !escaped;
        escaped = *byte == b'\\' && !escaped;
        is_letter
    });
    if rule.ignores_case && has_letters { b"(?i)" } else { b"" }
}

/// Whether `|` stands outside of parentheses.
fn has_alternatives(regex: &[u8]) -> bool {
    let mut depth = 0i32;
    let mut bytes = regex.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'|' if depth <= 0 => return true,
            _ => {}
        }
    }
    false
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// A template whose groups count one less; `None` where it names the first.
fn lowered(template: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(template.len());
    let mut bytes = template.iter().copied();
    while let Some(byte) = bytes.next() {
        out.push(byte);
        if byte == b'\\' {
            match bytes.next()? {
                digit @ b'2'..=b'9' => out.push(digit - 1),
                b'0' | b'1' => return None,
                other => out.push(other),
            }
        }
    }
    Some(out)
}
