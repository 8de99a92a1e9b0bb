//! Certificates: made once for a run, P-256, self-signed, each for one host.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::CertificateDer;

use crate::Trouble;

/// A host, and the certificate that a proxy has to show for it.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) certificate: CertificateDer<'static>,
}

/// Certificates in a directory, as `crt DIRECTORY` reads them.
pub(crate) struct Certificates {
    /// The directory.
    pub(crate) path: PathBuf,
    /// The hosts, in the order of their files.
    pub(crate) hosts: Vec<Host>,
}

impl Certificates {
    /// Makes `count` of them in `path`, which is made as well. Every tenth is for `*.NAME`.
    pub(crate) fn make(path: &Path, count: usize) -> Result<Certificates, Trouble> {
        fs::create_dir_all(path).map_err(Trouble::of("a directory for certificates"))?;
        let hosts = (0..count).map(|number| host(path, number)).collect::<Result<_, _>>()?;
        Ok(Certificates { path: path.to_owned(), hosts })
    }

    /// The file of the first certificate: what the first host needs.
    pub(crate) fn first_file(&self) -> PathBuf {
        file(&self.path, 0)
    }
}

fn file(path: &Path, number: usize) -> PathBuf {
    path.join(format!("host{number:05}.pem"))
}

fn host(path: &Path, number: usize) -> Result<Host, Trouble> {
    let base = format!("host{number:05}.bench.test");
    let is_wildcard = number % 10 == 9;
    let subject = if is_wildcard { format!("*.{base}") } else { base.clone() };
    let name = if is_wildcard { format!("www.{base}") } else { base };
    let made = (|| {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new(vec![subject.clone()])?;
        parameters.distinguished_name.push(DnType::CommonName, subject.as_str());
        let certificate = parameters.self_signed(&key)?;
        Ok::<_, rcgen::Error>((certificate.der().clone(), certificate.pem() + &key.serialize_pem()))
    })();
    let (certificate, pem) = made.map_err(Trouble::of("a certificate"))?;
    fs::write(file(path, number), pem).map_err(Trouble::of("a certificate's file"))?;
    Ok(Host { name, certificate })
}
