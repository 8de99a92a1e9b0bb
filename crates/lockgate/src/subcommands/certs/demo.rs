//! `lockgate certs demo DIR`: an authority, a server, two good clients, one that has expired, one that is revoked, and
//! the list that says so (RFC 5280), with a README that is a configuration.
//!
//! The authority's key is never written: nobody can sign anything else with it.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName,
    DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason,
    RevokedCertParams, SanType, SerialNumber,
};

/// What happens to files that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// They stay, and nothing is written.
    Keep,
    /// They are replaced.
    Replace,
}

/// The files cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{}: there already; nothing was written (--force writes over it)", .0.display())]
    Exists(PathBuf),
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, io::Error),
    #[error("the certificates cannot be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// Who may read a file.
#[derive(Clone, Copy)]
enum Readers {
    Owner,
    All,
}

struct File {
    name: &'static str,
    contents: String,
    readers: Readers,
}

const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = DAY.saturating_mul(365);
/// emailAddress, PKCS #9 (RFC 2985 section 5.2.1).
const EMAIL_ADDRESS: &[u64] = &[1, 2, 840, 113_549, 1, 9, 1];
const README: &str = include_str!("README.cfg");

/// Writes the files into `directory`, which is made if it is not there; returns what is to be told.
///
/// # Errors
/// A file that cannot be written, or is there already under [`Existing::Keep`].
pub(super) fn write(directory: &Path, existing: Existing) -> Result<String, Error> {
    let files = make(SystemTime::now())?;
    std::fs::create_dir_all(directory).map_err(|error| Error::File(directory.to_owned(), error))?;
    if existing == Existing::Keep
        && let Some(path) = files.iter().map(|file| directory.join(file.name)).find(|path| is_there(path))
    {
        return Err(Error::Exists(path));
    }
    for file in &files {
        let path = directory.join(file.name);
        write_file(&path, file).map_err(|error| Error::File(path.clone(), error))?;
    }
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    let shown = directory.display();
    Ok(format!("{shown}: {}\nTo see them at work: cd {shown} && lockgate -f README\n", names.join(" ")))
}

/// Also true of a symbolic link that leads nowhere.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Writes one file. An old one is removed, not written into: its mode and its links would stay.
fn write_file(path: &Path, file: &File) -> io::Result<()> {
    if is_there(path) {
        std::fs::remove_file(path)?;
    }
    let mode = match file.readers {
        Readers::Owner => 0o600,
        Readers::All => 0o644,
    };
    let mut opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    opened.write_all(file.contents.as_bytes())
}

fn make(now: SystemTime) -> Result<Vec<File>, rcgen::Error> {
    let authority = authority(now)?;
    let server = server(now, &authority)?;
    let expired = (now - YEAR.saturating_mul(2), now - DAY.saturating_mul(7));
    let valid = (now - DAY, now + YEAR.saturating_mul(2));
    let client1 = client("client1", 2, valid, &authority)?;
    let client2 = client("client2", 3, valid, &authority)?;
    let expired = client("expired", 4, expired, &authority)?;
    let revoked = client("revoked", 5, valid, &authority)?;
    let crl = revocations(now, 5, &authority)?;
    let secret = |name, contents| File { name, contents, readers: Readers::Owner };
    Ok(vec![
        File { name: "ca.crt", contents: authority.pem(), readers: Readers::All },
        secret("server.pem", server),
        secret("client1.pem", client1),
        secret("client2.pem", client2),
        secret("expired.pem", expired),
        secret("revoked.pem", revoked),
        secret("crl.pem", crl),
        File { name: "README", contents: README.to_owned(), readers: Readers::All },
    ])
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(now: SystemTime) -> Result<Authority, rcgen::Error> {
    let mut params = params("Demo CA", 1, (now - YEAR.saturating_mul(3), now + YEAR.saturating_mul(7)));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn server(now: SystemTime, authority: &Authority) -> Result<String, rcgen::Error> {
    // Browsers refuse servers' certificates that last longer than 398 days.
    let mut params = params("localhost", 6, (now - DAY, now + YEAR));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.subject_alt_names = vec![
        SanType::DnsName("localhost".try_into()?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    signed(&params, authority)
}

fn client(
    name: &str,
    serial: u8,
    valid: (SystemTime, SystemTime),
    authority: &Authority,
) -> Result<String, rcgen::Error> {
    let mut params = params(name, serial, valid);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    signed(&params, authority)
}

/// Certificate and key, one behind the other.
fn signed(params: &CertificateParams, authority: &Authority) -> Result<String, rcgen::Error> {
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, authority)?;
    Ok(certificate.pem() + &key.serialize_pem())
}

/// What all certificates have in common.
fn params(common_name: &str, serial: u8, valid: (SystemTime, SystemTime)) -> CertificateParams {
    let mut params = CertificateParams::default();
    let name = &mut params.distinguished_name;
    *name = DistinguishedName::new();
    name.push(DnType::CountryName, "FR");
    name.push(DnType::StateOrProvinceName, "Ile de France");
    name.push(DnType::LocalityName, "Paris");
    name.push(DnType::OrganizationName, "lockgate demo");
    name.push(DnType::CommonName, common_name);
    let mailbox = common_name.to_ascii_lowercase().replace(' ', "-") + "@example.com";
    if let Ok(mailbox) = mailbox.as_str().try_into() {
        name.push(DnType::from_oid(EMAIL_ADDRESS), DnValue::Ia5String(mailbox));
    }
    params.serial_number = Some(SerialNumber::from_slice(&[serial]));
    params.not_before = valid.0.into();
    params.not_after = valid.1.into();
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params
}

fn revocations(now: SystemTime, serial: u8, authority: &Authority) -> Result<String, rcgen::Error> {
    let params = CertificateRevocationListParams {
        this_update: (now - DAY).into(),
        next_update: (now + YEAR).into(),
        crl_number: SerialNumber::from_slice(&[1]),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from_slice(&[serial]),
            revocation_time: (now - DAY).into(),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(authority)?.pem()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NAMES: [&str; 8] = [
        "ca.crt",
        "server.pem",
        "client1.pem",
        "client2.pem",
        "expired.pem",
        "revoked.pem",
        "crl.pem",
        "README",
    ];

    #[test]
    fn all_files_are_there_and_keys_are_the_owners() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("a/b");
        let told = write(&inner, Existing::Keep).unwrap();
        assert!(told.contains("client1.pem"), "{told}");
        for name in NAMES {
            let mode = inner.join(name).metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode & 0o077 == 0, name.ends_with(".pem"), "{name}: {mode:o}");
        }
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), NAMES.len());
    }

    #[test]
    fn nothing_is_overwritten_unless_told() {
        let directory = tempfile::tempdir().unwrap();
        let kept = directory.path().join("revoked.pem");
        std::fs::write(&kept, "mine").unwrap();
        let error = write(directory.path(), Existing::Keep).unwrap_err();
        assert!(matches!(&error, Error::Exists(path) if *path == kept), "{error}");
        assert!(error.to_string().contains("--force"));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        write(directory.path(), Existing::Replace).unwrap();
        assert!(std::fs::read_to_string(&kept).unwrap().contains("BEGIN PRIVATE KEY"));
        assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
