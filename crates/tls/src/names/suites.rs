//! Cipher suites by number and by name, and which of them a configuration's lists choose (`ciphers`, `ciphersuites`;
//! configuration manual, chapter 5.1).

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES;

pub use super::suite::{Authentication, Class, Encryption, Exchange, Mac, Suite};
use super::{Choice, cipher_list, table};
use crate::version::Version;

/// All suites known by name.
pub fn all() -> impl Iterator<Item = &'static Suite> {
    table::SUITES.iter()
}

/// The suite of this number.
#[must_use]
pub fn by_number(iana: u16) -> Option<&'static Suite> {
    all().find(|suite| suite.iana == iana)
}

/// The suite of this name in OpenSSL's notation.
#[must_use]
pub fn named(openssl_name: &str) -> Option<&'static Suite> {
    all().find(|suite| suite.openssl_name == openssl_name)
}

/// The suite as rustls speaks it, if it does.
#[must_use]
pub fn spoken(iana: u16) -> Option<SupportedCipherSuite> {
    ALL_CIPHER_SUITES.iter().find(|suite| u16::from(suite.suite()) == iana).copied()
}

/// The suites up to TLS 1.2 that `ciphers` chooses, in its order; without a list those of OpenSSL's `DEFAULT`, with
/// AES before ChaCha20.
///
/// # Errors
/// The list is not in OpenSSL's notation, or chooses nothing that can be spoken.
pub fn tls12(list: Option<&str>) -> Result<Choice<SupportedCipherSuite>, String> {
    let Some(list) = list else {
        let selection = cipher_list::read("DEFAULT")?;
        return Ok(Choice { usable: aes_first(selection.suites.iter().copied()), dropped: Vec::new() });
    };
    let selection = cipher_list::read(list)?;
    let usable: Vec<_> = selection.suites.iter().filter_map(|suite| spoken(suite.iana)).collect();
    if usable.is_empty() {
        return Err(format!(
            "none of the ciphers of `{list}` can be used: only ECDHE with AES-GCM or ChaCha20 is built in up to TLS \
             1.2, no static RSA, DHE, CBC, 3DES and RC4"
        ));
    }
    let is_on = |iana: &u16| selection.suites.iter().any(|suite| suite.iana == *iana);
    let is_lost = |numbers: &[u16]| {
        !numbers.iter().any(|iana| spoken(*iana).is_some())
            && (numbers.is_empty() || numbers.iter().any(is_on))
    };
    let lost = selection.words.iter().filter(|(_, numbers)| is_lost(numbers));
    Ok(Choice { usable, dropped: lost.map(|(word, _)| word.clone()).collect() })
}

/// The suites of TLS 1.3 that `ciphersuites` chooses, in its order; without a list all, AES first.
///
/// # Errors
/// The list chooses nothing that can be spoken.
pub fn tls13(list: Option<&str>) -> Result<Choice<SupportedCipherSuite>, String> {
    let is_new = |suite: &&Suite| suite.version == Version::Tls13;
    let Some(list) = list else {
        return Ok(Choice { usable: aes_first(all().filter(is_new)), dropped: Vec::new() });
    };
    let mut choice = Choice { usable: Vec::new(), dropped: Vec::new() };
    for name in list.split(':').map(str::trim).filter(|name| !name.is_empty()) {
        match named(name).filter(is_new).and_then(|suite| spoken(suite.iana)) {
            Some(suite) if choice.usable.contains(&suite) => {}
            Some(suite) => choice.usable.push(suite),
            None => choice.dropped.push(name.into()),
        }
    }
    if choice.usable.is_empty() {
        return Err(format!(
            "none of the cipher suites of `{list}` can be used: TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 and \
             TLS_CHACHA20_POLY1305_SHA256 are built in"
        ));
    }
    Ok(choice)
}

fn aes_first(suites: impl Iterator<Item = &'static Suite>) -> Vec<SupportedCipherSuite> {
    let (late, mut early): (Vec<&'static Suite>, Vec<&'static Suite>) =
        suites.partition(|suite| suite.encryption == Encryption::ChaCha20);
    early.extend(late);
    early.iter().filter_map(|suite| spoken(suite.iana)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(choice: &Choice<SupportedCipherSuite>) -> Vec<&'static str> {
        choice.usable.iter().map(|suite| by_number(suite.suite().into()).unwrap().openssl_name).collect()
    }

    #[test]
    fn every_number_and_name_stands_once() {
        for suite in all() {
            assert_eq!(by_number(suite.iana), Some(suite));
            assert_eq!(named(suite.openssl_name), Some(suite));
        }
        let suite = by_number(0xC02F).unwrap();
        assert_eq!(suite.openssl_name, "ECDHE-RSA-AES128-GCM-SHA256");
        assert_eq!(suite.iana_name, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!((suite.algorithm_bits, suite.use_bits), (128, 128));
        let weak = named("DES-CBC3-SHA").unwrap();
        assert_eq!((weak.iana, weak.algorithm_bits, weak.use_bits), (0x000A, 168, 112));
        assert_eq!(by_number(0x5600), None);
    }

    #[test]
    fn all_that_rustls_speaks_has_a_name() {
        for suite in ALL_CIPHER_SUITES {
            let known = by_number(suite.suite().into()).unwrap();
            assert_eq!(known.version == Version::Tls13, suite.tls13().is_some());
        }
        assert_eq!(
            tls12(None).unwrap().usable.len() + tls13(None).unwrap().usable.len(),
            ALL_CIPHER_SUITES.len()
        );
    }

    #[test]
    fn without_a_list_aes_comes_first() {
        assert_eq!(
            names(&tls13(None).unwrap()),
            ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"]
        );
        assert_eq!(names(&tls12(None).unwrap())[0], "ECDHE-ECDSA-AES256-GCM-SHA384");
        assert_eq!(names(&tls12(None).unwrap())[5], "ECDHE-RSA-CHACHA20-POLY1305");
    }

    #[test]
    fn a_list_keeps_its_order_and_tells_what_is_lost() {
        let list =
            "ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:oops:!RC4";
        let choice = tls12(Some(list)).unwrap();
        assert_eq!(names(&choice), ["ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256"]);
        assert_eq!(
            choice.dropped.iter().map(|word| &**word).collect::<Vec<_>>(),
            ["DHE-RSA-AES128-GCM-SHA256", "oops"]
        );
        let choice = tls12(Some("HIGH:!aNULL:!MD5")).unwrap();
        assert_eq!((choice.usable.len(), choice.dropped.len()), (6, 0));
        let choice = tls12(Some("EECDH:AES256-SHA:!kRSA")).unwrap();
        assert_eq!(choice.dropped.len(), 0, "a word that another one takes back is not missed");
    }

    #[test]
    fn nothing_left_is_an_error() {
        assert!(tls12(Some("AES128-SHA:DES-CBC3-SHA")).unwrap_err().contains("static RSA"));
        assert!(tls12(Some("")).is_err());
        assert!(tls13(Some("TLS_AES_128_CCM_SHA256")).is_err());
    }

    #[test]
    fn suites_of_tls13_are_chosen_by_name() {
        let choice =
            tls13(Some("TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256"));
        let choice = choice.unwrap();
        assert_eq!(names(&choice), ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"]);
        assert_eq!(&*choice.dropped[0], "TLS_AES_128_CCM_SHA256");
    }
}
