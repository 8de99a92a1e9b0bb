//! Certificates and authorities that the configuration names, each file read once however often it is named. What is
//! wrong with them is told at the word that names them.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use diag::{Diagnostic, Diagnostics, Span, codes};
use rustc_hash::FxHashMap;
use sample::Problem;
use sample::compile::{Names, problem_of};
use syntax::Word;
use tls::files::{CrtListFile, FileStore, ListForm, Loaded};
use tls::load::crt_list::ListLine;
use tls::load::{Entry, ListEntry, LoadError, LoadSettings, Loader};
use tls::tickets::TicketFile;
use tls::verify::{RevocationLists, TrustStore};

use crate::names::NameTable;

/// What came of loading authorities.
type Trusted = Result<Arc<TrustStore>, String>;
/// What came of loading revocation lists.
type Revoked = Result<Arc<RevocationLists>, String>;

/// Files by their names, with what came of loading them.
type LoadedFiles<T> = RefCell<FxHashMap<Box<[u8]>, Result<T, String>>>;

/// Everything loaded so far.
#[derive(Default)]
pub(crate) struct TlsFiles {
    loader: RefCell<Option<Loader>>,
    trusted: LoadedFiles<Arc<TrustStore>>,
    revoked: LoadedFiles<Arc<RevocationLists>>,
    lists: RefCell<FxHashMap<Box<str>, List>>,
    tickets: RefCell<Vec<Arc<TicketFile>>>,
    for_tokens: RefCell<Vec<Box<str>>>,
    /// Where all of it will stand; expressions that look certificates up hold it.
    store: Arc<FileStore>,
    /// Whether it stands there already: nothing else is used then, and no file is read.
    is_running: bool,
}

/// A list of certificates, and where its entries are.
struct List {
    file: CrtListFile,
    known: FxHashMap<(u32, Box<str>), Arc<ListEntry>>,
}

impl TlsFiles {
    /// What runs already: lines that come now use what is loaded.
    pub(crate) fn running(store: Arc<FileStore>) -> TlsFiles {
        let loader = RefCell::new(Some(store.loader()));
        TlsFiles { loader, store, is_running: true, ..TlsFiles::default() }
    }

    /// Where all of it will stand, and stands once it is [`TlsFiles::finish`]ed.
    pub(crate) fn store(&self) -> &Arc<FileStore> {
        &self.store
    }

    /// Loads a certificate that an expression checks tokens with.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn for_tokens(&self, name: &str) -> Result<(), String> {
        let mut slot = self.loader.borrow_mut();
        let loader = slot.get_or_insert_with(|| Loader::new(LoadSettings::default()));
        loader.for_tokens(name).map_err(|error| error.to_string())?;
        self.for_tokens.borrow_mut().push(name.into());
        Ok(())
    }

    /// Puts everything where it will stand; nothing is left here.
    pub(crate) fn finish(&self) -> Arc<FileStore> {
        self.store.fill(self.take());
        self.store.clone()
    }

    fn take(&self) -> Loaded {
        fn good<T>(all: &LoadedFiles<T>) -> Vec<(Box<str>, T)> {
            let all = all.take().into_iter();
            all.filter_map(|(name, loaded)| Some((name_of(&name), loaded.ok()?))).collect()
        }
        Loaded {
            loader: self.loader.take(),
            authorities: good(&self.trusted),
            revocations: good(&self.revoked),
            lists: self.lists.take().into_values().map(|list| list.file).collect(),
            tickets: self.tickets.take(),
            for_tokens: self.for_tokens.take(),
        }
    }

    /// Loads certificates under the settings in force; what loading warns of goes to `diags`, at `span` as well.
    ///
    /// # Errors
    /// As `work`.
    pub(crate) fn load<R>(
        &self,
        settings: LoadSettings,
        span: Span,
        diags: &mut Diagnostics,
        work: impl FnOnce(&mut Loader) -> Result<R, LoadError>,
    ) -> Result<R, Problem> {
        let mut slot = self.loader.borrow_mut();
        let loader = slot.get_or_insert_with(|| Loader::new(settings));
        loader.set_settings(settings);
        let loaded = work(loader);
        for warning in loader.warnings() {
            diags.push(Diagnostic::advice(warning.text.as_ref()).at(span).code(codes::TLS_LEFT_OUT));
        }
        loaded.map_err(|error| problem_of(codes::CERTIFICATE, span, error.to_string()))
    }

    /// The authorities of a file, a directory, or `@system-ca`.
    ///
    /// # Errors
    /// They cannot be read, or one of them is broken.
    pub(crate) fn trusted(&self, path: &[u8], names: &NameTable) -> Trusted {
        if self.is_running {
            let name = name_of(path);
            return self
                .store
                .authorities(&name)
                .ok_or_else(|| format!("unable to load {name}: it is not known"));
        }
        let read = |path: &Path| names.file(path.as_os_str().as_bytes()).map(|text| text.to_vec());
        let load = || TrustStore::load(Path::new(OsStr::from_bytes(path)), &read).map(Arc::new);
        self.trusted.borrow_mut().entry(path.into()).or_insert_with(load).clone()
    }

    /// The revocation lists of a file or directory, which `load` reads if it is not known yet.
    ///
    /// # Errors
    /// What `load` says; while the configuration runs, that they are not known.
    pub(crate) fn revoked(
        &self,
        path: &[u8],
        load: impl FnOnce() -> Result<Arc<RevocationLists>, Problem>,
    ) -> Result<Revoked, Problem> {
        if self.is_running {
            let name = name_of(path);
            return Ok(self
                .store
                .revocations(&name)
                .ok_or_else(|| format!("unable to load {name}: it is not known")));
        }
        if let Some(known) = self.revoked.borrow().get(path) {
            return Ok(known.clone());
        }
        let lists = load()?;
        self.revoked.borrow_mut().insert(path.into(), Ok(lists.clone()));
        Ok(Ok(lists))
    }

    /// Notes a list of certificates, with so many lines.
    pub(crate) fn list(&self, name: &str, form: ListForm, lines: u32) {
        self.lists.borrow_mut().entry(name.into()).or_insert_with(|| List {
            file: CrtListFile { name: name.into(), form, entries: Vec::new(), lines },
            known: FxHashMap::default(),
        });
    }

    /// Notes that entries stand on a line of a list: `bind` lines that name it share the line.
    pub(crate) fn listed(&self, name: &str, line: &ListLine, entries: &mut [Entry]) {
        let mut lists = self.lists.borrow_mut();
        let Some(list) = lists.get_mut(name) else { return };
        for entry in entries {
            let certificate = entry.pair.name.clone();
            let listed = list.known.entry((line.number, certificate.clone())).or_insert_with(|| {
                let listed = Arc::new(ListEntry {
                    certificate,
                    options: line.options.clone(),
                    filters: line.filters.clone(),
                    number: line.number,
                });
                list.file.entries.push(listed.clone());
                listed
            });
            entry.listed = Some(listed.clone());
        }
    }

    /// The keys of `tls-ticket-keys`: lines that name one file share them.
    ///
    /// # Errors
    /// They are of no use.
    pub(crate) fn tickets(&self, path: &str, keys: Vec<Arc<[u8]>>) -> Result<Arc<TicketFile>, String> {
        let mut all = self.tickets.borrow_mut();
        if let Some(known) = all.iter().find(|file| *file.name == *path) {
            return Ok(known.clone());
        }
        let file = Arc::new(TicketFile::new(path, u32::try_from(all.len()).unwrap_or(u32::MAX), keys)?);
        all.push(file.clone());
        Ok(file)
    }
}

/// A path as the runtime API calls it.
fn name_of(path: &[u8]) -> Box<str> {
    String::from_utf8_lossy(path).into()
}

/// The path that a word names.
///
/// # Errors
/// It is not UTF-8.
pub(crate) fn path(word: &Word) -> Result<&str, Problem> {
    word.as_str().ok_or_else(|| {
        problem_of(codes::FILE_UNREADABLE, word.span, format!("the path `{}` is not UTF-8", word.lossy()))
    })
}

/// A directory of `global` as text; others than UTF-8 are left out, as no path below them could be named.
pub(crate) fn base(directory: Option<&[u8]>) -> Option<&str> {
    directory.and_then(|directory| std::str::from_utf8(directory).ok())
}
