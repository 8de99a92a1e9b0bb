//! PEM (RFC 7468) as far as bundles of certificates and revocation lists need it; what stands around the sections, and
//! sections of other kinds, are passed over.

use base64::Engine as _;

/// What a section says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A certificate.
    Certificate,
    /// A list of revoked certificates.
    RevocationList,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// Calls `take` for each certificate and revocation list of a bundle.
///
/// # Errors
/// A section that has no end or is no base64, or what `take` makes of it.
pub(super) fn each(
    bundle: &[u8],
    mut take: impl FnMut(Kind, Vec<u8>) -> Result<(), String>,
) -> Result<(), String> {
    let mut lines = bundle.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(DASHES)) else {
            continue;
        };
        let mut digits = Vec::new();
        loop {
            match lines.next() {
                None => return Err(format!("section '{}' has no end", String::from_utf8_lossy(label))),
                Some(line) if line.starts_with(END) => break,
                Some(line) => digits.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace())),
            }
        }
        let kind = match label {
            b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => Kind::Certificate,
            b"X509 CRL" => Kind::RevocationList,
            _ => continue,
        };
        let der = base64::engine::general_purpose::STANDARD
            .decode(&digits)
            .map_err(|_| format!("section '{}' is no base64", String::from_utf8_lossy(label)))?;
        take(kind, der)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bundle: &str) -> Result<Vec<(Kind, Vec<u8>)>, String> {
        let mut all = Vec::new();
        each(bundle.as_bytes(), |kind, der| {
            all.push((kind, der));
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn sections_are_found_among_other_text() {
        let bundle = "subject=x\r\n-----BEGIN CERTIFICATE-----\r\nAQ\r\nID\r\n-----END CERTIFICATE-----\r\n\
                      -----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n?\n-----END RSA PRIVATE KEY-----\n\
                      -----BEGIN X509 CRL-----\nBA==\n-----END X509 CRL-----";
        assert_eq!(
            read(bundle).unwrap(),
            [(Kind::Certificate, vec![1, 2, 3]), (Kind::RevocationList, vec![4])]
        );
        assert_eq!(read("nothing").unwrap(), []);
    }

    #[test]
    fn broken_sections_are_told() {
        assert!(read("-----BEGIN CERTIFICATE-----\nAQID\n").unwrap_err().contains("no end"));
        assert!(
            read("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----")
                .unwrap_err()
                .contains("base64")
        );
    }
}
