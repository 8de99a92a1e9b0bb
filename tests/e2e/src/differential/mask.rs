//! What differs between two runs of the same program is taken out: dates, times, ports, process ids.

/// Bytes as text, with what cannot be seen made visible and line ends kept apart.
pub(super) fn shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = bytes.iter().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' if rest.peek() == Some(&&b'\n') => {}
            b'\n' | b' '..=b'~' => out.push(char::from(*byte)),
            other => out.push_str(&format!("\\x{other:02x}")),
        }
    }
    out
}

/// Ports become names, and a client's port a star.
pub(super) fn text(text: &str, names: &[(u16, String)]) -> String {
    let mut out = text.to_owned();
    for (port, name) in names {
        out =
            out.replace(&format!("127.0.0.1:{port}"), name).replace(&format!(":{port}"), &format!(":{name}"));
    }
    let out = digits_behind(&out, "127.0.0.1:");
    let out = digits_behind(&out, "TCP4 127.0.0.1 127.0.0.1 ");
    let out = digits_behind(&out, "TCP4 127.0.0.1 127.0.0.1 * ");
    dates(&cookie_dates(&out))
}

/// The same for a message: the names of its fields in lower case, since HAProxy sends all names so, while they keep
/// their sender's case here.
pub(super) fn message_text(bytes: &[u8], names: &[(u16, String)]) -> String {
    let text = text(&shown(bytes), names);
    let mut lines: Vec<String> = text.split('\n').map(field).collect();
    let mut head = 0;
    for at in 0..lines.len() {
        if lines[at].starts_with("HTTP/1.") {
            head = at;
        }
        // Where `Connection` stands among the fields of a response says nothing.
        if lines[at].starts_with("connection: ") && lines[head].starts_with("HTTP/1.") {
            let line = lines.remove(at);
            lines.insert(head + 1, line);
        }
        // The built-in pages of errors have sentences of our own, of the same length.
        if lines[at].starts_with("<html><body><h1>") && at + 1 < lines.len() {
            lines[at + 1] = "[sentence]".to_owned();
        }
    }
    lines.join("\n")
}

fn field(line: &str) -> String {
    match line.split_once(':') {
        Some((name, value))
            if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) =>
        {
            format!("{}:{value}", name.to_ascii_lowercase())
        }
        _ => line.to_owned(),
    }
}

/// Log lines without their headers, one below the other.
pub(super) fn log(lines: &[String], names: &[(u16, String)]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| log_line(line, names)).collect();
    lines.join("\n")
}

/// Whether a log line is about an exchange rather than about the program's start.
pub(super) fn is_about_traffic(line: &str) -> bool {
    let first = message(line).split(' ').next().unwrap_or_default();
    !matches!(first, "Proxy" | "Stopping" | "Health" | "backend" | "Starting" | "Loading" | "New")
}

fn message(line: &str) -> &str {
    line.split_once("]: ").map_or(line, |(_, text)| text)
}

fn log_line(line: &str, names: &[(u16, String)]) -> String {
    let priority = line.split('>').next().unwrap_or_default();
    let line = text(&shown(message(line).trim_end_matches('\n').as_bytes()), names);
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    // The client, whatever address a rule gave it.
    if let Some((address, port)) = words[0].rsplit_once(':')
        && !port.is_empty()
        && port.bytes().all(|b| b.is_ascii_digit())
    {
        words[0] = format!("{address}:*");
    }
    let mut is_first = true;
    for at in 0..words.len() {
        let is_times = is_first && words[at].split('/').count() == 5;
        words[at] = counts(&words[at], &mut is_first);
        // HAProxy counts the bytes of its own representation of a head, and versions differ in what they count.
        if is_times && !is_first && at + 2 < words.len() {
            words[at + 2] = if words[at + 2].starts_with('+') { "+B" } else { "B" }.to_owned();
        }
    }
    mask_clf(&mut words);
    format!("{priority}> {}", words.join(" "))
}

/// In a line of `option httplog clf`: bytes, port, milliseconds, times and counts of clients.
fn mask_clf(words: &mut [String]) {
    let Some(at) = words.windows(2).position(|pair| pair[0] == "\"\"" && pair[1] == "\"\"") else { return };
    if at < 5 || words.get(1).is_none_or(|word| word != "-") {
        return;
    }
    let is_time = |place: usize| (at + 7..at + 12).contains(&place);
    for (place, word) in words.iter_mut().enumerate() {
        let is_masked =
            place == at - 1 || place == at + 2 || place == at + 3 || place == at + 13 || place == at + 14;
        if is_masked || (is_time(place) && *word != "-1") {
            *word = "*".to_owned();
        }
    }
}

/// The first word of three or five numbers is times, of which only -1 is kept; a further one of five is counts of
/// connections, of which the first two also count clients that have not gone yet.
fn counts(word: &str, is_first: &mut bool) -> String {
    let parts: Vec<&str> = word.split('/').collect();
    let is_number = |part: &&str| {
        part.trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit()) && !part.is_empty()
    };
    if !matches!(parts.len(), 3 | 5) || !parts.iter().all(is_number) {
        return word.to_owned();
    }
    let is_times = std::mem::replace(is_first, false);
    let masked = parts.iter().enumerate().map(|(place, part)| match *part {
        part if is_times && part.starts_with('+') => "+T",
        "-1" => "-1",
        _ if is_times => "T",
        _ if place < 2 => "*",
        part => part,
    });
    masked.collect::<Vec<_>>().join("/")
}

/// `[22/Nov/2026:14:00:00.123]` and its like become `[date]`.
fn dates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let inner = from[1..].split(']').next().unwrap_or_default();
        let is_date = inner.len() >= 20 && inner.as_bytes()[2] == b'/' && inner.as_bytes()[6] == b'/';
        if is_date {
            out.push_str("[date]");
            rest = &from[inner.len() + 2..];
        } else {
            out.push('[');
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    out
}

/// The dates in a persistence cookie that is set: five letters each, behind bars.
fn cookie_dates(text: &str) -> String {
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-');
    let lines = text.split('\n').map(|line| {
        if !line.to_ascii_lowercase().starts_with("set-cookie: ") {
            return line.to_owned();
        }
        let mut pieces = line.split('|');
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let len = piece.bytes().take_while(|b| is_digit(b)).count();
            out.push('|');
            out.push_str(if len == 5 { "DATE_" } else { &piece[..len] });
            out.push_str(&piece[len..]);
        }
        out
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn digits_behind(text: &str, prefix: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(prefix) {
        let (before, from) = rest.split_at(at + prefix.len());
        out.push_str(before);
        let len = from.bytes().take_while(u8::is_ascii_digit).count();
        if len > 0 {
            out.push('*');
        }
        rest = &from[len..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines() {
        let line = "<134>Nov 22 14:00:00 haproxy[77]: 127.0.0.1:4001 [22/Nov/2026:14:00:00.000] fe be/s1 0/0/0/1/12 200 67 - - ---- 2/1/0/0/0 0/0 \"GET / HTTP/1.1\"\n";
        let wanted =
            "<134> 127.0.0.1:* [date] fe be/s1 T/T/T/T/T 200 B - - ---- */*/0/0/0 0/0 \"GET / HTTP/1.1\"";
        assert_eq!(log(&[line.to_owned()], &[]), wanted);
        assert!(is_about_traffic(line) && !is_about_traffic("<133>x haproxy[1]: Proxy fe started."));
    }

    #[test]
    fn ports_and_bytes() {
        let names = [(8080, "@fe".to_owned())];
        assert_eq!(text("a 127.0.0.1:8080 b 127.0.0.1:5 h:8080", &names), "a @fe b 127.0.0.1:* h:@fe");
        assert_eq!(shown(b"a\r\nb\rc\x00"), "a\nb\\x0dc\\x00");
        assert_eq!(
            cookie_dates("Set-Cookie: S=s1|abcde|fghij; path=/"),
            "Set-Cookie: S=s1|DATE_|DATE_; path=/"
        );
    }
}
