//! OpenSSL's verification results: numbers, names, texts, and the TLS alerts that go with them
//! (`ssl_c_verify`, `x509_v_err_str`).

use rustls::{AlertDescription, CertificateError};

/// One of OpenSSL's verification results; 0: good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct VerifyCode(pub u16);

/// Names the results that this crate speaks of.
macro_rules! codes {
    ($($name:ident = $number:literal),* $(,)?) => {
        impl VerifyCode {
            $(#[doc = concat!("Number ", $number, " (`X509_V_ERR_", stringify!($name), "`).")]
            pub const $name: VerifyCode = VerifyCode($number);)*
        }
    };
}

codes! {
    UNSPECIFIED = 1,
    UNABLE_TO_GET_ISSUER_CERT = 2,
    UNABLE_TO_GET_CRL = 3,
    UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY = 6,
    CERT_SIGNATURE_FAILURE = 7,
    CRL_SIGNATURE_FAILURE = 8,
    CERT_NOT_YET_VALID = 9,
    CERT_HAS_EXPIRED = 10,
    CRL_NOT_YET_VALID = 11,
    CRL_HAS_EXPIRED = 12,
    ERROR_IN_CERT_NOT_BEFORE_FIELD = 13,
    ERROR_IN_CERT_NOT_AFTER_FIELD = 14,
    ERROR_IN_CRL_LAST_UPDATE_FIELD = 15,
    ERROR_IN_CRL_NEXT_UPDATE_FIELD = 16,
    DEPTH_ZERO_SELF_SIGNED_CERT = 18,
    SELF_SIGNED_CERT_IN_CHAIN = 19,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY = 20,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE = 21,
    CERT_CHAIN_TOO_LONG = 22,
    CERT_REVOKED = 23,
    PATH_LENGTH_EXCEEDED = 25,
    INVALID_PURPOSE = 26,
    KEYUSAGE_NO_CERTSIGN = 32,
    UNABLE_TO_GET_CRL_ISSUER = 33,
    UNHANDLED_CRITICAL_EXTENSION = 34,
    KEYUSAGE_NO_CRL_SIGN = 35,
    UNHANDLED_CRITICAL_CRL_EXTENSION = 36,
    INVALID_NON_CA = 37,
    KEYUSAGE_NO_DIGITAL_SIGNATURE = 39,
    PROXY_CERTIFICATES_NOT_ALLOWED = 40,
    DIFFERENT_CRL_SCOPE = 44,
    PERMITTED_VIOLATION = 47,
    EXCLUDED_VIOLATION = 48,
    SUBTREE_MINMAX = 49,
    UNSUPPORTED_CONSTRAINT_TYPE = 51,
    UNSUPPORTED_CONSTRAINT_SYNTAX = 52,
    UNSUPPORTED_NAME_SYNTAX = 53,
    HOSTNAME_MISMATCH = 62,
    EE_KEY_TOO_SMALL = 66,
    CA_KEY_TOO_SMALL = 67,
    CA_MD_TOO_WEAK = 68,
    INVALID_CA = 79,
    EC_KEY_EXPLICIT_PARAMS = 94,
}

impl VerifyCode {
    /// Nothing is wrong.
    pub const OK: VerifyCode = VerifyCode(0);

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_ok(self) -> bool {
        self == VerifyCode::OK
    }

    /// Its name: `X509_V_OK`, `X509_V_ERR_CERT_HAS_EXPIRED`; `None` for numbers that OpenSSL does not use.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        CODES.get(usize::from(self.0)).map(|row| row.0)
    }

    /// OpenSSL's text: `certificate has expired`.
    #[must_use]
    pub fn text(self) -> &'static str {
        CODES.get(usize::from(self.0)).map_or("unknown certificate verification error", |row| row.1)
    }

    /// The result of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<VerifyCode> {
        let at = CODES.iter().position(|row| row.0 == name)?;
        u16::try_from(at).ok().map(VerifyCode)
    }

    /// The alert that OpenSSL sends when a handshake fails for this reason.
    #[must_use]
    pub fn alert(self) -> AlertDescription {
        self.to_rustls().into()
    }

    /// The error that makes rustls send that alert.
    pub(crate) fn to_rustls(self) -> CertificateError {
        match self.0 {
            4 | 5 | 7 | 8 => CertificateError::BadSignature,
            // A certificate or a list of revoked ones that is over; one that is not yet valid is a bad one.
            10 | 12 => CertificateError::Expired,
            23 => CertificateError::Revoked,
            26 => CertificateError::InvalidPurpose,
            2 | 3 | 18..=22 | 25 | 33 | 79 => CertificateError::UnknownIssuer,
            6 | 9 | 11 | 13..=16 | 27 | 28 | 63..=68 | 94 => CertificateError::BadEncoding,
            62 => CertificateError::NotValidForName,
            _ => CertificateError::Other(rustls::OtherError(std::sync::Arc::new(Refused(self)))),
        }
    }
}

impl std::fmt::Display for VerifyCode {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(self.text())
    }
}

/// A certificate was refused for a reason that rustls has no name for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(VerifyCode);

/// Name and text; the number is the row's.
#[rustfmt::skip]
const CODES: &[(&str, &str)] = &[
    ("X509_V_OK", "ok"),
    ("X509_V_ERR_UNSPECIFIED", "unspecified certificate verification error"),
    ("X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT", "unable to get issuer certificate"),
    ("X509_V_ERR_UNABLE_TO_GET_CRL", "unable to get certificate CRL"),
    ("X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE", "unable to decrypt certificate's signature"),
    ("X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE", "unable to decrypt CRL's signature"),
    ("X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", "unable to decode issuer public key"),
    ("X509_V_ERR_CERT_SIGNATURE_FAILURE", "certificate signature failure"),
    ("X509_V_ERR_CRL_SIGNATURE_FAILURE", "CRL signature failure"),
    ("X509_V_ERR_CERT_NOT_YET_VALID", "certificate is not yet valid"),
    ("X509_V_ERR_CERT_HAS_EXPIRED", "certificate has expired"),
    ("X509_V_ERR_CRL_NOT_YET_VALID", "CRL is not yet valid"),
    ("X509_V_ERR_CRL_HAS_EXPIRED", "CRL has expired"),
    ("X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD", "format error in certificate's notBefore field"),
    ("X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD", "format error in certificate's notAfter field"),
    ("X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD", "format error in CRL's lastUpdate field"),
    ("X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD", "format error in CRL's nextUpdate field"),
    ("X509_V_ERR_OUT_OF_MEM", "out of memory"),
    ("X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"),
    ("X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"),
    ("X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"),
    ("X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"),
    ("X509_V_ERR_CERT_CHAIN_TOO_LONG", "certificate chain too long"),
    ("X509_V_ERR_CERT_REVOKED", "certificate revoked"),
    ("X509_V_ERR_NO_ISSUER_PUBLIC_KEY", "issuer certificate doesn't have a public key"),
    ("X509_V_ERR_PATH_LENGTH_EXCEEDED", "path length constraint exceeded"),
    ("X509_V_ERR_INVALID_PURPOSE", "unsuitable certificate purpose"),
    ("X509_V_ERR_CERT_UNTRUSTED", "certificate not trusted"),
    ("X509_V_ERR_CERT_REJECTED", "certificate rejected"),
    ("X509_V_ERR_SUBJECT_ISSUER_MISMATCH", "subject issuer mismatch"),
    ("X509_V_ERR_AKID_SKID_MISMATCH", "authority and subject key identifier mismatch"),
    ("X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH", "authority and issuer serial number mismatch"),
    ("X509_V_ERR_KEYUSAGE_NO_CERTSIGN", "key usage does not include certificate signing"),
    ("X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER", "unable to get CRL issuer certificate"),
    ("X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION", "unhandled critical extension"),
    ("X509_V_ERR_KEYUSAGE_NO_CRL_SIGN", "key usage does not include CRL signing"),
    ("X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION", "unhandled critical CRL extension"),
    ("X509_V_ERR_INVALID_NON_CA", "invalid non-CA certificate (has CA markings)"),
    ("X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED", "proxy path length constraint exceeded"),
    ("X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE", "key usage does not include digital signature"),
    ("X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED", "proxy certificates not allowed, please set the appropriate flag"),
    ("X509_V_ERR_INVALID_EXTENSION", "invalid or inconsistent certificate extension"),
    ("X509_V_ERR_INVALID_POLICY_EXTENSION", "invalid or inconsistent certificate policy extension"),
    ("X509_V_ERR_NO_EXPLICIT_POLICY", "no explicit policy"),
    ("X509_V_ERR_DIFFERENT_CRL_SCOPE", "different CRL scope"),
    ("X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE", "unsupported extension feature"),
    ("X509_V_ERR_UNNESTED_RESOURCE", "RFC 3779 resource not subset of parent's resources"),
    ("X509_V_ERR_PERMITTED_VIOLATION", "permitted subtree violation"),
    ("X509_V_ERR_EXCLUDED_VIOLATION", "excluded subtree violation"),
    ("X509_V_ERR_SUBTREE_MINMAX", "name constraints minimum and maximum not supported"),
    ("X509_V_ERR_APPLICATION_VERIFICATION", "application verification failure"),
    ("X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE", "unsupported name constraint type"),
    ("X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX", "unsupported or invalid name constraint syntax"),
    ("X509_V_ERR_UNSUPPORTED_NAME_SYNTAX", "unsupported or invalid name syntax"),
    ("X509_V_ERR_CRL_PATH_VALIDATION_ERROR", "CRL path validation error"),
    ("X509_V_ERR_PATH_LOOP", "path loop"),
    ("X509_V_ERR_SUITE_B_INVALID_VERSION", "Suite B: certificate version invalid"),
    ("X509_V_ERR_SUITE_B_INVALID_ALGORITHM", "Suite B: invalid public key algorithm"),
    ("X509_V_ERR_SUITE_B_INVALID_CURVE", "Suite B: invalid ECC curve"),
    ("X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM", "Suite B: invalid signature algorithm"),
    ("X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED", "Suite B: curve not allowed for this LOS"),
    ("X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256", "Suite B: cannot sign P-384 with P-256"),
    ("X509_V_ERR_HOSTNAME_MISMATCH", "hostname mismatch"),
    ("X509_V_ERR_EMAIL_MISMATCH", "email address mismatch"),
    ("X509_V_ERR_IP_ADDRESS_MISMATCH", "IP address mismatch"),
    ("X509_V_ERR_DANE_NO_MATCH", "no matching DANE TLSA records"),
    ("X509_V_ERR_EE_KEY_TOO_SMALL", "EE certificate key too weak"),
    ("X509_V_ERR_CA_KEY_TOO_SMALL", "CA certificate key too weak"),
    ("X509_V_ERR_CA_MD_TOO_WEAK", "CA signature digest algorithm too weak"),
    ("X509_V_ERR_INVALID_CALL", "invalid certificate verification context"),
    ("X509_V_ERR_STORE_LOOKUP", "issuer certificate lookup error"),
    ("X509_V_ERR_NO_VALID_SCTS", "Certificate Transparency required, but no valid SCTs found"),
    ("X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION", "proxy subject name violation"),
    ("X509_V_ERR_OCSP_VERIFY_NEEDED", "OCSP verification needed"),
    ("X509_V_ERR_OCSP_VERIFY_FAILED", "OCSP verification failed"),
    ("X509_V_ERR_OCSP_CERT_UNKNOWN", "OCSP unknown cert"),
    ("X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM", "Cannot find certificate signature algorithm"),
    ("X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH", "subject signature algorithm and issuer public key algorithm mismatch"),
    ("X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY", "cert info signature and signature algorithm mismatch"),
    ("X509_V_ERR_INVALID_CA", "invalid CA certificate"),
    ("X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA", "Path length invalid for non-CA cert"),
    ("X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN", "Path length given without key usage keyCertSign"),
    ("X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA", "Key usage keyCertSign invalid for non-CA cert"),
    ("X509_V_ERR_ISSUER_NAME_EMPTY", "Issuer name empty"),
    ("X509_V_ERR_SUBJECT_NAME_EMPTY", "Subject name empty"),
    ("X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER", "Missing Authority Key Identifier"),
    ("X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER", "Missing Subject Key Identifier"),
    ("X509_V_ERR_EMPTY_SUBJECT_ALT_NAME", "Empty Subject Alternative Name extension"),
    ("X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL", "Subject empty and Subject Alt Name extension not critical"),
    ("X509_V_ERR_CA_BCONS_NOT_CRITICAL", "Basic Constraints of CA cert not marked critical"),
    ("X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL", "Authority Key Identifier marked critical"),
    ("X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL", "Subject Key Identifier marked critical"),
    ("X509_V_ERR_CA_CERT_MISSING_KEY_USAGE", "CA cert does not include key usage extension"),
    ("X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3", "Using cert extension requires at least X509v3"),
    ("X509_V_ERR_EC_KEY_EXPLICIT_PARAMS", "Certificate public key has explicit ECC parameters"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_names_and_texts() {
        assert_eq!(VerifyCode(0).name(), Some("X509_V_OK"));
        assert_eq!(VerifyCode(10).name(), Some("X509_V_ERR_CERT_HAS_EXPIRED"));
        assert_eq!(VerifyCode(94).name(), Some("X509_V_ERR_EC_KEY_EXPLICIT_PARAMS"));
        assert_eq!(VerifyCode(95).name(), None);
        assert_eq!(VerifyCode(20).text(), "unable to get local issuer certificate");
        assert_eq!(VerifyCode::named("X509_V_ERR_CERT_REVOKED"), Some(VerifyCode::CERT_REVOKED));
        assert_eq!(VerifyCode::named("CERT_REVOKED"), None);
        for number in 0..95 {
            assert_eq!(VerifyCode(number).name().and_then(VerifyCode::named), Some(VerifyCode(number)));
        }
    }

    #[test]
    fn alerts_are_openssl_s() {
        assert_eq!(VerifyCode::CERT_HAS_EXPIRED.alert(), AlertDescription::CertificateExpired);
        assert_eq!(VerifyCode::CERT_NOT_YET_VALID.alert(), AlertDescription::BadCertificate);
        assert_eq!(VerifyCode::CERT_REVOKED.alert(), AlertDescription::CertificateRevoked);
        assert_eq!(VerifyCode::UNABLE_TO_GET_ISSUER_CERT_LOCALLY.alert(), AlertDescription::UnknownCA);
        assert_eq!(VerifyCode::CERT_SIGNATURE_FAILURE.alert(), AlertDescription::DecryptError);
        assert_eq!(VerifyCode::INVALID_PURPOSE.alert(), AlertDescription::UnsupportedCertificate);
        assert_eq!(VerifyCode::HOSTNAME_MISMATCH.alert(), AlertDescription::BadCertificate);
        assert_eq!(VerifyCode::UNSPECIFIED.alert(), AlertDescription::CertificateUnknown);
    }
}
