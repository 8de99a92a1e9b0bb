//! The POSIX notation of a time zone, `CET-1CEST,M3.5.0,M10.5.0/3`: `TZ` itself, or the last line of a TZif file
//! (RFC 9636, section 3.3; there hours go from -167 to 167).

use crate::civil;

/// A zone of one offset, or of two that take turns every year. Offsets are seconds east of Greenwich.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule {
    standard: i32,
    summer: Option<Summer>,
}

#[derive(Debug, PartialEq, Eq)]
struct Summer {
    offset: i32,
    start: Edge,
    end: Edge,
}

/// A moment of every year in the local time that ends there.
#[derive(Debug, PartialEq, Eq)]
struct Edge {
    day: Day,
    seconds: i32,
}

#[derive(Debug, PartialEq, Eq)]
enum Day {
    /// `Jn`: day 1..=365, the 29th of February is never counted.
    Julian(i64),
    /// `n`: day 0..=365 with leap days.
    Ordinal(i64),
    /// `Mm.w.d`: weekday `d` (0 is Sunday) in week `w` of month `m`; week 5 is the last.
    Weekday { month: i64, week: i64, weekday: i64 },
}

impl Rule {
    /// A zone that never changes.
    pub(super) const fn fixed(offset: i32) -> Rule {
        Rule { standard: offset, summer: None }
    }

    /// Parses the whole of `text`; `None` if it is not a zone.
    pub(super) fn parse(text: &[u8]) -> Option<Rule> {
        let mut text = Text(text);
        text.name()?;
        let standard = -text.clock_time(24)?;
        if text.0.is_empty() {
            return Some(Rule::fixed(standard));
        }
        text.name()?;
        let offset = if matches!(text.0.first(), None | Some(b',')) {
            standard + 3600
        } else {
            -text.clock_time(24)?
        };
        // Without dates POSIX leaves them to the implementation; the C library takes the rule of the United States.
        let mut dates = if text.0.is_empty() { Text(b",M3.2.0,M11.1.0") } else { text };
        let start = dates.edge()?;
        let end = dates.edge()?;
        dates.0.is_empty().then_some(Rule { standard, summer: Some(Summer { offset, start, end }) })
    }

    /// Seconds to add to UTC at this instant.
    pub(super) fn offset_seconds(&self, seconds: i64) -> i32 {
        let Some(summer) = &self.summer else {
            return self.standard;
        };
        // Bounded, so that the year and its days stay far from overflowing.
        let seconds = seconds.clamp(-(1 << 50), 1 << 50);
        let (year, _, _) = civil::date((seconds + i64::from(self.standard)).div_euclid(86_400));
        let start = summer.start.seconds_in(year) - i64::from(self.standard);
        let end = summer.end.seconds_in(year) - i64::from(summer.offset);
        let is_summer =
            if start < end { (start..end).contains(&seconds) } else { !(end..start).contains(&seconds) };
        if is_summer { summer.offset } else { self.standard }
    }
}

impl Edge {
    /// The moment in `year`, in seconds of local time since 1970-01-01.
    fn seconds_in(&self, year: i64) -> i64 {
        let new_year = civil::days(year, 1, 1);
        let day = match self.day {
            Day::Ordinal(day) => new_year + day,
            Day::Julian(day) => new_year + day - 1 + i64::from(civil::is_leap(year) && day > 59),
            Day::Weekday { month, week, weekday } => {
                let first = civil::days(year, month, 1);
                // 1970-01-01 was a Thursday.
                let to_weekday = (weekday - (first + 4)).rem_euclid(7);
                let day = first + to_weekday + (week - 1) * 7;
                let next_month =
                    if month == 12 { civil::days(year + 1, 1, 1) } else { civil::days(year, month + 1, 1) };
                if day < next_month { day } else { day - 7 }
            }
        };
        day * 86_400 + i64::from(self.seconds)
    }
}

/// What is left of the text.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    fn eat(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// A name: three letters or more, or anything between angle brackets.
    fn name(&mut self) -> Option<()> {
        let length = if self.0.first() == Some(&b'<') {
            self.0.iter().position(|byte| *byte == b'>')? + 1
        } else {
            self.0.iter().take_while(|byte| byte.is_ascii_alphabetic()).count()
        };
        self.0 = self.0.get(length..).filter(|_| length >= 3)?;
        Some(())
    }

    /// A decimal number of at most three digits within `low..=high`.
    fn number(&mut self, low: i64, high: i64) -> Option<i64> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 3 {
            return None;
        }
        let (front, rest) = self.0.split_at(digits);
        self.0 = rest;
        let value = front.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
        (low..=high).contains(&value).then_some(value)
    }

    /// `[+-]hh[:mm[:ss]]` as seconds, with hours up to `hours_max`.
    fn clock_time(&mut self, hours_max: i64) -> Option<i32> {
        let is_negative = self.eat(b'-').is_some();
        if !is_negative {
            let _ = self.eat(b'+');
        }
        let mut seconds = self.number(0, hours_max)? * 3600;
        for unit in [60, 1] {
            if self.eat(b':').is_none() {
                break;
            }
            seconds += self.number(0, 59)? * unit;
        }
        i32::try_from(if is_negative { -seconds } else { seconds }).ok()
    }

    /// `,date[/time]`.
    fn edge(&mut self) -> Option<Edge> {
        self.eat(b',')?;
        let day = if self.eat(b'J').is_some() {
            Day::Julian(self.number(1, 365)?)
        } else if self.eat(b'M').is_some() {
            let month = self.number(1, 12)?;
            self.eat(b'.')?;
            let week = self.number(1, 5)?;
            self.eat(b'.')?;
            Day::Weekday { month, week, weekday: self.number(0, 6)? }
        } else {
            Day::Ordinal(self.number(0, 365)?)
        };
        let seconds = if self.eat(b'/').is_some() { self.clock_time(167)? } else { 2 * 3600 };
        Some(Edge { day, seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(zone: &str, seconds: i64) -> i32 {
        Rule::parse(zone.as_bytes()).unwrap().offset_seconds(seconds)
    }

    #[test]
    fn fixed_zones() {
        assert_eq!(offset("UTC0", 0), 0);
        assert_eq!(offset("EST5", 0), -18_000);
        assert_eq!(offset("<+0545>-5:45", 0), 20_700);
        assert_eq!(offset("AAA+1:02:03", 0), -3723);
    }

    #[test]
    fn summers_of_both_hemispheres() {
        let paris = "CET-1CEST,M3.5.0,M10.5.0/3";
        assert_eq!(offset(paris, 1_774_745_999), 3600);
        assert_eq!(offset(paris, 1_774_746_000), 7200);
        assert_eq!(offset(paris, 1_792_889_999), 7200);
        assert_eq!(offset(paris, 1_792_890_000), 3600);
        // Sydney: summer begins on 2026-10-03 16:00 UTC and ends on 2026-04-04 16:00 UTC.
        let sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
        assert_eq!(offset(sydney, 1_775_318_399), 39_600);
        assert_eq!(offset(sydney, 1_775_318_400), 36_000);
        assert_eq!(offset(sydney, 1_791_043_199), 36_000);
        assert_eq!(offset(sydney, 1_791_043_200), 39_600);
        // New York without dates: 2026-03-08 07:00 UTC.
        assert_eq!(offset("EST5EDT", 1_772_953_199), -18_000);
        assert_eq!(offset("EST5EDT", 1_772_953_200), -14_400);
    }

    #[test]
    fn days_are_counted_as_written() {
        let at = |day: Day, year| (Edge { day, seconds: 0 }).seconds_in(year) / 86_400;
        assert_eq!(at(Day::Julian(60), 2024), civil::days(2024, 3, 1));
        assert_eq!(at(Day::Julian(60), 2023), civil::days(2023, 3, 1));
        assert_eq!(at(Day::Ordinal(59), 2024), civil::days(2024, 2, 29));
        assert_eq!(at(Day::Weekday { month: 12, week: 5, weekday: 4 }, 2026), civil::days(2026, 12, 31));
    }

    #[test]
    fn negative_and_large_hours() {
        // Greenland in 2024 and later: the day before the last Sunday of March at 22:00.
        assert_eq!(offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1_774_745_999), -7200);
        assert_eq!(offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1_774_746_000), -3600);
        assert!(Rule::parse(b"IST-2IDT,M3.4.4/26,M10.5.0").is_some());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "E", "EST", "EST5EDT,", "EST5EDT,M3.2.0", "EST25", "EST5EDT,M13.1.0,M1.1.0", "<EST", "EST5x"]
        {
            assert_eq!(Rule::parse(text.as_bytes()), None, "{text}");
        }
        for seconds in [i64::MIN, i64::MAX] {
            let _ = offset("EST5EDT", seconds);
        }
    }
}
