//! Reading a certificate with everything that belongs to it, one by one or many at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustls_pki_types::CertificateDer;

use super::certificate::Certificate;
use super::crt_store::StoreOptions;
use super::error::LoadError;
use super::files;
use super::issuers::Issuers;
use super::loader::LoadSettings;
use super::pair::{Held, HeldKey, KeyFrom, Workshop, blocks, is_certificate};
use super::passphrase::{Passphrases, decrypt};
use super::pem::Block;
use super::validity::Said;
use super::{KeyPair, staple};

/// Fewer files than these are not worth a thread of their own.
const FILES_A_THREAD_MIN: usize = 32;
/// Beyond these, threads wait for the disk rather than help.
const THREADS_MAX: usize = 8;

/// Where the files beside a certificate are.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// Where a key would stand that counts if the certificate's file has none.
    key_wanted: Option<String>,
    /// It, if it is there.
    pub(crate) key: Option<String>,
    /// A key that counts instead of the one in the certificate's file.
    key_instead: Option<String>,
    ocsp: Option<String>,
    issuer: Option<String>,
    sctl: Option<String>,
}

impl Beside {
    /// What a line of the configuration says.
    pub(crate) fn said(options: &StoreOptions, crt_base: Option<&str>, key_base: Option<&str>) -> Beside {
        let path =
            |said: &Option<Box<str>>, base| said.as_deref().map(|path| files::based(path, base).into());
        Beside {
            key_wanted: None,
            key: None,
            key_instead: path(&options.key, key_base),
            ocsp: path(&options.ocsp, crt_base),
            issuer: path(&options.issuer, crt_base),
            sctl: path(&options.sctl, crt_base),
        }
    }
}

/// A certificate that was read, and what there is to say about it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) pair: KeyPair,
    pub(crate) said: Vec<Said>,
}

/// Reads files under given settings; knows nothing of what was read before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) settings: LoadSettings,
    pub(crate) issuers: &'a Issuers,
    pub(crate) passphrases: &'a Passphrases,
    pub(crate) now: i64,
}

impl Reader<'_> {
    /// What stands beside a file, by its name.
    pub(crate) fn look_beside(&self, path: &str) -> Beside {
        let extra = self.settings.extra;
        let name = |ending: &str| self.settings.extra_names.beside(path, ending);
        let look = |is_wanted: bool, ending: &str| {
            let beside = is_wanted.then(|| name(ending))?;
            files::exists(&beside).then_some(beside)
        };
        Beside {
            key_wanted: extra.key.then(|| name(".key")),
            key: look(extra.key, ".key"),
            key_instead: None,
            ocsp: look(extra.ocsp, ".ocsp"),
            issuer: look(extra.issuer && extra.ocsp, ".issuer"),
            sctl: look(extra.sctl, ".sctl"),
        }
    }

    /// Reads a certificate and what stands beside it.
    pub(crate) fn read(&self, path: &str, beside: &Beside) -> Result<Loaded, LoadError> {
        let held = Held::parse(path, &files::read(path)?)?;
        let other = match (&beside.key_instead, &beside.key, &held.key) {
            (Some(instead), _, _) => Some(instead),
            (None, Some(key), HeldKey::None | HeldKey::Encrypted(_)) => Some(key),
            (None, _, _) => None,
        };
        let mut workshop = Workshop {
            self_issued: self.settings.self_issued,
            issuers: self.issuers,
            now: self.now,
            said: Vec::new(),
        };
        let mut pair = match (other, &held.key) {
            (Some(other), _) => {
                let block = self.key_file(other)?;
                workshop.assemble(&held, &KeyFrom { path: other, block: &block })?
            }
            (None, HeldKey::Plain(block)) => workshop.assemble(&held, &KeyFrom { path, block })?,
            (None, HeldKey::Encrypted(block)) => {
                let block = self.passphrases.open(path, block)?;
                workshop.assemble(&held, &KeyFrom { path, block: &block })?
            }
            (None, HeldKey::None) => {
                return Err(held.lacks_key(beside.key_wanted.as_deref().map(Box::from)));
            }
        };
        let mut said = workshop.said;
        said.extend(self.staple(&mut pair, beside)?);
        Ok(Loaded { pair, said })
    }

    /// The key of a certificate that signs others: its own, or that of the file beside it. `passphrase` comes before those
    /// that a command tells.
    pub(crate) fn signing_key(
        &self,
        path: &str,
        held: &Held,
        passphrase: Option<&[u8]>,
    ) -> Result<Block, LoadError> {
        let open = |path: &str, block: &Block| match passphrase.map(|passphrase| decrypt(block, passphrase)) {
            Some(Some(key)) => Ok(key),
            Some(None) => Err(LoadError::BadKey {
                path: path.into(),
                line: block.line,
                reason: "its passphrase is another one, or it is encrypted in an old way".into(),
            }),
            None => self.passphrases.open(path, block),
        };
        match (&held.key, &self.look_beside(path).key) {
            (HeldKey::Plain(block), _) => Ok(block.clone()),
            (HeldKey::None | HeldKey::Encrypted(_), Some(key)) => {
                match HeldKey::of(&mut blocks(key, &files::read(key)?)?) {
                    HeldKey::Plain(block) => Ok(block),
                    HeldKey::Encrypted(block) => open(key, &block),
                    HeldKey::None => Err(LoadError::NoKey { path: key.as_str().into(), beside: None }),
                }
            }
            (HeldKey::Encrypted(block), None) => open(path, block),
            (HeldKey::None, None) => Err(held.lacks_key(None)),
        }
    }

    /// The key of a file that has nothing else of interest.
    fn key_file(&self, path: &str) -> Result<Block, LoadError> {
        match HeldKey::of(&mut blocks(path, &files::read(path)?)?) {
            HeldKey::Plain(block) => Ok(block),
            HeldKey::Encrypted(block) => self.passphrases.open(path, &block),
            HeldKey::None => Err(LoadError::NoKey { path: path.into(), beside: None }),
        }
    }

    /// Adds what is sent beside a certificate. An OCSP answer that clients would not take is warned of and left out.
    fn staple(&self, pair: &mut KeyPair, beside: &Beside) -> Result<Option<Said>, LoadError> {
        let extra = |path: &str, reason: Box<str>| LoadError::Extra { path: path.into(), reason };
        if let Some(path) = &beside.sctl {
            let list = files::read(path)?;
            staple::check_sctl(&list).map_err(|reason| extra(path, reason))?;
            pair.sctl = Some(list);
        }
        let Some(path) = &beside.ocsp else {
            return Ok(None);
        };
        let answer = files::read(path)?;
        let own = Certificate::parse(&pair.chain[0]).map_err(|reason| extra(&pair.path, reason))?;
        if let Some(issuer) = &beside.issuer {
            pair.source.issuer = Some(read_issuer(issuer, &own)?);
        }
        match staple::check_ocsp(&answer, &own, self.now) {
            Ok(()) => {
                pair.ocsp = Some(answer);
                Ok(None)
            }
            Err(reason) => Ok(Some(Said::new(path, format!("'{path}' {reason}; it is not sent")))),
        }
    }

    /// Reads many files at once, as far as there are processors: most of the time goes into checking keys. What cannot
    /// be read is left out.
    pub(crate) fn read_all(&self, paths: &[String]) -> Vec<(usize, Loaded)> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = processors.min(THREADS_MAX).min(paths.len() / FILES_A_THREAD_MIN);
        if threads < 2 {
            return Vec::new();
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut loaded = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(path) = paths.get(index) else {
                    return loaded;
                };
                if let Ok(one) = self.read(path, &self.look_beside(path)) {
                    loaded.push((index, one));
                }
            }
        };
        std::thread::scope(|scope| {
            let started: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            // One that panicked is missed by nobody: its files are read again.
            started.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
        })
    }
}

/// A file's certificate, which must have signed another.
fn read_issuer(path: &str, own: &Certificate<'_>) -> Result<CertificateDer<'static>, LoadError> {
    let extra = |reason: Box<str>| LoadError::Extra { path: path.into(), reason };
    let blocks = blocks(path, &files::read(path)?)?;
    let Some(block) = blocks.iter().find(|block| is_certificate(block)) else {
        return Err(LoadError::NoCertificate {
            path: path.into(),
            holds: blocks.first().map(|block| block.label.clone()),
        });
    };
    match Certificate::parse(&block.der).map_err(extra)?.issued(own) {
        true => Ok(block.der.clone().into()),
        false => Err(extra("is not the certificate of the issuer".into())),
    }
}
