//! `ca-ignore-err`, `crt-ignore-err`: sets of verification results (configuration manual, chapter 5.1).

use super::VerifyCode;

/// The largest number that can be ignored.
const NUMBER_MAX: u16 = 94;

/// A set of results (`ca-ignore-err`, `crt-ignore-err`): bit N of 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErrorSet(u128);

impl ErrorSet {
    /// Every result there is.
    pub const ALL: ErrorSet = ErrorSet(u128::MAX);

    /// Reads `all`, or a list with commas of numbers (1 to 94), names (`X509_V_ERR_CERT_HAS_EXPIRED`) and ranges of
    /// numbers (`9-12`).
    ///
    /// # Errors
    /// What is wrong, as text for a message; the keyword is not named.
    pub fn parse(list: &str) -> Result<ErrorSet, String> {
        match list {
            "" => return Err("missing error IDs list".to_owned()),
            "all" => return Ok(ErrorSet::ALL),
            _ => {}
        }
        let mut set = ErrorSet::default();
        for word in list.split(',').filter(|word| !word.is_empty()) {
            if !word.starts_with(|first: char| first.is_ascii_digit()) {
                let code = VerifyCode::named(word)
                    .ok_or_else(|| format!("error constant '{word}' unknown in error IDs list '{list}'"))?;
                set.insert(code);
                continue;
            }
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let (first, last) = (number(first, list)?, number(last, list)?);
            if first > last {
                return Err(format!("range '{word}' ends before it begins in error IDs list '{list}'"));
            }
            (first..=last).for_each(|number| set.insert(VerifyCode(number)));
        }
        Ok(set)
    }

    /// Adds a result.
    pub fn insert(&mut self, code: VerifyCode) {
        self.0 |= 1u128.checked_shl(u32::from(code.0)).unwrap_or(0);
    }

    /// Whether `code` is in it.
    #[must_use]
    pub fn contains(self, code: VerifyCode) -> bool {
        code.0 < 128 && self.0 & (1 << code.0) != 0
    }

    /// What is in either of them.
    #[must_use]
    pub fn union(self, other: ErrorSet) -> ErrorSet {
        ErrorSet(self.0 | other.0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A number of the list.
fn number(word: &str, list: &str) -> Result<u16, String> {
    let read = word.parse().ok().filter(|number| (1..=NUMBER_MAX).contains(number));
    read.ok_or_else(|| format!("ID '{word}' out of range (1..{NUMBER_MAX}) in error IDs list '{list}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_names_and_ranges_are_read() {
        let set = ErrorSet::parse("X509_V_ERR_CERT_REVOKED,,10,20-22").unwrap();
        let inside: Vec<u16> = (0..128).filter(|&number| set.contains(VerifyCode(number))).collect();
        assert_eq!(inside, [10, 20, 21, 22, 23]);
        assert!(ErrorSet::parse("all").unwrap().contains(VerifyCode(94)));
        assert!(!set.contains(VerifyCode(200)) && ErrorSet::default().is_empty());
    }

    #[test]
    fn what_is_no_result_is_refused() {
        for wrong in ["", "0", "95", "all,10", "CERT_REVOKED", "12-10", "10x", "1-95", "99999999999"] {
            assert!(ErrorSet::parse(wrong).is_err(), "{wrong}");
        }
    }
}
