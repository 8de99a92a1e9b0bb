//! Dates as log lines write them: `26/Apr/2024:09:39:58`, with milliseconds or the zone behind it.
//!
//! Each thread keeps the last second's text, since a busy second has thousands of lines.

use std::cell::Cell;
use std::time::Duration;

use base::localtime::{LocalTime, MONTHS, local, utc};

/// `dd/Mon/yyyy:hh:mm:ss` and ` +hhmm`.
type Text = [u8; 26];
/// How much of [`Text`] comes before the zone.
const WITHOUT_ZONE: usize = 20;

#[derive(Clone, Copy)]
struct Cached {
    second: i64,
    text: Text,
}

thread_local! {
    static LOCAL: Cell<Option<Cached>> = const { Cell::new(None) };
}

fn seconds(wall: Duration) -> i64 {
    i64::try_from(wall.as_secs()).unwrap_or(i64::MAX)
}

/// Local time with milliseconds, as in `%t` and `%tr`; `wall` counts from 1970.
pub fn push_local_millis(out: &mut Vec<u8>, wall: Duration) {
    let mut text = local_text(seconds(wall));
    let millis = wall.subsec_millis();
    text[WITHOUT_ZONE] = b'.';
    text[WITHOUT_ZONE + 1] = digit(millis / 100);
    put(&mut text, WITHOUT_ZONE + 2, millis % 100);
    out.extend_from_slice(&text[..WITHOUT_ZONE + 4]);
}

/// Local time with its zone, as in `%Tl` and `%trl`; `wall` counts from 1970.
pub fn push_local(out: &mut Vec<u8>, wall: Duration) {
    out.extend_from_slice(&local_text(seconds(wall)));
}

/// UTC with its zone: `%T`, `%trg`.
pub(super) fn push_utc(out: &mut Vec<u8>, wall: Duration) {
    out.extend_from_slice(&text(utc(seconds(wall))));
}

fn local_text(second: i64) -> Text {
    if let Some(cached) = LOCAL.get()
        && cached.second == second
    {
        return cached.text;
    }
    let text = text(local(second));
    LOCAL.set(Some(Cached { second, text }));
    text
}

fn text(time: LocalTime) -> Text {
    let mut out = *b"00/Jan/0000:00:00:00 +0000";
    put(&mut out, 0, time.day);
    let month = usize::from(time.month).saturating_sub(1) % 12;
    out[3..6].copy_from_slice(MONTHS[month]);
    let year = u32::try_from(time.year).unwrap_or(0) % 10_000;
    put(&mut out, 7, year / 100);
    put(&mut out, 9, year % 100);
    put(&mut out, 12, time.hour);
    put(&mut out, 15, time.minute);
    put(&mut out, 18, time.second);
    if time.offset_minutes < 0 {
        out[21] = b'-';
    }
    let offset = time.offset_minutes.unsigned_abs();
    put(&mut out, 22, offset / 60);
    put(&mut out, 24, offset % 60);
    out
}

fn put(out: &mut Text, at: usize, n: impl Into<u32>) {
    let n = n.into();
    out[at] = digit(n / 10);
    out[at + 1] = digit(n);
}

/// The last decimal digit of `n`.
fn digit(n: u32) -> u8 {
    b'0' + u8::try_from(n % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(push: fn(&mut Vec<u8>, Duration), wall: Duration) -> String {
        let mut out = Vec::new();
        push(&mut out, wall);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn utc_dates() {
        assert_eq!(shown(push_utc, Duration::from_secs(1_714_117_271)), "26/Apr/2024:07:41:11 +0000");
        assert_eq!(shown(push_utc, Duration::ZERO), "01/Jan/1970:00:00:00 +0000");
    }

    #[test]
    fn zones_on_both_sides_of_greenwich() {
        let time = |offset_minutes| LocalTime { offset_minutes, ..utc(0) };
        assert_eq!(text(time(-570))[20..], *b" -0930");
        assert_eq!(text(time(345))[20..], *b" +0545");
    }

    #[test]
    fn milliseconds_follow_the_cached_second() {
        let first = shown(push_local_millis, Duration::from_millis(1_714_117_271_007));
        let second = shown(push_local_millis, Duration::from_millis(1_714_117_271_123));
        assert_eq!((&first[20..], &second[20..]), (".007", ".123"));
        assert_eq!(first[..20], second[..20]);
        assert!(shown(push_local, Duration::from_secs(1_714_117_271)).starts_with(&first[..20]));
    }
}
