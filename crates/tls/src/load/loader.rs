//! Certificates by their names in the configuration: files, directories, bundles, and what a `crt-store` defines.
//!
//! Every file is read once; what shares a file shares its [`KeyPair`].

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashMap;

use super::certificate::Certificate;
use super::crt_store::{self, OcspUpdate, Origin, StoreOptions};
use super::error::LoadError;
use super::files::{self, ExtraFiles, ExtraNames};
use super::issuers::Issuers;
use super::pair::{Held, HeldKey, KeyFrom, Workshop, blocks, is_certificate};
use super::validity::{Warning, Watch};
use super::{KeyPair, SelfIssued, staple};

/// What `global` says about loading certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadSettings {
    /// `ssl-load-extra-files`.
    pub extra: ExtraFiles,
    /// `ssl-load-extra-del-ext`.
    pub extra_names: ExtraNames,
    /// `ssl-skip-self-issued-ca`.
    pub self_issued: SelfIssued,
    /// `tune.ssl.ocsp-update.mode`.
    pub ocsp_update: OcspUpdate,
}

/// Loads certificates and keeps them by their names.
#[derive(Debug)]
pub struct Loader {
    settings: LoadSettings,
    now: i64,
    issuers: Issuers,
    known: FxHashMap<Box<str>, Known>,
    watch: Watch,
    warnings: Vec<Warning>,
}

#[derive(Debug)]
struct Known {
    pair: Arc<KeyPair>,
    origin: Origin,
    options: StoreOptions,
}

/// Where the files beside a certificate are.
#[derive(Debug, Default)]
struct Beside {
    /// Where a key would stand that counts if the certificate's file has none.
    key_wanted: Option<String>,
    /// It, if it is there.
    key: Option<String>,
    /// A key that counts instead of the one in the certificate's file.
    key_instead: Option<String>,
    ocsp: Option<String>,
    issuer: Option<String>,
    sctl: Option<String>,
}

impl Beside {
    /// What a line of the configuration says.
    fn said(options: &StoreOptions, crt_base: Option<&str>, key_base: Option<&str>) -> Beside {
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

impl Loader {
    /// A loader that knows no certificate; times are compared with the system's clock.
    #[must_use]
    pub fn new(settings: LoadSettings) -> Loader {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Loader::at(settings, i64::try_from(now).unwrap_or(i64::MAX))
    }

    /// The same with a clock that stands still at `now`, seconds since 1970.
    #[must_use]
    pub fn at(settings: LoadSettings, now: i64) -> Loader {
        Loader {
            settings,
            now,
            issuers: Issuers::default(),
            known: FxHashMap::default(),
            watch: Watch::default(),
            warnings: Vec::new(),
        }
    }

    /// Other settings, from now on: `global` may be opened again between proxies.
    pub fn set_settings(&mut self, settings: LoadSettings) {
        self.settings = settings;
    }

    /// `issuers-chain-path`: chains for certificates that come without one, from now on.
    ///
    /// # Errors
    /// The directory cannot be read; files that are of no use are warned of.
    pub fn set_issuers(&mut self, directory: &str) -> Result<(), LoadError> {
        let (issuers, warnings) = Issuers::read(directory)?;
        self.issuers = issuers;
        self.warnings.extend(warnings);
        Ok(())
    }

    /// What is to be said of what was loaded so far, in its order: certificates that expired, end within 14 days or
    /// are not valid yet, and files that are of no use. Takes it out.
    pub fn warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// What was loaded under a name: a path as given, or `@store/alias`.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<&Arc<KeyPair>> {
        self.known.get(name).map(|known| &known.pair)
    }

    /// The certificates of a name as `crt` takes it: what a `crt-store` defines, a file, a directory, or a bundle.
    /// A directory may have none.
    ///
    /// # Errors
    /// There is nothing of that name, or it is of no use.
    pub fn load(&mut self, path: &str) -> Result<Vec<Arc<KeyPair>>, LoadError> {
        let path = without_slashes(path);
        if !self.known.contains_key(path) && std::fs::metadata(path).is_ok_and(|found| found.is_dir()) {
            return self.directory(path);
        }
        self.listed(path, &StoreOptions::default())
    }

    /// The certificates of a `crt-list` line: one, or those of a bundle. `options` are those of its brackets that are
    /// about files.
    ///
    /// # Errors
    /// As [`Loader::load`], and where the certificate is used with other files elsewhere.
    pub fn listed(&mut self, path: &str, options: &StoreOptions) -> Result<Vec<Arc<KeyPair>>, LoadError> {
        if self.known.contains_key(path) || files::exists(path) {
            return self.file(path, options).map(|pair| vec![pair]);
        }
        if path.starts_with('@') || !self.settings.extra.bundle {
            return Err(LoadError::Missing { path: path.into(), bundle: "" });
        }
        let mut pairs = Vec::new();
        let mut unspoken = None;
        for ending in files::BUNDLE {
            let part = format!("{path}{ending}");
            if !self.known.contains_key(&*part) && !files::exists(&part) {
                continue;
            }
            if !options.is_empty() {
                return Err(LoadError::BundleWithFiles { path: path.into() });
            }
            match self.file(&part, options) {
                Ok(pair) => pairs.push(pair),
                Err(error @ LoadError::BadKey { .. }) if ending == ".dsa" => unspoken = Some((part, error)),
                Err(error) => return Err(error),
            }
        }
        match unspoken {
            Some((_, error)) if pairs.is_empty() => return Err(error),
            Some((part, error)) => {
                let text = format!("'{part}' is left out: {error}");
                self.warnings.push(Warning { path: part.into(), text: text.into() });
            }
            None if pairs.is_empty() => {
                let bundle = ", nor one that ends in .dsa, .ecdsa or .rsa";
                return Err(LoadError::Missing { path: path.into(), bundle });
            }
            None => {}
        }
        Ok(pairs)
    }

    /// The certificates of a directory, in the order of their names. Files that begin with a dot, and those that
    /// stand beside certificates (`.key`, `.ocsp`, `.issuer`, `.sctl`), are passed over.
    ///
    /// # Errors
    /// The directory or one of its files cannot be read, or a file is no certificate with its key.
    pub fn directory(&mut self, path: &str) -> Result<Vec<Arc<KeyPair>>, LoadError> {
        let path = without_slashes(path);
        let mut pairs = Vec::new();
        for file in super::sorted_entries(path)? {
            let name = file.rsplit('/').next().unwrap_or(&file);
            let is_beside = [".issuer", ".ocsp", ".sctl", ".key"].iter().any(|ending| name.ends_with(ending));
            if !name.starts_with('.') && !is_beside {
                pairs.push(self.file(&file, &StoreOptions::default())?);
            }
        }
        if pairs.is_empty() {
            let text = format!("there is no certificate in the directory '{path}'");
            self.warnings.push(Warning { path: path.into(), text: text.into() });
        }
        Ok(pairs)
    }

    /// One file, or what is known under that name.
    fn file(&mut self, path: &str, options: &StoreOptions) -> Result<Arc<KeyPair>, LoadError> {
        if let Some(known) = self.known.get(path) {
            return match crt_store::compatible(
                (known.origin, &known.options),
                options,
                self.settings.ocsp_update,
            ) {
                Ok(()) => Ok(known.pair.clone()),
                Err(difference) => Err(LoadError::Incompatible { path: path.into(), difference }),
            };
        }
        let beside = match options.names_files() {
            true => Beside::said(options, None, None),
            false => self.look_beside(path),
        };
        let origin = if options.is_empty() { Origin::Name } else { Origin::CrtList };
        let pair = self.read(path, &beside)?;
        Ok(self.keep(path, pair, origin, options))
    }

    fn keep(&mut self, name: &str, pair: KeyPair, origin: Origin, options: &StoreOptions) -> Arc<KeyPair> {
        let pair = Arc::new(pair);
        self.known.insert(name.into(), Known { pair: pair.clone(), origin, options: options.clone() });
        pair
    }

    /// `load` in `crt-store` `store` (empty: the one without a name). The bases are the section's, or else those of
    /// `global`; `crt_base_global` is the latter alone. Gives the name by which the certificate can be used.
    ///
    /// # Errors
    /// The name is taken, or the files are of no use.
    pub fn crt_store_add(
        &mut self,
        store: &str,
        options: &StoreOptions,
        bases: &StoreBases<'_>,
    ) -> Result<Box<str>, LoadError> {
        let crt = options.crt.as_deref().unwrap_or_default();
        let name: Box<str> = match options.alias.as_deref() {
            Some(alias) if alias.starts_with('/') => return Err(LoadError::BadAlias { alias: alias.into() }),
            Some(alias) => format!("@{store}/{alias}").into(),
            None if store.is_empty() => files::based(crt, bases.crt_global).into(),
            None if crt.starts_with('/') => format!("@{store}{crt}").into(),
            None => format!("@{store}/{crt}").into(),
        };
        if self.known.contains_key(&name) {
            return Err(LoadError::Defined { name });
        }
        let beside = Beside::said(options, bases.crt, bases.key);
        let pair = self.read(&files::based(crt, bases.crt), &beside)?;
        self.keep(&name, pair, Origin::CrtStore, options);
        Ok(name)
    }

    /// The PEM of `ca-sign-file`, key included, checked.
    ///
    /// # Errors
    /// As for any certificate.
    pub fn signer(&mut self, path: &str) -> Result<Arc<[u8]>, LoadError> {
        let mut text = files::read(path)?;
        let held = Held::parse(path, &text)?;
        let beside = self.look_beside(path);
        if let (HeldKey::None | HeldKey::Encrypted, Some(key)) = (&held.key, &beside.key) {
            text.push(b'\n');
            text.extend(files::read(key)?);
        }
        KeyPair::from_pem(path, &text)?;
        Ok(text.into())
    }

    /// What stands beside a file, by its name.
    fn look_beside(&self, path: &str) -> Beside {
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
    fn read(&mut self, path: &str, beside: &Beside) -> Result<KeyPair, LoadError> {
        let held = Held::parse(path, &files::read(path)?)?;
        let other = match (&beside.key_instead, &beside.key, &held.key) {
            (Some(instead), _, _) => Some(instead),
            (None, Some(key), HeldKey::None | HeldKey::Encrypted) => Some(key),
            (None, _, _) => None,
        };
        let mut workshop = Workshop {
            self_issued: self.settings.self_issued,
            issuers: &self.issuers,
            watch: &mut self.watch,
            now: self.now,
            warnings: &mut self.warnings,
        };
        let mut pair = match (other, &held.key) {
            (Some(other), _) => {
                let block = key_file(other)?;
                workshop.assemble(&held, &KeyFrom { path: other, block: &block })?
            }
            (None, HeldKey::Plain(block)) => workshop.assemble(&held, &KeyFrom { path, block })?,
            (None, HeldKey::None | HeldKey::Encrypted) => {
                return Err(held.lacks_key(beside.key_wanted.as_deref().map(Box::from)));
            }
        };
        self.staple(&mut pair, beside)?;
        Ok(pair)
    }

    /// Adds what is sent beside a certificate. An OCSP answer that clients would not take is warned of and left out.
    fn staple(&mut self, pair: &mut KeyPair, beside: &Beside) -> Result<(), LoadError> {
        let extra = |path: &str, reason: Box<str>| LoadError::Extra { path: path.into(), reason };
        if let Some(path) = &beside.sctl {
            let list = files::read(path)?;
            staple::check_sctl(&list).map_err(|reason| extra(path, reason))?;
            pair.sctl = Some(list);
        }
        let Some(path) = &beside.ocsp else {
            return Ok(());
        };
        let answer = files::read(path)?;
        let own = Certificate::parse(&pair.chain[0]).map_err(|reason| extra(&pair.path, reason))?;
        if let Some(issuer) = &beside.issuer {
            check_issuer(issuer, &own)?;
        }
        match staple::check_ocsp(&answer, &own, self.now) {
            Ok(()) => pair.ocsp = Some(answer),
            Err(reason) => {
                let text = format!("'{path}' {reason}; it is not sent");
                self.warnings.push(Warning { path: path.as_str().into(), text: text.into() });
            }
        }
        Ok(())
    }
}

/// Where paths of a `crt-store` begin.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreBases<'a> {
    /// `crt-base` of the section, or of `global`.
    pub crt: Option<&'a str>,
    /// `key-base` of the section, or of `global`.
    pub key: Option<&'a str>,
    /// `crt-base` of `global`: certificates of a store without a name are called by their full paths.
    pub crt_global: Option<&'a str>,
}

/// The key of a file that has nothing else of interest.
fn key_file(path: &str) -> Result<super::pem::Block, LoadError> {
    match HeldKey::of(&mut blocks(path, &files::read(path)?)?) {
        HeldKey::Plain(block) => Ok(block),
        HeldKey::Encrypted => Err(LoadError::EncryptedKey { path: path.into() }),
        HeldKey::None => Err(LoadError::NoKey { path: path.into(), beside: None }),
    }
}

/// Checks that a file's certificate signed another.
fn check_issuer(path: &str, own: &Certificate<'_>) -> Result<(), LoadError> {
    let extra = |reason: Box<str>| LoadError::Extra { path: path.into(), reason };
    let blocks = blocks(path, &files::read(path)?)?;
    let Some(block) = blocks.iter().find(|block| is_certificate(block)) else {
        return Err(LoadError::NoCertificate {
            path: path.into(),
            holds: blocks.first().map(|block| block.label.clone()),
        });
    };
    match Certificate::parse(&block.der).map_err(extra)?.issued(own) {
        true => Ok(()),
        false => Err(extra("is not the certificate of the issuer".into())),
    }
}

/// A path without slashes at its end.
fn without_slashes(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => path,
        trimmed => trimmed,
    }
}
