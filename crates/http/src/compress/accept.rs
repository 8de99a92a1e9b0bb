//! Which of the configured algorithms a request accepts (RFC 9110 sections 12.4.2 and 12.5.3).

use super::Algorithm;
use crate::lists;
use crate::message::{Fields, Known};

/// Whether a request said that it takes an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// It did.
    Given,
    /// It did not, and `identity` needs none.
    Implied,
}

/// Of `offered`, the one whose element in `Accept-Encoding` has the highest weight; of equal ones, that of the first
/// element. `*` stands for the first that is offered. Where nothing is accepted, `identity` is taken if it is offered: it
/// needs no consent. Old browsers that say they can and cannot get nothing.
#[must_use]
pub fn choose(fields: &Fields, offered: &[Algorithm]) -> Option<(Algorithm, Consent)> {
    if fields.get_known(Known::UserAgent).is_some_and(is_broken_browser) {
        return None;
    }
    let mut best: Option<(u16, Algorithm)> = None;
    if fields.may_have(Known::AcceptEncoding) {
        for element in lists::all(fields, b"accept-encoding") {
            let (coding, weight) = split(element);
            if weight <= best.map_or(0, |(weight, _)| weight) {
                continue;
            }
            if let Some(algorithm) = offered.iter().find(|algorithm| is_meant(coding, **algorithm)) {
                best = Some((weight, *algorithm));
            }
        }
    }
    let implied = offered.iter().copied().find(|algorithm| *algorithm == Algorithm::Identity);
    match best {
        Some((_, algorithm)) => Some((algorithm, Consent::Given)),
        None => implied.map(|algorithm| (algorithm, Consent::Implied)),
    }
}

fn is_meant(coding: &[u8], algorithm: Algorithm) -> bool {
    coding == b"*" || coding.eq_ignore_ascii_case(algorithm.token().as_bytes())
}

/// An element's coding, and its weight in thousandths.
fn split(element: &[u8]) -> (&[u8], u16) {
    let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let coding = parts.next().unwrap_or_default();
    let is_weight = |part: &&[u8]| part.get(..2).is_some_and(|name| name.eq_ignore_ascii_case(b"q="));
    (coding, parts.find(is_weight).map_or(1000, |part| thousandths(part.get(2..).unwrap_or_default())))
}

/// `0.75` as 750; what is no weight counts fully.
fn thousandths(text: &[u8]) -> u16 {
    let whole = match text.first() {
        Some(b'0') => 0,
        _ => return 1000,
    };
    let digits = text.strip_prefix(b"0.").unwrap_or_default();
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    whole + digits.zip([100, 10, 1]).map(|(digit, unit)| u16::from(digit - b'0') * unit).sum::<u16>()
}

/// Browsers called `Mozilla/4`, of which only MSIE from 6 with the second service pack of XP on decode what they accept.
fn is_broken_browser(agent: &[u8]) -> bool {
    if !agent.starts_with(b"Mozilla/4") {
        return false;
    }
    let version = agent.get(25..).and_then(|rest| rest.strip_prefix(b"MSIE ")).and_then(<[u8]>::first);
    match version {
        Some(b'6') => agent.get(51..54) != Some(b"SV1"),
        Some(version) => *version < b'6',
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Fields;

    /// The choice among `gzip` and `deflate`, the latter configured last and so asked first.
    fn chosen(accept: &str) -> Option<&'static str> {
        let mut fields = Fields::new();
        fields.push(b"Accept-Encoding", accept.as_bytes());
        choose(&fields, &[Algorithm::Deflate, Algorithm::Gzip]).map(|(algorithm, _)| algorithm.name())
    }

    #[test]
    fn weights_decide() {
        assert_eq!(chosen("*;q=0, gzip;q=0.750, deflate;q=0.500"), Some("gzip"));
        assert_eq!(chosen("*;q=0, gzip;q=0.500, deflate;q=0.750"), Some("deflate"));
        assert_eq!(chosen("br, GZIP"), Some("gzip"));
        assert_eq!(chosen("gzip, deflate"), Some("gzip"));
        assert_eq!(chosen("deflate;q=0.5;x=1, gzip; q=0.4"), Some("deflate"));
        assert_eq!(chosen("gzip ;q=0.2"), Some("gzip"));
        assert_eq!(chosen("gzip;q="), Some("gzip"));
        assert_eq!(chosen("*"), Some("deflate"));
        for none in ["gzip;q=0", "gzip;Q=0.000", "x-gzip", "", "identity", "identity;q=1, *;q=0"] {
            assert_eq!(chosen(none), None, "{none}");
        }
    }

    #[test]
    fn identity_needs_no_consent() {
        let mut fields = Fields::new();
        let offered = [Algorithm::Gzip, Algorithm::Identity];
        assert_eq!(choose(&fields, &offered), Some((Algorithm::Identity, Consent::Implied)));
        fields.push(b"accept-encoding", b"gzip;q=0.1");
        assert_eq!(choose(&fields, &offered), Some((Algorithm::Gzip, Consent::Given)));
        assert_eq!(choose(&fields, &offered[1..]), Some((Algorithm::Identity, Consent::Implied)));
    }

    #[test]
    fn old_browsers() {
        for (agent, is_broken) in [
            ("Mozilla/4", true),
            ("Mozilla/4.08 [en] (WinNT; I ;Nav)", true),
            ("Mozilla/4.0 (compatible; MSIE 5.01; Windows NT)", true),
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", true),
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", false),
            ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)", false),
            ("Mozilla/5.0 (X11; Linux x86_64)", false),
        ] {
            assert_eq!(is_broken_browser(agent.as_bytes()), is_broken, "{agent}");
        }
    }
}
