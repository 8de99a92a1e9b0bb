//! What is sent beside a certificate: OCSP answers (RFC 6960) and lists of certificate timestamps (RFC 6962).

use base::civil;

use super::certificate::Certificate;
use super::der::{Der, ENUMERATED, INTEGER, OCTETS, OID, SEQUENCE, TIME, context};

/// Checks that an OCSP answer can be stapled: that it is one, for this certificate, and not out of date at `now`
/// (seconds since 1970). Its signature is for clients to check.
pub(crate) fn check_ocsp(answer: &[u8], own: &Certificate<'_>, now: i64) -> Result<(), Box<str>> {
    let status = Der::new(answer).enter(SEQUENCE).and_then(|mut answer| answer.take(ENUMERATED));
    match status {
        Some([0]) => {}
        Some(_) => return Err("is an OCSP answer that tells of an error".into()),
        None => return Err("is no OCSP answer".into()),
    }
    let single = first_answer(answer).ok_or("is no OCSP answer")?;
    if significant(single.serial) != significant(own.serial()) {
        return Err("is an OCSP answer for another certificate".into());
    }
    match single.next_update {
        Some(end) if time(end).is_none_or(|end| end < now) => {
            Err("is an OCSP answer that is out of date".into())
        }
        Some(_) | None => Ok(()),
    }
}

/// The first certificate that an answer is about.
struct Single<'a> {
    serial: &'a [u8],
    next_update: Option<&'a [u8]>,
}

fn first_answer(answer: &[u8]) -> Option<Single<'_>> {
    let mut answer = Der::new(answer).enter(SEQUENCE)?;
    answer.take(ENUMERATED)?;
    let mut bytes = answer.enter(context(0))?.enter(SEQUENCE)?;
    bytes.take(OID)?;
    let mut data = Der::new(bytes.take(OCTETS)?).enter(SEQUENCE)?.enter(SEQUENCE)?;
    data.take(context(0)); // The version, which is rarely there.
    data.any()?; // Who answers.
    data.take(TIME)?;
    let mut single = data.enter(SEQUENCE)?.enter(SEQUENCE)?;
    let mut id = single.enter(SEQUENCE)?;
    id.take(SEQUENCE)?;
    id.take(OCTETS)?;
    id.take(OCTETS)?;
    let serial = id.take(INTEGER)?;
    single.any()?; // Good, revoked or unknown: the client's matter.
    single.take(TIME)?;
    let next_update = match single.enter(context(0)) {
        Some(mut next) => Some(next.take(TIME)?),
        None => None,
    };
    Some(Single { serial, next_update })
}

/// A number without zeroes before it.
fn significant(number: &[u8]) -> &[u8] {
    let zeroes = number.iter().take_while(|&&byte| byte == 0).count();
    &number[zeroes..]
}

/// `20261130235959Z` in seconds since 1970.
fn time(text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    let number = |from: usize, bytes: usize| -> Option<i64> {
        std::str::from_utf8(digits.get(from..from + bytes)?).ok()?.parse().ok()
    };
    let days = civil::days(number(0, 4)?, number(4, 2)?, number(6, 2)?);
    Some(((days * 24 + number(8, 2)?) * 60 + number(10, 2)?) * 60 + number(12, 2)?)
}

/// Checks that bytes are a list of signed certificate timestamps (RFC 6962 section 3.3).
pub(crate) fn check_sctl(list: &[u8]) -> Result<(), Box<str>> {
    let bad = || Box::from("is no list of signed certificate timestamps");
    let mut rest = counted(list).filter(|(_, rest)| rest.is_empty()).map(|(list, _)| list).ok_or_else(bad)?;
    while !rest.is_empty() {
        (_, rest) = counted(rest).ok_or_else(bad)?;
    }
    Ok(())
}

/// What two bytes of length announce, and what follows it.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_timestamps_are_checked_for_their_lengths() {
        assert!(check_sctl(&[0, 5, 0, 1, 9, 0, 0]).is_ok());
        assert!(check_sctl(&[0, 0]).is_ok());
        for list in [&[][..], &[0], &[0, 1], &[0, 1, 0], &[0, 3, 0, 2, 9], &[0, 0, 9]] {
            assert!(check_sctl(list).is_err(), "{list:?}");
        }
    }

    #[test]
    fn times_are_read() {
        assert_eq!(time(b"19700102000003Z"), Some(86_403));
        assert_eq!(time(b"19700102000003"), None);
        assert_eq!(time(b"1970Z"), None);
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let key = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
        let own = Certificate::parse(key.cert.der()).unwrap();
        assert!(check_ocsp(b"hello", &own, 0).unwrap_err().contains("no OCSP answer"));
        assert!(check_ocsp(&[0x30, 3, 0x0a, 1, 6], &own, 0).unwrap_err().contains("error"));
        assert!(check_ocsp(&[0x30, 3, 0x0a, 1, 0], &own, 0).unwrap_err().contains("no OCSP answer"));
    }
}
