//! Dates by a format, as the C library's `strftime` writes them in the `C` locale.
//!
//! The flags `-`, `_`, `0`, `^` and `#` and a width may stand behind the percent sign, as with the GNU C library; the
//! modifiers `E` and `O` have no effect in this locale.

use base::civil;
use base::localtime::{LocalTime, local, utc};

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A field is never made wider than this, whatever the format asks for.
const WIDTH_MAX: usize = 1024;

/// Which clock on the wall a date is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// The process's own.
    Local,
    /// Greenwich.
    Utc,
}

/// An instant as a calendar and a clock show it.
struct Moment {
    seconds: i64,
    zone: Zone,
    time: LocalTime,
    year: i64,
    /// 0 is Sunday.
    weekday: i64,
    /// 0 is January 1st.
    yearday: i64,
}

/// Formats the instant `seconds` after 1970.
pub(super) fn format(format: &[u8], seconds: i64, zone: Zone) -> Vec<u8> {
    let time = match zone {
        Zone::Local => local(seconds),
        Zone::Utc => utc(seconds),
    };
    let year = i64::from(time.year);
    let days = civil::days(year, i64::from(time.month), i64::from(time.day));
    let yearday = days - civil::days(year, 1, 1);
    let moment = Moment { seconds, zone, time, year, weekday: (days + 4).rem_euclid(7), yearday };
    let mut out = Vec::with_capacity(format.len() * 2);
    moment.push(&mut out, format);
    out
}

/// What stands between the percent sign and the conversion's letter.
#[derive(Default)]
struct Flags {
    pad: Option<u8>,
    is_upper: bool,
    is_swapped: bool,
    width: usize,
}

/// Reads flags, width and modifier; returns them with the letter and the number of bytes read.
fn conversion(text: &[u8]) -> Option<(Flags, u8, usize)> {
    let mut flags = Flags::default();
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'-' | b'_' | b'0' if flags.width == 0 => flags.pad = Some(*byte),
            b'^' => flags.is_upper = true,
            b'#' => flags.is_swapped = true,
            b'0'..=b'9' => flags.width = (flags.width * 10 + usize::from(byte - b'0')).min(WIDTH_MAX),
            b'E' | b'O' => {}
            _ => return Some((flags, *byte, at + 1)),
        }
    }
    None
}

impl Moment {
    fn push(&self, out: &mut Vec<u8>, format: &[u8]) {
        let mut rest = format;
        while let Some(percent) = memchr::memchr(b'%', rest) {
            out.extend_from_slice(&rest[..percent]);
            rest = &rest[percent..];
            match conversion(&rest[1..]) {
                Some((flags, letter, len)) => {
                    if !self.push_field(out, letter, &flags) {
                        out.extend_from_slice(&rest[..=len]);
                    }
                    rest = &rest[len + 1..];
                }
                None => break,
            }
        }
        out.extend_from_slice(rest);
    }

    /// Appends one conversion; `false` if there is none of that letter.
    fn push_field(&self, out: &mut Vec<u8>, letter: u8, flags: &Flags) -> bool {
        if let Some((number, width, pad)) = self.number(letter) {
            push_number(out, number, width, pad, flags);
        } else if let Some(text) = self.name(letter) {
            push_text(out, &text, letter, flags);
        } else if let Some(format) = self.composite(letter) {
            let mut text = Vec::new();
            self.push(&mut text, format);
            push_padded(out, &text, flags.width, if flags.pad == Some(b'0') { b'0' } else { b' ' }, flags);
        } else {
            return false;
        }
        true
    }

    /// Conversions that are numbers: value, usual width and usual padding.
    fn number(&self, letter: u8) -> Option<(i64, usize, u8)> {
        let time = &self.time;
        let twelve = |hour: u8| i64::from((hour + 11) % 12 + 1);
        Some(match letter {
            b'C' => (self.year.div_euclid(100), 2, b'0'),
            b'd' => (i64::from(time.day), 2, b'0'),
            b'e' => (i64::from(time.day), 2, b' '),
            b'g' => (self.iso_week().0.rem_euclid(100), 2, b'0'),
            b'G' => (self.iso_week().0, 4, b'0'),
            b'H' => (i64::from(time.hour), 2, b'0'),
            b'I' => (twelve(time.hour), 2, b'0'),
            b'j' => (self.yearday + 1, 3, b'0'),
            b'k' => (i64::from(time.hour), 2, b' '),
            b'l' => (twelve(time.hour), 2, b' '),
            b'm' => (i64::from(time.month), 2, b'0'),
            b'M' => (i64::from(time.minute), 2, b'0'),
            b's' => (self.seconds, 1, b'0'),
            b'S' => (i64::from(time.second), 2, b'0'),
            b'u' => ((self.weekday + 6) % 7 + 1, 1, b'0'),
            b'U' => ((self.yearday + 7 - self.weekday) / 7, 2, b'0'),
            b'V' => (self.iso_week().1, 2, b'0'),
            b'w' => (self.weekday, 1, b'0'),
            b'W' => ((self.yearday + 7 - (self.weekday + 6) % 7) / 7, 2, b'0'),
            b'y' => (self.year.rem_euclid(100), 2, b'0'),
            b'Y' => (self.year, 1, b'0'),
            _ => return None,
        })
    }

    /// Conversions that are words.
    fn name(&self, letter: u8) -> Option<String> {
        let weekday = usize::try_from(self.weekday).ok().and_then(|day| WEEKDAYS.get(day)).copied()?;
        let month = MONTHS.get(usize::from(self.time.month).saturating_sub(1)).copied()?;
        let half = if self.time.hour < 12 { "am" } else { "pm" };
        Some(match letter {
            b'a' => weekday[..3].to_owned(),
            b'A' => weekday.to_owned(),
            b'b' | b'h' => month[..3].to_owned(),
            b'B' => month.to_owned(),
            b'n' => "\n".to_owned(),
            b'p' => half.to_ascii_uppercase(),
            b'P' => half.to_owned(),
            b't' => "\t".to_owned(),
            b'z' => self.offset(),
            b'Z' if self.zone == Zone::Utc => "GMT".to_owned(),
            // The zone's own name is not kept; its offset is what nameless zones are called.
            b'Z' => self.offset(),
            b'%' => "%".to_owned(),
            _ => return None,
        })
    }

    fn offset(&self) -> String {
        let minutes = self.time.offset_minutes.unsigned_abs();
        let sign = if self.time.offset_minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }

    /// Conversions that stand for others.
    fn composite(&self, letter: u8) -> Option<&'static [u8]> {
        Some(match letter {
            b'c' => b"%a %b %e %H:%M:%S %Y",
            b'D' | b'x' => b"%m/%d/%y",
            b'F' => b"%Y-%m-%d",
            b'r' => b"%I:%M:%S %p",
            b'R' => b"%H:%M",
            b'T' | b'X' => b"%H:%M:%S",
            _ => return None,
        })
    }

    /// ISO 8601's year and week: weeks begin on Monday and belong to the year of their Thursday.
    fn iso_week(&self) -> (i64, i64) {
        let thursday = self.yearday - (self.weekday + 6) % 7 + 3;
        let length = |year: i64| 365 + i64::from(civil::is_leap(year));
        let (year, day) = if thursday < 0 {
            (self.year - 1, thursday + length(self.year - 1))
        } else if thursday >= length(self.year) {
            (self.year + 1, thursday - length(self.year))
        } else {
            (self.year, thursday)
        };
        (year, day / 7 + 1)
    }
}

fn push_number(out: &mut Vec<u8>, number: i64, width: usize, pad: u8, flags: &Flags) {
    let pad = match flags.pad {
        Some(b'_') => b' ',
        Some(other) => other,
        None => pad,
    };
    let width = if flags.width > 0 { flags.width } else { width };
    push_padded(out, number.to_string().as_bytes(), width, pad, flags);
}

fn push_text(out: &mut Vec<u8>, text: &str, letter: u8, flags: &Flags) {
    let swapped = match letter {
        b'p' | b'Z' => text.to_ascii_lowercase(),
        _ => text.to_ascii_uppercase(),
    };
    let text = if flags.is_swapped && letter != b'P' { swapped } else { text.to_owned() };
    push_padded(out, text.as_bytes(), flags.width, if flags.pad == Some(b'0') { b'0' } else { b' ' }, flags);
}

/// Appends `text`, on its left as many of `pad` as `width` wants; `-` for none.
fn push_padded(out: &mut Vec<u8>, text: &[u8], width: usize, pad: u8, flags: &Flags) {
    if pad != b'-' && flags.pad != Some(b'-') {
        out.extend(std::iter::repeat_n(pad, width.saturating_sub(text.len())));
    }
    let start = out.len();
    out.extend_from_slice(text);
    if flags.is_upper {
        out[start..].make_ascii_uppercase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc_text(form: &str, seconds: i64) -> String {
        String::from_utf8(format(form.as_bytes(), seconds, Zone::Utc)).unwrap()
    }

    #[test]
    fn every_conversion_of_one_instant() {
        // 2014-09-01 07:05:09 UTC, a Monday.
        let at = 1_409_555_109;
        for (form, expected) in [
            ("%a %A %b %B %h", "Mon Monday Sep September Sep"),
            ("%c", "Mon Sep  1 07:05:09 2014"),
            ("%C %d %D %e %F", "20 01 09/01/14  1 2014-09-01"),
            ("%H %I %j %k %l %m %M", "07 07 244  7  7 09 05"),
            ("%p %P %r %R %s %S %T", "AM am 07:05:09 AM 07:05 1409555109 09 07:05:09"),
            ("%u %U %V %w %W %x %X", "1 35 36 1 35 09/01/14 07:05:09"),
            ("%y %Y %z %Z %%", "14 2014 +0000 GMT %"),
            ("%-d %_d %5Y %^a %#Z %Ed", "1  1 02014 MON gmt 01"),
            ("%Q %", "%Q %"),
        ] {
            assert_eq!(utc_text(form, at), expected, "{form}");
        }
    }

    #[test]
    fn weeks_at_the_turn_of_the_year() {
        // 2016-01-01, a Friday; 2018-12-31, a Monday; 2020-12-31, a Thursday.
        assert_eq!(utc_text("%G-%V-%u %U %W", 1_451_606_400), "2015-53-5 00 00");
        assert_eq!(utc_text("%G-%V-%u %g", 1_546_214_400), "2019-01-1 19");
        assert_eq!(utc_text("%G-%V %U", 1_609_372_800), "2020-53 52");
    }

    #[test]
    fn before_1970() {
        assert_eq!(utc_text("%F %T %a", -1), "1969-12-31 23:59:59 Wed");
    }
}
