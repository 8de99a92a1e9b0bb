//! Warnings about the times of certificates: not valid yet, over, or over soon.

use rustc_hash::FxHashSet;

use base::civil;

use super::certificate::Certificate;

const DAY: i64 = 24 * 3600;
/// How long before its end a certificate is warned of, days.
const SOON_DAYS: i64 = 14;

/// Something about a certificate that works, but hardly as meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The certificate's file.
    pub path: Box<str>,
    /// What there is to say, the file's name included.
    pub text: Box<str>,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Something to be said about a certificate that was loaded.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) warning: Warning,
    /// Whom it is about, and until when that is valid, if it is an authority: they come with many certificates.
    authority: Option<(Vec<u8>, i64)>,
}

impl Said {
    pub(crate) fn new(path: &str, text: String) -> Said {
        Said { warning: Warning { path: path.into(), text: text.into() }, authority: None }
    }
}

/// Says what there is to say about the times of a certificate and of those that come with it.
pub(crate) fn look(path: &str, own: &Certificate<'_>, rest: &[Certificate<'_>], now: i64) -> Vec<Said> {
    let mut all = Vec::new();
    if let Some(told) = tell(own.validity(), now) {
        all.push(Said::new(path, format!("the certificate '{path}' {told}")));
    }
    // Roots are there for the clients' own, which count instead.
    for issuer in rest.iter().filter(|issuer| !issuer.is_self_issued()) {
        if let Some(told) = tell(issuer.validity(), now) {
            let text = format!("the certificate of '{}' in the chain of '{path}' {told}", issuer.title());
            let authority = Some((issuer.subject().to_vec(), issuer.validity().1));
            all.push(Said { authority, ..Said::new(path, text) });
        }
    }
    all
}

/// What was said, about each authority once.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    told: FxHashSet<(Vec<u8>, i64)>,
    warnings: Vec<Warning>,
}

impl Watch {
    pub(crate) fn say(&mut self, said: Said) {
        if said.authority.is_none_or(|authority| self.told.insert(authority)) {
            self.warnings.push(said.warning);
        }
    }

    /// Takes out what was said so far.
    pub(crate) fn take(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }
}

/// What there is to say about a time from .. until.
fn tell((from, until): (i64, i64), now: i64) -> Option<String> {
    let days = |seconds: i64| match seconds / DAY {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    if until < now {
        Some(format!("expired on {} ({} ago)", date(until), days(now - until)))
    } else if from > now {
        Some(format!("is not valid before {} (in {})", date(from), days(from - now)))
    } else if until - now < SOON_DAYS * DAY {
        Some(format!("ends on {} (in {})", date(until), days(until - now)))
    } else {
        None
    }
}

/// The day of a time, UTC: `2026-11-30`.
fn date(seconds: i64) -> String {
    let (year, month, day) = civil::date(seconds.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_two_weeks_before_their_end() {
        let now = 20_000 * DAY;
        let told = |from: i64, until: i64| tell((now + from, now + until), now);
        assert_eq!(told(-DAY, 14 * DAY), None);
        assert_eq!(told(-DAY, 14 * DAY - 1).as_deref(), Some("ends on 2024-10-17 (in 13 days)"));
        assert_eq!(told(-DAY, 3).as_deref(), Some("ends on 2024-10-04 (in less than a day)"));
        assert_eq!(told(-DAY, -1).as_deref(), Some("expired on 2024-10-03 (less than a day ago)"));
        assert_eq!(told(2 * DAY, 90 * DAY).as_deref(), Some("is not valid before 2024-10-06 (in 2 days)"));
    }
}
