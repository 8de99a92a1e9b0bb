//! Object identifiers by OpenSSL's names: what stands in names, and algorithms (`openssl list -objects`).
//!
//! Sorted by their numbers. An identifier that is not here is shown in its dotted form, as OpenSSL shows those that it
//! does not know.

use super::der;

/// The short name of an identifier, given by its DER contents: `CN`, `RSA-SHA256`.
#[must_use]
pub fn short_name(oid: &[u8]) -> Option<&'static str> {
    row(oid).map(|row| row.1)
}

/// The long name of an identifier, given by its DER contents: `commonName`, `sha256WithRSAEncryption`.
#[must_use]
pub fn long_name(oid: &[u8]) -> Option<&'static str> {
    row(oid).map(|row| row.2)
}

/// An identifier's dotted form: `2.5.4.3`.
#[must_use]
pub fn dotted(oid: &[u8]) -> String {
    der::dotted(oid)
}

/// The row of an identifier. What stands in nearly every name is found without writing its dotted form.
fn row(oid: &[u8]) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let usual = match oid {
        [0x55, 4, 3] => "2.5.4.3",
        [0x55, 4, 6] => "2.5.4.6",
        [0x55, 4, 7] => "2.5.4.7",
        [0x55, 4, 8] => "2.5.4.8",
        [0x55, 4, 10] => "2.5.4.10",
        [0x55, 4, 11] => "2.5.4.11",
        _ => return find(&der::dotted(oid)),
    };
    find(usual)
}

/// The row of a dotted form.
fn find(dotted: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let at = NAMES.binary_search_by(|row| parts(row.0).cmp(parts(dotted))).ok()?;
    NAMES.get(at)
}

/// The numbers of a dotted form.
fn parts(dotted: &str) -> impl Iterator<Item = u64> + '_ {
    dotted.split('.').map(|part| part.parse().unwrap_or(u64::MAX))
}

/// Dotted form, short name, long name.
#[rustfmt::skip]
const NAMES: &[(&str, &str, &str)] = &[
    ("0.9.2342.19200300.100.1.1", "UID", "userId"),
    ("0.9.2342.19200300.100.1.2", "textEncodedORAddress", "textEncodedORAddress"),
    ("0.9.2342.19200300.100.1.3", "mail", "rfc822Mailbox"),
    ("0.9.2342.19200300.100.1.4", "info", "info"),
    ("0.9.2342.19200300.100.1.5", "favouriteDrink", "favouriteDrink"),
    ("0.9.2342.19200300.100.1.6", "roomNumber", "roomNumber"),
    ("0.9.2342.19200300.100.1.7", "photo", "photo"),
    ("0.9.2342.19200300.100.1.8", "userClass", "userClass"),
    ("0.9.2342.19200300.100.1.9", "host", "host"),
    ("0.9.2342.19200300.100.1.10", "manager", "manager"),
    ("0.9.2342.19200300.100.1.11", "documentIdentifier", "documentIdentifier"),
    ("0.9.2342.19200300.100.1.12", "documentTitle", "documentTitle"),
    ("0.9.2342.19200300.100.1.13", "documentVersion", "documentVersion"),
    ("0.9.2342.19200300.100.1.14", "documentAuthor", "documentAuthor"),
    ("0.9.2342.19200300.100.1.15", "documentLocation", "documentLocation"),
    ("0.9.2342.19200300.100.1.20", "homeTelephoneNumber", "homeTelephoneNumber"),
    ("0.9.2342.19200300.100.1.21", "secretary", "secretary"),
    ("0.9.2342.19200300.100.1.22", "otherMailbox", "otherMailbox"),
    ("0.9.2342.19200300.100.1.23", "lastModifiedTime", "lastModifiedTime"),
    ("0.9.2342.19200300.100.1.24", "lastModifiedBy", "lastModifiedBy"),
    ("0.9.2342.19200300.100.1.25", "DC", "domainComponent"),
    ("0.9.2342.19200300.100.1.26", "aRecord", "aRecord"),
    ("0.9.2342.19200300.100.1.27", "pilotAttributeType27", "pilotAttributeType27"),
    ("0.9.2342.19200300.100.1.28", "mXRecord", "mXRecord"),
    ("0.9.2342.19200300.100.1.29", "nSRecord", "nSRecord"),
    ("0.9.2342.19200300.100.1.30", "sOARecord", "sOARecord"),
    ("0.9.2342.19200300.100.1.31", "cNAMERecord", "cNAMERecord"),
    ("0.9.2342.19200300.100.1.37", "associatedDomain", "associatedDomain"),
    ("0.9.2342.19200300.100.1.38", "associatedName", "associatedName"),
    ("0.9.2342.19200300.100.1.39", "homePostalAddress", "homePostalAddress"),
    ("0.9.2342.19200300.100.1.40", "personalTitle", "personalTitle"),
    ("0.9.2342.19200300.100.1.41", "mobileTelephoneNumber", "mobileTelephoneNumber"),
    ("0.9.2342.19200300.100.1.42", "pagerTelephoneNumber", "pagerTelephoneNumber"),
    ("0.9.2342.19200300.100.1.43", "friendlyCountryName", "friendlyCountryName"),
    ("0.9.2342.19200300.100.1.44", "uid", "uniqueIdentifier"),
    ("0.9.2342.19200300.100.1.45", "organizationalStatus", "organizationalStatus"),
    ("0.9.2342.19200300.100.1.46", "janetMailbox", "janetMailbox"),
    ("0.9.2342.19200300.100.1.47", "mailPreferenceOption", "mailPreferenceOption"),
    ("0.9.2342.19200300.100.1.48", "buildingName", "buildingName"),
    ("0.9.2342.19200300.100.1.49", "dSAQuality", "dSAQuality"),
    ("0.9.2342.19200300.100.1.50", "singleLevelQuality", "singleLevelQuality"),
    ("0.9.2342.19200300.100.1.51", "subtreeMinimumQuality", "subtreeMinimumQuality"),
    ("0.9.2342.19200300.100.1.52", "subtreeMaximumQuality", "subtreeMaximumQuality"),
    ("0.9.2342.19200300.100.1.53", "personalSignature", "personalSignature"),
    ("0.9.2342.19200300.100.1.54", "dITRedirect", "dITRedirect"),
    ("0.9.2342.19200300.100.1.55", "audio", "audio"),
    ("0.9.2342.19200300.100.1.56", "documentPublisher", "documentPublisher"),
    ("1.2.156.10197.1.301", "SM2", "sm2"),
    ("1.2.156.10197.1.501", "SM2-SM3", "SM2-with-SM3"),
    ("1.2.643.2.2.3", "id-GostR3411-94-with-GostR3410-2001", "GOST R 34.11-94 with GOST R 34.10-2001"),
    ("1.2.643.2.2.4", "id-GostR3411-94-with-GostR3410-94", "GOST R 34.11-94 with GOST R 34.10-94"),
    ("1.2.643.2.2.9", "md_gost94", "GOST R 34.11-94"),
    ("1.2.643.2.2.10", "id-HMACGostR3411-94", "HMAC GOST 34.11-94"),
    ("1.2.643.2.2.14.0", "id-Gost28147-89-None-KeyMeshing", "id-Gost28147-89-None-KeyMeshing"),
    ("1.2.643.2.2.14.1", "id-Gost28147-89-CryptoPro-KeyMeshing", "id-Gost28147-89-CryptoPro-KeyMeshing"),
    ("1.2.643.2.2.19", "gost2001", "GOST R 34.10-2001"),
    ("1.2.643.2.2.20", "gost94", "GOST R 34.10-94"),
    ("1.2.643.2.2.20.1", "id-GostR3410-94-a", "id-GostR3410-94-a"),
    ("1.2.643.2.2.20.2", "id-GostR3410-94-aBis", "id-GostR3410-94-aBis"),
    ("1.2.643.2.2.20.3", "id-GostR3410-94-b", "id-GostR3410-94-b"),
    ("1.2.643.2.2.20.4", "id-GostR3410-94-bBis", "id-GostR3410-94-bBis"),
    ("1.2.643.2.2.21", "gost89", "GOST 28147-89"),
    ("1.2.643.2.2.22", "gost-mac", "GOST 28147-89 MAC"),
    ("1.2.643.2.2.23", "prf-gostr3411-94", "GOST R 34.11-94 PRF"),
    ("1.2.643.2.2.30.0", "id-GostR3411-94-TestParamSet", "id-GostR3411-94-TestParamSet"),
    ("1.2.643.2.2.30.1", "id-GostR3411-94-CryptoProParamSet", "id-GostR3411-94-CryptoProParamSet"),
    ("1.2.643.2.2.31.0", "id-Gost28147-89-TestParamSet", "id-Gost28147-89-TestParamSet"),
    ("1.2.643.2.2.31.1", "id-Gost28147-89-CryptoPro-A-ParamSet", "id-Gost28147-89-CryptoPro-A-ParamSet"),
    ("1.2.643.2.2.31.2", "id-Gost28147-89-CryptoPro-B-ParamSet", "id-Gost28147-89-CryptoPro-B-ParamSet"),
    ("1.2.643.2.2.31.3", "id-Gost28147-89-CryptoPro-C-ParamSet", "id-Gost28147-89-CryptoPro-C-ParamSet"),
    ("1.2.643.2.2.31.4", "id-Gost28147-89-CryptoPro-D-ParamSet", "id-Gost28147-89-CryptoPro-D-ParamSet"),
    ("1.2.643.2.2.31.5", "id-Gost28147-89-CryptoPro-Oscar-1-1-ParamSet", "id-Gost28147-89-CryptoPro-Oscar-1-1-ParamSet"),
    ("1.2.643.2.2.31.6", "id-Gost28147-89-CryptoPro-Oscar-1-0-ParamSet", "id-Gost28147-89-CryptoPro-Oscar-1-0-ParamSet"),
    ("1.2.643.2.2.31.7", "id-Gost28147-89-CryptoPro-RIC-1-ParamSet", "id-Gost28147-89-CryptoPro-RIC-1-ParamSet"),
    ("1.2.643.2.2.32.0", "id-GostR3410-94-TestParamSet", "id-GostR3410-94-TestParamSet"),
    ("1.2.643.2.2.32.2", "id-GostR3410-94-CryptoPro-A-ParamSet", "id-GostR3410-94-CryptoPro-A-ParamSet"),
    ("1.2.643.2.2.32.3", "id-GostR3410-94-CryptoPro-B-ParamSet", "id-GostR3410-94-CryptoPro-B-ParamSet"),
    ("1.2.643.2.2.32.4", "id-GostR3410-94-CryptoPro-C-ParamSet", "id-GostR3410-94-CryptoPro-C-ParamSet"),
    ("1.2.643.2.2.32.5", "id-GostR3410-94-CryptoPro-D-ParamSet", "id-GostR3410-94-CryptoPro-D-ParamSet"),
    ("1.2.643.2.2.33.1", "id-GostR3410-94-CryptoPro-XchA-ParamSet", "id-GostR3410-94-CryptoPro-XchA-ParamSet"),
    ("1.2.643.2.2.33.2", "id-GostR3410-94-CryptoPro-XchB-ParamSet", "id-GostR3410-94-CryptoPro-XchB-ParamSet"),
    ("1.2.643.2.2.33.3", "id-GostR3410-94-CryptoPro-XchC-ParamSet", "id-GostR3410-94-CryptoPro-XchC-ParamSet"),
    ("1.2.643.2.2.35.0", "id-GostR3410-2001-TestParamSet", "id-GostR3410-2001-TestParamSet"),
    ("1.2.643.2.2.35.1", "id-GostR3410-2001-CryptoPro-A-ParamSet", "id-GostR3410-2001-CryptoPro-A-ParamSet"),
    ("1.2.643.2.2.35.2", "id-GostR3410-2001-CryptoPro-B-ParamSet", "id-GostR3410-2001-CryptoPro-B-ParamSet"),
    ("1.2.643.2.2.35.3", "id-GostR3410-2001-CryptoPro-C-ParamSet", "id-GostR3410-2001-CryptoPro-C-ParamSet"),
    ("1.2.643.2.2.36.0", "id-GostR3410-2001-CryptoPro-XchA-ParamSet", "id-GostR3410-2001-CryptoPro-XchA-ParamSet"),
    ("1.2.643.2.2.36.1", "id-GostR3410-2001-CryptoPro-XchB-ParamSet", "id-GostR3410-2001-CryptoPro-XchB-ParamSet"),
    ("1.2.643.2.2.98", "id-GostR3410-2001DH", "GOST R 34.10-2001 DH"),
    ("1.2.643.2.2.99", "id-GostR3410-94DH", "GOST R 34.10-94 DH"),
    ("1.2.643.3.131.1.1", "INN", "INN"),
    ("1.2.643.7.1.1.1.1", "gost2012_256", "GOST R 34.10-2012 with 256 bit modulus"),
    ("1.2.643.7.1.1.1.2", "gost2012_512", "GOST R 34.10-2012 with 512 bit modulus"),
    ("1.2.643.7.1.1.3.2", "id-tc26-signwithdigest-gost3410-2012-256", "GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)"),
    ("1.2.643.7.1.1.3.3", "id-tc26-signwithdigest-gost3410-2012-512", "GOST R 34.10-2012 with GOST R 34.11-2012 (512 bit)"),
    ("1.2.643.100.1", "OGRN", "OGRN"),
    ("1.2.643.100.3", "SNILS", "SNILS"),
    ("1.2.643.100.5", "OGRNIP", "OGRNIP"),
    ("1.2.643.100.111", "subjectSignTool", "Signing Tool of Subject"),
    ("1.2.643.100.112", "issuerSignTool", "Signing Tool of Issuer"),
    ("1.2.643.100.113", "classSignTool", "Class of Signing Tool"),
    ("1.2.840.10040.4.1", "DSA", "dsaEncryption"),
    ("1.2.840.10040.4.3", "DSA-SHA1", "dsaWithSHA1"),
    ("1.2.840.10045.2.1", "id-ecPublicKey", "id-ecPublicKey"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.2", "ecdsa-with-Recommended", "ecdsa-with-Recommended"),
    ("1.2.840.10045.4.3", "ecdsa-with-Specified", "ecdsa-with-Specified"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", "ecdsa-with-SHA512"),
    ("1.2.840.113549.1.1.1", "rsaEncryption", "rsaEncryption"),
    ("1.2.840.113549.1.1.2", "RSA-MD2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.3", "RSA-MD4", "md4WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "RSA-MD5", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "RSA-SHA1", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.6", "rsaOAEPEncryptionSET", "rsaOAEPEncryptionSET"),
    ("1.2.840.113549.1.1.7", "RSAES-OAEP", "rsaesOaep"),
    ("1.2.840.113549.1.1.8", "MGF1", "mgf1"),
    ("1.2.840.113549.1.1.9", "PSPECIFIED", "pSpecified"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS", "rsassaPss"),
    ("1.2.840.113549.1.1.11", "RSA-SHA256", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "RSA-SHA384", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "RSA-SHA512", "sha512WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "RSA-SHA224", "sha224WithRSAEncryption"),
    ("1.2.840.113549.1.1.15", "RSA-SHA512/224", "sha512-224WithRSAEncryption"),
    ("1.2.840.113549.1.1.16", "RSA-SHA512/256", "sha512-256WithRSAEncryption"),
    ("1.2.840.113549.1.9.1", "emailAddress", "emailAddress"),
    ("1.2.840.113549.1.9.2", "unstructuredName", "unstructuredName"),
    ("1.2.840.113549.1.9.3", "contentType", "contentType"),
    ("1.2.840.113549.1.9.4", "messageDigest", "messageDigest"),
    ("1.2.840.113549.1.9.5", "signingTime", "signingTime"),
    ("1.2.840.113549.1.9.6", "countersignature", "countersignature"),
    ("1.2.840.113549.1.9.7", "challengePassword", "challengePassword"),
    ("1.2.840.113549.1.9.8", "unstructuredAddress", "unstructuredAddress"),
    ("1.2.840.113549.1.9.9", "extendedCertificateAttributes", "extendedCertificateAttributes"),
    ("1.2.840.113549.1.9.14", "extReq", "Extension Request"),
    ("1.2.840.113549.1.9.15", "SMIME-CAPS", "S/MIME Capabilities"),
    ("1.2.840.113549.1.9.16", "SMIME", "S/MIME"),
    ("1.2.840.113549.1.9.20", "friendlyName", "friendlyName"),
    ("1.2.840.113549.1.9.21", "localKeyID", "localKeyID"),
    ("1.3.6.1.4.1.311.17.1", "CSPName", "Microsoft CSP Name"),
    ("1.3.6.1.4.1.311.17.2", "LocalKeySet", "Microsoft Local Key set"),
    ("1.3.6.1.4.1.311.20.2.2", "msSmartcardLogin", "Microsoft Smartcard Login"),
    ("1.3.6.1.4.1.311.20.2.3", "msUPN", "Microsoft User Principal Name"),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL", "jurisdictionLocalityName"),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST", "jurisdictionStateOrProvinceName"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC", "jurisdictionCountryName"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth", "TLS Web Server Authentication"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth", "TLS Web Client Authentication"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning", "Code Signing"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection", "E-mail Protection"),
    ("1.3.6.1.5.5.7.3.5", "ipsecEndSystem", "IPSec End System"),
    ("1.3.6.1.5.5.7.3.6", "ipsecTunnel", "IPSec Tunnel"),
    ("1.3.6.1.5.5.7.3.7", "ipsecUser", "IPSec User"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping", "Time Stamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning", "OCSP Signing"),
    ("1.3.6.1.5.5.7.3.10", "DVCS", "dvcs"),
    ("1.3.6.1.5.5.7.3.17", "ipsecIKE", "ipsec Internet Key Exchange"),
    ("1.3.6.1.5.5.7.3.18", "capwapAC", "Ctrl/provision WAP Access"),
    ("1.3.6.1.5.5.7.3.19", "capwapWTP", "Ctrl/Provision WAP Termination"),
    ("1.3.6.1.5.5.7.3.21", "secureShellClient", "SSH Client"),
    ("1.3.6.1.5.5.7.3.22", "secureShellServer", "SSH Server"),
    ("1.3.6.1.5.5.7.3.23", "sendRouter", "Send Router"),
    ("1.3.6.1.5.5.7.3.24", "sendProxiedRouter", "Send Proxied Router"),
    ("1.3.6.1.5.5.7.3.25", "sendOwner", "Send Owner"),
    ("1.3.6.1.5.5.7.3.26", "sendProxiedOwner", "Send Proxied Owner"),
    ("1.3.6.1.5.5.7.3.27", "cmcCA", "CMC Certificate Authority"),
    ("1.3.6.1.5.5.7.3.28", "cmcRA", "CMC Registration Authority"),
    ("1.3.6.1.5.5.7.3.29", "cmcArchive", "CMC Archive Server"),
    ("1.3.6.1.5.5.7.3.30", "id-kp-bgpsec-router", "BGPsec Router"),
    ("1.3.6.1.5.5.7.3.31", "id-kp-BrandIndicatorforMessageIdentification", "Brand Indicator for Message Identification"),
    ("1.3.6.1.5.5.7.3.32", "cmKGA", "Certificate Management Key Generation Authority"),
    ("1.3.6.1.5.5.7.8.1", "id-on-personalData", "id-on-personalData"),
    ("1.3.6.1.5.5.7.8.3", "id-on-permanentIdentifier", "Permanent Identifier"),
    ("1.3.6.1.5.5.7.8.5", "id-on-xmppAddr", "XmppAddr"),
    ("1.3.6.1.5.5.7.8.7", "id-on-dnsSRV", "SRVName"),
    ("1.3.6.1.5.5.7.8.8", "id-on-NAIRealm", "NAIRealm"),
    ("1.3.6.1.5.5.7.8.9", "id-on-SmtpUTF8Mailbox", "Smtp UTF8 Mailbox"),
    ("1.3.6.1.5.5.7.9.1", "id-pda-dateOfBirth", "id-pda-dateOfBirth"),
    ("1.3.6.1.5.5.7.9.2", "id-pda-placeOfBirth", "id-pda-placeOfBirth"),
    ("1.3.6.1.5.5.7.9.3", "id-pda-gender", "id-pda-gender"),
    ("1.3.6.1.5.5.7.9.4", "id-pda-countryOfCitizenship", "id-pda-countryOfCitizenship"),
    ("1.3.6.1.5.5.7.9.5", "id-pda-countryOfResidence", "id-pda-countryOfResidence"),
    ("1.3.14.3.2.3", "RSA-NP-MD5", "md5WithRSA"),
    ("1.3.14.3.2.11", "rsaSignature", "rsaSignature"),
    ("1.3.14.3.2.12", "DSA-old", "dsaEncryption-old"),
    ("1.3.14.3.2.13", "DSA-SHA", "dsaWithSHA"),
    ("1.3.14.3.2.15", "RSA-SHA", "shaWithRSAEncryption"),
    ("1.3.14.3.2.27", "DSA-SHA1-old", "dsaWithSHA1-old"),
    ("1.3.14.3.2.29", "RSA-SHA1-2", "sha1WithRSA"),
    ("1.3.101.110", "X25519", "X25519"),
    ("1.3.101.111", "X448", "X448"),
    ("1.3.101.112", "ED25519", "ED25519"),
    ("1.3.101.113", "ED448", "ED448"),
    ("2.5.4.3", "CN", "commonName"),
    ("2.5.4.4", "SN", "surname"),
    ("2.5.4.5", "serialNumber", "serialNumber"),
    ("2.5.4.6", "C", "countryName"),
    ("2.5.4.7", "L", "localityName"),
    ("2.5.4.8", "ST", "stateOrProvinceName"),
    ("2.5.4.9", "street", "streetAddress"),
    ("2.5.4.10", "O", "organizationName"),
    ("2.5.4.11", "OU", "organizationalUnitName"),
    ("2.5.4.12", "title", "title"),
    ("2.5.4.13", "description", "description"),
    ("2.5.4.14", "searchGuide", "searchGuide"),
    ("2.5.4.15", "businessCategory", "businessCategory"),
    ("2.5.4.16", "postalAddress", "postalAddress"),
    ("2.5.4.17", "postalCode", "postalCode"),
    ("2.5.4.18", "postOfficeBox", "postOfficeBox"),
    ("2.5.4.19", "physicalDeliveryOfficeName", "physicalDeliveryOfficeName"),
    ("2.5.4.20", "telephoneNumber", "telephoneNumber"),
    ("2.5.4.21", "telexNumber", "telexNumber"),
    ("2.5.4.22", "teletexTerminalIdentifier", "teletexTerminalIdentifier"),
    ("2.5.4.23", "facsimileTelephoneNumber", "facsimileTelephoneNumber"),
    ("2.5.4.24", "x121Address", "x121Address"),
    ("2.5.4.25", "internationaliSDNNumber", "internationaliSDNNumber"),
    ("2.5.4.26", "registeredAddress", "registeredAddress"),
    ("2.5.4.27", "destinationIndicator", "destinationIndicator"),
    ("2.5.4.28", "preferredDeliveryMethod", "preferredDeliveryMethod"),
    ("2.5.4.29", "presentationAddress", "presentationAddress"),
    ("2.5.4.30", "supportedApplicationContext", "supportedApplicationContext"),
    ("2.5.4.31", "member", "member"),
    ("2.5.4.32", "owner", "owner"),
    ("2.5.4.33", "roleOccupant", "roleOccupant"),
    ("2.5.4.34", "seeAlso", "seeAlso"),
    ("2.5.4.35", "userPassword", "userPassword"),
    ("2.5.4.36", "userCertificate", "userCertificate"),
    ("2.5.4.37", "cACertificate", "cACertificate"),
    ("2.5.4.38", "authorityRevocationList", "authorityRevocationList"),
    ("2.5.4.39", "certificateRevocationList", "certificateRevocationList"),
    ("2.5.4.40", "crossCertificatePair", "crossCertificatePair"),
    ("2.5.4.41", "name", "name"),
    ("2.5.4.42", "GN", "givenName"),
    ("2.5.4.43", "initials", "initials"),
    ("2.5.4.44", "generationQualifier", "generationQualifier"),
    ("2.5.4.45", "x500UniqueIdentifier", "x500UniqueIdentifier"),
    ("2.5.4.46", "dnQualifier", "dnQualifier"),
    ("2.5.4.47", "enhancedSearchGuide", "enhancedSearchGuide"),
    ("2.5.4.48", "protocolInformation", "protocolInformation"),
    ("2.5.4.49", "distinguishedName", "distinguishedName"),
    ("2.5.4.50", "uniqueMember", "uniqueMember"),
    ("2.5.4.51", "houseIdentifier", "houseIdentifier"),
    ("2.5.4.52", "supportedAlgorithms", "supportedAlgorithms"),
    ("2.5.4.53", "deltaRevocationList", "deltaRevocationList"),
    ("2.5.4.54", "dmdName", "dmdName"),
    ("2.5.4.65", "pseudonym", "pseudonym"),
    ("2.5.4.72", "role", "role"),
    ("2.5.4.97", "organizationIdentifier", "organizationIdentifier"),
    ("2.5.4.98", "c3", "countryCode3c"),
    ("2.5.4.99", "n3", "countryCode3n"),
    ("2.5.4.100", "dnsName", "dnsName"),
    ("2.5.29.37.0", "anyExtendedKeyUsage", "Any Extended Key Usage"),
    ("2.16.840.1.101.3.4.3.1", "dsa_with_SHA224", "dsa_with_SHA224"),
    ("2.16.840.1.101.3.4.3.2", "dsa_with_SHA256", "dsa_with_SHA256"),
    ("2.16.840.1.101.3.4.3.3", "id-dsa-with-sha384", "dsa_with_SHA384"),
    ("2.16.840.1.101.3.4.3.4", "id-dsa-with-sha512", "dsa_with_SHA512"),
    ("2.16.840.1.101.3.4.3.5", "id-dsa-with-sha3-224", "dsa_with_SHA3-224"),
    ("2.16.840.1.101.3.4.3.6", "id-dsa-with-sha3-256", "dsa_with_SHA3-256"),
    ("2.16.840.1.101.3.4.3.7", "id-dsa-with-sha3-384", "dsa_with_SHA3-384"),
    ("2.16.840.1.101.3.4.3.8", "id-dsa-with-sha3-512", "dsa_with_SHA3-512"),
    ("2.16.840.1.101.3.4.3.9", "id-ecdsa-with-sha3-224", "ecdsa_with_SHA3-224"),
    ("2.16.840.1.101.3.4.3.10", "id-ecdsa-with-sha3-256", "ecdsa_with_SHA3-256"),
    ("2.16.840.1.101.3.4.3.11", "id-ecdsa-with-sha3-384", "ecdsa_with_SHA3-384"),
    ("2.16.840.1.101.3.4.3.12", "id-ecdsa-with-sha3-512", "ecdsa_with_SHA3-512"),
    ("2.16.840.1.101.3.4.3.13", "id-rsassa-pkcs1-v1_5-with-sha3-224", "RSA-SHA3-224"),
    ("2.16.840.1.101.3.4.3.14", "id-rsassa-pkcs1-v1_5-with-sha3-256", "RSA-SHA3-256"),
    ("2.16.840.1.101.3.4.3.15", "id-rsassa-pkcs1-v1_5-with-sha3-384", "RSA-SHA3-384"),
    ("2.16.840.1.101.3.4.3.16", "id-rsassa-pkcs1-v1_5-with-sha3-512", "RSA-SHA3-512"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(NAMES.windows(2).all(|pair| parts(pair[0].0).lt(parts(pair[1].0))));
    }

    #[test]
    fn names_are_openssl_s() {
        assert_eq!(short_name(&[0x55, 4, 3]), Some("CN"));
        assert_eq!(short_name(&[0x55, 4, 97]), Some("organizationIdentifier"));
        assert_eq!(short_name(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]), Some("RSA-SHA256"));
        assert_eq!(
            long_name(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]),
            Some("sha256WithRSAEncryption")
        );
        assert_eq!(short_name(&[0x2b, 0x65, 0x70]), Some("ED25519"));
        assert_eq!(short_name(&[0x55, 4, 120]), None);
    }
}
