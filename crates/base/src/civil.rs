//! The proleptic Gregorian calendar: days since 1970-01-01 to year, month and day, and back.
//!
//! Years are counted from March, so that the leap day is the last day of its year.

/// Days in 400 years; the calendar repeats after them.
const ERA_DAYS: i64 = 146_097;
/// 1970-01-01, counted from 0000-03-01.
const EPOCH: i64 = 719_468;

/// Days from 1970-01-01 to the given day. `month` is 1..=12; a `day` outside its month counts on.
#[must_use]
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - EPOCH
}

/// The (year, month 1..=12, day 1..=31) that lies `days` after 1970-01-01.
#[must_use]
pub fn date(days: i64) -> (i64, u8, u8) {
    let shifted = days + EPOCH;
    let (era, day) = (shifted.div_euclid(ERA_DAYS), shifted.rem_euclid(ERA_DAYS));
    // Take the leap days of 4, 100 and 400 years out, and 365 divides what is left.
    let year_of_era = (day - day / 1460 + day / 36_524 - day / (ERA_DAYS - 1)) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day_of_month).unwrap_or(1))
}

/// Whether `year` has a 29th of February.
#[must_use]
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_thousand_years_goes_both_ways() {
        let (mut year, mut month, mut day) = (1500, 1, 1);
        for n in days(1500, 1, 1)..days(2500, 1, 1) {
            assert_eq!(date(n), (year, month, day));
            assert_eq!(days(year, i64::from(month), i64::from(day)), n);
            let length = match month {
                2 => 28 + u8::from(is_leap(year)),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!(days(1970, 1, 1), 0);
    }
}
