//! What stands in front of a message: the headers of the eight formats, byte for byte as HAProxy writes them
//! (manual, `log ... format`; RFC 3164, section 4.1; RFC 5424, section 6.2).
//!
//! Dates are formatted once a second and thread; only the microseconds are written anew.

use crate::syslog::{Facility, Format, Level};
use base::bytes::push_decimal;
use base::localtime::{self, LocalTime, MONTHS};
use std::cell::RefCell;
use std::time::Duration;

pub(crate) mod relayed;

/// Who logs: what the syslog formats say about the sender.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The host's name, present when `log-send-hostname` is set. Empty counts as absent.
    pub hostname: Option<&'a [u8]>,
    /// The tag, from `log-tag`. Without one `local` and `rfc3164` leave tag and process id away.
    pub tag: &'a [u8],
    /// The process id.
    pub pid: u32,
}

/// All that a header can show.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// Which fields it shows.
    pub format: Format,
    /// The facility of its priority.
    pub facility: Facility,
    /// The level of its priority.
    pub level: Level,
    /// The sender.
    pub origin: &'a Origin<'a>,
    /// RFC 5424 structured data; empty is written as `-`. Spaces at its end are left away.
    pub structured_data: &'a [u8],
}

impl Header<'_> {
    /// Appends the header to `out`, with `wall` (since 1970-01-01 UTC) as its date.
    pub fn push(&self, out: &mut Vec<u8>, wall: Duration) {
        let priority = (self.facility as u8) * 8 + self.level as u8;
        match self.format {
            Format::Raw => {}
            Format::Iso => push_iso_date(out, wall),
            Format::Priority => push_priority(out, priority),
            Format::Short => push_priority(out, self.level as u8),
            Format::Timed => {
                push_priority(out, self.level as u8);
                push_iso_date(out, wall);
            }
            Format::Local => {
                push_priority(out, priority);
                push_legacy_date(out, wall);
                self.push_tag_and_pid(out);
            }
            Format::Rfc3164 => {
                push_priority(out, priority);
                push_legacy_date(out, wall);
                push_field(out, self.origin.hostname.unwrap_or_default(), b"localhost");
                self.push_tag_and_pid(out);
            }
            Format::Rfc5424 => {
                push_priority(out, priority);
                out.extend_from_slice(b"1 ");
                push_iso_date(out, wall);
                self.push_rfc5424_fields(out);
            }
        }
    }

    fn push_tag_and_pid(&self, out: &mut Vec<u8>) {
        if self.origin.tag.is_empty() {
            return;
        }
        out.extend_from_slice(self.origin.tag);
        out.push(b'[');
        push_decimal(out, i64::from(self.origin.pid));
        out.extend_from_slice(b"]: ");
    }

    fn push_rfc5424_fields(&self, out: &mut Vec<u8>) {
        push_field(out, self.origin.hostname.unwrap_or_default(), b"-");
        push_field(out, self.origin.tag, b"-");
        push_decimal(out, i64::from(self.origin.pid));
        // Traffic logs have no message id.
        out.extend_from_slice(b" - ");
        let end = self.structured_data.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        push_field(out, &self.structured_data[..end], b"-");
    }
}

fn push_priority(out: &mut Vec<u8>, priority: u8) {
    push_priority_number(out, u32::from(priority));
}

fn push_priority_number(out: &mut Vec<u8>, priority: u32) {
    out.push(b'<');
    push_decimal(out, i64::from(priority));
    out.push(b'>');
}

fn push_field(out: &mut Vec<u8>, value: &[u8], absent: &[u8]) {
    out.extend_from_slice(if value.is_empty() { absent } else { value });
    out.push(b' ');
}

/// `Jan  1 00:00:00 `.
const LEGACY_BYTES: usize = 16;
/// `1970-01-01T00:00:00.000000+00:00 `.
const ISO_BYTES: usize = 33;

/// Both dates of one second.
struct Dates {
    second: u64,
    legacy: [u8; LEGACY_BYTES],
    /// With zeros for the microseconds.
    iso: [u8; ISO_BYTES],
}

thread_local! {
    static DATES: RefCell<Option<Dates>> = const { RefCell::new(None) };
}

/// Calls `with` with the dates of the second that `wall` lies in.
fn with_dates(wall: Duration, with: impl FnOnce(&Dates)) {
    let second = wall.as_secs();
    DATES.with_borrow_mut(|cached| match cached {
        Some(dates) if dates.second == second => with(dates),
        _ => with(cached.insert(Dates::at(second))),
    });
}

fn push_legacy_date(out: &mut Vec<u8>, wall: Duration) {
    with_dates(wall, |dates| out.extend_from_slice(&dates.legacy));
}

fn push_iso_date(out: &mut Vec<u8>, wall: Duration) {
    let start = out.len();
    with_dates(wall, |dates| out.extend_from_slice(&dates.iso));
    let micros = wall.subsec_micros();
    let [high, mid, low] = [micros / 10_000, micros / 100 % 100, micros % 100].map(low_byte);
    let digits: &mut [u8] = &mut out[start + 20..start + 26];
    put_two(digits, 0, high);
    put_two(digits, 2, mid);
    put_two(digits, 4, low);
}

impl Dates {
    fn at(second: u64) -> Dates {
        let local = localtime::local(i64::try_from(second).unwrap_or(i64::MAX));
        Dates { second, legacy: legacy_date(&local), iso: iso_date(&local) }
    }
}

fn legacy_date(t: &LocalTime) -> [u8; LEGACY_BYTES] {
    let mut out = *b"Jan  1 00:00:00 ";
    let month = usize::from(t.month).saturating_sub(1).min(11);
    out[..3].copy_from_slice(MONTHS[month]);
    put_two(&mut out, 4, t.day);
    if out[4] == b'0' {
        out[4] = b' ';
    }
    put_clock(&mut out, 7, t);
    out
}

fn iso_date(t: &LocalTime) -> [u8; ISO_BYTES] {
    let mut out = *b"0000-00-00T00:00:00.000000+00:00 ";
    let year = t.year.rem_euclid(10_000).unsigned_abs();
    put_two(&mut out, 0, low_byte(year / 100));
    put_two(&mut out, 2, low_byte(year % 100));
    put_two(&mut out, 5, t.month);
    put_two(&mut out, 8, t.day);
    put_clock(&mut out, 11, t);
    let offset = u32::from(t.offset_minutes.unsigned_abs());
    out[26] = if t.offset_minutes < 0 { b'-' } else { b'+' };
    put_two(&mut out, 27, low_byte(offset / 60 % 24));
    put_two(&mut out, 30, low_byte(offset % 60));
    out
}

/// `HH:MM:SS`, over the colons that are there.
fn put_clock(out: &mut [u8], at: usize, t: &LocalTime) {
    put_two(out, at, t.hour);
    put_two(out, at + 3, t.minute);
    put_two(out, at + 6, t.second);
}

fn put_two(out: &mut [u8], at: usize, value: u8) {
    out[at] = b'0' + value / 10 % 10;
    out[at + 1] = b'0' + value % 10;
}

fn low_byte(n: u32) -> u8 {
    n.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Duration = Duration::new(1_767_587_696, 123_456_789);

    fn header(format: Format, origin: &Origin<'_>, structured_data: &[u8]) -> String {
        localtime::load(Some(std::ffi::OsStr::new("UTC0")));
        let header =
            Header { format, facility: Facility::Local0, level: Level::Info, origin, structured_data };
        let mut out = Vec::new();
        header.push(&mut out, WALL);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_format_has_its_bytes() {
        let named = Origin { hostname: Some(b"web1"), tag: b"haproxy", pid: 4321 };
        let rows = [
            (Format::Local, "<134>Jan  5 04:34:56 haproxy[4321]: "),
            (Format::Rfc3164, "<134>Jan  5 04:34:56 web1 haproxy[4321]: "),
            (Format::Rfc5424, "<134>1 2026-01-05T04:34:56.123456+00:00 web1 haproxy 4321 - - "),
            (Format::Priority, "<134>"),
            (Format::Short, "<6>"),
            (Format::Timed, "<6>2026-01-05T04:34:56.123456+00:00 "),
            (Format::Iso, "2026-01-05T04:34:56.123456+00:00 "),
            (Format::Raw, ""),
        ];
        for (format, expected) in rows {
            assert_eq!(header(format, &named, b""), expected, "{format:?}");
        }
    }

    #[test]
    fn absent_fields_have_their_stand_ins() {
        let bare = Origin { hostname: None, tag: b"", pid: 7 };
        assert_eq!(header(Format::Local, &bare, b""), "<134>Jan  5 04:34:56 ");
        assert_eq!(header(Format::Rfc3164, &bare, b""), "<134>Jan  5 04:34:56 localhost ");
        let rfc5424 = header(Format::Rfc5424, &bare, b"[x@1 a=\"b\"]  ");
        assert_eq!(rfc5424, "<134>1 2026-01-05T04:34:56.123456+00:00 - - 7 - [x@1 a=\"b\"] ");
        assert!(header(Format::Rfc5424, &bare, b"   ").ends_with(" 7 - - "));
    }

    #[test]
    fn offsets_and_long_days_are_written() {
        let t = LocalTime {
            year: 2026,
            month: 12,
            day: 31,
            hour: 23,
            minute: 5,
            second: 59,
            offset_minutes: -570,
        };
        assert_eq!(&iso_date(&t), b"2026-12-31T23:05:59.000000-09:30 ");
        assert_eq!(&legacy_date(&t), b"Dec 31 23:05:59 ");
    }

    #[test]
    fn the_cached_date_follows_the_clock() {
        let origin = Origin { hostname: None, tag: b"t", pid: 1 };
        let first = header(Format::Iso, &origin, b"");
        let mut out = Vec::new();
        let header = Header {
            format: Format::Iso,
            facility: Facility::Kern,
            level: Level::Emerg,
            origin: &origin,
            structured_data: b"",
        };
        header.push(&mut out, WALL + Duration::from_millis(1000));
        assert_eq!(first, "2026-01-05T04:34:56.123456+00:00 ");
        assert_eq!(out, b"2026-01-05T04:34:57.123456+00:00 ");
    }
}
