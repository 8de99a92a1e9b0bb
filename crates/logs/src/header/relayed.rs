//! The header of a message that somebody else sent: its own fields in the target's format, with dates turned from one
//! form into the other (section `log-forward` of the manual).

use std::time::Duration;

use base::bytes::push_decimal;
use base::localtime::{self, MONTHS};

use super::{push_field, push_iso_date, push_legacy_date, push_priority_number};
use crate::received::{ISO_DATE_BYTES_MIN, LEGACY_DATE_BYTES, Received, month_of};
use crate::syslog::Format;

/// Appends the header of `received` in `format`. `wall` dates messages that have no date of their own.
pub(crate) fn push(
    out: &mut Vec<u8>,
    format: Format,
    priority: u32,
    received: &Received<'_>,
    wall: Duration,
) {
    match format {
        Format::Raw => {}
        Format::Priority => push_priority_number(out, priority),
        Format::Short => push_priority_number(out, priority % 8),
        Format::Iso => push_date_iso(out, received, wall),
        Format::Timed => {
            push_priority_number(out, priority % 8);
            push_date_iso(out, received, wall);
        }
        Format::Local => {
            push_priority_number(out, priority);
            push_date_legacy(out, received, wall);
            push_tag_and_pid(out, received);
        }
        Format::Rfc3164 => {
            push_priority_number(out, priority);
            push_date_legacy(out, received, wall);
            push_field(out, &received.host, b"localhost");
            push_tag_and_pid(out, received);
        }
        Format::Rfc5424 => {
            push_priority_number(out, priority);
            out.extend_from_slice(b"1 ");
            push_date_rfc5424(out, received, wall);
            let Received { tag, pid, message_id, structured_data, .. } = received;
            for field in [&received.host, *tag, *pid, *message_id, *structured_data] {
                push_field(out, field, b"-");
            }
        }
    }
}

fn push_tag_and_pid(out: &mut Vec<u8>, received: &Received<'_>) {
    if received.tag.is_empty() {
        return;
    }
    out.extend_from_slice(received.tag);
    if !received.pid.is_empty() {
        out.push(b'[');
        out.extend_from_slice(received.pid);
        out.push(b']');
    }
    out.extend_from_slice(b": ");
}

/// A message may say that it has no date.
fn push_date_rfc5424(out: &mut Vec<u8>, received: &Received<'_>, wall: Duration) {
    if received.date == b"-" {
        out.extend_from_slice(b"- ");
    } else {
        push_date_iso(out, received, wall);
    }
}

fn push_date_iso(out: &mut Vec<u8>, received: &Received<'_>, wall: Duration) {
    let date = received.date;
    if date.len() >= ISO_DATE_BYTES_MIN {
        out.extend_from_slice(date);
        out.push(b' ');
    } else if date.len() != LEGACY_DATE_BYTES || !push_iso_of_legacy(out, date, wall) {
        push_iso_date(out, wall);
    }
}

/// `Jan  5 04:34:56` in RFC 5424's form. The year is not said: the last in which that month has begun; nor is the zone.
fn push_iso_of_legacy(out: &mut Vec<u8>, date: &[u8], wall: Duration) -> bool {
    let Some(month) = month_of(date).and_then(|month| i64::try_from(month).ok()) else { return false };
    let now = localtime::local(i64::try_from(wall.as_secs()).unwrap_or(i64::MAX));
    let year = i64::from(now.year) - i64::from(i64::from(now.month) < month + 1);
    push_decimal(out, year);
    out.extend_from_slice(if month + 1 < 10 { b"-0" } else { b"-" });
    push_decimal(out, month + 1);
    out.extend_from_slice(&[b'-', if date[4] == b' ' { b'0' } else { date[4] }, date[5], b'T']);
    out.extend_from_slice(&date[7..]);
    out.extend_from_slice(b"-00:00 ");
    true
}

fn push_date_legacy(out: &mut Vec<u8>, received: &Received<'_>, wall: Duration) {
    let date = received.date;
    if date.len() == LEGACY_DATE_BYTES {
        out.extend_from_slice(date);
        out.push(b' ');
    } else if date.len() < ISO_DATE_BYTES_MIN || !push_legacy_of_iso(out, date) {
        push_legacy_date(out, wall);
    }
}

/// `2026-01-05T04:34:56...` in RFC 3164's form, in whatever zone it stands.
fn push_legacy_of_iso(out: &mut Vec<u8>, date: &[u8]) -> bool {
    let digit = |at: usize| date[at].is_ascii_digit().then(|| usize::from(date[at] - b'0'));
    let month = digit(5).zip(digit(6)).and_then(|(tens, ones)| (tens * 10 + ones).checked_sub(1));
    let Some(name) = month.and_then(|month| MONTHS.get(month)) else { return false };
    out.extend_from_slice(*name);
    out.extend_from_slice(&[b' ', if date[8] == b'0' { b' ' } else { date[8] }, date[9], b' ']);
    out.extend_from_slice(&date[11..19]);
    out.push(b' ');
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Duration = Duration::new(1_767_587_696, 123_456_789);

    fn header(format: Format, line: &[u8]) -> String {
        localtime::load(Some(std::ffi::OsStr::new("UTC0")));
        let received = Received::parse(line);
        let mut out = Vec::new();
        push(&mut out, format, received.priority.unwrap_or(0), &received, WALL);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn old_headers_in_each_format() {
        let line = b"<134>Dec  5 04:34:56 web1 app[42]: text";
        let rows = [
            (Format::Local, "<134>Dec  5 04:34:56 app[42]: "),
            (Format::Rfc3164, "<134>Dec  5 04:34:56 web1 app[42]: "),
            // It is January.
            (Format::Rfc5424, "<134>1 2025-12-05T04:34:56-00:00 web1 app 42 - - "),
            (Format::Priority, "<134>"),
            (Format::Short, "<6>"),
            (Format::Timed, "<6>2025-12-05T04:34:56-00:00 "),
            (Format::Iso, "2025-12-05T04:34:56-00:00 "),
            (Format::Raw, ""),
        ];
        for (format, expected) in rows {
            assert_eq!(header(format, line), expected, "{format:?}");
        }
        assert!(header(Format::Iso, b"<1>Jan 15 04:34:56 h t").starts_with("2026-01-15T"));
    }

    #[test]
    fn new_headers_in_each_format() {
        let line = b"<134>1 2026-02-05T04:34:56.9Z web1 app 42 ID [a] text";
        let rows = [
            (Format::Local, "<134>Feb  5 04:34:56 app[42]: "),
            (Format::Rfc3164, "<134>Feb  5 04:34:56 web1 app[42]: "),
            (Format::Rfc5424, "<134>1 2026-02-05T04:34:56.9Z web1 app 42 ID [a] "),
            (Format::Timed, "<6>2026-02-05T04:34:56.9Z "),
        ];
        for (format, expected) in rows {
            assert_eq!(header(format, line), expected, "{format:?}");
        }
    }

    #[test]
    fn what_is_missing_is_filled_in() {
        assert_eq!(header(Format::Rfc3164, b"<13>text"), "<13>Jan  5 04:34:56 localhost ");
        assert_eq!(header(Format::Rfc5424, b"<13>text"), "<13>1 2026-01-05T04:34:56.123456+00:00 - - - - - ");
        assert_eq!(header(Format::Rfc5424, b"<13>1 - - - - - - text"), "<13>1 - - - - - - ");
        assert_eq!(header(Format::Iso, b"<13>1 - - - - - - text"), "2026-01-05T04:34:56.123456+00:00 ");
        // A month that does not exist.
        let odd = b"<13>1 2026-13-05T04:34:56Z h - - - - text";
        assert_eq!(header(Format::Rfc3164, odd), "<13>Jan  5 04:34:56 h ");
    }
}
