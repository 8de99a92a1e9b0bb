//! Signature algorithms (`sigalgs`, `client-sigalgs`; RFC 8446 section 4.2.3) by OpenSSL's names.

use rustls::SignatureScheme;

use super::Choice;

/// Names of each scheme: the registry's, then `KEY+DIGEST` as OpenSSL took it first.
static SCHEMES: &[(SignatureScheme, &[&str])] = &[
    (SignatureScheme::ECDSA_NISTP256_SHA256, &["ecdsa_secp256r1_sha256", "ECDSA+SHA256"]),
    (SignatureScheme::ECDSA_NISTP384_SHA384, &["ecdsa_secp384r1_sha384", "ECDSA+SHA384"]),
    (SignatureScheme::ECDSA_NISTP521_SHA512, &["ecdsa_secp521r1_sha512", "ECDSA+SHA512"]),
    (SignatureScheme::ED25519, &["ed25519"]),
    (SignatureScheme::RSA_PSS_SHA256, &["rsa_pss_rsae_sha256", "RSA-PSS+SHA256", "PSS+SHA256"]),
    (SignatureScheme::RSA_PSS_SHA384, &["rsa_pss_rsae_sha384", "RSA-PSS+SHA384", "PSS+SHA384"]),
    (SignatureScheme::RSA_PSS_SHA512, &["rsa_pss_rsae_sha512", "RSA-PSS+SHA512", "PSS+SHA512"]),
    (SignatureScheme::RSA_PKCS1_SHA256, &["rsa_pkcs1_sha256", "RSA+SHA256"]),
    (SignatureScheme::RSA_PKCS1_SHA384, &["rsa_pkcs1_sha384", "RSA+SHA384"]),
    (SignatureScheme::RSA_PKCS1_SHA512, &["rsa_pkcs1_sha512", "RSA+SHA512"]),
];

/// What OpenSSL knows and is not built in.
static UNSPOKEN: &[&str] = &[
    "ed448",
    "rsa_pss_pss_sha256",
    "rsa_pss_pss_sha384",
    "rsa_pss_pss_sha512",
    "rsa_pkcs1_sha1",
    "rsa_pkcs1_sha224",
    "ecdsa_sha1",
    "ecdsa_sha224",
    "ecdsa_brainpoolP256r1_sha256",
    "ecdsa_brainpoolP384r1_sha384",
    "ecdsa_brainpoolP512r1_sha512",
    "dsa_sha1",
    "dsa_sha224",
    "dsa_sha256",
    "dsa_sha384",
    "dsa_sha512",
    "mldsa44",
    "mldsa65",
    "mldsa87",
    "RSA+SHA1",
    "RSA+SHA224",
    "RSA+MD5",
    "ECDSA+SHA1",
    "ECDSA+SHA224",
    "DSA+SHA1",
    "DSA+SHA224",
    "DSA+SHA256",
    "DSA+SHA384",
    "DSA+SHA512",
];

/// All schemes that can be spoken, the default's order.
#[must_use]
pub fn all() -> Vec<SignatureScheme> {
    SCHEMES.iter().map(|(scheme, _)| *scheme).collect()
}

/// The registry's name of a scheme (`rsa_pss_rsae_sha256`).
#[must_use]
pub fn name(scheme: SignatureScheme) -> Option<&'static str> {
    SCHEMES.iter().find(|(known, _)| *known == scheme).map(|(_, names)| names[0])
}

/// The schemes that a list chooses, in its order.
///
/// # Errors
/// The list names something that is no signature algorithm, or nothing that can be spoken.
pub fn choose(list: &str) -> Result<Choice<SignatureScheme>, String> {
    let mut choice = Choice { usable: Vec::new(), dropped: Vec::new() };
    for word in list.split(':').map(str::trim).filter(|word| !word.is_empty()) {
        let name = word.trim_start_matches('?');
        let is_named = |known: &&str| known.eq_ignore_ascii_case(name);
        let scheme = SCHEMES.iter().find(|(_, names)| names.iter().any(is_named));
        match scheme {
            Some((scheme, _)) if choice.usable.contains(scheme) => {}
            Some((scheme, _)) => choice.usable.push(*scheme),
            None if UNSPOKEN.iter().any(is_named) => choice.dropped.push(word.into()),
            None if name.len() < word.len() => {}
            None => return Err(format!("`{name}` is no signature algorithm")),
        }
    }
    if choice.usable.is_empty() {
        return Err(format!(
            "none of the signature algorithms of `{list}` can be used: ECDSA, Ed25519, RSA and RSA-PSS with SHA-256, \
             SHA-384 and SHA-512 are built in"
        ));
    }
    Ok(choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations_choose() {
        let choice = choose("RSA+SHA256:rsa_pss_rsae_sha256:PSS+SHA256:ECDSA+SHA1:ed25519").unwrap();
        assert_eq!(
            choice.usable,
            [SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::RSA_PSS_SHA256, SignatureScheme::ED25519]
        );
        assert_eq!(&*choice.dropped[0], "ECDSA+SHA1");
    }

    #[test]
    fn unknown_and_unusable_lists_are_errors() {
        assert!(choose("RSA+SHA256:RSA+SHA3").unwrap_err().contains("RSA+SHA3"));
        assert!(choose("DSA+SHA256").unwrap_err().contains("DSA+SHA256"));
        assert!(choose("?new_one:ed25519").is_ok());
    }

    #[test]
    fn names_are_found_again() {
        for scheme in all() {
            assert_eq!(choose(name(scheme).unwrap()).unwrap().usable, [scheme]);
        }
    }
}
