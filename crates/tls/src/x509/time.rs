//! Dates in certificates (RFC 5280 section 4.1.2.5): as they stand there, and as seconds.

use super::der::{self, Tlv};

/// A date as it stands in a certificate or a revocation list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time<'a> {
    tag: u8,
    text: &'a [u8],
}

impl<'a> Time<'a> {
    /// What `tlv` says, if it is a date at all; its digits may still be wrong.
    pub(crate) fn new(tlv: Tlv<'a>) -> Option<Time<'a>> {
        matches!(tlv.tag, der::UTC_TIME | der::GENERALIZED_TIME)
            .then_some(Time { tag: tlv.tag, text: tlv.value })
    }

    /// `YYMMDDhhmmssZ`, as `ssl_c_notbefore` gives it; of four digits of the year the first two, which must be 20, are
    /// left out. `None` for other centuries.
    #[must_use]
    pub fn short(self) -> Option<&'a str> {
        let text = match self.tag {
            der::GENERALIZED_TIME if self.text.len() >= 12 => self.text.strip_prefix(b"20")?,
            der::UTC_TIME if self.text.len() >= 10 && self.text[0] < b'5' => self.text,
            _ => return None,
        };
        std::str::from_utf8(text).ok()
    }

    /// Seconds since 1970; `None` if it is not written as RFC 5280 wants it (`YYMMDDhhmmssZ`, `YYYYMMDDhhmmssZ`).
    #[must_use]
    pub fn unix(self) -> Option<i64> {
        let digits = self.text.strip_suffix(b"Z")?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let (year, rest) = match (self.tag, digits.len()) {
            (der::UTC_TIME, 12) => {
                let year = number(&digits[..2]);
                (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
            }
            (der::GENERALIZED_TIME, 14) => (number(&digits[..4]), &digits[4..]),
            _ => return None,
        };
        let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|at| number(&rest[at..at + 2]));
        let last = match month {
            2 => 28 + i64::from(base::civil::is_leap(year)),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if day < 1 || day > last || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(base::civil::days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
    }

    /// `Apr 28 18:59:42 2020 GMT`, as OpenSSL prints dates; `None` where [`Time::unix`] is.
    #[must_use]
    pub fn long(self) -> Option<String> {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let seconds = self.unix()?;
        let (year, month, day) = base::civil::date(seconds.div_euclid(86_400));
        let second = seconds.rem_euclid(86_400);
        let month = MONTHS[usize::from(month.clamp(1, 12)) - 1];
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        Some(format!("{month} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT"))
    }
}

/// The number that these digits are.
fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum, &digit| sum * 10 + i64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Time<'_> {
        Time { tag: der::UTC_TIME, text: text.as_bytes() }
    }

    fn general(text: &str) -> Time<'_> {
        Time { tag: der::GENERALIZED_TIME, text: text.as_bytes() }
    }

    #[test]
    fn dates_are_shown_as_haproxy_does() {
        assert_eq!(utc("200428185942Z").short(), Some("200428185942Z"));
        assert_eq!(general("20500421185942Z").short(), Some("500421185942Z"));
        assert_eq!(utc("991231235959Z").short(), None);
        assert_eq!(general("19991231235959Z").short(), None);
        assert_eq!(utc("200428185942Z").long().as_deref(), Some("Apr 28 18:59:42 2020 GMT"));
        assert_eq!(utc("200401000000Z").long().as_deref(), Some("Apr  1 00:00:00 2020 GMT"));
    }

    #[test]
    fn dates_become_seconds_only_as_rfc_5280_writes_them() {
        assert_eq!(utc("700101000000Z").unix(), Some(0));
        assert_eq!(utc("200428185942Z").unix(), Some(1_588_100_382));
        assert_eq!(general("20500421185942Z").unix(), Some(2_534_180_382));
        assert_eq!(utc("240229000000Z").unix(), Some(1_709_164_800));
        let wrong =
            ["2004281859Z", "200428185942+0000", "200432185942Z", "201328185942Z", "230229000000Z", "Z", ""];
        for wrong in wrong {
            assert_eq!(utc(wrong).unix(), None, "{wrong}");
        }
        assert_eq!(general("200428185942Z").unix(), None);
    }
}
