//! Local time: the zone of `TZ` or `/etc/localtime`, read once, and the civil time of an instant in it.
//!
//! The zone is read when it is first needed; call [`load`] before `chroot`, because the file may be out of reach after
//! it. A zone that cannot be read is UTC. Nothing here allocates once the zone is loaded.

mod posix;
mod zone;

use crate::civil;
use std::cell::Cell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use zone::Zone;

/// The months' English abbreviations as logs write them, January first.
pub const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Seconds beyond which an instant is taken for the bound itself: some 30,000 years, so that nothing overflows.
const SECONDS_MAX: i64 = 1 << 40;

/// A civil time, in the process's zone or in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// Year of the Gregorian calendar.
    pub year: i32,
    /// 1..=12.
    pub month: u8,
    /// 1..=31.
    pub day: u8,
    /// 0..=23.
    pub hour: u8,
    /// 0..=59.
    pub minute: u8,
    /// 0..=59.
    pub second: u8,
    /// Minutes to add to UTC to get this time: positive east of Greenwich.
    pub offset_minutes: i16,
}

static ZONE: OnceLock<Zone> = OnceLock::new();

/// Loads the process's zone: `tz` is the value of the variable `TZ`, or `None` when it is not set. Only the first call,
/// or the first use of [`local`], has an effect.
pub fn load(tz: Option<&OsStr>) {
    ZONE.get_or_init(|| Zone::of_variable(tz.map(OsStrExt::as_bytes)));
}

fn zone() -> &'static Zone {
    ZONE.get_or_init(|| Zone::of_variable(std::env::var_os("TZ").as_deref().map(OsStrExt::as_bytes)))
}

/// The local time `seconds` after 1970-01-01 00:00 UTC. Each thread remembers its last answer, so asking again within
/// a second costs a comparison.
#[must_use]
pub fn local(seconds: i64) -> LocalTime {
    thread_local! {
        static LAST: Cell<Option<(i64, LocalTime)>> = const { Cell::new(None) };
    }
    if let Some((last_seconds, last)) = LAST.get()
        && last_seconds == seconds
    {
        return last;
    }
    let time = in_zone(zone(), seconds);
    LAST.set(Some((seconds, time)));
    time
}

/// The same in UTC.
#[must_use]
pub fn utc(seconds: i64) -> LocalTime {
    at_offset(seconds.clamp(-SECONDS_MAX, SECONDS_MAX), 0)
}

fn in_zone(zone: &Zone, seconds: i64) -> LocalTime {
    let seconds = seconds.clamp(-SECONDS_MAX, SECONDS_MAX);
    at_offset(seconds, zone.offset_seconds(seconds))
}

fn at_offset(seconds: i64, offset: i32) -> LocalTime {
    let shifted = seconds + i64::from(offset);
    let (year, month, day) = civil::date(shifted.div_euclid(86_400));
    let of_day = shifted.rem_euclid(86_400);
    let small = |n: i64| u8::try_from(n).unwrap_or(0);
    LocalTime {
        year: i32::try_from(year).unwrap_or(0),
        month,
        day,
        hour: small(of_day / 3600),
        minute: small(of_day / 60 % 60),
        second: small(of_day % 60),
        offset_minutes: i16::try_from(offset / 60).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(zone: &Zone, seconds: i64) -> String {
        let t = in_zone(zone, seconds);
        let LocalTime { year, month, day, hour, minute, second, offset_minutes } = t;
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} {offset_minutes:+}")
    }

    #[test]
    fn utc_is_the_plain_calendar() {
        let utc = Zone::of_variable(Some(b""));
        assert_eq!(show(&utc, 0), "1970-01-01 00:00:00 +0");
        assert_eq!(show(&utc, -1), "1969-12-31 23:59:59 +0");
        assert_eq!(show(&utc, 951_782_400), "2000-02-29 00:00:00 +0");
        let _ = (show(&utc, i64::MIN), show(&utc, i64::MAX));
    }

    #[test]
    fn paris_from_the_system_file() {
        if !std::path::Path::new("/usr/share/zoneinfo/Europe/Paris").exists() {
            return;
        }
        for name in [&b"Europe/Paris"[..], b":Europe/Paris", b"/usr/share/zoneinfo/Europe/Paris"] {
            let paris = Zone::of_variable(Some(name));
            assert_eq!(show(&paris, 1_774_745_999), "2026-03-29 01:59:59 +60");
            assert_eq!(show(&paris, 1_774_746_000), "2026-03-29 03:00:00 +120");
            assert_eq!(show(&paris, 1_792_889_999), "2026-10-25 02:59:59 +120");
            assert_eq!(show(&paris, 1_792_890_000), "2026-10-25 02:00:00 +60");
            // Past the file's table only the rule at its end knows the summers.
            assert_eq!(show(&paris, 4_086_979_200), "2099-07-06 02:00:00 +120");
            assert_eq!(show(&paris, -2_000_000_000), "1906-08-16 20:36:01 +9");
        }
    }

    #[test]
    fn the_last_second_is_remembered_and_replaced() {
        let first = local(1_000_000_000);
        assert_eq!(local(1_000_000_000), first);
        let next = local(1_000_000_001);
        assert_eq!((next.second, next.minute), ((first.second + 1) % 60, first.minute));
        assert_eq!(local(1_000_000_000), first);
    }
}
