//! Dates in fields (RFC 9110 section 5.6.7): written as IMF-fixdate, read in that and both obsolete forms.

const DAYS: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
const SECONDS_A_DAY: u64 = 86_400;

/// How long an IMF-fixdate is, in bytes.
pub const DATE_BYTES: usize = 29;

/// Writes the time `unix_seconds` after 1970 as `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// Years beyond 9999, which the form cannot hold, are written as the last second of 9999.
pub fn format(unix_seconds: u64) -> [u8; DATE_BYTES] {
    let seconds = unix_seconds.min(253_402_300_799);
    let (days, rest) = (seconds / SECONDS_A_DAY, seconds % SECONDS_A_DAY);
    let (year, month, day) = date_of_days(days);
    let mut out = *b"Thu, 00 Jan 0000 00:00:00 GMT";
    out[..3].copy_from_slice(DAYS[(days % 7) as usize]);
    put_digits(&mut out[5..7], day);
    out[8..11].copy_from_slice(MONTHS[((month + 11) % 12) as usize]);
    put_digits(&mut out[12..16], year);
    put_digits(&mut out[17..19], rest / 3600);
    put_digits(&mut out[20..22], rest / 60 % 60);
    put_digits(&mut out[23..25], rest % 60);
    out
}

fn put_digits(out: &mut [u8], number: u64) {
    let mut rest = number;
    for place in out.iter_mut().rev() {
        *place = b"0123456789"[(rest % 10) as usize];
        rest /= 10;
    }
}

/// Reads a date; answers seconds since 1970, negative before it.
///
/// Accepted are `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
/// Two-digit years from 70 up belong to the 20th century. The name of the day must be one, but is not checked
/// against the date.
pub fn parse(text: &[u8]) -> Option<i64> {
    match memchr::memchr(b',', text) {
        Some(3) if text.get(7) == Some(&b' ') => parse_imf(text),
        Some(comma) => parse_rfc850(text, comma),
        None => parse_asctime(text),
    }
}

fn parse_imf(text: &[u8]) -> Option<i64> {
    is_day(text.get(..3)?).then_some(())?;
    let rest = text.strip_suffix(b" GMT")?;
    let [b',', b' ', d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', time @ ..] = rest.get(3..)? else {
        return None;
    };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    seconds(year, month(&[*m1, *m2, *m3])?, number(&[*d1, *d2])?, time)
}

fn parse_rfc850(text: &[u8], comma: usize) -> Option<i64> {
    let name = text.get(..comma)?;
    is_long_day(name).then_some(())?;
    let rest = text.get(comma..)?.strip_suffix(b" GMT")?;
    let [b',', b' ', d1, d2, b'-', m1, m2, m3, b'-', y1, y2, b' ', time @ ..] = rest else { return None };
    let short = number(&[*y1, *y2])?;
    let year = if short >= 70 { 1900 + short } else { 2000 + short };
    seconds(year, month(&[*m1, *m2, *m3])?, number(&[*d1, *d2])?, time)
}

fn parse_asctime(text: &[u8]) -> Option<i64> {
    is_day(text.get(..3)?).then_some(())?;
    let [b' ', m1, m2, m3, b' ', d1, d2, b' ', time @ .., b' ', y1, y2, y3, y4] = text.get(3..)? else {
        return None;
    };
    let tens = if *d1 == b' ' { b'0' } else { *d1 };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    seconds(year, month(&[*m1, *m2, *m3])?, number(&[tens, *d2])?, time)
}

fn is_day(name: &[u8]) -> bool {
    DAYS.iter().any(|day| name == *day)
}

fn is_long_day(name: &[u8]) -> bool {
    [&b"Monday"[..], b"Tuesday", b"Wednesday", b"Thursday", b"Friday", b"Saturday", b"Sunday"].contains(&name)
}

fn month(name: &[u8; 3]) -> Option<i64> {
    let index = MONTHS.iter().position(|month| *month == name)?;
    i64::try_from(index + 1).ok()
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

/// Puts the parts together; `time` is `hh:mm:ss`. A 60th second is a leap second.
fn seconds(year: i64, month: i64, day: i64, time: &[u8]) -> Option<i64> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = time else { return None };
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
    let in_range = hour < 24 && minute < 60 && second <= 60 && day >= 1 && day <= days_in(year, month);
    in_range.then(|| days_of_date(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01; years are counted from March, so that the leap day is the last one.
fn days_of_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The reverse of `days_of_date`, for days from 1970 on: year, month, day.
fn date_of_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_forms_of_one_date() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(parse(text.as_bytes()), Some(784_111_777), "{text}");
        }
        assert_eq!(&format(784_111_777), b"Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn known_days() {
        assert_eq!(&format(0), b"Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(&format(951_782_400), b"Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(&format(u64::MAX), b"Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(parse(b"Wed, 31 Dec 1969 23:59:59 GMT"), Some(-1));
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            ",",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Xyz, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sunday, 06 Nov 1994 08:49:37 GMT",
            "Sun Nov  6 08:49:37 94",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0u64..=253_402_300_799) {
            prop_assert_eq!(parse(&format(seconds)), i64::try_from(seconds).ok());
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&text);
        }
    }
}
