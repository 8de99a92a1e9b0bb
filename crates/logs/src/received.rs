//! Syslog messages that others sent, taken apart so that they can be sent on under another header
//! (RFC 3164, section 4.1; RFC 5424, section 6; section `log-forward` of the manual).
//!
//! A header that is neither of the two forms is left in the message: only its priority is taken off, and a message
//! without a priority stays as it is.

use std::borrow::Cow;
use std::net::IpAddr;

use base::localtime::MONTHS;

use crate::syslog::{Format, Level};

/// The length of RFC 3164's date: `Jan  5 04:34:56`.
pub(crate) const LEGACY_DATE_BYTES: usize = 15;
/// The shortest date of RFC 5424: `2026-01-05T04:34:56Z`.
pub(crate) const ISO_DATE_BYTES_MIN: usize = 20;
/// The longest priority, without its brackets.
const PRIORITY_DIGITS_MAX: usize = 5;

/// A received message. Fields that it does not have are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received<'m> {
    /// The number between the angle brackets: facility times 8 and level.
    pub(crate) priority: Option<u32>,
    /// Its date, of either form; `-` where RFC 5424 says that there is none.
    pub(crate) date: &'m [u8],
    pub(crate) host: Cow<'m, [u8]>,
    pub(crate) tag: &'m [u8],
    pub(crate) pid: &'m [u8],
    pub(crate) message_id: &'m [u8],
    pub(crate) structured_data: &'m [u8],
    pub(crate) message: &'m [u8],
}

/// Whose name stands in the header of a message that is sent on (`option host`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HostPolicy {
    /// The sender's address.
    Replace,
    /// The one that the message names; without one the sender's address.
    #[default]
    Fill,
    /// The one that the message names, or none.
    Keep,
    /// The one that the message names, a comma, and the sender's address.
    Append,
}

impl<'m> Received<'m> {
    /// Takes a message apart.
    #[must_use]
    pub fn parse(line: &'m [u8]) -> Self {
        let Some((priority, rest)) = priority(line) else { return Received::unparsed(line) };
        let fields = match rest.strip_prefix(b"1 ") {
            Some(rest) => rfc5424(rest),
            None => rfc3164(rest),
        };
        let bare = Received { message: rest, ..Received::default() };
        Received { priority: Some(priority), ..fields.unwrap_or(bare) }
    }

    /// A message that is sent on as it is (`option dont-parse-log`).
    #[must_use]
    pub fn unparsed(line: &'m [u8]) -> Self {
        Received { message: line, ..Received::default() }
    }

    /// Settles the host's name; `source` is the sender's address, which UNIX sockets do not have.
    pub fn settle_host(&mut self, policy: HostPolicy, source: Option<IpAddr>) {
        let Some(source) = source else { return };
        // A client of an IPv6 socket that speaks IPv4 is known by its IPv4 address.
        let address = source.to_canonical().to_string().into_bytes();
        match policy {
            HostPolicy::Keep => {}
            HostPolicy::Fill if !self.host.is_empty() => {}
            HostPolicy::Append if !self.host.is_empty() => {
                let both = [&self.host[..], b",", &address].concat();
                self.host = Cow::Owned(both);
            }
            HostPolicy::Replace | HostPolicy::Fill | HostPolicy::Append => self.host = Cow::Owned(address),
        }
    }

    /// Its level, if it has a priority.
    pub(crate) fn level(&self) -> Option<Level> {
        let level = usize::try_from(self.priority? % 8).ok()?;
        Level::ALL.get(level).copied()
    }

    /// The format that says what it said.
    pub(crate) fn format(&self) -> Format {
        match self {
            Received { host, date, .. } if !host.is_empty() => {
                let is_new = *date == b"-" || date.len() >= ISO_DATE_BYTES_MIN;
                if is_new { Format::Rfc5424 } else { Format::Rfc3164 }
            }
            Received { tag, .. } if !tag.is_empty() => Format::Local,
            Received { priority: Some(_), .. } => Format::Priority,
            Received { .. } => Format::Raw,
        }
    }
}

/// `<134>` and what follows it.
fn priority(line: &[u8]) -> Option<(u32, &[u8])> {
    let rest = line.strip_prefix(b"<")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > PRIORITY_DIGITS_MAX || rest.get(digits) != Some(&b'>') {
        return None;
    }
    let number = rest[..digits].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    Some((number, &rest[digits + 1..]))
}

/// What stands behind `1 `: date, host, tag, process, message id, structured data, each with a space behind it.
fn rfc5424(rest: &[u8]) -> Option<Received<'_>> {
    let (date, rest) = iso_date(rest)?;
    let (host, rest) = field(rest)?;
    let (tag, rest) = field(rest)?;
    let (pid, rest) = field(rest)?;
    let (message_id, rest) = field(rest)?;
    let (structured_data, message) = structured_data(rest)?;
    let host = Cow::Borrowed(host);
    Some(Received { date, host, tag, pid, message_id, structured_data, message, ..Received::default() })
}

fn iso_date(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.starts_with(b"- ") {
        return Some((&text[..1], &text[2..]));
    }
    // Date and time of day; then a fraction that may be missing, and the zone.
    let mut end = 19;
    if text.get(end) == Some(&b'.') {
        end += 1;
        end += text[end..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    }
    end += match text.get(end)? {
        b'Z' => 1,
        b'+' | b'-' => 6,
        _ => return None,
    };
    (text.get(end) == Some(&b' ')).then(|| (&text[..end], &text[end + 1..]))
}

/// One word and what follows the space behind it; `-` means that there is none.
fn field(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b' ', text).filter(|end| *end > 0)?;
    let word = &text[..end];
    Some((if word == b"-" { b"" } else { word }, &text[end + 1..]))
}

/// Elements in brackets, in which spaces may stand and a bracket is escaped.
fn structured_data(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if !text.starts_with(b"[") {
        return text.strip_prefix(b"- ").map(|rest| (&b""[..], rest));
    }
    let mut is_inside = false;
    let mut before = 0;
    for (at, &byte) in text.iter().enumerate() {
        match (is_inside, byte) {
            (true, b']') if before != b'\\' => is_inside = false,
            (true, _) => {}
            (false, b'[') => is_inside = true,
            (false, b' ') => return Some((&text[..at], &text[at + 1..])),
            (false, _) => return None,
        }
        before = byte;
    }
    None
}

/// Date, host, and a tag that may be missing: `Jan  5 04:34:56 web1 haproxy[4321]: text`.
fn rfc3164(rest: &[u8]) -> Option<Received<'_>> {
    let (date, behind) = rest.split_at_checked(LEGACY_DATE_BYTES)?;
    month_of(date)?;
    let behind = behind.strip_prefix(b" ")?;
    let end = memchr::memchr(b' ', behind).filter(|end| *end > 0)?;
    let (host, message) = (Cow::Borrowed(&behind[..end]), &behind[end + 1..]);
    let (tag, pid, message) = tag_and_pid(message).unwrap_or((b"", b"", message));
    Some(Received { date, host, tag, pid, message, ..Received::default() })
}

/// `haproxy[4321]: ` or `haproxy: `, and what follows.
fn tag_and_pid(message: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let end = memchr::memchr2(b' ', b':', message)?;
    let rest = message[end..].strip_prefix(b": ")?;
    let word = &message[..end];
    match memchr::memchr(b'[', word) {
        None => Some((word, b"", rest)),
        Some(at) => Some((&word[..at], word[at + 1..].strip_suffix(b"]")?, rest)),
    }
}

/// The month, from 0, that a date of RFC 3164 begins with.
pub(crate) fn month_of(date: &[u8]) -> Option<usize> {
    MONTHS.iter().position(|month| date.starts_with(&month[..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc5424_in_full_and_with_nothing_in_it() {
        let line =
            b"<134>1 2026-01-05T04:34:56.123456+00:00 web1 app 42 ID7 [a@1 k=\"v \\] w\"][b] text of it";
        let expected = Received {
            priority: Some(134),
            date: b"2026-01-05T04:34:56.123456+00:00",
            host: Cow::Borrowed(b"web1"),
            tag: b"app",
            pid: b"42",
            message_id: b"ID7",
            structured_data: b"[a@1 k=\"v \\] w\"][b]",
            message: b"text of it",
        };
        assert_eq!(Received::parse(line), expected);
        assert_eq!((expected.format(), expected.level()), (Format::Rfc5424, Some(Level::Info)));
        let nothing = Received::parse(b"<14>1 - - - - - - ");
        assert_eq!(nothing, Received { priority: Some(14), date: b"-", ..Received::default() });
        assert_eq!(nothing.format(), Format::Priority);
    }

    #[test]
    fn dates_of_rfc5424() {
        for (text, len) in [("2026-01-05T04:34:56Z x", 20), ("2026-01-05T04:34:56-01:30 x", 25)] {
            assert_eq!(iso_date(text.as_bytes()).unwrap().0.len(), len);
        }
        for text in ["2026-01-05T04:34:56 x", "2026-01-05T04:34:56.x", "2026", "", "2026-01-05T04:34:56Z"] {
            assert_eq!(iso_date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn rfc3164_with_and_without_its_parts() {
        let parsed = Received::parse(b"<13>Jan  5 04:34:56 web1 app[42]: text: of it");
        assert_eq!((&parsed.host[..], parsed.tag, parsed.pid), (&b"web1"[..], &b"app"[..], &b"42"[..]));
        assert_eq!((parsed.date, parsed.message), (&b"Jan  5 04:34:56"[..], &b"text: of it"[..]));
        assert_eq!(parsed.format(), Format::Rfc3164);
        for (text, tag, message) in [
            ("<13>Jan  5 04:34:56 web1 app: text", "app", "text"),
            ("<13>Jan  5 04:34:56 web1 just text: it is", "", "just text: it is"),
            ("<13>Jan  5 04:34:56 web1 app[42: text", "", "app[42: text"),
            ("<13>Jan  5 04:34:56 web1 ", "", ""),
        ] {
            let parsed = Received::parse(text.as_bytes());
            assert_eq!((parsed.tag, parsed.message), (tag.as_bytes(), message.as_bytes()), "{text}");
            assert_eq!(&parsed.host[..], b"web1");
        }
    }

    #[test]
    fn what_is_neither_keeps_its_text() {
        for (text, priority, message) in [
            ("<13>hello", Some(13), "hello"),
            ("<13>Foo  5 04:34:56 web1 text", Some(13), "Foo  5 04:34:56 web1 text"),
            ("<13>1 no date", Some(13), "1 no date"),
            ("<13>1 - web1 app 42 ID7 [open", Some(13), "1 - web1 app 42 ID7 [open"),
            ("<13", None, "<13"),
            ("<1x>a", None, "<1x>a"),
            ("<123456>a", None, "<123456>a"),
            ("hello", None, "hello"),
            ("", None, ""),
        ] {
            let parsed = Received::parse(text.as_bytes());
            assert_eq!((parsed.priority, parsed.message), (priority, message.as_bytes()), "{text}");
            assert!(parsed.host.is_empty() && parsed.date.is_empty());
            assert_eq!(parsed.format(), if priority.is_some() { Format::Priority } else { Format::Raw });
        }
    }

    #[test]
    fn hosts_by_policy() {
        let source = Some("192.0.2.1".parse().unwrap());
        let host = |line: &'static [u8], policy, source| {
            let mut parsed = Received::parse(line);
            parsed.settle_host(policy, source);
            String::from_utf8(parsed.host.into_owned()).unwrap()
        };
        let named = b"<13>Jan  5 04:34:56 web1 text";
        let rows = [
            (HostPolicy::Replace, "192.0.2.1", "192.0.2.1"),
            (HostPolicy::Fill, "web1", "192.0.2.1"),
            (HostPolicy::Keep, "web1", ""),
            (HostPolicy::Append, "web1,192.0.2.1", "192.0.2.1"),
        ];
        for (policy, with, without) in rows {
            assert_eq!(host(named, policy, source), with);
            assert_eq!(host(b"<13>text", policy, source), without);
            assert_eq!(host(named, policy, None), "web1");
        }
        assert_eq!(host(b"<13>", HostPolicy::Fill, Some("::ffff:192.0.2.1".parse().unwrap())), "192.0.2.1");
    }

    proptest! {
        #[test]
        fn nothing_panics(line in prop::collection::vec(any::<u8>(), 0..200), start in 0usize..4) {
            let starts: [&[u8]; 4] = [b"", b"<13>1 2026-01-05T04:34:56Z h t p m [", b"<13>Jan  5 04:34:56 ", b"<13>1 - "];
            let line = [starts[start], &line].concat();
            prop_assert!(line.ends_with(Received::parse(&line).message));
        }
    }
}
