//! Certificates by their names in the configuration: files, directories, bundles, and what a `crt-store` defines.
//!
//! Every file is read once; what shares a file shares its [`KeyPair`].

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashMap;

use super::crt_store::{self, OcspUpdate, Origin, StoreOptions};
use super::draft::{Draft, Part};
use super::error::LoadError;
use super::files::{self, ExtraFiles, ExtraNames};
use super::issuers::Issuers;
use super::pair::Held;
use super::passphrase::Passphrases;
use super::pem::Block;
use super::reader::{Beside, Loaded, Reader};
use super::validity::{Said, Warning, Watch};
use super::{KeyPair, SelfIssued};

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
    passphrases: Passphrases,
    known: FxHashMap<Box<str>, Known>,
    /// Certificates without keys, which only tokens can be checked with.
    keyless: FxHashMap<Box<str>, Draft>,
    /// What was read before it was asked for, under these settings.
    ahead: FxHashMap<String, Loaded>,
    watch: Watch,
    /// Nothing more is read.
    is_closed: bool,
}

#[derive(Debug)]
struct Known {
    pair: Arc<KeyPair>,
    origin: Origin,
    options: StoreOptions,
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
            passphrases: Passphrases::default(),
            known: FxHashMap::default(),
            keyless: FxHashMap::default(),
            ahead: FxHashMap::default(),
            watch: Watch::default(),
            is_closed: false,
        }
    }

    /// Other settings, from now on: `global` may be opened again between proxies.
    pub fn set_settings(&mut self, settings: LoadSettings) {
        if self.settings != settings {
            self.settings = settings;
            self.ahead.clear();
        }
    }

    /// `issuers-chain-path`: chains for certificates that come without one, from now on: those of a directory, or beside
    /// those that are there already the one in a file.
    ///
    /// # Errors
    /// The directory or file cannot be read; files of a directory that are of no use are warned of.
    pub fn set_issuers(&mut self, directory: &str) -> Result<(), LoadError> {
        if std::fs::metadata(directory).is_ok_and(|found| found.is_file()) {
            self.ahead.clear();
            return self.issuers.add_file(directory);
        }
        let (issuers, warnings) = Issuers::read(directory)?;
        self.issuers = issuers;
        self.ahead.clear();
        warnings.into_iter().for_each(|said| self.watch.say(said));
        Ok(())
    }

    /// `ssl-passphrase-cmd`: the program, and its arguments behind the path of the key, from now on.
    pub fn set_passphrase_command(&mut self, command: Vec<String>) {
        self.passphrases = Passphrases::told_by(command);
        self.ahead.clear();
    }

    /// What is to be said of what was loaded so far, in its order: certificates that expired, end within 14 days or
    /// are not valid yet, and files that are of no use. Takes it out.
    pub fn warnings(&mut self) -> Vec<Warning> {
        self.watch.take()
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
        if self.is_closed && !self.known.contains_key(path) {
            return Err(LoadError::NotLoaded { path: path.into() });
        }
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
                self.watch.say(Said::new(&part, text));
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
        let mut files = super::sorted_entries(path)?;
        files.retain(|file| {
            let name = file.rsplit('/').next().unwrap_or(file);
            let is_beside = [".issuer", ".ocsp", ".sctl", ".key"].iter().any(|ending| name.ends_with(ending));
            !name.starts_with('.') && !is_beside
        });
        self.read_ahead(files.iter().map(String::as_str));
        let mut pairs = Vec::with_capacity(files.len());
        for file in &files {
            pairs.push(self.file(file, &StoreOptions::default())?);
        }
        if pairs.is_empty() {
            let text = format!("there is no certificate in the directory '{path}'");
            self.watch.say(Said::new(path, text));
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
        let origin = if options.is_empty() { Origin::Name } else { Origin::CrtList };
        let loaded = match (options.names_files(), self.ahead.remove(path)) {
            (false, Some(loaded)) => loaded,
            (false, None) => self.reader().read(path, &self.reader().look_beside(path))?,
            (true, _) => self.reader().read(path, &Beside::said(options, None, None))?,
        };
        Ok(self.keep(path, loaded, origin, options))
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            settings: self.settings,
            issuers: &self.issuers,
            passphrases: &self.passphrases,
            now: self.now,
        }
    }

    /// Reads certificates by their paths before they are asked for, many at once. Those that are no files or broken
    /// are told of when they are asked for.
    pub fn read_ahead<'p>(&mut self, paths: impl IntoIterator<Item = &'p str>) {
        let is_new = |path: &&str| !self.known.contains_key(*path) && !self.ahead.contains_key(*path);
        let mut paths: Vec<String> = paths.into_iter().filter(is_new).map(str::to_owned).collect();
        paths.sort_unstable();
        paths.dedup();
        let loaded = self.reader().read_all(&paths);
        self.ahead
            .extend(loaded.into_iter().map(|(index, loaded)| (std::mem::take(&mut paths[index]), loaded)));
    }

    fn keep(&mut self, name: &str, loaded: Loaded, origin: Origin, options: &StoreOptions) -> Arc<KeyPair> {
        loaded.said.into_iter().for_each(|said| self.watch.say(said));
        let mut pair = loaded.pair;
        pair.name = name.into();
        pair.source.said = options.clone();
        let pair = Arc::new(pair);
        self.known.insert(name.into(), Known { pair: pair.clone(), origin, options: options.clone() });
        pair
    }

    /// `load` in the `crt-store` called `store` (empty: the one without a name). Gives the name by which the
    /// certificate can be used: `@store/alias`, `@store/file`, or the file's path for the store without a name.
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
        if self.known.contains_key(&name) || self.keyless.contains_key(&name) {
            return Err(LoadError::Defined { name });
        }
        let beside = Beside::said(options, bases.crt, bases.key);
        let path = files::based(crt, bases.crt);
        match self.reader().read(&path, &beside) {
            Ok(loaded) => drop(self.keep(&name, loaded, Origin::CrtStore, options)),
            Err(LoadError::NoKey { .. }) if options.is_for_tokens => {
                self.keep_keyless(&name, &path, options)?
            }
            Err(error) => return Err(error),
        }
        Ok(name)
    }

    /// A certificate that expressions name to check tokens with: what is known under that name, or a file, whether it has a
    /// key or not.
    ///
    /// # Errors
    /// There is no such file, or no certificate in it.
    pub fn for_tokens(&mut self, name: &str) -> Result<(), LoadError> {
        if self.known.contains_key(name) || self.keyless.contains_key(name) {
            return Ok(());
        }
        if self.is_closed {
            return Err(LoadError::NotLoaded { path: name.into() });
        }
        match self.file(name, &StoreOptions::default()) {
            Ok(_) => Ok(()),
            Err(LoadError::NoKey { .. }) => self.keep_keyless(name, name, &StoreOptions::default()),
            Err(error) => Err(error),
        }
    }

    fn keep_keyless(&mut self, name: &str, path: &str, options: &StoreOptions) -> Result<(), LoadError> {
        let mut draft = Draft::saying(options.clone());
        draft.set(path, Part::Pem, &files::read(path)?)?;
        self.keyless.insert(name.into(), draft);
        Ok(())
    }

    /// A loader that knows these certificates, and reads no other: what the runtime API uses must have been loaded.
    pub(crate) fn closed(
        settings: LoadSettings,
        pairs: impl Iterator<Item = (Arc<KeyPair>, StoreOptions)>,
    ) -> Loader {
        let mut loader = Loader { is_closed: true, ..Loader::new(settings) };
        for (pair, options) in pairs {
            let origin = if options.is_empty() { Origin::Name } else { Origin::CrtStore };
            loader.known.insert(pair.name.clone(), Known { pair, origin, options });
        }
        loader
    }

    /// What is kept when everything is loaded.
    pub(crate) fn into_parts(self) -> LoaderParts {
        let pairs = self.known.into_values().map(|known| known.pair).collect();
        LoaderParts {
            settings: self.settings,
            issuers: self.issuers,
            pairs,
            keyless: self.keyless.into_iter().collect(),
        }
    }

    /// The PEM of `ca-sign-file`, key included, checked; `passphrase` opens a key that is encrypted (`ca-sign-pass`).
    ///
    /// # Errors
    /// As for any certificate.
    pub fn signer(&mut self, path: &str, passphrase: Option<&[u8]>) -> Result<Arc<[u8]>, LoadError> {
        let held = Held::parse(path, &files::read(path)?)?;
        let key = self.reader().signing_key(path, &held, passphrase)?;
        let blocks = held.certificates.iter().chain([&key]);
        let text = blocks.map(Block::to_pem).collect::<String>().into_bytes();
        KeyPair::from_pem(path, &text)?;
        Ok(text.into())
    }
}

/// What a [`Loader`] leaves behind.
#[derive(Debug, Default)]
pub(crate) struct LoaderParts {
    pub(crate) settings: LoadSettings,
    pub(crate) issuers: Issuers,
    /// Certificates with their keys.
    pub(crate) pairs: Vec<Arc<KeyPair>>,
    /// Those without, by their names.
    pub(crate) keyless: Vec<(Box<str>, Draft)>,
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

/// A path without slashes at its end.
fn without_slashes(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => path,
        trimmed => trimmed,
    }
}
