//! Reading a file: its PEM blocks, and what the loader makes of them.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use tls::load::{KeyKind, KeyPair, LoadError, LoadSettings, Loader, pem};
use tls::x509::{Cert, GeneralName, Name, oids};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use super::chain::End;
use super::{Certificate, Found, Key, Problem, Revocations, Serves};

const DAY: i64 = 86_400;
/// How long before its end a certificate is a finding, days.
const SOON_DAYS: i64 = 14;

/// Everything there is to say of a file; `now` in seconds since 1970.
pub(super) fn file(path: &Path, now: i64) -> Found {
    let mut found = Found { path: path.display().to_string(), ..Found::default() };
    match std::fs::read(path) {
        Ok(text) => match pem::parse(&text) {
            Ok(blocks) => found.sort_out(path, &blocks, now),
            Err(error) => found.wrong(Some(error.line), error.what.to_string()),
        },
        Err(error) => found.wrong(None, error.to_string()),
    }
    found
}

/// `/C=FR/O=Example/CN=client1`.
pub(super) fn one_line(name: Name<'_>) -> String {
    String::from_utf8_lossy(&name.oneline().unwrap_or_default()).into_owned()
}

fn is_certificate(block: &pem::Block) -> bool {
    matches!(&*block.label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")
}

fn is_key(block: &pem::Block) -> bool {
    block.label.ends_with("PRIVATE KEY")
}

impl Found {
    fn wrong(&mut self, line: Option<u32>, text: impl Into<String>) {
        self.problems.push(Problem { line, text: text.into() });
    }

    fn sort_out(&mut self, path: &Path, blocks: &[pem::Block], now: i64) {
        if blocks.is_empty() {
            self.wrong(None, "there is no PEM in it: no '-----BEGIN' line");
        }
        let has_certificates = blocks.iter().any(is_certificate);
        if has_certificates {
            self.certificates(path, blocks, now);
        } else if blocks.iter().any(is_key) {
            self.key = Key::Unused;
        }
        for block in blocks.iter().filter(|block| !is_certificate(block) && !is_key(block)) {
            if &*block.label == "X509 CRL" {
                self.revocations(block, now)
            } else {
                self.others.push(block.label.to_string())
            }
        }
    }

    /// The certificates, with their key if there is one.
    fn certificates(&mut self, path: &Path, blocks: &[pem::Block], now: i64) {
        match load(path) {
            Ok(Some(pair)) => {
                self.key = Key::Matches;
                self.serves = Some(serves(&pair));
                self.chain_of(pair.chain.iter().map(AsRef::as_ref), now);
                return;
            }
            Ok(None) | Err(LoadError::NoKey { .. }) => {}
            Err(error) => {
                self.key = if matches!(error, LoadError::Mismatch { .. }) {
                    Key::Mismatch
                } else if matches!(error, LoadError::EncryptedKey { .. }) {
                    Key::Encrypted
                } else if blocks.iter().any(is_key) {
                    Key::Unused
                } else {
                    Key::None
                };
                self.wrong(None, error.to_string());
            }
        }
        self.chain_of(blocks.iter().filter(|block| is_certificate(block)).map(|block| &*block.der), now);
    }

    fn chain_of<'a>(&mut self, ders: impl Iterator<Item = &'a [u8]>, now: i64) {
        let certs: Vec<Cert<'a>> = ders.filter_map(Cert::parse).collect();
        // Without a key it may be a list of authorities, which is no chain.
        if self.key != Key::None || certs.len() == 1 {
            self.chain = End::of(&certs);
        }
        for cert in &certs {
            let certificate = certificate(cert, now);
            self.validity(&certificate, now);
            self.certificates.push(certificate);
        }
    }

    fn validity(&mut self, certificate: &Certificate, now: i64) {
        let subject = &certificate.subject;
        let days = |seconds: i64| match seconds / DAY {
            0 => "less than a day".to_owned(),
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        match (certificate.not_before, certificate.not_after) {
            (_, Some(end)) if end < now => {
                self.wrong(None, format!("{subject}: expired {} ago", days(now - end)))
            }
            (Some(start), _) if start > now => {
                self.wrong(None, format!("{subject}: not valid yet, begins in {}", days(start - now)));
            }
            (_, Some(end)) if end - now < SOON_DAYS * DAY => {
                self.wrong(None, format!("{subject}: ends in {}", days(end - now)));
            }
            (Some(_), Some(_)) => {}
            _ => self.wrong(None, format!("{subject}: its dates cannot be read")),
        }
    }

    fn revocations(&mut self, block: &pem::Block, now: i64) {
        let Ok((_, list)) = CertificateRevocationList::from_der(&block.der) else {
            return self
                .wrong(Some(block.line), "the list of revoked certificates that begins here cannot be read");
        };
        let next_update = list.next_update().map(|time| time.timestamp());
        let issuer = issuer_of(&list);
        if next_update.is_some_and(|next| next < now) {
            self.wrong(
                Some(block.line),
                format!("the list of revoked certificates of {issuer} is out of date"),
            );
        }
        let count = list.iter_revoked_certificates().count();
        self.revocations.push(Revocations {
            issuer,
            count,
            this_update: list.last_update().timestamp(),
            next_update,
        });
    }
}

/// As [`one_line`] writes names.
fn issuer_of(list: &CertificateRevocationList<'_>) -> String {
    let parts = list.issuer().iter_attributes().map(|part| {
        let oid = part.attr_type().as_bytes();
        let name = oids::short_name(oid).map_or_else(|| oids::dotted(oid), str::to_owned);
        format!("/{name}={}", String::from_utf8_lossy(part.attr_value().data))
    });
    parts.collect()
}

/// What `crt` would load; `None` if that is nothing.
fn load(path: &Path) -> Result<Option<std::sync::Arc<KeyPair>>, LoadError> {
    let mut loader = Loader::new(LoadSettings::default());
    Ok(loader.load(&path.to_string_lossy())?.into_iter().next())
}

fn serves(pair: &KeyPair) -> Serves {
    let kind = match pair.kind {
        KeyKind::Rsa => "RSA",
        KeyKind::Ecdsa => "ECDSA",
        KeyKind::Ed25519 => "Ed25519",
    };
    Serves {
        kind,
        names: pair.names.iter().map(ToString::to_string).collect(),
        has_ocsp: pair.ocsp.is_some(),
        has_timestamps: pair.sctl.is_some(),
    }
}

fn certificate(cert: &Cert<'_>, now: i64) -> Certificate {
    let (not_before, not_after) = (cert.not_before().unix(), cert.not_after().unix());
    Certificate {
        subject: one_line(cert.subject()),
        issuer: one_line(cert.issuer()),
        names: cert.subject_alt_names().map(|name| shown(&name)).collect(),
        serial: hexadecimal(&cert.serial()),
        not_before,
        not_after,
        days_left: not_after.map(|end| (end - now).div_euclid(DAY)),
        key_algorithm: cert.key_algorithm(),
        key_bits: cert.key_bits(),
        signature_algorithm: cert.signature_algorithm(),
        usages: usages(cert),
        sha1: hexadecimal(&cert.sha1()),
        sha256: hexadecimal(&cert.sha256()),
        ocsp_url: cert.ocsp_url().map(str::to_owned),
    }
}

/// A host name or an address as it is, anything else with its kind.
fn shown(name: &GeneralName<'_>) -> String {
    if let GeneralName::Ip(bytes) = name {
        let v4 = <[u8; 4]>::try_from(*bytes).map(|four| Ipv4Addr::from(four).to_string());
        let v6 = <[u8; 16]>::try_from(*bytes).map(|all| Ipv6Addr::from(all).to_string());
        return v4.or(v6).unwrap_or_else(|_| name.display());
    }
    let text = name.display();
    text.strip_prefix("DNS:").map(str::to_owned).unwrap_or(text)
}

/// What it says that it is for.
fn usages(cert: &Cert<'_>) -> Vec<&'static str> {
    let extended = cert.extended_key_usages();
    let is_for = |name: &str| extended.iter().any(|usage| usage == name);
    let all = [
        ("CA", cert.is_ca()),
        ("server", is_for("TLS Web Server Authentication")),
        ("client", is_for("TLS Web Client Authentication")),
    ];
    all.into_iter().filter(|(_, is_it)| *is_it).map(|(usage, _)| usage).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::demo::{self, Existing};
    use super::*;

    const NOW: i64 = 4_000_000_000;

    fn now() -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        i64::try_from(since.as_secs()).unwrap()
    }

    fn demo() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        demo::write(directory.path(), Existing::Keep).unwrap();
        directory
    }

    fn texts(found: &Found) -> Vec<&str> {
        found.problems.iter().map(|problem| problem.text.as_str()).collect()
    }

    #[test]
    fn a_server_and_its_key() {
        let directory = demo();
        let found = file(&directory.path().join("server.pem"), now());
        assert_eq!((texts(&found), found.key), (Vec::<&str>::new(), Key::Matches));
        let certificate = &found.certificates[0];
        let subject =
            "/C=FR/ST=Ile de France/L=Paris/O=lockgate demo/CN=localhost/emailAddress=localhost@example.com";
        assert_eq!(certificate.subject, subject);
        assert_eq!(certificate.names, ["localhost", "127.0.0.1", "::1"]);
        assert_eq!((certificate.usages.as_slice(), certificate.serial.as_str()), (&["server"][..], "06"));
        assert_eq!((certificate.key_algorithm, certificate.key_bits), ("id-ecPublicKey", 256));
        assert!(matches!(certificate.days_left, Some(364 | 365)), "{certificate:?}");
        let serves = found.serves.as_ref().unwrap();
        assert_eq!((serves.kind, serves.names.as_slice()), ("ECDSA", &["localhost".to_owned()][..]));
        assert!(matches!(&found.chain, Some(End::Open(issuer)) if issuer.contains("CN=Demo CA")));
    }

    #[test]
    fn authorities_and_revocations_are_no_findings() {
        let directory = demo();
        let found = file(&directory.path().join("ca.crt"), now());
        let none = Vec::<&str>::new();
        assert_eq!((texts(&found), found.key, &found.chain), (none, Key::None, &Some(End::Root)));
        assert_eq!(found.certificates[0].usages, ["CA"]);
        let found = file(&directory.path().join("crl.pem"), now());
        assert_eq!((texts(&found), found.revocations[0].count), (Vec::<&str>::new(), 1));
        assert!(found.revocations[0].issuer.ends_with("/CN=Demo CA/emailAddress=demo-ca@example.com"));
    }

    #[test]
    fn what_is_wrong_is_a_finding() {
        let directory = demo();
        let path = |name: &str| directory.path().join(name);
        let client = std::fs::read_to_string(path("client1.pem")).unwrap();
        let other = std::fs::read_to_string(path("client2.pem")).unwrap();
        let (certificate, _) = client.split_at(client.find("-----BEGIN PRIVATE").unwrap());
        let (_, key) = other.split_at(other.find("-----BEGIN PRIVATE").unwrap());
        std::fs::write(path("mismatch.pem"), format!("{certificate}{key}")).unwrap();
        std::fs::write(path("cut.pem"), &client[..300]).unwrap();
        std::fs::write(path("empty.pem"), "").unwrap();
        for (name, told) in [
            ("expired.pem", "expired 7 days ago"),
            ("mismatch.pem", "is not that of the certificate"),
            ("cut.pem", "no '-----END CERTIFICATE-----'"),
            ("empty.pem", "there is no PEM"),
            ("missing.pem", "No such file"),
        ] {
            let found = file(&path(name), now());
            assert_eq!(found.problems.len(), 1, "{name}: {found:?}");
            assert!(texts(&found)[0].contains(told), "{name}: {found:?}");
        }
        assert_eq!(file(&path("mismatch.pem"), now()).key, Key::Mismatch);
        assert_eq!(file(&path("cut.pem"), now()).problems[0].line, Some(1));
    }

    #[test]
    fn the_clock_decides() {
        let directory = demo();
        let server = directory.path().join("server.pem");
        assert!(texts(&file(&server, NOW))[0].contains("expired"));
        assert!(texts(&file(&server, 0))[0].contains("not valid yet"));
        assert!(texts(&file(&server, now() + 360 * DAY + 60))[0].contains("ends in 4 days"));
        assert!(texts(&file(&directory.path().join("crl.pem"), NOW))[0].contains("out of date"));
    }
}
