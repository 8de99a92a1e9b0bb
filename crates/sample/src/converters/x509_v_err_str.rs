//! `x509_v_err_str`: the name of a result of verifying a certificate, as OpenSSL numbers and names them.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "x509_v_err_str",
    aliases: &[],
    params: &[],
    input: Type::Int,
    out: Type::Str,
    check: None,
    run: x509_v_err_str,
    doc: Doc {
        brief: "name of a certificate verification's result",
        long: "A number without a name stays a number.",
        examples: &[
            Example { text: "x509_v_err_str", input: "0", output: "X509_V_OK" },
            Example { text: "x509_v_err_str", input: "10", output: "X509_V_ERR_CERT_HAS_EXPIRED" },
            Example { text: "x509_v_err_str", input: "62", output: "X509_V_ERR_HOSTNAME_MISMATCH" },
            Example { text: "x509_v_err_str", input: "4711", output: "4711" },
        ],
    },
};

/// The names of results 1 and up, without `X509_V_ERR_`.
const ERRORS: [&str; 94] = [
    "UNSPECIFIED",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_CRL",
    "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
    "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
    "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
    "CERT_SIGNATURE_FAILURE",
    "CRL_SIGNATURE_FAILURE",
    "CERT_NOT_YET_VALID",
    "CERT_HAS_EXPIRED",
    "CRL_NOT_YET_VALID",
    "CRL_HAS_EXPIRED",
    "ERROR_IN_CERT_NOT_BEFORE_FIELD",
    "ERROR_IN_CERT_NOT_AFTER_FIELD",
    "ERROR_IN_CRL_LAST_UPDATE_FIELD",
    "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
    "OUT_OF_MEM",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "CERT_CHAIN_TOO_LONG",
    "CERT_REVOKED",
    "NO_ISSUER_PUBLIC_KEY",
    "PATH_LENGTH_EXCEEDED",
    "INVALID_PURPOSE",
    "CERT_UNTRUSTED",
    "CERT_REJECTED",
    "SUBJECT_ISSUER_MISMATCH",
    "AKID_SKID_MISMATCH",
    "AKID_ISSUER_SERIAL_MISMATCH",
    "KEYUSAGE_NO_CERTSIGN",
    "UNABLE_TO_GET_CRL_ISSUER",
    "UNHANDLED_CRITICAL_EXTENSION",
    "KEYUSAGE_NO_CRL_SIGN",
    "UNHANDLED_CRITICAL_CRL_EXTENSION",
    "INVALID_NON_CA",
    "PROXY_PATH_LENGTH_EXCEEDED",
    "KEYUSAGE_NO_DIGITAL_SIGNATURE",
    "PROXY_CERTIFICATES_NOT_ALLOWED",
    "INVALID_EXTENSION",
    "INVALID_POLICY_EXTENSION",
    "NO_EXPLICIT_POLICY",
    "DIFFERENT_CRL_SCOPE",
    "UNSUPPORTED_EXTENSION_FEATURE",
    "UNNESTED_RESOURCE",
    "PERMITTED_VIOLATION",
    "EXCLUDED_VIOLATION",
    "SUBTREE_MINMAX",
    "APPLICATION_VERIFICATION",
    "UNSUPPORTED_CONSTRAINT_TYPE",
    "UNSUPPORTED_CONSTRAINT_SYNTAX",
    "UNSUPPORTED_NAME_SYNTAX",
    "CRL_PATH_VALIDATION_ERROR",
    "PATH_LOOP",
    "SUITE_B_INVALID_VERSION",
    "SUITE_B_INVALID_ALGORITHM",
    "SUITE_B_INVALID_CURVE",
    "SUITE_B_INVALID_SIGNATURE_ALGORITHM",
    "SUITE_B_LOS_NOT_ALLOWED",
    "SUITE_B_CANNOT_SIGN_P_384_WITH_P_256",
    "HOSTNAME_MISMATCH",
    "EMAIL_MISMATCH",
    "IP_ADDRESS_MISMATCH",
    "DANE_NO_MATCH",
    "EE_KEY_TOO_SMALL",
    "CA_KEY_TOO_SMALL",
    "CA_MD_TOO_WEAK",
    "INVALID_CALL",
    "STORE_LOOKUP",
    "NO_VALID_SCTS",
    "PROXY_SUBJECT_NAME_VIOLATION",
    "OCSP_VERIFY_NEEDED",
    "OCSP_VERIFY_FAILED",
    "OCSP_CERT_UNKNOWN",
    "UNSUPPORTED_SIGNATURE_ALGORITHM",
    "SIGNATURE_ALGORITHM_MISMATCH",
    "SIGNATURE_ALGORITHM_INCONSISTENCY",
    "INVALID_CA",
    "PATHLEN_INVALID_FOR_NON_CA",
    "PATHLEN_WITHOUT_KU_KEY_CERT_SIGN",
    "KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA",
    "ISSUER_NAME_EMPTY",
    "SUBJECT_NAME_EMPTY",
    "MISSING_AUTHORITY_KEY_IDENTIFIER",
    "MISSING_SUBJECT_KEY_IDENTIFIER",
    "EMPTY_SUBJECT_ALT_NAME",
    "EMPTY_SUBJECT_SAN_NOT_CRITICAL",
    "CA_BCONS_NOT_CRITICAL",
    "AUTHORITY_KEY_IDENTIFIER_CRITICAL",
    "SUBJECT_KEY_IDENTIFIER_CRITICAL",
    "CA_CERT_MISSING_KEY_USAGE",
    "EXTENSIONS_REQUIRE_VERSION_3",
    "EC_KEY_EXPLICIT_PARAMS",
];

/// The name of a result; `None`: there is none of this number.
#[must_use]
pub fn name(result: i64) -> Option<String> {
    match usize::try_from(result).ok()? {
        0 => Some("X509_V_OK".to_owned()),
        number => ERRORS.get(number - 1).map(|error| format!("X509_V_ERR_{error}")),
    }
}

/// The number of a result by its name.
#[must_use]
pub fn number(name: &str) -> Option<u8> {
    if name == "X509_V_OK" {
        return Some(0);
    }
    let error = name.strip_prefix("X509_V_ERR_")?;
    let place = ERRORS.iter().position(|known| *known == error)?;
    u8::try_from(place + 1).ok()
}

fn x509_v_err_str<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let result = value.to_int()?;
    let name = name(result).unwrap_or_else(|| result.cast_unsigned().to_string());
    Some(Value::string(name.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for result in 0..=94 {
            let name = name(result).unwrap();
            assert_eq!(number(&name).map(i64::from), Some(result), "{name}");
        }
        assert_eq!(name(95), None);
        assert_eq!(number("X509_V_ERR_NO_SUCH_THING"), None);
    }
}
